//! The findings about rights in builds that cannot capture and cannot make the lab's two hosts.

use super::{Finding, Topic};
use crate::capture::NO_CAPTURE;
use crate::lab::NO_STAGE;

/// The findings about rights.
pub(super) fn look(_: u16) -> Vec<Finding> {
    let note = |id, says: String| Finding::note(Topic::Rights, id, says);
    vec![
        note("no-capture", format!("labkit sniff cannot capture here: {NO_CAPTURE}")),
        note("two-hosts", format!("labkit lab run cannot make its two hosts here: {NO_STAGE}")),
    ]
}
