//! One direction of a connection by its sequence numbers: the bytes that its segments add, and the offsets that SYN,
//! FIN and acknowledgements mark.

use super::Assembler;
use crate::dissect::protocols::tcp::SeqNo;
use memchr::memmem;

/// How many bytes of a stream's beginning are kept even if there is no room for more.
const LEAST: usize = 64;

/// What is new about a segment in its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News(u8);

impl News {
    /// The first SYN of this direction.
    pub const SYN: News = News(1);
    /// Bytes of payload that no earlier frame carried.
    pub const DATA: News = News(2);
    /// The first FIN of this direction.
    pub const FIN: News = News(4);
    /// The segment carries a SYN, a FIN or payload, and none of that is new.
    pub const REPEAT: News = News(8);
    /// The frame has the TCP header of an earlier frame, byte for byte: it was recorded twice, not sent twice.
    pub const COPY: News = News(16);
    /// The segment carries other bytes than an earlier frame at the same sequence numbers.
    pub const DIFFERS: News = News(32);

    /// Whether any of `other` applies.
    pub const fn has(self, other: News) -> bool {
        self.0 & other.0 != 0
    }

    /// The news without those of `other`.
    #[must_use]
    pub const fn without(self, other: News) -> News {
        News(self.0 & !other.0)
    }

    /// The news of both.
    #[must_use]
    pub const fn with(self, other: News) -> News {
        News(self.0 | other.0)
    }
}

/// One segment, as the stream of its direction needs it.
#[derive(Clone, Copy, Debug)]
pub struct Carried<'a> {
    /// Sequence number in the header.
    pub seq: SeqNo,
    /// Whether SYN is set.
    pub syn: bool,
    /// Whether FIN is set.
    pub fin: bool,
    /// Length of the payload on the wire, in bytes.
    pub len: u32,
    /// The payload as far as it was captured.
    pub payload: &'a [u8],
}

/// One direction of a connection. Offsets count bytes of payload from an arbitrary origin, so only their differences
/// and [`Half::start`] have a meaning.
#[derive(Clone, Debug)]
pub struct Half {
    newest: Option<(SeqNo, i64)>,
    /// Offset of the first byte; `None` until a SYN or the acknowledgement of a SYN says it.
    pub start: Option<i64>,
    /// Whether a SYN of this direction was captured.
    pub syn: bool,
    first_seq: Option<i64>,
    /// The highest offset at which a segment of this direction begins.
    reach: i64,
    /// The lowest and the highest offset that the other side has acknowledged.
    acked: Option<(i64, i64)>,
    /// Offset of the FIN, which is one past the last byte; `None` until it was seen.
    pub fin: Option<i64>,
    bytes: Assembler,
    /// The most bytes from the beginning that are kept.
    most: usize,
}

/// What a capture lacks of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lack {
    /// Bytes before the first one that was captured.
    pub before: i64,
    /// Bytes in gaps between captured ones.
    pub between: i64,
    /// Bytes after the last one that was captured.
    pub after: i64,
    /// Sequence numbers after the last captured byte that were used without a frame that shows how: the other side
    /// acknowledged them, or this side went past them. They are bytes, and the last may be a FIN.
    pub unexplained: i64,
    /// Bytes of captured frames that the snapshot length has cut off.
    pub cut: i64,
}

impl Lack {
    /// Whether bytes of payload are certainly missing.
    pub fn bytes(self) -> bool {
        self.before + self.between + self.after + self.cut > 0
    }
}

impl Half {
    /// A direction without segments so far. The first `most` bytes of its stream will be kept.
    pub fn new(most: usize) -> Half {
        Half {
            newest: None,
            start: None,
            syn: false,
            first_seq: None,
            reach: 0,
            acked: None,
            fin: None,
            bytes: Assembler::default(),
            most,
        }
    }

    fn offset(&mut self, seq: SeqNo) -> i64 {
        match self.newest {
            Some((known, at)) => at + i64::from((seq - known) as i32),
            None => {
                self.newest = Some((seq, 0));
                0
            }
        }
    }

