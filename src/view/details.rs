//! The details pane as text: a tree of lines, indented by four blanks for each level.

use super::{bytes, value};
use crate::dissect::{Proto, ProtoSet, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::packet::Packet;
use crate::text::{Line, MOST_IN_LINE, Push as _, beginning, harmless, written};
use std::fmt::{self, Write as _};

/// One line of the details pane.
#[derive(Clone, Debug)]
pub struct DetailLine {
    /// How deep it is nested; lines of protocols have depth 0.
    pub depth: usize,
    /// The field that it shows; `None` for plain text.
    pub field: Option<&'static Field>,
    /// The bytes that it shows.
    pub at: At,
    /// The text, which is safe to print.
    pub text: String,
}

/// All lines of a packet's details.
pub fn lines(packet: &Packet<'_>) -> Vec<DetailLine> {
    lines_up_to(packet, usize::MAX).0
}

/// The first `most` lines of a packet's details, and whether there are no more.
pub fn lines_up_to(packet: &Packet<'_>, most: usize) -> (Vec<DetailLine>, bool) {
    let mut tree = Tree { lines: Vec::new(), depth: 0, most };
    let whole = packet.walk(ProtoSet::ALL, &mut tree).is_continue();
    (tree.lines, whole)
}

/// Appends the details of a packet as text. With `dumped`, the bytes that no protocol has taken follow their line as
/// a dump; callers without it dump the whole packet.
pub fn write(packet: &Packet<'_>, dumped: bool, out: &mut Line) {
    for line in lines(packet) {
        out.resize(out.len() + line.depth * 4, b' ');
        out.text(&line.text);
        out.push(b'\n');
        if dumped && line.field == Some(&Proto::Data.get().field) {
            let (start, len) = (line.at.start as usize, line.at.len as usize);
            out.push(b'\n');
            let bytes = packet.context.source(line.at.source);
            bytes::dump(bytes.get(start..start + len).unwrap_or(&[]), None, false, out);
        }
    }
}

struct Tree {
    lines: Vec<DetailLine>,
    depth: usize,
    most: usize,
}

impl Tree {
    fn add(&mut self, field: Option<&'static Field>, at: At, text: String) -> Visited {
        if self.lines.len() == self.most {
            return Visited::Break(());
        }
        self.lines.push(DetailLine { depth: self.depth, field, at, text });
        Visited::Continue(())
    }
}

impl Visit for Tree {
    fn field(&mut self, field: &'static Field, at: At, value: Value<'_>) -> Visited {
        if field.hidden {
            return Visited::Continue(());
        }
        self.add(Some(field), at, shortened(plain(field, at, value), field.label.len()))
    }

    fn line(&mut self, field: &'static Field, at: At, _: Value<'_>, text: fmt::Arguments<'_>) -> Visited {
        if field.hidden {
            return Visited::Continue(());
        }
        self.add(Some(field), at, shortened(safe(text), 0))
    }

    fn unseen(&mut self, _: &'static Field, _: At, _: Value<'_>) -> Visited {
        Visited::Continue(())
    }

    fn text(&mut self, at: At, text: fmt::Arguments<'_>) -> Visited {
        self.add(None, at, shortened(safe(text), 0))
    }

    fn open(&mut self) {
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// A dissector's own line, with control characters made visible.
fn safe(text: fmt::Arguments<'_>) -> String {
    let raw = fmt::format(text);
    if !raw.chars().any(char::is_control) && raw.is_ascii() {
        return raw;
    }
    harmless(&raw)
}

/// The mark in a line that Wireshark cuts.
const MARK: &str = " [truncated]";

/// Cuts a line to the length that Wireshark's buffer allows. The mark goes after its first `label` bytes.
pub(super) fn shortened(line: String, label: usize) -> String {
    let bare = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
    let inner = bare.unwrap_or(&line);
    if inner.len() <= MOST_IN_LINE {
        return line;
    }
    let most = MOST_IN_LINE - 1 - MARK.len();
    let keep = beginning(inner, most).len();
    let (label, rest) = inner.split_at_checked(label).unwrap_or(("", inner));
    let rest = rest.get(..keep.saturating_sub(label.len())).unwrap_or(rest);
    match bare {
        Some(_) => format!("[{label}{MARK}{rest}]"),
        None => format!("{label}{MARK}{rest}"),
    }
}

/// The line of a field without a text of its own: bits, label and value. A derived value is in brackets.
fn plain(field: &'static Field, at: At, value: Value<'_>) -> String {
    written(|text| {
        if field.generated {
            text.push(b'[');
        }
        if field.mask != 0 {
            bits(field, at, value, text);
        }
        text.text(field.label);
        if !matches!(value, Value::None) && field.kind != Kind::Protocol {
            text.text(": ");
            value::named(field, value, text);
        }
        if field.generated {
            text.push(b']');
        }
    })
}

/// The bits of a masked field, in groups of four: `.... ..1. = `.
fn bits(field: &Field, at: At, value: Value<'_>, out: &mut Line) {
    let shift = field.mask.trailing_zeros();
    let raw = match value {
        Value::Bool(b) if b => field.mask,
        Value::Uint(n) => n << shift & field.mask,
        _ => 0,
    };
    let width = match (field.width, field.kind) {
        (0, Kind::Uint(bits)) => u32::from(bits),
        (0, _) => at.len * 8,
        (width, _) => u32::from(width),
    };
    let mut text = String::new();
    for bit in (0..width.min(64)).rev() {
        let c = match (field.mask >> bit & 1, raw >> bit & 1) {
            (0, _) => '.',
            (_, 0) => '0',
            _ => '1',
        };
        text.push(c);
        if bit % 4 == 0 && bit > 0 {
            text.push(' ');
        }
    }
    let _ = write!(text, " = ");
    out.text(&text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Source as _;
    use crate::capture::reader::FileReader;
    use crate::conversation::Tracker;
    use std::path::Path;

    #[test]
    fn lines_end_where_they_are_enough() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/capture1.pcapng");
        let mut source = FileReader::open(&path).unwrap();
        let frame = source.next().unwrap().unwrap();
        let mut tracker = Tracker::new();
        let packet = Packet { context: tracker.track(&frame) };
        let all = lines(&packet);
        assert!(all.len() > 30);
        let texts = |lines: &[DetailLine]| lines.iter().map(|l| l.text.clone()).collect::<Vec<_>>();
        for (most, whole) in [(0, false), (7, false), (all.len(), true), (all.len() + 1, true)] {
            let (some, is_all) = lines_up_to(&packet, most);
            assert_eq!(is_all, whole, "{most}");
            assert_eq!(texts(&some), texts(&all[..most.min(all.len())]));
        }
    }
}
