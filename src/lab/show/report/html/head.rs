//! The head of the page: author, questions at a glance, and the requirements that the captures meet.

use super::{Document, list};
use crate::lab::check::answers::{Graded, Mark};
use crate::lab::check::{Check, Verdict};
use crate::lab::show::report::head::{self, heading, tally};
use crate::lab::show::report::words;
use html_escape::encode_text;
use std::io::{self, Write};

/// Writes the author's lines; nothing if none were given.
pub(super) fn who(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let lines = document.head.who();
    if lines.is_empty() {
        return Ok(());
    }
    write!(out, "<p class=\"who\">")?;
    for (i, line) in lines.iter().enumerate() {
        write!(out, "{}{}", if i > 0 { "<br>" } else { "" }, encode_text(line))?;
    }
    writeln!(out, "</p>")
}

/// Writes a line for each question, and the verdicts on the captures.
pub(super) fn glance(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (head, rows) = (&document.head, document.head.glances(document.report));
    writeln!(out, "<section id=\"glance\" data-stops>\n<h2>{}</h2>", words::heading("glance"))?;
    if !rows.is_empty() {
        let verdicts = head.has_verdicts();
        let more =
            if verdicts { format!("<th scope=\"col\">{}</th>", words::HANDED_IN) } else { String::new() };
        writeln!(
            out,
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>\n<thead><tr><th scope=\"col\">{0}</th><th scope=\"col\">{1}</th><th scope=\"col\">{2}</th>{more}</tr></thead>\n<tbody>",
            words::QUESTION,
            words::SHOWS,
            words::CONFIDENCE
        )?;
        for row in rows {
            let id = encode_text(row.id);
            write!(
                out,
                "<tr><th scope=\"row\"><a href=\"#answer-{}\">{id}</a></th><td>{}</td><td>{}</td>",
                anchor(row.id),
                encode_text(row.answer),
                encode_text(row.confidence)
            )?;
            if verdicts {
                write!(out, "<td>{}</td>", row.verdict.unwrap_or("–"))?;
            }
            writeln!(out, "</tr>")?;
        }
        writeln!(out, "</tbody></table></div>")?;
    }
    if let Some(score) = head.score() {
        writeln!(out, "<p>{}</p>", encode_text(&score))?;
    }
    let captures = head.checks.iter().zip(document.origins).enumerate();
    for (capture, (checks, origin)) in captures.filter(|(_, (checks, _))| !checks.is_empty()) {
        self::checks(document, capture, checks, &origin.name, out)?;
    }
    writeln!(out, "</section>")
}

/// Writes the requirements on a capture, folded if all are met.
fn checks(
    document: &Document<'_>,
    capture: usize,
    checks: &[Check],
    name: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let open = if checks.iter().all(|c| c.verdict == Verdict::Met) { "" } else { " open" };
    writeln!(
        out,
        "<details class=\"checks\"{open}>\n<summary>{}: {}</summary>",
        encode_text(name),
        words::of_what_the_lab_asks(&tally(checks))
    )?;
    let item = |c: &Check| {
        let todo = c.todo.as_deref().map_or(String::new(), |todo| format!(" <em>{}</em>", encode_text(todo)));
        let verdict = c.verdict.name();
        let class = verdict.replace(' ', "-");
        format!(
            "<strong class=\"{class}\">{verdict}</strong> {}: {}{todo}",
            encode_text(&c.id),
            document.linked(&c.says, Some(capture))
        )
    };
    list(out, checks.iter().map(item))?;
    writeln!(out, "</details>")
}

/// Writes the student's words on a question, with verdict, hints and points.
pub(super) fn handed_in(document: &Document<'_>, graded: &Graded, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div class=\"handed-in\">\n<h4>{}</h4>", words::HANDED_IN)?;
    let lines = head::words(graded);
    if lines.is_empty() {
        writeln!(out, "<p>{}</p>", words::NOTHING_WRITTEN)?;
    } else {
        let lines: Vec<_> = lines.iter().map(|line| encode_text(line)).collect();
        writeln!(out, "<blockquote>{}</blockquote>", lines.join("<br>"))?;
    }
    if document.head.has_verdicts() {
        let class = if graded.mark == Mark::Right {
            "met"
        } else if graded.mark.fails() {
            "not-met"
        } else {
            "cannot-tell"
        };
        writeln!(
            out,
            "<p><strong class=\"{class}\">{}</strong> {}</p>",
            graded.mark.name(),
            encode_text(&graded.says)
        )?;
        let hints =
            graded.hints.iter().map(|(_, hint)| format!("{}: {}", words::MISCONCEPTION, encode_text(hint)));
        let points =
            graded.points.iter().map(|point| format!("{}: {}", words::TO_LOOK_FOR, encode_text(point)));
        list(out, hints.chain(points))?;
    }
    writeln!(out, "</div>")
}

/// Writes the parts of the sheet that belong to none of the questions above.
pub(super) fn others(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    for graded in document.head.others(document.report) {
        writeln!(out, "<article class=\"answer\">\n<h3>{}</h3>", encode_text(heading(&graded.id)))?;
        handed_in(document, graded, out)?;
        writeln!(out, "</article>")?;
    }
    Ok(())
}

/// A question's label as a part of an anchor: letters and digits stay, and other characters become hyphens.
pub(super) fn anchor(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
