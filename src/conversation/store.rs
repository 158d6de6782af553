//! Conversations by their ends. At most a million are kept, so that no capture fills the memory.

use super::key::Key;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// The most conversations that are kept.
const MOST: usize = 1_000_000;

/// How many conversations are compared in order to forget one.
const CANDIDATES: usize = 64;

/// How many conversations are allocated together, so that growing moves none of them.
const CHUNK: usize = 1024;

/// What decides which conversation is forgotten.
pub(super) trait Conversation {
    /// Whether its end was seen.
    fn is_closed(&self) -> bool;
    /// When its last frame came, in nanoseconds since the epoch.
    fn last(&self) -> i64;
}

/// Conversations of one kind, numbered in the order in which they began.
pub(super) struct Store<V> {
    /// Slots, by the hash of their keys.
    table: HashTable<u32>,
    slots: Vec<Vec<(Key, V)>>,
    most: usize,
    /// The slot that was asked for last. The next segment often belongs to the same conversation.
    last: u32,
    /// The slot at which the next search for a conversation to forget begins.
    hand: usize,
    begun: u32,
    forgotten: u64,
}

impl<V> Default for Store<V> {
    fn default() -> Self {
        Store {
            table: HashTable::new(),
            slots: Vec::new(),
            most: MOST,
            last: 0,
            hand: 0,
            begun: 0,
            forgotten: 0,
        }
    }
}

fn hash(key: &Key) -> u64 {
    FxBuildHasher.hash_one(key)
}

fn at<V>(slots: &[Vec<(Key, V)>], slot: u32) -> Option<&(Key, V)> {
    slots.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)
}

impl<V: Conversation> Store<V> {
    /// How many conversations were forgotten to make room for others.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The slot of the conversation that was asked for last.
    pub(super) fn latest(&self) -> u32 {
        self.last
    }

    /// The conversation that was asked for last, and its key.
    pub(super) fn latest_entry(&self) -> Option<&(Key, V)> {
        at(&self.slots, self.last)
    }

    /// Sets the number that the next conversation gets.
    pub(super) fn number_next(&mut self, number: u32) {
        self.begun = number;
    }

    /// Sets the conversation of `key` to `value`, whether it was known or not.
    pub(super) fn plant(&mut self, key: &Key, value: V) {
        let hash = hash(key);
        let slots = &self.slots;
        let found = self.table.find(hash, |slot| at(slots, *slot).is_some_and(|(k, _)| k == key)).copied();
        match found {
            Some(slot) => {
                let chunk = self.slots.get_mut(slot as usize / CHUNK);
                if let Some(place) = chunk.and_then(|chunk| chunk.get_mut(slot as usize % CHUNK)) {
                    place.1 = value;
                }
            }
            None => self.last = self.insert(hash, *key, value),
        }
    }

    /// The number that the next conversation gets.
    pub(super) fn next(&self) -> u32 {
        self.begun
    }

    /// Returns the number for a new conversation, and goes on to the next one.
    pub(super) fn begin(&mut self) -> u32 {
        let next = self.begun;
        self.begun = next.wrapping_add(1);
        next
    }

    /// The conversation of `key`. If there is none, `new` makes one from its number. Always `Some`; the `Option` avoids an
    /// index that could panic.
    pub(super) fn get(&mut self, key: &Key, new: impl FnOnce(u32) -> V) -> Option<&mut V> {
        let slot = match at(&self.slots, self.last) {
            Some((last, _)) if last == key => self.last,
            _ => self.slot(key, new),
        };
        self.last = slot;
        let (_, value) = self.slots.get_mut(slot as usize / CHUNK)?.get_mut(slot as usize % CHUNK)?;
        Some(value)
    }

    /// The slot of `key`; a new one if it has none.
    fn slot(&mut self, key: &Key, new: impl FnOnce(u32) -> V) -> u32 {
        let hash = hash(key);
        let slots = &self.slots;
        let found = self.table.find(hash, |slot| at(slots, *slot).is_some_and(|(k, _)| k == key));
        match found {
            Some(slot) => *slot,
            None => {
                let number = self.begin();
                self.insert(hash, *key, new(number))
            }
        }
    }

    fn insert(&mut self, hash: u64, key: Key, value: V) -> u32 {
        let slot = if self.table.len() < self.most {
            self.push(key, value)
        } else {
            let slot = self.forget();
            let place =
                self.slots.get_mut(slot as usize / CHUNK).and_then(|c| c.get_mut(slot as usize % CHUNK));
            if let Some(place) = place {
                *place = (key, value);
            }
            slot
        };
        let slots = &self.slots;
        self.table.insert_unique(hash, slot, |slot| at(slots, *slot).map_or(0, |(key, _)| self::hash(key)));
        slot
    }

    fn push(&mut self, key: Key, value: V) -> u32 {
        if self.slots.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.slots.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.slots.last_mut() {
            chunk.push((key, value));
        }
        self.table.len() as u32
    }

    /// Forgets one conversation, and returns its slot. Of some candidates, it is the first that is closed, or else
    /// the one that was silent for the longest. The candidates move through all slots in turn, so they always began
    /// long ago.
    fn forget(&mut self) -> u32 {
        let candidates = (0..CANDIDATES.min(self.most)).map(|n| ((self.hand + n) % self.most) as u32);
        let known = candidates.filter_map(|slot| Some((slot, at(&self.slots, slot)?)));
        let oldest = known.min_by_key(|(_, (_, v))| if v.is_closed() { i64::MIN } else { v.last() });
        let Some((slot, (key, _))) = oldest else { return 0 };
        if let Ok(entry) = self.table.find_entry(hash(key), |s| *s == slot) {
            entry.remove();
        }
        self.hand = (slot as usize + 1) % self.most;
        self.forgotten += 1;
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Talk {
        number: u32,
        closed: bool,
    }

    impl Conversation for Talk {
        fn is_closed(&self) -> bool {
            self.closed
        }
        fn last(&self) -> i64 {
            self.number.into()
        }
    }

    fn key(n: u32) -> Key {
        Key::v4([u64::from(n), u64::MAX])
    }

    fn number(store: &mut Store<Talk>, n: u32) -> u32 {
        store.get(&key(n), |number| Talk { number, closed: false }).unwrap().number
    }

    #[test]
    fn the_same_ends_are_the_same_conversation() {
        let mut store = Store::default();
        for round in 0..2 {
            for n in 0..5000 {
                assert_eq!(number(&mut store, n), n, "round {round}");
            }
        }
        assert_eq!(store.forgotten(), 0);
    }

    #[test]
    fn closed_ones_are_forgotten_first_and_the_others_stay() {
        let mut store = Store { most: 100, ..Store::default() };
        for n in 0..100 {
            number(&mut store, n);
        }
        store.get(&key(17), |_| unreachable!()).unwrap().closed = true;
        assert_eq!(number(&mut store, 1000), 100);
        assert_eq!(store.forgotten(), 1);
        assert_eq!((0..100).filter(|n| *n != 17).map(|n| number(&mut store, n)).sum::<u32>(), 4950 - 17);
        assert_eq!(number(&mut store, 17), 101, "it begins anew");
    }

    #[test]
    fn many_more_than_fit_leave_the_newest() {
        let mut store = Store { most: 100, ..Store::default() };
        for n in 0..10_000 {
            assert_eq!(number(&mut store, n), n);
        }
        assert_eq!(store.table.len(), 100);
        assert_eq!(store.slots.iter().map(Vec::len).sum::<usize>(), 100);
        assert_eq!((9_936..10_000).map(|n| u64::from(number(&mut store, n) == n)).sum::<u64>(), 64);
    }
}
