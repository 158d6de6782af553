//! Divides the payload of TCP into messages of applications. TCP carries a stream of bytes (RFC 9293); only the
//! applications know where their messages begin and end.
//!
//! Repeated bytes are ignored. The beginning of a message says where it ends. A late segment fills its gap as long as
//! the message waits for it; a message whose gap stays is never decoded. A message inside one segment is decoded in
//! place. Only messages that span segments are copied, and at most [`MOST_HELD`] bytes of them are kept.

mod divider;

use super::handling::Handling;
use super::pdu::Pdu;
use crate::direction::Direction;
use crate::dissect::over_tcp::{Agreed, App, Session};
use crate::dissect::protocols::tcp::{Findings, Flags, SeqNo};
use crate::dissect::{Layer, Reassembled, Span, Stop, Why, Work, decode_data};
use divider::Divider;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The most bytes that all incomplete messages hold together. If there are more, the oldest message is given up.
const MOST_HELD: usize = 16 << 20;

/// The most incomplete messages of one direction that may wait for late segments.
const MOST_WAITING: usize = 8;

/// The most complete messages of one direction whose place is remembered.
const MOST_DONE: usize = 8;

/// The most conversations with an application that are followed. If there are more, those that began first are
/// forgotten.
const MOST_CONVERSATIONS: usize = 1 << 18;

/// A segment with payload, as the applications need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    /// Index of the conversation.
    pub(super) stream: u32,
    pub(super) direction: Direction,
    /// The application that the ports name, or that the payload looks like.
    pub(super) app: Option<App>,
    pub(super) seq: SeqNo,
    pub(super) flags: Flags,
    pub(super) findings: Findings,
    /// The TCP layer.
    pub(super) layer: Layer,
}

/// The incomplete messages of the applications in all conversations.
#[derive(Debug, Default)]
pub(super) struct Reassembler {
    conversations: FxHashMap<u32, Box<Conversation>>,
    /// How many bytes the incomplete messages hold together.
    held: usize,
    /// Incomplete messages, oldest first: stream, direction and number. Entries of messages that are complete by now
    /// are skipped.
    waiting: VecDeque<(u32, Direction, u64)>,
    last_id: u64,
    /// Whether a first pass has seen all frames. Then the first part of a message that a later frame completes shows
    /// nothing, unless complete messages come before it in the segment.
    pub(super) again: bool,
}

/// One conversation with an application.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    app: App,
    /// The application inside a tunnel.
    inner: Option<App>,
    session: Session,
    /// For each direction: its incomplete messages, oldest first.
    pdus: [Vec<Pdu>; 2],
    /// For each direction: the sequence numbers of the first byte and behind the last byte of complete messages,
    /// oldest first.
    done: [Vec<(SeqNo, SeqNo)>; 2],
}

/// Adds the payload of a segment that matters to no application, as a layer of plain data.
pub(super) fn show_as_data(p: &Payload, work: &mut Work<'_>) {
    let handling = Handling::of(p.findings);
    // The payload of a reset is its reason.
    if (handling.dissected || handling.shown) && !p.flags.has(Flags::RST) && p.layer.payload < p.layer.end {
        decode_data(work, p.layer.source, Span { start: p.layer.payload, end: p.layer.end });
    }
}

impl Reassembler {
    /// Whether a segment with a payload or FIN can matter to any application. [`Reassembler::segment`] remembers
    /// nothing of other segments.
    pub(super) fn listen(&self, p: &Payload) -> bool {
        p.app.is_some() || !self.conversations.is_empty() && self.conversations.contains_key(&p.stream)
    }

