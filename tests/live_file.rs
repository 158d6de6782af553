//! `replay --live` on a file that grows while it is read.

#[path = "support/hang_up.rs"]
mod hang_up;

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A capture that is written piece by piece, and labkit that follows it.
struct Growing {
    folder: tempfile::TempDir,
    path: PathBuf,
    rest: Vec<u8>,
    file: File,
    child: Child,
    rows: BufReader<ChildStdout>,
}

impl Growing {
    fn start(arguments: &[&str]) -> Growing {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grows.pcapng");
        let rest =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/capture1.pcapng")).unwrap();
        let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
        command.args(["replay", "--live"]).arg(&path).args(arguments).env("TZ", "UTC");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        hang_up::reaches_programs();
        let mut child = command.spawn().unwrap();
        let rows = BufReader::new(child.stdout.take().unwrap());
        Growing { folder, path, rest, file, child, rows }
    }

    /// Writes this many further bytes.
    fn grow(&mut self, bytes: usize) {
        let more: Vec<u8> = self.rest.drain(..bytes.min(self.rest.len())).collect();
        self.file.write_all(&more).unwrap();
    }

    fn row(&mut self) -> String {
        let mut row = String::new();
        self.rows.read_line(&mut row).unwrap();
        row
    }

    /// Waits for the end, and returns exit status, standard error, and the number of rows that had not been read.
    fn end(mut self) -> (Option<i32>, String, usize) {
        let left = self.rows.by_ref().lines().count();
        let output = self.child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap(), left)
    }

    fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }
}

/// The rows of the whole capture.
fn rows(arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/capture1.pcapng");
    let output = command.arg("replay").arg(capture).args(arguments).env("TZ", "UTC").output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(|line| format!("{line}\n")).collect()
}

#[test]
fn each_packet_is_listed_when_its_block_is_whole_and_ctrl_c_ends_it() {
    use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGTERM};
    for (signal, arguments) in [
        (SIGINT, &[][..]),
        (SIGTERM, &["-Y", "tcp"]),
        (SIGHUP, &["-e", "frame.number", "-e", "tcp.len"]),
        (SIGINT, &["-V"]),
    ] {
        let wanted = rows(arguments);
        let mut growing = Growing::start(arguments);
        let all = growing.rest.len();
        // In pieces that end at any byte; the last byte is still missing.
        while growing.rest.len() > 1 {
            growing.grow((all / 7).min(growing.rest.len() - 1));
        }
        let complete = if arguments == ["-V"] { wanted.len() / 2 } else { wanted.len() - 1 };
        for row in &wanted[..complete] {
            assert_eq!(growing.row(), *row, "{arguments:?}");
        }
        growing.signal(signal);
        let (code, said, _) = growing.end();
        assert_eq!((code, said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_file_that_goes_ends_it_with_a_word() {
    let last = rows(&[]).len();
    for (goes, word) in [
        (&(|g: &Growing| std::fs::remove_file(&g.path).unwrap()) as &dyn Fn(&Growing), "was removed"),
        (
            &|g: &Growing| {
                let other = g.folder.path().join("other");
                std::fs::write(&other, "x").unwrap();
                std::fs::rename(other, &g.path).unwrap();
            },
            "was replaced",
        ),
        (&|g: &Growing| g.file.set_len(10).unwrap(), "was begun again"),
    ] {
        let mut growing = Growing::start(&[]);
        growing.grow(usize::MAX);
        for _ in 0..last {
            growing.row();
        }
        goes(&growing);
        let (code, said, left) = growing.end();
        assert!(said.starts_with("labkit: ") && said.ends_with(&format!("{word}\n")), "{said}");
        assert_eq!((code, left), (Some(0), 0));
    }
}

#[test]
fn a_count_ends_it_and_what_passes_is_saved() {
    let mut growing = Growing::start(&["-c", "3"]);
    growing.grow(usize::MAX);
    assert_eq!(growing.end(), (Some(0), String::new(), 3));

    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.pcapng");
    let mut growing = Growing::start(&["-w", saved.to_str().unwrap(), "-P"]);
    let all = rows(&[]);
    growing.grow(usize::MAX);
    for row in &all {
        assert_eq!(growing.row(), *row);
    }
    growing.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(growing.end().0, Some(0));
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    let output = command.arg("replay").arg(&saved).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), all.len());
}
