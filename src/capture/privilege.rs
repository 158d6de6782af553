//! Rights: may this process capture, who called sudo, and giving the rights back once they have been used.

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
use std::path::PathBuf;

/// Whether this process may capture here: the kernel lets it open a packet socket (`CAP_NET_RAW` in the user
/// namespace that owns this network namespace). The function tries it, because a process's list of capabilities does
/// not say in which namespace they count.
pub fn may_capture() -> bool {
    socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None).is_ok()
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
    caller(Uid::effective(), std::env::var("SUDO_UID").ok(), std::env::var("SUDO_GID").ok())
}

fn caller(effective: Uid, uid: Option<String>, gid: Option<String>) -> Option<Caller> {
    let uid = Uid::from_raw(uid?.parse().ok()?);
    let gid = Gid::from_raw(gid?.parse().ok()?);
    (effective.is_root() && !uid.is_root()).then_some(Caller { uid, gid })
}

/// Gives back all rights that capturing took; call it when adapter and files are open and no thread runs yet.
///
/// Under sudo the process becomes the user who called it. Where that user cannot be mapped, as in a user namespace with
/// one user, the user stays and the capabilities go, as they do for plain root and for a binary with file
/// capabilities. Packets are decoded without rights afterwards. No failure here should stop a capture, so the
/// function returns nothing.
pub fn drop_rights() {
    if let Some(caller) = sudo_caller() {
        // In this order: without the user's rights, groups can no longer be changed.
        let _ = setgroups(&[caller.gid]).and_then(|()| setgid(caller.gid)).and_then(|()| setuid(caller.uid));
    }
    drop_capabilities();
}

#[cfg(target_os = "linux")]
fn drop_capabilities() {
    use caps::{CapSet, clear};
    // Effective first: the others limit what may be effective.
    for set in [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable] {
        let _ = clear(None, set);
    }
}

#[cfg(not(target_os = "linux"))]
fn drop_capabilities() {}

/// Full path of this executable, for advice such as `sudo /home/me/labkit …`: sudo does not search the user's PATH.
pub fn executable() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("labkit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_through_sudo_has_a_caller() {
        let some = |s: &str| Some(s.to_owned());
        let root = Uid::from_raw(0);
        let expected = Caller { uid: Uid::from_raw(1000), gid: Gid::from_raw(1001) };
        assert_eq!(caller(root, some("1000"), some("1001")), Some(expected));
        assert_eq!(caller(Uid::from_raw(1000), some("1000"), some("1000")), None);
        assert_eq!(caller(root, some("0"), some("0")), None);
        assert_eq!(caller(root, some("x"), some("0")), None);
        assert_eq!(caller(root, None, None), None);
    }
}
