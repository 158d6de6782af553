//! Divides the payload of TCP into the messages of applications. RFC 9293 knows bytes only; the applications know where
//! their messages begin and end.
//!
//! Repeated bytes are ignored. A message ends where its beginning says. A segment that is late fills its gap as long as
//! the message waits for it; a message with a gap that stays is never decoded. A message inside one segment is decoded
//! where it lies. Only messages that span segments are copied, and no more than [`MOST_HELD`] bytes of them are kept.

use super::handling::Handling;
use super::pdu::{Added, Pdu};
use crate::direction::Direction;
use crate::dissect::over_tcp::{Agreed, App, Begun, Input, Measure, Need, Session};
use crate::dissect::protocols::tcp::{Findings, Flags, SeqNo};
use crate::dissect::{Layer, Proto, Reassembled, Span, Stop, Why, Work, decode_data};
use crate::field::At;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Bytes that all waiting messages may hold together. Beyond them the oldest message is given up first.
const MOST_HELD: usize = 16 << 20;

/// Messages of one direction that may wait for late segments.
const MOST_WAITING: usize = 8;

/// Messages of one direction that are remembered after they were put together.
const MOST_DONE: usize = 8;

/// Conversations with an application that are followed. Beyond them those that began first are forgotten.
const MOST_CONVERSATIONS: usize = 1 << 18;

/// A segment with payload, as the applications see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    /// Index of its conversation.
    pub(super) stream: u32,
    pub(super) direction: Direction,
    /// The application that its ports or its bytes give away.
    pub(super) app: Option<App>,
    pub(super) seq: SeqNo,
    pub(super) flags: Flags,
    pub(super) findings: Findings,
    /// The TCP layer.
    pub(super) layer: Layer,
}

/// What the applications of all conversations wait for.
#[derive(Debug, Default)]
pub(super) struct Reassembler {
    conversations: FxHashMap<u32, Box<Conversation>>,
    /// Bytes that waiting messages hold together.
    held: usize,
    /// Waiting messages, oldest first: stream, direction, identity. Those that are done are passed over.
    waiting: VecDeque<(u32, Direction, u64)>,
    last_id: u64,
    /// All frames were seen before: of a message that another frame completes, the first part shows nothing, unless whole
    /// messages stand before it.
    pub(super) again: bool,
}

/// One conversation with an application.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    app: App,
    /// What it speaks inside a tunnel.
    inner: Option<App>,
    session: Session,
    /// Those of each direction, oldest first.
    pdus: [Vec<Pdu>; 2],
    /// First sequence numbers and those behind the last of messages that were put together, oldest first.
    done: [Vec<(SeqNo, SeqNo)>; 2],
}

/// The message that is not whole: where it begins, and what is missing.
#[derive(Clone, Copy, Debug)]
struct Rest {
    at: u32,
    need: Need,
}

impl Reassembler {
    /// Whether a segment can matter to any application: [`Reassembler::segment`] remembers nothing of the others.
    pub(super) fn listen(&self, p: &Payload) -> bool {
        let carries = p.layer.payload < p.layer.end || p.flags.has(Flags::FIN);
        carries && (p.app.is_some() || self.conversations.contains_key(&p.stream))
    }

    /// Divides the payload of a segment into messages and adds their layers. True if the frame shows nothing but a
    /// part of a message that another one completes.
    pub(super) fn segment(&mut self, p: &Payload, work: &mut Work<'_>) -> bool {
        if p.layer.payload >= p.layer.end {
            return p.flags.has(Flags::FIN) && self.fin(p, work);
        }
        let span = Span { start: p.layer.payload, end: p.layer.end };
        let handling = Handling::of(p.findings);
        if handling != Handling::USUAL
            && handling.reassembled
            && let Some(start) = self.start_of_old(p)
        {
            match start == p.seq {
                true => work.facts.stale = true,
                false => work.layers.stop = Some(Stop { proto: p.layer.proto, why: Why::OldData }),
            }
            return false;
        }
        let joins = handling.dissected || handling.reassembled && self.awaits(p);
        // The reason for a reset is for no application.
        if !joins || p.flags.has(Flags::RST) {
            if handling.shown && !p.flags.has(Flags::RST) {
                decode_data(work, p.layer.source, span);
            }
            return false;
        }
        if self.conversations.is_empty() || !self.conversations.contains_key(&p.stream) {
            let Some(app) = p.app else {
                decode_data(work, p.layer.source, span);
                return false;
            };
            if self.conversations.len() >= MOST_CONVERSATIONS {
                self.forget(p.stream);
            }
            self.conversations.insert(p.stream, Box::new(Conversation::new(app)));
        }
        let Some(conversation) = self.conversations.get_mut(&p.stream) else { return false };
        let before = conversation.held();
        let mut walk = Walk {
            again: self.again,
            conversation,
            payload: p,
            work,
            last_id: &mut self.last_id,
            began: None,
        };
        let part = walk.segment(span);
        let began = walk.began;
        self.held = self.held.saturating_sub(before) + conversation.held();
        if let Some(id) = began {
            self.note_waiting(p, id);
        }
        if self.held > MOST_HELD {
            self.give_up_oldest();
        }
        part
    }

