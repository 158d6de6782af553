//! Which datagrams of a UDP conversation are QUIC's: a short header says neither that it is one, nor how long its
//! connection ID is. Both are known from the long headers before it (RFC 9000, section 5.1).

use crate::direction::Direction;
use crate::dissect::protocols::quic::{self, Header};
use rustc_hash::FxHashMap;

/// Conversations that are followed; beyond them all are forgotten.
const MOST: usize = 1 << 16;

/// The conversations in which a long header was seen.
#[derive(Default)]
pub(super) struct Talks {
    /// By `udp.stream` and direction: the connection ID that packets carry.
    ids: FxHashMap<u32, [Vec<u8>; 2]>,
}

impl Talks {
    /// What is known of a conversation.
    pub(super) fn of(&self, stream: u32) -> Option<&[Vec<u8>; 2]> {
        self.ids.get(&stream)
    }

    /// Goes on with a conversation as others left it.
    pub(super) fn plant(&mut self, stream: u32, ids: Option<[Vec<u8>; 2]>) {
        match ids {
            Some(ids) => self.ids.insert(stream, ids),
            None => self.ids.remove(&stream),
        };
    }

    /// Takes a datagram that may be QUIC's: how long the connection IDs of its short headers are; `None` if it is none.
    pub(super) fn datagram(&mut self, stream: u32, direction: Direction, bytes: &[u8]) -> Option<u8> {
        let known = self.ids.get_mut(&stream);
        let header = quic::first_header(bytes)?;
        let ids = match (header, known) {
            (Header::Long { .. }, None) => {
                if self.ids.len() >= MOST {
                    self.ids.clear();
                }
                self.ids.entry(stream).or_default()
            }
            (_, known) => known?,
        };
        if let Header::Long { source } = header {
            // Each end says by which ID it wants to be called.
            ids[direction.reverse()] = source.to_vec();
        }
        u8::try_from(ids[direction].len()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_header_counts_behind_a_long_one_only() {
        let mut talks = Talks::default();
        let short = [0x40, 3, 3, 3, 3, 0xaa, 0xaa];
        let long = [0xc0, 0, 0, 0, 1, 2, 1, 1, 4, 3, 3, 3, 3, 0, 0];
        assert_eq!(talks.datagram(0, Direction::Forward, &short), None);
        assert_eq!(talks.datagram(0, Direction::Backward, &long), Some(0));
        assert_eq!(talks.datagram(0, Direction::Forward, &short), Some(4));
        assert_eq!(talks.datagram(1, Direction::Forward, &short), None, "another conversation");
    }
}
