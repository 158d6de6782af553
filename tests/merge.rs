//! Several captures merged into one, with and without copies, compared with mergecap and editcap; and what `replay`
//! says about wrong file names.

#[path = "support/tools.rs"]
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn labkit(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().expect("labkit starts")
}

fn ok(out: &Output) -> String {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Fields of each frame as tshark reads them.
fn fields(file: &Path, names: &[&str]) -> Vec<String> {
    let mut command = tools::tool("tshark");
    command.args(["-n", "-r"]).arg(file).args(["-T", "fields"]);
    for name in names {
        command.args(["-e", name]);
    }
    let out = command.output().expect("tshark starts");
    String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect()
}

fn made(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

const HOST: &str = "captures/both-ends-host.pcapng";
const GUEST: &str = "captures/both-ends-guest.pcapng";

#[test]
fn captures_of_both_ends_become_one_in_order_of_time_with_their_interfaces() {
    let folder = TempDir::new().expect("a folder");
    let (ours, theirs) = (made(&folder, "ours.pcapng"), made(&folder, "theirs.pcapng"));
    ok(&labkit(&["replay", HOST, GUEST, "-w", ours.to_str().expect("UTF-8")]));
    let mut mergecap = tools::tool("mergecap");
    mergecap
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["-I", "none", "-w"])
        .arg(&theirs)
        .args([HOST, GUEST]);
    assert!(mergecap.status().expect("mergecap starts").success());
    let names = ["frame.time_epoch", "frame.interface_name", "frame.len", "ip.id", "tcp.seq_raw"];
    let merged = fields(&ours, &names);
    assert_eq!(merged, fields(&theirs, &names));
    assert!(merged.is_sorted_by_key(|line| line.split('\t').next().map(str::to_owned)), "{merged:?}");
    // The list of both files is the list of the merged file.
    assert_eq!(
        ok(&labkit(&["replay", HOST, GUEST])),
        ok(&labkit(&["replay", ours.to_str().expect("UTF-8")]))
    );
    // The merged file has the interfaces of both, and the counts at the ends of both.
    let names = ok(&labkit(&["replay", ours.to_str().expect("UTF-8"), "-e", "frame.interface_id"]));
    assert!(names.contains('0') && names.contains('1'), "{names}");
    let mut capinfos = tools::tool("capinfos");
    let about = capinfos.arg(&ours).output().expect("capinfos starts");
    let about = String::from_utf8_lossy(&about.stdout).into_owned();
    assert_eq!(about.matches("Number of stat entries = 1").count(), 2, "{about}");
}

#[test]
fn a_filter_and_a_count_cut_the_merged_capture() {
    let folder = TempDir::new().expect("a folder");
    let part = made(&folder, "part.pcapng");
    let part = part.to_str().expect("UTF-8");
    // Both kinds of filters together, where there are both.
    let capture = if cfg!(feature = "capture") { &["tcp", "port", "65432"][..] } else { &[] };
    let display = ["replay", HOST, GUEST, "-w", part, "-Y", "frame.number in {3..7}"];
    ok(&labkit(&[&display, capture].concat()));
    let times = |args: &[&str]| ok(&labkit(args));
    let all = times(&["replay", HOST, GUEST, "-e", "frame.time_epoch"]);
    let expected: Vec<&str> = all.lines().skip(2).take(5).collect();
    assert_eq!(times(&["replay", part, "-e", "frame.time_epoch"]).lines().collect::<Vec<_>>(), expected);
    ok(&labkit(&["replay", HOST, "-c", "4", "-w", part, "--force"]));
    assert_eq!(fields(Path::new(part), &["frame.number"]).len(), 4);
}

#[test]
fn copies_are_left_out_as_editcap_does() {
    let folder = TempDir::new().expect("a folder");
    let (both, ours, theirs) =
        (made(&folder, "both.pcapng"), made(&folder, "ours.pcapng"), made(&folder, "theirs.pcapng"));
    let text = |path: &PathBuf| path.to_str().expect("UTF-8").to_owned();
    // Each frame twice, as from an adapter that was captured twice.
    ok(&labkit(&["replay", HOST, HOST, "-w", &text(&both)]));
    let single = fields(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(HOST), &["ip.id"]);
    assert_eq!(fields(&both, &["ip.id"]).len(), 2 * single.len());
    ok(&labkit(&["replay", &text(&both), "--dedup", "-w", &text(&ours)]));
    let mut editcap = tools::tool("editcap");
    let out = editcap.arg("-d").arg(&both).arg(&theirs).output().expect("editcap starts");
    assert!(out.status.success());
    assert_eq!(
        fields(&ours, &["frame.time_epoch", "ip.id"]),
        fields(&theirs, &["frame.time_epoch", "ip.id"])
    );
    assert_eq!(fields(&ours, &["ip.id"]).len(), single.len());
}

#[test]
fn damage_in_one_capture_keeps_no_frame_of_the_other_away() {
    let folder = TempDir::new().expect("a folder");
    let cut = made(&folder, "cut.pcapng");
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(HOST)).expect("it is there");
    std::fs::write(&cut, &bytes[..700]).expect("it can be written");
    let out = labkit(&["replay", cut.to_str().expect("UTF-8"), GUEST, "-e", "frame.interface_id"]);
    let error = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(1) && error.contains("cut.pcapng is damaged at byte"), "{error}");
    let guest = ok(&labkit(&["replay", GUEST, "-e", "frame.number"])).lines().count();
    let ids = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(ids.lines().filter(|id| *id == "1").count(), guest);
}

#[test]
fn a_wrong_name_or_number_is_answered_with_the_right_one() {
    for (args, status, said) in [
        (&["replay", HOST, "6"][..], 2, "`labkit show captures/both-ends-host.pcapng 6` shows packet 6"),
        (&["replay", "captures/capture1.pcap"], 1, "the nearest name there is captures/capture1.pcapng"),
        (&["show", "captures/captrue1.pcapng", "3"], 1, "the nearest name there is captures/capture1.pcapng"),
        (&["replay", HOST, "captures/both-end-guest.pcapng"], 1, "is captures/both-ends-guest.pcapng"),
        (&["replay", HOST, "captures/nothing-like-it-here.pcapng"], 1, "cannot open the capture"),
    ] {
        let out = labkit(args);
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(status), "{args:?}: {error}");
        assert!(error.contains(said) && !error.contains("os error"), "{args:?}: {error}");
    }
}
