//! Literals: the value of a word or a string, which depends on the type of the field that it is compared with.

use super::error::FilterError;
use super::hints;
use super::tree::{Op, Operand};
use super::value::Literal;
use crate::field::{Field, Kind};
use memchr::memmem::Finder;
use regex::bytes::RegexBuilder;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The type of an operand, as far as comparisons need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// An unsigned integer of this many bits.
    Uint(u8),
    Int(u8),
    Bool,
    Double,
    Time,
    Duration,
    Text,
    Bytes,
    Mac,
    Ipv4,
    Ipv6,
    Label,
    Protocol,
}

impl Type {
    pub(super) fn of(kind: Kind) -> Type {
        match kind {
            Kind::Protocol => Type::Protocol,
            Kind::Label => Type::Label,
            Kind::Bool => Type::Bool,
            Kind::Uint(bits) => Type::Uint(bits),
            Kind::FrameNo => Type::Uint(32),
            Kind::Int(bits) => Type::Int(bits),
            Kind::Double => Type::Double,
            Kind::Time => Type::Time,
            Kind::Duration => Type::Duration,
            Kind::Text => Type::Text,
            Kind::Bytes => Type::Bytes,
            Kind::Mac => Type::Mac,
            Kind::Ipv4 => Type::Ipv4,
            Kind::Ipv6 => Type::Ipv6,
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Type::Uint(_) | Type::Int(_) | Type::Bool | Type::Double | Type::Time | Type::Duration)
    }

    /// Whether `op` can calculate with values of the type: times cannot be multiplied, and only integers and bytes
    /// can be masked.
    pub(super) fn calculates(self, op: char) -> bool {
        match self {
            Type::Uint(_) | Type::Int(_) => true,
            Type::Double => op != '&',
            Type::Duration => matches!(op, '+' | '-'),
            Type::Bytes => op == '&',
            _ => false,
        }
    }

    /// The type of a difference between values of the type, which may be below zero.
    pub(super) fn below_zero(self) -> Type {
        if matches!(self, Type::Uint(_)) { Type::Int(64) } else { self }
    }

    /// How many octets a value of the type takes, as `len` counts them: numbers and addresses have theirs, and times,
    /// single bits and labels have none. `None` if that differs from value to value.
    pub(super) fn octets(self) -> Option<u8> {
        match self {
            Type::Uint(bits) | Type::Int(bits) => Some(bits.div_ceil(8)),
            Type::Ipv4 => Some(4),
            Type::Ipv6 => Some(16),
            Type::Bool | Type::Time | Type::Duration | Type::Double | Type::Label => Some(0),
            Type::Text | Type::Bytes | Type::Protocol | Type::Mac => None,
        }
    }

    /// Whether values of the type are bytes or text, which `contains` and `matches` can search.
    pub(super) fn has_bytes(self) -> bool {
        matches!(self, Type::Text | Type::Bytes | Type::Protocol)
    }

    /// Whether values of the two types can be compared.
    pub(super) fn fits(self, other: Type) -> bool {
        let bytes = |t: Type| t.has_bytes() || t == Type::Mac;
        self == other || (self.is_number() && other.is_number()) || (bytes(self) && bytes(other))
    }
}

/// The text of an operand, and whether it is a quoted string.
fn spelled(operand: &Operand) -> (String, bool) {
    match operand {
        Operand::Word { word, .. } => (word.clone(), false),
        Operand::Text { text, .. } => (String::from_utf8_lossy(text).into_owned(), true),
        Operand::Char { byte, .. } => (byte.to_string(), false),
        Operand::Negative { of, .. } => (format!("-{}", spelled(of).0), false),
        _ => (String::new(), false),
    }
}

