//! Proposals for a filter that is wrong: the field, the sign or the dialect that was probably meant.

use super::bpf;
use super::error::FilterError;
use super::tree::Operand;
use crate::dissect::PROTOCOLS;

/// An error about an operand that should have been a field.
pub(super) fn no_field(input: &str, operand: &Operand) -> FilterError {
    let Operand::Word { word, at } = operand else {
        return FilterError::new(operand.at(), "on the left of a comparison stands a field");
    };
    let error = FilterError::new(at.clone(), format!("{word} is neither a field nor a protocol"));
    if super::literal::number(word).is_some() || word.parse::<std::net::IpAddr>().is_ok() {
        return error.hint("On the left of a comparison stands a field, as in ip.addr or tcp.port.");
    }
    match nearest(word) {
        Some(name) => error.hint(format!("The nearest known name is {name}.")).replace(input, name),
        None => error.hint("`labkit replay --fields-list PATTERN` prints the fields that there are."),
    }
}

/// The known name that takes the fewest changes, if few are enough.
fn nearest(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let names =
        PROTOCOLS.iter().flat_map(|p| std::iter::once(p.field.name).chain(p.fields.iter().map(|f| f.name)));
    let most = (word.len() / 4).clamp(1, 4);
    names.map(|name| (distance(&word, name), name)).min().filter(|(d, _)| *d <= most).map(|(_, name)| name)
}

/// How many letters must be changed, added, left out or swapped with their neighbour to get from one word to another.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 4 || a.len() > 64 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// The error in place of `error` where the whole input is a capture filter.
pub(super) fn or_capture_filter(input: &str, error: FilterError) -> FilterError {
    match bpf::to_display(input) {
        Some(display) => FilterError {
            hint: Some("This is a capture filter; here a display filter belongs.".to_owned()),
            corrected: Some(display),
            ..error
        },
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_field() {
        assert_eq!(nearest("tcp.srcpot"), Some("tcp.srcport"));
        assert_eq!(nearest("ip.adr"), Some("ip.addr"));
        assert_eq!(nearest("tcp.flags.sny"), Some("tcp.flags.syn"));
        assert_eq!(nearest("youtube"), None);
    }
}
