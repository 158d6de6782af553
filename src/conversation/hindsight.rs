//! What later frames of a capture say about earlier ones. A first pass over the capture notes it; a second pass shows
//! each frame with these notes, as Wireshark's window does once it has read the whole file.
//!
//! A first pass notes the end state of each conversation (64 bytes), each exchange of HTTP (8 bytes), and for each
//! request and each part of a reassembled message or datagram the frame that answers or completes it (about 16
//! bytes). At most [`MOST`] notes are kept. A capture with more is shown as in a single pass, without any of them.

use super::Head;
use super::resume::Transport;
use super::tcp::End;
use crate::dissect::over_tcp::Agreed;
use crate::dissect::protocols::dns::DnsFacts;
use crate::dissect::protocols::tcp::TcpFacts;
use crate::dissect::{AppFacts, Datagram, HttpFacts, IcmpFacts};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The most notes that are kept: about 100 megabytes, or 250 if all are end states of conversations.
pub const MOST: usize = 1 << 22;

/// The message about a capture with more notes than are kept.
pub fn too_much() -> String {
    format!(
        "later packets say more about earlier ones than is kept ({MOST} notes); each packet is shown with what earlier packets say alone"
    )
}

/// One exchange of HTTP: the frames of its request and of its response; 0 if there is none.
#[derive(Clone, Copy, Debug, Default)]
struct Exchange {
    request: u32,
    response: u32,
}

/// What later frames of a capture say about earlier ones. Clones share the notes: while one thread adds notes,
/// another may read them.
#[derive(Clone, Debug, Default)]
pub struct Hindsight(Arc<RwLock<Notes>>);

impl Hindsight {
    /// Notes that no further frame comes.
    pub fn complete(&self) {
        let mut notes = self.write();
        notes.complete = !notes.full;
    }

    /// Whether all frames were seen, and everything that they say was noted.
    pub fn is_complete(&self) -> bool {
        self.read().complete
    }

    /// Leaves no room for a further note.
    #[cfg(all(test, feature = "capture"))]
    pub(crate) fn fill(&self) {
        self.write().notes = MOST;
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Notes> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Notes> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The notes.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Whether the capture was read to its end, so that what is not noted does not exist.
    complete: bool,
    full: bool,
    notes: usize,
    /// By `tcp.stream`: the state at the end.
    ends: Vec<End>,
    /// By `tcp.stream`: the first frame.
    firsts: Vec<u32>,
    agreed: FxHashMap<u32, Agreed>,
    /// By `udp.stream`: the version of DTLS that both ends agreed on.
    dtls: FxHashMap<u32, u16>,
    /// By `udp.stream`: the conversations with a message of STUN.
    stun: FxHashSet<u32>,
    /// By the frame of a query or an echo request: the frame that answers it.
    answers: FxHashMap<u32, u32>,
    /// By the frame of a part: the frame that completes its message (for a segment), and the frame that completes its
    /// datagram (for a fragment).
    messages: FxHashMap<u32, u32>,
    datagrams: FxHashMap<u32, u32>,
    exchanges: FxHashMap<(Transport, u32), Vec<Exchange>>,
}

/// How a tracker uses hindsight.
#[derive(Default)]
pub(super) enum Sight {
    /// Not at all: each frame is shown by what earlier frames say alone.
    #[default]
    Ahead,
    /// It notes what frames say about earlier ones.
    Learning(Hindsight),
    /// It adds what later frames say.
    Back(Hindsight),
}

fn short(frame: u64) -> u32 {
    u32::try_from(frame).unwrap_or(0)
}

impl Notes {
    /// Counts `more` notes, and returns whether there is room for them.
    fn room(&mut self, more: usize) -> bool {
        self.notes += more;
        if self.notes > MOST && !self.full {
            *self = Notes { full: true, ..Notes::default() };
        }
        !self.full
    }

    fn answer(&mut self, request: u64, answer: u64) {
        // If there are several answers, the first one counts.
        if self.room(1) {
            self.answers.entry(short(request)).or_insert(short(answer));
        }
    }

