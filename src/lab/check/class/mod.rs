//! Checks a class: each hand-in, folder or archive, and what the hand-ins have in common.

mod copies;
pub(super) mod hand_in;
mod page;
mod write;

pub use copies::Group;
pub use hand_in::is_archive;
pub use page::page;
pub use write::{csv, json, table};

use super::answers::{self, Graded, Sheet};
use super::{Check, Inspected, Request, inspect};
use crate::capture::reader::Reader;
use crate::capture::unpack::unpack;
use crate::lab::definition::Lab;
use crate::text::harmless;
use copies::Prints;
use hand_in::{HandedIn, Held};
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::net::IpAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// What all hand-ins are checked against.
pub struct Course<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// TCP port of the receiver.
    pub port: u16,
    /// Addresses of host and guest, where the user gave them.
    pub given: (Option<IpAddr>, Option<IpAddr>),
}

/// What one hand-in holds.
#[derive(Clone, Debug, Default)]
pub struct Student {
    /// Name of the folder or archive, without control characters.
    pub folder: String,
    /// Whether a program is there.
    pub program: bool,
    /// The requirements on the capture; empty where it could not be read.
    pub checks: Vec<Check>,
    /// The verdicts on the answers; empty where there are none, or no capture to compare them with.
    pub answers: Vec<Graded>,
    /// Remarks on what is nearly right, such as a file's name.
    pub notes: Vec<String>,
    /// Why something is missing or could not be read.
    pub problems: Vec<String>,
}

/// All hand-ins, and what they have in common.
#[derive(Clone, Debug, Default)]
pub struct Class {
    /// The hand-ins, in the order of their paths.
    pub students: Vec<Student>,
    /// Hand-ins that share a recording or a text.
    pub groups: Vec<Group>,
}

impl Student {
    /// Whether something is missing, not met or wrong.
    pub fn fails(&self) -> bool {
        let wrong = self.answers.iter().any(|g| g.mark.fails());
        !self.program || wrong || !self.problems.is_empty() || self.checks.iter().any(Check::fails)
    }

    /// Names of its misconceptions, each once.
    pub fn misconceptions(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for (id, _) in self.answers.iter().flat_map(|g| &g.hints) {
            if !ids.contains(&id.as_str()) {
                ids.push(id);
            }
        }
        ids
    }
}

/// The hand-ins that paths name. A folder that holds several folders or archives, and no hand-in of its own, is
/// replaced by them. A path that cannot be read stays.
///
/// # Errors
/// When a folder cannot be read.
pub fn hand_ins(lab: &Lab, paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().flat_map(|path| within(lab, path).unwrap_or_else(|| vec![path.clone()])).collect()
}

/// The hand-ins in a folder; `None` if the path is a hand-in itself.
fn within(lab: &Lab, path: &Path) -> Option<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = fs::read_dir(path).ok()?.filter_map(|e| Some(e.ok()?.path())).collect();
    all.sort();
    let is_own = |p: &PathBuf| {
        let name = p.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_lowercase();
        let part = [".pcapng", ".pcap", ".docx", ".odt"].iter().any(|e| name.ends_with(e))
            || name.starts_with("answers");
        p.is_file() && (part || lab.hand_in.programs.iter().any(|n| n.to_lowercase() == name))
            || name == ".git"
    };
    if all.iter().any(is_own) {
        return None;
    }
    let hidden = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    all.retain(|p| (p.is_dir() || is_archive(p)) && !hidden(p));
    // A single folder inside means a hand-in that was packed with its folder.
    (all.len() > 1 || all.iter().any(|p| is_archive(p))).then_some(all)
}

/// Checks each hand-in, in parallel. One that cannot be read gets a problem, and the others are checked. `done` is
/// called after each, with the number of those done.
pub fn check(course: &Course<'_>, paths: &[PathBuf], mut done: impl FnMut(usize)) -> Class {
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(paths.len()).max(1);
    let (next, (report, reports)) = (AtomicUsize::new(0), mpsc::channel());
    let mut all: Vec<Option<(Student, Prints)>> = paths.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..workers {
            let (report, next) = (report.clone(), &next);
            scope.spawn(move || {
                while let Some((i, path)) = at(paths, next.fetch_add(1, Ordering::Relaxed)) {
                    // Sending cannot fail: the receiver lives as long as the scope.
                    let _ = report.send((i, student(course, path)));
                }
            });
        }
        drop(report);
        for (n, (i, one)) in reports.iter().enumerate() {
            if let Some(place) = all.get_mut(i) {
                *place = Some(one);
            }
            done(n + 1);
        }
    });
    let (students, prints): (Vec<Student>, Vec<Prints>) = all.into_iter().flatten().unzip();
    let prints: Vec<(String, Prints)> = students.iter().map(|s| s.folder.clone()).zip(prints).collect();
    Class { groups: copies::groups(&prints), students }
}

