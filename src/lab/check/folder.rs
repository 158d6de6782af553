//! Checks the folder that is handed in: what must be in it, and what would get no points.

use super::answers::{self, Graded, Mark, Sheet};
use super::capture::shell;
use super::class::hand_in::{HandedIn, Held};
use super::class::{Course, inspect_held};
use super::pack::{PackError, entries};
use super::{Check, Verdict};
use crate::text::harmless;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Endings of files that may hold the answers, but that labkit does not read.
const UNREAD: [&str; 4] = ["doc", "rtf", "pdf", "pages"];

/// What a folder holds, and which points would be lost if it were handed in as it is.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The verdicts, in the order program, capture, answers, history.
    pub checks: Vec<Check>,
    /// Phrases for what would get no points; empty if the folder may be packed.
    pub lost: Vec<String>,
}

/// Checks the folder `dir` for what the lab asks for: a program that compiles, a capture with the lab's messages,
/// answers, and the git history with its tag.
///
/// # Errors
/// When the folder cannot be read.
pub fn contents(course: &Course<'_>, dir: &Path) -> Result<Contents, PackError> {
    let failed = |source| PackError::Read { path: dir.to_owned(), source };
    entries(dir)?;
    let held = HandedIn::read(course.lab, dir).map_err(failed)?;
    let mut folder = Folder {
        course,
        dir,
        held: &held,
        place: shell(&dir.display().to_string()),
        all: Contents::default(),
    };
    folder.program();
    let graded = folder.capture_and_answers();
    folder.answers(graded);
    let history = history(dir, &course.lab.hand_in.tag, &folder.place);
    let tag = &course.lab.hand_in.tag;
    let lost = match dir.join(".git/HEAD").is_file() {
        true => format!("the tag {tag}, which says which of your commits counts"),
        false => {
            format!("the commits that show how you worked, and the tag {tag} that says which one counts")
        }
    };
    folder.add(history, &lost);
    for problem in &held.problems {
        folder.all.checks.push(Check::note("left-out", format!("{problem}.")));
    }
    Ok(folder.all)
}

struct Folder<'a> {
    course: &'a Course<'a>,
    dir: &'a Path,
    held: &'a HandedIn,
    /// The folder's name, quoted for a shell.
    place: String,
    all: Contents,
}

impl Folder<'_> {
    /// Adds a verdict; if it fails, `lost` joins what would get no points.
    fn add(&mut self, check: Check, lost: &str) {
        if check.fails() {
            self.all.lost.push(lost.into());
        }
        self.all.checks.push(check);
    }

    fn program(&mut self) {
        let wanted = self.course.lab.hand_in.programs.join(" or ");
        let Some(program) = self.held.program(self.course.lab) else {
            let todo = format!("copy your program into {}.", self.place);
            return self.add(Check::not_met("program", format!("no {wanted}."), todo), "the program");
        };
        let path = harmless(&program.path);
        self.all.checks.push(Check::met("program", format!("{path} is there.")));
        if Path::new(&program.path).extension() == Some(OsStr::new("py")) {
            let check = compiled(&self.dir.join(&program.path), &path);
            self.add(check, "the program: one that does not compile gets no points");
        }
    }

    /// Adds the capture's requirements. Returns the name of the sheet, the sheet and the verdicts on it, if both
    /// capture and sheet can be read.
    fn capture_and_answers(&mut self) -> Option<(String, Sheet, Vec<Graded>)> {
        let wanted = self.course.lab.network.capture.clone();
        let sheet = self.held.answers().and_then(|(file, note)| {
            let sheet = answers::read(self.course.lab, &file.bytes).ok()?;
            Some((note.unwrap_or_else(|| format!("{} is there", shell(&file.path))), sheet))
        });
        let all = "the capture, and every answer that is compared with it";
        let Some((file, note)) = self.held.capture(self.course.lab) else {
            let todo = format!("save the capture of the lab under this name in {}.", self.place);
            self.add(Check::not_met("capture", format!("no {wanted}."), todo), all);
            return sheet.map(|(name, sheet)| (name, sheet, Vec::new()));
        };
        let said = note.map_or_else(|| format!("{wanted} is there."), |note| format!("{note}; rename it."));
        match inspect_held(self.course, self.dir, file) {
            Err(why) => {
                let says =
                    format!("{} cannot be read: {}.", shell(&file.path), harmless(&why.replace('\n', " ")));
                self.add(Check::not_met("capture", says, "save the capture anew."), all);
                sheet.map(|(name, sheet)| (name, sheet, Vec::new()))
            }
            Ok(inspected) => {
                self.all.checks.push(Check::met("capture", said));
                self.requirements(file, inspected.checks);
                let grade = |sheet: &Sheet| {
                    answers::grade(self.course.lab, self.course.port, &inspected.report, sheet, false)
                };
                sheet.map(|(name, sheet)| {
                    let graded = grade(&sheet);
                    (name, sheet, graded)
                })
            }
        }
    }

    /// Adds the requirements on the capture that are not met or open, one by one, and the number of those that are
    /// met.
    fn requirements(&mut self, file: &Held, checks: Vec<Check>) {
        let (met, rest): (Vec<Check>, Vec<Check>) =
            checks.into_iter().partition(|c| c.verdict == Verdict::Met);
        for check in rest {
            // Without its message a step gets no points; other faults leave a part to grade.
            let lost = check
                .id
                .strip_prefix("message-")
                .map(|n| format!("what the capture should show of message {n}"));
            match lost.filter(|_| check.fails()) {
                Some(lost) => self.add(check, &lost),
                None => self.all.checks.push(check),
            }
        }
        let n = met.len();
        let says = format!("{n} requirements on {} are met; `labkit check` lists them.", shell(&file.path));
        self.all.checks.push(Check::met("capture-inside", says));
    }

    fn answers(&mut self, graded: Option<(String, Sheet, Vec<Graded>)>) {
        let Some((said, sheet, graded)) = graded else { return self.unread_answers() };
        let asked = &self.course.lab.questions;
        let empty = |id: &str| sheet.section(id).is_none_or(answers::Section::is_empty);
        if asked.iter().all(|q| empty(&q.id)) {
            let todo = "write below its headings, or copy the file with your answers here.";
            let says = format!("{said}, but no answer is in it.");
            return self.add(Check::not_met("answers", says, todo), "all answers");
        }
        let missing: Vec<&str> = asked.iter().map(|q| q.id.as_str()).filter(|id| empty(id)).collect();
        let says = match missing.as_slice() {
            [] => format!("{said}."),
            missing => format!("{said}; nothing is written for {}.", missing.join(", ")),
        };
        self.all.checks.push(Check::met("answers", says));
        let (right, scored) = answers::score(&graded);
        let failing = graded.iter().filter(|g| g.mark.fails() && g.mark != Mark::Empty && !g.prose);
        let failing: Vec<String> = failing.map(|g| format!("{} {}", g.id, g.mark.name())).collect();
        if scored > 0 {
            let others = if failing.is_empty() { String::new() } else { format!("; {}", failing.join(", ")) };
            let says =
                format!("{right} of {scored} that can be compared with the capture are right{others}.");
            self.all.checks.push(Check::note("answers-inside", says));
        }
    }

    /// Where no sheet can be read, looks for other files that may be the answers.
    fn unread_answers(&mut self) {
        let names: Vec<PathBuf> = entries(self.dir).unwrap_or_default();
        let unread = |p: &&PathBuf| {
            let end = p.extension().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
            p.is_file() && UNREAD.contains(&end.as_str())
        };
        let found = names.iter().find(unread).and_then(|p| p.file_name()).and_then(OsStr::to_str);
        if let Some(name) = found {
            let says =
                format!("{} may be the answers; it is of a kind that is not looked into.", shell(name));
            return self.all.checks.push(Check::met("answers", says));
        }
        let says = "no file with answers (md, txt, docx, odt, doc, rtf, pdf; a README does not count).";
        let todo = format!("copy the file with your answers into {}.", self.place);
        self.add(Check::not_met("answers", says, todo), "all answers");
    }
}

