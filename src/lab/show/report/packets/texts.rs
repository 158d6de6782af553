//! The texts of details, line by line, for packets of one shape. Text that all have in common is stored once; of the
//! rest, only what does not follow from the packets' bytes.
//!
//! A text is split into words and separators. Words that differ between packets become columns, and equal columns are
//! stored once. A column that shows the line's own bytes as a number, in hexadecimal or as an address is not stored:
//! the page computes it from the bytes.

use super::pages::Page;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;

/// The most forms of one line; a line with more keeps its texts whole.
const FORMS: usize = 6;
/// A way to write bytes as a text; `None` for bytes that it does not fit.
type Way = fn(&[u8]) -> Option<String>;
/// The most bytes of a line that are tried as a number or an address.
const SHORT: usize = 8;

/// The text of a line in each packet.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Text {
    Same(String),
    Form(Form),
    /// Several forms, and for each packet the index of its form.
    Forms {
        of: Vec<Form>,
        which: Vec<usize>,
    },
}

/// Text, column, text, column, …, text.
pub(super) type Form = Vec<Piece>;

/// A piece of a form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Piece {
    Text(String),
    Column(usize),
}

/// Words, one for each packet.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Column {
    Words(Vec<String>),
    Numbers(Vec<i64>),
    /// Numbers, each as the difference from the one before.
    Steps {
        d: Vec<i64>,
    },
    /// Computed from the bytes of line `l`, in the way `k`: `d` a number, `x` hexadecimal, `X` hexadecimal behind
    /// `0x`, `4` an IPv4 address, `m` a MAC address. `n` is the number of hexadecimal digits, if not all are shown.
    Bytes {
        k: char,
        l: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        n: Option<usize>,
    },
}

/// The texts of all lines, and the columns that they refer to.
pub(super) struct Texts<'p> {
    pub(super) columns: Vec<Column>,
    pages: &'p [&'p Page],
    bytes: &'p [u8],
    known: HashMap<Vec<String>, usize>,
}

impl<'p> Texts<'p> {
    /// An empty collection for packets with equally many lines; `bytes` are those of their block.
    pub(super) fn new(pages: &'p [&'p Page], bytes: &'p [u8]) -> Texts<'p> {
        Texts { columns: Vec::new(), pages, bytes, known: HashMap::new() }
    }

    /// The texts of all lines.
    pub(super) fn all(&mut self, lines: usize) -> Vec<Text> {
        let derived: Vec<(Vec<String>, Column)> =
            (0..lines).filter(|l| !self.is_same(*l)).flat_map(|l| self.derived(l)).collect();
        // A computed column is added to the columns only when a text needs it.
        let mut derived: HashMap<Vec<String>, Column> = derived.into_iter().rev().collect();
        (0..lines).map(|line| self.text(line, &mut derived)).collect()
    }

