//! Rights: may this process capture, who called sudo, and giving the rights back once they have been used.

use std::path::PathBuf;

pub use system::{Caller, drop_for_reading, drop_rights, heir, may_capture, sudo_caller};

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
