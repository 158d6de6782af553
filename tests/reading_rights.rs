//! Reading takes no right: a reader that is started by root has none left before the first packet.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any machine takes.
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
        // There is nothing to give up; that nothing fails then, all other tests show.
        return;
    }
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/capture1.pcapng");
    let bytes = fs::read(&capture).expect("the capture is there");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reading-rights.pcapng");
    let copy = copy.to_str().expect("UTF-8");
    let commands: [&[&str]; 9] = [
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
        let mut child = Command::new(env!("CARGO_BIN_EXE_labkit"))
            .args(command)
            .env_remove("SUDO_UID")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("labkit starts");
        // It has opened its files when it has the first block, and waits for the rest.
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(&bytes[..bytes.len() / 2]).expect("labkit reads");
        let begun = Instant::now();
        // The last of what is given up.
        while status(child.id(), "NoNewPrivs").as_deref() != Some("1") {
            assert!(begun.elapsed() < PATIENCE, "{command:?} has not given its rights up");
            std::thread::sleep(Duration::from_millis(2));
        }
        let ids = status(child.id(), "Uid").unwrap_or_default();
        assert!(!ids.split(' ').any(|id| id == "0"), "{command:?} is still root: {ids}");
        for what in ["CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb"] {
            let all = status(child.id(), what);
            assert_eq!(all.as_deref(), Some("0000000000000000"), "{command:?}: {what}");
        }
        input.write_all(&bytes[bytes.len() / 2..]).expect("labkit reads on");
        drop(input);
        child.wait().expect("labkit ends");
    }
    fs::remove_file(copy).expect("the copy was made");
}
