//! The table of all fields: what the page's filter knows of their names, their types and the names of their values.

use super::pack::Part;
use crate::dissect::PROTOCOLS;
use crate::field::{Field, Kind};
use crate::filter;
use std::collections::HashMap;
use std::io;

/// Long lists in columns, because alike things beside each other pack best.
#[derive(serde::Serialize)]
struct Table {
    /// Types: a code, and in words.
    kinds: Vec<(String, String)>,
    /// Names of fields, a line each.
    fields: String,
    /// The type of each.
    of: Vec<usize>,
    /// For some fields, by their place: which of `lists` names their values.
    named: Vec<(usize, usize)>,
    lists: Vec<List>,
}

/// Names of values: numbers, each as its distance from the one before, and a line a name.
#[derive(serde::Serialize)]
struct List(Vec<i64>, String);

/// The table as a part of the page.
pub(super) fn part() -> io::Result<Part> {
    Part::of_json("fields", &table())
}

fn table() -> Table {
    let mut table = Table {
        kinds: Vec::new(),
        fields: String::new(),
        of: Vec::new(),
        named: Vec::new(),
        lists: Vec::new(),
    };
    let mut lists: HashMap<&[(u64, &str)], usize> = HashMap::new();
    for (place, field) in all_fields().enumerate() {
        let kind = (code(field.kind), field.kind.to_string());
        let known = table.kinds.iter().position(|k| *k == kind);
        table.of.push(known.unwrap_or(table.kinds.len()));
        if known.is_none() {
            table.kinds.push(kind);
        }
        if place > 0 {
            table.fields.push('\n');
        }
        table.fields.push_str(field.name);
        if !field.names.is_empty() {
            let list = *lists.entry(field.names).or_insert_with(|| {
                table.lists.push(list(field.names));
                table.lists.len() - 1
            });
            table.named.push((place, list));
        }
    }
    table
}

fn list(names: &[(u64, &str)]) -> List {
    let mut last = 0;
    // No protocol names a number that JavaScript's own do not hold exactly.
    let step = |(n, _): &(u64, &str)| (*n as i64).wrapping_sub(std::mem::replace(&mut last, *n as i64));
    let steps = names.iter().map(step).collect();
    let words: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
    List(steps, words.join("\n"))
}

/// All fields, protocols among them, in the order in which the filter looks for a name.
pub(super) fn all_fields() -> impl Iterator<Item = &'static Field> {
    let of_protocols =
        PROTOCOLS.iter().flat_map(|p| std::iter::once(&p.field).chain(p.fields.iter().copied()));
    of_protocols.chain(filter::columns())
}

/// A type as the page's script knows it: a word, and for integers their bits.
fn code(kind: Kind) -> String {
    match kind {
        Kind::Protocol => "protocol".into(),
        Kind::Label => "label".into(),
        Kind::Bool => "bool".into(),
        Kind::Uint(bits) => format!("uint:{bits}"),
        Kind::FrameNo => "uint:32".into(),
        Kind::Int(bits) => format!("int:{bits}"),
        Kind::Double => "double".into(),
        Kind::Time => "time".into(),
        Kind::Duration => "duration".into(),
        Kind::Text => "text".into(),
        Kind::Bytes => "bytes".into(),
        Kind::Mac => "mac".into(),
        Kind::Ipv4 => "ipv4".into(),
        Kind::Ipv6 => "ipv6".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_values_can_be_listed_in_lines_and_in_javascripts_numbers() {
        for field in all_fields() {
            for (number, name) in field.names {
                assert!(*number < 1 << 53 && !name.contains('\n'), "{}: {number} {name}", field.name);
            }
        }
    }
}
