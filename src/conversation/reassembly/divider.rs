//! The division of one segment's payload: the rest of an incomplete message, complete messages, the beginning of
//! another.

use super::super::handling::Handling;
use super::super::pdu::{Added, Pdu};
use super::{Conversation, Payload};
use crate::dissect::over_tcp::{App, Begun, Input, Measure, Need};
use crate::dissect::protocols::tcp::{Flags, SeqNo};
use crate::dissect::{Proto, Reassembled, Span, Work, decode_data};
use crate::field::At;

/// The message at the end that is incomplete: its offset, and what it needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    at: u32,
    need: Need,
}

/// Divides one segment of a conversation.
pub(super) struct Divider<'a, 'w> {
    pub(super) conversation: &'a mut Conversation,
    pub(super) payload: &'a Payload,
    pub(super) work: &'a mut Work<'w>,
    /// See [`Reassembler::again`](super::Reassembler::again).
    pub(super) again: bool,
    pub(super) last_id: &'a mut u64,
    /// The number of the message that begins in this segment and ends in another.
    pub(super) began: Option<u64>,
}

impl Divider<'_, '_> {
    /// Divides a segment: the rest of an incomplete message, complete messages, the beginning of another. Returns
    /// whether the frame shows only a part of a message that a later frame completes.
    pub(super) fn segment(&mut self, mut span: Span) -> bool {
        let p = self.payload;
        // The end of this segment was not captured, so no message can begin or end in it.
        let cut = self.work.get(p.layer.source, span).len() < span.len() as usize;
        let shown = self.work.layers.all().len();
        let mut seq = p.seq;
        let mut waits = false;
        while span.len() > 0 {
            if !cut && let Some(at) = self.conversation.claiming(p.direction, seq) {
                let taken = self.go_on(at, seq, span, &mut waits);
                span = span.skip(taken.max(1));
                seq = seq + taken.max(1);
                continue;
            }
            let layers = self.work.layers.all().len();
            if let Some(rest) = self.messages(p.layer.source, span, !cut) {
                if rest.at == span.start {
                    self.unsay(layers);
                }
                self.begin(seq + (rest.at - span.start), Span { start: rest.at, ..span }, rest.need);
                waits = true;
            }
            break;
        }
        waits && self.work.layers.all().len() == shown
    }

    /// Adds bytes to the incomplete message at index `at`, and returns how many of them belong to it.
    fn go_on(&mut self, at: usize, seq: SeqNo, span: Span, waits: &mut bool) -> u32 {
        let (p, source) = (self.payload, self.payload.layer.source);
        let pdus = &mut self.conversation.pdus[p.direction];
        if at >= pdus.len() {
            return span.len();
        }
        let mut pdu = pdus.remove(at);
        let before = pdu.len();
        let bytes = self.work.get(source, span);
        let added = pdu.add(self.work.no, seq, bytes, p.flags.has(Flags::FIN));
        let (Added::Part(taken) | Added::Whole(taken)) = added;
        self.work.facts.segment_data.push(At { source, start: span.start, len: taken });
        *waits = true;
        if added == Added::Part(taken) {
            self.conversation.put(p.direction, pdu);
            return taken;
        }
        let len = pdu.len();
        let Some(buffer) = self.work.buffers.add(pdu.take()) else { return taken };
        if !Handling::of(p.findings).dissected {
            // There are too many sources: the message is complete, but no application sees it.
            *waits = false;
            self.conversation.note_done(p.direction, pdu.range());
            let pieces = pdu.into_pieces();
            self.work.facts.reassembled.push(Reassembled { source: buffer, pieces, len });
            return span.len();
        }
        let layers = self.work.layers.all().len();
        match self.messages(buffer, Span { start: 0, end: len }, true) {
            Some(Rest { at: 0, need }) => {
                self.unsay(layers);
                pdu.restore(self.work.buffers.take_back());
                pdu.wait(need);
                self.conversation.put(p.direction, pdu);
            }
            rest => {
                let end = rest.map_or(len, |rest| rest.at);
                let (start, _) = pdu.range();
                self.conversation.note_done(p.direction, (start, start + end));
                let pieces = pdu.into_pieces();
                self.work.facts.reassembled.push(Reassembled { source: buffer, pieces, len });
                *waits = rest.is_some();
                if let Some(rest) = rest {
                    let from = rest.at.saturating_sub(before);
                    let tail = Span { start: span.start + from, end: span.start + taken };
                    self.begin(seq + from, tail, rest.need);
                }
            }
        }
        taken
    }

    /// After a first pass over the capture: removes what was shown of a message that a later frame completes.
    /// `layers` is the number of layers without it.
    fn unsay(&mut self, layers: usize) {
        if self.again {
            self.work.layers.truncate(layers);
            self.work.facts.begun.clear();
            self.work.facts.begun_text = None;
        }
    }

