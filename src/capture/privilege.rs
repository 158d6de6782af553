//! Rights: whether this process may capture, who called sudo, and giving rights up after their use.

use super::NO_CAPTURE;
use std::fs::File;
use std::path::{Path, PathBuf};

pub use system::{Caller, drop_for_reading, drop_rights, heir, sudo_caller};

/// Whether this build of labkit captures at all on this system.
pub const CAN_CAPTURE: bool = cfg!(feature = "capture");

/// Whether this process may capture here.
pub fn may_capture() -> bool {
    CAN_CAPTURE && system::may_capture()
}

/// Why this process may not capture here, and the remedy.
pub fn why_not() -> String {
    if CAN_CAPTURE { system::why_not() } else { NO_CAPTURE.to_owned() }
}

/// As [`drop_for_reading`], for a command that opens `files` several times, or others later. Root becomes the user
/// who called sudo, if that user can read these files. Root without sudo keeps its rights, because `nobody` could not
/// open root's files.
pub fn drop_to_caller<'p>(files: impl IntoIterator<Item = &'p Path>) {
    let can_read =
        |path: &Path| !path.exists() || path.is_file() && File::open(path).is_ok() || path.is_dir();
    let mut files = files.into_iter();
    let may_go = match sudo_caller() {
        Some(_) => super::output::as_caller(|| files.all(can_read)),
        None => heir().is_none(),
    };
    if may_go {
        drop_for_reading();
    }
}

/// Full path of this executable, for advice such as `sudo /home/me/labkit …`: sudo does not search the user's PATH.
pub fn executable() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("labkit"))
}

#[cfg(target_os = "linux")]
#[path = "privilege/linux.rs"]
mod system;

#[cfg(all(unix, not(target_os = "linux")))]
#[path = "privilege/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "privilege/windows.rs"]
mod system;
