//! The news that a capture gives to the viewer, for builds with and without live capture.

use crate::tui::origin::Origin;

/// The news about a capture since the last look.
#[cfg_attr(
    not(all(unix, feature = "capture")),
    expect(dead_code, reason = "where nothing can be captured, there is never any news")
)]
pub(crate) enum News {
    /// Nothing is new.
    None,
    /// Its file exists.
    Begun(Origin),
    /// It has ended; the words are the last that it printed.
    Ended(String),
}
