//! The exchange: what one conversation of the lab's port shows of the lab's protocol, message and receipt.

mod missing;

use crate::conversation::stream::{Half, News};
use crate::direction::Direction;
use crate::dissect::protocols::tcp::Flags;
use crate::frame::FrameNo;
use crate::lab::evidence::collect::{Conversation, Endpoint, Offer, Segment};
use std::net::IpAddr;

/// How an exchange ended, as far as the capture shows it; the first that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The client sent bytes, and what the server sent equals the marker.
    Confirmed,
    /// The SYN was answered by a reset.
    Refused,
    /// SYNs alone.
    Unanswered,
    /// A reset, and no confirmation.
    Reset,
    /// A message, a FIN from both sides, no such receipt.
    Unconfirmed,
    /// Bytes are missing from the capture, or it does not show how the conversation went on.
    Incomplete,
}

impl Outcome {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Confirmed => "confirmed",
            Outcome::Refused => "refused",
            Outcome::Unanswered => "unanswered",
            Outcome::Reset => "reset",
            Outcome::Unconfirmed => "unconfirmed",
            Outcome::Incomplete => "incomplete",
        }
    }
}

/// One side of a connection, by who opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Sent the first SYN.
    Client,
    /// Listened.
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

    /// The other one.
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// What a conversation shows. Positions count its segments from 0; a packet's ordinal is one more. The lists hold
/// those that are kept of a long conversation.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Index of the capture it stands in.
    pub capture: usize,
    /// The conversation.
    pub conversation: Conversation,
    /// The direction in which the client sends.
    client: Direction,
    /// Whether a SYN or a SYN,ACK shows which end is the client; otherwise its port does.
    pub client_is_proven: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Positions of SYN, SYN,ACK and the ACK that completes the handshake: first transmissions, as far as captured.
    pub handshake: Vec<usize>,
    /// Positions of the segments with new bytes from the client.
    pub message: Vec<usize>,
    /// Positions of the segments with new bytes from the server.
    pub receipt: Vec<usize>,
    /// Positions of each side's first FIN.
    pub fin: Vec<usize>,
    /// Positions of all resets.
    pub rst: Vec<usize>,
    /// Positions of the segments that carry a SYN, a FIN or payload, and nothing new.
    pub repeats: Vec<usize>,
    /// Positions of frames that the capture holds twice.
    pub copies: Vec<usize>,
    room: Option<Room>,
}

