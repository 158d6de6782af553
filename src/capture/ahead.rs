//! Read-ahead: a thread reads and unpacks the next chunks of a file while the reader uses the current one.

use super::buffer::Buffer;
use super::recycle::{Filling, Using, circle};
use super::unpack::fill;
use std::io::{self, Read};
use std::thread;

/// Bytes in a chunk. Larger chunks leave the processor's cache before they are used; smaller ones cost more time for
/// waking the other thread.
pub(super) const CHUNK: usize = 512 * 1024;
/// Bytes in the first chunk. Each chunk is larger than the one before, so that a small file is available at once.
const FIRST: usize = CHUNK / 4;
/// Bytes left free in front of a chunk, for the beginning of a frame that ends in this chunk.
pub(super) const HEADROOM: usize = 64 * 1024;
/// Number of chunks: ready, being filled, or held for their frames.
const CHUNKS: usize = 6;
/// The most chunks that are ready at once.
const READY: usize = 3;

/// The receiving end of the read-ahead thread. Dropping it ends the thread.
pub(super) struct Ahead(Using<Vec<u8>, Chunk>);

/// The bytes that were read, or the error that ends the reading.
type Chunk = io::Result<Vec<u8>>;

impl Ahead {
    /// Starts reading.
    ///
    /// # Errors
    /// If the thread cannot be started; the reader is lost then.
    pub(super) fn start<R: Read + Send + 'static>(reader: R) -> io::Result<Ahead> {
        let (filling, using) = circle((0..CHUNKS).map(|_| Vec::new()), READY);
        thread::Builder::new().name("reader".into()).spawn(move || work(reader, &filling))?;
        Ok(Ahead(using))
    }

    /// The next chunk, whose bytes begin at [`HEADROOM`]; `None` after the last one.
    pub(super) fn next(&self) -> io::Result<Option<Vec<u8>>> {
        self.0.next_filled().transpose()
    }

    /// The same memory as a shared buffer; the thread fills it again once no reference is left.
    pub(super) fn lend(&self, chunk: Vec<u8>) -> Buffer {
        Buffer::lent(chunk, self.0.home().clone())
    }
}

/// Fills the buffers that come back, until the input ends or fails, or until the receiver is dropped.
fn work(mut reader: impl Read, filling: &Filling<Vec<u8>, Chunk>) {
    let mut size = FIRST;
    while let Some(mut buffer) = filling.next_empty() {
        if !(HEADROOM + size..=2 * CHUNK).contains(&buffer.capacity()) {
            // The system gives cleared memory, so `vec![0; …]` need not touch it. A buffer that grew past the usual size
            // is not kept.
            buffer = vec![0; HEADROOM + size];
        }
        // A buffer that comes back full has this length already, so nothing is cleared.
        buffer.resize(HEADROOM + size, 0);
        let (got, failure) = fill(&mut reader, buffer.get_mut(HEADROOM..).unwrap_or_default());
        buffer.truncate(HEADROOM + got);
        let ended = got < size;
        // Bytes read before a failure are delivered.
        let wanted = got == 0 || filling.deliver(Ok(buffer));
        let goes_on = failure.is_none_or(|error| filling.deliver(Err(error)));
        if ended || !wanted || !goes_on {
            return;
        }
        size = CHUNK.min(2 * size);
    }
}
