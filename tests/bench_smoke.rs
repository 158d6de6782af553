//! The comparison with other programs runs; here with a tiny file, and no time is checked.

#[path = "support/tools.rs"]
mod tools;

use std::path::Path;
use std::process::Command;
use tools::tool;

fn script(name: &str) -> Command {
    let mut command = tool("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(name));
    // Python then writes no compiled copies beside the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn stdout(command: &mut Command) -> String {
    let output = command.output().expect("python3 is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// One of the rows is a capture filter's.
#[cfg(feature = "capture")]
#[test]
fn the_comparison_prints_a_row_for_each_kind_of_work() {
    let folder = tempfile("comparison");
    let mut command = script("compare.py");
    command.args(["--frames", "300", "--rounds", "1", "--labkit", env!("CARGO_BIN_EXE_labkit")]);
    let table = stdout(command.env("TMPDIR", &folder));
    for work in ["start: `--version`", "a small capture", "the list", "`'tcp port 443' -w`", "`answer`"] {
        assert!(table.contains(&format!("| {work} | ")), "{work} is missing in\n{table}");
    }
    assert!(folder.join("labkit-bench-300.pcapng").exists());
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
}

#[test]
fn the_capture_that_is_measured_is_a_capture() {
    let folder = tempfile("capture");
    for (name, options) in [("talk.pcapng", &[][..]), ("bare.pcapng", &["--bare"])] {
        let file = folder.join(name);
        stdout(script("make_capture.py").arg(&file).arg("2000").args(options));
        let list = stdout(Command::new(env!("CARGO_BIN_EXE_labkit")).arg("replay").arg(&file));
        assert_eq!(list.lines().count(), 2000);
        // Random bytes on port 443 are taken for the middle of a TLS record, on port 22 for SSH's encrypted packets;
        // everything else is TCP.
        let known = |row: &str| [" TCP ", "Continuation Data", " SSH "].iter().any(|name| row.contains(name));
        assert!(list.lines().all(known), "{list}");
        for trouble in ["Retransmission", "Out-Of-Order", "Malformed", "unseen"] {
            assert!(!list.contains(trouble), "{trouble}");
        }
    }
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
}

#[test]
fn bad_files_get_a_row_for_each_program() {
    let mut command = script("hard.py");
    command.args(["--mutants", "2", "--labkit", env!("CARGO_BIN_EXE_labkit"), "files"]);
    let table = stdout(&mut command);
    for program in ["labkit replay -V -x", "labkit answer", "labkit report"] {
        assert!(table.contains(&format!("| `{program}` | 2 | 0 | 0 | ")), "{program} in\n{table}");
    }
    for program in ["tshark -V -x", "tcpdump -nvvX"] {
        assert!(table.contains(&format!("| `{program}` | 2 | ")), "{program} in\n{table}");
    }
}

fn tempfile(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("labkit-bench-smoke-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}
