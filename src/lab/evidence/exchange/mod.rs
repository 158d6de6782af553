//! The exchange: one conversation of the lab's port, read as the lab's protocol of a message and its receipt.

mod counts;
mod missing;
mod outcome;
mod receipt;
mod room;

use crate::conversation::stream::{Half, News};
use crate::direction::Direction;
use crate::dissect::protocols::tcp::{Flags, SeqNo};
use crate::frame::FrameNo;
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::collect::{Conversation, Endpoint, Offer, Segment};
use crate::lab::evidence::contradiction::{self, Contradiction, What};
use crate::lab::evidence::errors::IcmpError;
use crate::lab::evidence::findings::{self, Finding};
use crate::text::plural;
use outcome::client;
use std::net::IpAddr;

pub use outcome::Outcome;
pub use receipt::Part;
pub use room::Room;

/// One side of a connection: the one that opened it, or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side that sent the first SYN.
    Client,
    /// The side that listened.
    Server,
}

impl Side {
    /// `client` or `server`.
    pub fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
        }
    }

    /// The other side.
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// What a conversation shows. Positions count its segments from 0; a packet's ordinal is one more. Of a long
/// conversation, the lists hold the positions of kept segments only.
///
/// ```
/// use labkit::capture::Source;
/// use labkit::capture::reader::FileReader;
/// use labkit::conversation::Tracker;
/// use labkit::lab::evidence::collect::Collector;
/// use labkit::lab::evidence::exchange::{Exchange, Side};
/// use labkit::packet::Packet;
/// use labkit::pump::Sink;
/// use std::path::Path;
///
/// let mut source = FileReader::open(Path::new("captures/confirms-twice.pcapng"))?;
/// let (mut tracker, mut collector) = (Tracker::new(), Collector::new(65432));
/// while let Some(frame) = source.next()? {
///     collector.packet(&Packet { context: tracker.track(&frame) })?;
/// }
/// let conversation = collector.into_evidence().conversations.remove(0);
/// let exchange = Exchange::new(0, conversation, 65432, b"#<<END>>#");
/// assert_eq!(exchange.outcome.name(), "confirmed");
/// assert!(exchange.begins_with_marker);
/// assert_eq!(exchange.length(Side::Server), Some(18), "the marker twice");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Index of its capture.
    pub capture: usize,
    /// The conversation.
    pub conversation: Conversation,
    /// The direction in which the client sends.
    client: Direction,
    /// Whether a SYN or a SYN,ACK shows which end is the client; otherwise it follows from the lab's port or the
    /// marker.
    pub client_is_proven: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Positions of SYN, SYN,ACK and the ACK that completes the handshake: the first transmission of each, as far as
    /// captured.
    pub handshake: Vec<usize>,
    /// Positions of the segments with new bytes from the client.
    pub message: Vec<usize>,
    /// Positions of the segments with new bytes from the server.
    pub answer: Vec<usize>,
    /// Positions of the segments with new bytes of the receipt, the marker at the beginning of the server's bytes. If
    /// these do not begin with the marker: of all segments with new bytes from the server.
    pub receipt: Vec<usize>,
    /// Positions of the segments with new bytes behind the receipt.
    pub after_receipt: Vec<usize>,
    /// Positions of the first segments that together hold the marker, at any place in the server's bytes; empty
    /// without a marker.
    pub marker: Vec<usize>,
    /// Whether the server's bytes begin with the marker.
    pub begins_with_marker: bool,
    marker_bytes: Vec<u8>,
    /// Offset of the marker in the server's stream.
    marker_at: Option<i64>,
    /// Packets that other packets prove false or without effect.
    pub contradicted: Vec<Contradiction>,
    /// Habits and faults of the two programs; filled by [`Exchange::explain`].
    pub findings: Vec<Finding>,
    /// Positions of each side's first FIN that the other packets do not contradict.
    pub fin: Vec<usize>,
    /// Positions of all resets.
    pub rst: Vec<usize>,
    /// Positions of retransmissions: segments with a SYN, a FIN or payload, but nothing new.
    pub repeats: Vec<usize>,
    /// Positions of frames that are copies of earlier ones.
    pub copies: Vec<usize>,
    room: Option<Room>,
}

