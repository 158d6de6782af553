//! What a capture of browsing shows: which protocols carried how much, which words can be read in it, and what the
//! first requests, the names in DNS and TLS and the certificates give away.
//!
//! Everything is counted; examples are kept up to a limit for each kind, and those beyond it are counted.

mod agent;
mod answer;
mod names;
mod request;
mod search;

pub(super) use answer::{RULE, answer, unread};
pub use names::{Certificate, Name};
pub use request::{Header, Request};
pub use search::{Hit, Place, Word};

use crate::dissect::{Address, Proto};
use crate::packet::Packet;
use crate::pump::Sink;
use crate::text::{Push as _, written};
use rustc_hash::FxHashMap;
use search::Search;
use serde::Serialize;
use std::io;
use std::ops::ControlFlow;

/// Conversations that are counted one by one. In further ones, each frame counts by the layers that it has itself.
const MOST_CONVERSATIONS: usize = 65_536;
/// Bytes that are shown of one text from the network.
const MOST_TEXT: usize = 160;

/// What a conversation speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Speech {
    /// HTTP/1.x, readable.
    #[serde(rename = "HTTP")]
    Http,
    /// TLS over TCP.
    #[serde(rename = "TLS")]
    Tls,
    /// QUIC over UDP.
    #[serde(rename = "QUIC")]
    Quic,
    /// DNS and its relatives mDNS and LLMNR.
    #[serde(rename = "DNS")]
    Dns,
    /// TCP; nothing more is known.
    #[serde(rename = "other TCP")]
    Tcp,
    /// UDP; nothing more is known.
    #[serde(rename = "other UDP")]
    Udp,
    /// Neither TCP nor UDP.
    #[serde(rename = "neither TCP nor UDP")]
    Other,
}

impl Speech {
    /// All, in the order in which they are shown.
    pub const ALL: [Speech; 7] =
        [Speech::Http, Speech::Tls, Speech::Quic, Speech::Dns, Speech::Tcp, Speech::Udp, Speech::Other];

    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Speech::Http => "HTTP",
            Speech::Tls => "TLS",
            Speech::Quic => "QUIC",
            Speech::Dns => "DNS",
            Speech::Tcp => "other TCP",
            Speech::Udp => "other UDP",
            Speech::Other => "neither TCP nor UDP",
        }
    }

    /// What a packet's own layers say about the protocol; `None` where the highest known one is TCP or UDP.
    fn of(packet: &Packet<'_>) -> Option<Speech> {
        packet.context.layers.all().iter().rev().filter(|l| !l.quoted).find_map(|l| match l.proto {
            Proto::Http if l.start < l.end => Some(Speech::Http),
            Proto::Tls => Some(Speech::Tls),
            Proto::Quic => Some(Speech::Quic),
            Proto::Dns | Proto::Mdns | Proto::Llmnr => Some(Speech::Dns),
            _ => None,
        })
    }
}

/// How much a protocol carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// TCP or UDP conversations.
    pub conversations: u64,
    /// Frames, those of handshakes and acknowledgments included.
    pub frames: u64,
    /// Bytes of these frames on the wire.
    pub bytes: u64,
}

/// What hides content, in frames or messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Obstacles {
    /// Frames that carry TLS.
    pub tls: u64,
    /// Frames that carry QUIC.
    pub quic: u64,
    /// HTTP bodies under a content coding that labkit does not decode, such as br or zstd.
    pub packed: u64,
    /// Frames that the snapshot length has cut.
    pub cut: u64,
}

/// Everything found in one capture.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Browsing {
    /// How much each protocol carried; protocols that did not occur are not there.
    pub shares: Vec<(Speech, Share)>,
    /// The words that were looked for.
    pub words: Vec<Word>,
    /// HTTP requests in all.
    pub requests: u64,
    /// The first HTTP request; `None` without one.
    pub request: Option<Request>,
    /// Names that were asked for in DNS.
    pub asked: Vec<Name>,
    /// Server names in TLS.
    pub servers: Vec<Name>,
    /// Certificates that could be read.
    pub certificates: Vec<Certificate>,
    /// How many names and certificates there are beyond those in the lists.
    pub further: u64,
    /// What hides content.
    pub obstacles: Obstacles,
}

