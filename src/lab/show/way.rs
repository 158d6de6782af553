//! Infers from one capture whether a segment was lost or crossed another, and near which side the capture was made.

use crate::conversation::stream::News;
use crate::dissect::protocols::tcp::{Flags, SeqNo};
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side, on_one_machine};

/// The factor by which one wait of the handshake must exceed the other to tell where the capture was made.
const CLEARLY: i64 = 4;

/// The sequence number behind a segment: after its payload, SYN and FIN.
fn end(s: &Segment) -> SeqNo {
    s.seq + s.len + u32::from(s.is(Flags::SYN)) + u32::from(s.is(Flags::FIN))
}

fn is_genuine(x: &Exchange, s: &Segment) -> bool {
    !s.is_copy() && !s.is(Flags::RST) && x.contradiction(s.position).is_none()
}

/// Why a segment, or its acknowledgement, was probably lost; `None` where it arrived, or where the capture does not
/// tell.
pub(super) fn lost(x: &Exchange, s: &Segment) -> Option<String> {
    if !is_genuine(x, s) {
        return None;
    }
    let later = || x.conversation.segments.iter().filter(|o| o.position > s.position && is_genuine(x, o));
    let other = |o: &&Segment| o.from != s.from;
    if end(s) == s.seq {
        // A bare acknowledgement uses no sequence number; it was lost if the other side repeats what it acknowledges.
        let next = later().find(other).filter(|o| o.news.has(News::REPEAT) && end(o) != o.seq)?;
        let covers = s.is(Flags::ACK) && end(next).up_to(s.ack);
        return covers.then(|| format!("lost: frame {} repeats what it acknowledges", next.frame));
    }
    if x.outcome == Outcome::Unanswered && s.is(Flags::SYN) {
        return Some("no answer came".into());
    }
    let covers = |o: &&Segment| o.from != s.from && o.is(Flags::ACK) && end(s).up_to(o.ack);
    let repeats =
        |o: &&Segment| o.from == s.from && o.news.has(News::REPEAT) && o.seq == s.seq && end(o) != o.seq;
    let answer = later().find(covers);
    let repeat = later().find(repeats).filter(|r| answer.is_none_or(|a| r.position < a.position))?;
    // A receiver acknowledges each copy that arrives: where there are as many acknowledgements as transmissions, all
    // arrived.
    let same = |o: &&Segment| answer.is_some_and(|a| o.from == a.from && o.ack == a.ack && o.len == 0);
    let arrived = answer.map_or(0, |_| later().filter(covers).filter(same).count());
    let sent = 1 + later().filter(repeats).count();
    (arrived < sent).then(|| format!("lost, it or its acknowledgement: frame {} repeats it", repeat.frame))
}

/// Whether a segment left its sender before the preceding one, from the other side, had arrived: it acknowledges all
/// earlier segments, but not that one.
pub(super) fn crosses(x: &Exchange, s: &Segment) -> bool {
    let above = s.position.checked_sub(1).and_then(|p| x.at(p));
    above.is_some_and(|a| {
        a.from != s.from
            && end(a) != a.seq
            && s.is(Flags::ACK)
            && s.ack == a.seq
            && !a.news.has(News::REPEAT)
            && !s.news.has(News::REPEAT)
            && is_genuine(x, a)
            && is_genuine(x, s)
            && lost(x, a).is_none()
    })
}

/// The side near which a capture was made, by the times of its handshake: near the client, the round-trip time lies
/// between SYN and SYN,ACK, near the server between SYN,ACK and ACK. `None` where the times do not tell.
pub(super) fn nearer(x: &Exchange) -> Option<Side> {
    let [syn, answer, ack] = x.handshake.as_slice() else { return None };
    let time = |p: usize| x.at(p).filter(|s| is_genuine(x, s))?.time;
    let (syn, answer, ack) = (time(*syn)?, time(*answer)?, time(*ack)?);
    let (client_waits, server_waits) = (answer.since(syn), ack.since(answer));
    if x.repeats.iter().any(|p| x.at(*p).is_some_and(|s| s.is(Flags::SYN))) {
        return None;
    }
    let clearly = |longer: i64, shorter: i64| shorter > 0 && longer / CLEARLY > shorter;
    match () {
        () if clearly(client_waits, server_waits) => Some(Side::Client),
        () if clearly(server_waits, client_waits) => Some(Side::Server),
        () => None,
    }
}

/// A sentence on where a capture was made and from which frame its times count.
pub(super) fn place(x: &Exchange, roles: &Roles) -> String {
    let first = x.at(x.syn().unwrap_or(0)).map_or(0, |s| s.frame.0);
    let seen = match (on_one_machine(x), nearer(x)) {
        (Some(_), _) => "Recorded on the one machine that both ends are on".into(),
        (None, Some(side)) => {
            format!("Recorded near the {}, by the times of the handshake", roles.name(x, side))
        }
        (None, None) => "Its times do not say at which end it was recorded".into(),
    };
    format!("{seen}; times count from frame {first}.")
}
