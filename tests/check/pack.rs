//! `labkit check --pack`: it names what is missing, and its archive can be unpacked.

use super::{captures, expect, folder, labkit, line};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs a program in `dir`, and returns its output.
fn run(dir: &Path, program: &str, args: &[&str]) -> String {
    let done = Command::new(program).current_dir(dir).args(args).output().unwrap();
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=Student", "-c", "user.email=student@example.org"];
    run(dir, "git", &[&identity, args].concat());
}

/// Makes a folder `project2` with all that the lab asks for, and returns the folder around it.
fn complete(name: &str) -> std::path::PathBuf {
    let around = folder(&format!("pack-{name}"));
    let dir = around.join("project2");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("communication.py"), "print('hello')\n").unwrap();
    fs::write(dir.join("answers.md"), ANSWERS).unwrap();
    fs::copy(captures("capture1.pcapng"), dir.join("capture1.pcapng")).unwrap();
    git(&dir, &["init", "-q"]);
    git(&dir, &["add", "-A"]);
    git(&dir, &["commit", "-q", "-m", "Task 1"]);
    git(&dir, &["tag", "Task1"]);
    around
}

/// A sheet: some answers right, one wrong, the others left out.
const ANSWERS: &str =
    "Host IP Address: 192.168.56.1\nGuest IP Address: 192.168.56.101\n\n## Q3\n3 packets\n\n## Q6\nYes\n";

const PACK: [&str; 5] = ["check", "--pack", "project2", "-o", "project2.tar.gz"];

#[test]
fn a_complete_folder_is_packed_under_its_own_name() {
    let around = complete("complete");
    let (out, err, code) = labkit(&around, &PACK);
    assert_eq!(code, 0, "{out}{err}");
    expect("pack-complete.txt", &out);
    fs::create_dir(around.join("elsewhere")).unwrap();
    run(&around.join("elsewhere"), "tar", &["-xzf", "../project2.tar.gz"]);
    run(&around, "diff", &["-r", "project2", "elsewhere/project2"]);
    assert_eq!(run(&around.join("elsewhere/project2"), "git", &["tag"]).trim(), "Task1");
    let (_, err, code) = labkit(&around, &PACK);
    assert_eq!(code, 1);
    assert!(err.contains("--force"), "{err}");
    assert_eq!(labkit(&around, &[&PACK[..], &["--force"]].concat()).2, 0);
}

