//! Classic pcap: one header for the file, one for each record (draft-ietf-opsawg-pcap).

use super::blocks::{Cursor, Order};
use super::info::{Format, Interface, link_type};
use super::resolution::Resolution;
use crate::frame::Timestamp;

/// Bytes of the file's header.
pub(super) const HEADER: usize = 24;

/// How the records of one file are laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) format: Format,
    order: Order,
    /// Files before version 2.3 have the two lengths in the opposite order; in 2.3 it depends on the writer.
    swapped: Swapped,
}

#[derive(Clone, Copy, Debug)]
enum Swapped {
    Never,
    WhenLonger,
    Always,
}

/// A record's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) time: Timestamp,
    pub(super) captured: u32,
    pub(super) wire_len: u32,
}

/// The format and the byte order that the first four bytes mean; `None` for other bytes.
pub(super) fn recognise(magic: [u8; 4]) -> Option<(Format, Order)> {
    let format = |magic| match magic {
        0xa1b2_c3d4 => Some(Format::PcapMicros),
        0xa1b2_3c4d => Some(Format::PcapNanos),
        0xa1b2_cd34 => Some(Format::PcapModified),
        _ => None,
    };
    let with = |order: Order| Some((format(order.u32(magic))?, order));
    with(Order::Little).or_else(|| with(Order::Big))
}

impl Layout {
    /// Reads the file's header: the layout of its records, and its one interface. `None` if it is no header.
    pub(super) fn parse(header: &[u8]) -> Option<(Layout, Interface)> {
        let (format, order) = recognise(*header.first_chunk()?)?;
        let mut at = Cursor::new(order, header.get(4..HEADER)?);
        let (major, minor) = (at.u16()?, at.u16()?);
        // The time zone and the accuracy are zero in every file, and Wireshark ignores them, too.
        let (_zone, _accuracy, snaplen, network) = (at.u32()?, at.u32()?, at.u32()?, at.u32()?);
        let swapped = match (major, minor) {
            (2, 0..=2) => Swapped::Always,
            (2, 3) => Swapped::WhenLonger,
            _ => Swapped::Never,
        };
        let mut interface = Interface::new(link_type(network));
        interface.snaplen = snaplen;
        interface.resolution =
            if format == Format::PcapNanos { Resolution::NANOS } else { Resolution::MICROS };
        // Bit 26 says that the top four bits count the check sequence, in units of two bytes.
        interface.fcs_len = (network & 0x0400_0000 != 0).then_some((network >> 28) as u8 * 2);
        Some((Layout { format, order, swapped }, interface))
    }

    /// Bytes of a record's header.
    pub(super) fn record_header(self) -> usize {
        if self.format == Format::PcapModified { 24 } else { 16 }
    }

    /// Bytes of a record with its header; `None` if `header` is too short to tell.
    pub(super) fn record_len(self, header: &[u8]) -> Option<usize> {
        Some(self.record_header() + self.record(header)?.captured as usize)
    }

    /// Reads a record's header; `None` if it is too short.
    pub(super) fn record(self, header: &[u8]) -> Option<Record> {
        let mut at = Cursor::new(self.order, header);
        let (seconds, fraction, captured, wire_len) = (at.u32()?, at.u32()?, at.u32()?, at.u32()?);
        let unit = if self.format == Format::PcapNanos { 1 } else { 1000 };
        let time = Timestamp::from_parts(seconds.into(), i64::from(fraction) * unit);
        let swap = match self.swapped {
            Swapped::Never => false,
            Swapped::WhenLonger => captured > wire_len,
            Swapped::Always => true,
        };
        let (captured, wire_len) = if swap { (wire_len, captured) } else { (captured, wire_len) };
        Some(Record { time, captured, wire_len })
    }
}