    /// Takes the next segment of this direction. Returns what is new about it, and the offset of its first byte of
    /// payload. `room` is reduced by the number of bytes that are kept.
    pub fn take(&mut self, c: &Carried<'_>, room: &mut usize) -> (News, i64) {
        let first = if c.syn { c.seq + 1 } else { c.seq };
        let at = self.offset(first);
        let end = at + i64::from(c.len);
        let mut news = News::default();
        if c.syn && !self.syn {
            self.syn = true;
            self.start = Some(at);
            news = news.with(News::SYN);
        }
        self.first_seq = Some(self.first_seq.map_or(at, |s| s.min(at)));
        self.reach = self.reach.max(at);
        let most = if *room >= c.payload.len() { self.most } else { LEAST.min(self.most) };
        let low = self.start.unwrap_or_else(|| self.bytes.captured().low().map_or(at, |low| low.min(at)));
        let until = low.saturating_add(i64::try_from(most).unwrap_or(i64::MAX));
        let differs = self.differs(at, c.payload);
        let added = self.bytes.add(at, c.payload, c.len, until);
        *room = room.saturating_sub(added.kept);
        if added.new > 0 {
            news = news.with(News::DATA);
        }
        if c.fin && self.fin.is_none() {
            self.fin = Some(end);
            news = news.with(News::FIN);
        }
        if (c.syn || c.fin || c.len > 0) && news == News::default() {
            news = News::REPEAT;
        }
        if differs {
            news = news.with(News::DIFFERS);
        }
        if self.newest.is_none_or(|(_, known)| end > known) {
            self.newest = Some((first + c.len, end));
        }
        (news, at)
    }

    /// Whether a byte of `payload` differs from the byte that was kept at its offset. A single byte does not count: a
    /// keep-alive may carry any byte instead of the real one (RFC 9293, section 3.8.4).
    fn differs(&self, at: i64, payload: &[u8]) -> bool {
        let end = at + payload.len() as i64;
        if payload.len() < 2 || self.bytes.captured().high().is_none_or(|high| high <= at) {
            return false;
        }
        let mut from = at;
        while let Some(next) = self.bytes.next_kept(from).filter(|next| *next < end) {
            let known = self.bytes.bytes(next, usize::try_from(end - next).unwrap_or(0));
            let place = usize::try_from(next - at).unwrap_or(0);
            if payload.get(place..place + known.len()) != Some(known.as_slice()) {
                return true;
            }
            from = next + known.len() as i64;
        }
        false
    }

    /// The offset of a sequence number; `None` before the first segment of this direction.
    pub fn offset_of(&self, seq: SeqNo) -> Option<i64> {
        self.newest.map(|(known, at)| at + i64::from((seq - known) as i32))
    }

    /// The offset of the first byte that is known to exist.
    pub fn low(&self) -> i64 {
        self.extent().0
    }

    /// The offset of `text` in the kept bytes, where it must be without a gap; `None` if it is not there.
    pub fn find(&self, text: &[u8]) -> Option<i64> {
        let mut from = i64::MIN;
        while let Some(next) = self.bytes.next_kept(from) {
            let bytes = self.bytes.bytes(next, self.most);
            if let Some(place) = memmem::find(&bytes, text) {
                return Some(next + place as i64);
            }
            from = next + bytes.len().max(1) as i64;
        }
        None
    }

    /// Replaces the offset of the FIN. For callers that know that the first FIN was forged.
    pub fn set_fin(&mut self, fin: Option<i64>) {
        self.fin = fin;
    }

    /// Limits the acknowledgements to `offset`. For callers that know that nothing beyond it was sent.
    pub fn forget_acks_beyond(&mut self, offset: i64) {
        self.acked = self.acked.map(|(low, high)| (low.min(offset), high.min(offset)));
    }

    /// Notes that the other side has acknowledged everything before `ack`, and returns the offset of `ack`.
    pub fn acknowledged(&mut self, ack: SeqNo) -> i64 {
        let at = self.offset(ack);
        let (low, high) = self.acked.unwrap_or((at, at));
        self.acked = Some((low.min(at), high.max(at)));
        at
    }

    /// Notes where this direction begins. The acknowledgement in a SYN,ACK says it, even if the SYN was not captured.
    pub fn begins_at(&mut self, first: SeqNo) {
        if self.start.is_none() {
            self.start = Some(self.offset(first));
        }
    }

