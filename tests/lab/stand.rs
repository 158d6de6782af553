//! `labkit lab up`, `exec` and `down`; `list` and `show`.

use crate::harness::{Bench, Running, User, stdout, users};

#[test]
fn hosts_stay_until_they_are_taken_down() {
    for &user in users() {
        let bench = Bench::new(user);
        let name = bench.dir.file_name().unwrap().to_str().unwrap().to_owned();
        let lab = |words: &[&str]| {
            let (command, rest) = words.split_first().unwrap();
            bench.labkit(&[&["lab", *command, "--name", &name], rest].concat())
        };
        assert!(stdout(lab(&["up"]).output().unwrap()).starts_with("The lab is up: host 192.168.56.1"));
        let again = lab(&["up"]).output().unwrap();
        assert_eq!(again.status.code(), Some(1));
        assert!(String::from_utf8(again.stderr).unwrap().contains("up already"));

        let hostname = lab(&["exec", "guest", "--", "cat", "/proc/sys/kernel/hostname"]).output().unwrap();
        assert_eq!(stdout(hostname), "guest\n");
        let status = lab(&["exec", "host", "--", "sh", "-c", "exit 7"]).status().unwrap();
        assert_eq!(status.code(), Some(7), "the command's own exit status");
        let unknown = lab(&["exec", "host", "--", "no-such-program"]).output().unwrap();
        assert_eq!(unknown.status.code(), Some(1));

        let mut receiver = Running::start(lab(&["exec", "guest", "--", "labkit", "receive"]));
        receiver.until("Waiting for message on port 65432");
        let send =
            ["exec", "host", "--", "labkit", "send", "--to", "192.168.56.101", "--message", "over the cable"];
        assert!(stdout(lab(&send).output().unwrap()).contains("Message sent successfully."));
        let (received, _, status) = receiver.finish();
        assert_eq!(status, Some(0));
        assert!(received.contains("Connected by (192.168.56.1)\nMessage:\nover the cable\n"), "{received}");

        let mut left = Running::start(lab(&["exec", "guest", "--", "labkit", "receive"]));
        left.until("Waiting for message");
        assert_eq!(stdout(lab(&["down"]).output().unwrap()), "The lab is down.\n");
        // A receiver that gets SIGTERM ends by itself with status 1, because no message came. After SIGKILL there is
        // no exit status.
        assert!(matches!(left.finish().2, None | Some(1)), "what still runs there ends, too");
        bench.assert_nothing_runs();
        assert_eq!(stdout(lab(&["down"]).output().unwrap()), "The lab was not up.\n");
        let gone = lab(&["exec", "host", "--", "true"]).output().unwrap();
        assert_eq!(gone.status.code(), Some(1));
        assert!(String::from_utf8(gone.stderr).unwrap().contains("labkit lab up"));
    }
}

#[test]
fn without_offload_frames_are_as_a_cable_carries_them() {
    let bench = Bench::new(User::Me);
    let name = bench.dir.file_name().unwrap().to_str().unwrap().to_owned();
    let lab = |words: &[&str]| {
        let (command, rest) = words.split_first().unwrap();
        bench.labkit(&[&["lab", *command, "--name", &name], rest].concat())
    };
    assert!(stdout(lab(&["up", "--no-offload"]).output().unwrap()).starts_with("The lab is up"));
    for (role, adapter) in [("host", "vboxnet0"), ("guest", "enp0s3")] {
        let features = stdout(lab(&["exec", role, "--", "ethtool", "-k", adapter]).output().unwrap());
        for feature in ["tcp-segmentation-offload", "generic-segmentation-offload", "generic-receive-offload"]
        {
            assert!(features.contains(&format!("{feature}: off")), "{role}: {features}");
        }
    }
    assert_eq!(stdout(lab(&["down"]).output().unwrap()), "The lab is down.\n");
    bench.assert_nothing_runs();
}

#[test]
fn the_lab_is_listed_and_shown() {
    let bench = Bench::new(User::Me);
    let list = stdout(bench.labkit(&["lab", "list"]).output().unwrap());
    assert_eq!(list, "unsecure-tcp  Unsecure TCP/IP communication (built in)\n");
    let shown = stdout(bench.labkit(&["lab", "show"]).output().unwrap());
    assert!(shown.contains("host to guest: Hello guest operating system"), "{shown}");
    assert!(shown.contains("Q10") && shown.contains("65432"), "{shown}");
}

#[test]
fn a_host_that_does_not_exist_is_a_wrong_command_line() {
    let bench = Bench::new(User::Me);
    assert_eq!(bench.labkit(&["lab", "exec", "router", "true"]).status().unwrap().code(), Some(2));
}
