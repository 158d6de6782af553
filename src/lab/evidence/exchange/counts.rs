//! How many packets come before, between and after the message and the receipt.

use super::{Exchange, Outcome, Side};

impl Exchange {
    /// How many of the first `n` packets are copies of earlier frames, and how many are retransmissions.
    pub fn again(&self, n: usize) -> (usize, usize) {
        let before = self.conversation.segments.tally_before(n);
        (before.copies as usize, before.repeats as usize)
    }

    /// How many of the first `n` packets are neither copies nor retransmissions.
    pub fn distinct(&self, n: usize) -> usize {
        let (copies, repeats) = self.again(n);
        n.saturating_sub(copies + repeats)
    }

    /// Positions of the packets that the questions about the marker mean: those with the marker, at any place in the
    /// server's bytes; without a marker, those with what the server sends instead.
    pub fn confirming(&self) -> &[usize] {
        if self.marker.is_empty() { &self.receipt } else { &self.marker }
    }

    /// Packets before the first one with a byte of the message; `None` where the capture cannot tell.
    pub fn before_message(&self) -> Option<usize> {
        let first = *self.message.first()?;
        (self.has_beginning() && self.half(Side::Client).lack().before == 0).then_some(first)
    }

    /// Packets before the first one with a byte of the receipt; `None` where the capture cannot tell.
    pub fn before_receipt(&self) -> Option<usize> {
        let first = *self.confirming().first()?;
        let (client, server) = (self.half(Side::Client).lack(), self.half(Side::Server).lack());
        // Bytes that are missing from the capture came in packets that cannot be counted.
        let whole = client.before + client.between + client.after + server.before == 0;
        let whole = whole && (self.begins_with_marker || server.between == 0);
        (self.has_beginning() && whole).then_some(first)
    }

    /// Whether the capture holds the connection from its first packet, in both directions.
    fn has_beginning(&self) -> bool {
        self.half(Side::Client).syn && self.half(Side::Server).syn
    }

    /// Packets strictly between the last one with new bytes of the message and the first with a byte of the receipt;
    /// `None` where the capture cannot tell.
    pub fn between(&self) -> Option<usize> {
        let (last, first) = (*self.message.last()?, *self.confirming().first()?);
        let (client, server) = (self.half(Side::Client).lack(), self.half(Side::Server).lack());
        (client.after == 0 && server.before == 0).then(|| first.saturating_sub(last + 1))
    }

    /// Packets after the last one with new bytes of the receipt; `None` if the capture does not show the connection's
    /// end.
    pub fn packets_after_receipt(&self) -> Option<usize> {
        let last = *self.confirming().last()?;
        let whole = self.half(Side::Server).lack().after == 0;
        let both = self.conversation.segments.iter().any(|s| self.side(s) == Side::Client);
        // A FIN that is known only from its acknowledgement came in a packet that cannot be counted.
        let unseen = [Side::Client, Side::Server].iter().any(|side| self.half(*side).lack().unexplained > 0);
        (whole && both && !unseen && self.is_closed()).then(|| self.count() - last - 1)
    }

    /// Where the receipt was sent before the whole message had arrived: its position, how many bytes had arrived, and
    /// how many the message has. `None` if it was not early, or the capture cannot tell.
    ///
    /// The acknowledgement number in the receipt's own packet proves it, on whichever side the capture was made.
    pub fn early_receipt(&self) -> Option<(usize, u64, u64)> {
        let position = *self.marker.first()?;
        let receipt = self.at(position)?;
        let half = self.half(Side::Client);
        let (start, total) = (half.seq_at(half.start?)?, half.len()?);
        let arrived = u64::from(receipt.ack - start);
        (self.outcome == Outcome::Confirmed && arrived < total).then_some((position, arrived, total))
    }
}
