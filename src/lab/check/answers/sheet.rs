//! A student's answers: a Markdown file with a heading for each question.

use crate::lab::definition::Lab;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::io::{self, Write};

/// Label of the section with the two address lines.
pub const ADDRESSES: &str = "addresses";
/// Label of the section with the filter of Task 2.
pub const FILTER: &str = "filter";

/// What stands below one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The question's label, such as `Q3`, or [`ADDRESSES`] or [`FILTER`].
    pub id: String,
    /// The student's text without its markup; quotations, comments and code blocks are left out.
    pub text: String,
    /// Code, in blocks and within lines, in its order.
    pub code: Vec<String>,
}

impl Section {
    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Splits a Markdown file into the sections that the lab asks for. Where a heading stands twice, the texts are
/// joined; but the handout labels its second question Q3, so of two headings Q3 without a Q2 the first is Q2.
pub fn read(lab: &Lab, markdown: &str) -> Vec<Section> {
    let mut reader =
        Reader { lab, all: Vec::new(), open: None, heading: None, quotes: 0, block: None, item: None };
    for event in Parser::new(markdown) {
        reader.event(event);
    }
    let count = |all: &[Section], id: &str| all.iter().filter(|s| s.id == id).count();
    if count(&reader.all, "Q2") == 0
        && count(&reader.all, "Q3") == 2
        && let Some(first) = reader.all.iter_mut().find(|s| s.id == "Q3")
    {
        first.id = "Q2".into();
    }
    let mut joined: Vec<Section> = Vec::new();
    for section in reader.all {
        match joined.iter_mut().find(|s| s.id == section.id) {
            Some(known) => {
                known.text.push('\n');
                known.text.push_str(&section.text);
                known.code.extend(section.code);
            }
            None => joined.push(section),
        }
    }
    joined
}

/// What is written where code or HTML is collected.
enum Block {
    Code(String),
    Html(String),
}

struct Reader<'a> {
    lab: &'a Lab,
    all: Vec<Section>,
    /// Level of the heading whose section is open.
    open: Option<u8>,
    /// Level and text of the heading that is being read.
    heading: Option<(u8, String)>,
    quotes: usize,
    block: Option<Block>,
    /// Number of the list that has begun, as long as nothing stands in it.
    item: Option<u64>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => {
                self.text(&code);
                if let Some(section) = self.section() {
                    section.code.push(code.into_string());
                }
            }
            // The end marker looks like a tag to Markdown: only comments are no text.
            Event::InlineHtml(html) => self.text(&uncommented(&html)),
            Event::Html(html) => self.text(&html),
            Event::SoftBreak | Event::HardBreak | Event::Rule => self.text("\n"),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => self.heading = Some((*level as u8, String::new())),
            Tag::BlockQuote(_) => self.quotes += 1,
            Tag::CodeBlock(_) => self.block = Some(Block::Code(String::new())),
            Tag::HtmlBlock => self.block = Some(Block::Html(String::new())),
            // "4. Because …" is an answer that begins with 4, not the fourth item of a list.
            Tag::List(Some(start)) if *start != 1 => self.text(&format!("{start} . ")),
            Tag::List(Some(start)) => self.item = Some(*start),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                if let Some((level, text)) = self.heading.take() {
                    self.headed(level, &text);
                }
            }
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::CodeBlock | TagEnd::HtmlBlock => match self.block.take() {
                Some(Block::Code(code)) if self.quotes == 0 => {
                    if let Some(section) = self.section() {
                        section.code.push(code);
                    }
                }
                Some(Block::Html(html)) => self.text(&uncommented(&html)),
                _ => {}
            },
            TagEnd::List(_) => {
                if let Some(start) = self.item.take() {
                    self.text(&start.to_string());
                }
                self.text("\n");
            }
            TagEnd::Paragraph | TagEnd::Item => self.text("\n"),
            _ => {}
        }
    }

    fn headed(&mut self, level: u8, text: &str) {
        if let Some(id) = label(self.lab, text) {
            self.open = Some(level);
            self.all.push(Section { id, ..Section::default() });
        } else if self.open.is_some_and(|open| level <= open) {
            self.open = None;
        }
    }

    fn section(&mut self) -> Option<&mut Section> {
        if self.open.is_some() && self.quotes == 0 { self.all.last_mut() } else { None }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, heading)) = &mut self.heading {
            heading.push_str(text);
        } else if let Some(Block::Code(block) | Block::Html(block)) = &mut self.block {
            block.push_str(text);
        } else {
            if !text.trim().is_empty() {
                self.item = None;
            }
            if let Some(section) = self.section() {
                section.text.push_str(text);
            }
        }
    }
}

