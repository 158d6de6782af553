//! Reads a student's sheet: which text belongs to which question, in many layouts.
//!
//! A file becomes lines ([`plain`] for Markdown and plain text, [`office`] for Word and OpenDocument). A line that
//! begins with a label (`Q3:`, `**Q3**`, `3.`, a heading, a table's first cell) opens a question; the text up to the
//! next label is its answer, without the question's own wording.

mod asked;
mod initials;
mod label;
mod office;
mod plain;
mod tasks;
mod template;

pub(super) use tasks::names_capture_filter;
pub use template::template;

use super::language::{BUILT_IN, Concept, Reading, Said, Word, is_row};
use crate::lab::definition::Lab;
use initials::Initials;
use label::Labels;
use plain::Line;

/// Label of the section with the two address lines.
pub const ADDRESSES: &str = "addresses";
/// Label of the section with the filter of Task 2.
pub const FILTER: &str = "filter";

/// The text for one question or task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The question's label, such as `Q3`, or [`ADDRESSES`] or [`FILTER`].
    pub id: String,
    /// The student's text without its markup, without quotations and without the question's wording.
    pub text: String,
    /// Whether the text answers three or more questions at once.
    pub joint: bool,
}

impl Section {
    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        !self.text.chars().any(char::is_alphanumeric)
    }
}

/// A sheet, sorted by questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// One section for each question and task that the sheet answers.
    pub sections: Vec<Section>,
    /// Whether a label of any question was recognised.
    pub has_labels: bool,
}

impl Sheet {
    /// The section with this label; `None` if the sheet has none.
    pub fn section(&self, id: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.id == id)
    }

    /// All words that the student wrote, in lower case without punctuation, to compare sheets with each other.
    pub fn words(&self) -> Vec<String> {
        let words = |s: &Section| {
            s.text
                .to_lowercase()
                .split(|c: char| !c.is_alphanumeric())
                .filter(|w| !w.is_empty())
                .map(String::from)
                .collect::<Vec<_>>()
        };
        self.sections.iter().filter(|s| s.id != ADDRESSES && s.id != FILTER).flat_map(words).collect()
    }
}

/// Why the bytes of a file are no sheet.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The bytes are neither text nor a kind of document that labkit reads.
    #[error("it is no text (UTF-8), and no Word (.docx) or OpenDocument (.odt) file")]
    NoText,
    /// A Word or OpenDocument file that is damaged.
    #[error("the {kind} file cannot be read: {why}")]
    Document {
        /// `Word` or `OpenDocument`.
        kind: &'static str,
        /// What is wrong with the file.
        why: String,
    },
}

/// Reads a sheet from the bytes of its file: Markdown or plain text, Word (`.docx`) or OpenDocument (`.odt`).
///
/// # Errors
/// If the bytes are neither text nor such a document, or if the document is damaged.
pub fn read(lab: &Lab, bytes: &[u8]) -> Result<Sheet, FormatError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(sort(lab, &office::lines(bytes)?));
    }
    if bytes.contains(&0) {
        return Err(FormatError::NoText);
    }
    // A byte-order mark is not part of the text. A letter in an old encoding becomes U+FFFD, so that the rest is
    // graded.
    let text = String::from_utf8_lossy(bytes);
    Ok(sort(lab, &plain::of_text(text.trim_start_matches('\u{feff}'))))
}

/// A question whose lines are being collected.
struct Open {
    /// Index among the questions; `None` for a question that the lab does not have.
    question: Option<usize>,
    /// Further questions that the same text answers.
    also: Vec<usize>,
    /// Level of the heading that opened it.
    level: Option<u8>,
    /// Indentation of its label, in columns.
    indent: usize,
    /// The text beside the label in a heading, or above a list: usually the question in other words.
    title: String,
    lines: Vec<String>,
    quoted: Vec<String>,
    /// Whether it is a row of a table.
    row: bool,
}

impl Open {
    /// Adds a line of the answer.
    fn add(&mut self, line: &Line) {
        if line.quote {
            self.quoted.push(line.written());
            return;
        }
        // "2. Same ports?" above a list is the list's title.
        if line.bullet
            && line.indent > self.indent
            && let [first] = self.lines.as_mut_slice()
            && self.title.is_empty()
            && !first.contains(|c: char| c.is_ascii_digit())
        {
            self.title = std::mem::take(first);
        }
        let continues = !line.bullet && line.cells.is_empty() && !line.block && !is_row(&line.text);
        match self.lines.last_mut().filter(|last| continues && is_broken_off(last) && !is_row(last)) {
            Some(last) if !line.text.is_empty() => {
                last.push(' ');
                last.push_str(&line.text);
            }
            _ => self.lines.push(line.written()),
        }
    }
}

