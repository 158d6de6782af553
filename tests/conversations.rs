//! `conversations` and `follow` on the recordings: figures and content are tshark's.

#[path = "support/each.rs"]
mod each;
#[path = "support/tools.rs"]
mod tools;

use each::each;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tools::tool;

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

fn captures() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(capture("")).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "pcapng")).collect();
    files.sort();
    assert!(files.len() > 30);
    files
}

fn labkit(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_labkit")).args(args).output().unwrap()
}

fn text(output: Output) -> String {
    String::from_utf8(output.stdout).unwrap()
}

/// tshark's table of conversations and the content of the first `streams` of them, from one run.
fn tshark(file: &str, streams: usize) -> String {
    let mut command = tool("tshark");
    command.args(["-n", "-q", "-r", file, "-z", "conv,tcp"]);
    for stream in 0..streams {
        command.args(["-z", &format!("follow,tcp,raw,{stream}")]);
    }
    text(command.output().unwrap())
}

/// Ends, packets there, packets back, start.
type Row = [String; 5];

fn our_rows(file: &str) -> Vec<Row> {
    let list = text(labkit(&["conversations", file, "--proto", "tcp"]));
    let rows = list.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split_whitespace().collect();
        [cells[2], cells[3], cells[4], cells[6], cells[8]].map(str::to_owned)
    });
    rows.collect()
}

/// tshark's cells: frames and bytes back, frames and bytes there, frames and bytes both ways, start, duration; each
/// number of bytes is followed by its unit.
fn their_rows(list: &str) -> Vec<Row> {
    let rows = list.lines().filter(|line| line.contains("<->")).map(|line| {
        let cells: Vec<_> = line.split_whitespace().collect();
        let start = &cells[12][..cells[12].len() - 3];
        [cells[0], cells[2], cells[6], cells[3], start].map(str::to_owned)
    });
    rows.collect()
}

/// The turns of a conversation: whether the client speaks, and its bytes in hexadecimal digits.
fn turns<'a>(said: impl Iterator<Item = (bool, &'a str)>) -> Vec<(bool, String)> {
    let mut turns: Vec<(bool, String)> = Vec::new();
    for (back, hex) in said {
        match turns.last_mut() {
            Some((last, all)) if *last == back => all.push_str(hex),
            _ => turns.push((back, hex.to_owned())),
        }
    }
    turns
}

/// tshark's turns of one conversation.
fn their_turns(said: &str, stream: usize) -> Vec<(bool, String)> {
    let heading = format!("Filter: tcp.stream eq {stream}\n");
    let (_, block) = said.split_once(&heading).expect("tshark follows it");
    let lines = block.lines().skip(2).take_while(|line| !line.starts_with('='));
    turns(lines.map(|line| (line.starts_with('\t'), line.trim())))
}

fn our_turns(file: &str, stream: usize) -> Vec<(bool, String)> {
    let said = text(labkit(&["follow", file, &stream.to_string(), "--hex"]));
    let lines =
        said.lines().map(|line| (line.starts_with('<'), line.get(12..60).unwrap_or("").replace(' ', "")));
    let lines: Vec<_> = lines.collect();
    turns(lines.iter().map(|(back, hex)| (*back, hex.as_str())))
}

#[test]
fn figures_and_content_are_those_of_tshark() {
    each(&captures(), |file| {
        let file = file.to_str().unwrap();
        let mut ours = our_rows(file);
        let said = tshark(file, ours.len());
        for stream in 0..ours.len() {
            assert_eq!(our_turns(file, stream), their_turns(&said, stream), "{file}, stream {stream}");
        }
        let mut theirs = their_rows(&said);
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{file}");
    });
}

#[test]
fn both_sides_are_told_apart_without_colour() {
    let file = capture("split-marker.pcapng");
    let said = text(labkit(&["follow", file.to_str().unwrap(), "0"]));
    assert_eq!(said, "> Hello guest operating system\n< #<<END>>#\n");
}

#[test]
fn how_a_conversation_ended_is_told() {
    let outcomes = [
        ("capture1", "closed"),
        ("refused", "refused"),
        ("unanswered", "unanswered"),
        ("reset-after-receipt", "reset"),
        ("stopped-early", "open"),
        ("stopped-between-fins", "half closed"),
    ];
    for (name, outcome) in outcomes {
        let file = capture(&format!("{name}.pcapng"));
        let list = text(labkit(&["conversations", file.to_str().unwrap()]));
        assert!(
            list.lines().nth(1).is_some_and(|row| row.ends_with(&format!("  {outcome}"))),
            "{name}\n{list}"
        );
    }
}

#[test]
fn a_raw_copy_never_replaces_a_file_unasked() {
    let file = capture("capture1.pcapng");
    let folder = std::env::temp_dir().join(format!("labkit-follow-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let out = folder.join("said");
    let args = ["follow", file.to_str().unwrap(), "0", "--raw", "-o", out.to_str().unwrap()];
    assert!(labkit(&args).status.success());
    assert_eq!(std::fs::read(&out).unwrap(), b"Hello guest operating system#<<END>>#");
    let again = labkit(&args);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--force"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_conversation_that_is_not_there_is_an_error_that_helps() {
    let file = capture("capture1.pcapng");
    let output = labkit(&["follow", file.to_str().unwrap(), "7"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("labkit conversations"));
}
