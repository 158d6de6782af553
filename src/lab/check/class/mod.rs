//! Several students' folders at once: the same checks for each, and what they have in common.

mod write;

pub use write::{csv, json, table};

use super::answers::{self, Graded};
use super::{Check, Inspected, Request, inspect, sheet};
use crate::capture::reader::Reader;
use crate::lab::definition::Lab;
use crate::text::harmless;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, Read as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What all folders are checked for.
pub struct Course<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// TCP port of the receiver.
    pub port: u16,
    /// Addresses of host and guest, where the user gave them.
    pub given: (Option<IpAddr>, Option<IpAddr>),
}

/// What one folder holds.
#[derive(Clone, Debug, Default)]
pub struct Student {
    /// Name of the folder, without anything that a terminal acts upon.
    pub folder: String,
    /// Whether a program is there.
    pub program: bool,
    /// The requirements on the capture; empty where it could not be read.
    pub checks: Vec<Check>,
    /// The verdicts on the answers; empty where there are none, or no capture to compare them with.
    pub answers: Vec<Graded>,
    /// Why something could not be looked at.
    pub problems: Vec<String>,
    /// Folders whose capture is the same file, byte by byte.
    pub same_bytes: Vec<String>,
    /// Further folders whose capture holds the same packets, whatever their times and the file's format.
    pub same_packets: Vec<String>,
    bytes: Option<u64>,
    packets: Option<u64>,
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

/// Checks each of the folders. One that cannot be read does not keep the others from being checked.
pub fn check(course: &Course<'_>, folders: &[PathBuf]) -> Vec<Student> {
    let mut all: Vec<Student> = folders.iter().map(|dir| student(course, dir)).collect();
    let prints: Vec<_> = all.iter().map(|s| (s.folder.clone(), s.bytes, s.packets)).collect();
    for (i, student) in all.iter_mut().enumerate() {
        for (_, (folder, bytes, packets)) in prints.iter().enumerate().filter(|(j, _)| *j != i) {
            if bytes.is_some() && *bytes == student.bytes {
                student.same_bytes.push(folder.clone());
            } else if packets.is_some() && *packets == student.packets {
                student.same_packets.push(folder.clone());
            }
        }
    }
    all
}

/// How many students have each misconception: name, count and hint, the most frequent first.
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

fn student(course: &Course<'_>, dir: &Path) -> Student {
    let shown: PathBuf = dir.components().collect();
    let mut student = Student { folder: harmless(&shown.display().to_string()), ..Student::default() };
    let names = match names(dir) {
        Ok(names) => names,
        Err(error) => {
            student.problems.push(format!("the folder cannot be read: {}", harmless(&error.to_string())));
            return student;
        }
    };
    student.program = course.lab.hand_in.programs.iter().any(|p| dir.join(p).is_file());
    let sheet = match answers_in(dir, &names) {
        None => {
            student.problems.push("no answers*.md".into());
            None
        }
        Some(path) => match sheet(course.lab, &path) {
            Ok(sheet) => Some(sheet),
            Err(error) => {
                student.problems.push(harmless(&error.to_string()));
                None
            }
        },
    };
    match capture(course, dir, &mut student) {
        Ok(Some(inspected)) => {
            student.packets = inspected.packets;
            if let Some(sheet) = sheet {
                student.answers = answers::grade(course.lab, course.port, &inspected.report, &sheet, false);
            }
            student.checks = inspected.checks;
        }
        Ok(None) => student.problems.push(format!("no {}", harmless(&course.lab.network.capture))),
        Err(why) => student.problems.push(harmless(&why.replace('\n', " "))),
    }
    student
}

/// Reads the folder's capture, if there is one.
fn capture(course: &Course<'_>, dir: &Path, student: &mut Student) -> Result<Option<Inspected>, String> {
    let path = dir.join(&course.lab.network.capture);
    // A pipe of this name would be waited for without end.
    if !path.is_file() {
        return Ok(None);
    }
    student.bytes = fingerprint(&path).ok().flatten();
    let mut source = Reader::open(&path).map_err(|e| e.to_string())?;
    let name = path.display().to_string();
    let request = Request { lab: course.lab, port: course.port, given: course.given, name: &name };
    inspect(&mut source, &request).map(Some).map_err(|e| e.to_string())
}

/// A hash of a file's bytes; `None` for an empty one.
fn fingerprint(path: &Path) -> io::Result<Option<u64>> {
    let (mut file, mut hasher) = (File::open(path)?, DefaultHasher::new());
    let (mut buffer, mut total) = (vec![0; 1 << 16], 0);
    loop {
        let n = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..n).filter(|p| !p.is_empty()) else { break };
        hasher.write(part);
        total += n;
    }
    Ok((total > 0).then(|| hasher.finish()))
}

/// Names in a folder, sorted.
fn names(dir: &Path) -> io::Result<Vec<String>> {
    let all: io::Result<Vec<String>> =
        fs::read_dir(dir)?.map(|e| Ok(e?.file_name().to_string_lossy().into_owned())).collect();
    let mut all = all?;
    all.sort();
    Ok(all)
}

fn answers_in(dir: &Path, names: &[String]) -> Option<PathBuf> {
    let is = |name: &&String| {
        let lower = name.to_lowercase();
        lower.starts_with("answers") && lower.ends_with(".md") && dir.join(name).is_file()
    };
    names.iter().find(is).map(|name| dir.join(name))
}
