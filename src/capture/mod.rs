//! Frames in and out: reads and writes capture files, and captures live.
//!
//! A [`Source`] hands out frames one by one, with what the capture says about them. [`reader::Reader`] reads pcap and
//! pcapng files, [`writer::Writer`] writes them, [`output`] makes the file that is written to.

#[cfg(feature = "capture")]
pub mod adapters;
mod ahead;
pub mod annotate;
mod blocks;
pub mod bpf;
// Without libpcap, no filter is judged, so no wrong part is searched.
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
// Only a live capture needs changes of adapters.
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
#[cfg(all(unix, feature = "capture"))]
#[path = "signals/unix.rs"]
pub mod signals;
#[cfg(all(windows, feature = "capture"))]
#[path = "signals/windows.rs"]
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

/// Why this build cannot capture live, and what to use instead.
pub(crate) const NO_CAPTURE: &str = if cfg!(windows) {
    "this labkit was built without Npcap; record with Wireshark and read the file with labkit, or let labkit record on \
     the other machine or in WSL"
} else {
    "this labkit was built without libpcap; record with Wireshark or `tcpdump -w FILE` and read the file with labkit, or \
     let labkit record on the other machine"
};

/// Where frames come from: a file or an adapter.
///
/// The caller calls [`advance`](Source::advance) until it returns `false` or fails. After each `true`,
/// [`frame`](Source::frame) and the other methods are about the frame that it moved to, and can be called together.
/// After `false` or an error, every further call returns `false`.
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

    /// The current frame; `None` before the first and after the last.
    fn frame(&self) -> Option<Frame<'_>>;

    /// The shared buffer that holds the current frame's bytes; `None` if they cannot be kept without a copy.
    fn place(&self) -> Option<Place<'_>> {
        None
    }

    /// The descriptions in the capture so far: sections, interfaces, names.
    fn info(&self) -> &Info;

    /// The interface that recorded the current frame.
    fn interface(&self) -> Option<&Interface> {
        None
    }

    /// Comments stored with the current frame (`frame.comment`).
    fn comments(&self) -> Comments<'_> {
        Comments::default()
    }

    /// Offset in bytes of the current frame's block in the uncompressed file; 0 for a live capture.
    fn position(&self) -> u64 {
        0
    }

    /// Whether [`advance`](Source::advance) would wait for new input now. Callers then show rows that they held back
    /// for speed.
    fn would_wait(&mut self) -> bool {
        false
    }

    /// Number of frames so far.
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