/// The literal that `operand` is in a comparison by `op` with values of type `ty`; fails if it is none of that type.
pub(super) fn literal(
    input: &str,
    operand: &Operand,
    ty: Type,
    field: Option<&'static Field>,
    op: Op,
) -> Result<Literal, FilterError> {
    let (word, quoted) = spelled(operand);
    let error = |message: String| FilterError::new(operand.at(), message);
    if op == Op::Matches {
        return pattern(operand, quoted, input);
    }
    if !quoted && word.ends_with('.') && ty != Type::Ipv4 {
        return Err(hints::full_stop(input, operand, &word, field));
    }
    if op == Op::Contains {
        return bytes(input, operand, ty).map(|b| Literal::Needle(Box::new(Finder::new(&b).into_owned())));
    }
    let signed = ty.is_number() && ty != Type::Bool || matches!(ty, Type::Ipv4 | Type::Ipv6 | Type::Mac);
    if matches!(operand, Operand::Negative { .. }) && !signed {
        let name = field.map_or("this", |f| f.name);
        return Err(error(format!("{name} has no values below zero")));
    }
    if quoted && let Some(error) = hints::needless_quotes(input, operand, &word, ty, field) {
        return Err(error);
    }
    match ty {
        Type::Uint(bits) => match number(&word).or_else(|| named(field, &word)) {
            Some(n) if bits < 64 && n >= 1 << bits => Err(error(format!(
                "{word} is too big for {}, whose greatest value is {}",
                field.map_or("this", |f| f.name),
                (1u64 << bits) - 1
            ))),
            Some(n) if n < 0 => Ok(Literal::Beyond),
            Some(n) => Ok(Literal::Number(n)),
            None => Err(hints::or_port(input, no_number(operand, &word, field), field, &word)),
        },
        Type::Int(_) => number(&word)
            .or_else(|| named(field, &word))
            .map(Literal::Number)
            .ok_or_else(|| no_number(operand, &word, field)),
        Type::Bool => boolean(&word).or_else(|| named(field, &word)).map(Literal::Number).ok_or_else(|| {
            error(format!("{word:?} is neither True nor False")).hint("Write 1 or 0, True or False.")
        }),
        Type::Double => {
            word.parse().map(Literal::Double).map_err(|_| error(format!("{word:?} is no number")))
        }
        Type::Duration => seconds(&word)
            .map(Literal::Number)
            .ok_or_else(|| error(format!("{word:?} is no number of seconds"))),
        Type::Time => moment(operand, &word),
        Type::Ipv4 => ipv4(input, operand, &word),
        Type::Ipv6 => ipv6(operand, &word),
        Type::Text => Ok(Literal::Bytes(text_bytes(operand))),
        Type::Mac => mac(input, operand).map(Literal::Bytes),
        Type::Bytes | Type::Protocol => bytes(input, operand, ty).map(Literal::Bytes),
        Type::Label => Err(error(format!(
            "{} has no value to compare with: it is there or it is not",
            field.map_or("this", |f| f.name)
        ))),
    }
}

/// The literal that an operand is which looks like subtractions: a date without quotes, or bytes with dashes between
/// them.
pub(super) fn dashed(
    input: &str,
    operand: &Operand,
    ty: Type,
    op: Op,
) -> Result<Option<Literal>, FilterError> {
    if !matches!(operand, Operand::Arithmetic { op: '-', .. }) {
        return Ok(None);
    }
    let word = input.get(operand.at()).unwrap_or("");
    match ty {
        Type::Time => moment(operand, word).map(Some),
        Type::Bytes | Type::Protocol | Type::Mac if op != Op::Matches => {
            let as_word = Operand::Word { word: word.to_owned(), at: operand.at() };
            literal(input, &as_word, ty, None, op).map(Some)
        }
        _ => Ok(None),
    }
}

fn moment(operand: &Operand, word: &str) -> Result<Literal, FilterError> {
    super::moment::parse(word).map(Literal::Number).ok_or_else(|| {
        FilterError::new(operand.at(), format!("{word:?} is no date and time"))
            .hint("Write it as \"2026-11-23 02:24:00\", in quotes.")
    })
}

fn no_number(operand: &Operand, word: &str, field: Option<&'static Field>) -> FilterError {
    let error = FilterError::new(operand.at(), format!("{word:?} is no number"));
    match field.filter(|f| !f.names.is_empty()) {
        Some(field) => {
            let names: Vec<_> = field.names.iter().take(4).map(|(_, name)| *name).collect();
            error.hint(format!("{} has numbers, or names such as {}.", field.name, names.join(", ")))
        }
        None => error.hint("Numbers are decimal, or hexadecimal as in 0x1f."),
    }
}