    /// What both ends of a conversation have agreed on so far.
    pub(super) fn agreed(&self, stream: u32) -> Agreed {
        self.conversations.get(&stream).map(|c| c.session.agreed()).unwrap_or_default()
    }

    /// What is known of a conversation that speaks with an application.
    pub(super) fn conversation(&self, stream: u32) -> Option<&Conversation> {
        self.conversations.get(&stream).map(Box::as_ref)
    }

    /// Goes on with a conversation as another reassembler left it.
    pub(super) fn plant(&mut self, stream: u32, conversation: Option<&Conversation>) {
        let before = self.conversations.remove(&stream).map_or(0, |c| c.held());
        self.held = self.held.saturating_sub(before);
        if let Some(conversation) = conversation {
            self.held += conversation.held();
            self.conversations.insert(stream, Box::new(conversation.clone()));
        }
    }

    /// Where the message begins that a segment lies in, if it was put together before.
    fn start_of_old(&self, p: &Payload) -> Option<SeqNo> {
        self.conversations.get(&p.stream)?.start_of_done(p.direction, p.seq)
    }

    /// Whether a message waits for a segment.
    fn awaits(&self, p: &Payload) -> bool {
        let conversation = self.conversations.get(&p.stream);
        conversation.is_some_and(|c| c.claiming(p.direction, p.seq).is_some())
    }

    /// The sender closes its side: what waited for that is complete.
    fn fin(&mut self, p: &Payload, work: &mut Work<'_>) -> bool {
        let Some(conversation) = self.conversations.get_mut(&p.stream) else { return false };
        let pdus = &mut conversation.pdus[p.direction];
        let Some(at) = pdus.iter().position(|pdu| pdu.ends_at_fin(p.seq)) else { return false };
        let mut pdu = pdus.remove(at);
        self.held = self.held.saturating_sub(pdu.held());
        pdu.close(work.no);
        let (len, bytes) = (pdu.len(), pdu.take());
        conversation.note_done(p.direction, pdu.range());
        let Some(source) = work.buffers.add(bytes) else { return false };
        work.facts.reassembled.push(Reassembled { source, pieces: pdu.into_pieces(), len });
        let mut walk = Walk {
            again: self.again,
            conversation,
            payload: p,
            work,
            last_id: &mut self.last_id,
            began: None,
        };
        walk.messages(source, Span { start: 0, end: len }, false);
        false
    }

    fn note_waiting(&mut self, p: &Payload, id: u64) {
        self.waiting.push_back((p.stream, p.direction, id));
        if self.waiting.len() > 64 + 4 * self.conversations.len() {
            let conversations = &self.conversations;
            self.waiting.retain(|(stream, direction, id)| {
                conversations.get(stream).is_some_and(|c| c.waits(*direction, *id))
            });
        }
    }

    fn give_up_oldest(&mut self) {
        while self.held > MOST_HELD {
            let Some((stream, direction, id)) = self.waiting.pop_front() else {
                // No message waits: the sessions hold it.
                return self.forget(0);
            };
            let waits = |c: &&mut Box<Conversation>| c.waits(direction, id);
            let Some(c) = self.conversations.get_mut(&stream).filter(waits) else { continue };
            let waiting = c.pdus[direction].iter_mut().find(|pdu| pdu.id == id);
            if let Some(pdu) = waiting {
                self.held = self.held.saturating_sub(pdu.held());
                pdu.give_up();
            }
        }
    }

    /// Forgets the conversations that began long ago, and what waits in the sessions of the others.
    fn forget(&mut self, newest: u32) {
        let oldest = newest.saturating_sub(MOST_CONVERSATIONS as u32 / 2);
        self.conversations.retain(|stream, _| *stream > oldest);
        self.held = 0;
        for conversation in self.conversations.values_mut() {
            conversation.session.give_up();
            self.held += conversation.held();
        }
    }
}

impl Conversation {
    fn new(app: App) -> Conversation {
        Conversation {
            app,
            inner: None,
            session: Session::default(),
            pdus: Default::default(),
            done: Default::default(),
        }
    }

    /// The place of the message to which bytes at `seq` belong: the newest, if there are several.
    fn claiming(&self, direction: Direction, seq: SeqNo) -> Option<usize> {
        self.pdus[direction].iter().rposition(|pdu| pdu.claims(seq))
    }