impl Browsing {
    /// Whether the capture holds any browsing at all: HTTP, TLS or QUIC.
    pub fn is_any(&self) -> bool {
        self.shares.iter().any(|(s, _)| matches!(s, Speech::Http | Speech::Tls | Speech::Quic))
    }
}

/// Gathers a [`Browsing`]: a [`Sink`] that takes every packet of one capture, in order.
pub struct Browser {
    search: Search,
    /// What each conversation speaks, and how much. The key is whether it is UDP, and its stream number.
    conversations: FxHashMap<(bool, u32), (Speech, Share)>,
    /// Frames without a conversation, and those of conversations beyond [`MOST_CONVERSATIONS`].
    alone: FxHashMap<Speech, Share>,
    found: Browsing,
}

impl Browser {
    /// An empty collection that will also look for `words`.
    pub fn new(words: &[String]) -> Browser {
        Browser {
            search: Search::new(words),
            conversations: FxHashMap::default(),
            alone: FxHashMap::default(),
            found: Browsing::default(),
        }
    }

    /// What was found.
    pub fn into_found(self) -> Browsing {
        let Browser { search, conversations, mut alone, mut found } = self;
        for (speech, share) in conversations.into_values() {
            let all = alone.entry(speech).or_default();
            all.conversations += 1;
            all.frames += share.frames;
            all.bytes += share.bytes;
        }
        found.shares = Speech::ALL.into_iter().filter_map(|s| Some((s, *alone.get(&s)?))).collect();
        found.words = search.into_words();
        found
    }

    fn count(&mut self, packet: &Packet<'_>) -> Option<Speech> {
        let (facts, own) = (&packet.context.facts, Speech::of(packet));
        let key = facts.tcp.map(|t| (false, t.stream)).or_else(|| facts.udp.map(|u| (true, u.stream)));
        let plain = match key {
            Some((false, _)) => Speech::Tcp,
            Some((true, _)) => Speech::Udp,
            None => Speech::Other,
        };
        let room = self.conversations.len() < MOST_CONVERSATIONS;
        let known = key.filter(|key| room || self.conversations.contains_key(key));
        let share = match known {
            Some(key) => {
                let (speech, share) = self.conversations.entry(key).or_insert((plain, Share::default()));
                // A tunnel begins with HTTP (CONNECT) and carries TLS from then on.
                if *speech == plain || own == Some(Speech::Tls) {
                    *speech = own.unwrap_or(*speech);
                }
                share
            }
            None => self.alone.entry(own.unwrap_or(plain)).or_default(),
        };
        share.frames += 1;
        share.bytes += u64::from(packet.context.frame.wire_len);
        own
    }

    fn obstacles(&mut self, packet: &Packet<'_>) {
        let (layers, o) = (packet.context.layers, &mut self.found.obstacles);
        let quic = layers.find(Proto::Quic).is_some();
        o.tls += u64::from(!quic && layers.find(Proto::Tls).is_some());
        o.quic += u64::from(quic);
        o.cut += u64::from(packet.context.frame.is_cut());
    }
}

impl Sink for Browser {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let own = self.count(packet);
        self.obstacles(packet);
        let names = match own {
            Some(Speech::Http) => {
                request::read(packet, &mut self.found);
                Vec::new()
            }
            Some(Speech::Tls | Speech::Dns) => names::read(packet, &mut self.found),
            _ => Vec::new(),
        };
        self.search.packet(packet, &names);
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Text from the network, escaped, and cut at [`MOST_TEXT`] bytes.
fn shown(bytes: &[u8]) -> String {
    let mut text = written(|line| line.escaped(bytes.get(..MOST_TEXT).unwrap_or(bytes)));
    if bytes.len() > MOST_TEXT {
        text.push('…');
    }
    text
}

/// Such as `192.168.56.1`.
fn address(address: Address) -> String {
    written(|line| address.write(line))
}