    /// Notes that a message begins in `span`, at `seq`, and needs more.
    fn begin(&mut self, seq: SeqNo, span: Span, need: Need) {
        let source = self.payload.layer.source;
        *self.last_id += 1;
        self.began = Some(*self.last_id);
        let pdu = Pdu::new(*self.last_id, self.work.no, seq, self.work.get(source, span), need);
        self.work.facts.segment_data.push(At { source, start: span.start, len: span.len() });
        self.conversation.put(self.payload.direction, pdu);
    }

    /// Decodes all complete messages in `span` of a source. Returns the incomplete message at the end, if there is
    /// one.
    pub(super) fn messages(&mut self, source: u8, mut span: Span, may_wait: bool) -> Option<Rest> {
        let (start, layers) = (span.start, self.work.layers.all().len());
        let tunnel = self.conversation.session.tunnel().cloned();
        let tunnelled = tunnel.is_some();
        if let Some(tunnel) = tunnel {
            let port = tunnel.port;
            self.mark(Proto::Http);
            self.work.facts.tunnel = Some(tunnel);
            let bytes = self.work.get(source, span);
            let inner = &mut self.conversation.inner;
            *inner = inner.or_else(|| App::by_port(port)).or_else(|| App::by_content(bytes));
        }
        let fin = self.payload.flags.has(Flags::FIN);
        loop {
            let bytes = self.work.get(source, span);
            if bytes.is_empty() {
                return None;
            }
            let c = &mut *self.conversation;
            let direction = self.payload.direction;
            let cut = (bytes.len() as u32) < span.len();
            let input = Input { bytes, cut, fin, may_wait, direction, session: &c.session };
            let upgraded = c.session.upgraded();
            let app = match upgraded {
                Some(proto) => App::of(proto),
                None if tunnelled => c.inner,
                None => Some(c.app),
            };
            let Some(app) = app else {
                self.mark_upgrade(upgraded.is_some(), layers);
                decode_data(self.work, source, span);
                return None;
            };
            let len = match app.measure(&input) {
                Measure::Complete(len) => len,
                Measure::Silent => return None,
                Measure::NeedMore(need, begun) if may_wait => {
                    // If such a layer exists already, it stands for this message, too.
                    if !matches!(begun, Begun::Layer(_)) || span.start == start {
                        self.begun(source, span, begun);
                    }
                    return Some(Rest { at: span.start, need });
                }
                Measure::NeedMore(..) => bytes.len() as u32,
                Measure::Foreign => {
                    // The port may be used by another protocol, such as HTTP on the port of HTTPS; the bytes tell.
                    if let Some(other) = App::by_content(bytes).filter(|other| !tunnelled && *other != app) {
                        c.app = other;
                        continue;
                    }
                    decode_data(self.work, source, span);
                    return None;
                }
            };
            let len = len.clamp(1, bytes.len() as u32);
            // A cut message ends with its captured bytes; its layer has its full length on the wire.
            let all = if len == bytes.len() as u32 { span.len() } else { len };
            let message = Span { start: span.start, end: span.start + all };
            self.mark_upgrade(upgraded.is_some(), layers);
            app.decode(self.work, source, message, &mut self.conversation.session);
            span = span.skip(all);
        }
    }

    /// Shows the known part of a message that is incomplete.
    fn begun(&mut self, source: u8, span: Span, begun: Begun) {
        match begun {
            Begun::Nothing => {}
            Begun::Line { at, len } => {
                let mut line = std::mem::take(&mut self.work.facts.begun);
                let start = span.start.saturating_add(at);
                line.extend_from_slice(self.work.get(source, Span { start, end: start.saturating_add(len) }));
                self.work.facts.begun = line;
            }
            Begun::Text(text) => self.work.facts.begun_text = Some(text),
            Begun::Layer(proto) => self.mark(proto),
        }
    }

    /// `frame.protocols` names HTTP before a protocol after an Upgrade, behind the first `layers` layers.
    fn mark_upgrade(&mut self, upgraded: bool, layers: usize) {
        let all = &mut *self.work.layers;
        let in_http = all.all().last().is_some_and(|layer| layer.proto == Proto::Http);
        if upgraded && !in_http && all.all().len() == layers && !all.is_twofold(layers.saturating_sub(1)) {
            all.mark_twofold();
        }
    }

    /// Adds a layer without bytes.
    fn mark(&mut self, proto: Proto) {
        let tcp = self.payload.layer;
        let nothing = Span { start: tcp.payload, end: tcp.payload };
        self.work.decoder(tcp.source).layer(proto, nothing, 0);
    }
}
