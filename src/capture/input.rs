//! A window over a byte stream: large reads, and slices borrowed from the buffer.

use super::ahead::{Ahead, CHUNK, HEADROOM};
use super::buffer::{Buffer, Place};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a small buffer: several frames that follow each other.
const SMALL: usize = 32 * 1024;

/// The window. A slice from [`Input::take`] stays valid until the next [`Input::need`], and longer while a reference
/// to the buffer exists.
pub(super) struct Input<R> {
    from: From<R>,
    buffer: Arc<Buffer>,
    start: usize,
    end: usize,
    /// Offset of the buffer's first byte in the stream, modulo 2^64: the free bytes in front have no offset.
    base: u64,
}

/// Where bytes come from. Reading large chunks is fastest; mapping the file was twice as slow.
enum From<R> {
    /// From the reader itself, when they are needed.
    Reader(R),
    /// From a thread that reads before they are needed.
    Ahead(Ahead),
}

impl<R: Read> Input<R> {
    pub(super) fn new(reader: R) -> Self {
        Input {
            from: From::Reader(reader),
            buffer: Arc::new(Buffer::new(vec![0; CHUNK])),
            start: 0,
            end: 0,
            base: 0,
        }
    }

    /// A window with a small buffer, for reading single frames in any order.
    pub(super) fn small(reader: R) -> Self {
        let buffer = Arc::new(Buffer::new(vec![0; SMALL]));
        Input { from: From::Reader(reader), buffer, start: 0, end: 0, base: 0 }
    }

    /// A window over the bytes that a thread reads ahead.
    pub(super) fn ahead(ahead: Ahead) -> Self {
        Input { from: From::Ahead(ahead), buffer: Arc::default(), start: 0, end: 0, base: 0 }
    }

    /// Whether a thread reads ahead.
    pub(super) fn reads_ahead(&self) -> bool {
        matches!(self.from, From::Ahead(_))
    }

    /// Offset of the window in the stream.
    pub(super) fn offset(&self) -> u64 {
        self.base.wrapping_add(self.start as u64)
    }

    /// The bytes in the window.
    pub(super) fn window(&self) -> &[u8] {
        self.buffer.slice(self.start..self.end)
    }

    /// Bytes of the buffer.
    pub(super) fn slice(&self, range: Range<usize>) -> &[u8] {
        self.buffer.slice(range)
    }

