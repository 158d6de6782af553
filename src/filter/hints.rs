//! Advice on wrong filters: the field, the sign or the kind of filter that the user probably meant.

use super::bpf;
use super::column::columns;
use super::error::FilterError;
use super::literal::{Type, byte_string, named, network, number};
use super::tree::Operand;
use crate::dissect::PROTOCOLS;
use crate::field::Field;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest word for which a similar name is searched; longer words are no slips of the finger.
const LONGEST: usize = 64;

/// The error on an operand that should be a field.
pub(super) fn no_field(input: &str, operand: &Operand) -> FilterError {
    let Operand::Word { word, at } = operand else {
        return FilterError::new(operand.at(), "the left side of a comparison must be a field");
    };
    let error = FilterError::new(at.clone(), format!("{word} is neither a field nor a protocol"));
    if super::literal::number(word).is_some() || word.parse::<std::net::IpAddr>().is_ok() {
        return error.hint("The left side of a comparison is a field, such as ip.addr or tcp.port.");
    }
    match nearest(word) {
        Some(name) => error.hint(format!("The nearest known name is {name}.")).replace(input, name),
        None => error.hint("`labkit replay --fields-list PATTERN` prints the fields that there are."),
    }
}

/// The error on an operand that is used as a condition, and is no field.
pub(super) fn alone(input: &str, operand: &Operand) -> FilterError {
    let (word, quoted) = match operand {
        Operand::Word { word, .. } => (word.clone(), false),
        Operand::Text { text, .. } => (String::from_utf8_lossy(text).into_owned(), true),
        _ => return no_field(input, operand),
    };
    let what = if quoted { "a text" } else { word.as_str() };
    let error = FilterError::new(operand.at(), format!("{what} alone is neither a field nor a protocol"));
    let port = service(&word).filter(|_| !quoted);
    if !quoted
        && port.is_none()
        && let Some(name) = nearest(&word)
    {
        return error.hint(format!("The nearest known name is {name}.")).replace(input, name);
    }
    let address = word.trim_end_matches('.');
    let rewrite = if quoted {
        format!("frame contains {}", input.get(operand.at()).unwrap_or(""))
    } else if address.parse::<Ipv4Addr>().is_ok() {
        format!("ip.addr == {address}")
    } else if let Some(network) = network(address).filter(|_| address.contains('.')) {
        format!("ip.addr == {network}")
    } else if word.parse::<Ipv6Addr>().is_ok() {
        format!("ipv6.addr == {word}")
    } else if byte_string(&word).is_some_and(|bytes| bytes.len() == 6) && word.len() == 17 {
        format!("eth.addr == {word}")
    } else if word.parse::<u16>().is_ok() {
        format!("tcp.port == {word}")
    } else if let Some(port) = port {
        format!("tcp.port == {port}")
    } else if word.contains(['.', '_']) && !word.contains(char::is_whitespace) {
        // The word was meant as a field, and no known name is near.
        return error.hint("`labkit replay --fields-list PATTERN` prints the fields that there are.");
    } else {
        format!("frame contains \"{word}\"")
    };
    error.hint("A condition names a field, or a protocol.").replace(input, &rewrite)
}

/// The error on an unquoted word that ends in a full stop, which Wireshark refuses, too.
pub(super) fn full_stop(
    input: &str,
    operand: &Operand,
    word: &str,
    field: Option<&'static Field>,
) -> FilterError {
    let whole = word.trim_end_matches('.');
    let end = operand.at().end;
    let error = FilterError::new(end - (word.len() - whole.len())..end, "a full stop has no place here");
    if let Some(network) = network(whole).filter(|_| field.is_some_and(|field| field.name.starts_with("ip.")))
    {
        // The correction replaces the whole comparison, including the field's name.
        let name = field.map_or("", |field| field.name);
        let before = input.get(..operand.at().start).unwrap_or("");
        let start = before.rfind(name).unwrap_or(before.len());
        let meant = FilterError { at: start..end, ..error };
        let meant = meant.hint(format!("{name} compares whole texts; a network is compared with ip.addr."));
        let meant = meant.replace(input, &format!("ip.addr == {network}"));
        return FilterError { at: operand.at(), ..meant };
    }
    error.hint("A filter ends without a full stop; text with one goes in double quotes.").replace(input, "")
}