    /// Notes the state of the conversation after a segment, and what the segment answers and completes.
    pub(super) fn note_segment(&mut self, frame: u64, end: End, tcp: &TcpFacts, app: &AppFacts) {
        self.note_end(frame, tcp.stream, end);
        for http in &app.http {
            self.note_http((Transport::Tcp, tcp.stream), frame, http);
        }
        for dns in app.dns.iter().flatten() {
            self.note_dns(frame, dns);
        }
        for piece in app.reassembled.iter().flat_map(|message| &message.pieces) {
            if piece.frame != frame && self.room(1) {
                self.messages.insert(short(piece.frame), short(frame));
            }
        }
    }

    /// Notes the state of the conversation after a segment.
    pub(super) fn note_end(&mut self, frame: u64, stream: u32, end: End) {
        let stream = stream as usize;
        if self.ends.len() <= stream {
            if !self.room(stream + 1 - self.ends.len()) {
                return;
            }
            self.ends.resize(stream + 1, End::default());
            self.firsts.resize(stream + 1, short(frame));
        }
        if let Some(known) = self.ends.get_mut(stream) {
            *known = end;
        }
    }

    /// Notes what the applications of a conversation have agreed on.
    pub(super) fn note_agreed(&mut self, stream: u32, agreed: Agreed) {
        if agreed != Agreed::default() && self.room(0) {
            self.agreed.insert(stream, agreed);
        }
    }

    /// Notes the version of DTLS that the ends of a UDP conversation have agreed on so far.
    pub(super) fn note_dtls(&mut self, stream: u32, version: u16) {
        if self.room(0) {
            self.dtls.insert(stream, version);
        }
    }

    /// The version of DTLS that the ends of a UDP conversation agreed on by the end of the capture.
    pub(super) fn dtls(&self, stream: u32) -> Option<u16> {
        self.dtls.get(&stream).copied()
    }

    /// Notes that a UDP conversation has a message of STUN.
    pub(super) fn note_stun(&mut self, stream: u32) {
        if self.room(0) {
            self.stun.insert(stream);
        }
    }

    /// Whether a UDP conversation has a message of STUN.
    pub(super) fn has_stun(&self, stream: u32) -> bool {
        self.stun.contains(&stream)
    }

    pub(super) fn note_http(&mut self, of: (Transport, u32), frame: u64, http: &HttpFacts) {
        let Some(at) = (http.number as usize).checked_sub(1) else { return };
        if !self.room(1) {
            return;
        }
        let all = self.exchanges.entry(of).or_default();
        // A conversation that was forgotten and begins again numbers its exchanges from 1 again.
        all.resize(all.len().max(at + 1), Exchange::default());
        let Some(exchange) = all.get_mut(at) else { return };
        if let Some((request, _)) = http.request {
            self.answers.entry(short(request)).or_insert(short(frame));
        }
        match http.is_request {
            true => exchange.request = short(frame),
            false => exchange.response = short(frame),
        }
    }

    pub(super) fn note_dns(&mut self, frame: u64, dns: &DnsFacts) {
        if let DnsFacts::Answer { query, .. } = dns {
            self.answer(*query, frame);
        }
    }

    pub(super) fn note_echo(&mut self, frame: u64, icmp: &IcmpFacts) {
        if let IcmpFacts::Reply { request, .. } = icmp {
            self.answer(*request, frame);
        }
    }

    pub(super) fn note_datagram(&mut self, frame: u64, datagram: &Datagram) {
        for piece in &datagram.pieces {
            if piece.frame != frame && self.room(1) {
                self.datagrams.insert(short(piece.frame), short(frame));
            }
        }
    }

