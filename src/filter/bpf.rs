//! Translation between capture filters (BPF, as tcpdump takes them) and display filters.
//!
//! The translation covers what both can express: hosts, networks, ports, protocols, `and`, `or`, `not` and brackets.

use super::lex::lex;
use super::literal::network;
use super::parse::parse;
use super::tree::{Expr, Op, Operand};
use std::borrow::Cow;
use std::net::IpAddr;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The display filter with the meaning of the capture filter `text`; `None` if `text` is no capture filter, or has no
/// translation.
pub fn to_display(text: &str) -> Option<String> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('!', " ! ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, next: 0, depth: 0, typical: false };
    let display = reader.or()?;
    // Some texts, such as `tcp`, are filters of both kinds. Only a text with a word that display filters do not have
    // counts as a capture filter.
    (reader.next == words.len() && reader.typical).then_some(display)
}

struct Reader<'w> {
    words: &'w [&'w str],
    next: usize,
    depth: usize,
    /// Whether the text has a word that only capture filters have.
    typical: bool,
}

impl<'w> Reader<'w> {
    fn peek(&self) -> Option<&'w str> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self, words: &[&str]) -> bool {
        let found = self.peek().is_some_and(|w| words.contains(&w));
        self.next += usize::from(found);
        found
    }

    /// In a capture filter, `and` and `or` bind alike, from the left; in a display filter, `and` binds tighter.
    fn or(&mut self) -> Option<String> {
        let mut text = self.not()?;
        let mut joined_by_or = false;
        loop {
            let word = if self.take(&["or", "||"]) {
                "or"
            } else if self.take(&["and", "&&"]) {
                "and"
            } else {
                return Some(text);
            };
            if word == "and" && joined_by_or {
                text = format!("({text})");
            }
            joined_by_or = word == "or";
            text = format!("{text} {word} {}", self.not()?);
        }
    }

    fn not(&mut self) -> Option<String> {
        self.depth += 1;
        if self.depth > 50 {
            return None;
        }
        let text = if self.take(&["not", "!"]) {
            Some(format!("not {}", self.not()?))
        } else if self.take(&["("]) {
            let inner = self.or()?;
            self.take(&[")"]).then(|| format!("({inner})"))
        } else {
            self.primitive()
        };
        self.depth -= 1;
        text
    }

    fn primitive(&mut self) -> Option<String> {
        const PROTOS: [(&str, &str); 8] = [
            ("tcp", "tcp"),
            ("udp", "udp"),
            ("icmp", "icmp"),
            ("icmp6", "icmpv6"),
            ("arp", "arp"),
            ("ip", "ip"),
            ("ip6", "ipv6"),
            ("igmp", "igmp"),
        ];
        let proto =
            self.peek().and_then(|w| PROTOS.iter().find(|(bpf, _)| *bpf == w)).map(|(_, display)| *display);
        self.next += usize::from(proto.is_some());
        let direction = self.peek().filter(|w| ["src", "dst"].contains(w));
        self.next += usize::from(direction.is_some());
        self.typical |= direction.is_some();
        let kind = self.peek().unwrap_or("");
        match kind {
            "host" | "net" | "port" | "portrange" => {
                self.typical = true;
                self.next += 1;
                let value = self.peek()?;
                self.next += 1;
                match kind {
                    "port" | "portrange" => ports(proto, direction, value),
                    _ => address(direction, &promoted(kind, value), proto),
                }
            }
            value if direction.is_some() => {
                self.next += 1;
                address(direction, &promoted("host", value), proto)
            }
            _ => proto.map(str::to_owned),
        }
    }
}

/// The network that libpcap reads from an address with fewer than four numbers; any other value is unchanged.
fn promoted<'v>(kind: &str, value: &'v str) -> Cow<'v, str> {
    // `host` with a single number means that number, not a network.
    let short = !value.ends_with('.') && !value.contains('/') && (kind == "net" || value.contains('.'));
    network(value).filter(|_| short).map_or(Cow::Borrowed(value), Cow::Owned)
}

fn address(direction: Option<&str>, value: &str, proto: Option<&str>) -> Option<String> {
    let (ip, prefix) = value.split_once('/').map_or((value, None), |(ip, prefix)| (ip, Some(prefix)));
    if prefix.is_some_and(|p| p.parse::<u8>().is_err()) {
        return None;
    }
    let family = if ip.parse::<Ipv4Addr>().is_ok() {
        "ip"
    } else if ip.parse::<Ipv6Addr>().is_ok() {
        "ipv6"
    } else {
        return None;
    };
    let condition = format!("{family}.{} == {value}", direction.unwrap_or("addr"));
    Some(match proto.filter(|p| *p != family) {
        Some(proto) => format!("{proto} and {condition}"),
        None => condition,
    })
}

