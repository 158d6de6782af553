//! A TLS connection inside a TCP conversation: where its records end, and handshake messages that span several
//! records.

use super::advance;
use super::session::{self, Fragment, HEADER, Measure};
use crate::direction::Direction;
use crate::dissect::buffers::{Buffers, Work};
use crate::dissect::facts::TlsFacts;
use crate::dissect::facts::tls::Session;
use crate::dissect::over_tcp::{self, Agreed, Begun, Input, Memory, Need};
use crate::dissect::{Piece, Proto, Reassembled, Span};

/// The longest handshake message that is reassembled, in bytes.
const LONGEST: usize = 1 << 17;

/// One TLS connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    session: Session,
    /// For each side: its handshake message that goes on in its next record.
    pending: [Pending; 2],
}

/// The part of a handshake message that was seen.
#[derive(Clone, Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Memory for Connection {
    fn held(&self) -> usize {
        self.pending.iter().map(|p| p.bytes.len() + size_of_val(p.pieces.as_slice())).sum()
    }

    fn agreed(&self, agreed: &mut Agreed) {
        agreed.tls = (self.session.version, self.session.suite);
    }

    // The incomplete handshake messages are dropped, and so not reassembled.
    fn give_up(&mut self) {
        self.pending = Default::default();
    }
}

impl Connection {
    /// Reads the records of one layer, which `side` sent in frame number `frame`. Handshake messages that end in the
    /// layer become sources in `buffers`, and entries in `done`. Returns whether all records could be read.
    fn records(
        &mut self,
        bytes: (&[u8], usize),
        (side, frame): (Direction, u64),
        buffers: &mut Buffers,
        done: &mut Vec<Reassembled>,
    ) -> bool {
        let pending = &mut self.pending[side];
        let (session, malformed) = advance(self.session, bytes, side, frame, |fragment| {
            done.extend(pending.collect(fragment, frame, buffers));
        });
        self.session = session;
        !malformed
    }
}

impl Pending {
    /// Takes the next fragment of a message, and returns the message if the fragment is its last.
    fn collect(&mut self, fragment: Fragment<'_>, frame: u64, buffers: &mut Buffers) -> Option<Reassembled> {
        if fragment.first {
            self.bytes.clear();
            self.pieces.clear();
        }
        if self.bytes.len() + fragment.bytes.len() <= LONGEST {
            self.pieces.push(Piece::new(frame, self.bytes.len() as u32, fragment.bytes.len() as u32));
            self.bytes.extend_from_slice(fragment.bytes);
        }
        if !fragment.last {
            return None;
        }
        let (len, pieces) = (self.bytes.len() as u32, std::mem::take(&mut self.pieces));
        let spare = buffers.spare();
        // If the packet has too many sources, only this message is lost.
        let source = buffers.add(std::mem::replace(&mut self.bytes, spare))?;
        Some(Reassembled { source, pieces, len })
    }
}

/// Where the records at the beginning of the bytes end. All complete records make one layer.
pub(crate) fn measure(input: &Input<'_>) -> over_tcp::Measure {
    let known = input.session.get::<Connection>().map(|c| c.session).unwrap_or_default();
    match known.measure(input.bytes) {
        Measure::Complete(len) => over_tcp::Measure::Complete(u32::try_from(len).unwrap_or(u32::MAX)),
        Measure::NeedMore(len) => {
            let begun = Begun::Layer(Proto::Tls);
            let missing = len.saturating_sub(input.bytes.len());
            let need = match input.bytes.len() < HEADER {
                true => Need::Segment,
                false => Need::Bytes(u32::try_from(missing).unwrap_or(u32::MAX)),
            };
            over_tcp::Measure::NeedMore(need, begun)
        }
        Measure::Foreign => over_tcp::Measure::Foreign,
    }
}

/// Adds a layer of complete records.
pub(crate) fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut over_tcp::Session) {
    let connection: &mut Connection = session.get_or_default();
    if !work.layers.has_room(1) {
        return;
    }
    if work.facts.tls.is_none() {
        let first_message = u8::try_from(work.buffers.filled().len() + 1).unwrap_or(0);
        work.facts.tls = Some(TlsFacts { session: connection.session, side: work.direction, first_message });
    }
    // The buffers grow by handshake messages while the records are read from one of them, which is therefore lent.
    let from = (work.direction, work.no);
    let done = &mut work.facts.handshakes;
    let whole = match source.checked_sub(1) {
        None => {
            let bytes = crate::dissect::clip(work.frame, span.start, span.end);
            connection.records((bytes, span.len() as usize), from, work.buffers, done)
        }
        Some(at) => {
            let buffer = work.buffers.lend(at);
            let bytes = crate::dissect::clip(&buffer, span.start, span.end);
            let whole = connection.records((bytes, span.len() as usize), from, work.buffers, done);
            work.buffers.give_back(at, buffer);
            whole
        }
    };
    super::layer(&mut work.decoder(source), span, !whole);
}

/// Whether bytes between unknown ports begin with a record.
pub(crate) fn is_likely(bytes: &[u8]) -> bool {
    session::looks_like_tls(bytes)
}
