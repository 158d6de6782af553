//! A class as one self-contained page: a table of students and questions, each cell with the sentence behind its
//! verdict.

use super::super::answers::{ADDRESSES, FILTER, Graded, Mark, score};
use super::{Class, Student, misconceptions};
use crate::lab::definition::Lab;
use crate::text::harmless;
use html_escape::encode_safe;
use std::io::{self, Write};

/// The most characters of a student's own words that a cell shows.
const MOST_WORDS: usize = 600;

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:1.5rem}h1{font-size:1.5rem}h2{margin-top:2rem;font-size:1.2rem}\
.wide{overflow-x:auto;max-height:85vh;border:1px solid #8886}table{border-collapse:separate;border-spacing:0}\
th,td{border:solid #8886;border-width:0 1px 1px 0;padding:.3rem .5rem;text-align:left;vertical-align:top}\
.wide td,.wide th{white-space:nowrap}thead th,thead td{position:sticky;top:0;background:Canvas;z-index:2}tbody th{position:sticky;left:0;background:Canvas;z-index:1}\
thead th:first-child{left:0;z-index:3}thead small,tbody small{font-weight:normal;color:GrayText}tbody th small{display:block;max-width:16rem;white-space:normal}\
.right{background:#2a93}.partly,.reason{background:#fa03}.wrong{background:#e333}.empty,.unread{background:#8883}\
summary{cursor:pointer}details[open]{width:22rem}details p{white-space:normal;margin:.3rem 0}q{font-style:italic}.key span{display:inline-block;padding:.1rem .5rem;margin:0 .4rem .2rem 0}.scroll{overflow-x:auto}\
@media(max-width:40rem){body{margin:.7rem}tbody th{max-width:7rem;overflow-wrap:anywhere}.wide tbody th{white-space:normal}details[open]{width:15rem}}\
@media print{.wide{max-height:none;overflow:visible}thead th,tbody th{position:static}}";

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

/// A verdict in a word or two, short enough for a cell.
fn short(mark: Mark) -> &'static str {
    match mark {
        Mark::ReasonWrong => "reason wrong",
        Mark::ReasonUnread => "reason unread",
        other => other.name(),
    }
}

/// Writes the page; everything that a student wrote is escaped.
///
/// # Errors
/// When `out` cannot be written.
pub fn page(lab: &Lab, class: &Class, out: &mut dyn Write) -> io::Result<()> {
    let title = encode_safe(&lab.title);
    let say = |text: &str| said(lab, text);
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}: {}</title>",
        say("en"),
        say("the class")
    )?;
    writeln!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>"
    )?;
    writeln!(out, "<h1>{title}: {}</h1>", say(&format!("{} hand-ins", class.students.len())))?;
    writeln!(
        out,
        "<p>{} <a href=\"#copies\">{}</a>, <a href=\"#misconceptions\">{}</a>.</p>",
        say("A click on a verdict shows the sentence behind it and what the student wrote. Below the table:"),
        say("copies"),
        say("misconceptions")
    )?;
    write!(out, "<p class=\"key\">")?;
    for mark in
        [Mark::Right, Mark::Partly, Mark::ReasonWrong, Mark::Wrong, Mark::Empty, Mark::Unread, Mark::Prose]
    {
        write!(out, "<span class=\"{}\">{}</span>", colour(mark), say(short(mark)))?;
    }
    writeln!(out, "</p>")?;
    heads(lab, class, out)?;
    let ids: Vec<&str> = asked(lab).map(|(id, _)| id).collect();
    for student in &class.students {
        row(lab, student, prefix(class), &ids, out)?;
    }
    writeln!(out, "</tbody></table></div>")?;
    common(lab, class, out)?;
    writeln!(out, "</body></html>")
}

/// The parts of a sheet: label and wording of each task and question.
fn asked(lab: &Lab) -> impl Iterator<Item = (&str, &str)> {
    let tasks = [(ADDRESSES, "the addresses of host and guest"), (FILTER, "the display filter")];
    tasks.into_iter().chain(lab.questions.iter().map(|q| (q.id.as_str(), q.text.as_str())))
}

/// Writes the table's heading: each question, with the number of students who have it right.
fn heads(lab: &Lab, class: &Class, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<div class=\"wide\"><table><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th>",
        said(lab, "Hand-in"),
        said(lab, "Right"),
        said(lab, "Program"),
        said(lab, "Capture")
    )?;
    for (id, text) in asked(lab) {
        let graded = || class.students.iter().filter_map(|s| s.answers.iter().find(|g| g.id == id));
        let scored = graded().filter(|g| !g.prose && g.mark.is_scored()).count();
        let right = graded().filter(|g| g.mark == Mark::Right).count();
        write!(out, "<th title=\"{}\">{}", said(lab, text), said(lab, id))?;
        if scored > 0 {
            write!(out, "<br><small>{right}/{scored}</small>")?;
        }
        write!(out, "</th>")?;
    }
    writeln!(out, "</tr></thead><tbody>")
}

