//! `labkit filter explain` and the errors of both filter languages, through the binary.

mod alone;
#[cfg(feature = "capture")]
mod translation;

use std::process::{Command, Output};

fn labkit(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args);
    command.output().expect("labkit starts")
}

/// The error of a run whose command line is wrong.
fn refused(args: &[&str]) -> String {
    let out = labkit(args);
    assert_eq!(out.status.code(), Some(2), "{args:?}");
    assert!(out.stdout.is_empty(), "{args:?}");
    String::from_utf8(out.stderr).expect("UTF-8")
}

#[test]
fn the_filter_of_the_handout_is_refused_with_its_place_and_its_remedy() {
    let text = "ip.host == 192.168.122. and tcp";
    for args in [vec!["filter", "explain", text], vec!["replay", "captures/capture1.pcapng", "-Y", text]] {
        let error = refused(&args);
        assert!(error.contains(&format!("    {text}\n               ^^^^^^^^^^^^\n")), "{error}");
        assert!(error.contains("Did you mean:  ip.addr == 192.168.122.0/24 and tcp"), "{error}");
    }
}

#[test]
fn a_filter_that_keeps_nothing_because_of_a_trap_says_so() {
    let out = labkit(&["replay", "captures/capture1.pcapng", "-Y", "ip.host == 192.168.56"]);
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && error.contains("0 of 20 packets match"), "{error}");
    assert!(error.contains("no packet passes; perhaps: -Y 'ip.addr == 192.168.56.0/24'"), "{error}");
}

#[cfg(not(feature = "capture"))]
#[test]
fn without_libpcap_a_capture_filter_is_told_in_the_other_dialect() {
    let error = refused(&["replay", "captures/capture1.pcapng", "tcp", "port", "65432"]);
    assert!(error.contains("cannot be used") && error.ends_with("-Y 'tcp.port == 65432'\n"), "{error}");
}