/// Whether a line is long and ends without a mark, so that its sentence probably continues on the next line.
fn is_broken_off(line: &str) -> bool {
    let ends = line.trim_end().ends_with(['.', '!', '?', ':', ';']);
    line.chars().count() >= 60 && !ends
}

/// Sorts lines by question.
fn sort(lab: &Lab, lines: &[Line]) -> Sheet {
    let lines: Vec<Line> = lines.iter().flat_map(label::divided).collect();
    let lines = lines.as_slice();
    let labels = Labels::of(lab, lines);
    let (mut all, mut outside): (Vec<Open>, Vec<&Line>) = (Vec::new(), Vec::new());
    let mut inside = false;
    for line in lines {
        if let Some(label) = labels.at(line) {
            all.push(opened(line, label));
            inside = true;
            continue;
        }
        let closes = match (line.level, all.last()) {
            (Some(level), Some(open)) => open.level.is_none_or(|l| level <= l),
            _ => false,
        };
        inside &= !closes && !tasks::is_filter_line(line);
        match all.last_mut().filter(|_| inside) {
            None => outside.push(line),
            Some(open) => open.add(line),
        }
    }
    second_is_labelled_third(lab, &mut all);
    titles_are_set_apart(&mut all);
    rows_keep_their_names(&mut all);
    let mut sections = tasks::sections(&outside);
    let written: Vec<String> = lines.iter().map(Line::written).collect();
    let initials = Initials::of(written.iter().map(String::as_str));
    for (i, question) in lab.questions.iter().enumerate() {
        let mine: Vec<&Open> = all.iter().filter(|o| o.question == Some(i) || o.also.contains(&i)).collect();
        let texts: Vec<String> =
            mine.iter().map(|o| asked::without_question(question, &o.title, &o.lines, &o.quoted)).collect();
        if !texts.is_empty() {
            let text = initials.written_out(&texts.join("\n"));
            let joint = mine.iter().any(|o| o.also.len() > 1);
            sections.push(Section { id: question.id.clone(), text, joint });
        }
    }
    Sheet { sections, has_labels: !all.is_empty() }
}

/// The question that a line with a label opens.
fn opened(line: &Line, label: label::Label) -> Open {
    let rest = label.rest.trim().to_string();
    let (title, lines) = if !line.cells.is_empty() {
        // The first cell is the question's name, the others hold the answer.
        (rest, line.cells.iter().skip(1).map(|(_, cell)| cell.clone()).collect())
    } else if line.level.is_some() || line.quote {
        (rest, Vec::new())
    } else {
        (String::new(), vec![rest])
    };
    Open {
        question: label.question,
        also: label.also,
        level: line.level,
        indent: line.indent,
        title,
        lines,
        quoted: Vec::new(),
        row: !line.cells.is_empty(),
    }
}

/// Takes the first lines for titles where nearly every label of the sheet has a short text beside it, which answers
/// nothing, and more below: "Question 6 - is it the last one".
fn titles_are_set_apart(all: &mut [Open]) {
    let answers = |w: &Word| {
        w.number.is_some_and(|_| !w.article)
            || w.concepts.any(&[Concept::Yes, Concept::NoAnswer, Concept::Host, Concept::Guest])
            || w.concepts.any(&[Concept::Client, Concept::Server])
    };
    let is_title = |line: &String| {
        let short =
            (1..=8).contains(&line.split_whitespace().count()) && !line.trim_end().ends_with(['.', ',']);
        let reading = Reading::of(line.trim_end().trim_end_matches('?'), &Said::default(), &BUILT_IN);
        short && !reading.words().any(answers)
    };
    let has_title = |o: &Open| {
        let below = o.lines.iter().skip(1).any(|l| !l.trim().is_empty());
        o.title.is_empty() && !o.row && below && o.lines.first().is_some_and(is_title)
    };
    let titled = all.iter().filter(|o| has_title(o)).count();
    if titled < 5 || titled + 1 < all.len() {
        return;
    }
    for open in all.iter_mut().filter(|o| has_title(o)) {
        open.title = open.lines.remove(0);
    }
}

/// Of several rows for one question, "Q4 in the whole connection | 5" and "Q4 after the message | 1", each keeps what
/// its first cell says beside the label.
fn rows_keep_their_names(all: &mut [Open]) {
    let rows: Vec<usize> = all.iter().filter(|o| o.row).filter_map(|o| o.question).collect();
    for open in all.iter_mut().filter(|o| o.row && !o.title.is_empty()) {
        if rows.iter().filter(|q| Some(**q) == open.question).count() > 1 {
            let title = std::mem::take(&mut open.title);
            open.lines = vec![format!("{title}: {}", open.lines.join(", "))];
        }
    }
}