fn at(paths: &[PathBuf], i: usize) -> Option<(usize, &PathBuf)> {
    paths.get(i).map(|path| (i, path))
}

/// The misconceptions that occur, the most frequent first: name, number of students, and hint.
pub fn misconceptions<'a>(lab: &'a Lab, all: &[Student]) -> Vec<(&'a str, usize, &'a str)> {
    let mut counts: Vec<(&str, usize, &str)> = Vec::new();
    for m in &lab.misconceptions {
        let n = all.iter().filter(|s| s.misconceptions().contains(&m.id.as_str())).count();
        if n > 0 && counts.iter().all(|(id, ..)| *id != m.id) {
            counts.push((&m.id, n, &m.hint));
        }
    }
    counts.sort_by_key(|(_, n, _)| std::cmp::Reverse(*n));
    counts
}

fn student(course: &Course<'_>, path: &Path) -> (Student, Prints) {
    let shown: PathBuf = path.components().collect();
    let mut student = Student { folder: harmless(&shown.display().to_string()), ..Student::default() };
    let mut prints = Prints::default();
    let held = match HandedIn::read(course.lab, path) {
        Ok(held) => held,
        Err(error) => {
            let what = if path.is_file() { "the archive" } else { "the folder" };
            student.problems.push(format!("{what} cannot be read: {}", harmless(&error.to_string())));
            return (student, prints);
        }
    };
    student.problems.extend(held.problems.iter().cloned());
    student.program = held.program(course.lab).is_some();
    let sheet = sheet(course, &held, &mut student);
    if let Some(sheet) = &sheet {
        prints.answers(&sheet.words());
    }
    match capture(course, path, &held, &mut student, &mut prints) {
        Ok(Some(inspected)) => {
            prints.packets = inspected.packets;
            prints.capture(&inspected.report);
            if let Some(sheet) = sheet {
                student.answers = answers::grade(course.lab, course.port, &inspected.report, &sheet, false);
            }
            student.checks = inspected.checks;
        }
        Ok(None) => student.problems.push(format!("no {}", harmless(&course.lab.network.capture))),
        Err(why) => student.problems.push(harmless(&why.replace('\n', " "))),
    }
    (student, prints)
}

/// Reads the hand-in's answers, if there are any.
fn sheet(course: &Course<'_>, held: &HandedIn, student: &mut Student) -> Option<Sheet> {
    let Some((file, note)) = held.answers() else {
        student.problems.push("no answers (answers.md, .txt, .docx or .odt)".into());
        return None;
    };
    student.notes.extend(note);
    match answers::read(course.lab, &file.bytes) {
        Ok(sheet) => Some(sheet),
        Err(error) => {
            student.problems.push(format!("{}: {error}", harmless(&file.path)));
            None
        }
    }
}

/// Reads the hand-in's capture, if there is one.
fn capture(
    course: &Course<'_>,
    path: &Path,
    held: &HandedIn,
    student: &mut Student,
    prints: &mut Prints,
) -> Result<Option<Inspected>, String> {
    let Some((file, note)) = held.capture(course.lab) else { return Ok(None) };
    student.notes.extend(note);
    prints.bytes = fingerprint(file);
    inspect_held(course, path, file).map(Some)
}

/// Reads and checks a capture that is in memory.
pub(super) fn inspect_held(course: &Course<'_>, path: &Path, file: &Held) -> Result<Inspected, String> {
    let name = path.join(&file.path).display().to_string();
    let (reader, _) = unpack(file.bytes.as_slice()).map_err(|e| e.to_string())?;
    let mut source = Reader::new(reader, name.clone()).map_err(|e| e.to_string())?;
    let request = Request { lab: course.lab, port: course.port, given: course.given, name: &name };
    inspect(&mut source, &request).map_err(|e| e.to_string())
}

/// A hash of a file's bytes; `None` for an empty one.
fn fingerprint(file: &Held) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&file.bytes);
    (!file.bytes.is_empty()).then(|| hasher.finish())
}
