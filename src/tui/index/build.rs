//! Fills the index: goes through a capture once, follows its conversations, and notes what each frame depends on.

use super::{Entry, MORE, SEED, Shared, TCP, UDP, UNTIMED};
use crate::capture::Source;
use crate::conversation::{Seed, Tracker, Transport};
use crate::dissect::protocols::dns::DnsFacts;
use crate::dissect::{Context, Facts, IcmpFacts, Quoted};

/// Frames of a conversation after which it is kept, at the latest: so many are gone through to show one of them.
const SEED_AFTER: u32 = 256;
/// A conversation in the middle of a long message is kept when it has no more bytes of it than this for each frame
/// since it was kept last.
const HELD_A_FRAME: usize = 64;
/// Frames that are added at once, at most.
const BATCH: usize = 4096;

/// Where a conversation stands.
#[derive(Clone, Copy, Default)]
struct Last {
    frame: u32,
    /// Frames since it was kept.
    since: u32,
}

/// Fills an index.
#[derive(Default)]
pub(crate) struct Builder {
    tracker: Tracker,
    tcp: Vec<Last>,
    udp: Vec<Last>,
    count: u32,
    time: i64,
    entries: Vec<Entry>,
    more: Vec<(u32, u32)>,
    seeds: Vec<(u32, Seed)>,
    info_parts: (usize, usize),
}

/// What the facts about a frame say that the index keeps.
#[derive(Default)]
struct Links {
    conversation: Option<(Transport, u32)>,
    on: [u32; 2],
    datagram: Vec<u32>,
}

impl Links {
    fn of(context: &Context<'_>) -> Links {
        let Facts { tcp, udp, quoted, dns, icmp, arp, app, datagram, .. } = context.facts;
        let conversation = match (tcp, udp, quoted) {
            (Some(tcp), ..) | (_, _, Some(Quoted::Tcp(tcp))) => Some((Transport::Tcp, tcp.stream)),
            (_, Some(udp), _) | (_, _, Some(Quoted::Udp(udp))) => Some((Transport::Udp, udp.stream)),
            _ => None,
        };
        let mut links = Links { conversation, ..Links::default() };
        let of_tcp = app.and_then(|app| app.dns.iter().flatten().next().copied());
        let on = match dns.or(of_tcp) {
            Some(DnsFacts::Answer { query: on, .. }) => Some(on),
            Some(DnsFacts::RepeatedQuery(on) | DnsFacts::RepeatedAnswer(on)) => Some(on),
            _ => None,
        };
        links.on[0] = on.unwrap_or(0) as u32;
        if let Some(IcmpFacts::Reply { request, .. }) = icmp {
            links.on[0] = request as u32;
        }
        if let Some(arp) = arp {
            links.on = [arp.sender, arp.target].map(|d| d.map_or(0, |d| d.frame as u32));
        }
        if let Some(datagram) = datagram {
            links.datagram = datagram.pieces.iter().map(|piece| piece.frame as u32).collect();
        }
        links
    }
}

impl Builder {
    /// Goes through `source` to its end, or until the index is dropped. `watched` if the user waits for each frame:
    /// then all that has come is handed over before more is waited for. Not each frame by itself: where a hundred
    /// thousand come in a second, no other thread would get at the index.
    pub(crate) fn run(mut self, source: &mut dyn Source, shared: &Shared, watched: bool) {
        self.tracker = Tracker::learning(shared.read().hindsight());
        let mut batch = 64;
        let damage = loop {
            match source.advance() {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error.to_string()),
            }
            if self.count == u32::MAX {
                break Some(format!("after {} frames no more are listed", self.count));
            }
            self.frame(source);
            if self.entries.len() >= batch || watched && source.would_wait() {
                batch = BATCH.min(batch * 2);
                self.publish(source, shared);
            }
        };
        self.publish(source, shared);
        let mut index = shared.write();
        index.hindsight.complete();
        index.end = Some(damage);
    }

    fn frame(&mut self, source: &dyn Source) {
        let Some(frame) = source.frame() else { return };
        self.count += 1;
        self.time = frame.time.map_or(self.time, |time| time.nanos());
        let mut entry = Entry::new(source.position(), self.time);
        if frame.time.is_none() {
            entry.flags |= UNTIMED;
        }
        let links = Links::of(&self.tracker.track(&frame));
        if let Some((transport, stream)) = links.conversation {
            self.conversation(&mut entry, transport, stream);
        }
        let all = links.datagram.iter().chain(&links.on).filter(|on| **on != 0 && **on < self.count);
        let before = self.more.len();
        self.more.extend(all.map(|on| (self.count, *on)));
        if self.more.len() > before {
            entry.flags |= MORE;
        }
        self.entries.push(entry);
    }

    /// Notes where the frame stands in its conversation.
    fn conversation(&mut self, entry: &mut Entry, transport: Transport, stream: u32) {
        let place = self.tracker.place(transport) as usize;
        let (all, flag) = match transport {
            Transport::Tcp => (&mut self.tcp, TCP),
            Transport::Udp => (&mut self.udp, UDP),
        };
        if all.len() <= place {
            all.resize(place + 1, Last::default());
        }
        let Some(last) = all.get_mut(place) else { return };
        entry.flags |= flag;
        (entry.before, entry.stream) = (last.frame, stream);
        last.frame = self.count;
        last.since += 1;
        let held = || if transport == Transport::Tcp { self.tracker.held(stream) } else { 0 };
        if last.since >= SEED_AFTER && held() <= last.since as usize * HELD_A_FRAME {
            last.since = 0;
            entry.flags |= SEED;
            self.seeds.extend(self.tracker.seed(transport).map(|seed| (self.count, seed)));
        }
    }

    /// Hands over what has gathered.
    fn publish(&mut self, source: &dyn Source, shared: &Shared) {
        let mut index = shared.write();
        let parts = (source.info().interfaces.len(), source.info().sections.len());
        if parts != self.info_parts {
            self.info_parts = parts;
            index.info = source.info().clone();
            index.changes += 1;
        }
        self.entries.drain(..).for_each(|entry| index.push(entry));
        index.more.append(&mut self.more);
        index.seeds.append(&mut self.seeds);
    }
}
