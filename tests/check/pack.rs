//! `labkit check --pack`: what is missing is said, and what is packed can be unpacked.

use super::{captures, expect, folder, labkit};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs a program in `dir`; what it wrote.
fn run(dir: &Path, program: &str, args: &[&str]) -> String {
    let done = Command::new(program).current_dir(dir).args(args).output().unwrap();
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=Student", "-c", "user.email=student@example.org"];
    run(dir, "git", &[&identity, args].concat());
}

/// A folder `project2` with all that is asked for; the folder around it.
fn complete(name: &str) -> std::path::PathBuf {
    let around = folder(name);
    let dir = around.join("project2");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("communication.py"), "print('hello')\n").unwrap();
    fs::write(dir.join("answers.md"), "## Q1\n").unwrap();
    fs::copy(captures("capture1.pcapng"), dir.join("capture1.pcapng")).unwrap();
    git(&dir, &["init", "-q"]);
    git(&dir, &["add", "-A"]);
    git(&dir, &["commit", "-q", "-m", "Task 1"]);
    git(&dir, &["tag", "Task1"]);
    around
}

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
