//! `labkit answer` as text for the terminal and as Markdown.

use crate::lab::answer::{Answer, Confidence, Proof, Report};
use crate::lab::definition::Question;
use crate::lab::definition::phrases::Phrases;
use crate::text::{Push as _, written};
use std::io::{self, Write};

/// The most pieces of evidence that are printed for one answer; JSON has all of them.
const SHOWN: usize = 24;
/// Width, in columns, of text that does not go to a terminal.
const WIDTH: usize = 100;

/// Writes the answers as text, wrapped at `width` columns, or at [`WIDTH`] without a terminal. With `evidence`, each
/// answer is followed by its rule and a line for each packet that it rests on.
///
/// # Errors
/// When the output cannot be written.
pub fn text(report: &Report, evidence: bool, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let width = width.unwrap_or(WIDTH).clamp(40, 120);
    for a in answered(report) {
        paragraph(out, &format!("{}. ", a.id), "    ", &a.question, width)?;
        let mut lines = a.answer.lines();
        paragraph(out, "    ", "    ", &headline(a, lines.next().unwrap_or("")), width)?;
        for line in lines {
            paragraph(out, "      - ", "        ", line, width)?;
        }
        if evidence {
            self::evidence(report, a, width, out)?;
        }
        writeln!(out)?;
    }
    for (questions, why) in silence(report) {
        paragraph(out, &format!("{questions}. "), "    ", why, width)?;
    }
    if !notes(report).is_empty() {
        writeln!(out, "\n{}", report.phrases.say("Notes"))?;
    }
    for note in notes(report) {
        paragraph(out, "  - ", "    ", note, width)?;
    }
    Ok(())
}

/// The first line of an answer, followed by its confidence unless the line itself says "cannot tell".
fn headline(a: &Answer, line: &str) -> String {
    match a.confidence {
        Confidence::CannotTell if line.to_lowercase().starts_with(&a.sure.to_lowercase()) => line.to_string(),
        _ => format!("{line} ({})", a.sure),
    }
}

/// Questions for which the captures hold no traffic, such as `Q1 to Q9`, and why: those about the exchange where no
/// capture has the lab's traffic, those about browsing where none has any. They get one notice together instead of an
/// answer each.
pub(super) fn silence(report: &Report) -> Vec<(String, &str)> {
    let ids = |answers: Vec<&Answer>| match answers.as_slice() {
        [] => String::new(),
        [one] => one.id.clone(),
        [first, .., last] => report.phrases.say(&format!("{} to {}", first.id, last.id)),
    };
    let exchange: Vec<&Answer> = report.answers.iter().filter(|a| a.is_of_exchange()).collect();
    let exchange = report.silent.as_deref().filter(|_| !exchange.is_empty()).map(|why| (ids(exchange), why));
    let others = report.answers.iter().filter(|a| !a.is_of_exchange() && !is_answered(report, a));
    exchange.into_iter().chain(others.map(|a| (a.id.clone(), a.answer.as_str()))).collect()
}

/// The answers that are written one by one: those without a notice.
pub(super) fn answered(report: &Report) -> impl Iterator<Item = &Answer> {
    report.answers.iter().filter(|a| is_answered(report, a))
}

/// The report's notes; none where no capture holds the lab's traffic, since the notice says the same.
pub(super) fn notes(report: &Report) -> &[String] {
    if report.silent.is_some() { &[] } else { &report.notes }
}

fn is_answered(report: &Report, a: &Answer) -> bool {
    match a.is_of_exchange() {
        true => report.silent.is_none(),
        false => !report.browsing.is_empty(),
    }
}

fn evidence(report: &Report, a: &Answer, width: usize, out: &mut dyn Write) -> io::Result<()> {
    paragraph(out, &format!("    {} ", report.phrases.say("Rule:")), "      ", &a.rule, width)?;
    for e in a.evidence.iter().take(SHOWN) {
        let frame = report.phrases.say(&format!("frame {}", e.frame));
        let lead = format!("    {}{frame}: ", place(report, e));
        paragraph(out, &lead, "      ", &e.why, width)?;
    }
    rest(report, a, "    ", out)
}

