//! Removes the question's own wording, which is no part of the answer.

use crate::lab::check::answers::language::fold;
use crate::lab::definition::Question;

/// Words that introduce an answer: "Answer: …".
const ANSWER: [&str; 14] = [
    "answer",
    "answers",
    "ans",
    "a",
    "antwort",
    "antworten",
    "respuesta",
    "reponse",
    "my answer",
    "our answer",
    "loesung",
    "losung",
    "solution",
    "r",
];

/// The answer in the lines behind a label, without the question's wording. If these are empty, the quoted lines are
/// the answer; if they are empty, too, the title is.
pub(super) fn without_question(
    question: &Question,
    title: &str,
    lines: &[String],
    quoted: &[String],
) -> String {
    let places = [lines.join("\n"), quoted.join("\n"), title.to_string()];
    let answers = places.iter().map(|text| stripped(question, text));
    answers.into_iter().find(|a| a.chars().any(char::is_alphanumeric)).unwrap_or_default()
}

/// Whether one of the texts begins with the question's wording.
pub(super) fn is_quoted(question: &Question, texts: &[&str]) -> bool {
    let wordings = || std::iter::once(&question.text).chain(&question.asked);
    texts.iter().any(|text| wordings().any(|w| behind(w, text).is_some()))
}

fn stripped(question: &Question, text: &str) -> String {
    let wordings = || std::iter::once(&question.text).chain(&question.asked);
    let whole = wordings().filter_map(|w| behind(w, text));
    let begun = wordings().flat_map(|w| beginnings(w)).filter_map(|w| behind_exactly(w, text));
    let rest = whole.chain(begun).min_by_key(|rest| rest.len()).unwrap_or(text);
    without_title(rest.trim_start_matches([' ', ':', '.', '?', '\n', '-', '–', '"', '”'])).trim().to_string()
}

/// The first sentences of a wording that has several: students leave the last ones out.
fn beginnings(wording: &str) -> impl Iterator<Item = &str> {
    let ends = wording.match_indices(['?', '.']).map(|(i, mark)| i + mark.len());
    ends.filter_map(|end| wording.get(..end)).filter(|part| part.split(' ').count() > 7)
}

/// The rest of a text that begins with a wording, word for word; `None` if it begins otherwise.
fn behind_exactly<'a>(wording: &str, text: &'a str) -> Option<&'a str> {
    let mut written = words(text);
    let mut end = None;
    for (asked, _) in words(wording) {
        let (word, at) = written.next()?;
        if word != asked {
            return None;
        }
        end = Some(at);
    }
    text.get(end?..)
}

/// The rest of a text that begins with a wording, small differences allowed; `None` if it begins otherwise.
fn behind<'a>(wording: &str, text: &'a str) -> Option<&'a str> {
    let asked: Vec<String> = words(wording).map(|(w, _)| w).collect();
    let written: Vec<(String, usize)> = words(text).take(asked.len() + asked.len() / 4 + 2).collect();
    if asked.len() < 4 || written.is_empty() {
        return None;
    }
    // The longest common subsequence, and the place of its last word.
    let mut best = vec![vec![0_usize; written.len() + 1]; asked.len() + 1];
    for (i, a) in asked.iter().enumerate() {
        for (j, (w, _)) in written.iter().enumerate() {
            let value = if a == w { best[i][j] + 1 } else { best[i][j + 1].max(best[i + 1][j]) };
            best[i + 1][j + 1] = value;
        }
    }
    let whole = best[asked.len()][written.len()];
    if whole * 5 < asked.len() * 4 {
        return None;
    }
    let last = (1..=written.len()).find(|j| best[asked.len()][*j] == whole)?;
    let (_, end) = written.get(last - 1)?;
    text.get(*end..)
}

/// The words of a text in lower case, each with the byte offset of its end.
fn words(text: &str) -> impl Iterator<Item = (String, usize)> + '_ {
    let mut at = 0;
    text.split_inclusive(|c: char| !c.is_alphanumeric()).filter_map(move |part| {
        at += part.len();
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        (!word.is_empty()).then(|| (fold(&word.to_lowercase()), at - (part.len() - word.len())))
    })
}

/// The text without a question of the student's own in its first line, and without "Answer:".
fn without_title(text: &str) -> &str {
    let mut text = text;
    // A first line that ends with a question mark is a title, heading or not.
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if first.trim_end().ends_with('?') && rest.chars().any(char::is_alphanumeric) {
        text = rest.trim_start();
    }
    if let Some((word, rest)) = text.split_once(':')
        && ANSWER.contains(&fold(&word.trim().to_lowercase()).as_str())
    {
        return rest;
    }
    text
}
