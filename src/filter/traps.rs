//! Traps: filters that are accepted, but do something else than most users expect.

use super::compile::fields_named;
use super::lex::{Spanned, Token, lex};
use super::literal::network;
use super::parse::parse;
use super::tree::{Expr, Op, Operand};
use crate::field::Kind;
use std::net::IpAddr;
use std::ops::Range;

/// A part of a filter that may not do what the user meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The part of the filter.
    pub at: Range<usize>,
    /// What the part does.
    pub says: String,
    /// The filter that the user probably meant, if one can be proposed.
    pub instead: Option<String>,
}

/// Fields with two values in a packet: one for its source, and one for its destination.
const SEVERAL: [&str; 8] =
    ["ip.addr", "ipv6.addr", "ip.host", "ipv6.host", "eth.addr", "tcp.port", "udp.port", "sctp.port"];

/// The traps of a display filter; empty if `text` is no valid filter.
pub fn traps(text: &str) -> Vec<Trap> {
    let Ok(tokens) = lex(text) else { return Vec::new() };
    let Ok(expr) = parse(&tokens, text) else { return Vec::new() };
    let mut finder = Finder { text, found: Vec::new() };
    finder.expr(&expr);
    finder.sets(&tokens);
    finder.mixed(&tokens, "`and` binds tighter than `or` (in a capture filter both bind alike, from the left); brackets make the meaning plain");
    finder.found.sort_by_key(|trap| trap.at.start);
    finder.found
}

/// The traps of a capture filter.
pub fn capture_traps(text: &str) -> Vec<Trap> {
    let mut finder = Finder { text, found: Vec::new() };
    let mut before = "";
    for word in text.split([' ', '\t', '(', ')']).filter(|word| !word.is_empty()) {
        finder.address(before, word);
        before = word;
    }
    if let Ok(tokens) = lex(text) {
        finder.mixed(
            &tokens,
            "`and` and `or` bind alike here, from the left (in a display filter `and` binds tighter); brackets make the meaning plain",
        );
    }
    finder.found.sort_by_key(|trap| trap.at.start);
    finder.found
}

struct Finder<'t> {
    text: &'t str,
    found: Vec<Trap>,
}

