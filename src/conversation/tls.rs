//! The state of a TLS connection from frame to frame, and the handshake messages that are divided over records.

use crate::dissect::tcp::{Findings, Header, TcpFacts};
use crate::dissect::tls::{self, Fragment, HTTPS, Measure, Session, Side, TlsFacts};
use crate::dissect::{self, Buffers, Layer, Layers};
use crate::frame::Frame;
use rustc_hash::FxHashMap;

/// Handshake messages longer than this are not put together.
const LONGEST: usize = 1 << 17;

/// One TLS connection.
#[derive(Clone, Debug, Default)]
pub(super) struct TlsState {
    session: Session,
    /// The message of each side that goes on in its next record.
    pending: [Vec<u8>; 2],
}

impl TlsState {
    /// What is known before the next record.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The facts for a packet whose records come next; `filled` buffers are in use already.
    pub(super) fn facts(&self, side: Side, filled: usize) -> TlsFacts {
        TlsFacts { session: self.session, side, first_message: u8::try_from(filled + 1).unwrap_or(0) }
    }

    /// Takes the records of one layer, which `side` sent in frame number `frame`. Handshake messages that end in it are
    /// put into `buffers`. Whether all could be read.
    pub(super) fn records(&mut self, bytes: &[u8], side: Side, frame: u64, buffers: &mut Buffers) -> bool {
        let Some(pending) = self.pending.get_mut(side) else { return false };
        let (session, malformed) = tls::advance(self.session, bytes, side, frame, |fragment| {
            collect(pending, fragment, buffers);
        });
        self.session = session;
        !malformed
    }
}

fn collect(pending: &mut Vec<u8>, fragment: Fragment<'_>, buffers: &mut Buffers) {
    if fragment.first {
        pending.clear();
    }
    if pending.len() + fragment.bytes.len() <= LONGEST {
        pending.extend_from_slice(fragment.bytes);
    }
    if fragment.last {
        hand_over(buffers, pending);
    }
}

/// Makes `data` a source of the packet and leaves an empty buffer in its place.
fn hand_over(buffers: &mut Buffers, data: &mut Vec<u8>) {
    let spare = buffers.spare();
    // With too many sources the data is lost to this packet, and nothing else.
    let _ = buffers.add(std::mem::replace(data, spare));
}

/// What one segment carries.
pub(super) struct Sent {
    stream: u32,
    side: Side,
    layer: Layer,
    https: bool,
}

impl Sent {
    /// The payload of a segment; `None` if there is none, or if it repeats what was sent before.
    pub(super) fn new(header: &Header, layer: &Layer, side: Side, facts: &TcpFacts) -> Option<Sent> {
        let repeats = Findings::RETRANSMISSION | Findings::KEEP_ALIVE;
        let https = header.srcport == HTTPS || header.dstport == HTTPS;
        let new = layer.payload_len() > 0 && !facts.findings.has(repeats);
        new.then_some(Sent { stream: facts.stream, side, layer: *layer, https })
    }
}

/// All TLS connections, by the index of their TCP conversation.
#[derive(Default)]
pub(super) struct TlsStreams(FxHashMap<u32, TlsState>);

impl TlsStreams {
    /// Decodes the records that lie whole in one segment.
    pub(super) fn segment(
        &mut self,
        frame: &Frame<'_>,
        sent: &Sent,
        layers: &mut Layers,
        buffers: &mut Buffers,
    ) -> Option<TlsFacts> {
        let (start, layer) = (sent.layer.payload, &sent.layer);
        if layer.source != 0 {
            return None;
        }
        let end = frame.bytes.len().min(layer.end as usize);
        let bytes = frame.bytes.get(start as usize..end)?;
        if !self.0.contains_key(&sent.stream) && !sent.https && !tls::looks_like_tls(bytes) {
            return None;
        }
        let state = self.0.entry(sent.stream).or_default();
        // The middle of a record that began in another segment; until segments are put together, nobody can read it.
        if state.session().version != 0 && !tls::begins_record(bytes) {
            return None;
        }
        let Measure::Complete(len) = state.session().measure(bytes) else { return None };
        let facts = state.facts(sent.side, buffers.filled().len());
        let records = bytes.get(..len)?;
        let whole = state.records(records, sent.side, frame.no.0, buffers);
        dissect::decode_tls(frame.bytes, 0, [start, start + len as u32], !whole, layers);
        Some(facts)
    }
}