impl Exchange {
    /// Reads the exchange from a conversation with a server at TCP port `port` that confirms with `marker`. `capture`
    /// is the capture's index.
    pub fn new(capture: usize, conversation: Conversation, port: u16, marker: &[u8]) -> Exchange {
        let (client, client_is_proven) = client(&conversation, port, marker);
        let mut x = Exchange {
            capture,
            conversation,
            client,
            client_is_proven,
            outcome: Outcome::Incomplete,
            handshake: Vec::new(),
            message: Vec::new(),
            answer: Vec::new(),
            receipt: Vec::new(),
            after_receipt: Vec::new(),
            marker: Vec::new(),
            begins_with_marker: false,
            marker_bytes: marker.to_vec(),
            marker_at: None,
            contradicted: Vec::new(),
            findings: Vec::new(),
            fin: Vec::new(),
            rst: Vec::new(),
            repeats: Vec::new(),
            copies: Vec::new(),
            room: None,
        };
        x.contradicted = contradiction::find(&x);
        x.drop_contradicted();
        x.sort();
        x.sort_answer(marker);
        x.handshake = x.find_handshake();
        x.outcome = x.find_outcome(marker);
        x.room = x.find_room();
        x
    }

    fn sort(&mut self) {
        for s in self.conversation.segments.iter() {
            let i = s.position;
            if s.news.has(News::DATA) {
                let list = if s.from == self.client { &mut self.message } else { &mut self.answer };
                list.push(i);
            }
            for (flag, list) in [
                (s.news.has(News::FIN), &mut self.fin),
                (s.is(Flags::RST), &mut self.rst),
                (s.news.has(News::REPEAT), &mut self.repeats),
                (s.is_copy(), &mut self.copies),
            ] {
                if flag {
                    list.push(i);
                }
            }
        }
    }

    /// Removes forged numbers from the streams: FINs, and acknowledgements of bytes that were never sent.
    fn drop_contradicted(&mut self) {
        for side in [Side::Client, Side::Server] {
            let denied = |x: &Exchange, s: &Segment| {
                let fin = |c: &Contradiction| c.position == s.position && c.what != What::Ack;
                x.contradicted.iter().any(fin)
            };
            let all = self.conversation.segments.iter();
            let mut fins = all.filter(|s| self.side(s) == side && s.is(Flags::FIN) && !s.is(Flags::RST));
            let Some(first) = fins.clone().find(|s| s.news.has(News::FIN)).filter(|s| denied(self, s)) else {
                continue;
            };
            let genuine = fins.find(|s| s.position > first.position && !s.is_copy() && !denied(self, s));
            let (first, genuine) =
                (first.position, genuine.map(|s| (s.position, s.offset + i64::from(s.len))));
            self.half_mut(side).set_fin(genuine.map(|(_, at)| at));
            self.conversation.segments.move_fin(first, genuine.map(|(position, _)| position));
        }
        for at in 0..self.contradicted.len() {
            let Some(What::Unsent(bytes)) = self.contradicted.get(at).map(|c| c.what) else { continue };
            let position = self.contradicted.get(at).map_or(0, |c| c.position);
            let Some((side, ack)) = self.at(position).map(|s| (self.side(s), s.ack)) else { continue };
            let half = self.half_mut(side.other());
            if let Some(acked) = half.offset_of(ack) {
                half.forget_acks_beyond(acked - bytes as i64);
            }
        }
    }

    fn half_mut(&mut self, side: Side) -> &mut Half {
        let direction = self.direction(side);
        &mut self.conversation.halves[direction]
    }

    /// Positions of the resets that took effect.
    pub fn effective_rst(&self) -> Vec<usize> {
        let futile = |p: &usize| self.contradicted.iter().any(|c| c.position == *p && c.what == What::Reset);
        self.rst.iter().copied().filter(|p| !futile(p)).collect()
    }

    /// The contradiction about the packet at a position, if there is one.
    pub fn contradiction(&self, position: usize) -> Option<&Contradiction> {
        self.contradicted.iter().find(|c| c.position == position)
    }