    /// The buffer as a shared reference, for code that keeps the bytes.
    pub(super) fn place(&self, range: Range<usize>) -> Place<'_> {
        Place { buffer: &self.buffer, range }
    }

    /// Extends the window to at least `n` bytes; `false` if the stream ends before that.
    #[inline]
    pub(super) fn need(&mut self, n: usize) -> io::Result<bool> {
        if self.end - self.start >= n { Ok(true) } else { self.fill(n) }
    }

    /// Takes up to `n` bytes off the window, and returns their range in the buffer.
    #[inline]
    pub(super) fn take(&mut self, n: usize) -> Range<usize> {
        let from = self.start;
        self.start = self.end.min(from + n);
        from..self.start
    }

    /// Skips `n` bytes without keeping them; `false` if the stream ends before that.
    pub(super) fn skip(&mut self, mut n: u64) -> io::Result<bool> {
        loop {
            let here = (self.end - self.start).min(usize::try_from(n).unwrap_or(usize::MAX));
            self.start += here;
            n -= here as u64;
            if n == 0 {
                return Ok(true);
            }
            if !self.fill(1)? {
                return Ok(false);
            }
        }
    }

    #[cold]
    fn fill(&mut self, n: usize) -> io::Result<bool> {
        while self.end - self.start < n {
            let more = match &self.from {
                From::Reader(_) => self.read(n)?,
                From::Ahead(_) => self.next_chunk()?,
            };
            if !more {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Moves the window's bytes to the buffer's beginning, and reads more behind them; `false` at the end.
    fn read(&mut self, n: usize) -> io::Result<bool> {
        let From::Reader(reader) = &mut self.from else { return Ok(false) };
        let buffer = &mut Arc::make_mut(&mut self.buffer).bytes;
        buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if n > buffer.len() {
            buffer.resize(n, 0);
        }
        loop {
            match reader.read(buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(got) => {
                    self.end += got;
                    return Ok(got > 0);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Switches to the next chunk, and puts the window's bytes in front of it; `false` at the end.
    fn next_chunk(&mut self) -> io::Result<bool> {
        let From::Ahead(ahead) = &self.from else { return Ok(false) };
        let Some(mut chunk) = ahead.next()? else { return Ok(false) };
        let (at, kept) = (self.offset(), self.window().len());
        match HEADROOM.checked_sub(kept).and_then(|before| chunk.get_mut(before..HEADROOM)) {
            Some(room) => {
                room.copy_from_slice(self.window());
                self.start = HEADROOM - kept;
            }
            // If the window's bytes do not fit into the free bytes, they are inserted, which may move the chunk.
            None => {
                chunk.splice(..HEADROOM, self.window().iter().copied());
                self.start = 0;
            }
        }
        self.end = chunk.len();
        self.buffer = Arc::new(ahead.lend(chunk));
        self.base = at.wrapping_sub(self.start as u64);
        Ok(true)
    }
}

impl<R: Read + Seek> Input<R> {
    /// Continues at `position` of the stream; bytes that the buffer holds are not read again.
    pub(super) fn seek(&mut self, position: u64) -> io::Result<()> {
        let inside = position.checked_sub(self.base).and_then(|at| usize::try_from(at).ok());
        if let Some(at) = inside.filter(|at| *at < self.end) {
            self.start = at;
            return Ok(());
        }
        match &mut self.from {
            From::Reader(reader) => reader.seek(SeekFrom::Start(position))?,
            From::Ahead(_) => return Err(ErrorKind::NotSeekable.into()),
        };
        (self.start, self.end, self.base) = (0, 0, position);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out at most `step` bytes at a time, and fails at its end if told to.
    struct Slow {
        bytes: Vec<u8>,
        at: usize,
        step: usize,
        fails: bool,
    }

    impl Read for Slow {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let rest = &self.bytes[self.at..];
            let n = rest.len().min(self.step).min(room.len());
            if n == 0 && self.fails {
                return Err(ErrorKind::BrokenPipe.into());
            }
            room[..n].copy_from_slice(&rest[..n]);
            self.at += n;
            Ok(n)
        }
    }

    fn slow(len: usize, step: usize, fails: bool) -> Slow {
        Slow { bytes: (0..len).map(|n| (n / 3) as u8).collect(), at: 0, step, fails }
    }

    /// Takes pieces of the given sizes, over and over, and checks their bytes. Returns the number of bytes, and
    /// whether the reader failed.
    fn taken<R: Read>(mut input: Input<R>, sizes: &[usize]) -> (usize, bool) {
        let mut got = 0;
        for size in sizes.iter().cycle() {
            match input.need(*size) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => return (got + input.window().len(), true),
            }
            assert_eq!(input.offset(), got as u64);
            let place = input.take(*size);
            let piece = input.slice(place);
            assert!(piece.iter().enumerate().all(|(i, b)| *b == ((got + i) / 3) as u8));
            got += size;
        }
        let rest = input.window();
        assert!(rest.iter().enumerate().all(|(i, b)| *b == ((got + i) / 3) as u8));
        (got + rest.len(), false)
    }

    #[test]
    fn a_thread_that_reads_ahead_changes_nothing() {
        let sizes: [&[usize]; 4] = [&[1000], &[1, 70_000, 3], &[300_000, 12], &[1_100_000]];
        for (len, step) in [(0, 9), (1_000_003, 100_000), (3_000_000, usize::MAX), (262_144, 262_144)] {
            for sizes in sizes {
                let direct = taken(Input::new(slow(len, step, false)), sizes);
                let ahead = Ahead::start(slow(len, step, false)).unwrap();
                assert_eq!(taken(Input::<Slow>::ahead(ahead), sizes), direct);
                assert_eq!(direct, (len, false));
            }
        }
    }

    #[test]
    fn what_came_before_a_failure_is_handed_out() {
        let ahead = Ahead::start(slow(500_000, 70_000, true)).unwrap();
        assert_eq!(taken(Input::<Slow>::ahead(ahead), &[1000]), (500_000, true));
    }

    #[test]
    fn the_thread_ends_when_nobody_reads_on() {
        struct Endless(std::sync::mpsc::Sender<usize>);
        impl Read for Endless {
            fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
                let _ = self.0.send(room.len());
                Ok(room.len())
            }
        }
        let (alive, ended) = std::sync::mpsc::channel();
        drop(Ahead::start(Endless(alive)).unwrap());
        // The iteration ends once the thread has dropped its reader. Until then, the thread can fill the free chunks
        // in any number of reads.
        assert!(ended.iter().sum::<usize>() <= 6 * super::super::ahead::CHUNK);
    }
}
