//! Sheets and single answers that were graded by hand, compared with the check's verdicts.
//!
//! The verdicts by hand are in `tests/check/sheets`; its README says what the letters mean.

use super::captures;
use labkit::capture::reader::Reader;
use labkit::lab::check::answers::{self, Graded, Mark};
use labkit::lab::check::{Inspected, Request, inspect};
use labkit::lab::definition::Lab;
use std::fs;
use std::path::{Path, PathBuf};

fn sheets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/sheets")
}

/// The capture that most answers are about.
const USUAL: &str = "capture1.pcapng";

fn inspected(lab: &Lab, name: &str) -> Inspected {
    let mut source = Reader::open(&captures(name)).unwrap();
    let request = Request { lab, port: lab.communicator.port, given: (None, None), name };
    inspect(&mut source, &request).unwrap()
}

/// The letter that a verdict of the check has in the grading by hand.
fn letter(mark: Mark) -> &'static str {
    match mark {
        Mark::Right => "R",
        Mark::Partly | Mark::ReasonWrong | Mark::ReasonUnread => "P",
        Mark::Wrong => "W",
        Mark::Empty => "E",
        Mark::Unread => "U",
        Mark::CannotTell => "C",
        Mark::Prose => "X",
    }
}

/// One answer, graded by hand and by the check.
struct Compared {
    place: String,
    hand: String,
    expected: String,
    got: Graded,
}

impl Compared {
    fn is_scored(&self) -> bool {
        !matches!(self.hand.as_str(), "X" | "E")
    }

    fn agrees(&self) -> bool {
        letter(self.got.mark) == self.hand
    }

    /// Whether the check called a right answer wrong, or an answer that the capture cannot show, or a wrong answer
    /// right.
    fn is_unfair(&self) -> bool {
        matches!((self.hand.as_str(), letter(self.got.mark)), ("R" | "C", "W") | ("W", "R"))
    }

    /// Whether the check names the expected misconception; if `|` separates several, one of them is enough.
    fn names_it(&self) -> bool {
        self.expected.split('|').any(|id| self.got.hints.iter().any(|(named, _)| named == id))
    }

    fn line(&self) -> String {
        let hints: Vec<&str> = self.got.hints.iter().map(|(id, _)| id.as_str()).collect();
        format!(
            "{}: by hand {} {}, here {} {hints:?}: {}",
            self.place,
            self.hand,
            self.expected,
            self.got.mark.name(),
            self.got.wrote
        )
    }
}

/// Asserts the targets: no unfair verdict, no misconception named for a right answer, and a share of at least
/// `agreement` of equal verdicts and of named misconceptions.
fn judge(all: &[Compared], agreement: f64) {
    let lines =
        |of: &dyn Fn(&&Compared) -> bool| all.iter().filter(of).map(Compared::line).collect::<Vec<_>>();
    let unfair = lines(&|c| c.is_unfair());
    assert!(unfair.is_empty(), "unfair:\n{}", unfair.join("\n"));
    let blamed = lines(&|c| c.hand == "R" && !c.got.hints.is_empty());
    assert!(blamed.is_empty(), "a right answer with a misconception:\n{}", blamed.join("\n"));
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    let scored = all.iter().filter(|c| c.is_scored()).count();
    let differ = lines(&|c| c.is_scored() && !c.agrees());
    assert!(
        share(scored - differ.len(), scored) >= agreement,
        "of {scored}, these differ:\n{}",
        differ.join("\n")
    );
    let expected = all.iter().filter(|c| !c.expected.is_empty()).count();
    let unnamed = lines(&|c| !c.expected.is_empty() && !c.names_it());
    assert!(
        share(expected - unnamed.len(), expected) >= agreement,
        "of {expected}, these are not named:\n{}",
        unnamed.join("\n")
    );
}

#[test]
fn a_class_of_sheets_gets_the_verdicts_of_the_hand() {
    let lab = Lab::built_in();
    let usual = inspected(&lab, USUAL);
    let dir = sheets().join("class");
    let verdicts: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("verdicts.json")).unwrap()).unwrap();
    let mut all = Vec::new();
    for (name, questions) in verdicts.as_object().unwrap() {
        let path =
            ["md", "txt", "docx", "odt"].iter().map(|e| dir.join(format!("{name}.{e}"))).find(|p| p.exists());
        let bytes = fs::read(path.unwrap_or_else(|| panic!("no sheet {name}"))).unwrap();
        let sheet = answers::read(&lab, &bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let other = questions.get("capture").map(|name| inspected(&lab, name.as_str().unwrap()));
        let report = &other.as_ref().unwrap_or(&usual).report;
        let graded = answers::grade(&lab, lab.communicator.port, report, &sheet, false);
        for (id, verdict) in questions.as_object().unwrap().iter().filter(|(id, _)| *id != "capture") {
            let of = |key: &str| verdict[key].as_str().unwrap().to_string();
            let got =
                graded.iter().find(|g| g.id == *id).unwrap_or_else(|| panic!("{name}: no {id}")).clone();
            all.push(Compared {
                place: format!("{name}, {id}"),
                hand: of("verdict"),
                expected: of("misconception"),
                got,
            });
        }
    }
    assert!(all.len() >= 582 * 10);
    judge(&all, 0.97);
}

#[test]
fn single_answers_get_the_verdicts_of_the_hand_and_every_misconception_is_known_in_several_wordings() {
    let lab = Lab::built_in();
    let capture = inspected(&lab, USUAL);
    let text = fs::read_to_string(sheets().join("phrases.txt")).unwrap();
    let mut all = Vec::new();
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (head, answer) = line.split_once(" | ").unwrap_or_else(|| panic!("no bar in {line}"));
        let (id, verdict) = head.split_once(' ').unwrap();
        let (hand, expected) = verdict.split_once('/').unwrap_or((verdict, ""));
        let answer = answer.replace(";;", "\n");
        let written = match id {
            "addresses" => answer,
            "filter" => format!("## Filter\n\n{answer}\n"),
            _ => format!("## {id}\n\n{answer}\n"),
        };
        let sheet = answers::read(&lab, written.as_bytes()).unwrap();
        let graded = answers::grade(&lab, lab.communicator.port, &capture.report, &sheet, false);
        let got = graded.into_iter().find(|g| g.id == id).unwrap();
        all.push(Compared { place: line.into(), hand: hand.into(), expected: expected.into(), got });
    }
    judge(&all, 0.98);
}

#[test]
fn every_misconception_of_the_lab_is_known_in_five_wordings() {
    let phrases = fs::read_to_string(sheets().join("phrases.txt")).unwrap();
    let verdicts = fs::read_to_string(sheets().join("class/verdicts.json")).unwrap();
    // The tests above assert that the check names each of them.
    let times = |id: &str| {
        let named = |text: &str, before: &str| text.matches(&format!("{before}{id}")).count();
        named(&phrases, "/")
            + named(&phrases, "|")
            + named(&verdicts, "\"misconception\": \"")
            + named(&verdicts, "|")
    };
    let few: Vec<(String, usize)> = Lab::built_in()
        .misconceptions
        .into_iter()
        .map(|m| (m.id.clone(), times(&m.id)))
        .filter(|(_, n)| *n < 5)
        .collect();
    assert!(few.is_empty(), "{few:?}");
}