    fn find_handshake(&self) -> Vec<usize> {
        let segments = &self.conversation.segments;
        let place = |s: &Segment| s.position;
        let first =
            |side: Side| segments.iter().find(|s| self.side(s) == side && s.news.has(News::SYN)).map(place);
        let (syn, answer) = (first(Side::Client), first(Side::Server));
        let own = self.half(Side::Client).start.and_then(|start| self.half(Side::Client).seq_at(start));
        let expected = answer.and_then(|p| segments.at(p)).map(|s| s.seq + 1);
        // The ACK has the first number after the SYN and acknowledges only the SYN,ACK. The order of the frames does
        // not matter, since a capture may swap directions, or lack the SYN,ACK.
        let ack = segments.iter().find(|s| {
            self.side(s) == Side::Client
                && s.is(Flags::ACK)
                && !s.is(Flags::RST)
                && !s.is(Flags::SYN)
                && own == Some(s.seq)
                && expected.is_none_or(|e| e == s.ack)
        });
        let mut all: Vec<usize> = [syn, answer, ack.map(place)].into_iter().flatten().collect();
        all.sort_unstable();
        all
    }

    /// The direction in which `side` sends.
    fn direction(&self, side: Side) -> Direction {
        if side == Side::Client { self.client } else { self.client.reverse() }
    }

    /// Which side sent a segment.
    pub fn side(&self, s: &Segment) -> Side {
        if s.from == self.client { Side::Client } else { Side::Server }
    }

    /// The stream of `side`.
    pub fn half(&self, side: Side) -> &Half {
        &self.conversation.halves[self.direction(side)]
    }

    /// Bytes of payload that `side` sent; `None` where the capture cannot tell.
    pub fn length(&self, side: Side) -> Option<u64> {
        // A connection that never opened carries nothing.
        if self.outcome.never_opened() { Some(0) } else { self.half(side).len() }
    }

    /// The payload that `side` sent, up to [`TEXT_LIMIT`](super::collect::TEXT_LIMIT) bytes; `None` where some are
    /// missing.
    pub fn text(&self, side: Side) -> Option<Vec<u8>> {
        if self.length(side) == Some(0) { Some(Vec::new()) } else { self.half(side).text() }
    }

    /// Address and port of `side`.
    pub fn end(&self, side: Side) -> Endpoint {
        self.conversation.ends[self.direction(side)]
    }

    /// The options in the SYN of `side`, if it was captured.
    pub fn offer(&self, side: Side) -> Option<Offer> {
        self.conversation.offers[self.direction(side)]
    }

    /// The segment at a position; `None` if it was not kept.
    pub fn at(&self, position: usize) -> Option<&Segment> {
        self.conversation.segments.at(position)
    }

    /// Frame numbers of the segments at these positions.
    pub fn frames(&self, positions: &[usize]) -> Vec<FrameNo> {
        positions.iter().filter_map(|p| self.at(*p)).map(|s| s.frame).collect()
    }

    /// These frame numbers in words, such as `frame 11`, `frames 11–13` or `frames 11, 13, 15–17`.
    pub fn frames_text(&self, positions: &[usize]) -> String {
        frames_text(&self.frames(positions))
    }

    /// The marker of the lab as text.
    pub fn marker_text(&self) -> String {
        String::from_utf8_lossy(&self.marker_bytes).into_owned()
    }

    /// A sequence number of `side` relative to its initial one, as Wireshark shows it; the number itself if that is
    /// unknown.
    pub fn relative(&self, side: Side, number: SeqNo) -> u32 {
        self.half(side).base().map_or(number.0, |base| number - base)
    }

    /// Writes the sentences of all contradictions and findings, with the names that `roles` gives to the sides.
    pub fn explain(&mut self, roles: &Roles) {
        let texts: Vec<(String, String)> = self.contradicted.iter().map(|c| c.words(self, roles)).collect();
        for (c, (why, story)) in self.contradicted.iter_mut().zip(texts) {
            (c.why, c.story) = (why, story);
        }
        self.findings = findings::find(self, roles);
    }

