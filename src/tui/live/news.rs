//! What a capture tells the seat about itself, wherever labkit is built.

use crate::tui::origin::Origin;

/// What has become of a capture since it was looked at last.
#[cfg_attr(
    not(all(unix, feature = "capture")),
    expect(dead_code, reason = "where nothing can be captured, there is never any news")
)]
pub(crate) enum News {
    /// Nothing.
    None,
    /// Its file is there.
    Begun(Origin),
    /// It has ended, with these words.
    Ended(String),
}
