//! Memory that circulates between two threads: one fills it, the other uses it and gives it back, so that a run of
//! any length needs only the memory from its start.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// The end that fills memory. `E` is an empty piece, `F` a filled one.
pub struct Filling<E, F> {
    empty: Receiver<E>,
    deliver: SyncSender<F>,
}

/// The end that uses memory. Dropping it ends the other thread's work.
pub struct Using<E, F> {
    ready: Receiver<F>,
    home: Home<E>,
}

/// The way back for memory that is used longer.
#[derive(Debug)]
pub struct Home<E>(Sender<E>);

/// Both ends of a circle with these empty pieces. At most `ready` filled pieces wait.
pub fn circle<E, F>(empty: impl IntoIterator<Item = E>, ready: usize) -> (Filling<E, F>, Using<E, F>) {
    let (deliver, filled) = sync_channel(ready);
    let (back, again) = channel();
    for piece in empty {
        // The send succeeds: the receiver is still in scope.
        let _ = back.send(piece);
    }
    (Filling { empty: again, deliver }, Using { ready: filled, home: Home(back) })
}

impl<E, F> Filling<E, F> {
    /// Waits for an empty piece; `None` once the other end and all its pieces are gone.
    pub fn next_empty(&self) -> Option<E> {
        self.empty.recv().ok()
    }

    /// Hands over a filled piece; waits while too many are ready. `false` once the other end is gone.
    pub fn deliver(&self, filled: F) -> bool {
        self.deliver.send(filled).is_ok()
    }
}

impl<E, F> Using<E, F> {
    /// Waits for a filled piece; `None` after the last one.
    pub fn next_filled(&self) -> Option<F> {
        self.ready.recv().ok()
    }

    /// The way back for its memory.
    pub fn home(&self) -> &Home<E> {
        &self.home
    }
}

impl<E> Home<E> {
    /// Gives a piece back to be filled again. After the other thread has ended, the piece is freed.
    pub fn give_back(&self, piece: E) {
        let _ = self.0.send(piece);
    }
}

impl<E> Clone for Home<E> {
    fn clone(&self) -> Home<E> {
        Home(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_goes_round_and_no_more_of_it_than_at_the_start() {
        let (filling, using) = circle::<Vec<u8>, Vec<u8>>([Vec::new(), Vec::new()], 2);
        let filler = std::thread::spawn(move || {
            let mut n = 0;
            while let Some(mut piece) = filling.next_empty() {
                piece.clear();
                piece.push(n);
                n += 1;
                if n > 100 || !filling.deliver(piece) {
                    break;
                }
            }
        });
        let mut places = std::collections::BTreeSet::new();
        let mut seen = 0;
        while let Some(piece) = using.next_filled() {
            assert_eq!(piece, [seen]);
            places.insert(piece.as_ptr() as usize);
            seen += 1;
            using.home().give_back(piece);
        }
        filler.join().expect("the filler ends");
        assert_eq!(seen, 100);
        assert!(places.len() <= 2, "{places:?}");
    }

    #[test]
    fn each_end_notices_that_the_other_is_gone() {
        let (filling, using) = circle::<u8, u8>([1], 1);
        drop(using);
        assert_eq!(filling.next_empty(), Some(1), "what was there at the start is still handed out");
        assert!(!filling.deliver(1));
        assert_eq!(filling.next_empty(), None);
        let (filling, using) = circle::<u8, u8>([1], 1);
        drop(filling);
        assert_eq!(using.next_filled(), None);
        using.home().give_back(1);
    }
}