    /// Where the message begins that the byte at `seq` belongs to, if it was put together.
    fn start_of_done(&self, direction: Direction, seq: SeqNo) -> Option<SeqNo> {
        let mut done = self.done[direction].iter().rev();
        done.find(|(start, end)| start.up_to(seq) && seq.before(*end)).map(|(start, _)| *start)
    }

    /// Remembers where a message was that is complete now.
    fn note_done(&mut self, direction: Direction, range: (SeqNo, SeqNo)) {
        let done = &mut self.done[direction];
        if done.len() >= MOST_DONE {
            done.remove(0);
        }
        done.push(range);
    }

    /// Bytes that wait for others.
    pub(super) fn held(&self) -> usize {
        self.pdus.iter().flatten().map(Pdu::held).sum::<usize>() + self.session.held()
    }

    fn waits(&self, direction: Direction, id: u64) -> bool {
        self.pdus[direction].iter().any(|pdu| pdu.id == id)
    }

    fn put(&mut self, direction: Direction, pdu: Pdu) {
        let pdus = &mut self.pdus[direction];
        if pdus.len() >= MOST_WAITING {
            pdus.remove(0);
        }
        // Most conversations have one message under way at a time.
        if pdus.is_empty() {
            pdus.reserve_exact(1);
        }
        pdus.push(pdu);
    }
}

/// One segment's way through its conversation.
struct Walk<'a, 'w> {
    conversation: &'a mut Conversation,
    payload: &'a Payload,
    work: &'a mut Work<'w>,
    /// See [`Reassembler::again`].
    again: bool,
    last_id: &'a mut u64,
    /// The message that begins in this segment and ends in another.
    began: Option<u64>,
}

impl Walk<'_, '_> {
    /// Goes through a segment: the rest of a message that has begun, whole messages, the beginning of another.
    fn segment(&mut self, mut span: Span) -> bool {
        let p = self.payload;
        // A segment whose end was not captured can neither begin a message nor end it.
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

    /// Adds to the message that the sender is in the middle of; how many bytes it takes.
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
            // The message is whole, and no application sees it.
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

    /// Takes back what is said of a message that another frame completes, where all frames were seen before; so many
    /// `layers` were there without it.
    fn unsay(&mut self, layers: usize) {
        if self.again {
            self.work.layers.truncate(layers);
            self.work.facts.begun.clear();
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

    /// Decodes all whole messages in `span` of a source; where the first begins that is not whole.
    fn messages(&mut self, source: u8, mut span: Span, may_wait: bool) -> Option<Rest> {
        let start = span.start;
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
            let input = Input { bytes, fin, may_wait, direction, session: &c.session };
            let app = if tunnelled { c.inner } else { Some(c.app) };
            let Some(app) = app else {
                decode_data(self.work, source, span);
                return None;
            };
            let len = match app.measure(&input) {
                Measure::Complete(len) => len,
                Measure::Silent => return None,
                Measure::NeedMore(need, begun) if may_wait => {
                    // A layer that is there already stands for what begins after it, too.
                    if !matches!(begun, Begun::Layer(_)) || span.start == start {
                        self.begun(source, span, begun);
                    }
                    return Some(Rest { at: span.start, need });
                }
                Measure::NeedMore(..) => bytes.len() as u32,
                Measure::Foreign => {
                    // What the port does not mean, the bytes may: HTTP on the port of HTTPS, say.
                    if let Some(other) = App::by_content(bytes).filter(|other| !tunnelled && *other != app) {
                        c.app = other;
                        continue;
                    }
                    decode_data(self.work, source, span);
                    return None;
                }
            };
            let len = len.clamp(1, bytes.len() as u32);
            // What was captured of a message that is cut is all of it; its length is still the whole.
            let all = if len == bytes.len() as u32 { span.len() } else { len };
            let message = Span { start: span.start, end: span.start + all };
            app.decode(self.work, source, message, &mut c.session);
            span = span.skip(all);
        }
    }

    /// Shows what is known of a message that is not complete.
    fn begun(&mut self, source: u8, span: Span, begun: Begun) {
        match begun {
            Begun::Nothing => {}
            Begun::Line { at, len } => {
                let mut line = std::mem::take(&mut self.work.facts.begun);
                let start = span.start.saturating_add(at);
                line.extend_from_slice(self.work.get(source, Span { start, end: start.saturating_add(len) }));
                self.work.facts.begun = line;
            }
            Begun::Layer(proto) => self.mark(proto),
        }
    }

    /// Adds a layer that has no bytes.
    fn mark(&mut self, proto: Proto) {
        let tcp = self.payload.layer;
        let nothing = Span { start: tcp.payload, end: tcp.payload };
        self.work.decoder(tcp.source).layer(proto, nothing, 0);
    }
}
