//! `replay --explain`: each row of the lab's exchanges is followed by a sentence, the same as in `exchange`.

#[path = "support/tools.rs"]
mod tools;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const FILE: &str = "captures/capture1.pcapng";

fn labkit(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().expect("labkit starts")
}

#[test]
fn each_row_is_followed_by_its_sentence() {
    let plain = String::from_utf8(labkit(&["replay", FILE]).stdout).expect("UTF-8");
    let explained = String::from_utf8(labkit(&["replay", FILE, "--explain"]).stdout).expect("UTF-8");
    let (sentences, rows): (Vec<&str>, Vec<&str>) =
        explained.lines().partition(|line| line.starts_with("        → "));
    assert_eq!(rows, plain.lines().collect::<Vec<_>>(), "the rows are the same");
    assert_eq!(sentences.len(), 20);
    assert!(explained.lines().nth(1).is_some_and(|line| line.contains("→ ")), "{explained}");
    // Filters keep rows with their sentences.
    let syn = String::from_utf8(labkit(&["replay", FILE, "--explain", "-Y", "tcp.flags.syn == 1"]).stdout);
    assert_eq!(syn.expect("UTF-8").lines().count(), 8);
}

#[test]
fn with_steps_the_ladder_grows_behind_the_rows() {
    let shell =
        format!("stty cols 100 rows 30; NO_COLOR=1 '{}' replay {FILE} --step", env!("CARGO_BIN_EXE_labkit"));
    let mut script = tools::tool("script");
    script.current_dir(env!("CARGO_MANIFEST_DIR")).args(["-qec", &shell, "/dev/null"]);
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a terminal");
    // Three keys for three further packets, then `q` for the end.
    child.stdin.take().expect("a keyboard").write_all(b"   q").expect("keys are pressed");
    let shown = String::from_utf8(child.wait_with_output().expect("it ends").stdout).expect("UTF-8");
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("no {text} in {shown}"));
    assert!(
        at("[SYN] Seq=0 Len=0") < at("┌ handshake") && at("┌ handshake") < at("├─ [SYN] Seq=0 MSS=1460"),
        "{shown}"
    );
    assert!(at("├─ [SYN] Seq=0 MSS=1460") < at("[SYN,ACK] Seq=0"), "{shown}");
    assert!(at("┌ message") < at("├─ [PSH, ACK] Seq=1 Ack=1 Len=28"), "{shown}");
    assert_eq!(shown.matches("┌ ").count(), 2, "two phases have begun: {shown}");
}

#[test]
fn what_cannot_be_read_twice_or_stepped_through_is_refused() {
    for (args, said) in [
        (&["replay", "-", "--explain"][..], "save standard input in a file first"),
        (&["replay", FILE, "--step"], "this is no terminal"),
        (&["replay", FILE, FILE, "--explain"], "save the merged one with -w first"),
    ] {
        let out = labkit(args);
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && error.contains(said), "{args:?}: {error}");
    }
}
