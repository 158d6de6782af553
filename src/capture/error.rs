//! The errors of reading and writing captures, in words for the user.

use crate::frame::LinkType;
use crate::text::plural;
use std::io;
use std::path::PathBuf;

/// Why a capture could not be read or written. `file` is the name as the user knows it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file could not be opened.
    #[error("cannot open the capture {}: {reason}; {}", path.display(), open_hint(reason))]
    Open {
        /// Path as given.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The file has no bytes.
    #[error("{file} is empty: there is no capture in it; was the recording ended before it began?")]
    Empty {
        /// Name of the input.
        file: String,
    },
    /// The first bytes are not those of a capture file.
    #[error("{file} is not a capture file: {found}; labkit reads pcapng and pcap, also compressed with gzip")]
    NotCapture {
        /// Name of the input.
        file: String,
        /// What it seems to be.
        found: String,
    },
    /// The file breaks its own format; `frames` frames before that have been handed out.
    #[error(
        "{file} is damaged at byte {offset}: {reason}\n\
         (read up to there: {frames} frame{}; what follows is lost, record it again or look for an intact copy)",
        plural(*frames)
    )]
    Damaged {
        /// Name of the input.
        file: String,
        /// Where the damaged part begins, in bytes from the start of the (uncompressed) file.
        offset: u64,
        /// Frames before it.
        frames: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The system or the decompression failed while reading.
    #[error("cannot read {file} past byte {offset}: {reason}\n(read up to there: {frames} frame{})", plural(*frames))]
    Read {
        /// Name of the input.
        file: String,
        /// Bytes read until then, uncompressed.
        offset: u64,
        /// Frames read until then.
        frames: u64,
        /// What the system said.
        reason: io::Error,
    },
    /// The output file is there already.
    #[error("{} exists already and stays as it is; --force overwrites it, or take another name", path.display())]
    Exists {
        /// Path as given.
        path: PathBuf,
    },
    /// The output file could not be made.
    #[error("cannot create {}: {reason}; {}", path.display(), create_hint(reason))]
    Create {
        /// Path as given.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Writing failed; the source is the system's error.
    #[error("cannot write the capture {file}")]
    Write {
        /// Name of the output.
        file: String,
        /// What the system said; a closed pipe is recognised by it.
        #[source]
        source: io::Error,
    },
    /// The next of several files could not be begun; the text says why.
    #[error("{0}")]
    Ring(String),
    /// Classic pcap has one link type for the whole file.
    #[error(
        "cannot write a frame of link type {} into {file}: classic pcap holds one link type, and this one began with {}; \
         give the file a name that ends in .pcapng",
        second.0, first.0
    )]
    SecondLinkType {
        /// Name of the output.
        file: String,
        /// Link type of the file.
        first: LinkType,
        /// Link type that does not fit.
        second: LinkType,
    },
    /// More interfaces or sections than any real capture has.
    #[error(
        "{file} declares more than {most} {what}: that is no recording, and labkit stops reading at byte {offset}"
    )]
    TooMany {
        /// Name of the input.
        file: String,
        /// What there are too many of: `interfaces` or `sections`.
        what: &'static str,
        /// The limit.
        most: usize,
        /// Offset of the first one past the limit, in bytes.
        offset: u64,
    },
}

fn open_hint(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::NotFound => "check the name and the folder",
        io::ErrorKind::PermissionDenied => "ask its owner for the right to read it, or use sudo",
        io::ErrorKind::IsADirectory => "name a file in that folder",
        _ => "can another program read it?",
    }
}

fn create_hint(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::NotFound => "make the folder first",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a folder that you may write to (under sudo: that the user who called sudo may write to)"
        }
        io::ErrorKind::IsADirectory => "name a file in that folder",
        io::ErrorKind::NotConnected => "start the program that reads from it first",
        io::ErrorKind::StorageFull => "make room, or choose another disk",
        _ => "choose another place",
    }
}