    /// What the ICMP error about the connection says; `None` without one.
    pub fn error_says(&self, roles: &Roles) -> Option<String> {
        let error = self.error()?;
        let (own, target) = self.error_ends(error, roles);
        Some(error.says(target, own))
    }

    /// What to do about the ICMP error; `None` without one.
    pub fn error_todo(&self, roles: &Roles) -> Option<String> {
        let error = self.error()?;
        let (own, target) = self.error_ends(error, roles);
        error.todo(target, own)
    }

    /// Names of the sender and the receiver of the packet that an error quotes.
    fn error_ends(&self, error: &IcmpError, roles: &Roles) -> (&'static str, &'static str) {
        let sender = if error.ends.0 == self.end(Side::Client) { Side::Client } else { Side::Server };
        (roles.name(self, sender), roles.name(self, sender.other()))
    }

    /// Number of segments, kept or not.
    pub fn count(&self) -> usize {
        self.conversation.segments.count()
    }

    /// Number of segments with new bytes from `side`.
    pub fn parts(&self, side: Side) -> usize {
        self.conversation.segments.tally().parts[self.direction(side)] as usize
    }

    /// Position of the client's first SYN; `None` if it was not captured.
    pub fn syn(&self) -> Option<usize> {
        let is = |s: &Segment| self.side(s) == Side::Client && s.news.has(News::SYN);
        self.conversation.segments.iter().find(|s| is(s)).map(|s| s.position)
    }

    /// Position of the ACK that completes the handshake; `None` if it was not captured.
    pub fn handshake_ack(&self) -> Option<usize> {
        self.handshake.iter().copied().find(|p| self.at(*p).is_some_and(|s| !s.is(Flags::SYN)))
    }

    /// Whether the capture holds all that `side` sent, up to the end of the connection.
    pub fn is_whole(&self, side: Side) -> bool {
        let half = self.half(side);
        let ended = half.fin.is_some() || !self.effective_rst().is_empty();
        let all = ended && half.start.is_some() && half.len().is_some() && !half.lack().bytes();
        all || self.outcome.never_opened()
    }

    /// Whether the capture shows the connection's end: a FIN from both sides, or a reset that took effect.
    pub fn is_closed(&self) -> bool {
        self.fin.len() == 2 || !self.effective_rst().is_empty()
    }
}

/// Such as `frame 11`, `frames 11–13` or `frames 11, 13, 15–17`.
pub fn frames_text(frames: &[FrameNo]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for n in frames.iter().map(|f| f.0) {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == n => run.1 = n,
            _ => runs.push((n, n)),
        }
    }
    let more = if runs.len() > 8 { " …" } else { "" };
    let run = |r: &(u64, u64)| match r.1 - r.0 {
        0 => r.0.to_string(),
        1 => format!("{}, {}", r.0, r.1),
        _ => format!("{}–{}", r.0, r.1),
    };
    let text: Vec<String> = runs.iter().take(8).map(run).collect();
    format!("frame{} {}{more}", plural(frames.len()), text.join(", "))
}

/// Whether two conversations, from different captures, are the same connection.
pub fn same_connection(a: &Exchange, b: &Exchange) -> bool {
    let ends = |x: &Exchange| (x.end(Side::Client), x.end(Side::Server));
    let isn = |x: &Exchange| Some(x.at(x.syn()?)?.seq);
    if ends(a) != ends(b) {
        return false;
    }
    match (isn(a), isn(b)) {
        (Some(one), Some(other)) => one == other,
        // Without both SYNs, one packet that both captures hold proves it.
        _ => {
            let known: rustc_hash::FxHashSet<u64> =
                a.conversation.segments.iter().map(|s| s.fingerprint).collect();
            b.conversation.segments.iter().any(|s| known.contains(&s.fingerprint))
        }
    }
}

/// The address that both ends share, if they are on one machine; else `None`.
pub fn on_one_machine(x: &Exchange) -> Option<IpAddr> {
    let (client, server) = (x.end(Side::Client).ip, x.end(Side::Server).ip);
    (client == server).then_some(client)
}

#[cfg(test)]
mod tests;