    fn line_texts(&self, line: usize) -> impl Iterator<Item = &'p str> {
        let pages = self.pages;
        pages.iter().map(move |page| page.lines.get(line).map_or("", |l| l.text.as_str()))
    }

    fn is_same(&self, line: usize) -> bool {
        let mut texts = self.line_texts(line);
        let first = texts.next();
        texts.all(|text| Some(text) == first)
    }

    /// The bytes of a line in one packet; `None` if the page does not hold them.
    fn own_bytes(&self, packet: usize, line: usize) -> Option<&'p [u8]> {
        let page = self.pages.get(packet)?;
        let at = page.lines.get(line)?.at;
        let run = self.bytes.get(page.runs.get(usize::from(at.source))?.clone())?;
        run.get(at.range())
    }

    /// The words that the bytes of a line give in each way that fits them, with the column for each.
    fn derived(&self, line: usize) -> Vec<(Vec<String>, Column)> {
        let own: Option<Vec<&[u8]>> = (0..self.pages.len()).map(|i| self.own_bytes(i, line)).collect();
        let Some(own) = own.filter(|all| all.iter().all(|b| (1..=SHORT).contains(&b.len()))) else {
            return Vec::new();
        };
        let ways: [(char, Way); 5] =
            [('d', number), ('x', hexadecimal), ('X', prefixed), ('4', ipv4), ('m', mac)];
        let column = |(k, way): (char, Way)| {
            let words: Option<Vec<String>> = own.iter().map(|bytes| way(bytes)).collect();
            Some((words?, Column::Bytes { k, l: line, n: None }))
        };
        ways.into_iter().filter_map(column).collect()
    }

    fn text(&mut self, line: usize, derived: &mut HashMap<Vec<String>, Column>) -> Text {
        let texts: Vec<&str> = self.line_texts(line).collect();
        if self.is_same(line) {
            return Text::Same(texts.first().copied().unwrap_or("").to_owned());
        }
        let split: Vec<(Vec<&str>, Vec<&str>)> = texts.iter().map(|text| words(text)).collect();
        let mut forms: Vec<&[&str]> = Vec::new();
        let mut which = Vec::new();
        for (between, _) in &split {
            let known = forms.iter().position(|form| *form == between.as_slice());
            which.push(known.unwrap_or(forms.len()));
            if known.is_none() {
                forms.push(between);
            }
        }
        if forms.len() > FORMS {
            let whole = texts.iter().map(|text| (*text).to_owned()).collect();
            let column = self.column(line, whole, derived);
            return Text::Form(vec![Piece::Text(String::new()), column, Piece::Text(String::new())]);
        }
        let form = |(number, between): (usize, &&[&str])| {
            let words = |k: usize| {
                let of = |(i, (_, words)): (usize, &(Vec<&str>, Vec<&str>))| {
                    let word = words.get(k).filter(|_| which.get(i) == Some(&number));
                    word.map_or_else(String::new, |word| (*word).to_owned())
                };
                split.iter().enumerate().map(of).collect::<Vec<String>>()
            };
            self.form(line, between, words, derived)
        };
        let mut of: Vec<Form> = forms.iter().enumerate().map(form).collect();
        if of.len() == 1 { Text::Form(of.remove(0)) } else { Text::Forms { of, which } }
    }

    /// A form: the separators with the words that all have in common, and the columns of words that differ.
    fn form(
        &mut self,
        line: usize,
        between: &[&str],
        words: impl Fn(usize) -> Vec<String>,
        derived: &mut HashMap<Vec<String>, Column>,
    ) -> Form {
        let mut form = Vec::new();
        let mut text = String::new();
        for (k, gap) in between.iter().enumerate() {
            if k > 0 {
                let column = words(k - 1);
                let mut there = column.iter().filter(|word| !word.is_empty());
                let first = there.next();
                if there.all(|word| Some(word) == first) {
                    text.push_str(first.map_or("", String::as_str));
                } else {
                    form.push(Piece::Text(std::mem::take(&mut text)));
                    form.push(self.column(line, column, derived));
                }
            }
            text.push_str(gap);
        }
        form.push(Piece::Text(text));
        form
    }

    fn column(
        &mut self,
        line: usize,
        words: Vec<String>,
        derived: &mut HashMap<Vec<String>, Column>,
    ) -> Piece {
        if let Some(known) = self.known.get(&words) {
            return Piece::Column(*known);
        }
        let column = derived.remove(&words).or_else(|| self.digits(line, &words));
        self.columns.push(column.unwrap_or_else(|| Column::of(&words)));
        self.known.insert(words, self.columns.len() - 1);
        Piece::Column(self.columns.len() - 1)
    }

    /// The column for words that are the line's bytes in hexadecimal, all digits or equally many first ones; `None`
    /// for others.
    fn digits(&self, line: usize, words: &[String]) -> Option<Column> {
        let there = || words.iter().enumerate().filter(|(_, word)| !word.is_empty());
        let length = there().next()?.1.len();
        let same = there().all(|(_, word)| word.len() == length);
        let mut whole = true;
        for (packet, word) in there() {
            let own = self.own_bytes(packet, line)?;
            let digits = hexadecimal(own.get(..word.len().div_ceil(2))?)?;
            if !digits.starts_with(word.as_str()) {
                return None;
            }
            whole &= word.len() == own.len() * 2;
        }
        (whole || same).then_some(Column::Bytes { k: 'x', l: line, n: (!whole).then_some(length) })
    }
}

impl Column {
    fn of(words: &[String]) -> Column {
        let canonical = |word: &String| {
            let number = word.parse::<i64>().ok().filter(|n| word.len() < 16 && n.to_string() == *word);
            number.filter(|n| *n >= 0)
        };
        let Some(numbers) = words.iter().map(canonical).collect::<Option<Vec<i64>>>() else {
            return Column::Words(words.to_vec());
        };
        let mut last = 0;
        let steps: Vec<i64> = numbers.iter().map(|n| n - std::mem::replace(&mut last, *n)).collect();
        let digits = |all: &[i64]| all.iter().map(|n| n.to_string().len()).sum::<usize>();
        if digits(&steps) < digits(&numbers) { Column::Steps { d: steps } } else { Column::Numbers(numbers) }
    }
}

/// The separators in a text, one more than there are words, and the words: letters and digits, also with colons
/// between them, or an IPv4 address.
fn words(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut between, mut words) = (Vec::new(), Vec::new());
    let mut rest = text;
    loop {
        let start = rest.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (gap, from) = rest.split_at(start);
        between.push(gap);
        if from.is_empty() {
            return (between, words);
        }
        let (word, after) = from.split_at(word_length(from));
        words.push(word);
        rest = after;
    }
}