impl Finder<'_> {
    fn add(&mut self, at: Range<usize>, says: impl Into<String>) {
        self.found.push(Trap { at, says: says.into(), instead: None });
    }

    /// As [`Finder::add`], with a replacement for the part `at`.
    fn replace(&mut self, at: Range<usize>, with: &str, says: impl Into<String>) {
        let parts = (self.text.get(..at.start), self.text.get(at.end..));
        let instead = match parts {
            (Some(before), Some(after)) => Some(format!("{before}{with}{after}")),
            _ => None,
        };
        self.found.push(Trap { at, says: says.into(), instead });
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::And(a, b) => {
                self.range(a, b);
                self.expr(a);
                self.expr(b);
            }
            Expr::Or(a, b) | Expr::Xor(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            Expr::Not(inner) => self.expr(inner),
            Expr::Compare { left, op, quantifier: None, right, .. } => self.compare(left, *op, right),
            _ => {}
        }
    }

    /// Finds `field >= a and field <= b`, which two different values of the field may fulfil.
    fn range(&mut self, a: &Expr, b: &Expr) {
        // In a longer chain, only the last two conditions are compared.
        let a = match a {
            Expr::And(_, last) => last,
            other => other,
        };
        let (Some((name, low, from, start)), Some((other, high, to, end))) = (bound(a), bound(b)) else {
            return;
        };
        let is_low = |op: Op| matches!(op, Op::Gt | Op::Ge);
        if name != other || !SEVERAL.contains(&name) || is_low(low) == is_low(high) {
            return;
        }
        let says = format!(
            "a packet has two values of {name}, and each comparison may be met by another one: it also passes with one value above the range and one below"
        );
        let (from, to) = if is_low(low) { (from, to) } else { (to, from) };
        let at = start.start..end.end;
        if matches!((low, high), (Op::Ge, Op::Le) | (Op::Le, Op::Ge)) {
            self.replace(at, &format!("{name} in {{{from}..{to}}}"), says);
        } else {
            self.add(at, says);
        }
    }

    fn compare(&mut self, left: &Operand, op: Op, right: &Operand) {
        let Operand::Word { word: name, at: start } = left else { return };
        let at = start.start..right.at().end;
        let several = SEVERAL.contains(&name.as_str());
        match op {
            Op::AllNe if several => self.replace(
                at.clone(),
                &format!("not {name} == {}", self.text.get(right.at()).unwrap_or("")),
                format!(
                    "it passes where neither value of {name} is this one, and only where there is one: packets without {name} are left out. Before Wireshark 3.6, != kept nearly everything"
                ),
            ),
            Op::AnyNe if several => self.add(
                at,
                format!("a packet has two values of {name}, and one that differs is enough: nearly every packet passes"),
            ),
            Op::AnyEq | Op::AllEq => self.host(name, at, right),
            Op::Contains => self.letters(name, at, right),
            _ => {}
        }
    }

    /// Finds a part of an address that is compared with a field of whole addresses as text.
    fn host(&mut self, name: &str, at: Range<usize>, right: &Operand) {
        let hosts = ["ip.host", "ip.src_host", "ip.dst_host", "ipv6.host", "ipv6.src_host", "ipv6.dst_host"];
        let word = match right {
            Operand::Word { word, .. } => word.clone(),
            Operand::Text { text, .. } => String::from_utf8_lossy(text).into_owned(),
            _ => return,
        };
        if !hosts.contains(&name) || word.parse::<IpAddr>().is_ok() {
            return;
        }
        let says =
            format!("{name} compares whole texts, and no address is spelled {word:?}: no packet passes");
        let field = name.replace("_host", "").replace("host", "addr");
        match network(&word).filter(|_| field.starts_with("ip.")) {
            Some(network) => self.replace(at, &format!("{field} == {network}"), says),
            None => self.add(at, says),
        }
    }

    /// Finds a text with letters, because the comparison distinguishes capital and small letters.
    fn letters(&mut self, name: &str, at: Range<usize>, right: &Operand) {
        let Operand::Text { text, at: quoted } = right else { return };
        let plain = text.iter().all(|byte| byte.is_ascii_alphanumeric() || b" -_".contains(byte));
        if text.iter().any(u8::is_ascii_alphabetic) && plain {
            let pattern = self.text.get(quoted.clone()).unwrap_or("").to_owned();
            self.replace(
                at,
                &format!("{name} matches {pattern}"),
                "contains tells capital letters from small ones; matches does not",
            );
        }
    }

    /// Finds sets without commas, which Wireshark 4 refuses.
    fn sets(&mut self, tokens: &[Spanned]) {
        let mut inside = false;
        let value = |token: &Token| !matches!(token, Token::Sign(_));
        for pair in tokens.windows(2) {
            let [a, b] = pair else { continue };
            match a.token {
                Token::Sign("{") => inside = true,
                Token::Sign("}") => inside = false,
                _ => {}
            }
            if inside && value(&a.token) && value(&b.token) {
                let [first, second] = [a, b].map(|v| self.text.get(v.at.clone()).unwrap_or(""));
                let with = format!("{first}, {second}");
                self.replace(
                    a.at.start..b.at.end,
                    &with,
                    "labkit takes a set without commas; Wireshark 4 wants them",
                );
                return;
            }
        }
    }

    /// Finds `and` and `or` side by side without brackets.
    fn mixed(&mut self, tokens: &[Spanned], says: &str) {
        let mut open: Vec<[bool; 2]> = vec![[false; 2]];
        for Spanned { token, at } in tokens {
            let word = match token {
                Token::Word(word) => word.as_str(),
                Token::Sign(sign) => sign,
                _ => continue,
            };
            match word {
                "(" | "{" => open.push([false; 2]),
                ")" | "}" => drop(open.pop()),
                "and" | "&&" => open.iter_mut().last().into_iter().for_each(|seen| seen[0] = true),
                "or" | "||" => open.iter_mut().last().into_iter().for_each(|seen| seen[1] = true),
                _ => continue,
            }
            if open.last() == Some(&[true, true]) {
                return self.add(at.clone(), says);
            }
        }
    }

    /// Finds an address in a capture filter that is incomplete, or lacks a prefix length.
    fn address(&mut self, before: &str, word: &str) {
        let kind = match before {
            "host" | "src" | "dst" => "host",
            "net" => "net",
            _ => return,
        };
        let start = word.as_ptr().addr() - self.text.as_ptr().addr();
        let at = start..start + word.len();
        let parts = word.split('.').count();
        match (kind, network(word)) {
            ("host", Some(network)) if parts > 1 => self.replace(
                start - self.text.get(..start).map_or(0, |b| b.len() - b.trim_end().len()) - before.len()
                    ..at.end,
                &format!(
                    "{} {network}",
                    if before == "host" { "net".to_owned() } else { format!("{before} net") }
                ),
                format!("{word} has {parts} numbers: it is taken for the whole network {network}"),
            ),
            ("net", None) if word.parse::<std::net::Ipv4Addr>().is_ok() => {
                self.add(
                    at,
                    format!("{word} without a prefix length is one address, not a network; write {word}/24"),
                );
            }
            _ => {}
        }
    }
}

