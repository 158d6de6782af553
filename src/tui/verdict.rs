//! The verdict on a filter while it is typed: good, incomplete or wrong; and the names that fit.

use crate::dissect::PROTOCOLS;
use crate::field::{Field, Kind};
use crate::filter::saved::{Saved, expand};
use crate::filter::{Filter, to_display};
use crate::text::Hex;

/// The verdict on a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There is no filter: all packets are listed.
    Empty,
    /// It can be used.
    Good,
    /// It can be used, but means something else than it seems to, or is not complete.
    Unsure(String),
    /// It cannot be used, for this reason.
    Wrong(String),
}

/// The verdict on a text as a display filter.
pub(crate) fn of(text: &str, saved: &[Saved]) -> Verdict {
    if text.trim().is_empty() {
        return Verdict::Empty;
    }
    let text = match expand(text, saved) {
        Ok(text) => text,
        Err(label) => return Verdict::Wrong(format!("no filter is saved as {label}")),
    };
    match Filter::compile(&text) {
        Ok(_) => Verdict::Good,
        Err(error) => match to_display(&text) {
            Some(display) => {
                Verdict::Unsure(format!("this is a capture filter; Enter takes it as `{display}`"))
            }
            None if error.at.start >= text.trim_end().len() => {
                Verdict::Unsure(format!("not complete: {}", error.message))
            }
            None => {
                let part = text.get(error.at.clone()).filter(|part| !part.is_empty());
                let at = part.map(|part| format!(" (at `{part}`)")).unwrap_or_default();
                let meant = error.corrected.map(|c| format!("; did you mean `{c}`?")).unwrap_or_default();
                let hint = error.hint.map(|hint| {
                    let hint = hint.trim_end_matches('.');
                    // The hint continues a sentence.
                    hint.strip_prefix("The ")
                        .map_or_else(|| format!("; {hint}"), |rest| format!("; the {rest}"))
                });
                let hint = hint.unwrap_or_default();
                Verdict::Wrong(format!("{}{at}{hint}{meant}", error.message))
            }
        },
    }
}

/// The display filter that a text means: saved filters filled in, capture filters translated.
///
/// # Errors
/// Why it is no display filter.
pub(crate) fn filter(text: &str, saved: &[Saved]) -> Result<(String, Filter), String> {
    let text = expand(text, saved).map_err(|label| format!("no filter is saved as {label}"))?;
    match Filter::compile(&text) {
        Ok(filter) => Ok((text, filter)),
        Err(error) => {
            let display = to_display(&text).ok_or_else(|| error.message.clone())?;
            let filter = Filter::compile(&display).map_err(|error| error.message)?;
            Ok((display, filter))
        }
    }
}

/// The most names that are offered at once.
const MOST: usize = 200;
/// The most values of a field that are offered; a longer list would cover more than it helps.
const FEW: usize = 24;

/// Length in bytes of the part of a name before the cursor, and the names that complete it.
pub(crate) fn complete(before: &str, saved: &[Saved]) -> (usize, Vec<String>) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let start = before
        .rfind(|c| !is_name(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = before.get(start..).unwrap_or("");
    let left = before.get(..start).unwrap_or("");
    if left.ends_with('@') {
        let labels = saved.iter().map(|s| s.label.clone()).filter(|label| label.starts_with(word));
        return (word.len(), labels.collect());
    }
    if let Some(field) = compared(left) {
        return (word.len(), values(field, word));
    }
    if word.is_empty() {
        return (0, Vec::new());
    }
    let fields = PROTOCOLS.iter().flat_map(|p| std::iter::once(&p.field).chain(p.fields.iter().copied()));
    let mut names: Vec<String> =
        fields.map(|field| field.name).filter(|name| name.starts_with(word)).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names.truncate(MOST);
    (word.len(), names)
}

/// The field before a comparison operator at the end of `left`; `None` without one.
fn compared(left: &str) -> Option<&'static Field> {
    let left = left.trim_end();
    let left = ["==", "!=", " eq", " ne"].iter().find_map(|op| left.strip_suffix(op))?.trim_end();
    let name = left.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).next()?;
    crate::view::fields::find(name).map(|(_, field)| field)
}