fn word_length(text: &str) -> usize {
    let run = |inside: fn(u8) -> bool| text.bytes().take_while(|b| inside(*b)).count();
    let dotted = run(|b| b.is_ascii_digit() || b == b'.');
    let quad = text.get(..dotted).unwrap_or("").trim_end_matches('.');
    if quad.parse::<Ipv4Addr>().is_ok() {
        return quad.len();
    }
    let length = run(|b| b.is_ascii_alphanumeric() || b == b':');
    text.get(..length).map_or(length, |word| word.trim_end_matches(':').len())
}

fn number(bytes: &[u8]) -> Option<String> {
    Some(bytes.iter().fold(0u64, |n, b| n << 8 | u64::from(*b)).to_string())
}

fn hexadecimal(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len() * 2);
    bytes.iter().try_for_each(|b| write!(text, "{b:02x}")).ok()?;
    Some(text)
}

fn prefixed(bytes: &[u8]) -> Option<String> {
    hexadecimal(bytes).map(|digits| format!("0x{digits}"))
}

fn ipv4(bytes: &[u8]) -> Option<String> {
    let octets: [u8; 4] = bytes.try_into().ok()?;
    Some(Ipv4Addr::from(octets).to_string())
}

fn mac(bytes: &[u8]) -> Option<String> {
    let octets: [u8; 6] = bytes.try_into().ok()?;
    let digits: Vec<String> = octets.iter().map(|b| format!("{b:02x}")).collect();
    Some(digits.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::At;
    use crate::lab::show::report::packets::pages::Line;
    use serde_json::json;

    /// The encoding of packets with one line each, given as its text and its bytes, which are the whole packet.
    fn encoded(packets: &[(&str, &[u8])]) -> serde_json::Value {
        let (mut bytes, mut pages) = (Vec::new(), Vec::new());
        for (text, own) in packets {
            let at = At { source: 0, start: 0, len: own.len() as u32 };
            let line = Line { depth: 0, field: None, at, text: (*text).into() };
            let start = bytes.len();
            bytes.extend_from_slice(own);
            pages.push(Page {
                lines: vec![line],
                sources: Vec::new(),
                runs: std::iter::once(start..bytes.len()).collect(),
            });
        }
        let pages: Vec<&Page> = pages.iter().collect();
        let mut texts = Texts::new(&pages, &bytes);
        let all = texts.all(1);
        json!([all, texts.columns])
    }

    #[test]
    fn what_the_bytes_say_is_not_stored() {
        assert_eq!(
            encoded(&[("Port: 80 (80)", &[0, 80]), ("Port: 443 (443)", &[1, 187])]),
            json!([[["Port: ", 0, " (", 0, ")"]], [{"k": "d", "l": 0}]])
        );
        assert_eq!(
            encoded(&[("To 10.0.0.1.", &[10, 0, 0, 1]), ("To 10.0.0.2.", &[10, 0, 0, 2])]),
            json!([[["To ", 0, "."]], [{"k": "4", "l": 0}]])
        );
        // The line shows only the beginning of its bytes in hexadecimal.
        let long = [&[0xabu8; 9][..], &[0xcd; 9]];
        assert_eq!(
            encoded(&[("Data: abababab…", long[0]), ("Data: cdcdcdcd…", long[1])]),
            json!([[["Data: ", 0, "…"]], [{"k": "x", "l": 0, "n": 8}]])
        );
    }

    #[test]
    fn what_no_byte_says_is_stored_once() {
        assert_eq!(
            encoded(&[("Seq: 1, next 29", b""), ("Seq: 9, next 9", b""), ("Seq: 9, next 10", b"")]),
            json!([[["Seq: ", 0, ", next ", 1, ""]], [[1, 9, 9], [29, 9, 10]]])
        );
        // Long numbers that grow slowly are stored as differences.
        assert_eq!(
            encoded(&[("Frame 10000", b""), ("Frame 10001", b""), ("Frame 10003", b"")]),
            json!([[["Frame ", 0, ""]], [{"d": [10000, 1, 2]}]])
        );
        // Leading zeros are words; what all have in common is text.
        assert_eq!(
            encoded(&[("at 0.007 s, 0.007", b""), ("at 0.011 s, 0.011", b"")]),
            json!([[["at 0.", 0, " s, 0.", 0, ""]], [["007", "011"]]])
        );
    }

    #[test]
    fn texts_of_several_forms_and_of_too_many() {
        assert_eq!(
            encoded(&[("a-1", b""), ("a+1", b""), ("a-2", b"")]),
            json!([[{"of": [["a-", 0, ""], ["a+1"]], "which": [0, 1, 0]}], [["1", "", "2"]]])
        );
        let many: Vec<String> = (1..9).map(|n| "!".repeat(n)).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|text| (text.as_str(), &b""[..])).collect();
        assert_eq!(encoded(&many)[0], json!([["", 0, ""]]));
        assert_eq!(encoded(&[("same", b"x"), ("same", b"y")]), json!([["same"], []]));
    }
}