/// A field, a comparison that bounds it, the bound as it was typed, and the place of all three in the input.
fn bound(expr: &Expr) -> Option<(&str, Op, String, Range<usize>)> {
    let Expr::Compare { left: Operand::Word { word, at }, op, quantifier: None, right, .. } = expr else {
        return None;
    };
    let Operand::Word { word: value, at: end } = right else { return None };
    let kind = fields_named(word).0.first()?.kind;
    (matches!(op, Op::Gt | Op::Ge | Op::Lt | Op::Le) && kind != Kind::Protocol)
        .then(|| (word.as_str(), *op, value.clone(), at.start..end.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instead(text: &str) -> Vec<Option<String>> {
        traps(text).into_iter().map(|trap| trap.instead).collect()
    }

    #[test]
    fn a_range_of_addresses_is_met_by_two_addresses() {
        let text = "ip.addr >= 192.168.0.0 and ip.addr <= 192.168.255.255";
        assert_eq!(instead(text), [Some("ip.addr in {192.168.0.0..192.168.255.255}".into())]);
        assert_eq!(
            instead("tcp and tcp.port <= 9 and tcp.port >= 3"),
            [Some("tcp and tcp.port in {3..9}".into())]
        );
        assert_eq!(instead("tcp.port > 3 and tcp.port < 9"), [None]);
        for harmless in
            ["ip.src >= 10.0.0.1 and ip.src <= 10.0.0.9", "tcp.port >= 3 or tcp.port <= 9", "tcp.port >= 3"]
        {
            assert_eq!(instead(harmless), [], "{harmless}");
        }
    }

    #[test]
    fn part_of_an_address_is_no_network() {
        assert_eq!(
            instead("ip.host == 192.168.122 and tcp"),
            [Some("ip.addr == 192.168.122.0/24 and tcp".into())]
        );
        assert_eq!(instead("ip.src_host == \"10\""), [Some("ip.src == 10.0.0.0/8".into())]);
        assert_eq!(instead("ip.host == 192.168.56.1"), []);
        let capture = |text| capture_traps(text).into_iter().map(|trap| trap.instead).collect::<Vec<_>>();
        assert_eq!(capture("tcp and host 192.168.56"), [Some("tcp and net 192.168.56.0/24".into())]);
        assert_eq!(capture("src 192.168"), [Some("src net 192.168.0.0/16".into())]);
        assert_eq!(capture("net 10.0.0.0"), [None]);
        assert_eq!(capture("net 10.0.0.0/8 or host 1.2.3.4 or net 10"), []);
    }

    #[test]
    fn signs_sets_letters_and_brackets() {
        assert_eq!(instead("ip.addr != 10.0.0.1"), [Some("not ip.addr == 10.0.0.1".into())]);
        assert_eq!(instead("ip.src != 10.0.0.1"), []);
        assert_eq!(instead("tcp.port in {80 443}"), [Some("tcp.port in {80, 443}".into())]);
        assert_eq!(instead("tcp contains \"youtube\""), [Some("tcp matches \"youtube\"".into())]);
        assert_eq!(instead("tcp contains \"#<<END>>#\""), []);
        assert_eq!(traps("tcp or udp and ip").len(), 1);
        assert_eq!(traps("(tcp or udp) and ip").len(), 0);
        assert_eq!(capture_traps("tcp or udp and port 53").len(), 1);
    }
}
