//! Rights on systems that have users and sudo, but no capabilities: macOS and the BSDs.

use nix::unistd::{Gid, Uid, setgid, setuid};
use std::fs::OpenOptions;

/// Whether this process may capture here: it may open a packet filter, `/dev/bpf0` and so on.
pub(super) fn may_capture() -> bool {
    // One that another program has open is busy, and not forbidden.
    let allowed = |at: u32| {
        let opened = OpenOptions::new().read(true).write(true).open(format!("/dev/bpf{at}"));
        opened.is_ok() || opened.is_err_and(|error| error.kind() == std::io::ErrorKind::ResourceBusy)
    };
    (0..4).any(allowed)
}

/// What is missing where it may not, and how to get it.
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

/// Who called sudo, where this process is root because of it.
pub fn sudo_caller() -> Option<Caller> {
    let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    let (uid, gid) = (Uid::from_raw(number("SUDO_UID")?), Gid::from_raw(number("SUDO_GID")?));
    (Uid::effective().is_root() && !uid.is_root()).then_some(Caller { uid, gid })
}

/// Root becomes the user who called sudo; the supplementary groups stay, because macOS has no call of Unix for them. Root
/// without sudo stays root: there is no user that surely has no rights.
pub fn drop_rights() {
    if let Some(Caller { uid, gid }) = sudo_caller() {
        // In this order: without the user's rights, groups can no longer be changed.
        let _ = setgid(gid);
        let _ = setuid(uid);
    }
}

/// The same for a reader of files, once its files are open.
pub fn drop_for_reading() {
    drop_rights();
}

/// The user that [`drop_rights`] makes of this process.
pub fn heir() -> Option<Caller> {
    sudo_caller()
}
