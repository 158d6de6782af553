//! What only later packets say (`replay -2`, and always `show`), and names of hardware addresses (`--names`).

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn recording(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn labkit(args: &[&str], file: &Path) -> Output {
    let (command, rest) = args.split_first().unwrap();
    Command::new(env!("CARGO_BIN_EXE_labkit"))
        .arg(command)
        .arg(file)
        .args(rest)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn rows(args: &[&str], file: &Path) -> Vec<String> {
    let output = labkit(args, file);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_second_pass_tells_which_packet_answers_and_which_completes() {
    let file = recording("recordings/echoes.pcap");
    let (once, twice) = (rows(&["replay"], &file), rows(&["replay", "-2"], &file));
    assert_eq!(once.len(), twice.len());
    for (number, says) in [
        (1, " (reply in 2)"),
        (4, " (no response found!)"),
        (10, " (multicast)"),
        (11, " (broadcast)"),
        (18, " [Reassembled in #20]"),
    ] {
        assert_eq!(twice[number - 1], format!("{}{says}", once[number - 1]));
    }
}

#[test]
fn a_filter_sees_what_later_packets_say() {
    let file = recording("recordings/echoes.pcap");
    let numbers = |filter| {
        rows(&["replay", "-2", "-Y", filter, "--format", "fields", "-e", "frame.number"], &file).join(" ")
    };
    assert_eq!(numbers("icmp.resp_in"), "1 6 23");
    assert_eq!(numbers("icmp.resp_in == 7"), "6");
    assert_eq!(numbers("icmp.no_resp"), "4 5 8 20");
    assert_eq!(numbers("ip.reassembled_in == 23"), "21 22");
    assert!(rows(&["replay", "-Y", "icmp.resp_in"], &file).is_empty(), "one pass does not know it");
}

#[test]
fn one_packet_is_shown_with_what_later_ones_say() {
    let page = rows(&["show", "1"], &recording("recordings/echoes.pcap"));
    assert!(page[0].ends_with(" (reply in 2)"), "{}", page[0]);
    assert!(page.iter().any(|line| line == "    [Response frame: 2]"), "{page:?}");
}

#[test]
fn several_captures_are_gone_through_twice_as_one() {
    let file = recording("recordings/echoes.pcap");
    let more = file.display().to_string();
    let merged = rows(&["replay", more.as_str(), "-2"], &file);
    let alone = rows(&["replay", more.as_str()], &file);
    assert_eq!(merged.len(), alone.len());
    assert!(merged.iter().any(|row| row.contains("(reply in ")), "{merged:?}");
}

#[test]
fn what_can_be_read_once_is_refused() {
    let output = labkit(&["replay", "-2"], Path::new("-"));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let says = String::from_utf8(output.stderr).unwrap();
    assert!(says.contains("-2 reads a capture twice, which standard input cannot be"), "{says}");
}

#[test]
fn groups_and_makers_have_names_where_they_are_asked_for() {
    let file = recording("rows/neighbours.pcap");
    let named = rows(&["replay", "--names", "-Y", "stp"], &file);
    assert!(named.iter().all(|row| row.contains("Spanning-tree-(for-bridges)_00") || row.contains("PVST+")));
    let plain = rows(&["replay", "-Y", "stp"], &file);
    assert!(plain.iter().all(|row| row.contains("01:80:c2:00:00:00") || row.contains("01:00:0c:cc:cc:cd")));
    // An address without a known name is unchanged.
    let details = rows(&["replay", "--names", "-V", "-c", "1"], &file);
    assert!(
        details
            .iter()
            .any(|line| line.contains("Destination: Spanning-tree-(for-bridges)_00 (01:80:c2:00:00:00)")),
        "{details:?}"
    );
}
