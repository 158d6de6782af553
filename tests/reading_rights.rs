//! Reading needs no rights: a reader that root starts has given all of them up before the first packet.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The longest wait, longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line of a process's status, such as `Uid`.
fn status(process: u32, what: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'))?;
    Some(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn readers_started_by_root_give_everything_up() {
    if !nix::unistd::Uid::effective().is_root() {
        // There is nothing to give up; all other tests show that nothing fails then.
        return;
    }
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/capture1.pcapng");
    let bytes = fs::read(&capture).expect("the capture is there");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reading-rights.pcapng");
    let copy = copy.to_str().expect("UTF-8");
    let commands: [&[&str]; 10] = [
        &["check", "-"],
        &["replay", "-"],
        &["replay", "-", "-Y", "tcp"],
        &["replay", "-", "-w", copy, "--force"],
        &["show", "-", "4000"],
        &["conversations", "-"],
        &["statistics", "-"],
        &["exchange", "-"],
        &["follow", "-", "0"],
        &["answer", "-"],
    ];
    for command in commands {
        gives_everything_up(command, &bytes, None);
    }
    fs::remove_file(copy).expect("the copy was made");
}

#[test]
fn what_writes_files_becomes_the_user_who_called_sudo_before_it_reads() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let bytes =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/capture1.pcapng")).expect("a capture");
    let folder = std::env::temp_dir().join(format!("labkit-reading-rights-{}", std::process::id()));
    fs::create_dir(&folder).expect("a folder");
    std::os::unix::fs::chown(&folder, Some(12_345), Some(12_346)).expect("root gives it away");
    let picture = folder.join("flow.svg");
    gives_everything_up(&["flow", "-", "--svg", picture.to_str().expect("UTF-8")], &bytes, Some("12345"));
    let about = fs::metadata(&picture).expect("the picture was made");
    assert_eq!((about.uid(), about.gid()), (12_345, 12_346));
    fs::remove_dir_all(folder).expect("the folder goes");
}

/// Runs a command that reads standard input, and looks at its rights while it waits for the second half.
fn gives_everything_up(command: &[&str], bytes: &[u8], caller: Option<&str>) {
    let mut labkit = Command::new(env!("CARGO_BIN_EXE_labkit"));
    match caller {
        Some(caller) => labkit.env("SUDO_UID", caller).env("SUDO_GID", "12346"),
        None => labkit.env_remove("SUDO_UID"),
    };
    let mut child = labkit
        .args(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("labkit starts");
    // With the first block it has opened its files, and waits for the rest.
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(&bytes[..bytes.len() / 2]).expect("labkit reads");
    let begun = Instant::now();
    // `NoNewPrivs` is set last.
    while status(child.id(), "NoNewPrivs").as_deref() != Some("1") {
        assert!(begun.elapsed() < PATIENCE, "{command:?} has not given its rights up");
        std::thread::sleep(Duration::from_millis(2));
    }
    let ids = status(child.id(), "Uid").unwrap_or_default();
    let is_as_it_should = |id: &str| caller.map_or(id != "0", |caller| id == caller);
    assert!(ids.split(' ').all(is_as_it_should), "{command:?} is {ids}");
    for what in ["CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb"] {
        let all = status(child.id(), what);
        assert_eq!(all.as_deref(), Some("0000000000000000"), "{command:?}: {what}");
    }
    input.write_all(&bytes[bytes.len() / 2..]).expect("labkit reads on");
    drop(input);
    child.wait().expect("labkit ends");
}
