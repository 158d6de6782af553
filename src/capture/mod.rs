//! Frames in and out: capture files are read and written here, live capture feeds in here.
//!
//! A [`Source`] hands out frames one by one, with what the capture says about them. [`reader::Reader`] reads pcap and
//! pcapng files, [`writer::Writer`] writes them, [`output`] makes the file that is written to.

#[cfg(feature = "capture")]
pub mod adapters;
mod ahead;
pub mod annotate;
mod blocks;
pub mod bpf;
// Without libpcap there is no verdict on a filter whose place would be looked for.
#[cfg_attr(not(feature = "capture"), allow(dead_code))]
pub mod bpf_place;
pub mod buffer;
mod classic;
pub mod copy;
pub mod error;
#[cfg(feature = "capture")]
pub mod handover;
pub mod info;
mod input;
pub mod interfaces;
#[cfg(feature = "capture")]
pub mod live;
pub mod merge;
#[cfg(target_os = "linux")]
// Adapters that come and go are a live capture's affair.
#[cfg_attr(not(feature = "capture"), allow(dead_code))]
mod netlink;
mod open;
pub mod output;
pub mod privilege;
pub mod reader;
#[cfg(feature = "capture")]
pub mod record;
pub mod recycle;
pub mod resolution;
pub mod revisit;
#[cfg(feature = "capture")]
pub mod ring;
#[cfg(all(target_os = "linux", feature = "capture"))]
pub mod sandbox;
#[cfg(all(not(target_os = "linux"), feature = "capture"))]
#[path = "sandbox/elsewhere.rs"]
pub mod sandbox;
#[cfg(feature = "capture")]
pub mod signals;
#[cfg(feature = "capture")]
pub mod store;
#[cfg(feature = "capture")]
pub mod tail;
pub mod unpack;
pub mod writer;

pub use blocks::Comments;
pub use error::CaptureError;
pub use info::{Info, Interface};

use crate::frame::Frame;
use buffer::Place;

/// Why nothing is captured live where that is so, and what records instead.
pub(crate) const NO_CAPTURE: &str = if cfg!(windows) {
    "labkit records nothing on Windows; record with Wireshark and read the file with labkit, or let labkit record on the \
     other machine or in WSL"
} else {
    "this labkit was built without libpcap; record with Wireshark or `tcpdump -w FILE` and read the file with labkit, or \
     let labkit record on the other machine"
};

/// Where frames come from: a file or an adapter.
///
/// The caller calls [`advance`](Source::advance) until it answers `false` or fails; after each `true`,
/// [`frame`](Source::frame) and the other questions are about the frame that it moved to, and can be asked together.
/// After `false` or an error every further call answers `false`.
///
/// ```
/// use labkit::capture::Source;
/// use labkit::capture::reader::FileReader;
/// use std::path::Path;
///
/// let mut source = FileReader::open(Path::new("captures/capture1.pcapng"))?;
/// let mut bytes = 0;
/// while let Some(frame) = source.next()? {
///     assert!(!frame.is_cut(), "frame {} has all its bytes", frame.no);
///     bytes += frame.wire_len;
/// }
/// assert!(bytes > 0);
/// assert_eq!(source.info().interfaces.len(), 1);
/// # Ok::<(), labkit::capture::CaptureError>(())
/// ```
pub trait Source {
    /// Moves to the next frame; `false` when there is none.
    ///
    /// # Errors
    /// When the input cannot be read or is damaged. The frames before the damage have been handed out by then.
    fn advance(&mut self) -> Result<bool, CaptureError>;

    /// The frame that was moved to; `None` before the first and after the last.
    fn frame(&self) -> Option<Frame<'_>>;

    /// The shared buffer that holds the frame's bytes; `None` where they cannot be kept without a copy.
    fn place(&self) -> Option<Place<'_>> {
        None
    }

    /// What the capture has described so far: sections, interfaces, names.
    fn info(&self) -> &Info;

    /// The interface that recorded the frame.
    fn interface(&self) -> Option<&Interface> {
        None
    }

    /// Comments stored with the frame (`frame.comment`).
    fn comments(&self) -> Comments<'_> {
        Comments::default()
    }

    /// Where the frame's block begins in the (uncompressed) file, in bytes; 0 for a live capture.
    fn position(&self) -> u64 {
        0
    }

    /// Whether [`advance`](Source::advance) would wait for new input now: the moment to show rows that were held back
    /// for speed.
    fn would_wait(&mut self) -> bool {
        false
    }

    /// Frames that were handed out so far.
    fn frames(&self) -> u64 {
        self.frame().map_or(0, |frame| frame.no.0)
    }

    /// Whether the input is a file so large that reading it in a thread of its own saves time.
    fn is_large(&self) -> bool {
        false
    }

    /// Moves to the next frame and hands it out.
    ///
    /// # Errors
    /// As [`advance`](Source::advance).
    fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        if self.advance()? { Ok(self.frame()) } else { Ok(None) }
    }
}

#[cfg(test)]
mod tests;
