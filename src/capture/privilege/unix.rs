//! Rights on systems that have users and sudo, but no capabilities: macOS and the BSDs.

use nix::unistd::{Gid, Uid, setgid, setuid};
use std::fs::OpenOptions;

/// Whether this process may capture here: it may open a packet filter, `/dev/bpf0` and so on.
pub(super) fn may_capture() -> bool {
    // A device that another program has open is busy, not forbidden.
    let allowed = |at: u32| {
        let opened = OpenOptions::new().read(true).write(true).open(format!("/dev/bpf{at}"));
        opened.is_ok() || opened.is_err_and(|error| error.kind() == std::io::ErrorKind::ResourceBusy)
    };
    (0..4).any(allowed)
}

/// The missing right, and how to get it.
pub(super) fn why_not() -> String {
    let exe = super::executable();
    format!(
        "the right to open /dev/bpf0 is missing. Run `sudo {} sniff …`; or install Wireshark's ChmodBPF, which gives the right \
         to the group access_bpf",
        exe.display()
    )
}

/// The user who called sudo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// User.
    pub uid: Uid,
    /// Main group.
    pub gid: Gid,
}

/// The user who called sudo, if this process is root through sudo; else `None`.
pub fn sudo_caller() -> Option<Caller> {
    let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    let (uid, gid) = (Uid::from_raw(number("SUDO_UID")?), Gid::from_raw(number("SUDO_GID")?));
    (Uid::effective().is_root() && !uid.is_root()).then_some(Caller { uid, gid })
}

/// Makes root the user who called sudo. The supplementary groups stay, because macOS lacks Unix's call for them. Root
/// without sudo stays root, since no user certainly has no rights.
pub fn drop_rights() {
    if let Some(Caller { uid, gid }) = sudo_caller() {
        // In this order: without the user's rights, groups can no longer be changed.
        let _ = setgid(gid);
        let _ = setuid(uid);
    }
}

/// The same as [`drop_rights`]; call it once the files to read are open.
pub fn drop_for_reading() {
    drop_rights();
}

/// The user that this process becomes in [`drop_rights`]; `None` if it stays what it is.
pub fn heir() -> Option<Caller> {
    sudo_caller()
}