impl Exchange {
    /// Reads the exchange off a conversation with a server at `port` that confirms with `marker`.
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
            receipt: Vec::new(),
            fin: Vec::new(),
            rst: Vec::new(),
            repeats: Vec::new(),
            copies: Vec::new(),
            room: None,
        };
        x.sort();
        x.handshake = x.find_handshake();
        x.outcome = x.judge(marker);
        x.room = x.find_room();
        x
    }

    fn sort(&mut self) {
        for s in self.conversation.segments.iter() {
            let i = s.position;
            if s.news.has(News::DATA) {
                let list = if s.from == self.client { &mut self.message } else { &mut self.receipt };
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

    fn find_handshake(&self) -> Vec<usize> {
        let segments = &self.conversation.segments;
        let place = |s: &Segment| s.position;
        let first =
            |side: Side| segments.iter().find(|s| self.side(s) == side && s.news.has(News::SYN)).map(place);
        let (syn, answer) = (first(Side::Client), first(Side::Server));
        let own = self.half(Side::Client).start.and_then(|start| self.half(Side::Client).seq_at(start));
        let expected = answer.and_then(|p| segments.at(p)).map(|s| s.seq + 1);
        // The first number after the SYN, and nothing acknowledged but the SYN,ACK; frames of the two directions may
        // stand in the capture the other way round, and the SYN,ACK may be missing from it.
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

    fn judge(&self, marker: &[u8]) -> Outcome {
        let (client, server) = (self.half(Side::Client), self.half(Side::Server));
        let confirmed =
            server.len() == Some(marker.len() as u64) && server.text().is_some_and(|t| t == marker);
        let all = &self.conversation.segments;
        if client.has_data() && confirmed {
            Outcome::Confirmed
        } else if self.was_refused() {
            Outcome::Refused
        } else if all.count() > 0 && all.iter().all(|s| s.is(Flags::SYN) && !s.is(Flags::ACK)) {
            Outcome::Unanswered
        } else if !self.rst.is_empty() {
            Outcome::Reset
        } else if client.lack().bytes() || server.lack().bytes() {
            Outcome::Incomplete
        } else if client.has_data() && client.fin.is_some() && server.fin.is_some() {
            Outcome::Unconfirmed
        } else {
            Outcome::Incomplete
        }
    }

    fn was_refused(&self) -> bool {
        let all = &self.conversation.segments;
        let answered = all.iter().any(|s| self.side(s) == Side::Server);
        // An ACK of the client would show that the server had accepted before.
        let only = |s: &Segment| match self.side(s) {
            Side::Client => s.is(Flags::RST) || s.is(Flags::SYN) && !s.is(Flags::ACK),
            Side::Server => s.is(Flags::RST),
        };
        self.half(Side::Client).syn && answered && all.iter().all(only)
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

    /// Length of what `side` sent, in bytes on the wire; `None` where the capture cannot tell.
    pub fn length(&self, side: Side) -> Option<u64> {
        // A connection that never opened carries nothing.
        let never = matches!(self.outcome, Outcome::Refused | Outcome::Unanswered);
        if never { Some(0) } else { self.half(side).len() }
    }

    /// The first bytes of what `side` sent; `None` where some are missing.
    pub fn text(&self, side: Side) -> Option<Vec<u8>> {
        if self.length(side) == Some(0) { Some(Vec::new()) } else { self.half(side).text() }
    }

    /// Address and port of `side`.
    pub fn end(&self, side: Side) -> Endpoint {
        self.conversation.ends[self.direction(side)]
    }

    /// What the SYN of `side` offers, if it was captured.
    pub fn offer(&self, side: Side) -> Option<Offer> {
        self.conversation.offers[self.direction(side)]
    }

    /// The segment at a position.
    pub fn at(&self, position: usize) -> Option<&Segment> {
        self.conversation.segments.at(position)
    }

    /// Frame numbers of positions.
    pub fn frames(&self, positions: &[usize]) -> Vec<FrameNo> {
        positions.iter().filter_map(|p| self.at(*p)).map(|s| s.frame).collect()
    }

    /// Number of segments.
    pub fn count(&self) -> usize {
        self.conversation.segments.count()
    }

    /// How many of the first `n` packets are copies of earlier frames, and how many repeat what came before.
    pub fn again(&self, n: usize) -> (usize, usize) {
        let before = self.conversation.segments.tally_before(n);
        (before.copies as usize, before.repeats as usize)
    }

    /// How many of the first `n` packets say something for the first time.
    pub fn distinct(&self, n: usize) -> usize {
        let (copies, repeats) = self.again(n);
        n.saturating_sub(copies + repeats)
    }

    /// Number of segments with new bytes from `side`.
    pub fn parts(&self, side: Side) -> usize {
        self.conversation.segments.tally().parts[self.direction(side)] as usize
    }

    /// Position of the client's first SYN.
    pub fn syn(&self) -> Option<usize> {
        let is = |s: &Segment| self.side(s) == Side::Client && s.news.has(News::SYN);
        self.conversation.segments.iter().find(|s| is(s)).map(|s| s.position)
    }

    /// Position of the ACK that completes the handshake.
    pub fn handshake_ack(&self) -> Option<usize> {
        self.handshake.iter().copied().find(|p| self.at(*p).is_some_and(|s| !s.is(Flags::SYN)))
    }

    /// Packets before the first one with a byte of the message; `None` where the capture cannot tell.
    pub fn before_message(&self) -> Option<usize> {
        let first = *self.message.first()?;
        (self.has_beginning() && self.half(Side::Client).lack().before == 0).then_some(first)
    }

    /// Packets before the first one with a byte of the receipt; `None` where the capture cannot tell.
    pub fn before_receipt(&self) -> Option<usize> {
        let first = *self.receipt.first()?;
        let (client, server) = (self.half(Side::Client).lack(), self.half(Side::Server).lack());
        // Bytes that no frame holds came in frames that nobody can count.
        let whole = client.before + client.between + client.after + server.before == 0;
        (self.has_beginning() && whole).then_some(first)
    }

    /// Whether the capture holds the connection from its first packet, in both directions.
    fn has_beginning(&self) -> bool {
        self.half(Side::Client).syn && self.half(Side::Server).syn
    }

    /// Packets strictly between the last one with new bytes of the message and the first with a byte of the receipt.
    pub fn between(&self) -> Option<usize> {
        let (last, first) = (*self.message.last()?, *self.receipt.first()?);
        let (client, server) = (self.half(Side::Client).lack(), self.half(Side::Server).lack());
        (client.after == 0 && server.before == 0).then(|| first.saturating_sub(last + 1))
    }

    /// Packets after the last one with new bytes of the receipt; `None` before the end of the connection was seen.
    pub fn after_receipt(&self) -> Option<usize> {
        let last = *self.receipt.last()?;
        let whole = self.half(Side::Server).lack().after == 0;
        let both = self.conversation.segments.iter().any(|s| self.side(s) == Side::Client);
        (whole && both && self.is_closed()).then(|| self.count() - last - 1)
    }

    /// Whether the capture shows, up to its end, all that `side` sent.
    pub fn is_whole(&self, side: Side) -> bool {
        let half = self.half(side);
        let ended = half.fin.is_some() || !self.rst.is_empty();
        let all = ended && half.start.is_some() && half.len().is_some() && !half.lack().bytes();
        all || matches!(self.outcome, Outcome::Refused | Outcome::Unanswered)
    }

    /// Whether the capture shows the end: a FIN from both sides, or a reset.
    pub fn is_closed(&self) -> bool {
        self.fin.len() == 2 || !self.rst.is_empty()
    }

    /// The most bytes of payload that one segment of the client can carry, and why: the smaller MSS and the bytes of
    /// options in each data segment. `None` unless both SYNs were captured.
    pub fn segment_room(&self) -> Option<Room> {
        self.room
    }

    fn find_room(&self) -> Option<Room> {
        let (ours, theirs) = (self.offer(Side::Client)?, self.offer(Side::Server)?);
        let default = if self.end(Side::Client).ip.is_ipv4() { 536 } else { 1220 };
        let offered = |o: Offer| o.mss.or((!o.cut).then_some(default));
        let mss = offered(ours)?.min(offered(theirs)?);
        let data = self.message.iter().filter_map(|p| self.at(*p)).filter(|s| !s.is(Flags::SYN));
        let options = data.map(|s| s.options).min();
        let options = options.or_else(|| Some(self.at(self.handshake_ack()?)?.options));
        let options = options.or_else(|| self.any_options())?;
        Some(Room { mss, options, payload: u32::from(mss).saturating_sub(options.into()) })
    }

    /// Bytes of options in the client's segments after its SYN.
    fn any_options(&self) -> Option<u8> {
        let wanted = |s: &&Segment| self.side(s) == Side::Client && !s.is(Flags::SYN) && !s.is(Flags::RST);
        self.conversation.segments.iter().find(wanted).map(|s| s.options)
    }

    /// Positions of segments that carry more than one packet can: cut up later, by the network card.
    pub fn offloaded(&self) -> Vec<usize> {
        let all = self.conversation.segments.iter();
        all.filter(|s| self.is_offloaded(s)).map(|s| s.position).collect()
    }

    /// Whether a segment carries more than one packet can.
    pub fn is_offloaded(&self, s: &Segment) -> bool {
        self.room.is_some_and(|room| s.len > u32::from(room.mss))
    }

    /// Into about how many segments the network card cuts a segment that carries more than one packet can.
    pub fn wire_segments(&self, s: &Segment) -> Option<u32> {
        let room = self.room.filter(|_| self.is_offloaded(s))?;
        Some(s.len.div_ceil(room.payload.max(1)))
    }

    /// Whether the receipt was sent before all of the message had arrived: how many bytes had.
    ///
    /// The acknowledgement number in the receipt's own packet says it, wherever the capture was made.
    pub fn early_receipt(&self) -> Option<(usize, u64, u64)> {
        let position = *self.receipt.first()?;
        let receipt = self.at(position)?;
        let half = self.half(Side::Client);
        let (start, total) = (half.seq_at(half.start?)?, half.len()?);
        let arrived = u64::from(receipt.ack - start);
        (self.outcome == Outcome::Confirmed && arrived < total).then_some((position, arrived, total))
    }
}

/// What fits into one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The smaller of the two maximum segment sizes; RFC 9293's default where a SYN has none.
    pub mss: u16,
    /// Bytes of options in each data segment.
    pub options: u8,
    /// What remains for payload.
    pub payload: u32,
}

/// The direction in which the client sends, and whether a SYN shows it.
fn client(c: &Conversation, port: u16, marker: &[u8]) -> (Direction, bool) {
    let sender = |want: fn(&Segment) -> bool| c.segments.iter().find(|s| want(s)).map(|s| s.from);
    if let Some(from) = sender(|s| s.is(Flags::SYN) && !s.is(Flags::ACK)) {
        return (from, true);
    }
    if let Some(from) = sender(|s| s.is(Flags::SYN)) {
        return (from.reverse(), true);
    }
    let [first, second] = c.ends;
    match (first.port == port, second.port == port) {
        (true, false) => (Direction::Backward, false),
        (false, true) => (Direction::Forward, false),
        // Both use the lab's port: whoever sends the marker confirms, else whoever speaks first has a message.
        _ => {
            let confirms = |d: &Direction| c.halves[*d].text().is_some_and(|t| t == marker);
            let server = Direction::BOTH.into_iter().find(confirms);
            let speaks = c.segments.iter().find(|s| s.news.has(News::DATA)).map(|s| s.from);
            (server.map(Direction::reverse).or(speaks).unwrap_or_default(), false)
        }
    }
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
        // Without both SYNs, one packet that stands in both captures proves it.
        _ => {
            let known: rustc_hash::FxHashSet<u64> =
                a.conversation.segments.iter().map(|s| s.fingerprint).collect();
            b.conversation.segments.iter().any(|s| known.contains(&s.fingerprint))
        }
    }
}

/// The address of both ends, where they are on one machine.
pub fn on_one_machine(x: &Exchange) -> Option<IpAddr> {
    let (client, server) = (x.end(Side::Client).ip, x.end(Side::Server).ip);
    (client == server).then_some(client)
}

#[cfg(test)]
mod tests;
