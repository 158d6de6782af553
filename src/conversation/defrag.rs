//! Reassembles IP datagrams from their fragments (RFC 791, section 3.2; RFC 8200, section 4.5).
//!
//! Where fragments overlap, the bytes of the one that begins earlier count; if both begin at the same offset, the one
//! that came first. This is what Wireshark does. Memory is bounded: the datagram that waited longest is dropped
//! first.

use crate::dissect::reading::read::Read;
use crate::dissect::{Datagram, Fragment, Layer, Overlap, Piece, Proto};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// The most incomplete datagrams that are kept.
const MOST_PENDING: usize = 64;

/// The largest payload of a datagram, in bytes.
const LONGEST: usize = 65_535;

/// The most fragments of one datagram. Each has at least eight bytes of payload, so no real datagram has more.
const MOST_PIECES: usize = 8192;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    id: u32,
    proto: u8,
}

#[derive(Debug)]
struct Pending {
    datagram: Datagram,
    /// The bytes of each fragment, in the order of [`Datagram::pieces`].
    bytes: Vec<Vec<u8>>,
    /// The bytes that have come, as disjoint ranges in ascending order.
    have: Vec<(usize, usize)>,
    /// Length of the whole payload; `None` until the last fragment has come.
    total: Option<usize>,
    /// The number of the call that changed it last.
    age: u64,
}

/// All datagrams that wait for fragments.
#[derive(Debug, Default)]
pub(super) struct Defragmenter {
    pending: FxHashMap<Key, Pending>,
    calls: u64,
    /// The datagram that became complete last.
    complete: Option<Datagram>,
}

impl Defragmenter {
    /// Adds a fragment with the payload `piece`. If that completes the datagram, its payload goes into `out`, and the
    /// result is `true`.
    pub(super) fn add(
        &mut self,
        frame: u64,
        ip: &Layer,
        header: &[u8],
        fragment: &Fragment,
        piece: &[u8],
        out: &mut Vec<u8>,
    ) -> bool {
        let wanted = (fragment.end - fragment.start.min(fragment.end)) as usize;
        let Some(key) = key(ip, header, fragment) else { return false };
        // A fragment that the snapshot length has cut can never make its datagram complete.
        if piece.len() < wanted || fragment.offset as usize + wanted > LONGEST {
            return false;
        }
        self.calls += 1;
        self.make_room(&key);
        let pending = self.pending.entry(key).or_insert_with(|| Pending::new(&key));
        pending.age = self.calls;
        if pending.datagram.pieces.len() >= MOST_PIECES {
            return false;
        }
        pending.add(frame, fragment, piece);
        if !pending.is_complete() {
            return false;
        }
        let Some(mut done) = self.pending.remove(&key) else { return false };
        done.assemble(out);
        self.complete = Some(done.datagram);
        true
    }

    /// The datagram that the last successful [`Defragmenter::add`] completed.
    pub(super) fn complete(&self) -> Option<&Datagram> {
        self.complete.as_ref()
    }

    fn make_room(&mut self, key: &Key) {
        if self.pending.len() < MOST_PENDING || self.pending.contains_key(key) {
            return;
        }
        let oldest = self.pending.iter().min_by_key(|(_, p)| p.age).map(|(k, _)| *k);
        if let Some(oldest) = oldest {
            self.pending.remove(&oldest);
        }
    }
}

impl Pending {
    fn new(key: &Key) -> Pending {
        let (source, destination) = (key.source, key.destination);
        let datagram = Datagram { source, destination, pieces: Vec::new(), len: 0 };
        Pending { datagram, bytes: Vec::new(), have: Vec::new(), total: None, age: 0 }
    }

    fn add(&mut self, frame: u64, fragment: &Fragment, piece: &[u8]) {
        let (start, end) = (fragment.offset as usize, fragment.offset as usize + piece.len());
        self.cover(start, end);
        let place = self.datagram.pieces.partition_point(|p| p.offset <= fragment.offset);
        self.datagram.pieces.insert(place, Piece::new(frame, fragment.offset, piece.len() as u32));
        self.bytes.insert(place, piece.to_vec());
        if !fragment.more {
            self.total = self.total.or(Some(end));
        }
    }