    /// The bytes by their offsets.
    pub fn assembler(&self) -> &Assembler {
        &self.bytes
    }

    /// Takes out the kept bytes at an offset that came in one segment ([`Assembler::take_piece`]).
    pub fn take_piece(&mut self, from: i64) -> Vec<u8> {
        self.bytes.take_piece(from)
    }

    /// The offsets between which bytes are known to exist.
    fn extent(&self) -> (i64, i64) {
        let least =
            [self.bytes.carried().low(), self.first_seq, self.acked.map(|a| a.0)].into_iter().flatten().min();
        let low = self.start.or(least).unwrap_or(0);
        let end = self.fin.max(self.bytes.carried().high()).unwrap_or(low);
        (low, end.max(low))
    }

    /// Whether any frame carried payload, captured or cut.
    pub fn has_data(&self) -> bool {
        self.bytes.carried().total() > 0
    }

    /// What the capture lacks of this direction.
    pub fn lack(&self) -> Lack {
        let (low, end) = self.extent();
        let first = self.bytes.carried().low().unwrap_or(end).clamp(low, end);
        let last = self.bytes.carried().high().unwrap_or(low).clamp(low, end);
        let used = self.reach.max(self.acked.map_or(low, |a| a.1));
        // A single number may be a FIN, so only the numbers before it are certainly bytes.
        let unexplained = if self.fin.is_some() { 0 } else { (used - last).max(0) };
        Lack {
            before: if self.has_data() { first - low } else { 0 },
            between: self.bytes.carried().lacking(first, last),
            after: if self.fin.is_some() { end - last } else { (unexplained - 1).max(0) },
            unexplained,
            cut: self.bytes.carried().total() - self.bytes.captured().total(),
        }
    }

    /// Length of the stream on the wire in bytes; `None` if the capture does not show it.
    pub fn len(&self) -> Option<u64> {
        let (low, end) = self.extent();
        let lack = self.lack();
        if lack.unexplained > 1 || self.start.is_none() && !self.has_data() {
            return None;
        }
        u64::try_from(end - low).ok()
    }

    /// Whether the stream is known to have no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The first bytes of the stream, as many as are kept; `None` if bytes are missing.
    pub fn text(&self) -> Option<Vec<u8>> {
        if self.len().is_none() || self.lack().bytes() {
            return None;
        }
        let (low, end) = self.extent();
        Some(self.bytes.bytes(low, usize::try_from(end - low).unwrap_or(0)))
    }

    /// Up to `len` kept bytes at `offset`; they end at the first gap.
    pub fn bytes_at(&self, offset: i64, len: usize) -> Vec<u8> {
        self.bytes.bytes(offset, len)
    }

    /// The sequence number that is shown as 0: the number of the SYN, or else the number before the first one seen.
    /// `None` before the first segment.
    pub fn base(&self) -> Option<SeqNo> {
        self.seq_at(self.start.unwrap_or(0) - 1)
    }

    /// The sequence number at `offset`; `None` before the first segment.
    pub fn seq_at(&self, offset: i64) -> Option<SeqNo> {
        self.newest.map(|(seq, at)| seq + (offset - at) as u32)
    }

    /// The next sequence number that this side will use, and the other side expects; `None` before the first segment.
    pub fn next(&self) -> Option<SeqNo> {
        let (_, end) = self.extent();
        let acked = self.acked.map_or(end, |a| a.1);
        let next = end.max(self.reach).max(acked).max(self.fin.map_or(end, |f| f + 1));
        self.seq_at(next)
    }

    /// Whether the other side has acknowledged the FIN.
    pub fn fin_acked(&self) -> bool {
        self.fin.zip(self.acked).is_some_and(|(fin, (_, high))| high > fin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT_LIMIT: usize = 16_384;

    fn data(seq: u32, payload: &[u8]) -> Carried<'_> {
        Carried { seq: SeqNo(seq), syn: false, fin: false, len: payload.len() as u32, payload }
    }

    fn take(half: &mut Half, c: &Carried<'_>) -> (News, i64) {
        half.take(c, &mut { usize::MAX })
    }

    fn syn(seq: u32) -> Carried<'static> {
        Carried { syn: true, ..data(seq, b"") }
    }

