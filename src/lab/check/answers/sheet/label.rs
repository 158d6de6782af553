//! Finds the lines that begin the answer to a question.

use super::plain::Line;
use crate::lab::check::answers::language::{BUILT_IN, Concept, fold, regex};
use crate::lab::definition::Lab;
use regex::Regex;
use std::sync::LazyLock;

/// A label that a line begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// Index among the lab's questions; `None` for a question that the lab does not have.
    pub(super) question: Option<usize>,
    /// The number in the label.
    number: u64,
    /// Whether the label is only a number: `3.`
    bare: bool,
    /// Whether it is the number of a heading: `## 3 Results`.
    heading: bool,
    /// Indices of the further questions that the label names: `Q3 and Q4`, `5/6`.
    pub(super) also: Vec<usize>,
    /// The text behind the label on its line.
    pub(super) rest: String,
}

/// `Q3`, `Question 3`, `Frage 3`, `Answer to question 3`, `A3`, with the mark between it and the text. The task may
/// stand before it: `Task 3, Q1:`.
static WORDED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:(?:task|aufgabe|tarea|tache|part|teil|parte|partie|section|t)\s*[0-9]\s*[,.:;/|–—-]?\s*)?(?:(?:answer|antwort|respuesta|reponse)(?:s)?\s+(?:to|zu|auf|a|for)\s+)?(?:(?:question|questions|frage|pregunta|answer|antwort|respuesta|reponse|exercise|ques|quest)\s*[.#]?\s*(?:no\.?|nr\.?|num\.?|number)?\s*|q\s*[.#]?\s*|[fparq])([0-9]{1,2})(?:[^\p{L}\p{Nd}]|$)",
    )
});
static BARE: LazyLock<Regex> = LazyLock::new(|| regex(r"^\(?([0-9]{1,2})(?:\s?[.):]\)?(?:\s|$)|\s[-–—]\s)"));
/// The rest of a label that names several questions, behind its first number: `and Q4:`, `/4)`, `–6.`.
static MORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^\s*(?P<join>and|und|y|et|to|bis|&|\+|/|,|-|–)\s*(?P<word>q|question|frage|pregunta)?\s*(?P<number>[0-9]{1,2})(?P<end>\s*[:.,)\]]|\s+-\s|\s*$|\s)",
    )
});
/// Any word with a number and a mark: `zu 3:`, `Nr. 3)`, `Punkt 3 -`; or a section's number: `3.1`, `Task 3.1`.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^\(?(?:((?:\p{L}{1,12}\s)?[0-9]\.)([0-9]{1,2})(?:[:.)\s]|$)|(\p{L}{1,12}\.?|#)\s?([0-9]{1,2})(?:\s*[:.)\]]|\s+[-–]\s|\s*$))",
    )
});
/// Two bare numbers that are the label of several questions: `3/4.`, `5 & 6)`.
static BARE_PAIR: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^\(?([0-9]{1,2})\s?(?:/|&|\+|and|und|y|et|-|–)\s?[0-9]{1,2}\s?[.):](?:\s|$)"));
/// A bare number at the beginning of a cell or a heading.
static ALONE: LazyLock<Regex> = LazyLock::new(|| regex(r"^\(?([0-9]{1,2})(?:\s*[.):–-]|\s|$)"));

/// A label within a line, behind the end of a sentence.
static WITHIN: LazyLock<Regex> = LazyLock::new(|| regex(r"[.!?;)|]\s+[Qq]([0-9]{1,2})\b[^,]"));

/// Splits a line with several answers ("Q1 … Q2 … Q3 …") into a line for each.
pub(super) fn divided(line: &Line) -> Vec<Line> {
    let mut cuts: Vec<usize> = Vec::new();
    let mut last = 0;
    for found in WITHIN.captures_iter(&line.text) {
        let (Some(whole), Some(number)) = (found.get(0), found.get(1)) else { continue };
        // Labels rise along the line; "see Q1" within an answer does not.
        let value: u64 = number.as_str().parse().unwrap_or_default();
        if value > last {
            last = value;
            cuts.push(whole.start() + 1);
        }
    }
    if cuts.len() < 2 || line.block {
        return vec![line.clone()];
    }
    let ends = cuts.iter().copied().chain([line.text.len()]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    let part = |(from, to): (usize, usize)| Line {
        text: line.text.get(from..to).unwrap_or_default().trim().into(),
        ..line.clone()
    };
    starts.zip(ends).map(part).collect()
}

/// How the questions of one sheet are labelled.
pub(super) struct Labels<'a> {
    lab: &'a Lab,
    /// Whether the number of a heading is that of a chapter.
    chapters: bool,
    /// Bare numbers are labels up to this indentation, in columns; `None` if they are no labels.
    bare: Option<usize>,
    /// The sheet's own word before the numbers of its labels, if it has one.
    word: Option<String>,
    /// Letters that stand before a single number, where the others have another: the "P2" of "Project 2".
    strays: Vec<char>,
}

