//! The blocks of pcapng: their types, their options, and the content of those that describe the capture.
//!
//! Source: draft-ietf-opsawg-pcapng. No bytes make a function here panic; a malformed block is an error with a text.

use super::info::{Interface, Section, Statistics, link_type};
use super::resolution::{Clock, Resolution};
use crate::frame::Timestamp;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const SECTION_HEADER: u32 = 0x0A0D_0D0A;
pub(super) const INTERFACE_DESCRIPTION: u32 = 1;
pub(super) const PACKET: u32 = 2;
pub(super) const SIMPLE_PACKET: u32 = 3;
pub(super) const NAME_RESOLUTION: u32 = 4;
pub(super) const INTERFACE_STATISTICS: u32 = 5;
pub(super) const ENHANCED_PACKET: u32 = 6;
/// The number at the beginning of a section, which shows its byte order.
pub(super) const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;

/// Option codes that several blocks share, and those of single blocks.
pub(super) mod code {
    pub(crate) const END: u16 = 0;
    pub(crate) const COMMENT: u16 = 1;
    pub(crate) const SHB_HARDWARE: u16 = 2;
    pub(crate) const SHB_OS: u16 = 3;
    pub(crate) const SHB_APPLICATION: u16 = 4;
    pub(crate) const IF_NAME: u16 = 2;
    pub(crate) const IF_DESCRIPTION: u16 = 3;
    pub(crate) const IF_IPV4: u16 = 4;
    pub(crate) const IF_IPV6: u16 = 5;
    pub(crate) const IF_MAC: u16 = 6;
    pub(crate) const IF_SPEED: u16 = 8;
    pub(crate) const IF_TSRESOL: u16 = 9;
    pub(crate) const IF_FILTER: u16 = 11;
    pub(crate) const IF_OS: u16 = 12;
    pub(crate) const IF_FCSLEN: u16 = 13;
    pub(crate) const IF_TSOFFSET: u16 = 14;
    pub(crate) const IF_HARDWARE: u16 = 15;
    pub(crate) const ISB_START: u16 = 2;
    pub(crate) const ISB_END: u16 = 3;
    pub(crate) const ISB_RECEIVED: u16 = 4;
    pub(crate) const ISB_DROPPED: u16 = 5;
    pub(crate) const ISB_ACCEPTED: u16 = 6;
    pub(crate) const ISB_OS_DROPPED: u16 = 7;
    pub(crate) const ISB_DELIVERED: u16 = 8;
}

/// Why a block is malformed.
pub(super) type Fault = Cow<'static, str>;

const TOO_SHORT: Fault = Cow::Borrowed("the block is too short for its fields");

/// The byte order in which a section stores its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    Little,
    Big,
}

impl Order {
    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        }
    }

    fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        }
    }

    fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Order::Little => u64::from_le_bytes(bytes),
            Order::Big => u64::from_be_bytes(bytes),
        }
    }
}

/// Takes numbers and bytes off the front of a slice.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(order: Order, rest: &'a [u8]) -> Self {
        Cursor { order, rest }
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(self.order.u16(*head))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(self.order.u32(*head))
    }

    fn u64(&mut self) -> Option<u64> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(self.order.u64(*head))
    }

    /// A time of 64 bits. The upper half comes first, in either byte order.
    pub(super) fn time(&mut self) -> Option<u64> {
        let (high, low) = (self.u32()?, self.u32()?);
        Some(u64::from(high) << 32 | u64::from(low))
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    /// The remaining bytes.
    pub(super) fn len(&self) -> usize {
        self.rest.len()
    }

    /// An option or a name record: code, length, value, and padding to four bytes. Returns code and value; `None` if
    /// it does not fit.
    fn record(&mut self) -> Option<(u16, &'a [u8])> {
        let (code, len) = (self.u16()?, usize::from(self.u16()?));
        let value = self.take(len)?;
        // Some writers leave out the padding after the last one.
        self.rest = self.rest.get(padding(len)..).unwrap_or_default();
        Some((code, value))
    }
}

/// Bytes of padding that make `len` a multiple of four.
pub(super) const fn padding(len: usize) -> usize {
    len.wrapping_neg() & 3
}

/// The options at the end of a block, up to the end mark, the block's end or the first one that does not fit.
struct Options<'a>(Cursor<'a>);

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.record().filter(|(code, _)| *code != code::END)
    }
}

/// Whether every option fits into its block.
pub(super) fn check_options(mut at: Cursor<'_>) -> Result<(), Fault> {
    while at.len() > 0 {
        let before = at;
        match at.record() {
            Some((code::END, _)) => return Ok(()),
            Some(_) => {}
            None => {
                let mut head = before;
                return Err(match (head.u16(), head.u16()) {
                    (Some(code), Some(len)) => Cow::Owned(format!(
                        "option {code} claims {len} bytes, and the block has {} left",
                        head.len()
                    )),
                    _ => Cow::Borrowed("the block ends in the middle of an option"),
                });
            }
        }
    }
    Ok(())
}

/// Comments stored with a frame, in the order of the file. Text that is not UTF-8 has replacement characters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comments<'a>(Cursor<'a>);

impl<'a> Comments<'a> {
    pub(super) fn new(options: Cursor<'a>) -> Self {
        Comments(options)
    }
}

impl<'a> Iterator for Comments<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0.record()? {
                (code::END, _) => {
                    self.0.rest = &[];
                    return None;
                }
                (code::COMMENT, text) => return Some(String::from_utf8_lossy(text)),
                _ => {}
            }
        }
    }
}

/// A text without the zero bytes that some writers append.
fn text(value: &[u8]) -> String {
    let end = value.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    String::from_utf8_lossy(value.get(..end).unwrap_or_default()).into_owned()
}

