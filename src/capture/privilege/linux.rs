//! Rights on Linux: capabilities, and the user who called sudo.

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::unistd::{Gid, Uid, User, setgroups, setresgid, setresuid};

/// Whether this process may capture here, that is, open a packet socket (`CAP_NET_RAW` in the user namespace that
/// owns this network namespace). This function tries it, because the list of a process's capabilities does not show
/// in which namespace they count.
pub(super) fn may_capture() -> bool {
    socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None).is_ok()
}

/// The missing right, and how to get it.
pub(super) fn why_not() -> String {
    let exe = super::executable();
    let exe = exe.display();
    format!(
        "the right to open a packet socket (CAP_NET_RAW) is missing. Either run `sudo {exe} sniff …`, or give this binary the \
         right, once: `sudo setcap cap_net_raw,cap_net_admin=eip {exe}`"
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
    caller(Uid::effective(), std::env::var("SUDO_UID").ok(), std::env::var("SUDO_GID").ok())
}

fn caller(effective: Uid, uid: Option<String>, gid: Option<String>) -> Option<Caller> {
    let uid = Uid::from_raw(uid?.parse().ok()?);
    let gid = Gid::from_raw(gid?.parse().ok()?);
    (effective.is_root() && !uid.is_root()).then_some(Caller { uid, gid })
}

/// Gives up all rights for capturing, irrevocably. Call it when adapter and files are open and no other thread runs
/// yet.
///
/// Root becomes the user who called sudo, and without sudo `nobody`: real, effective and saved ids, without
/// supplementary groups. Every set of capabilities is emptied, the bounding set included, and `no_new_privs` keeps a
/// later exec from giving any back. Where a user cannot be mapped, as in a user namespace with one user, the ids stay
/// and the rest holds. No failure here should stop a capture, so the function returns nothing.
pub fn drop_rights() {
    // The bounding set first: emptying it takes CAP_SETPCAP, which goes with the ids.
    empty_bounding_set();
    if Uid::effective().is_root() {
        let Caller { uid, gid } = sudo_caller().unwrap_or_else(nobody);
        // In this order: without the user's rights, groups can no longer be changed.
        let _ = setgroups(&[gid]).and_then(|()| setresgid(gid, gid, gid));
        let _ = setresuid(uid, uid, uid);
    }
    drop_capabilities();
}

/// Gives up rights that reading files does not need; call it once the files are open. Does nothing for a process
/// without special rights.
pub fn drop_for_reading() {
    if Uid::effective().is_root() || has_capabilities() {
        drop_rights();
    }
}

/// The user that this process becomes in [`drop_rights`]; `None` if it is not root.
pub fn heir() -> Option<Caller> {
    Uid::effective().is_root().then(|| sudo_caller().unwrap_or_else(nobody))
}

/// The user without rights that every system has; its number where the system does not list it.
fn nobody() -> Caller {
    let listed = User::from_name("nobody").ok().flatten().filter(|user| !user.uid.is_root());
    let number = 65_534;
    listed.map_or(Caller { uid: Uid::from_raw(number), gid: Gid::from_raw(number) }, |user| Caller {
        uid: user.uid,
        gid: user.gid,
    })
}

fn has_capabilities() -> bool {
    caps::read(None, caps::CapSet::Permitted).is_ok_and(|held| !held.is_empty())
}

fn empty_bounding_set() {
    // This fails without CAP_SETPCAP. Then an exec could regain rights only through set-user-ID programs, which
    // no_new_privs prevents.
    let _ = caps::clear(None, caps::CapSet::Bounding);
}

fn drop_capabilities() {
    use caps::{CapSet, clear};
    // Effective first: the others limit what may be effective.
    for set in [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable, CapSet::Ambient] {
        let _ = clear(None, set);
    }
    let _ = nix::sys::prctl::set_no_new_privs();
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
