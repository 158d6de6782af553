//! Opens the file that the user named: a capture, plain or compressed, or standard input. Other files get an error
//! that says what they are.

use super::ahead::Ahead;
use super::error::CaptureError;
use super::input::Input;
use super::reader::{FileReader, Reader};
use super::unpack::unpack;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Files of at least this many bytes are read ahead; starting a thread takes about as long as reading that much.
const WORTH_A_THREAD: u64 = 1 << 20;

impl FileReader {
    /// Opens a capture file; `-` is standard input.
    ///
    /// # Errors
    /// If it cannot be opened, or is no capture file.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        FileReader::open_through(path, |file, _| Box::new(file))
    }

    /// As [`FileReader::open`]. A regular file is read through the reader that `through` makes from the file and its
    /// length in bytes.
    ///
    /// # Errors
    /// As [`FileReader::open`].
    pub fn open_through(
        path: &Path,
        through: impl FnOnce(File, u64) -> Box<dyn Read + Send>,
    ) -> Result<Self, CaptureError> {
        if path.as_os_str() == "-" {
            return Reader::unpack(Box::new(io::stdin()), "standard input".to_owned(), false);
        }
        let failed = |reason| CaptureError::Open { path: path.to_owned(), reason };
        let file = File::open(path).map_err(failed)?;
        if file.metadata().is_ok_and(|m| m.is_dir()) {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let length = file.metadata().ok().filter(|about| about.is_file()).map(|about| about.len());
        let large = length.is_some_and(|length| length >= WORTH_A_THREAD);
        let raw = match length {
            Some(length) if large => through(file, length),
            _ => Box::new(file),
        };
        Reader::unpack(raw, path.display().to_string(), large)
    }

    /// Reads from `raw`, decompressed if it is gzip; `file` is its name in messages. A thread of its own reads and
    /// decompresses a `large` file.
    pub(super) fn unpack(raw: Box<dyn Read + Send>, file: String, large: bool) -> Result<Self, CaptureError> {
        let (reader, compressed) = match unpack(raw) {
            Ok(unpacked) => unpacked,
            Err(reason) => return Err(CaptureError::Read { file, offset: 0, frames: 0, reason }),
        };
        let input = if large {
            let failed = |reason| CaptureError::Open { path: file.clone().into(), reason };
            Input::ahead(Ahead::start(reader).map_err(failed)?)
        } else {
            Input::new(reader)
        };
        Reader::over(input, file, compressed)
    }
}

/// What a file that is no capture seems to be, from its first bytes.
pub(super) fn describe(start: &[u8]) -> String {
    let known: &[(&[u8], &str)] = &[
        (b"\x28\xb5\x2f\xfd", "it is compressed with zstd, unpack it first with `unzstd`"),
        (b"\xfd7zXZ\0", "it is compressed with xz, unpack it first with `unxz`"),
        (b"BZh", "it is compressed with bzip2, unpack it first with `bunzip2`"),
        (b"\x04\x22\x4d\x18", "it is compressed with lz4, unpack it first with `unlz4`"),
        (b"PK\x03\x04", "it is a zip archive, unpack it first with `unzip`"),
        (b"snoop\0\0\0", "it is a snoop capture, convert it first with `editcap`"),
    ];
    if let Some((_, what)) = known.iter().find(|(magic, _)| start.starts_with(magic)) {
        return (*what).to_owned();
    }
    let start = start.get(..512).unwrap_or(start);
    // The last character may be cut.
    let utf8 = std::str::from_utf8(start).err().is_none_or(|e| e.error_len().is_none());
    if utf8 && !start.contains(&0) {
        return "it looks like text".to_owned();
    }
    let hex: Vec<String> = start.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!("it begins with the bytes {}", hex.join(" "))
}
