//! Memory that goes round between two threads: one fills, the other uses and gives back, so that a run of any length
//! needs only what was there at its start.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// The end that fills. `E` is empty memory, `F` what it holds once it is filled.
pub struct Filling<E, F> {
    empty: Receiver<E>,
    deliver: SyncSender<F>,
}

/// The end that uses. Dropping it ends the other thread's work.
pub struct Using<E, F> {
    ready: Receiver<F>,
    home: Home<E>,
}

/// The way back for memory that outlives its turn.
#[derive(Debug)]
pub struct Home<E>(Sender<E>);

/// Both ends of a circle with these pieces of empty memory. At most `ready` pieces wait filled.
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
    /// Waits for empty memory; `None` once the other end and all that it held are gone.
    pub fn next_empty(&self) -> Option<E> {
        self.empty.recv().ok()
    }

    /// Hands over filled memory, after a wait where too much is ready; `false` once the other end is gone.
    pub fn deliver(&self, filled: F) -> bool {
        self.deliver.send(filled).is_ok()
    }
}

impl<E, F> Using<E, F> {
    /// Waits for filled memory; `None` after the last piece.
    pub fn next_filled(&self) -> Option<F> {
        self.ready.recv().ok()
    }

    /// The way back.
    pub fn home(&self) -> &Home<E> {
        &self.home
    }
}

impl<E> Home<E> {
    /// Gives memory back to be filled again. At the end of the input the other thread is gone: then it is freed.
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
