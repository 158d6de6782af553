//! Memory that holds frames. Code that keeps a frame shares its memory after the source has moved on.

use super::recycle::Home;
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a capture. When the last reference is dropped, the memory returns to the thread that fills it again, if
/// it has one.
#[derive(Debug, Default)]
pub struct Buffer {
    pub(super) bytes: Vec<u8>,
    home: Option<Home<Vec<u8>>>,
}

impl Buffer {
    /// Memory that is freed when it is dropped.
    pub fn new(bytes: Vec<u8>) -> Buffer {
        Buffer { bytes, home: None }
    }

    /// Memory that returns to `home` when it is dropped.
    pub(super) fn lent(bytes: Vec<u8>, home: Home<Vec<u8>>) -> Buffer {
        Buffer { bytes, home: Some(home) }
    }

    /// The bytes in `range`; an empty slice where the buffer is shorter.
    pub fn slice(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}

/// A copy is freed when it is dropped.
impl Clone for Buffer {
    fn clone(&self) -> Buffer {
        Buffer::new(self.bytes.clone())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.give_back(std::mem::take(&mut self.bytes));
        }
    }
}

/// The place of a frame's bytes.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The shared buffer; cloning the reference keeps it.
    pub buffer: &'a Arc<Buffer>,
    /// The range of the frame's bytes in the buffer.
    pub range: Range<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::recycle::circle;

    #[test]
    fn memory_goes_back_when_the_last_holder_lets_go() {
        let (back, using) = circle::<Vec<u8>, ()>([], 1);
        let home = using.home().clone();
        let first = Arc::new(Buffer::lent(b"frames".to_vec(), home.clone()));
        let kept = Arc::clone(&first);
        let copy = Buffer::clone(&first);
        drop(first);
        home.give_back(b"nothing before this".to_vec());
        assert_eq!(kept.slice(1..4), b"ram");
        assert_eq!(kept.slice(4..9), b"", "not so many");
        drop(kept);
        assert_eq!(back.next_empty(), Some(b"nothing before this".to_vec()));
        assert_eq!(back.next_empty(), Some(b"frames".to_vec()));
        drop((copy, home, using));
        assert_eq!(back.next_empty(), None, "a copy goes nowhere, and no other holder is left");
    }
}