impl<'a> Labels<'a> {
    /// Finds out how a sheet labels its questions: with words or letters, or with bare numbers.
    pub(super) fn of(lab: &'a Lab, lines: &[Line]) -> Labels<'a> {
        let labels: Vec<(Label, usize)> =
            lines.iter().filter_map(|line| Some((find(lab, line)?, line.indent))).collect();
        let found = |bare| {
            let mut numbers: Vec<(u64, usize)> = Vec::new();
            for (label, indent) in labels.iter().filter(|(l, _)| l.bare == bare) {
                if numbers.iter().all(|(n, _)| *n != label.number) {
                    numbers.push((label.number, *indent));
                }
            }
            numbers
        };
        let (worded, numbers) = (found(false), found(true));
        let all_bare = numbers.len() >= 2 && worded.len() < 2 || worded.is_empty() && numbers.len() == 1;
        let indent = numbers.iter().map(|(_, indent)| *indent).min();
        let word = own_word(lines).filter(|_| worded.len() < 2 && numbers.len() < 3);
        let letters: Vec<char> = lines.iter().filter_map(letter).collect();
        let times = |letter: char| letters.iter().filter(|l| **l == letter).count();
        let strays = letters
            .iter()
            .copied()
            .filter(|l| times(*l) == 1 && worded.len().max(numbers.len()) > 2)
            .collect();
        // "## 2 Filter" and "## 3 Questions" are chapters where the questions have labels with words.
        let chapters = labels.iter().filter(|(l, _)| !l.bare && !l.heading).count() > 2;
        Labels { lab, chapters, bare: indent.filter(|_| all_bare && word.is_none()), word, strays }
    }

    /// The label that a line begins with; `None` if it begins with none.
    pub(super) fn at(&self, line: &Line) -> Option<Label> {
        let own = self.word.as_ref().and_then(|word| {
            let (_, number, end) = other(line).filter(|(found, ..)| found == word)?;
            let rest: String = first_text(line).trim_start().chars().skip(end).collect();
            let rest = rest.trim_start_matches([' ', '.', ':', ')', ']', '-', '–']).into();
            Some(Label {
                question: place(self.lab, number),
                number,
                bare: false,
                heading: false,
                also: Vec::new(),
                rest,
            })
        });
        if own.is_some() {
            return own;
        }
        if letter(line).is_some_and(|l| self.strays.contains(&l)) {
            return None;
        }
        // "0. Addresses" comes before the questions.
        let label =
            find(self.lab, line).filter(|label| label.number > 0 && !(self.chapters && label.heading))?;
        let counts = match self.bare {
            Some(indent) => !label.bare || line.indent <= indent + 1,
            None => !label.bare,
        };
        counts.then_some(label)
    }
}

/// The letter of a label that may also stand for something else: P for pregunta or project, A for answer.
fn letter(line: &Line) -> Option<char> {
    let mut letters = first_text(line).trim_start().chars().map(|c| c.to_ascii_lowercase());
    let first = letters.next().filter(|c| "fpar".contains(*c))?;
    letters.next().is_some_and(|c| c.is_ascii_digit()).then_some(first)
}

/// The text of a line, or of the first cell of a row.
fn first_text(line: &Line) -> &str {
    line.cells.first().map_or(line.text.as_str(), |(_, cell)| cell.as_str())
}

/// The word and the number that a line begins with, and how many characters both have.
fn other(line: &Line) -> Option<(String, u64, usize)> {
    let folded = fold(&first_text(line).trim_start().to_lowercase());
    let found = OTHER.captures(&folded).filter(|_| !line.block)?;
    let (word, number) = (found.get(1).or(found.get(3))?, found.get(2).or(found.get(4))?);
    let end = folded.get(..number.end())?.chars().count();
    Some((word.as_str().into(), number.as_str().parse().ok()?, end))
}

/// The sheet's own word for labels: one with at least four numbers behind it that rise from 1. Words such as packet
/// and step are none, since these have numbers, too.
fn own_word(lines: &[Line]) -> Option<String> {
    let all: Vec<(String, u64, usize)> = lines.iter().filter_map(other).collect();
    let numbers =
        |word: &str| all.iter().filter(|(w, ..)| w == word).map(|(_, n, _)| *n).collect::<Vec<u64>>();
    let counts = [Concept::Frame, Concept::Packet, Concept::Exchange, Concept::Connection];
    let is_label = |word: &str| {
        let numbers = numbers(word);
        numbers.len() > 3
            && numbers.first() == Some(&1)
            && numbers.windows(2).all(|pair| pair[0] < pair[1])
            && !BUILT_IN.word(word).any(&counts)
    };
    all.iter().map(|(word, ..)| word.clone()).find(|word| is_label(word))
}

fn find(lab: &Lab, line: &Line) -> Option<Label> {
    if line.block {
        return None;
    }
    let text = first_text(line).trim_start();
    let folded = fold(&text.to_lowercase());
    let given = |number: u64, end: usize, bare: bool| {
        let (also, end) = further(lab, number, &folded, end);
        // Folding keeps the number of characters in a label, so the label ends at the same character in the original.
        let letters = folded.get(..end).map_or(0, |t| t.chars().count());
        let rest: String = text.chars().skip(letters).collect();
        let rest = rest
            .trim_start_matches([' ', '.', ':', ')', ']', '-', '–', '—', '|', '>', '*', '\t', '/', ']'])
            .to_string();
        Label { question: place(lab, number), number, bare, heading: false, also, rest }
    };
    // The label exactly as the lab's definition writes it, which may have any form.
    for (i, question) in lab.questions.iter().enumerate() {
        let id = fold(&question.id.to_lowercase());
        let behind = folded.strip_prefix(&id);
        if behind.is_some_and(|b| !b.starts_with(char::is_alphanumeric)) {
            return Some(Label {
                question: Some(i),
                ..given(number_in(&id).unwrap_or(i as u64 + 1), id.len(), false)
            });
        }
    }
    let number =
        |found: &regex::Captures<'_>| found.get(1).and_then(|n| Some((n.as_str().parse().ok()?, n.end())));
    if let Some((number, end)) = WORDED.captures(&folded).as_ref().and_then(number) {
        return Some(given(number, end, false));
    }
    // A number at the beginning of a row is a label only where bare numbers are labels, since an answer may hold a
    // table.
    let (heading, row) = (line.level.is_some(), !line.cells.is_empty());
    if (heading || row)
        && let Some((number, end)) = ALONE.captures(&folded).as_ref().and_then(number)
    {
        return Some(Label { heading, ..given(number, end, !heading) });
    }
    let bare = BARE.captures(&folded).or_else(|| BARE_PAIR.captures(&folded));
    let (number, end) = bare.as_ref().and_then(number)?;
    Some(given(number, end, true))
}

/// The further questions that a label names, and the offset of its end. A number without a word such as "Q" counts
/// only if it is one more than the number before, and a mark follows.
fn further(lab: &Lab, first: u64, folded: &str, end: usize) -> (Vec<usize>, usize) {
    let (mut also, mut last, mut end) = (Vec::new(), first, end);
    while let Some(found) = folded.get(end..).and_then(|rest| MORE.captures(rest)) {
        let part = |name| found.name(name).map_or("", |m| m.as_str());
        let Ok(number) = part("number").parse::<u64>() else { break };
        let marked = part("end").trim_start().starts_with([':', '.', ')', ']']);
        let worded = !part("word").is_empty();
        let alone = number == last + 1 && marked && part("join") != "," || worded;
        // "Q9, Q2 and Q1" are labels, too.
        if number == last || number < last && !worded || number > last + 9 || !alone {
            break;
        }
        let range = matches!(part("join"), "to" | "bis" | "-" | "–");
        let from = if range { number.min(last) } else { number };
        let numbers = (from..=number.max(if range { last } else { number })).filter(|n| *n != last);
        also.extend(numbers.filter_map(|n| place(lab, n)));
        last = number;
        end += found.name("number").map_or(0, |m| m.end());
    }
    (also, end)
}

fn number_in(id: &str) -> Option<u64> {
    let digits: String = id.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Index of the question whose label has this number; where labels have no numbers, the question at that position.
fn place(lab: &Lab, number: u64) -> Option<usize> {
    let numbered = lab.questions.iter().position(|q| number_in(&q.id) == Some(number));
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    let unnumbered = lab.questions.iter().all(|q| number_in(&q.id).is_none());
    numbered.or_else(|| (unnumbered && at < lab.questions.len()).then_some(at))
}
