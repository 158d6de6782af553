//! Rights on Windows: a process keeps its user, and no file changes its owner.

use std::convert::Infallible;

/// The user who called sudo: there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller(Infallible);

/// Whether this process may capture here: labkit cannot on Windows, under any user.
pub(super) fn may_capture() -> bool {
    false
}

/// What is missing.
pub(super) fn why_not() -> String {
    super::NO_CAPTURE.to_owned()
}

/// Who called sudo.
pub fn sudo_caller() -> Option<Caller> {
    None
}

/// A process keeps its rights here.
pub fn drop_rights() {}

/// A process keeps its rights here.
pub fn drop_for_reading() {}

/// The user that [`drop_rights`] makes of this process.
pub fn heir() -> Option<Caller> {
    None
}