/// A number in decimal, hexadecimal (0x), binary (0b) or octal (0).
pub(super) fn number(word: &str) -> Option<i128> {
    let (digits, sign) = word.strip_prefix('-').map_or((word, 1), |rest| (rest, -1));
    let value = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        u64::from_str_radix(hex, 16).ok()?
    } else if let Some(binary) = digits.strip_prefix("0b") {
        u64::from_str_radix(binary, 2).ok()?
    } else if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
        u64::from_str_radix(digits, 8).ok()?
    } else if digits.bytes().all(|b| b.is_ascii_digit()) {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some(sign * i128::from(value))
}

/// The value with this name in the field's list of names. Upper and lower case are the same.
pub(super) fn named(field: Option<&'static Field>, word: &str) -> Option<i128> {
    field?.names.iter().find(|(_, name)| name.eq_ignore_ascii_case(word)).map(|(value, _)| i128::from(*value))
}

fn boolean(word: &str) -> Option<i128> {
    match word {
        "True" | "TRUE" => Some(1),
        "False" | "FALSE" => Some(0),
        _ => number(word).map(|n| i128::from(n != 0)),
    }
}

/// Seconds with up to nine decimals, as nanoseconds.
fn seconds(word: &str) -> Option<i128> {
    let (digits, sign) = word.strip_prefix('-').map_or((word, 1), |rest| (rest, -1));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i128 = if whole.is_empty() { 0 } else { number_of_digits(whole)? };
    let mut nanos = 0;
    for place in 0..9 {
        let digit = fraction
            .as_bytes()
            .get(place)
            .map_or(Some(0), |b| b.is_ascii_digit().then(|| i128::from(b - b'0')))?;
        nanos = nanos * 10 + digit;
    }
    Some(sign * (whole * 1_000_000_000 + nanos))
}

fn number_of_digits(text: &str) -> Option<i128> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse::<u64>().ok().map(i128::from) } else { None }
}

fn ipv4(input: &str, operand: &Operand, word: &str) -> Result<Literal, FilterError> {
    let (address, prefix) = word.split_once('/').map_or((word, Some(32)), |(a, p)| (a, p.parse::<u8>().ok()));
    let ip: Result<Ipv4Addr, _> = address.parse();
    if let (Ok(ip), Some(prefix @ 0..=32)) = (ip, prefix) {
        return Ok(Literal::Ipv4(ip.into(), prefix));
    }
    let error = FilterError::new(operand.at(), format!("{word:?} is no IPv4 address"));
    let whole = address.trim_end_matches('.');
    Err(if whole != address && whole.parse::<Ipv4Addr>().is_ok() {
        error.hint("A filter ends without a full stop.").replace(input, whole)
    } else if address.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let parts = address.split('.').filter(|p| !p.is_empty()).count();
        let network = network(address);
        let error = error.hint(format!(
            "An IPv4 address has four numbers from 0 to 255; this has {parts}. A whole network is written with its prefix length."
        ));
        match network {
            Some(network) => error.replace(input, &network),
            None => error,
        }
    } else {
        error.hint("Names are not looked up here: write the address, as in 192.168.56.1.")
    })
}

/// The network of an address with fewer than four numbers: `192.168.56.0/24` for `192.168.56`.
pub(super) fn network(address: &str) -> Option<String> {
    let mut octets: Vec<_> = address.split('.').filter(|part| !part.is_empty()).collect();
    let bits = octets.len() * 8;
    let whole = octets.iter().all(|octet| octet.parse::<u8>().is_ok());
    if !whole || !(8..32).contains(&bits) {
        return None;
    }
    octets.resize(4, "0");
    Some(format!("{}/{bits}", octets.join(".")))
}

fn ipv6(operand: &Operand, word: &str) -> Result<Literal, FilterError> {
    let (address, prefix) =
        word.split_once('/').map_or((word, Some(128)), |(a, p)| (a, p.parse::<u8>().ok()));
    match (address.parse::<Ipv6Addr>(), prefix) {
        (Ok(ip), Some(prefix @ 0..=128)) => Ok(Literal::Ipv6(ip.into(), prefix)),
        _ => Err(FilterError::new(operand.at(), format!("{word:?} is no IPv6 address"))),
    }
}

