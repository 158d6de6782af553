//! The table of all fields for the page's filter: their names, their types, and the names of their values.

use super::pack::Part;
use crate::dissect::PROTOCOLS;
use crate::field::{Field, Kind};
use crate::filter;
use std::collections::HashMap;
use std::io;

/// The table, stored in columns, because similar values beside each other compress best.
#[derive(serde::Serialize)]
struct Table {
    /// The types, each as a code and in words.
    kinds: Vec<(String, String)>,
    /// Names of the fields, one in each line.
    fields: String,
    /// For each field, the index of its type.
    of: Vec<usize>,
    /// For fields whose values have names: index of the field, and index of the names in `lists`.
    named: Vec<(usize, usize)>,
    lists: Vec<List>,
}

/// Names of values: the numbers, each as the difference from the one before, and the names, one in each line.
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
    // JavaScript's numbers hold all these numbers exactly; a test checks that.
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

/// The code of a type in the page's script: a word, and for integers the number of bits.
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