/// The folder that all hand-ins are in, with its slash; names are shown without it. Empty if there is no such folder.
fn prefix(class: &Class) -> &str {
    let folder = |s: &Student| s.folder.rfind(std::path::is_separator).map_or(0, |at| at + 1);
    let first = class.students.first().map_or("", |s| s.folder.get(..folder(s)).unwrap_or_default());
    if class.students.iter().all(|s| s.folder.starts_with(first)) { first } else { "" }
}

/// A text in the lab's own phrases, escaped for the page.
fn said(lab: &Lab, text: &str) -> String {
    encode_safe(&lab.phrases.say(text)).into_owned()
}

fn row(lab: &Lab, student: &Student, prefix: &str, ids: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let (right, scored) = score(&student.answers);
    write!(out, "<tr><th>{}", encode_safe(student.folder.strip_prefix(prefix).unwrap_or(&student.folder)))?;
    for (label, lines) in [("note", &student.notes), ("problem", &student.problems)] {
        for line in lines {
            write!(out, "<small>{}: {}</small>", said(lab, label), said(lab, line))?;
        }
    }
    let program = if student.program { ("right", "yes") } else { ("wrong", "no") };
    write!(out, "</th><td>{right}/{scored}</td><td class=\"{}\">{}</td>", program.0, said(lab, program.1))?;
    capture(lab, student, out)?;
    for id in ids {
        match student.answers.iter().find(|g| g.id == *id) {
            Some(graded) => cell(lab, graded, out)?,
            None => write!(out, "<td>–</td>")?,
        }
    }
    writeln!(out, "</tr>")
}

fn capture(lab: &Lab, student: &Student, out: &mut dyn Write) -> io::Result<()> {
    let failing: Vec<_> = student.checks.iter().filter(|c| c.fails()).collect();
    if student.checks.is_empty() {
        return write!(out, "<td class=\"wrong\">{}</td>", said(lab, "none read"));
    }
    if failing.is_empty() {
        return write!(out, "<td class=\"right\">{}</td>", said(lab, "met"));
    }
    let counted = said(lab, &format!("{} not met", failing.len()));
    write!(out, "<td class=\"wrong\"><details><summary>{counted}</summary>")?;
    for check in failing {
        write!(out, "<p>{}: {}</p>", said(lab, &check.id), encode_safe(&check.says))?;
    }
    write!(out, "</details></td>")
}

fn cell(lab: &Lab, graded: &Graded, out: &mut dyn Write) -> io::Result<()> {
    let (class, name) = (colour(graded.mark), said(lab, short(graded.mark)));
    write!(out, "<td class=\"{class}\"><details><summary>{name}</summary>")?;
    write!(out, "<p>{}: {}</p>", said(lab, graded.mark.name()), encode_safe(&graded.says))?;
    for (id, hint) in &graded.hints {
        write!(out, "<p><b>{}</b>: {}</p>", encode_safe(id), encode_safe(hint))?;
    }
    let wrote: String = graded.wrote.chars().take(MOST_WORDS).collect();
    if !wrote.is_empty() {
        write!(out, "<p><q>{}</q></p>", encode_safe(&harmless(&wrote.replace('\n', " "))))?;
    }
    write!(out, "</details></td>")
}

/// Writes the groups of copies, and the misconceptions with their counts.
fn common(lab: &Lab, class: &Class, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2 id=\"copies\">{}</h2>", said(lab, "Copies"))?;
    if class.groups.is_empty() {
        writeln!(out, "<p>{}</p>", said(lab, "None found."))?;
    }
    for group in &class.groups {
        let name = |m: &String| encode_safe(m.strip_prefix(prefix(class)).unwrap_or(m)).into_owned();
        let members: Vec<String> = group.members.iter().map(name).collect();
        writeln!(out, "<p><b>{}</b>: {}</p>", said(lab, group.kind), members.join(", "))?;
    }
    writeln!(
        out,
        "<h2 id=\"misconceptions\">{}</h2><div class=\"scroll\"><table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
        said(lab, "Misconceptions"),
        said(lab, "Students"),
        said(lab, "Name"),
        said(lab, "What they are told")
    )?;
    for (id, n, hint) in misconceptions(lab, &class.students) {
        writeln!(out, "<tr><td>{n}</td><td>{}</td><td>{}</td></tr>", encode_safe(id), encode_safe(hint))?;
    }
    writeln!(out, "</tbody></table></div>")
}
