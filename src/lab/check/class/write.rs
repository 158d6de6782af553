//! A class as a table, as comma-separated values and as JSON.

use super::super::Verdict;
use super::super::answers::{ADDRESSES, FILTER, Graded, Mark, Row as AnswerRow, score};
use super::super::write::Row as CheckRow;
use super::{Class, Group, Student, misconceptions};
use crate::lab::definition::Lab;
use crate::view::wrap::lines;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;
use std::io::{self, Write};

/// Width, in characters, of a table that does not go to a terminal.
const WIDTH: u16 = 140;
/// The least width, in characters, at which a table with all its columns is readable.
const NARROWEST: usize = 80;

/// Writes a table with a row for each student, and one of the misconceptions with their counts. `width` is the
/// terminal's, in characters; `None` without a terminal. On a terminal that is too narrow for a table, each row
/// becomes lines of their own.
///
/// # Errors
/// When `out` cannot be written.
pub fn table(lab: &Lab, class: &Class, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let say = |text: &str| lab.phrases.say(text);
    let mut students =
        Rows::new(width, ["Folder", "Program", "Capture", "Answers", "Notes", "Problems"].map(say).to_vec());
    for s in &class.students {
        students.add(vec![
            s.folder.clone(),
            say(yes(s.program)),
            capture(lab, s),
            answers(lab, &s.answers),
            said(lab, &s.notes),
            said(lab, &s.problems),
        ]);
    }
    students.write(out)?;
    if !class.groups.is_empty() {
        writeln!(out)?;
    }
    for group in &class.groups {
        writeln!(out, "{}: {}", say(group.kind), group.members.join(", "))?;
    }
    let counts = misconceptions(lab, &class.students);
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut table = Rows::new(width, ["Students", "Misconception", "What they are told"].map(say).to_vec());
    table.align_right(0);
    for (id, n, hint) in counts {
        table.add(vec![n.to_string(), id.into(), hint.into()]);
    }
    table.write(out)
}

/// Rows for a terminal: a table where there is room for one, else a paragraph for each row.
enum Rows {
    Table(Table),
    Lines { header: Vec<String>, rows: Vec<Vec<String>>, width: usize },
}

impl Rows {
    fn new(width: Option<usize>, header: Vec<String>) -> Rows {
        if let Some(width) = width.filter(|w| *w < NARROWEST) {
            return Rows::Lines { header, rows: Vec::new(), width };
        }
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width.and_then(|w| u16::try_from(w).ok()).unwrap_or(WIDTH));
        table.set_header(header);
        Rows::Table(table)
    }

    fn align_right(&mut self, column: usize) {
        if let Rows::Table(table) = self
            && let Some(column) = table.column_mut(column)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }

    fn add(&mut self, row: Vec<String>) {
        match self {
            Rows::Table(table) => drop(table.add_row(row)),
            Rows::Lines { rows, .. } => rows.push(row),
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (header, rows, width) = match self {
            Rows::Table(table) => return writeln!(out, "{table}"),
            Rows::Lines { header, rows, width } => (header, rows, *width),
        };
        for row in rows {
            let mut indent = "";
            for (name, cell) in header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
                writeln!(out, "{}", lines(&format!("{indent}{name}: {cell}"), width))?;
                indent = "  ";
            }
        }
        Ok(())
    }
}

/// Requirements or parts of the answers, as the lab calls them.
fn named(lab: &Lab, ids: &[&str]) -> String {
    ids.iter().map(|id| lab.phrases.say(id)).collect::<Vec<_>>().join(", ")
}

