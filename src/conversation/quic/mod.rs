//! QUIC connections: which datagrams of a UDP conversation are QUIC, and what their Initial packets contain.
//!
//! A short header cannot be told from other bytes, and does not say how long its connection ID is. Both are known
//! from earlier long headers (RFC 9000, section 5.1). The keys of Initial packets follow from the connection ID that
//! the client chooses at random for its first packet (RFC 9001, section 5.2); after a Retry, it has to take another
//! one (RFC 9000, section 17.2.5).

mod crypto;

use crate::direction::Direction;
use crate::dissect::protocols::quic::{self, Frame, Packet, PacketKind, Secrets};
use crate::dissect::{Buffers, InitialFacts, Layer, Layers, Proto, QuicFacts};
use crypto::{Read, Stream};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// The most conversations that are followed; a full table is emptied.
const MOST: usize = 1 << 16;
/// The type of a Server Hello (RFC 8446, section 4).
const SERVER_HELLO: u8 = 2;
/// The least length of a connection ID that a client chooses at random, in octets (RFC 9000, section 7.2). A shorter
/// one was chosen by the other end.
const SHORTEST_MADE_UP: usize = 8;

/// The conversations in which a long header was seen.
#[derive(Default)]
pub(super) struct Talks {
    /// By `udp.stream`: what is known about the conversation.
    talks: FxHashMap<u32, Talk>,
    /// How many connections there were.
    connections: u32,
    /// What is known about the last datagram.
    facts: QuicFacts,
    /// Whether this is a second pass over the capture, so that it is known which packets cannot be decrypted.
    pub(super) again: bool,
}

/// What is known about QUIC in one conversation.
#[derive(Clone, Default)]
pub(super) struct Talk {
    /// For each direction: the destination connection ID of its packets.
    ids: [Vec<u8>; 2],
    connection: Option<Box<Connection>>,
}

/// A connection whose first Initial packet was seen.
#[derive(Clone)]
struct Connection {
    number: u32,
    client: Direction,
    version: u32,
    /// The random connection ID from which the keys follow.
    made_up: Vec<u8>,
    secrets: Option<Secrets>,
    /// Whether the server has sent a Retry.
    retried: bool,
    /// Whether the server has chosen a cipher, in a Server Hello.
    answered: bool,
    /// Whether a packet with a short header was met since then: Wireshark does not try to decrypt another one.
    given_up: bool,
    sides: [Side; 2],
}

impl Connection {
    /// The connection with this number, which `packet` of its client begins.
    fn new(number: u32, client: Direction, packet: &Packet<'_>) -> Connection {
        Connection {
            number,
            client,
            version: packet.version,
            made_up: packet.dcid.to_vec(),
            secrets: Secrets::of(packet.version, packet.dcid),
            retried: false,
            answered: false,
            given_up: false,
            sides: Default::default(),
        }
    }

    /// Changes to another version, in which a server may answer (RFC 9368). The keys still follow from the random ID.
    fn speak(&mut self, version: u32) {
        if self.version != version {
            self.secrets = Secrets::of(version, &self.made_up);
            self.version = version;
        }
    }

    /// Why a packet cannot be decrypted whose keys only the two ends know. For short headers, the reason is given
    /// once after the server's answer.
    fn secret(&mut self, kind: PacketKind) -> Option<&'static str> {
        match (kind, self.answered) {
            (PacketKind::Handshake, false) => {
                Some("Failed to create decryption context: Unable to retrieve cipher information")
            }
            (PacketKind::Short, false) => Some(
                "Failed to create decryption context: Missing TLS handshake, unsupported ciphers or padding",
            ),
            (PacketKind::Short, true) if std::mem::replace(&mut self.given_up, true) => None,
            _ => Some("Failed to create decryption context: Secrets are not available"),
        }
    }
}

/// One side of the handshake.
#[derive(Clone, Default)]
struct Side {
    /// The greatest packet number so far.
    largest: Option<u64>,
    stream: Stream,
}

/// The place of a datagram that may be QUIC.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The index of its conversation.
    pub(super) stream: u32,
    pub(super) direction: Direction,
    /// Number of its frame.
    pub(super) frame: u64,
    /// The layer of its payload.
    pub(super) layer: Layer,
}

impl Talk {
    /// Whether a packet belongs to the connection. An empty ID tells nothing.
    fn knows(&self, packet: &Packet<'_>, direction: Direction) -> bool {
        let Some(connection) = &self.connection else { return false };
        let is_known = || packet.dcid == connection.made_up || packet.dcid == self.ids[direction];
        match packet.kind() {
            PacketKind::Initial => true,
            PacketKind::Short => !packet.dcid.is_empty() || self.ids[direction].is_empty(),
            _ => is_known(),
        }
    }

    /// Length of the ID in the short headers of a datagram: that of the end it goes to, or else of the other end. A
    /// datagram that begins with a short header has to have that ID; else 0.
    fn id_in_short(&self, datagram: &[u8], is_long: bool, direction: Direction) -> usize {
        let [own, other] = [direction, direction.reverse()].map(|way| self.ids[way].as_slice());
        let begins = |id: &&[u8]| is_long || datagram.get(1..).is_some_and(|rest| rest.starts_with(id));
        if own.is_empty() {
            return 0;
        }
        [own, other].into_iter().find(begins).map_or(0, <[u8]>::len)
    }
}

