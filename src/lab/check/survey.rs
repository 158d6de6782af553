//! Counts what is in a capture besides the lab's conversations: frames of other machines and protocols, and frames
//! that were cut.

use crate::dissect::{Address, Proto};
use crate::frame::FrameNo;
use crate::lab::evidence::collect::{Collector, Evidence};
use crate::packet::Packet;
use crate::pump::Sink;
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::net::IpAddr;
use std::ops::ControlFlow;

/// Pairs of addresses that are counted one by one; frames of further pairs are counted together.
const MOST_TALKS: usize = 256;

/// Frames between two addresses, in both directions, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The two IP addresses, the lower one first; `None` where the frames have none, such as ARP.
    pub between: Option<(IpAddr, IpAddr)>,
    /// Protocol as in the packet list's column, such as `ARP`.
    pub protocol: Cow<'static, str>,
    /// Whether the frames carry TCP, with any content.
    pub tcp: bool,
    /// The first of the frames.
    pub first: FrameNo,
    /// How many frames there are.
    pub frames: u64,
}

/// The counts for one capture.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Kinds of frames between pairs of addresses, in the order of their first frames.
    pub talks: Vec<Talk>,
    /// Frames of pairs of addresses beyond [`MOST_TALKS`].
    pub further: u64,
    /// Frames that the snapshot length cut, and the first of them.
    pub cut: (u64, Option<FrameNo>),
    /// A hash of all frames' bytes, in order, without their times; `None` where there are no frames.
    pub packets: Option<u64>,
}

/// Gathers the lab's evidence and the survey in one reading.
pub struct Surveyor {
    collector: Collector,
    survey: Survey,
    hasher: DefaultHasher,
}

impl Surveyor {
    /// An empty survey, for a lab whose receiver listens on TCP port `port`.
    pub fn new(port: u16) -> Surveyor {
        Surveyor { collector: Collector::new(port), survey: Survey::default(), hasher: DefaultHasher::new() }
    }

    /// What was gathered.
    pub fn into_parts(self) -> (Evidence, Survey) {
        (self.collector.into_evidence(), self.survey)
    }

    fn talk(&mut self, packet: &Packet<'_>) {
        let between = pair(packet);
        let protocol = packet.protocol();
        let tcp = packet.context.layers.find(Proto::Tcp).is_some();
        let talks = &mut self.survey.talks;
        let same = |t: &&mut Talk| t.between == between && t.protocol == protocol && t.tcp == tcp;
        if let Some(known) = talks.iter_mut().find(same) {
            known.frames += 1;
        } else if talks.len() < MOST_TALKS {
            talks.push(Talk { between, protocol, tcp, first: packet.context.frame.no, frames: 1 });
        } else {
            self.survey.further += 1;
        }
    }
}

impl Sink for Surveyor {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        if packet.context.frame.is_cut() {
            self.survey.cut.0 += 1;
            self.survey.cut.1.get_or_insert(packet.context.frame.no);
        }
        let bytes = packet.context.frame.bytes;
        self.hasher.write_usize(bytes.len());
        self.hasher.write(bytes);
        self.survey.packets = Some(self.hasher.finish());
        self.talk(packet);
        self.collector.packet(packet)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.collector.finish()
    }
}

/// The two IP addresses of a packet, the lower one first.
fn pair(packet: &Packet<'_>) -> Option<(IpAddr, IpAddr)> {
    let ip = |address| match address {
        Address::Ipv4(ip) => Some(IpAddr::V4(ip)),
        Address::Ipv6(ip) => Some(IpAddr::V6(ip)),
        Address::None | Address::NotApplicable | Address::Mac(_) => None,
    };
    let (from, to) = packet.addresses();
    let (from, to) = (ip(from)?, ip(to)?);
    Some((from.min(to), from.max(to)))
}