/// The possible values of a field that begin with `word`; empty if there are too many.
fn values(field: &Field, word: &str) -> Vec<String> {
    let all: Vec<String> = match field.kind {
        Kind::Bool => vec!["1".into(), "0".into()],
        _ if field.names.len() <= FEW => field.names.iter().map(|(_, name)| format!("\"{name}\"")).collect(),
        _ => Vec::new(),
    };
    all.into_iter().filter(|value| value.trim_start_matches('"').starts_with(word)).collect()
}

/// The filter for the field in a line of the details: for its value, or for its presence if it has none.
pub(crate) fn of_field(field: &'static Field, text: &str, bytes: &[u8]) -> String {
    let value = text.split_once(": ").map(|(_, value)| value.trim_end_matches(']').trim());
    let word = |value: &str| value.split_whitespace().next().unwrap_or_default().to_owned();
    let quoted = |value: &str| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let hex = || Hex::colons(bytes).to_string();
    // The text has a number in brackets behind its name, or behind the bits of a masked field.
    let number = |value: &str| {
        let inner = value.rsplit_once('(').and_then(|(_, rest)| rest.split(')').next());
        let last = inner.filter(|inner| inner.starts_with("0x") || inner.parse::<i64>().is_ok());
        last.map_or_else(|| word(value), str::to_owned)
    };
    let candidates = match (field.kind, value) {
        (Kind::Protocol | Kind::Label, _) | (_, None) => vec![],
        (Kind::Bool, Some(value)) => {
            let on = field.name_of(1).map_or("True", |name| name);
            vec![if value == on { "1".to_owned() } else { "0".to_owned() }]
        }
        (Kind::Text, Some(value)) => vec![quoted(value)],
        (Kind::Bytes, Some(_)) => vec![hex()],
        (Kind::Time, Some(value)) => vec![quoted(value.trim_end_matches(" UTC"))],
        (Kind::Uint(_) | Kind::Int(_), Some(value)) => vec![number(value), word(value)],
        (_, Some(value)) => vec![word(value), number(value)],
    };
    let filters = candidates.into_iter().map(|value| format!("{} == {value}", field.name));
    filters.into_iter().find(|text| Filter::compile(text).is_ok()).unwrap_or_else(|| field.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_good_not_complete_or_wrong() {
        assert_eq!(of("tcp.port == 65432", &[]), Verdict::Good);
        assert_eq!(of(" ", &[]), Verdict::Empty);
        assert!(matches!(of("tcp.port ==", &[]), Verdict::Unsure(_)));
        assert!(matches!(of("tcp port 65432", &[]), Verdict::Unsure(_)), "a capture filter");
        assert!(matches!(of("tcp.prot == 1", &[]), Verdict::Wrong(_)));
        assert!(matches!(of("@lab", &[]), Verdict::Wrong(_)));
    }

    #[test]
    fn names_and_values_are_offered() {
        let (len, names) = complete("ip and tcp.srcp", &[]);
        assert_eq!((len, names), (8, vec!["tcp.srcport".to_owned()]));
        assert_eq!(complete("tcp.flags.syn == ", &[]), (0, vec!["1".to_owned(), "0".to_owned()]));
        assert_eq!(complete("", &[]), (0, vec![]));
    }

    #[test]
    fn a_field_becomes_a_filter_for_its_value() {
        let filter =
            |name: &str, text: &str| of_field(crate::view::fields::find(name).unwrap().1, text, &[1, 2]);
        assert_eq!(filter("tcp.srcport", "Source Port: 44150"), "tcp.srcport == 44150");
        assert_eq!(filter("ip.id", "Identification: 0x09b5 (2485)"), "ip.id == 2485");
        assert_eq!(filter("eth.type", "Type: IPv4 (0x0800)"), "eth.type == 0x0800");
        assert_eq!(filter("ip.src", "Source Address: 192.168.56.1"), "ip.src == 192.168.56.1");
        assert_eq!(filter("tcp.flags.syn", ".... .... ..1. = Syn: Set"), "tcp.flags.syn == 1");
        assert_eq!(filter("tcp", "Transmission Control Protocol, Src Port: 1"), "tcp");
    }
}
