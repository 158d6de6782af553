//! The descriptions in a capture besides its frames.

use super::resolution::Resolution;
use crate::frame::{LinkType, Timestamp};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The description of a capture as far as it was read; it grows while frames are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Info {
    /// Format of the file.
    pub format: Format,
    /// True when it was compressed with gzip.
    pub compressed: bool,
    /// Sections in the order of the file; classic pcap has one empty section.
    pub sections: Vec<Section>,
    /// Interfaces of all sections, in the order of the file.
    pub interfaces: Vec<Interface>,
    /// Names from name-resolution blocks, in the order of the file.
    pub names: Vec<(IpAddr, String)>,
}

impl Info {
    /// The first address that the capture calls `name`; `None` if there is none.
    pub fn address_of(&self, name: &str) -> Option<IpAddr> {
        self.names.iter().find(|(_, n)| n == name).map(|(address, _)| *address)
    }

    /// The first name that the capture gives to `address`; `None` if there is none.
    pub fn name_of(&self, address: IpAddr) -> Option<&str> {
        self.names.iter().find(|(a, _)| *a == address).map(|(_, name)| name.as_str())
    }
}

/// How the file is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// pcapng, blocks.
    #[default]
    PcapNg,
    /// Classic pcap: one header, then records. Times in microseconds (magic a1b2c3d4).
    PcapMicros,
    /// Classic pcap, times in nanoseconds (magic a1b23c4d).
    PcapNanos,
    /// Kuznetzov's pcap with longer record headers (magic a1b2cd34), microseconds.
    PcapModified,
}

impl Format {
    /// Whether the format is one of the classic pcap formats.
    pub fn is_classic(self) -> bool {
        self != Format::PcapNg
    }
}

/// A section of a pcapng file: what one program recorded in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// True when numbers are stored with the most significant byte first.
    pub big_endian: bool,
    /// The machine (`shb_hardware`).
    pub hardware: Option<String>,
    /// Its operating system (`shb_os`).
    pub os: Option<String>,
    /// The program that wrote the section (`shb_userappl`).
    pub application: Option<String>,
    /// Comments on the capture.
    pub comments: Vec<String>,
    /// Index of its first interface in [`Info::interfaces`].
    pub first_interface: u32,
    /// Offset in bytes of its beginning in the file.
    pub offset: u64,
}

/// An adapter that recorded frames, as the capture describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    /// Index in [`Info::interfaces`].
    pub index: u32,
    /// The number of its section, from 1; 0 in classic pcap (`frame.section_number`).
    pub section: u32,
    /// Index within its section (`frame.interface_id`).
    pub id: u32,
    /// Link type of its frames.
    pub link: LinkType,
    /// The most bytes that are kept of a frame (snapshot length); 0 for no limit.
    pub snaplen: u32,
    /// Name, as `eth0` (`frame.interface_name`).
    pub name: Option<String>,
    /// Description (`frame.interface_description`).
    pub description: Option<String>,
    /// The capture filter that was set.
    pub filter: Option<String>,
    /// Operating system of the interface's machine.
    pub os: Option<String>,
    /// The adapter's hardware.
    pub hardware: Option<String>,
    /// IPv4 addresses and their masks.
    pub ipv4: Vec<(Ipv4Addr, Ipv4Addr)>,
    /// IPv6 addresses and the lengths of their prefixes.
    pub ipv6: Vec<(Ipv6Addr, u8)>,
    /// Hardware address.
    pub mac: Option<[u8; 6]>,
    /// Speed in bits per second.
    pub speed: Option<u64>,
    /// Bytes of frame check sequence at the end of each frame; `None` if the file does not say.
    pub fcs_len: Option<u8>,
    /// Unit of its times.
    pub resolution: Resolution,
    /// Seconds that are added to its times.
    pub offset: i64,
    /// Comments on it.
    pub comments: Vec<String>,
    /// Its counters; `None` if the file has none.
    pub statistics: Option<Statistics>,
}

impl Interface {
    /// An interface about which nothing else is known.
    pub fn new(link: LinkType) -> Self {
        Interface {
            index: 0,
            section: 0,
            id: 0,
            link,
            snaplen: 0,
            name: None,
            description: None,
            filter: None,
            os: None,
            hardware: None,
            ipv4: Vec::new(),
            ipv6: Vec::new(),
            mac: None,
            speed: None,
            fcs_len: None,
            resolution: Resolution::MICROS,
            offset: 0,
            comments: Vec::new(),
            statistics: None,
        }
    }
}

/// The counters of an interface (pcapng, Interface Statistics Block). Each is `None` if the file does not have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// When the counts were taken.
    pub time: Option<Timestamp>,
    /// When the capture began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// Frames that the interface received.
    pub received: Option<u64>,
    /// Frames that the interface dropped for want of room.
    pub dropped: Option<u64>,
    /// Frames that the filter accepted.
    pub accepted: Option<u64>,
    /// Frames that the operating system dropped.
    pub os_dropped: Option<u64>,
    /// Frames that were delivered to the program.
    pub delivered: Option<u64>,
}

/// The LINKTYPE_ value that a file means: some systems write their own DLT_ value for raw IP, and the bits above 16
/// have other meanings.
pub(super) fn link_type(stored: u32) -> LinkType {
    match LinkType(stored as u16) {
        LinkType(12 | 14) => LinkType::RAW,
        link => link,
    }
}
