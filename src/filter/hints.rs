//! Proposals for a filter that is wrong: the field, the sign or the dialect that was probably meant.

use super::bpf;
use super::error::FilterError;
use super::tree::Operand;
use crate::dissect::PROTOCOLS;

/// A word longer than this is no slip of the finger: no name is proposed.
const LONGEST: usize = 64;

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

/// The name of a field or protocol nearest to `word`, if few changes lead to it: letters changed, added, left out or
/// swapped with their neighbour.
pub fn nearest(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    if word.len() > LONGEST {
        return None;
    }
    let names =
        PROTOCOLS.iter().flat_map(|p| std::iter::once(p.field.name).chain(p.fields.iter().map(|f| f.name)));
    let most = (word.len() / 4).clamp(1, 4);
    let near = names.filter(|name| name.len().abs_diff(word.len()) <= most);
    let nearest = near.map(|name| (strsim::osa_distance(&word, name), name)).min();
    nearest.filter(|(distance, _)| *distance <= most).map(|(_, name)| name)
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
        assert_eq!(nearest("TCP.Srcpot"), Some("tcp.srcport"));
        assert_eq!(nearest("youtube"), None);
        assert_eq!(nearest(&"tcp.".repeat(17)), None);
    }
}