/// Writes the answers as Markdown, with a heading for each question.
///
/// # Errors
/// When the output cannot be written.
pub fn markdown(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut parts = 0;
    for a in answered(report) {
        write!(out, "{}", if parts > 0 { "\n" } else { "" })?;
        markdown_answer(report, a, out)?;
        parts += 1;
    }
    for (questions, why) in silence(report) {
        let before = if parts > 0 { "\n" } else { "" };
        writeln!(out, "{before}## {questions}\n\n{}", escape(why))?;
        parts += 1;
    }
    if !notes(report).is_empty() {
        writeln!(out, "\n## {}\n", report.phrases.say("Notes"))?;
    }
    for note in notes(report) {
        writeln!(out, "- {}", escape(note))?;
    }
    Ok(())
}

fn markdown_answer(report: &Report, a: &Answer, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n\n*{}*\n", a.id, escape(&a.question))?;
    let mut lines = a.answer.lines();
    writeln!(out, "{}\n", escape(lines.next().unwrap_or("")))?;
    let mut any = false;
    for line in lines {
        writeln!(out, "- {}", escape(line))?;
        any = true;
    }
    if any {
        writeln!(out)?;
    }
    let say = |text: &str| report.phrases.say(text);
    writeln!(out, "**{}** {}\n\n**{}** {}", say("Rule."), escape(&a.rule), say("Confidence."), a.sure)?;
    if !a.evidence.is_empty() {
        writeln!(out, "\n**{}**\n", say("Evidence."))?;
    }
    for e in a.evidence.iter().take(SHOWN) {
        let frame = say(&format!("frame {}", e.frame));
        writeln!(out, "- {}{frame}: {}", escape(&place(report, e)), escape(&e.why))?;
    }
    rest(report, a, "- ", out)
}

/// Writes the hints of `questions`, from general to specific: the first `most` of each question, or all.
///
/// # Errors
/// When the output cannot be written.
pub fn hints(
    phrases: &Phrases,
    questions: &[&Question],
    most: Option<usize>,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = width.unwrap_or(WIDTH).clamp(40, 120);
    for (i, q) in questions.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        paragraph(out, &format!("{}. ", visible(&q.id)), "    ", &visible(&q.text), width)?;
        for (n, hint) in q.hints.iter().enumerate().take(most.unwrap_or(usize::MAX)) {
            paragraph(out, &format!("    {}. ", n + 1), "       ", &visible(hint), width)?;
        }
        match (q.hints.len(), most.filter(|most| *most < q.hints.len())) {
            (0, _) => {
                let none = phrases.say("The lab's definition has no hints for this question.");
                writeln!(out, "    {none}")?;
            }
            (all, Some(_)) => {
                let more = phrases.say(&format!("There are {all} hints; --hint={all} shows all."));
                writeln!(out, "    {more}")?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Text of a lab's definition, escaped for a terminal.
fn visible(text: &str) -> String {
    written(|line| line.escaped(text.as_bytes()))
}

fn rest(report: &Report, a: &Answer, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    match a.evidence.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        n => {
            let more = report.phrases.say(&format!("… and {n} more; --format json has all."));
            writeln!(out, "{indent}{more}")
        }
    }
}

/// The capture's name with a comma if there are several captures; else empty.
fn place(report: &Report, e: &Proof) -> String {
    match report.captures.as_slice() {
        [_] => String::new(),
        all => format!("{}, ", all.get(e.capture).map_or("?", String::as_str)),
    }
}

/// The text with Markdown's special characters escaped.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Writes `text`, wrapped: the first line behind `lead`, the others behind `indent`.
fn paragraph(out: &mut dyn Write, lead: &str, indent: &str, text: &str, width: usize) -> io::Result<()> {
    let mut line = lead.to_string();
    let mut empty = true;
    for word in text.split(' ') {
        let columns = line.chars().count() + 1 + word.chars().count();
        if !empty && columns > width {
            writeln!(out, "{line}")?;
            line = indent.to_string();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{line}")
}
