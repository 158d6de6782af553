//! Reads the rules of iptables from the output of `iptables-save` (iptables-extensions(8)).

use super::opening::{Opening, Range, Truth, Wanted, flag, network};
use super::ruleset::{Action, Answer, Base, Fate, Ruleset, Step};
use std::net::Ipv4Addr;

/// The chains that the kernel calls: table, chain, hook, and priority among the chains of that hook.
const BUILT_IN: &[(&str, &str, &str, i64)] = &[
    ("raw", "PREROUTING", "prerouting", -300),
    ("mangle", "PREROUTING", "prerouting", -150),
    ("nat", "PREROUTING", "prerouting", -100),
    ("mangle", "INPUT", "input", -150),
    ("filter", "INPUT", "input", 0),
    ("security", "INPUT", "input", 50),
    ("nat", "INPUT", "input", 100),
    ("raw", "OUTPUT", "output", -300),
    ("mangle", "OUTPUT", "output", -150),
    ("nat", "OUTPUT", "output", -100),
    ("filter", "OUTPUT", "output", 0),
    ("security", "OUTPUT", "output", 50),
    ("mangle", "POSTROUTING", "postrouting", -150),
    ("nat", "POSTROUTING", "postrouting", 100),
];

/// The rules, with each test decided for `packet`. Tables have nft's names, such as `ip filter`, followed by
/// `suffix`, since iptables-nft and iptables-legacy can each have a table of the same name.
pub(super) fn read(text: &str, packet: &Opening, suffix: &str) -> Ruleset {
    let mut ruleset = Ruleset::default();
    let mut table = "";
    for line in text.lines() {
        let name = || format!("ip {table}{suffix}");
        if let Some(begun) = line.strip_prefix('*') {
            table = begun.trim();
        } else if let Some(chain) = line.strip_prefix(':') {
            let mut words = chain.split_whitespace();
            let (chain, policy) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            ruleset.chain(&name(), chain).base = base(table, chain, policy);
        } else if let Some((chain, step)) = rule(line, packet, &name()) {
            ruleset.chain(&name(), &chain).steps.extend(step);
        }
    }
    ruleset
}

fn base(table: &str, chain: &str, policy: &str) -> Option<Base> {
    let (.., hook, priority) = BUILT_IN.iter().find(|(t, c, ..)| (*t, *c) == (table, chain))?;
    let policy = if policy == "DROP" { Fate::Dropped } else { Fate::Accepted };
    Some(Base { hook: (*hook).to_owned(), priority: *priority, policy })
}

/// The chain that a line `-A CHAIN …` adds to, and its step. The step is `None` for a target that does not decide
/// about the packet; the whole is `None` for other lines.
fn rule(line: &str, packet: &Opening, table: &str) -> Option<(String, Option<Step>)> {
    let words = split(line);
    let ("-A", chain) = (words.first()?.as_str(), words.get(1)?) else { return None };
    let mut options = Options { words: words.get(2..)?, packet, negated: false };
    let mut holds = Truth::Yes;
    let mut action = None;
    let mut reset = false;
    while let Some(name) = options.next() {
        match name {
            "!" => {
                options.negated = true;
                continue;
            }
            "-j" | "--jump" => action = options.next().and_then(target),
            "-g" | "--goto" => action = options.next().map(|to| Action::Goto(to.to_owned())),
            "--reject-with" => reset = options.next() == Some("tcp-reset"),
            // Further options belong to the target.
            _ if action.is_some() => {}
            _ => holds = holds.and(options.test(name)),
        }
        options.negated = false;
    }
    if reset {
        action = Some(Action::Decide(Fate::Rejected(Answer::Reset)));
    }
    let rule = format!("the rule `{line}` in table {table}");
    Some((chain.clone(), action.map(|action| Step { holds, action, rule })))
}

/// The action of a target; `None` if the packet goes on to the next rule.
fn target(name: &str) -> Option<Action> {
    Some(match name {
        "ACCEPT" => Action::Decide(Fate::Accepted),
        "DROP" => Action::Decide(Fate::Dropped),
        "REJECT" => Action::Decide(Fate::Rejected(Answer::Icmp)),
        "RETURN" => Action::Return,
        "MASQUERADE" | "SNAT" => Action::Decide(Fate::Accepted),
        "LOG" | "NFLOG" | "ULOG" | "MARK" | "CONNMARK" | "CT" | "NOTRACK" | "TCPMSS" | "CHECKSUM"
        | "TRACE" | "CLASSIFY" | "SET" | "AUDIT" | "SECMARK" | "CONNSECMARK" | "TOS" | "DSCP" | "TTL" => {
            return None;
        }
        "DNAT" | "REDIRECT" | "QUEUE" | "NFQUEUE" | "TPROXY" | "NETMAP" => Action::Decide(Fate::Unclear),
        chain => Action::Jump(chain.to_owned()),
    })
}