/// Keeps the first of several options with the same code, as Wireshark does.
fn first<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// The body of a section header after the byte-order magic.
pub(super) fn section(mut at: Cursor<'_>) -> Result<Section, Fault> {
    let (Some(major), Some(minor), Some(_length)) = (at.u16(), at.u16(), at.u64()) else {
        return Err(TOO_SHORT);
    };
    if major != 1 {
        return Err(Cow::Owned(format!("pcapng version {major}.{minor} is not known here, 1.0 is")));
    }
    check_options(at)?;
    let mut section = Section { big_endian: at.order == Order::Big, ..Section::default() };
    for (code, value) in Options(at) {
        match code {
            code::COMMENT => section.comments.push(text(value)),
            code::SHB_HARDWARE => first(&mut section.hardware, Some(text(value))),
            code::SHB_OS => first(&mut section.os, Some(text(value))),
            code::SHB_APPLICATION => first(&mut section.application, Some(text(value))),
            _ => {}
        }
    }
    Ok(section)
}

/// The body of an interface description.
pub(super) fn interface(mut at: Cursor<'_>) -> Result<Interface, Fault> {
    let (Some(link), Some(_reserved), Some(snaplen)) = (at.u16(), at.u16(), at.u32()) else {
        return Err(TOO_SHORT);
    };
    check_options(at)?;
    let mut interface = Interface { snaplen, ..Interface::new(link_type(link.into())) };
    let (mut resolution, mut offset) = (None, None);
    for (code, value) in Options(at) {
        match code {
            code::IF_TSRESOL => first(&mut resolution, one(value)),
            code::IF_TSOFFSET => first(&mut offset, long(at.order, value).map(|v| v as i64)),
            _ => describe(&mut interface, at.order, code, value),
        }
    }
    interface.resolution = resolution.map_or(Resolution::MICROS, Resolution);
    interface.offset = offset.unwrap_or(0);
    Ok(interface)
}

/// The options of an interface that do not change the meaning of its frames; those of a wrong length are left out.
fn describe(interface: &mut Interface, order: Order, code: u16, value: &[u8]) {
    match code {
        code::COMMENT => interface.comments.push(text(value)),
        code::IF_NAME => first(&mut interface.name, Some(text(value))),
        code::IF_DESCRIPTION => first(&mut interface.description, Some(text(value))),
        code::IF_IPV4 => interface.ipv4.extend(ipv4(value)),
        code::IF_IPV6 => interface.ipv6.extend(ipv6(value)),
        code::IF_MAC => first(&mut interface.mac, value.try_into().ok()),
        code::IF_SPEED => first(&mut interface.speed, long(order, value)),
        // The first byte is the form of the filter: 0 for text, 1 for a compiled program.
        code::IF_FILTER => first(&mut interface.filter, value.strip_prefix(&[0]).map(text)),
        code::IF_OS => first(&mut interface.os, Some(text(value))),
        code::IF_FCSLEN => first(&mut interface.fcs_len, one(value)),
        code::IF_HARDWARE => first(&mut interface.hardware, Some(text(value))),
        _ => {}
    }
}

fn one(value: &[u8]) -> Option<u8> {
    if let [byte] = value { Some(*byte) } else { None }
}

fn long(order: Order, value: &[u8]) -> Option<u64> {
    Some(order.u64(value.try_into().ok()?))
}

fn ipv4(value: &[u8]) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let both: [u8; 8] = value.try_into().ok()?;
    let [a, b, c, d, e, f, g, h] = both;
    Some((Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h)))
}

fn ipv6(value: &[u8]) -> Option<(Ipv6Addr, u8)> {
    let (address, prefix) = value.split_first_chunk::<16>()?;
    Some(((*address).into(), one(prefix)?))
}

/// The body of a name-resolution block: each name with its address.
pub(super) fn names(mut at: Cursor<'_>) -> Result<Vec<(IpAddr, String)>, Fault> {
    let mut found = Vec::new();
    while at.len() > 0 {
        let Some((kind, value)) = at.record() else {
            return Err(Cow::Borrowed("a name record is longer than its block"));
        };
        let (address, names): (IpAddr, &[u8]) = match kind {
            0 => break,
            1 => match value.split_first_chunk::<4>() {
                Some((address, names)) => ((*address).into(), names),
                None => continue,
            },
            2 => match value.split_first_chunk::<16>() {
                Some((address, names)) => ((*address).into(), names),
                None => continue,
            },
            _ => continue,
        };
        let names = names.split(|b| *b == 0).filter(|name| !name.is_empty());
        found.extend(names.map(|name| (address, text(name))));
    }
    Ok(found)
}

/// The body of an interface-statistics block after the interface's index.
pub(super) fn statistics(mut at: Cursor<'_>, clock: &Clock) -> Result<Statistics, Fault> {
    let Some(time) = at.time() else { return Err(TOO_SHORT) };
    let mut found = Statistics { time: Some(clock.time(time)), ..Statistics::default() };
    let order = at.order;
    let moment = |value: &[u8]| -> Option<Timestamp> {
        Some(clock.time(Cursor::new(order, value.first_chunk::<8>()?).time()?))
    };
    for (code, value) in Options(at) {
        match code {
            code::ISB_START => first(&mut found.start, moment(value)),
            code::ISB_END => first(&mut found.end, moment(value)),
            code::ISB_RECEIVED => first(&mut found.received, long(order, value)),
            code::ISB_DROPPED => first(&mut found.dropped, long(order, value)),
            code::ISB_ACCEPTED => first(&mut found.accepted, long(order, value)),
            code::ISB_OS_DROPPED => first(&mut found.os_dropped, long(order, value)),
            code::ISB_DELIVERED => first(&mut found.delivered, long(order, value)),
            _ => {}
        }
    }
    Ok(found)
}