/// Remarks in the lab's own phrases, separated by semicolons.
fn said(lab: &Lab, remarks: &[String]) -> String {
    remarks.iter().map(|text| lab.phrases.say(text)).collect::<Vec<_>>().join("; ")
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn count(s: &Student, verdict: Verdict) -> usize {
    s.checks.iter().filter(|c| c.verdict == verdict).count()
}

fn not_met(s: &Student) -> Vec<&str> {
    s.checks.iter().filter(|c| c.fails()).map(|c| c.id.as_str()).collect()
}

fn capture(lab: &Lab, s: &Student) -> String {
    if s.checks.is_empty() {
        return "–".into();
    }
    let (met, all) = (count(s, Verdict::Met), s.checks.len() - count(s, Verdict::Note));
    let mut text = lab.phrases.say(&format!("{met} of {all} met"));
    if count(s, Verdict::NotMet) > 0 {
        text.push_str(&format!("; {}: {}", lab.phrases.say("not met"), named(lab, &not_met(s))));
    }
    text
}

fn answers(lab: &Lab, all: &[Graded]) -> String {
    if all.is_empty() {
        return "–".into();
    }
    let of = |mark: Mark| all.iter().filter(|g| g.mark == mark).map(|g| g.id.as_str()).collect::<Vec<&str>>();
    let (right, scored) = score(all);
    let mut text = lab.phrases.say(&format!("{right} of {scored} right"));
    for mark in Mark::ALL.into_iter().filter(|m| *m != Mark::Right) {
        let ids = of(mark);
        if !ids.is_empty() {
            text.push_str(&format!("; {}: {}", lab.phrases.say(mark.name()), named(lab, &ids)));
        }
    }
    text
}

/// Writes comma-separated values (RFC 4180), a heading and then a line for each student: folder, program, how many
/// requirements are met, not met and open, the names of those not met, a column for each part of the answers,
/// misconceptions, copies, problems.
///
/// # Errors
/// When `out` cannot be written.
pub fn csv(lab: &Lab, class: &Class, out: &mut dyn Write) -> io::Result<()> {
    let ids: Vec<&str> =
        [ADDRESSES, FILTER].into_iter().chain(lab.questions.iter().map(|q| q.id.as_str())).collect();
    let first =
        ["folder", "program", "met", "not_met", "cannot_tell", "requirements_not_met", "right", "scored"];
    let last = ["misconceptions", "same_capture", "same_text", "notes", "problems"];
    let heading = first.into_iter().chain(ids.iter().copied()).chain(last).map(String::from);
    line(heading, out)?;
    for s in &class.students {
        let (right, scored) = score(&s.answers);
        let numbers = [Verdict::Met, Verdict::NotMet, Verdict::CannotTell].map(|v| count(s, v).to_string());
        let marks = ids.iter().map(|id| s.answers.iter().find(|g| g.id == *id).map_or("", |g| g.mark.name()));
        let cells = [s.folder.clone(), yes(s.program).into()]
            .into_iter()
            .chain(numbers)
            .chain([not_met(s).join(" "), right.to_string(), scored.to_string()])
            .chain(marks.map(String::from))
            .chain([
                s.misconceptions().join(" "),
                with(class, s, false),
                with(class, s, true),
                s.notes.join("; "),
                s.problems.join("; "),
            ]);
        line(cells, out)?;
    }
    Ok(())
}

/// The other members of the student's groups: groups of texts if `text`, else of captures.
fn with(class: &Class, s: &Student, text: bool) -> String {
    let mine =
        class.groups.iter().filter(|g| g.kind.ends_with("text") == text && g.members.contains(&s.folder));
    let others =
        mine.flat_map(|g| g.members.iter().filter(|m| **m != s.folder).map(|m| format!("{m} ({})", g.kind)));
    others.collect::<Vec<_>>().join("; ")
}

fn line(cells: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<String> = cells.map(|c| cell(&c)).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// One value, quoted where necessary. A value that begins like a formula gets an apostrophe in front: students choose
/// names, and a spreadsheet would run the formula.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.into() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[derive(Serialize)]
struct Document<'a> {
    lab: &'a str,
    students: Vec<Row<'a>>,
    groups: Vec<Common<'a>>,
    misconceptions: Vec<Count<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    folder: &'a str,
    program: bool,
    checks: Vec<CheckRow<'a>>,
    answers: Vec<AnswerRow<'a>>,
    right: usize,
    scored: usize,
    notes: &'a [String],
    problems: &'a [String],
}

#[derive(Serialize)]
struct Common<'a> {
    kind: &'a str,
    members: &'a [String],
}

impl<'a> From<&'a Group> for Common<'a> {
    fn from(group: &'a Group) -> Common<'a> {
        Common { kind: group.kind, members: &group.members }
    }
}

#[derive(Serialize)]
struct Count<'a> {
    id: &'a str,
    students: usize,
    hint: &'a str,
}

/// Writes one object: `lab`, `students` (each with `folder`, `program`, `checks`, `answers`, `right`, `scored`, `notes`
/// and `problems`), `groups` (each with `kind` and `members`) and `misconceptions` (each with `id`, `students` and
/// `hint`).
///
/// # Errors
/// When `out` cannot be written.
pub fn json(lab: &Lab, class: &Class, out: &mut dyn Write) -> io::Result<()> {
    let counts = misconceptions(lab, &class.students).into_iter();
    let document = Document {
        lab: &lab.id,
        students: class.students.iter().map(row).collect(),
        groups: class.groups.iter().map(Common::from).collect(),
        misconceptions: counts.map(|(id, students, hint)| Count { id, students, hint }).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// A student's row.
fn row(s: &Student) -> Row<'_> {
    let (right, scored) = score(&s.answers);
    Row {
        folder: &s.folder,
        program: s.program,
        checks: s.checks.iter().map(CheckRow::new).collect(),
        answers: s.answers.iter().map(AnswerRow::from).collect(),
        right,
        scored,
        notes: &s.notes,
        problems: &s.problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_quoted_where_it_must_be_and_never_begins_a_formula() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@x,y"), "\"'@x,y\"");
    }

    #[test]
    fn a_narrow_terminal_gets_lines_instead_of_a_table() {
        let written = |width| {
            let mut rows = Rows::new(width, vec!["Folder".into(), "Notes".into(), "Problems".into()]);
            rows.align_right(0);
            rows.add(vec!["a".into(), String::new(), "this is more than forty characters long".into()]);
            let mut out = Vec::new();
            rows.write(&mut out).expect("memory can be written");
            String::from_utf8(out).expect("UTF-8")
        };
        assert_eq!(
            written(Some(40)),
            "Folder: a\n  Problems: this is more than forty\n    characters long\n"
        );
        assert!(written(Some(80)).starts_with('┌'));
        assert!(written(None).lines().all(|line| line.chars().count() <= usize::from(WIDTH)));
    }
}