/// Takes one of two labels Q3 for Q2 if there is no Q2: the one with that question's wording, else the first. The
/// handout labels its second question Q3.
fn second_is_labelled_third(lab: &Lab, all: &mut [Open]) {
    let place = |id: &str| lab.questions.iter().position(|q| q.id == id);
    let (Some(second), Some(third)) = (place("Q2"), place("Q3")) else { return };
    // "Q3 and Q4" above the rows of both labels no question of its own.
    let single = |o: &Open| o.also.is_empty();
    let count = |q| all.iter().filter(|o| o.question == Some(q) && single(o)).count();
    if count(second) > 0 || count(third) != 2 {
        return;
    }
    let both: Vec<usize> = (0..all.len())
        .filter(|i| all.get(*i).is_some_and(|o| o.question == Some(third) && single(o)))
        .collect();
    let quotes = |i: &usize| {
        let question = lab.questions.get(second);
        let open = all.get(*i);
        question
            .zip(open)
            .is_some_and(|(q, o)| asked::is_quoted(q, &[&o.title, &o.lines.join("\n"), &o.quoted.join("\n")]))
    };
    let chosen = both.iter().copied().find(|i| quotes(i)).or_else(|| both.first().copied());
    if let Some(open) = chosen.and_then(|i| all.get_mut(i)) {
        open.question = Some(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, String)> {
        let sheet = read(&Lab::built_in(), text.as_bytes()).unwrap();
        let questions = sheet.sections.into_iter().filter(|s| s.id.starts_with('Q'));
        questions.map(|s| (s.id, s.text.split_whitespace().collect::<Vec<_>>().join(" "))).collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(id, text)| ((*id).into(), (*text).into())).collect()
    }

    #[test]
    fn every_layout_gives_the_same_answers() {
        let expected = pairs(&[("Q3", "three"), ("Q4", "5 and 1")]);
        for text in [
            "## Q3\nthree\n## Q4\n5 and 1\n",
            "## Q4. How many?\n\n5 and 1\n\n### Q3: Before\n\nthree\n",
            "**Q3:** three\n\n**Q4:** 5 and 1",
            "**Q3**\n\nthree\n\n**Q4**\n\n5 and 1",
            "3. three\n4. 5 and 1",
            "3) three\n4) 5 and 1\n",
            "3 - three\n4 - 5 and 1\n",
            "(3) three\n(4) 5 and 1\n",
            "Question 3 - three\nQuestion 4 - 5 and 1\n",
            "Frage 3: three\nFrage 4: 5 and 1\n",
            "zu 1: a\nzu 2: b\nzu 3: three\nzu 4: 5 and 1\n",
            "q3. three\r\nq4. 5 and 1\r\n",
            "A3: three\nA4: 5 and 1",
            "| Question | Answer |\n|---|---|\n| Q3 | three |\n| Q4 | 5 and 1 |\n",
            "| 3 | three |\n| 4 | 5 and 1 |\n",
            "> Q3. How many packets go between the two machines, in one connection, before the one that carries the message?\n\nthree\n\n> Q4\n\n5 and 1\n",
            "Q3: How many packets are exchanged between the host and the guest operating system before the packet containing the payload is sent? three\nQ4: How many packets are exchanged between the host and the guest operating system before the packet containing #<<END>># is sent?\n5 and 1",
            "[x] Q3: three\n[x] Q4: 5 and 1\n",
            "- [ ] Q3: three\n- [ ] Q4: 5 and 1\n",
            "Q3: Before?\nAnswer: three\n\nQ4: Before END?\nAnswer: 5 and 1\n",
            "## Task 3, Q3: Before?\n\nthree\n\n## Task 3, Q4: END?\n\n5 and 1\n",
            "Task 3 - Question 3: three\nTask 3 - Question 4: 5 and 1\n",
            "3.1 a\n3.2 b\n3.3 three\n3.4 5 and 1\n",
            "## Task 3.1\na\n## Task 3.2\nb\n## Task 3.3\nthree\n## Task 3.4\n5 and 1\n",
            "**Q3:** ~~four, with the message~~ three\n\n**Q4:** <del>6</del>5 and 1",
        ] {
            let asked = ["Q3", "Q4"];
            let found: Vec<_> = of(text).into_iter().filter(|(id, _)| asked.contains(&id.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_table_within_an_answer_is_no_row_of_answers() {
        let text =
            "## Q1\n| exchange | host |\n|---|---|\n| 1 | 37818 |\n| 2 | 65432 |\n## Q2\nthe client's\n";
        let expected = [("Q1", "exchange 1, host 37818 exchange 2, host 65432"), ("Q2", "the client's")];
        assert_eq!(of(text), pairs(&expected));
        assert_eq!(
            of("Q1 one. Q2 two. Q3 three.\n"),
            pairs(&[("Q1", "one."), ("Q2", "two."), ("Q3", "three.")])
        );
    }

    #[test]
    fn several_rows_for_one_question_keep_what_tells_them_apart() {
        let text = "## Q3 and Q4\n| Question | Packets |\n|---|---|\n| Q3 before payload | 3 |\n\
                    | Q4 before END, whole | 5 |\n| Q4 after the message | 1 |\n";
        let expected = [("Q3", "3"), ("Q4", "before END, whole: 5 after the message: 1")];
        assert_eq!(of(text), pairs(&expected));
    }

    #[test]
    fn a_label_may_name_several_questions() {
        for text in [
            "Q3 and Q4: 3, then 5 and 1",
            "Q3/Q4 - 3, then 5 and 1",
            "## Q3 & Q4\n3, then 5 and 1",
            "Q3-4: 3, then 5 and 1",
            "3/4. 3, then 5 and 1\n",
            "Questions 3 and 4: 3, then 5 and 1",
        ] {
            assert_eq!(of(text), pairs(&[("Q3", "3, then 5 and 1"), ("Q4", "3, then 5 and 1")]), "{text}");
        }
        let all = of("Q9, Q2 and Q1:\n\n65432 stays.\n\nQ3 to Q5, from the back:\n\nthe guest\n");
        let ids: Vec<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["Q1", "Q2", "Q3", "Q4", "Q5", "Q9"]);
        // A number behind a label may be its answer.
        assert_eq!(of("Q3: 4. No more.\nQ4 - 5\nQ9, 10: x\n").len(), 3);
        assert_eq!(of("Q3 - 4 packets\nQ4 / 5\n"), pairs(&[("Q3", "4 packets"), ("Q4", "5")]));
    }

    #[test]
    fn tags_of_html_and_names_of_the_sheets_own_are_no_text() {
        let text = "Filter: <span style=\"color:green\">ip.addr == 10.0.0.1 && tcp</span>\nH = host, G = guest\n\
                    <b>Q5:</b> <font color='red'>first G, then H</font>\n";
        assert_eq!(of(text), pairs(&[("Q5", "first guest, then host")]));
        let sheet = read(&Lab::built_in(), text.as_bytes()).unwrap();
        assert_eq!(sheet.section(FILTER).unwrap().text, "ip.addr == 10.0.0.1 && tcp");
    }

    #[test]
    fn words_above_a_filter_say_what_kind_it_is() {
        let text = "## Filter\nI set it as a *capture* filter, before the start:\n\n```\nhost 10.0.0.1 and tcp\n```\n## Q1\nx\n";
        let sheet = read(&Lab::built_in(), text.as_bytes()).unwrap();
        assert_eq!(sheet.section(FILTER).unwrap().text, "capture filter: host 10.0.0.1 and tcp");
    }

    #[test]
    fn of_two_labels_q3_the_first_is_q2() {
        assert_eq!(of("Q3: a\nQ3: b\n"), pairs(&[("Q2", "a"), ("Q3", "b")]));
        let same = "Q3: Are the port numbers the same every time the programs are run? If they are not, what changes?\na\n";
        let payload = "Q3: How many packets are exchanged between the host and the guest operating system before the packet containing the payload is sent?\nb\n";
        assert_eq!(of(&format!("{payload}{same}")), pairs(&[("Q2", "a"), ("Q3", "b")]));
        assert_eq!(of("## Q2\na\n## Q3\nb\n## Q3\nc\n"), pairs(&[("Q2", "a"), ("Q3", "b c")]));
    }

    #[test]
    fn an_answer_that_begins_with_a_number_is_no_label() {
        assert_eq!(
            of("## Q3\n4. Because the message is one.\n"),
            pairs(&[("Q3", "4. Because the message is one.")])
        );
        assert_eq!(
            of("Q5: the guest\nQ6: no\n4. packets follow\n"),
            pairs(&[("Q5", "the guest"), ("Q6", "no 4. packets follow")])
        );
    }

    #[test]
    fn a_sheet_without_labels_says_so_and_a_template_is_empty() {
        let lab = Lab::built_in();
        assert!(!read(&lab, b"nothing of the kind").unwrap().has_labels);
        let mut out = Vec::new();
        template(&lab, &mut out).unwrap();
        let sheet = read(&lab, &out).unwrap();
        assert!(sheet.has_labels);
        let empty = |s: &Section| s.id == ADDRESSES || s.is_empty();
        assert!(sheet.sections.iter().all(empty), "{sheet:?}");
    }
}
