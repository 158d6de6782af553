//! Looks for words in the content of packets: as it was sent, reassembled from segments, and decompressed.

use super::{address, shown};
use crate::dissect::protocols::tcp::Findings;
use crate::dissect::{Proto, Reassembled};
use crate::packet::Packet;
use memchr::memmem::{Finder, find};
use serde::Serialize;

/// Places that are described for each word; further ones are only counted.
const MOST_HITS: usize = 12;

/// Where in a packet a word was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the bytes of one frame: `contains` finds it.
    Payload,
    /// Across segments: the word is whole only in the reassembled message that ends in this frame.
    AcrossSegments,
    /// In the decoded form of a body that was sent in chunks or compressed.
    Decoded,
    /// In a DNS name, whose labels have lengths in front instead of dots between them (RFC 1035, section 3.1).
    DnsName,
}

/// A place where a word was found.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// Number of the frame.
    pub frame: u64,
    /// Whether `stream` counts TCP streams; otherwise it counts those of UDP.
    pub tcp: bool,
    /// `tcp.stream` or `udp.stream`; `None` for a packet without either.
    pub stream: Option<u32>,
    /// Address of the sender, with its port.
    pub from: String,
    /// Address of the receiver, with its port.
    pub to: String,
    /// Where in the packet.
    pub place: Place,
    /// Number of the first frame of the message, where the message came in several frames.
    pub since: Option<u64>,
    /// The text as it was sent, where it differs from the word in case.
    pub written: Option<String>,
    /// Whether the packet is a retransmission, so that an earlier one brought the same bytes.
    pub repeated: bool,
}

/// A word and where it was found.
#[derive(Clone, Debug, Serialize)]
pub struct Word {
    /// The word, as the user gave it.
    pub word: String,
    /// How many frames have it in the same case.
    pub found: u64,
    /// How many frames have it only in other case.
    pub other_case: u64,
    /// The first places, at most [`MOST_HITS`]. A place in the same case replaces one in other case when the list is
    /// full.
    pub hits: Vec<Hit>,
}

struct Wanted {
    exact: Finder<'static>,
    folded: Finder<'static>,
    word: Word,
}

/// The search, over all packets of a capture.
pub(super) struct Search {
    wanted: Vec<Wanted>,
    /// Buffer for content in lower case, kept to reuse its memory.
    lower: Vec<u8>,
}

/// A word in some bytes: its offset, and whether the case is the same.
#[derive(Clone, Copy)]
struct Found {
    at: usize,
    exact: bool,
}

/// The best place in a packet.
struct Best<'p> {
    place: Place,
    found: Found,
    /// The bytes that it was found in.
    bytes: &'p [u8],
    /// Number of the first frame of the message.
    since: Option<u64>,
}

impl Search {
    pub(super) fn new(words: &[String]) -> Search {
        let wanted = |word: &String| Wanted {
            exact: Finder::new(word.as_bytes()).into_owned(),
            folded: Finder::new(&word.to_ascii_lowercase()).into_owned(),
            word: Word { word: word.clone(), found: 0, other_case: 0, hits: Vec::new() },
        };
        Search { wanted: words.iter().map(wanted).collect(), lower: Vec::new() }
    }

    pub(super) fn into_words(self) -> Vec<Word> {
        self.wanted.into_iter().map(|w| w.word).collect()
    }

    /// Looks for the words in one packet; `names` are the names in its DNS messages.
    pub(super) fn packet(&mut self, packet: &Packet<'_>, names: &[Vec<u8>]) {
        if self.wanted.is_empty() {
            return;
        }
        let ctx = &packet.context;
        let layers = ctx.layers.all().iter();
        let carrier = layers.rev().find(|l| !l.quoted && matches!(l.proto, Proto::Tcp | Proto::Udp));
        let payload = carrier.map_or(&[][..], |l| ctx.payload(l));
        for wanted in &mut self.wanted {
            if let Some(best) = wanted.best(packet, payload, names, &mut self.lower) {
                wanted.take(packet, &best);
            }
        }
    }
}

impl Wanted {
    fn find(&self, bytes: &[u8], lower: &mut Vec<u8>) -> Option<Found> {
        if let Some(at) = self.exact.find(bytes) {
            return Some(Found { at, exact: true });
        }
        lower.clear();
        lower.extend(bytes.iter().map(u8::to_ascii_lowercase));
        Some(Found { at: self.folded.find(lower)?, exact: false })
    }