/// The error on a number or an address in quotes, which make it text; `None` if text is right there.
pub(super) fn needless_quotes(
    input: &str,
    operand: &Operand,
    word: &str,
    ty: Type,
    field: Option<&'static Field>,
) -> Option<FilterError> {
    let (kind, known) = match ty {
        Type::Uint(_) | Type::Int(_) | Type::Bool if named(field, word).is_some() => return None,
        Type::Uint(_) | Type::Int(_) => ("a number", number(word).is_some()),
        Type::Bool => ("True or False", true),
        Type::Double => ("a number", word.parse::<f64>().is_ok()),
        Type::Duration => ("a number of seconds", word.parse::<f64>().is_ok()),
        Type::Ipv4 => ("an IPv4 address", word.split('/').next()?.parse::<Ipv4Addr>().is_ok()),
        Type::Ipv6 => ("an IPv6 address", word.split('/').next()?.parse::<Ipv6Addr>().is_ok()),
        Type::Mac => ("an Ethernet address", byte_string(word).is_some()),
        _ => return None,
    };
    let name = field.map_or("this", |field| field.name);
    let error = FilterError::new(operand.at(), format!("{name} is {kind}; in quotes it is a text"));
    let error = error.hint("Numbers and addresses stand without quotes, text in double quotes.");
    Some(if known { error.replace(input, word) } else { or_port(input, error, field, word) })
}

/// Adds the port number to an error, if a port was expected and `word` is the name of a service.
pub(super) fn or_port(
    input: &str,
    error: FilterError,
    field: Option<&'static Field>,
    word: &str,
) -> FilterError {
    match service(word).filter(|_| field.is_some_and(|field| field.name.ends_with("port"))) {
        Some(port) => error
            .hint(format!("Ports are numbers; {word} has port {port}."))
            .replace(input, &port.to_string()),
        None => error,
    }
}

/// The usual port of a service.
fn service(word: &str) -> Option<u16> {
    const SERVICES: [(&str, u16); 16] = [
        ("ftp", 21),
        ("ssh", 22),
        ("telnet", 23),
        ("smtp", 25),
        ("dns", 53),
        ("domain", 53),
        ("dhcp", 67),
        ("http", 80),
        ("www", 80),
        ("pop3", 110),
        ("ntp", 123),
        ("imap", 143),
        ("snmp", 161),
        ("https", 443),
        ("tls", 443),
        ("mdns", 5353),
    ];
    SERVICES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, port)| *port)
}

/// The known name of a field or protocol that is nearest to `word`; `None` if more than a few changes are needed. A
/// change is a letter replaced, added, left out, or swapped with its neighbour.
pub fn nearest(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    if word.len() > LONGEST {
        return None;
    }
    let names =
        PROTOCOLS.iter().flat_map(|p| std::iter::once(p.field.name).chain(p.fields.iter().map(|f| f.name)));
    let most = (word.len() / 4).clamp(1, 4);
    let names = names.chain(columns().map(|field| field.name));
    let near = names.filter(|name| name.len().abs_diff(word.len()) <= most);
    let nearest = near.map(|name| (strsim::osa_distance(&word, name), name)).min();
    nearest.filter(|(distance, _)| *distance <= most).map(|(_, name)| name)
}

/// The error for `input`: if the whole input is a capture filter, one that says so; else `error`.
pub(super) fn or_capture_filter(input: &str, error: FilterError) -> FilterError {
    match bpf::to_display(input) {
        Some(display) => FilterError {
            hint: Some("This is a capture filter; a display filter is needed here.".to_owned()),
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
