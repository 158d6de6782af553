//! Fills the index: reads a capture once, tracks its conversations, and notes the frames that each frame depends on.

use super::{Entry, MORE, SEED, Shared, TCP, UDP, UNTIMED};
use crate::capture::Source;
use crate::conversation::{Seed, Tracker, Transport};
use crate::dissect::protocols::dns::DnsFacts;
use crate::dissect::{Context, Facts, IcmpFacts, Quoted};

/// Frames of a conversation after which its state is kept, at the latest: showing one frame tracks at most this many.
const SEED_AFTER: u32 = 256;
/// The state of a conversation in the middle of a long message is kept if it holds no more bytes than this for each
/// frame since the state was kept last.
const HELD_A_FRAME: usize = 64;
/// The most frames that are added to the index at once.
const BATCH: usize = 4096;

/// The last frame of a conversation.
#[derive(Clone, Copy, Default)]
struct Last {
    frame: u32,
    /// Frames since the conversation's state was kept.
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

/// The dependencies of a frame that the index keeps.
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
    /// Reads `source` to its end, or until the index is dropped. With `watched`, the user waits for each frame, so
    /// all frames that have come are published before the builder waits for more. They are not published one by one:
    /// at a hundred thousand frames in a second, no other thread would get the lock.
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

    /// Notes the frame's predecessor in its conversation.
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

    /// Publishes the gathered entries.
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
