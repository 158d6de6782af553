//! Doctor on this machine itself, as a user without rights.

use crate::harness::{Bench, User, stdout};
use crate::stand::Diagnosis;

/// A labkit of a user who may not capture; `None` if the tests' own user may capture and cannot become another user.
fn powerless() -> Option<Bench> {
    if nix::unistd::geteuid().is_root() {
        return Some(Bench::new(User::Nobody));
    }
    let bench = Bench::new(User::Me);
    let interfaces = stdout(bench.labkit(&["interfaces"]).output().unwrap());
    interfaces.contains("no right").then_some(bench)
}

#[test]
fn without_the_capability_it_says_what_gives_it() {
    let Some(bench) = powerless() else { return println!("this user may capture: nothing to see") };
    let found = Diagnosis::of(bench.labkit(&["doctor", "--format", "json"]));
    assert_eq!(found.finds("may-not-capture").0, "obstacle");
    assert!(found.finds("may-not-capture").1.contains("CAP_NET_RAW"), "{found:?}");
    assert_eq!(found.code, Some(1));
    // Only root may read the firewall's rules, so doctor does not decide about them.
    assert_eq!(found.finds("firewall").0, "undecided");
}

#[test]
fn a_session_that_may_gain_no_rights_is_not_told_to_use_sudo() {
    let Some(bench) = powerless() else { return println!("this user may capture: nothing to see") };
    let program = bench.dir.join("labkit");
    let mut command = bench.command("setpriv");
    command.arg("--no-new-privs").arg(program).args(["doctor", "--format", "json"]);
    let found = Diagnosis::of(command);
    assert!(found.finds("may-not-capture").1.contains("no_new_privs"), "{found:?}");
}

#[test]
fn the_text_has_a_verdict_for_each_finding_and_fits_its_width() {
    let bench = Bench::new(User::Me);
    let output = bench.labkit(&["doctor"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for heading in ["Adapters and addresses\n", "\nCapture\n", "\nPort\n", "\nFirewall of this machine\n"] {
        assert!(text.contains(heading), "{text}");
    }
    let long = text.lines().filter(|l| !l.contains('→')).find(|l| l.chars().count() > 100);
    assert_eq!(long, None);
    assert!(!text.contains('\u{1b}'), "no colour in a pipe");
    assert_eq!(bench.labkit(&["doctor", "--peer", "192.168.56"]).status().unwrap().code(), Some(2));
}