/// Whether Python compiles a program. The program is not run: `-I` keeps modules in the student's folder from being
/// imported, and the compiled file goes to a temporary folder that is removed.
fn compiled(program: &Path, shown: &str) -> Check {
    let id = "compiles";
    let scratch = env::temp_dir().join(format!("labkit-compiled-{}", std::process::id()));
    let prefix = format!("pycache_prefix={}", scratch.display());
    let done = Command::new("python3")
        .args(["-I", "-X", &prefix, "-m", "py_compile"])
        .arg(program)
        .stdin(Stdio::null())
        .output();
    let _ = fs::remove_dir_all(&scratch);
    match done {
        Ok(done) if done.status.success() => Check::met(id, format!("Python compiles {shown}.")),
        Ok(done) => {
            let todo = format!(
                "`python3 -m py_compile {}` shows where; mend it, and commit.",
                shell(&program.display().to_string())
            );
            Check::not_met(id, format!("{shown} has a syntax error: {}.", complaint(&done)), todo)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Check::cannot_tell(id, "python3 is not installed here, so the program was not compiled.")
        }
        Err(error) => Check::cannot_tell(id, format!("python3 cannot be run ({}).", error.kind())),
    }
}

/// The line and the error that Python names.
fn complaint(done: &Output) -> String {
    let text = String::from_utf8_lossy(&done.stderr);
    let line =
        text.lines().find_map(|l| l.split_once(", line ").map(|(_, n)| n.trim_end_matches([')', '\n'])));
    let digits: String = line.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    let error = text.lines().rev().find_map(|l| Some(l.split_once("Error: ")?.1)).unwrap_or("not named");
    let error = error.split_once(" (").map_or(error, |(error, _)| error);
    let place = if digits.is_empty() { String::new() } else { format!("line {digits}, ") };
    format!("{place}{}", harmless(error.trim_end_matches('.')))
}

/// Whether the git history is in the folder and has the tag. The check reads files only, so git need not be
/// installed, and commands that the student's repository configures cannot run.
fn history(dir: &Path, tag: &str, place: &str) -> Check {
    let (id, git) = ("history", dir.join(".git"));
    if git.is_file() {
        let says = "the git history is stored outside of the folder (.git is a file).";
        return Check::not_met(id, says, format!("`git clone {place} FOLDER` makes a copy that holds it."));
    }
    if !git.join("HEAD").is_file() {
        let todo = format!(
            "`git -C {place} init && git -C {place} add -A && git -C {place} commit -m 'Task 1' && git -C {place} tag {tag}`."
        );
        return Check::not_met(id, "no git history (.git).", todo);
    }
    let name = format!("refs/tags/{tag}");
    let packed = fs::read(git.join("packed-refs")).unwrap_or_default();
    let packed = String::from_utf8_lossy(&packed);
    let listed = packed.lines().any(|l| l.split_once(' ').is_some_and(|(_, reference)| reference == name));
    if listed || git.join(&name).is_file() {
        Check::met(id, format!("the git history is there, with the tag {tag}."))
    } else {
        let todo = format!(
            "`git -C {place} log --oneline` lists the commits; `git -C {place} tag {tag} COMMIT` sets the tag."
        );
        Check::not_met(id, format!("the git history has no tag {tag}."), todo)
    }
}