    /// Adds what is noted about the conversation of a segment, and about its messages.
    pub(super) fn tell_segment(&self, frame: u64, of: &Head, tcp: &mut TcpFacts, app: &mut AppFacts) {
        self.tell_tcp(frame, of, tcp);
        tcp.reassembled_in = self.messages.get(&short(frame)).map(|at| u64::from(*at));
        if let Some(agreed) = self.agreed.get(&tcp.stream) {
            app.agreed(agreed);
        }
        // Wireshark keeps one exchange per frame, that of the last message, and shows it with every message.
        if let Some(last) = app.http.iter_mut().rfind(|http| http.number > 0) {
            self.tell_http((Transport::Tcp, tcp.stream), last);
            let last = last.clone();
            for http in app.http.iter_mut().filter(|http| http.number > 0) {
                let uri = std::mem::take(&mut http.uri);
                *http = HttpFacts { uri, ..last.clone() };
            }
        }
        for dns in app.dns.iter_mut().filter(|dns| dns.is_none()) {
            *dns = self.query(frame);
        }
    }

    /// Adds what is noted about the conversation of a segment, which an ICMP error may quote.
    pub(super) fn tell_tcp(&self, frame: u64, of: &Head, tcp: &mut TcpFacts) {
        if let Some(end) = self.ends.get(tcp.stream as usize) {
            let first = self.firsts.get(tcp.stream as usize) == Some(&short(frame));
            end.tell(first, of.direction, &of.header, tcp);
        }
    }

    pub(super) fn tell_http(&self, of: (Transport, u32), http: &mut HttpFacts) {
        let Some(at) = (http.number as usize).checked_sub(1) else { return };
        let Some(all) = self.exchanges.get(&of) else { return };
        let known = |frame: u32| (frame != 0).then_some(u64::from(frame));
        let next = all.get(at + 1).copied().unwrap_or_default();
        http.of = all.len() as u32;
        http.next_request = known(next.request);
        match http.is_request {
            true => http.response = all.get(at).and_then(|exchange| known(exchange.response)),
            false => http.next_response = known(next.response),
        }
    }

    /// The answer to a query that is no repeat; `None` if none is noted.
    pub(super) fn query(&self, frame: u64) -> Option<DnsFacts> {
        self.answered(frame).map(DnsFacts::AnsweredIn)
    }

    /// The answer to an echo request; `silence` if the capture is complete and has none.
    pub(super) fn echo(&self, frame: u64, silence: IcmpFacts) -> Option<IcmpFacts> {
        let answer = self.answered(frame).map(IcmpFacts::AnsweredIn);
        answer.or(self.complete.then_some(silence))
    }

    /// The frame that answers the query or the echo request in `frame`.
    fn answered(&self, frame: u64) -> Option<u64> {
        self.answers.get(&short(frame)).map(|answer| u64::from(*answer))
    }

    /// The frame that completes the datagram of the fragment in `frame`.
    pub(super) fn datagram(&self, frame: u64) -> Option<u64> {
        self.datagrams.get(&short(frame)).map(|at| u64::from(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_counts_and_silence_is_known_at_the_end() {
        let hindsight = Hindsight::default();
        let reply = |request| IcmpFacts::Reply { request, time: 0 };
        hindsight.write().note_echo(2, &reply(1));
        hindsight.write().note_echo(3, &reply(1));
        let silence = IcmpFacts::Unanswered;
        assert_eq!(hindsight.read().echo(1, silence), Some(IcmpFacts::AnsweredIn(2)));
        assert_eq!(hindsight.read().echo(4, silence), None, "an answer may still come");
        hindsight.complete();
        assert_eq!(hindsight.read().echo(4, silence), Some(silence));
    }

    #[test]
    fn what_is_too_much_is_forgotten_as_a_whole() {
        let hindsight = Hindsight::default();
        hindsight.write().notes = MOST - 1;
        for frame in [1, 3] {
            assert_eq!(hindsight.read().answered(1).is_some(), frame == 3);
            hindsight.write().note_echo(frame + 1, &IcmpFacts::Reply { request: frame, time: 0 });
        }
        hindsight.complete();
        assert!(!hindsight.is_complete());
        assert_eq!(hindsight.read().answered(1), None);
        assert_eq!(hindsight.read().answers.capacity(), 0);
    }
}
