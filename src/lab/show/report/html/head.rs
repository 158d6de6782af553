//! The head of the page: author, questions at a glance, and the requirements that the captures meet.

use super::{Document, list};
use crate::lab::check::answers::{Graded, Mark};
use crate::lab::check::{Check, Verdict};
use crate::lab::show::report::head;
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
    let (head, rows) = (&document.head, document.glances());
    writeln!(out, "<section id=\"glance\" data-stops>\n<h2>{}</h2>", document.heading("glance"))?;
    if !rows.is_empty() {
        let name = document.attribute(words::QUESTION);
        write!(
            out,
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\"><table>\n<thead><tr>"
        )?;
        let verdict = head.has_verdicts().then_some(words::HANDED_IN);
        for heading in [words::QUESTION, words::SHOWS, words::CONFIDENCE].into_iter().chain(verdict) {
            write!(out, "<th scope=\"col\">{}</th>", document.words(heading))?;
        }
        writeln!(out, "</tr></thead>\n<tbody>")?;
        for row in &rows {
            write!(
                out,
                "<tr><th scope=\"row\"><a href=\"#answer-{}\">{}</a></th><td>{}</td><td>{}</td>",
                anchor(&row.id),
                encode_text(&document.part(&row.id)),
                encode_text(&row.answer),
                encode_text(&row.confidence)
            )?;
            match row.mark {
                Some(mark) => write!(
                    out,
                    "<td class=\"{}\">{}</td>",
                    colour(mark),
                    encode_text(&document.say(mark.name()))
                )?,
                None if head.has_verdicts() => write!(out, "<td>–</td>")?,
                None => {}
            }
            writeln!(out, "</tr>")?;
        }
        writeln!(out, "</tbody></table></div>")?;
    }
    if let Some(score) = head.score() {
        writeln!(out, "<p>{}</p>", document.words(&score))?;
    }
    let captures = head.checks.iter().zip(document.origins).enumerate();
    for (capture, (checks, origin)) in captures.filter(|(_, (checks, _))| !checks.is_empty()) {
        self::checks(document, capture, checks, &origin.name, out)?;
    }
    writeln!(out, "</section>")
}

/// The class of a verdict, for its colour.
fn colour(mark: Mark) -> &'static str {
    match mark {
        Mark::Right => "met",
        mark if mark.fails() => "not-met",
        _ => "cannot-tell",
    }
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
        document.words(&words::of_what_the_lab_asks(&document.tally(checks)))
    )?;
    let item = |c: &Check| {
        let todo = c.todo.as_deref().map_or(String::new(), |todo| format!(" <em>{}</em>", encode_text(todo)));
        let verdict = c.verdict.name();
        let class = verdict.replace(' ', "-");
        format!(
            "<strong class=\"{class}\">{}</strong> {}: {}{todo}",
            document.words(verdict),
            document.words(&c.id),
            document.linked(&c.says, Some(capture))
        )
    };
    list(out, checks.iter().map(item))?;
    writeln!(out, "</details>")
}

/// Writes the student's words on a question, with verdict, hints and points.
pub(super) fn handed_in(document: &Document<'_>, graded: &Graded, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div class=\"handed-in\">\n<h4>{}</h4>", document.words(words::HANDED_IN))?;
    let lines = head::words(graded);
    if lines.is_empty() {
        writeln!(out, "<p>{}</p>", document.words(words::NOTHING_WRITTEN))?;
    } else {
        let lines: Vec<_> = lines.iter().map(|line| encode_text(line)).collect();
        writeln!(out, "<blockquote>{}</blockquote>", lines.join("<br>"))?;
    }
    if document.head.has_verdicts() {
        writeln!(
            out,
            "<p><strong class=\"{}\">{}</strong> {}</p>",
            colour(graded.mark),
            document.words(graded.mark.name()),
            encode_text(&graded.says)
        )?;
        let line = |what: &str, text: &str| format!("{}: {}", document.words(what), encode_text(text));
        let hints = graded.hints.iter().map(|(_, hint)| line(words::MISCONCEPTION, hint));
        let points = graded.points.iter().map(|point| line(words::TO_LOOK_FOR, point));
        list(out, hints.chain(points))?;
    }
    writeln!(out, "</div>")
}

/// Writes the parts of the sheet that belong to none of the questions above.
pub(super) fn others(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    for graded in document.head.others(document.report) {
        open(document, &graded.id, document.head.question(&graded.id), out)?;
        handed_in(document, graded, out)?;
        close(out)?;
    }
    Ok(())
}

/// Opens the part that is folded under a question. If verdicts are shown, answers that are not right are unfolded for the
/// person who grades.
pub(super) fn open(
    document: &Document<'_>,
    id: &str,
    question: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let to_look_at = document.head.graded(id).is_some_and(|graded| graded.mark != Mark::Right);
    let open = if document.head.has_verdicts() && to_look_at { " open" } else { "" };
    let label = document.part(id);
    write!(
        out,
        "<article class=\"answer\">\n<details id=\"answer-{}\"{open}><summary><h3>{}</h3>",
        anchor(id),
        encode_text(&label)
    )?;
    if let Some(question) = question {
        write!(out, " <span class=\"question\">{}</span>", encode_text(question))?;
    }
    writeln!(out, "</summary>")
}

/// Closes the part that [`open`] has opened.
pub(super) fn close(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</details>\n</article>")
}

/// A question's label as a part of an anchor: letters and digits stay, and other characters become hyphens.
pub(super) fn anchor(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