/// The words of a rule that were not read yet.
struct Options<'a> {
    words: &'a [String],
    packet: &'a Opening,
    negated: bool,
}

impl<'a> Options<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// The words up to the next option.
    fn values(&mut self) -> Vec<&'a str> {
        let mut values = Vec::new();
        while self.words.first().is_some_and(|w| !w.starts_with('-') && w != "!") {
            values.extend(self.next());
        }
        values
    }

    /// Whether the test with this name holds for the packet.
    fn test(&mut self, name: &str) -> Truth {
        let packet = self.packet;
        let values = self.values();
        let value = values.first().copied().unwrap_or_default();
        let truth = match name {
            // The name of an extension, whose own options follow. Options that are unknown below make the rule
            // undecided.
            "-m" | "--match" => return Truth::Yes,
            "--comment" => return Truth::Yes,
            "-p" | "--protocol" => matches!(value, "tcp" | "6" | "all" | "0").into(),
            "-s" | "--source" => packet.address(true).is_among(&addresses(value)),
            "-d" | "--destination" => packet.address(false).is_among(&addresses(value)),
            "-i" | "--in-interface" => packet.adapter(true).is_among(&[adapter(value)]),
            "-o" | "--out-interface" => packet.adapter(false).is_among(&[adapter(value)]),
            "--dport" | "--dports" | "--destination-port" => {
                packet.destination_port().is_among(&ports(value))
            }
            "--sport" | "--sports" | "--source-port" => packet.source_port().is_among(&ports(value)),
            "--ports" => packet.destination_port().is_among(&ports(value)).or(Truth::Perhaps),
            "--ctstate" | "--state" => value.split(',').any(|state| state == "NEW").into(),
            "--dst-type" => packet.destination_type().is_among(&words(value)),
            "--src-range" => packet.address(true).is_among(&[range(value)]),
            "--dst-range" => packet.address(false).is_among(&[range(value)]),
            "--pkt-type" => (value == "unicast").into(),
            "--syn" => Truth::Yes,
            "--tcp-flags" => {
                match (all_flags(value), all_flags(values.get(1).copied().unwrap_or_default())) {
                    (Some(mask), Some(set)) => (packet.flags(mask) == set).into(),
                    _ => Truth::Perhaps,
                }
            }
            _ => Truth::Perhaps,
        };
        truth.negated(self.negated)
    }
}

/// A list of networks, `10.0.0.0/8,192.168.56.1`, with lengths or masks.
fn addresses(text: &str) -> Vec<Wanted> {
    let one = |text: &str| {
        let (ip, length) = text.split_once('/').unwrap_or((text, "32"));
        let mask = length.parse::<Ipv4Addr>().map(|m| u32::from(m).count_ones() as u8);
        let length = length.parse::<u8>().or(mask);
        Some(Wanted::Range(network(ip.parse().ok()?, length.ok()?)))
    };
    text.split(',').map(|t| one(t).unwrap_or(Wanted::Unclear)).collect()
}

/// An adapter's name; a plus at its end matches any ending.
fn adapter(name: &str) -> Wanted {
    Wanted::Word(name.strip_suffix('+').map_or(name.to_owned(), |beginning| format!("{beginning}*")))
}

/// A list of ports and ranges of ports, `22,8000:9000`.
fn ports(text: &str) -> Vec<Wanted> {
    let one = |text: &str| {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        Some(Wanted::Range((first.parse().ok()?, last.parse().ok()?)))
    };
    text.split(',').map(|t| one(t).unwrap_or(Wanted::Unclear)).collect()
}

fn range(text: &str) -> Wanted {
    let ends = || -> Option<Range> {
        let (first, last) = text.split_once('-')?;
        Some((first.parse::<Ipv4Addr>().ok()?.into(), last.parse::<Ipv4Addr>().ok()?.into()))
    };
    ends().map_or(Wanted::Unclear, Wanted::Range)
}

fn words(text: &str) -> Vec<Wanted> {
    text.split(',').map(|w| Wanted::Word(w.to_ascii_lowercase())).collect()
}

fn all_flags(names: &str) -> Option<u8> {
    match names {
        "NONE" => Some(0),
        "ALL" => Some(0x3f),
        _ => names.split(',').try_fold(0, |all, name| Some(all | flag(name)?)),
    }
}

/// The words of a line; a text in double quotes is one word.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if quoted => word.get_or_insert_default().extend(characters.next()),
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