    /// Notes that the bytes from `start` to `end` have come, and merges ranges that touch.
    fn cover(&mut self, mut start: usize, mut end: usize) {
        self.have.retain(|(s, e)| {
            let apart = *e < start || end < *s;
            if !apart {
                start = start.min(*s);
                end = end.max(*e);
            }
            apart
        });
        let place = self.have.partition_point(|(s, _)| *s < start);
        self.have.insert(place, (start, end));
    }

    fn is_complete(&self) -> bool {
        let Some(total) = self.total else { return false };
        self.have.first().is_some_and(|(start, end)| *start == 0 && *end >= total)
    }

    /// Joins the fragments in `out`, and notes for each how it overlaps earlier ones.
    fn assemble(&mut self, out: &mut Vec<u8>) {
        out.clear();
        for (piece, bytes) in self.datagram.pieces.iter_mut().zip(&self.bytes) {
            let known = out.get(piece.offset as usize..).unwrap_or(&[]);
            let common = known.len().min(bytes.len());
            piece.overlap = match common {
                0 => Overlap::None,
                _ if known.get(..common) == bytes.get(..common) => Overlap::Same,
                _ => Overlap::Conflict,
            };
            out.extend_from_slice(bytes.get(common..).unwrap_or(&[]));
        }
        out.truncate(self.total.unwrap_or(usize::MAX));
        self.datagram.len = out.len() as u32;
    }
}

fn key(ip: &Layer, header: &[u8], fragment: &Fragment) -> Option<Key> {
    let (source, destination) = match ip.proto {
        Proto::Ipv4 => (header.ipv4(12)?.into(), header.ipv4(16)?.into()),
        _ => (header.ipv6(8)?.into(), header.ipv6(24)?.into()),
    };
    // In IPv6 the identification alone tells datagrams of two ends apart.
    let proto = if ip.proto == Proto::Ipv4 { fragment.next } else { 0 };
    Some(Key { source, destination, id: fragment.id, proto })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [u8; 20] = [0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];

    fn add(d: &mut Defragmenter, offset: u32, more: bool, bytes: &[u8]) -> Option<Vec<u8>> {
        let ip = Layer { proto: Proto::Ipv4, source: 0, quoted: false, start: 0, payload: 20, end: 20 };
        let end = bytes.len() as u32;
        let fragment = Fragment { layer: 0, next: 17, id: 7, offset, more, start: 0, end };
        let mut out = Vec::new();
        d.add(1, &ip, &HEADER, &fragment, bytes, &mut out).then_some(out)
    }

    #[test]
    fn pieces_in_any_order_make_the_datagram() {
        let mut d = Defragmenter::default();
        assert_eq!(add(&mut d, 16, false, b"end"), None);
        assert_eq!(add(&mut d, 0, true, b"01234567"), None);
        assert_eq!(add(&mut d, 8, true, b"89abcdef").unwrap(), b"0123456789abcdefend");
        assert_eq!(d.complete().unwrap().pieces.len(), 3);
        assert!(d.pending.is_empty());
    }

    #[test]
    fn the_piece_that_begins_earlier_counts() {
        let mut d = Defragmenter::default();
        add(&mut d, 8, true, b"AAAAAAAA");
        add(&mut d, 0, true, b"BBBBBBBBBBBBBBBB");
        assert_eq!(add(&mut d, 16, false, b"C").unwrap(), b"BBBBBBBBBBBBBBBBC");
        let overlaps: Vec<_> = d.complete().unwrap().pieces.iter().map(|p| (p.offset, p.overlap)).collect();
        assert_eq!(overlaps, [(0, Overlap::None), (8, Overlap::Conflict), (16, Overlap::None)]);
        add(&mut d, 0, true, b"AAAAAAAA");
        add(&mut d, 0, true, b"BBBBBBBB");
        assert_eq!(add(&mut d, 8, false, b"C").unwrap(), b"AAAAAAAAC");
    }

    #[test]
    fn unfinished_datagrams_do_not_pile_up() {
        let mut d = Defragmenter::default();
        let ip = Layer { proto: Proto::Ipv4, source: 0, quoted: false, start: 0, payload: 20, end: 20 };
        for id in 0..1000 {
            let fragment = Fragment { layer: 0, next: 17, id, offset: 0, more: true, start: 0, end: 8 };
            d.add(1, &ip, &HEADER, &fragment, &[0; 8], &mut Vec::new());
        }
        assert_eq!(d.pending.len(), MOST_PENDING);
        assert!(d.pending.keys().any(|k| k.id == 999));
    }
}
