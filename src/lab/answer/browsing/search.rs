//! Looks for words in what the packets carry: as it was sent, put together from segments, and unpacked.

use super::{address, shown};
use crate::dissect::protocols::tcp::Findings;
use crate::dissect::{Proto, Reassembled};
use crate::packet::Packet;
use memchr::memmem::{Finder, find};
use serde::Serialize;

/// Places that are described for each word; of more it is counted how many there are.
const MOST_HITS: usize = 12;

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the bytes of one frame: `contains` finds it.
    Payload,
    /// Cut by segments: it is whole only in the message that ends in this frame.
    AcrossSegments,
    /// In a body that was sent in chunks or compressed, once it is decoded.
    Decoded,
    /// In a name, where DNS has lengths instead of dots.
    DnsName,
}

/// A place where a word was found.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// Number of the frame.
    pub frame: u64,
    /// Whether it is TCP's; otherwise UDP's.
    pub tcp: bool,
    /// `tcp.stream` or `udp.stream`.
    pub stream: Option<u32>,
    /// Address of the sender, with its port.
    pub from: String,
    /// Address of the receiver, with its port.
    pub to: String,
    /// Where in the frame.
    pub place: Place,
    /// The first frame of the message, where it came in several.
    pub since: Option<u64>,
    /// What stands there, if not in the case of the word.
    pub written: Option<String>,
    /// The same bytes came before.
    pub repeated: bool,
}

/// A word and where it was found.
#[derive(Clone, Debug, Serialize)]
pub struct Word {
    /// The word, as the user gave it.
    pub word: String,
    /// Frames in which it was found just so.
    pub found: u64,
    /// Frames in which it was found only in other case.
    pub other_case: u64,
    /// The first places of both kinds; exact ones crowd out the others.
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
    /// Bytes in lower case; the memory is used again.
    lower: Vec<u8>,
}

/// A word in some bytes: at which offset, and whether in the word's own case.
#[derive(Clone, Copy)]
struct Found {
    at: usize,
    exact: bool,
}

/// The best place in a packet.
struct Best<'p> {
    place: Place,
    found: Found,
    /// What it was found in.
    bytes: &'p [u8],
    /// First frame of the message.
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

    /// Looks into one packet; `names` are those of its DNS messages.
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

    /// The place in a packet that is most like the word: exact before other case, as it was sent before decoded.
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
                // In one segment: it was found when that came.
                Some(whole) if in_one_piece(whole, found.at, self.word.word.len()) => continue,
                Some(_) => Place::AcrossSegments,
                // The message shows the word before it is decoded, so it was found there.
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
            // An exact place is worth more than one in other case.
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

/// Whether one segment brought these bytes of a message.
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

/// Whether `name` has `word` in it, in whatever case.
pub(super) fn has(name: &str, word: &str) -> bool {
    find(name.to_ascii_lowercase().as_bytes(), word.to_ascii_lowercase().as_bytes()).is_some()
}
