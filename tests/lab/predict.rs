//! `labkit predict`: its prediction, and that a recording in the lab agrees with it.

use crate::harness::{Bench, User, stdout, users};

#[test]
fn a_prediction_is_arithmetic() {
    let bench = Bench::new(User::Me);
    let text =
        stdout(bench.labkit(&["predict", "--message-bytes", "4096", "--no-offload"]).output().unwrap());
    assert!(
        text.contains("message                            3  2 of 1448 bytes and one of 1200\n"),
        "{text}"
    );
    assert!(text.contains("The longest frame of the message has 1514 bytes on a cable."), "{text}");
    let first = stdout(bench.labkit(&["predict"]).output().unwrap());
    assert!(first.starts_with("A message of 28 bytes over TCP and IPv4, MTU 1500"), "{first}");
    let alone = stdout(bench.labkit(&["predict", "4096", "--no-offload"]).output().unwrap());
    assert_eq!(alone, text);
    let wrong = bench.labkit(&["predict", "--message-bytes", "0"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn the_lab_records_what_was_predicted() {
    for &user in users() {
        for faults in [
            &["--message-bytes", "28"][..],
            &["--message-bytes", "4096", "--no-offload"],
            &["--message-bytes", "3000", "--no-offload", "--mtu", "600", "--no-timestamps"],
            &["--message-bytes", "4096"],
        ] {
            let bench = Bench::new(user);
            let out = bench.labkit(&[&["predict", "--run"], faults].concat()).output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            assert_eq!(out.status.code(), Some(0), "{faults:?}: {text}{said}");
            assert!(text.contains("packets, as predicted."), "{text}");
            bench.assert_nothing_runs();
        }
    }
}
