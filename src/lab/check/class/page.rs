//! A class as one self-contained page: students by questions, each cell with the sentence behind it.

use super::super::answers::{ADDRESSES, FILTER, Graded, Mark, score};
use super::{Class, Student, misconceptions};
use crate::lab::definition::Lab;
use crate::text::harmless;
use html_escape::encode_safe;
use std::io::{self, Write};

/// Characters of a student's own words that a cell shows.
const MOST_WORDS: usize = 600;

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:1.5rem;max-width:110rem}\
table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #8888;padding:.3rem .5rem;text-align:left;vertical-align:top}\
thead th{position:sticky;top:0;background:Canvas}.right{background:#2a93}.partly,.reason{background:#fa03}.wrong{background:#e333}\
.empty,.unread{background:#8883}summary{cursor:pointer}details p{max-width:28rem;margin:.3rem 0}q{font-style:italic}\
@media print{thead th{position:static}}";

/// The class of a cell, for its colour.
fn colour(mark: Mark) -> &'static str {
    match mark {
        Mark::Right => "right",
        Mark::Partly => "partly",
        Mark::ReasonWrong | Mark::ReasonUnread => "reason",
        Mark::Wrong => "wrong",
        Mark::Empty => "empty",
        Mark::Unread => "unread",
        Mark::CannotTell | Mark::Prose => "prose",
    }
}

/// Writes the page. Nothing that a student wrote reaches it unescaped.
///
/// # Errors
/// When `out` cannot be written.
pub fn page(lab: &Lab, class: &Class, out: &mut dyn Write) -> io::Result<()> {
    let title = encode_safe(&lab.title);
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}: the class</title>"
    )?;
    writeln!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>"
    )?;
    writeln!(out, "<h1>{title}: {} hand-ins</h1>", class.students.len())?;
    writeln!(out, "<p>A click on a verdict shows the sentence behind it and what the student wrote.</p>")?;
    let ids: Vec<&str> =
        [ADDRESSES, FILTER].into_iter().chain(lab.questions.iter().map(|q| q.id.as_str())).collect();
    let columns: String = ids.iter().map(|id| format!("<th>{}</th>", encode_safe(id))).collect();
    writeln!(
        out,
        "<table><thead><tr><th>Hand-in</th><th>Right</th><th>Program</th><th>Capture</th>{columns}</tr></thead><tbody>"
    )?;
    for student in &class.students {
        row(student, &ids, out)?;
    }
    writeln!(out, "</tbody></table>")?;
    common(lab, class, out)?;
    writeln!(out, "</body></html>")
}

fn row(student: &Student, ids: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let (right, scored) = score(&student.answers);
    write!(out, "<tr><th>{}", encode_safe(&student.folder))?;
    for (label, lines) in [("note", &student.notes), ("problem", &student.problems)] {
        for line in lines {
            write!(out, "<br><small>{label}: {}</small>", encode_safe(line))?;
        }
    }
    let program = if student.program { ("right", "yes") } else { ("wrong", "no") };
    write!(out, "</th><td>{right} of {scored}</td><td class=\"{}\">{}</td>", program.0, program.1)?;
    capture(student, out)?;
    for id in ids {
        match student.answers.iter().find(|g| g.id == *id) {
            Some(graded) => cell(graded, out)?,
            None => write!(out, "<td>–</td>")?,
        }
    }
    writeln!(out, "</tr>")
}

fn capture(student: &Student, out: &mut dyn Write) -> io::Result<()> {
    let failing: Vec<_> = student.checks.iter().filter(|c| c.fails()).collect();
    if student.checks.is_empty() {
        return write!(out, "<td class=\"wrong\">none read</td>");
    }
    if failing.is_empty() {
        return write!(out, "<td class=\"right\">met</td>");
    }
    write!(out, "<td class=\"wrong\"><details><summary>{} not met</summary>", failing.len())?;
    for check in failing {
        write!(out, "<p>{}: {}</p>", encode_safe(&check.id), encode_safe(&check.says))?;
    }
    write!(out, "</details></td>")
}

fn cell(graded: &Graded, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<td class=\"{}\"><details><summary>{}</summary>", colour(graded.mark), graded.mark.name())?;
    write!(out, "<p>{}</p>", encode_safe(&graded.says))?;
    for (id, hint) in &graded.hints {
        write!(out, "<p><b>{}</b>: {}</p>", encode_safe(id), encode_safe(hint))?;
    }
    let wrote: String = graded.wrote.chars().take(MOST_WORDS).collect();
    if !wrote.is_empty() {
        write!(out, "<p><q>{}</q></p>", encode_safe(&harmless(&wrote.replace('\n', " "))))?;
    }
    write!(out, "</details></td>")
}

/// The groups of copies, and the misconceptions counted.
fn common(lab: &Lab, class: &Class, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2>Copies</h2>")?;
    if class.groups.is_empty() {
        writeln!(out, "<p>None found.</p>")?;
    }
    for group in &class.groups {
        let members: Vec<_> = group.members.iter().map(|m| encode_safe(m)).collect();
        writeln!(out, "<p><b>{}</b>: {}</p>", group.kind, members.join(", "))?;
    }
    writeln!(
        out,
        "<h2>Misconceptions</h2><table><thead><tr><th>Students</th><th>Name</th><th>What they are told</th></tr></thead><tbody>"
    )?;
    for (id, n, hint) in misconceptions(lab, &class.students) {
        writeln!(out, "<tr><td>{n}</td><td>{}</td><td>{}</td></tr>", encode_safe(id), encode_safe(hint))?;
    }
    writeln!(out, "</tbody></table>")
}
