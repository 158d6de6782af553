//! Finds the packets that hold the receipt, the bytes behind it, and the place of the marker in the server's bytes.

use super::{Exchange, Side};
use crate::conversation::stream::Ranges;
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::collect::TEXT_LIMIT;

/// The part of the lab's protocol that a segment's payload carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A part of the client's message.
    Message,
    /// The marker, or a part of it.
    Marker,
    /// Bytes of the server before the marker.
    Before,
    /// Bytes of the server behind the marker.
    Behind,
    /// Bytes of a server that sends no marker.
    Instead,
}

impl Exchange {
    /// The part that a segment carries; `None` without payload.
    pub fn part(&self, s: &Segment) -> Option<Part> {
        if s.len == 0 || s.is(Flags::RST) {
            return None;
        }
        let end = s.offset + i64::from(s.len);
        Some(match (self.side(s), self.marker_at) {
            (Side::Client, _) => Part::Message,
            (Side::Server, None) => Part::Instead,
            (Side::Server, Some(at)) if end <= at => Part::Before,
            (Side::Server, Some(at)) if s.offset >= at + self.marker_bytes.len() as i64 => Part::Behind,
            (Side::Server, Some(_)) => Part::Marker,
        })
    }

    /// Sorts the server's bytes: a marker at their beginning is the receipt, and the rest follows it. If they do not
    /// begin with the marker, all of them count in place of the receipt.
    pub(super) fn sort_answer(&mut self, marker: &[u8]) {
        let half = self.half(Side::Server);
        let (low, size) = (half.low(), marker.len() as i64);
        let begins = half.has_data()
            && half.lack().before == 0
            && !marker.is_empty()
            && half.bytes_at(low, marker.len()) == marker;
        let found = if begins { Some(low) } else { half.find(marker).filter(|_| !marker.is_empty()) };
        let marker_frames = found.map(|at| self.carriers(at, at + size)).unwrap_or_default();
        let (receipt, after) = if begins {
            (marker_frames.clone(), self.carriers(low + size, i64::MAX))
        } else {
            (self.answer.clone(), Vec::new())
        };
        self.marker_at = found;
        (self.begins_with_marker, self.marker, self.receipt, self.after_receipt) =
            (begins, marker_frames, receipt, after);
    }

    /// Whether the server's first bytes may be the marker: those that were captured agree with it, and the rest is
    /// missing.
    pub fn may_begin_with_marker(&self) -> bool {
        let half = self.half(Side::Server);
        let seen = half.bytes_at(half.low(), self.marker_bytes.len());
        half.has_data() && seen.len() < self.marker_bytes.len() && self.marker_bytes.starts_with(&seen)
    }

    /// Positions of the server's segments that bring new bytes between two offsets.
    fn carriers(&self, from: i64, to: i64) -> Vec<usize> {
        let mut seen = Ranges::default();
        let brings = |p: &&usize| {
            let Some(s) = self.at(**p) else { return false };
            let (start, end) = (s.offset.max(from), (s.offset + i64::from(s.len)).min(to));
            seen.add(start, end) > 0
        };
        self.answer.iter().filter(brings).copied().collect()
    }

    /// Length in bytes of the receipt: of the marker, or of all that the server sent instead. `None` where the
    /// capture cannot tell.
    pub fn receipt_len(&self) -> Option<u64> {
        if self.begins_with_marker { Some(self.marker_bytes.len() as u64) } else { self.length(Side::Server) }
    }

    /// The bytes of the receipt: the marker, or all that the server sent instead. `None` where bytes are missing.
    pub fn receipt_text(&self) -> Option<Vec<u8>> {
        if !self.begins_with_marker {
            return self.text(Side::Server);
        }
        let half = self.half(Side::Server);
        Some(half.bytes_at(half.low(), self.marker_bytes.len()))
    }

    /// How many bytes the server sent behind the receipt; `None` where the capture cannot tell.
    pub fn after_len(&self) -> Option<u64> {
        if !self.begins_with_marker {
            return Some(0);
        }
        self.length(Side::Server).map(|n| n.saturating_sub(self.marker_bytes.len() as u64))
    }

    /// The bytes that the server sent behind the receipt; `None` where some are missing.
    pub fn after_text(&self) -> Option<Vec<u8>> {
        if !self.begins_with_marker || self.after_len() == Some(0) {
            return Some(Vec::new());
        }
        let half = self.half(Side::Server);
        let lack = half.lack();
        let whole = lack.between + lack.after + lack.cut == 0 && half.len().is_some();
        whole.then(|| half.bytes_at(half.low() + self.marker_bytes.len() as i64, TEXT_LIMIT))
    }
}