    /// The place in a packet that is most like the word: the same case goes before other case, then content as it was
    /// sent before decoded content.
    fn best<'p>(
        &self,
        packet: &Packet<'p>,
        payload: &'p [u8],
        names: &'p [Vec<u8>],
        lower: &mut Vec<u8>,
    ) -> Option<Best<'p>> {
        let ctx = &packet.context;
        let at = |place, bytes: &'p [u8]| move |found| Best { place, found, bytes, since: None };
        let mut best = self.find(payload, lower).map(at(Place::Payload, payload));
        let whole = ctx.facts.app.map_or(&[][..], |app| &app.reassembled);
        for (i, bytes) in ctx.buffers.iter().enumerate() {
            if best.as_ref().is_some_and(|b| b.found.exact) {
                break;
            }
            let Some(found) = self.find(bytes, lower) else { continue };
            let place = match whole.iter().find(|r| usize::from(r.source) == i + 1) {
                // One segment has the whole word, so it was found when that segment came.
                Some(whole) if in_one_piece(whole, found.at, self.word.word.len()) => continue,
                Some(_) => Place::AcrossSegments,
                // The message has the word before it is decoded, too, so it was found there.
                None if self.is_in(packet, whole, found.exact, lower) => continue,
                None => Place::Decoded,
            };
            if best.is_none() || found.exact {
                let since = whole.last().and_then(|r| r.pieces.first()).map(|p| p.frame);
                best = Some(Best { place, found, bytes, since });
            }
        }
        best.or_else(|| names.iter().find_map(|n| self.find(n, lower).map(at(Place::DnsName, n))))
    }

    fn is_in(&self, packet: &Packet<'_>, raw: &[Reassembled], exact: bool, lower: &mut Vec<u8>) -> bool {
        raw.iter()
            .any(|r| self.find(packet.context.source(r.source), lower).is_some_and(|raw| raw.exact || !exact))
    }

    fn take(&mut self, packet: &Packet<'_>, best: &Best<'_>) {
        let Best { place, found, bytes, since } = *best;
        match found.exact {
            true => self.word.found += 1,
            false => self.word.other_case += 1,
        }
        if self.word.hits.len() >= MOST_HITS {
            // A place in the same case is worth more than one in other case.
            let weaker = self.word.hits.iter().rposition(|h| found.exact && h.written.is_some());
            let Some(weaker) = weaker else { return };
            self.word.hits.remove(weaker);
        }
        let (from, to) = ends(packet);
        let facts = &packet.context.facts;
        let end = found.at + self.word.word.len();
        let frame = packet.context.frame.no.0;
        self.word.hits.push(Hit {
            frame,
            tcp: facts.tcp.is_some(),
            stream: facts.tcp.map(|t| t.stream).or(facts.udp.map(|u| u.stream)),
            from,
            to,
            place,
            since: since.filter(|first| *first != frame),
            written: (!found.exact).then(|| shown(bytes.get(found.at..end).unwrap_or(&[]))),
            repeated: facts.tcp.is_some_and(|t| {
                t.findings.has(Findings::RETRANSMISSION)
                    || t.findings.has(Findings::FAST_RETRANSMISSION)
                    || t.findings.has(Findings::SPURIOUS_RETRANSMISSION)
            }),
        });
    }
}

/// Whether one segment brought all these bytes of a message: `len` from offset `at`.
fn in_one_piece(whole: &Reassembled, at: usize, len: usize) -> bool {
    whole.pieces.iter().any(|crate::dissect::Piece { offset: start, len: piece, .. }| {
        let (start, piece) = (*start as usize, *piece as usize);
        start <= at && at + len <= start + piece
    })
}

/// Sender and receiver, with their ports.
pub(super) fn ends(packet: &Packet<'_>) -> (String, String) {
    let ctx = &packet.context;
    let layers = ctx.layers.all().iter();
    let carrier = layers.rev().find(|l| !l.quoted && matches!(l.proto, Proto::Tcp | Proto::Udp));
    let ports = carrier.and_then(|l| ctx.layer_bytes(l).first_chunk::<4>());
    let (from, to) = packet.addresses();
    let with = |ip, port: Option<[u8; 2]>| match port {
        Some(port) => format!("{} port {}", address(ip), u16::from_be_bytes(port)),
        None => address(ip),
    };
    (with(from, ports.map(|[a, b, ..]| [*a, *b])), with(to, ports.map(|[.., c, d]| [*c, *d])))
}

/// Whether `name` contains `word`; case is ignored.
pub(super) fn has(name: &str, word: &str) -> bool {
    find(name.to_ascii_lowercase().as_bytes(), word.to_ascii_lowercase().as_bytes()).is_some()
}