fn text_bytes(operand: &Operand) -> Vec<u8> {
    match operand {
        Operand::Text { text, .. } => text.clone(),
        Operand::Char { byte, .. } => vec![*byte],
        Operand::Word { word, .. } => word.clone().into_bytes(),
        _ => Vec::new(),
    }
}

/// The bytes of a string, or of hexadecimal digits in pairs with colons, dashes or full stops between them.
fn bytes(input: &str, operand: &Operand, ty: Type) -> Result<Vec<u8>, FilterError> {
    let Operand::Word { word, at } = operand else { return Ok(text_bytes(operand)) };
    if ty == Type::Text {
        return Ok(word.clone().into_bytes());
    }
    if let Some(bytes) = byte_string(word) {
        return Ok(bytes);
    }
    let error = FilterError::new(at.clone(), format!("{word} is neither a field nor bytes"));
    Err(if ty == Type::Mac {
        error.hint("An Ethernet address is written as 00:11:22:33:44:55.")
    } else {
        error
            .hint("Text stands in double quotes; bytes are written as 48:65:6c.")
            .replace(input, &format!("\"{word}\""))
    })
}

/// The six bytes of an Ethernet address; fails if there are more or fewer.
fn mac(input: &str, operand: &Operand) -> Result<Vec<u8>, FilterError> {
    let bytes = bytes(input, operand, Type::Mac)?;
    let fault = match bytes.len() {
        6 => return Ok(bytes),
        ..6 => "short",
        _ => "long",
    };
    let (address, _) = spelled(operand);
    let error = FilterError::new(operand.at(), format!("{address:?} is too {fault} for an Ethernet address"));
    Err(error.hint(
        "An Ethernet address has six bytes; for some of them write a slice, as in eth.src[0:3] == 00:11:22.",
    ))
}

/// The bytes of a literal such as `48656c6c6f`, `48:65`, `48-65`, `4865.6c6c`, `0x48` or a single `4`.
pub(super) fn byte_string(word: &str) -> Option<Vec<u8>> {
    if let Some(hex) = word.strip_prefix("0x") {
        let n = u64::from_str_radix(hex, 16).ok()?;
        let bytes = n.to_be_bytes();
        let skip = bytes.len() - hex.len().div_ceil(2).clamp(1, 8);
        return bytes.get(skip..).map(<[u8]>::to_vec);
    }
    if word.bytes().all(|b| b.is_ascii_hexdigit()) {
        // A last digit without a second one is a byte of its own.
        let pairs = word.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        return pairs
            .map(|pair| u8::from_str_radix(pair?, 16).ok())
            .collect::<Option<_>>()
            .filter(|b: &Vec<u8>| !b.is_empty());
    }
    let mut bytes = Vec::new();
    for part in word.split([':', '-', '.']) {
        let hex = part.bytes().all(|b| b.is_ascii_hexdigit()) && !part.is_empty();
        match part.len() {
            1 | 2 if hex => bytes.push(u8::from_str_radix(part, 16).ok()?),
            4 if hex => bytes.extend_from_slice(&u16::from_str_radix(part, 16).ok()?.to_be_bytes()),
            _ => return None,
        }
    }
    Some(bytes)
}

fn pattern(operand: &Operand, quoted: bool, input: &str) -> Result<Literal, FilterError> {
    let text = String::from_utf8_lossy(&text_bytes(operand)).into_owned();
    if !quoted {
        let error = FilterError::new(operand.at(), "matches needs a regular expression in double quotes");
        return Err(error.replace(input, &format!("\"{text}\"")));
    }
    let built = RegexBuilder::new(&text).case_insensitive(true).unicode(false).size_limit(1 << 20).build();
    built.map(|regex| Literal::Pattern(Box::new(regex))).map_err(|e| {
        let reason = e.to_string();
        let last = reason.lines().last().unwrap_or("").trim().trim_start_matches("error: ").to_owned();
        FilterError::new(operand.at(), format!("this is no regular expression: {last}"))
    })
}
