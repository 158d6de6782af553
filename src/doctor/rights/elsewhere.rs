//! The findings about rights in builds that cannot make the lab's two hosts.

use super::{Finding, Topic};
use crate::capture::{NO_CAPTURE, privilege};
use crate::lab::NO_STAGE;

/// The findings about rights.
pub(super) fn look(_: u16) -> Vec<Finding> {
    let note = |id, says: String| Finding::note(Topic::Rights, id, says);
    let no_hosts = note("two-hosts", format!("labkit lab run cannot make its two hosts here: {NO_STAGE}"));
    let no_capture = note("no-capture", format!("labkit sniff cannot capture here: {NO_CAPTURE}"));
    if privilege::CAN_CAPTURE { vec![no_hosts] } else { vec![no_capture, no_hosts] }
}