fn ports(proto: Option<&str>, direction: Option<&str>, value: &str) -> Option<String> {
    let name = match direction {
        Some(direction) => format!("{direction}port"),
        None => "port".to_owned(),
    };
    let set = match value.split_once('-') {
        Some((low, high)) => format!("in {{{}..{}}}", low.parse::<u16>().ok()?, high.parse::<u16>().ok()?),
        None => format!("== {}", value.parse::<u16>().ok()?),
    };
    match proto {
        Some(proto @ ("tcp" | "udp")) => Some(format!("{proto}.{name} {set}")),
        None => Some(format!("(tcp.{name} {set} or udp.{name} {set})")),
        Some(_) => None,
    }
}

/// The display filter for packets between two hosts over a TCP port; `None` if the addresses are of different
/// families, because no packet goes from one to the other.
pub fn between(a: IpAddr, b: IpAddr, port: u16) -> Option<String> {
    let field = match (a, b) {
        (IpAddr::V4(_), IpAddr::V4(_)) => "ip.addr",
        (IpAddr::V6(_), IpAddr::V6(_)) => "ipv6.addr",
        _ => return None,
    };
    Some(format!("{field} == {a} && {field} == {b} && tcp.port == {port}"))
}

/// The capture filter with the meaning of the display filter `text`; `None` if `text` is no display filter, or BPF
/// cannot express it.
pub fn to_capture(text: &str) -> Option<String> {
    let tokens = lex(text).ok()?;
    capture(&parse(&tokens, text).ok()?, false)
}

fn capture(expr: &Expr, inside: bool) -> Option<String> {
    let joined = |a: &Expr, word: &str, b: &Expr| {
        // In BPF, `and` and `or` bind alike, so mixed ones need brackets.
        let right = capture(b, true)?;
        let right = if word == "or" && matches!(b, Expr::And(..)) { format!("({right})") } else { right };
        let text = format!("{} {word} {right}", capture(a, true)?);
        Some(if inside && word == "or" { format!("({text})") } else { text })
    };
    match expr {
        Expr::Or(a, b) => joined(a, "or", b),
        Expr::And(a, b) => joined(a, "and", b),
        Expr::Not(inner) => Some(format!("not ({})", capture(inner, false)?)),
        Expr::Exists(Operand::Word { word, .. }) => protocol(word).map(str::to_owned),
        Expr::Compare { left: Operand::Word { word, .. }, op, quantifier: None, right, .. } => {
            let Operand::Word { word: value, .. } = right else { return None };
            compared(word, *op, value)
        }
        Expr::In { left: Operand::Word { word, .. }, quantifier: None, set } => {
            let all: Option<Vec<String>> =
                set.iter().map(|(low, high)| member(word, low, high.as_ref())).collect();
            let text = all?.join(" or ");
            Some(if inside && set.len() > 1 { format!("({text})") } else { text })
        }
        _ => None,
    }
}

/// The capture filter for a comparison of a field with a value.
fn compared(field: &str, op: Op, value: &str) -> Option<String> {
    let port = || value.parse::<u16>().ok();
    match op {
        Op::AnyEq => condition(field, value),
        // In a display filter, a packet without the field does not pass.
        Op::AllNe => {
            let owner = field.split('.').next().and_then(protocol)?;
            Some(format!("{owner} and not {}", condition(field, value)?))
        }
        Op::Ge => range(field, port()?, u16::MAX),
        Op::Gt => range(field, port()?.checked_add(1)?, u16::MAX),
        Op::Le => range(field, 0, port()?),
        Op::Lt => range(field, 0, port()?.checked_sub(1)?),
        _ => None,
    }
}

/// The capture filter for a value of a set, or for a range of values.
fn member(field: &str, low: &Operand, high: Option<&Operand>) -> Option<String> {
    let Operand::Word { word: low, .. } = low else { return None };
    match high {
        None => condition(field, low),
        Some(Operand::Word { word: high, .. }) => range(field, low.parse().ok()?, high.parse().ok()?),
        Some(_) => None,
    }
}

/// The capture filter for ports from `low` to `high`; `None` if `field` is no port.
fn range(field: &str, low: u16, high: u16) -> Option<String> {
    let one = condition(field, &low.to_string())?;
    let (kind, _) = one.rsplit_once("port ")?;
    Some(format!("{kind}portrange {low}-{high}"))
}

fn protocol(word: &str) -> Option<&'static str> {
    const PROTOS: [(&str, &str); 8] = [
        ("tcp", "tcp"),
        ("udp", "udp"),
        ("icmp", "icmp"),
        ("icmpv6", "icmp6"),
        ("arp", "arp"),
        ("ip", "ip"),
        ("ipv6", "ip6"),
        ("igmp", "igmp"),
    ];
    PROTOS.iter().find(|(display, _)| *display == word).map(|(_, bpf)| *bpf)
}

