//! Rights on Windows: a process keeps its user, and files keep their owners.

use std::convert::Infallible;

/// The user who called sudo, who cannot exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller(Infallible);

/// Whether this process may capture here: as far as it can tell before it opens an adapter, since Npcap decides then.
pub(super) fn may_capture() -> bool {
    true
}

/// Why this user may not capture, if Npcap admits only administrators.
pub(super) fn why_not() -> String {
    "Npcap admits only administrators; start labkit from a console that was opened as administrator"
        .to_owned()
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
