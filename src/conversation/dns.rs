//! Relates DNS messages to each other: which query an answer belongs to, and which messages are repeats.

use crate::dissect::protocols::dns::DnsFacts;
use crate::dissect::reading::read::Read;
use rustc_hash::FxHashMap;

/// A query is a repeat if it follows the first one within this many nanoseconds; after that it is a new query.
const REPEAT_WITHIN: i64 = 5_000_000_000;

/// The most transactions that each of two generations remembers. When the young one is full, it becomes the old one,
/// and the former old one is forgotten.
const MAX_TRANSACTIONS: usize = 65_536;

/// The conversation of a message and its ID: the transport, the stream's index there, and the ID.
type TransactionKey = (Transport, u32, u16);

/// The transport of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

/// A query: its frame, its time in nanoseconds since the epoch, and the frame of its answer, once that came.
#[derive(Clone, Copy, Debug)]
struct Transaction {
    query: u64,
    time: i64,
    answer: Option<u64>,
}

/// The transactions of a capture that are remembered.
#[derive(Default)]
pub(super) struct Transactions {
    young: FxHashMap<TransactionKey, Transaction>,
    old: FxHashMap<TransactionKey, Transaction>,
}

impl Transactions {
    /// Takes the next message: its frame, its time in nanoseconds since the epoch, and its bytes. `None` for a query
    /// that is no repeat, and for a message too short to have flags.
    pub(super) fn message(
        &mut self,
        (transport, stream): (Transport, u32),
        frame: u64,
        time: i64,
        message: &[u8],
    ) -> Option<DnsFacts> {
        let (id, flags) = message.u16(0).zip(message.u16(2))?;
        let key = (transport, stream, id);
        let known = self.find(key);
        if flags & 0x8000 == 0 {
            if let Some(known) =
                known.filter(|k| k.answer.is_none() && time.saturating_sub(k.time) < REPEAT_WITHIN)
            {
                return Some(DnsFacts::RepeatedQuery(known.query));
            }
            self.remember(key, Transaction { query: frame, time, answer: None });
            return None;
        }
        match known {
            None => Some(DnsFacts::Unsolicited),
            Some(Transaction { answer: Some(first), .. }) => Some(DnsFacts::RepeatedAnswer(first)),
            Some(known) => {
                self.remember(key, Transaction { answer: Some(frame), ..known });
                Some(DnsFacts::Answer { query: known.query, time: time.saturating_sub(known.time) })
            }
        }
    }

    fn find(&self, key: TransactionKey) -> Option<Transaction> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    fn remember(&mut self, key: TransactionKey, transaction: Transaction) {
        if self.young.len() >= MAX_TRANSACTIONS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, transaction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const QUERY: &[u8] = &[0, 1, 1, 0];
    const ANSWER: &[u8] = &[0, 1, 0x81, 0x80];
    const STREAM: (Transport, u32) = (Transport::Udp, 0);

    #[test]
    fn an_answer_names_its_query_and_the_second_one_the_first() {
        let mut t = Transactions::default();
        assert_eq!(t.message(STREAM, 1, SECOND, QUERY), None);
        let facts = DnsFacts::Answer { query: 1, time: SECOND };
        assert_eq!(t.message(STREAM, 2, 2 * SECOND, ANSWER), Some(facts));
        assert_eq!(t.message(STREAM, 3, 2 * SECOND, ANSWER), Some(DnsFacts::RepeatedAnswer(2)));
        assert_eq!(t.message(STREAM, 4, 3 * SECOND, QUERY), None, "an answered query may be asked anew");
    }

    #[test]
    fn a_query_is_a_repeat_for_five_seconds() {
        let mut t = Transactions::default();
        assert_eq!(t.message(STREAM, 1, 0, QUERY), None);
        assert_eq!(t.message(STREAM, 2, 4 * SECOND, QUERY), Some(DnsFacts::RepeatedQuery(1)));
        assert_eq!(t.message(STREAM, 3, 5 * SECOND, QUERY), None);
    }

    #[test]
    fn other_streams_and_cut_messages_are_not_mixed_up() {
        let mut t = Transactions::default();
        assert_eq!(t.message(STREAM, 1, 0, QUERY), None);
        assert_eq!(t.message((Transport::Udp, 1), 2, 0, ANSWER), Some(DnsFacts::Unsolicited));
        assert_eq!(t.message(STREAM, 3, 0, &ANSWER[..3]), None);
    }

    #[test]
    fn memory_is_bounded_and_the_latest_are_kept() {
        let mut t = Transactions::default();
        for stream in 0..3 * MAX_TRANSACTIONS as u32 {
            t.message((Transport::Udp, stream), 1, 0, QUERY);
        }
        assert!(t.young.len() + t.old.len() <= 2 * MAX_TRANSACTIONS);
        let last = (Transport::Udp, 3 * MAX_TRANSACTIONS as u32 - 1);
        assert!(matches!(t.message(last, 2, 0, ANSWER), Some(DnsFacts::Answer { .. })));
    }
}