fn condition(field: &str, value: &str) -> Option<String> {
    let is_net = value.contains('/');
    // libpcap refuses a network whose address has bits after its prefix.
    let network = is_net.then(|| masked(value)).flatten();
    let value = network.as_deref().unwrap_or(value);
    let bare = value.split('/').next().unwrap_or(value);
    let host = if is_net { "net" } else { "host" };
    let checked = |ok: bool, text: String| ok.then_some(text);
    let ip = bare.parse::<std::net::IpAddr>().is_ok();
    let port = value.parse::<u16>().is_ok();
    match field {
        "ip.addr" | "ipv6.addr" | "ip.host" => checked(ip, format!("{host} {value}")),
        "ip.src" | "ipv6.src" => checked(ip, format!("src {host} {value}")),
        "ip.dst" | "ipv6.dst" => checked(ip, format!("dst {host} {value}")),
        "tcp.port" => checked(port, format!("tcp port {value}")),
        "tcp.srcport" => checked(port, format!("tcp src port {value}")),
        "tcp.dstport" => checked(port, format!("tcp dst port {value}")),
        "udp.port" => checked(port, format!("udp port {value}")),
        "udp.srcport" => checked(port, format!("udp src port {value}")),
        "udp.dstport" => checked(port, format!("udp dst port {value}")),
        "eth.addr" => checked(value.len() == 17, format!("ether host {}", value.replace('-', ":"))),
        _ => None,
    }
}

/// The network of an address with a prefix length: 10.0.0.0/8 for 10.0.0.1/8.
fn masked(value: &str) -> Option<String> {
    let (address, prefix) = value.split_once('/')?;
    let length: u32 = prefix.parse().ok()?;
    let first = match address.parse().ok()? {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32_u32.checked_sub(length)?).unwrap_or(0);
            IpAddr::V4((u32::from(ip) & mask).into())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128_u32.checked_sub(length)?).unwrap_or(0);
            IpAddr::V6((u128::from(ip) & mask).into())
        }
    };
    Some(format!("{first}/{length}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labs_filter_in_both_dialects() {
        let bpf = "host 192.168.56.1 and host 192.168.56.101 and tcp port 65432";
        let display = "ip.addr == 192.168.56.1 and ip.addr == 192.168.56.101 and tcp.port == 65432";
        assert_eq!(to_display(bpf).unwrap(), display);
        assert_eq!(to_capture(display).unwrap(), bpf);
    }

    #[test]
    fn directions_networks_ranges_and_brackets() {
        assert_eq!(
            to_display("src 10.0.0.1 or not (udp port 53)").unwrap(),
            "ip.src == 10.0.0.1 or not (udp.port == 53)"
        );
        assert_eq!(to_display("dst net 10.0.0.0/8").unwrap(), "ip.dst == 10.0.0.0/8");
        assert_eq!(to_display("tcp portrange 1-1024").unwrap(), "tcp.port in {1..1024}");
        assert_eq!(to_display("host 192.168.56").unwrap(), "ip.addr == 192.168.56.0/24");
        assert_eq!(to_display("src net 10").unwrap(), "ip.src == 10.0.0.0/8");
        assert_eq!(
            to_display("tcp or udp and port 53").unwrap(),
            "(tcp or udp) and (tcp.port == 53 or udp.port == 53)"
        );
        assert_eq!(to_capture("tcp or udp and ip").unwrap(), "tcp or (udp and ip)");
        assert_eq!(to_display("port 80").unwrap(), "(tcp.port == 80 or udp.port == 80)");
        assert_eq!(
            to_capture("tcp and (ip.src == 10.0.0.1 or arp)").unwrap(),
            "tcp and (src host 10.0.0.1 or arp)"
        );
    }

    #[test]
    fn sets_ranges_and_what_differs() {
        for (display, bpf) in [
            ("tcp.port in {80, 443}", "tcp port 80 or tcp port 443"),
            ("ip and tcp.port in {80, 8000..8080}", "ip and (tcp port 80 or tcp portrange 8000-8080)"),
            ("tcp.srcport >= 1024", "tcp src portrange 1024-65535"),
            ("udp.port < 1024", "udp portrange 0-1023"),
            ("ip.addr in {10.0.0.1, 10.0.0.2}", "host 10.0.0.1 or host 10.0.0.2"),
            ("tcp.port != 22", "tcp and not tcp port 22"),
            ("ip.src == 10.0.0.1/8", "src net 10.0.0.0/8"),
            ("ipv6.dst == 2001:db8::1/32", "dst net 2001:db8::/32"),
            ("ip.addr == 10.0.0.1/0", "net 0.0.0.0/0"),
        ] {
            assert_eq!(to_capture(display).as_deref(), Some(bpf), "{display}");
        }
        for display in ["ip.addr >= 10.0.0.1", "tcp.port > 65535", "udp.port < 0", "tcp.port in {http}"] {
            assert_eq!(to_capture(display), None, "{display}");
        }
    }

    #[test]
    fn what_one_dialect_cannot_say_is_not_translated() {
        assert_eq!(to_display("tcp"), None);
        assert_eq!(to_display("host www.bbc.co.uk"), None);
        assert_eq!(to_capture("tcp.len > 0"), None);
        assert_eq!(to_capture("tcp contains \"x\""), None);
    }
}