    #[test]
    fn a_stream_reads_across_the_wrap_of_its_numbers() {
        let mut half = Half::new(TEXT_LIMIT);
        take(&mut half, &syn(u32::MAX - 2));
        take(&mut half, &data(u32::MAX - 1, b"abcd"));
        take(&mut half, &data(2, b"ef"));
        assert_eq!((half.text().unwrap(), half.len()), (b"abcdef".to_vec(), Some(6)));
        assert_eq!(half.next(), Some(SeqNo(4)));
    }

    #[test]
    fn late_and_repeated_segments_are_told_apart() {
        let mut half = Half::new(TEXT_LIMIT);
        take(&mut half, &syn(0));
        assert_eq!(take(&mut half, &data(4, b"def")).0, News::DATA);
        assert_eq!(half.lack().before, 3);
        assert_eq!(take(&mut half, &data(1, b"abc")).0, News::DATA);
        assert_eq!(take(&mut half, &data(1, b"abcdef")).0, News::REPEAT);
        assert_eq!(take(&mut half, &data(4, b"XXXgh")).0, News::DATA.with(News::DIFFERS));
        assert_eq!(half.text().unwrap(), b"abcdefgh");
        assert_eq!(take(&mut half, &syn(0)).0, News::REPEAT);
    }

    #[test]
    fn bytes_that_were_acknowledged_but_not_captured_are_missing() {
        let mut half = Half::new(TEXT_LIMIT);
        take(&mut half, &syn(0));
        take(&mut half, &data(1, b"abc"));
        half.acknowledged(SeqNo(4));
        assert!(!half.lack().bytes());
        half.acknowledged(SeqNo(5));
        assert_eq!((half.lack().unexplained, half.len()), (1, Some(3)), "perhaps a FIN");
        half.acknowledged(SeqNo(14));
        assert_eq!((half.lack().after, half.len(), half.text()), (9, None, None));
        take(&mut half, &Carried { fin: true, ..data(13, b"") });
        assert_eq!((half.lack().after, half.len(), half.text()), (9, Some(12), None));
    }

    #[test]
    fn a_snapshot_cut_keeps_the_length_and_loses_the_text() {
        let mut half = Half::new(TEXT_LIMIT);
        take(&mut half, &syn(0));
        take(&mut half, &Carried { len: 28, ..data(1, b"Hello") });
        assert_eq!((half.len(), half.text(), half.lack().cut), (Some(28), None, 23));
    }

    #[test]
    fn without_a_syn_nothing_is_said_about_what_was_not_seen() {
        let half = Half::new(TEXT_LIMIT);
        assert_eq!((half.len(), half.text()), (None, None));
        let mut half = Half::new(TEXT_LIMIT);
        take(&mut half, &data(500, b""));
        take(&mut half, &data(700, b"abc"));
        assert_eq!(half.lack().before, 200);
    }

    #[test]
    fn only_the_beginning_of_a_long_text_is_kept() {
        let mut half = Half::new(TEXT_LIMIT);
        take(&mut half, &syn(0));
        let block = [b'a'; 1000];
        for i in 0..40 {
            take(&mut half, &data(1 + i * 1000, &block));
        }
        assert_eq!((half.text().unwrap().len(), half.len()), (TEXT_LIMIT, Some(40_000)));
        assert_eq!(half.bytes.waiting(0), TEXT_LIMIT);
    }

    #[test]
    fn without_room_only_the_first_bytes_of_a_text_are_kept() {
        let (mut half, mut room) = (Half::new(TEXT_LIMIT), 150);
        half.take(&syn(0), &mut room);
        half.take(&data(1, &[b'a'; 100]), &mut room);
        half.take(&data(101, &[b'b'; 100]), &mut room);
        assert_eq!((room, half.len(), half.text().unwrap().len()), (50, Some(200), 100));
        let mut other = Half::new(TEXT_LIMIT);
        other.take(&syn(0), &mut room);
        other.take(&data(1, &[b'c'; 100]), &mut room);
        assert_eq!((other.text().unwrap().len(), other.bytes_at(60, 100).len()), (LEAST, 4));
        assert!(!other.lack().bytes());
    }
}
