//! Compressed input: gzip is decompressed while it is read, up to a limit. A malicious file of a few megabytes can
//! expand about a thousandfold, which no capture of real traffic does.

use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

/// Decompressed bytes that are always allowed.
const FREE: u64 = 256 << 20;
/// Allowed ratio of decompressed to compressed bytes beyond [`FREE`]. Captures stay below 50; the format's maximum is
/// about 1000.
const RATIO: u64 = 200;

/// The limit that the user has set, in bytes; 0 for the usual limit.
static MOST: AtomicU64 = AtomicU64::new(0);

/// Sets the most decompressed bytes of an input that are read, in place of the usual limit.
pub fn set_most(bytes: u64) {
    MOST.store(bytes.max(1), Ordering::Relaxed);
}

/// A reader of the content of `raw`, decompressed if it is gzip; and whether it is gzip.
///
/// # Errors
/// If the first bytes cannot be read.
pub fn unpack<'r>(mut raw: impl Read + Send + 'r) -> io::Result<(Box<dyn Read + Send + 'r>, bool)> {
    let mut start = [0; 2];
    let (got, failure) = fill(&mut raw, &mut start);
    if let Some(error) = failure {
        return Err(error);
    }
    let compressed = start == [0x1f, 0x8b];
    let whole = io::Cursor::new(start).take(got as u64).chain(raw);
    if !compressed {
        return Ok((Box::new(whole), false));
    }
    Ok((Box::new(unpacked(whole)), true))
}

/// Reads until `room` is full, the input ends, or it fails: how many bytes came, and the failure.
pub(super) fn fill(reader: &mut impl Read, room: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut got = 0;
    while let Some(rest) = room.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (got, Some(e)),
        }
    }
    (got, None)
}

/// A reader of the content of `packed`, which is gzip.
pub fn unpacked(packed: impl Read) -> impl Read {
    let most = Some(MOST.load(Ordering::Relaxed)).filter(|most| *most > 0);
    Unpacked::new(packed, most, FREE)
}

/// Decompresses gzip up to a limit.
struct Unpacked<R> {
    from: MultiGzDecoder<Counted<R>>,
    unpacked: u64,
    most: Option<u64>,
    free: u64,
}

/// Counts the bytes that are read.
struct Counted<R> {
    from: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let got = self.from.read(room)?;
        self.count += got as u64;
        Ok(got)
    }
}

impl<R: Read> Unpacked<R> {
    fn new(from: R, most: Option<u64>, free: u64) -> Unpacked<R> {
        Unpacked { from: MultiGzDecoder::new(Counted { from, count: 0 }), unpacked: 0, most, free }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let packed = self.from.get_ref().count;
        let most = self.most.unwrap_or_else(|| self.free.max(packed.saturating_mul(RATIO)));
        let left = usize::try_from(most.saturating_sub(self.unpacked)).unwrap_or(usize::MAX);
        if left == 0 && !room.is_empty() {
            // The content may end exactly at the limit.
            return match self.from.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(self.too_much()),
            };
        }
        let room = room.get_mut(..left.min(room.len())).unwrap_or_default();
        let got = self.from.read(room)?;
        self.unpacked += got as u64;
        Ok(got)
    }
}

impl<R> Unpacked<R> {
    fn too_much(&self) -> io::Error {
        let (unpacked, packed) = (self.unpacked, self.from.get_ref().count);
        io::Error::other(match self.most {
            Some(_) => format!("it unpacks to more than the {unpacked} bytes that --max-unpacked allows"),
            None => format!(
                "its first {packed} bytes unpack to more than {unpacked}, as only files do that are made to fill a disk or \
                 a memory; if you trust it, try again with --max-unpacked 100G"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn read(bytes: &[u8], most: Option<u64>, free: u64) -> (usize, Result<(), String>) {
        let mut out = Vec::new();
        let done = Unpacked::new(bytes, most, free).read_to_end(&mut out);
        (out.len(), done.map(|_| ()).map_err(|e| e.to_string()))
    }

    #[test]
    fn what_unpacks_out_of_proportion_ends_at_the_limit() {
        let zeros = packed(&[0; 3_000_000]);
        let (got, done) = read(&zeros, None, 100_000);
        let error = done.unwrap_err();
        assert!((100_000..3_000_000).contains(&got), "{got}");
        assert!(error.contains("--max-unpacked"), "{error}");
        assert_eq!(read(&zeros, None, 4_000_000), (3_000_000, Ok(())), "little is always allowed");
        // These numbers compress to about a half.
        let numbers: Vec<u8> =
            (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_ne_bytes()).collect();
        assert_eq!(read(&packed(&numbers), None, 1), (numbers.len(), Ok(())));
    }

    #[test]
    fn the_users_limit_counts_to_the_byte() {
        let text = packed(b"0123456789");
        assert_eq!(read(&text, Some(10), 1), (10, Ok(())));
        let (got, done) = read(&text, Some(9), 1);
        assert_eq!(got, 9);
        assert!(done.unwrap_err().contains("more than the 9 bytes"));
    }

    #[test]
    fn what_is_not_compressed_is_read_as_it_is() {
        for bytes in [&b""[..], b"\x1f", b"\x1fabc", b"plain"] {
            let (mut reader, compressed) = unpack(bytes).unwrap();
            let mut out = Vec::new();
            reader.read_to_end(&mut out).unwrap();
            assert_eq!((out.as_slice(), compressed), (bytes, false));
        }
        let packed = packed(b"text");
        let (mut reader, compressed) = unpack(&packed[..]).unwrap();
        let mut out = String::new();
        reader.read_to_string(&mut out).unwrap();
        assert_eq!((out.as_str(), compressed), ("text", true));
    }
}