impl Talks {
    /// What is known about QUIC in a conversation; `None` if no long header was seen in it.
    pub(super) fn of(&self, stream: u32) -> Option<&Talk> {
        self.talks.get(&stream)
    }

    /// Sets what is known about a conversation to a state that was saved before.
    pub(super) fn plant(&mut self, stream: u32, talk: Option<Talk>) {
        match talk {
            Some(talk) => self.talks.insert(stream, talk),
            None => self.talks.remove(&stream),
        };
    }

    /// Takes a datagram that may be QUIC; its captured bytes are in `frame` or in one of the buffers. `None` if it is
    /// not QUIC. Decrypted payloads become buffers, and handshake messages become layers of TLS.
    pub(super) fn datagram(
        &mut self,
        place: Place,
        frame: &[u8],
        buffers: &mut Buffers,
        layers: &mut Layers,
    ) -> Option<&QuicFacts> {
        let Place { stream, direction, layer, .. } = place;
        let source = match layer.source {
            0 => Cow::Borrowed(frame),
            n => Cow::Owned(buffers.filled().get(usize::from(n) - 1)?.clone()),
        };
        let bytes = source.get(layer.start as usize..source.len().min(layer.end as usize))?;
        let (first, _) = quic::packets(bytes, 0).next()?;
        let is_long = first.kind() != PacketKind::Short;
        if is_long && !self.talks.contains_key(&stream) && self.talks.len() >= MOST {
            self.talks.clear();
        }
        let talk = match is_long {
            true => self.talks.entry(stream).or_default(),
            false => self.talks.get_mut(&stream)?,
        };
        self.facts.initial.clear();
        self.facts.messages.clear();
        self.facts.undecrypted.clear();
        self.facts.repeats.clear();
        if is_long {
            // Each end says which ID the other end should use for it.
            talk.ids[direction.reverse()] = first.scid.to_vec();
        }
        let (connections, facts) = (&mut self.connections, &mut self.facts);
        let mut reader = Reader { place, connections, facts, again: self.again, buffers, layers };
        let id = talk.id_in_short(bytes, is_long, direction);
        for (n, (packet, all)) in quic::packets(bytes, id).enumerate() {
            if n > 0 && !reader.facts.unknown && packet.is_padding_behind(&first) {
                break;
            }
            let reason = reader.packet(talk, &packet, all);
            if n == 0 {
                reader.facts.unknown = !talk.knows(&packet, direction);
            }
            reader.facts.undecrypted.push(reason);
        }
        self.facts.connection = talk.connection.as_ref().map(|connection| connection.number);
        self.facts.short_id = u8::try_from(id).ok()?;
        Some(&self.facts)
    }
}

/// A reader of the packets of one datagram.
struct Reader<'a> {
    place: Place,
    connections: &'a mut u32,
    facts: &'a mut QuicFacts,
    again: bool,
    buffers: &'a mut Buffers,
    layers: &'a mut Layers,
}

