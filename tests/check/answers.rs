//! `labkit check --answers`: what it says about right and about wrong answers, and that it never reveals an answer.

use super::{captures, expect, folder, labkit};
use std::path::{Path, PathBuf};

fn sheet(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/sheets").join(name)
}

/// Checks a sheet against the lab's recording.
fn check(sheet: &Path, more: &[&str]) -> (String, String, i32) {
    let sheet = sheet.to_str().expect("UTF-8");
    labkit(&captures(""), &[&["check", "capture1.pcapng", "--answers", sheet], more].concat())
}

/// The part of the output below the requirements on the capture.
fn about_answers(out: &str) -> &str {
    out.split_once("cannot be told.\n\n").unwrap_or_else(|| panic!("no answers in\n{out}")).1
}

#[test]
fn wrong_answers_get_the_misconception_that_leads_to_them() {
    let (out, error, status) = check(&sheet("wrong.md"), &[]);
    assert_eq!((error.as_str(), status), ("", 1));
    expect("answers-wrong.txt", about_answers(&out));
}

#[test]
fn a_students_own_sheet_is_understood() {
    let (out, error, status) = check(&sheet("students.md"), &[]);
    assert_eq!((error.as_str(), status), ("", 1));
    expect("answers-students.txt", about_answers(&out));
}

#[test]
fn right_answers_are_right_and_prose_is_left_to_a_reader() {
    let (out, error, status) = check(&sheet("right.md"), &[]);
    assert_eq!((error.as_str(), status), ("", 0));
    expect("answers-right.txt", about_answers(&out));
}

#[test]
fn what_is_right_is_told_only_when_it_is_asked_for() {
    // Numbers and sentences of right answers that the sheet does not hold.
    let secrets = ["1449", "38200", "192.168.56.101", "The receiver of the message:"];
    let (hidden, _, _) = check(&sheet("wrong.md"), &[]);
    let (shown, _, _) = check(&sheet("wrong.md"), &["--reveal"]);
    for secret in secrets {
        assert!(!about_answers(&hidden).contains(secret), "{secret} is given away:\n{hidden}");
        assert!(about_answers(&shown).contains(secret), "{secret} is not revealed:\n{shown}");
    }
    let (json, _, _) = check(&sheet("wrong.md"), &["--format", "json"]);
    assert!(!json.contains("1449"), "{json}");
}

#[test]
fn the_template_is_empty_to_the_check_and_has_a_heading_for_each_question() {
    let dir = folder("template");
    let (template, _, status) = labkit(&dir, &["lab", "show", "--template"]);
    assert_eq!(status, 0);
    for id in 1..=10 {
        assert!(template.contains(&format!("\n## Q{id}. ")), "no Q{id} in\n{template}");
    }
    let path = dir.join("answers.md");
    std::fs::write(&path, template).unwrap();
    let (out, _, status) = check(&path, &[]);
    assert_eq!((about_answers(&out).lines().last(), status), (Some("Answers: 0 of 9 right; 12 empty."), 1));
}

#[test]
fn of_two_headings_q3_the_first_is_q2() {
    let path = folder("two-q3").join("answers.md");
    std::fs::write(&path, "## Q3\n\n65432 stays, the sender's changes.\n\n## Q3\n\n3\n").unwrap();
    let (out, _, _) = check(&path, &[]);
    let about = about_answers(&out);
    assert!(about.contains("right        Q2: ") && about.contains("right        Q3: "), "{about}");
}

#[test]
fn whatever_a_sheet_holds_is_graded_or_refused() {
    let path = folder("hostile").join("answers.md");
    for text in [
        "",
        "no heading at all",
        "## Q3\n\n99999999999999999999999999999999999999 packets \u{1b}[31m\u{9b}\n",
        "## Q9\n\n```\n1449\n```\n",
        "## Q3\n## Q3\n## Q3\n## Q4\n3,5\n",
        "# Q1\r\n\r\n65432\r\n",
        "## Q1\n\n| a | b |\n|---|---|\n| 65432 | 0x10 |\n\n[x](javascript:1) <script>alert(1)</script>\n",
    ] {
        std::fs::write(&path, text).unwrap();
        let (out, error, status) = check(&path, &[]);
        assert!(status == 1 && error.is_empty(), "{text:?}: {status} {error}");
        assert!(!out.contains(['\u{1b}', '\u{9b}']), "{out:?}");
    }
    std::fs::write(&path, b"\xff\xfe\0").unwrap();
    let (_, error, status) = check(&path, &[]);
    assert!(status != 0 && error.contains("no text") && error.lines().count() == 1, "{error}");
    let (_, error, status) = check(Path::new("/no/such/answers.md"), &[]);
    assert!(status != 0 && error.matches("No such file").count() == 1, "{error}");
}