    /// Divides the payload of a segment that matters to an application into messages, and adds their layers. Returns
    /// whether the frame shows only a part of a message that a later frame completes.
    // Most segments have no application: in a function of its own, this code does not stand between theirs.
    #[inline(never)]
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
        // The payload of a reset is its reason, which is not for the application.
        if !joins || p.flags.has(Flags::RST) {
            if handling.shown && !p.flags.has(Flags::RST) {
                decode_data(work, p.layer.source, span);
            }
            return false;
        }
        if let Some(app) = p.app
            && !self.conversations.contains_key(&p.stream)
        {
            if self.conversations.len() >= MOST_CONVERSATIONS {
                self.forget(p.stream);
            }
            self.conversations.insert(p.stream, Box::new(Conversation::new(app)));
        }
        let Some(mut divider) = self.divider(p, work) else { return false };
        let before = divider.conversation.held();
        let part = divider.segment(span);
        let (began, now) = (divider.began, divider.conversation.held());
        self.held = self.held.saturating_sub(before) + now;
        if let Some(id) = began {
            self.note_waiting(p, id);
        }
        if self.held > MOST_HELD {
            self.give_up_oldest();
        }
        part
    }

    /// The divider of a segment; `None` if its conversation is not followed.
    fn divider<'a, 'w>(&'a mut self, p: &'a Payload, work: &'a mut Work<'w>) -> Option<Divider<'a, 'w>> {
        let conversation = self.conversations.get_mut(&p.stream)?;
        let (again, last_id) = (self.again, &mut self.last_id);
        Some(Divider { conversation, payload: p, work, again, last_id, began: None })
    }

    /// What both ends of a conversation have agreed on so far.
    pub(super) fn agreed(&self, stream: u32) -> Agreed {
        self.conversations.get(&stream).map(|c| c.session.agreed()).unwrap_or_default()
    }

    /// What is known about a conversation with an application; `None` if it is not followed.
    pub(super) fn conversation(&self, stream: u32) -> Option<&Conversation> {
        self.conversations.get(&stream).map(Box::as_ref)
    }

    /// Sets a conversation to a state that was saved before.
    pub(super) fn plant(&mut self, stream: u32, conversation: Option<&Conversation>) {
        let before = self.conversations.remove(&stream).map_or(0, |c| c.held());
        self.held = self.held.saturating_sub(before);
        if let Some(conversation) = conversation {
            self.held += conversation.held();
            self.conversations.insert(stream, Box::new(conversation.clone()));
        }
    }

    /// The start of the complete message that a segment lies in; `None` if it lies in none.
    fn start_of_old(&self, p: &Payload) -> Option<SeqNo> {
        self.conversations.get(&p.stream)?.start_of_done(p.direction, p.seq)
    }

    /// Whether an incomplete message waits for a segment.
    fn awaits(&self, p: &Payload) -> bool {
        let conversation = self.conversations.get(&p.stream);
        conversation.is_some_and(|c| c.claiming(p.direction, p.seq).is_some())
    }

    /// Completes the message that goes on until the sender closes its side, which it does now.
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
        if let Some(mut divider) = self.divider(p, work) {
            divider.messages(source, Span { start: 0, end: len }, false);
        }
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
                // No message waits, so the sessions of the applications hold the bytes.
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

    /// Forgets the conversations that began long ago, and the bytes that the sessions of the others hold.
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

    /// The index of the incomplete message to which the byte at `seq` belongs: of the newest, if there are several.
    fn claiming(&self, direction: Direction, seq: SeqNo) -> Option<usize> {
        self.pdus[direction].iter().rposition(|pdu| pdu.claims(seq))
    }

    /// The start of the complete message to which the byte at `seq` belongs.
    fn start_of_done(&self, direction: Direction, seq: SeqNo) -> Option<SeqNo> {
        let mut done = self.done[direction].iter().rev();
        done.find(|(start, end)| start.up_to(seq) && seq.before(*end)).map(|(start, _)| *start)
    }

    /// Notes the place of a message that is complete now.
    fn note_done(&mut self, direction: Direction, range: (SeqNo, SeqNo)) {
        let done = &mut self.done[direction];
        if done.len() >= MOST_DONE {
            done.remove(0);
        }
        done.push(range);
    }

    /// How many bytes its incomplete messages and its session hold.
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
        // Most conversations have one incomplete message at a time.
        if pdus.is_empty() {
            pdus.reserve_exact(1);
        }
        pdus.push(pdu);
    }
}