impl Reader<'_> {
    /// Reads a packet as far as its keys are known. Returns why it could not be decrypted.
    fn packet(&mut self, talk: &mut Talk, packet: &Packet<'_>, all: &[u8]) -> Option<&'static str> {
        match packet.kind() {
            PacketKind::Initial => self.begin(talk, packet),
            PacketKind::Retry => {
                if let Some(connection) = &mut talk.connection {
                    connection.retried = true;
                }
                return None;
            }
            PacketKind::Negotiation => return None,
            PacketKind::Early | PacketKind::Handshake | PacketKind::Short => {}
        }
        let known = talk.knows(packet, self.place.direction);
        let connection = talk.connection.as_mut().filter(|_| known);
        match (packet.kind(), connection) {
            (PacketKind::Short, None) => None,
            (_, None) => Some("Failed to decrypt packet number"),
            (PacketKind::Initial, Some(connection)) => self.initial(connection, packet, all),
            (kind, Some(connection)) => connection.secret(kind),
        }
    }

    /// Finds out whether an Initial packet begins a connection, or changes the keys of the current one.
    fn begin(&mut self, talk: &mut Talk, packet: &Packet<'_>) {
        let direction = self.place.direction;
        let made_up = packet.dcid.len() >= SHORTEST_MADE_UP;
        // A server's packet whose client was not seen counts as the first of a connection, until the client begins one.
        let is_first = match &talk.connection {
            None => true,
            Some(connection) => {
                let of_server = connection.made_up.len() < SHORTEST_MADE_UP;
                of_server && made_up && connection.client != direction && packet.dcid != talk.ids[direction]
            }
        };
        match &mut talk.connection {
            connection if is_first => self.connect(connection, packet),
            Some(connection) if connection.client != direction || packet.dcid == connection.made_up => {
                connection.speak(packet.version);
            }
            Some(connection) if connection.retried => {
                connection.retried = false;
                connection.made_up = packet.dcid.to_vec();
                connection.secrets = Secrets::of(packet.version, packet.dcid);
            }
            // The client uses the ID that the server has chosen, so the keys stay.
            Some(_) if packet.dcid == talk.ids[direction] => {}
            connection if made_up => self.connect(connection, packet),
            _ => {}
        }
    }

    /// Begins the next connection.
    fn connect(&mut self, connection: &mut Option<Box<Connection>>, packet: &Packet<'_>) {
        *connection = Some(Box::new(Connection::new(*self.connections, self.place.direction, packet)));
        *self.connections += 1;
    }

    /// Reads an Initial packet. Returns why it could not be decrypted.
    fn initial(
        &mut self,
        connection: &mut Connection,
        packet: &Packet<'_>,
        all: &[u8],
    ) -> Option<&'static str> {
        let (direction, client) = (self.place.direction, connection.client);
        let (secrets, at) = (connection.secrets.as_ref()?, packet.number?);
        let keys = if direction == client { &secrets.client } else { &secrets.server };
        let side = &mut connection.sides[direction];
        let mut plain = self.buffers.spare();
        let opened = keys.open(all, at, side.largest, &mut plain)?;
        let number = (opened.intact || !self.again).then_some(opened.number);
        let mut facts = InitialFacts { first: opened.first, number, source: 0 };
        if opened.intact {
            side.largest = side.largest.max(Some(opened.number));
            let frames = quic::frames_in(&plain);
            let messages = self.crypto(side, &frames, &plain);
            let is_hello = |read: &(Read, usize, usize)| match read {
                (Read::Nothing, ..) => false,
                (Read::Itself, at, _) => plain.get(*at) == Some(&SERVER_HELLO),
                (Read::Whole(bytes, _), ..) => bytes.first() == Some(&SERVER_HELLO),
            };
            connection.answered |= direction != client && messages.iter().any(is_hello);
            facts.source = self.buffers.add(plain).unwrap_or(0);
            self.show(facts.source, messages);
        }
        self.facts.initial.push(facts);
        match (opened.intact, self.again) {
            (true, _) => None,
            (false, false) => Some("Decryption failed: Decryption (checktag) failed: Checksum error"),
            (false, true) => {
                Some("Failed to create decryption context: Decryption (checktag) failed: Checksum error")
            }
        }
    }

    /// Takes the CRYPTO frames of a payload, and notes which came before. Returns what becomes of each, its offset in the
    /// payload, and its length.
    fn crypto(&mut self, side: &mut Side, frames: &[Frame], plain: &[u8]) -> Vec<(Read, usize, usize)> {
        let parts = frames.iter().filter_map(|frame| match frame {
            Frame::Crypto(part) => Some(part),
            _ => None,
        });
        let repeats = &mut self.facts.repeats;
        let taken = |part: &quic::Crypto| {
            let bytes = plain.get(part.at..part.at + part.len)?;
            repeats.push(side.stream.repeat(part.offset, part.len));
            Some((side.stream.take(part.offset, bytes, self.place.frame), part.at, part.len))
        };
        parts.filter_map(taken).collect()
    }

    /// Adds layers for handshake messages; `source` holds the payload.
    fn show(&mut self, source: u8, messages: Vec<(Read, usize, usize)>) {
        for (read, at, len) in messages {
            let (source, start, end) = match read {
                Read::Nothing => continue,
                Read::Itself => (source, at as u32, (at + len) as u32),
                Read::Whole(bytes, mut message) => {
                    let Some(source) = self.buffers.add(bytes) else { continue };
                    message.source = source;
                    let end = message.len;
                    self.facts.messages.push(message);
                    (source, 0, end)
                }
            };
            if source > 0 {
                self.layers.push(Layer {
                    proto: Proto::Tls,
                    source,
                    quoted: false,
                    start,
                    payload: end,
                    end,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a datagram, and returns the length of the connection IDs of its direction.
    fn take(talks: &mut Talks, stream: u32, direction: Direction, bytes: &[u8]) -> Option<u8> {
        let end = bytes.len() as u32;
        let layer = Layer { proto: Proto::Quic, source: 0, quoted: false, start: 0, payload: end, end };
        let place = Place { stream, direction, frame: 1, layer };
        let facts = talks.datagram(place, bytes, &mut Buffers::default(), &mut Layers::default())?;
        Some(facts.short_id)
    }

    #[test]
    fn a_short_header_counts_behind_a_long_one_only() {
        let mut talks = Talks::default();
        let short = [0x40, 3, 3, 3, 3, 0xaa, 0xaa];
        let long = [0xc0, 0, 0, 0, 1, 2, 1, 1, 4, 3, 3, 3, 3, 0, 0];
        assert_eq!(take(&mut talks, 0, Direction::Forward, &short), None);
        assert_eq!(take(&mut talks, 0, Direction::Backward, &long), Some(0));
        assert_eq!(take(&mut talks, 0, Direction::Forward, &short), Some(4));
        assert_eq!(take(&mut talks, 1, Direction::Forward, &short), None, "another conversation");
    }
}