#[test]
fn a_tag_in_packed_refs_counts() {
    let around = complete("packed-refs");
    git(&around.join("project2"), &["pack-refs", "--all"]);
    let (out, _, code) = labkit(&around, &PACK);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn what_is_missing_is_said_and_nothing_is_packed_unless_forced() {
    let around = folder("incomplete");
    fs::create_dir(around.join("project2")).unwrap();
    fs::write(around.join("project2/README.md"), "no answers\n").unwrap();
    let (out, err, code) = labkit(&around, &PACK);
    expect("pack-incomplete.txt", &out);
    assert_eq!(code, 1);
    assert!(err.contains("nothing was packed"), "{err}");
    assert!(!around.join("project2.tar.gz").exists());
    assert_eq!(labkit(&around, &[&PACK[..], &["--force"]].concat()).2, 1);
    assert_eq!(run(&around, "tar", &["-tzf", "project2.tar.gz"]), "project2/\nproject2/README.md\n");
}

#[test]
fn neither_the_archive_nor_what_a_link_points_to_is_packed() {
    let around = complete("links");
    fs::create_dir(around.join("secret")).unwrap();
    fs::write(around.join("secret/key"), "secret").unwrap();
    std::os::unix::fs::symlink("../secret", around.join("project2/link")).unwrap();
    let args = ["check", "--pack", "project2", "-o", "project2/project2.tar.gz"];
    let (_, err, code) = labkit(&around, &args);
    assert_eq!(code, 0, "{err}");
    let list = run(&around, "tar", &["-tzf", "project2/project2.tar.gz"]);
    assert!(list.contains("project2/link\n"), "{list}");
    assert!(!list.contains("key") && !list.contains("tar.gz"), "{list}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_leaves_no_archive() {
    let around = folder("absent");
    let (_, err, code) = labkit(&around, &PACK);
    assert_eq!(code, 1);
    assert!(err.contains("project2"), "{err}");
    assert!(!around.join("project2.tar.gz").exists());
    assert_eq!(labkit(&around, &["check"]).2, 2);
    assert_eq!(labkit(&around, &["check", "--pack", "project2"]).2, 2);
}

/// Output, errors, exit status, and whether an archive is there, after one change to a complete folder.
fn after(name: &str, change: impl Fn(&Path)) -> (String, String, i32, bool) {
    let around = complete(name);
    change(&around.join("project2"));
    let (out, err, code) = labkit(&around, &PACK);
    (out, err, code, around.join("project2.tar.gz").exists())
}

#[test]
fn an_empty_template_is_not_packed() {
    let (out, err, code, packed) = after("template", |dir| {
        let (template, _, _) = labkit(dir, &["lab", "show", "--template"]);
        fs::write(dir.join("answers.md"), template).unwrap();
    });
    assert!(line(&out, "answers").contains("no answer is in it"), "{out}");
    assert!(err.contains("these are lost: all answers"), "{err}");
    assert_eq!((code, packed), (1, false));
}

#[test]
fn a_capture_without_the_messages_is_not_packed_unless_forced() {
    let (out, err, code, packed) = after("no-messages", |dir| {
        fs::copy(captures("no-message.pcapng"), dir.join("capture1.pcapng")).unwrap();
    });
    assert!(line(&out, "message-1").starts_with("not met"), "{out}");
    assert!(err.contains("what the capture should show of message 1"), "{err}");
    assert_eq!((code, packed), (1, false));
    let around = complete("no-messages-forced");
    fs::copy(captures("no-message.pcapng"), around.join("project2/capture1.pcapng")).unwrap();
    let (_, err, code) = labkit(&around, &[&PACK[..], &["--force"]].concat());
    assert!(err.contains("are lost") && err.contains("packed into"), "{err}");
    assert_eq!((code, around.join("project2.tar.gz").exists()), (1, true));
}

#[test]
fn a_missing_tag_is_not_packed() {
    let (out, err, code, packed) = after("untagged", |dir| git(dir, &["tag", "-d", "Task1"]));
    assert!(line(&out, "history").contains("no tag Task1"), "{out}");
    assert!(err.contains("the tag Task1, which says which of your commits counts"), "{err}");
    assert_eq!((code, packed), (1, false));
}

#[test]
fn a_program_with_a_syntax_error_is_not_packed_and_nothing_of_it_is_run() {
    let (out, err, code, packed) = after("syntax", |dir| {
        fs::write(dir.join("communication.py"), "import os\nos.mkdir('was-run')\nprint('hello'\n").unwrap();
        // A module in the student's folder that has the name of Python's own.
        fs::write(dir.join("py_compile.py"), "open('was-run', 'w')\n").unwrap();
    });
    let said = line(&out, "compiles");
    assert!(said.starts_with("not met") && said.contains("line 3, '(' was never closed"), "{out}");
    assert!(err.contains("does not compile gets no points"), "{err}");
    assert_eq!((code, packed), (1, false));
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check/pack-syntax/project2");
    assert!(!dir.join("was-run").exists() && !dir.join("__pycache__").exists());
}

#[test]
fn names_that_are_nearly_right_are_taken_and_named() {
    let (out, _, code, packed) = after("nearly", |dir| {
        fs::rename(dir.join("capture1.pcapng"), dir.join("Capture_1.pcapng")).unwrap();
        fs::rename(dir.join("answers.md"), dir.join("my lab.md")).unwrap();
    });
    assert!(line(&out, "capture").contains("Capture_1.pcapng was taken for capture1.pcapng"), "{out}");
    assert!(line(&out, "answers").contains("my lab.md was taken for the answers"), "{out}");
    assert_eq!((code, packed), (0, true));
    let (out, _, code, _) = after("nested", |dir| {
        fs::create_dir(dir.join("task3")).unwrap();
        fs::rename(dir.join("capture1.pcapng"), dir.join("task3/capture1.pcapng")).unwrap();
    });
    assert!(line(&out, "capture").contains("task3/capture1.pcapng was taken for capture1.pcapng"), "{out}");
    assert_eq!(code, 0);
}
