//! Rights on Windows: a process keeps its user, and files keep their owners.

use std::convert::Infallible;

/// The user who called sudo, who cannot exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller(Infallible);

/// Whether this process may capture here: labkit cannot on Windows, under any user.
pub(super) fn may_capture() -> bool {
    false
}

/// Why not.
pub(super) fn why_not() -> String {
    super::NO_CAPTURE.to_owned()
}

/// Always `None`.
pub fn sudo_caller() -> Option<Caller> {
    None
}

/// Does nothing: a process keeps its rights here.
pub fn drop_rights() {}

/// Does nothing: a process keeps its rights here.
pub fn drop_for_reading() {}

/// Always `None`.
pub fn heir() -> Option<Caller> {
    None
}
