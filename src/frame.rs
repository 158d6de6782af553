//! A frame: bytes as they were on the wire, and what the capture knows about them.

use std::fmt;
use std::num::NonZeroU64;

/// The number of a frame within its capture; the first frame is 1 (`frame.number`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameNo(pub u64);

impl fmt::Display for FrameNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A time, in nanoseconds since 1970-01-01 00:00 UTC (`frame.time_epoch`).
///
/// ```
/// use labkit::frame::Timestamp;
///
/// let syn = Timestamp::from_parts(1_764_000_000, 250_000_000);
/// let reply = Timestamp::from_parts(1_764_000_000, 250_015_573);
/// assert_eq!(reply.since(syn), 15_573);
/// assert_eq!(reply.split(), (1_764_000_000, 250_015_573));
/// ```
///
/// The range is from the year 1677 to 2262; a time outside it becomes the nearest one inside.
// Stored with 2^63 added and never 0, so that `Option<Timestamp>` has eight bytes and is copied as one word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NonZeroU64);

impl Default for Timestamp {
    fn default() -> Self {
        Timestamp::from_nanos(0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timestamp").field(&self.nanos()).finish()
    }
}

impl Timestamp {
    /// The time `nanos` nanoseconds after the epoch; `i64::MIN` becomes the earliest time, `i64::MIN + 1`.
    pub const fn from_nanos(nanos: i64) -> Self {
        match NonZeroU64::new(nanos as u64 ^ 1 << 63) {
            Some(moved) => Timestamp(moved),
            None => Timestamp(NonZeroU64::MIN),
        }
    }

    /// The time `secs` seconds and `nanos` nanoseconds after the epoch; `nanos` may exceed a second.
    pub const fn from_parts(secs: i64, nanos: i64) -> Self {
        Timestamp::from_nanos(secs.saturating_mul(1_000_000_000).saturating_add(nanos))
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        (self.0.get() ^ 1 << 63) as i64
    }

    /// Nanoseconds from `earlier` to `self`; negative if the clock went back.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.nanos().saturating_sub(earlier.nanos())
    }

    /// Whole seconds since the epoch (rounded down) and the nanoseconds that remain, 0 to 999,999,999.
    pub const fn split(self) -> (i64, u32) {
        (self.nanos().div_euclid(1_000_000_000), self.nanos().rem_euclid(1_000_000_000) as u32)
    }
}

/// The protocol with which a frame begins: a LINKTYPE_ value of the pcap registry, not a system's DLT_ value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: a four-byte address family in the byte order of the recording machine.
    pub const NULL: LinkType = LinkType(0);
    /// Ethernet II and IEEE 802.3.
    pub const ETHERNET: LinkType = LinkType(1);
    /// Raw IP; the first four bits are its version, 4 or 6.
    pub const RAW: LinkType = LinkType(101);
    /// IEEE 802.11.
    pub const IEEE802_11: LinkType = LinkType(105);
    /// IEEE 802.11 after a Radiotap header.
    pub const RADIOTAP: LinkType = LinkType(127);
    /// OpenBSD loopback: as [`LinkType::NULL`], in network byte order.
    pub const LOOP: LinkType = LinkType(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: LinkType = LinkType(113);
    /// Raw IPv4.
    pub const IPV4: LinkType = LinkType(228);
    /// Raw IPv6.
    pub const IPV6: LinkType = LinkType(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: LinkType = LinkType(276);
}

/// What the capture says about a frame beyond its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Name of the recording interface (`frame.interface_name`).
    pub interface_name: Option<&'a str>,
    /// Description of the recording interface (`frame.interface_description`).
    pub interface_description: Option<&'a str>,
    /// Comment stored with the frame (`frame.comment`).
    pub comment: Option<&'a str>,
    /// Section of the capture file, from 1; 0 for files without sections, such as classic pcap
    /// (`frame.section_number`).
    pub section: u32,
}

/// One frame from a source. The bytes are borrowed from the source's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Number of the frame in the capture.
    pub no: FrameNo,
    /// The time of the capture; `None` if the file has none for it (simple packet blocks).
    pub time: Option<Timestamp>,
    /// How many digits the recorded time has after the decimal point: 0 to 9.
    pub precision: u8,
    /// The protocol with which the bytes begin.
    pub link: LinkType,
    /// Length on the wire, in bytes (`frame.len`). `bytes` is shorter if the snapshot length has cut it.
    pub wire_len: u32,
    /// Index of the recording interface within its section of the capture (`frame.interface_id`).
    pub interface: u32,
    /// What the capture says beyond the bytes.
    pub origin: Origin<'a>,
    /// The captured bytes; `frame.cap_len` is their number.
    pub bytes: &'a [u8],
}

/// A frame without its bytes and its origin, for lists that keep those separately.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// As [`Frame::no`].
    pub no: FrameNo,
    /// As [`Frame::time`].
    pub time: Option<Timestamp>,
    precision: u8,
    link: LinkType,
    wire_len: u32,
    /// As [`Frame::interface`].
    pub interface: u32,
}

impl Outline {
    /// The frame with this outline, `origin` and `bytes`.
    pub fn frame<'a>(&self, origin: Origin<'a>, bytes: &'a [u8]) -> Frame<'a> {
        let Outline { no, time, precision, link, wire_len, interface } = *self;
        Frame { no, time, precision, link, wire_len, interface, origin, bytes }
    }
}

impl Frame<'_> {
    /// The frame without its bytes and its origin.
    pub fn outline(&self) -> Outline {
        let Frame { no, time, precision, link, wire_len, interface, .. } = *self;
        Outline { no, time, precision, link, wire_len, interface }
    }

    /// Whether the snapshot length has cut the frame.
    pub fn is_cut(&self) -> bool {
        self.bytes.len() < self.wire_len as usize
    }
}
