//! Rights that were given up cannot be regained: a process that gave them up tries to.

use crate::capture::{privilege, sandbox};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::unistd::{Uid, setresuid, setuid};
use std::fs::File;
use std::process::Command;

/// Set for the process that gives its rights up, which must not be the tests' own.
const CHILD: &str = "LABKIT_TEST_GIVES_UP_RIGHTS";

#[test]
fn root_is_not_to_be_had_again_from_inside_the_process() {
    if std::env::var_os(CHILD).is_some() {
        return gives_up_and_tries();
    }
    let this = std::env::current_exe().expect("the test program has a path");
    let name = "capture::tests::rights::root_is_not_to_be_had_again_from_inside_the_process";
    let child = Command::new(this)
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .expect("the test program runs again");
    let said = String::from_utf8_lossy(&child.stdout).into_owned() + &String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

fn gives_up_and_tries() {
    let secret = "/etc/shadow";
    let scratch = std::env::temp_dir().join("labkit-must-not-exist");
    privilege::drop_rights();
    sandbox::confine().expect("the kernel has seccomp");

    let root = Uid::from_raw(0);
    if !Uid::effective().is_root() {
        assert!(setuid(root).is_err(), "setuid(0)");
        assert!(setresuid(root, root, root).is_err(), "setresuid(0, 0, 0)");
    }
    for set in [caps::CapSet::Effective, caps::CapSet::Permitted] {
        assert!(caps::raise(None, set, caps::Capability::CAP_SETUID).is_err(), "CAP_SETUID in {set:?}");
        assert_eq!(caps::read(None, set).map(|held| held.len()).unwrap_or(0), 0, "{set:?}");
    }
    if nix::unistd::Uid::current() != root {
        assert!(File::open(secret).is_err(), "{secret} can be read");
    }
    assert!(File::create(&scratch).is_err(), "a file can be made");
    assert!(Command::new("/bin/true").status().is_err(), "a program can be run");
    let by_thread = std::thread::spawn(|| std::thread::current().id()).join();
    assert!(by_thread.is_ok(), "threads can be started, although clone3 does not exist here");
    let internet = socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None);
    assert!(internet.is_err(), "a connection can be opened");
    let packets = socket(AddressFamily::Packet, SockType::Raw, SockFlag::empty(), None);
    assert!(packets.is_err(), "another adapter can be opened");
    assert!(File::open("/etc/passwd").is_ok(), "reading what everybody may read stays possible");
}