/// HTML without its comments.
fn uncommented(html: &str) -> String {
    let (mut kept, mut rest) = (String::new(), html);
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// Which section a heading begins.
fn label(lab: &Lab, heading: &str) -> Option<String> {
    let heading = heading.trim().to_lowercase();
    let begins = |word: &str| {
        let rest = heading.strip_prefix(word)?;
        (!rest.starts_with(|c: char| c.is_alphanumeric())).then_some(())
    };
    let is = |id: &str| {
        let id = id.to_lowercase();
        let number = id.strip_prefix('q').filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        begins(&id)
            .or_else(|| begins(number?))
            .or_else(|| begins(&format!("question {}", number?)))
            .or_else(|| begins(&format!("q {}", number?)))
            .is_some()
    };
    if let Some(question) = lab.questions.iter().find(|q| is(&q.id)) {
        Some(question.id.clone())
    } else if heading.contains("address") {
        Some(ADDRESSES.into())
    } else if heading.contains("filter") || begins("task 2").is_some() {
        Some(FILTER.into())
    } else {
        None
    }
}

/// Writes an empty sheet for the lab's questions.
///
/// # Errors
/// When `out` cannot be written.
pub fn template(lab: &Lab, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}: answers\n", line(&lab.title))?;
    writeln!(
        out,
        "<!-- Write below each heading, and leave the headings as they are.\n     labkit check {} --answers answers.md compares what you wrote with your capture. -->\n",
        line(&lab.network.capture)
    )?;
    writeln!(out, "## Addresses\n\nHost IP Address:\n\nGuest IP Address:\n")?;
    writeln!(out, "## Filter\n\n```text\n\n```")?;
    for question in &lab.questions {
        writeln!(out, "\n## {}. {}", line(&question.id), line(&question.text))?;
    }
    Ok(())
}

/// A text on one line.
fn line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .escape_debug()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(markdown: &str) -> Vec<(String, String)> {
        let all = read(&Lab::built_in(), markdown);
        all.into_iter().map(|s| (s.id, s.text.trim().to_string())).collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(id, text)| ((*id).into(), (*text).into())).collect()
    }

    #[test]
    fn headings_are_found_in_any_order_and_form() {
        let text = "# Title\nnothing\n\n## Q4: how many\n5 and 1\n\nQuestion 1\n---\nports\n\n### more\nof it\n\n## Other\nno\n\n## 3.\nthree\n\n# Q10\nno\n";
        assert_eq!(of(text), pairs(&[("Q4", "5 and 1"), ("Q1", "ports\nof it"), ("Q3", "three")]));
    }

    #[test]
    fn of_two_headings_q3_without_q2_the_first_is_q2() {
        assert_eq!(of("# Q3\nsame\n# Q3\n3"), pairs(&[("Q2", "same"), ("Q3", "3")]));
        assert_eq!(of("# Q2\nsame\n# Q3\n3\n# Q3\n4"), pairs(&[("Q2", "same"), ("Q3", "3\n\n4")]));
    }

    #[test]
    fn quotations_comments_and_code_blocks_are_no_answer_and_the_marker_is_no_tag() {
        let text = "# Q5\n> the question\n\n<!-- a comment\n\nin two -->\nThe guest sends #<<END>>#.\n<!-- x -->\n\n```\n# Q6\n44150\n```\n";
        let all = read(&Lab::built_in(), text);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].text.trim(), "The guest sends #<<END>>#.");
        assert_eq!(all[0].code, ["# Q6\n44150\n"]);
    }

    #[test]
    fn an_answer_that_looks_like_a_list_keeps_its_number() {
        assert_eq!(of("# Q3\n4. It is so\n"), pairs(&[("Q3", "4 . It is so")]));
        assert_eq!(of("# Q4\n1.\n"), pairs(&[("Q4", "1")]));
        assert_eq!(of("# Q4\n1. first\n2. second\n"), pairs(&[("Q4", "first\nsecond")]));
    }

    #[test]
    fn the_template_is_an_empty_sheet_with_every_question() {
        let lab = Lab::built_in();
        let mut out = Vec::new();
        template(&lab, &mut out).unwrap();
        let all = read(&lab, &String::from_utf8(out).unwrap());
        assert_eq!(all.len(), lab.questions.len() + 2);
        assert!(all.iter().filter(|s| s.id != ADDRESSES).all(Section::is_empty));
    }
}
