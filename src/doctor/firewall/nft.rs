//! Reads the rules of nftables from the JSON of `nft -j list ruleset` (libnftables-json(5)).

use super::opening::{Known, Opening, Range, Truth, Wanted, flag, network, number};
use super::ruleset::{Action, Answer, Base, Fate, Ruleset, Step};
use serde_json::Value;
use std::net::Ipv4Addr;

/// The ruleset, with each test decided for `packet`. The error says what is wrong with the text. `foreign` gets the
/// names of tables with rules that iptables made and nft cannot show in full.
pub(super) fn read(text: &str, packet: &Opening, foreign: &mut Vec<String>) -> Result<Ruleset, String> {
    let json: Value = serde_json::from_str(text).map_err(|e| format!("nft's JSON is damaged: {e}"))?;
    let objects =
        json.get("nftables").and_then(Value::as_array).ok_or("nft's JSON has no list of objects")?;
    let mut reader = Reader { objects, packet, ruleset: Ruleset::default() };
    for object in objects {
        if let Some(chain) = object.get("chain").filter(|c| concerns(c)) {
            reader.chain(chain);
        } else if let Some(rule) = object.get("rule").filter(|r| concerns(r)) {
            if has_extension(rule) {
                foreign.push(table(rule));
            }
            reader.rule(rule);
        }
    }
    foreign.sort();
    foreign.dedup();
    Ok(reader.ruleset)
}

/// Whether an object applies to IPv4: its family is inet, ip or netdev.
fn concerns(object: &Value) -> bool {
    matches!(text(object, "family"), "inet" | "ip" | "netdev")
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn table(object: &Value) -> String {
    format!("{} {}", text(object, "family"), text(object, "table"))
}

fn expressions(rule: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = rule.get("expr").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_object).flatten().map(|(name, value)| (name.as_str(), value))
}

fn has_extension(rule: &Value) -> bool {
    expressions(rule).any(|(name, _)| name == "xt")
}

struct Reader<'a> {
    objects: &'a [Value],
    packet: &'a Opening,
    ruleset: Ruleset,
}

impl Reader<'_> {
    fn chain(&mut self, chain: &Value) {
        let base = chain.get("hook").and_then(Value::as_str).map(|hook| Base {
            hook: hook.to_owned(),
            priority: chain.get("prio").and_then(Value::as_i64).unwrap_or(0),
            policy: if text(chain, "policy") == "drop" { Fate::Dropped } else { Fate::Accepted },
        });
        self.ruleset.chain(&table(chain), text(chain, "name")).base = base;
    }

    fn rule(&mut self, rule: &Value) {
        let (table, chain) = (table(rule), text(rule, "chain"));
        let handle = rule.get("handle").and_then(Value::as_u64).unwrap_or(0);
        let name = format!("rule {handle} of the chain {chain} in table {table}");
        let steps = self.steps(rule, &table);
        let steps = steps.into_iter().map(|(holds, action)| Step { holds, action, rule: name.clone() });
        self.ruleset.chain(&table, chain).steps.extend(steps);
    }

    /// The steps of a rule: one, or one for each case of a verdict map.
    fn steps(&self, rule: &Value, table: &str) -> Vec<(Truth, Action)> {
        let mut holds = Truth::Yes;
        let mut steps = Vec::new();
        for (name, value) in expressions(rule) {
            match name {
                "match" => holds = holds.and(self.test(value, table)),
                "vmap" => steps.extend(self.cases(value, table).into_iter().map(|(t, a)| (holds.and(t), a))),
                // Counters, logs and marks do not decide about a packet.
                "counter" | "log" | "comment" | "notrack" | "mangle" | "set" | "map" | "meter"
                | "ct helper" | "ct timeout" | "secmark" => {}
                // It is unknown whether the rate or number is reached now.
                "limit" | "quota" | "ct count" => holds = holds.and(Truth::Perhaps),
                _ => steps.extend(verdict(name, value).map(|action| (holds, action))),
            }
        }
        steps
    }

    /// Whether a comparison holds for the packet.
    fn test(&self, comparison: &Value, table: &str) -> Truth {
        let (Some(left), Some(right)) = (comparison.get("left"), comparison.get("right")) else {
            return Truth::Perhaps;
        };
        let op = text(comparison, "op");
        if left.get("payload").is_some_and(|p| is_of_another_protocol(text(p, "protocol"))) {
            return Truth::No;
        }
        if let Some(truth) = self.flags(left, op, right) {
            return truth;
        }
        let wanted = self.wanted(right, table);
        let known = self.known(left);
        let bound = |first: u32| {
            wanted
                .first()
                .and_then(|w| if let Wanted::Range((n, _)) = w { Some(*n) } else { None })
                .map(|n| n.wrapping_add(first))
        };
        let within =
            |range: Option<Range>| range.map_or(Truth::Perhaps, |r| known.is_among(&[Wanted::Range(r)]));
        match op {
            "==" | "in" => known.is_among(&wanted),
            "!=" => known.is_among(&wanted).not(),
            "<=" => within(bound(0).map(|n| (0, n))),
            ">" => within(bound(0).map(|n| (0, n))).not(),
            ">=" => within(bound(0).map(|n| (n, u32::MAX))),
            "<" => within(bound(0).map(|n| (n, u32::MAX))).not(),
            _ => Truth::Perhaps,
        }
    }

    /// Whether a comparison of TCP's flags holds, with or without a mask; `None` if the left side is something else.
    fn flags(&self, left: &Value, op: &str, right: &Value) -> Option<Truth> {
        let is_flags = |value: &Value| {
            value.get("payload").is_some_and(|p| text(p, "protocol") == "tcp" && text(p, "field") == "flags")
        };
        let masked = left.get("&").and_then(Value::as_array);
        let (mask, compared) = match masked.map(Vec::as_slice) {
            Some([value, mask]) if is_flags(value) => (bits(mask), bits(right)),
            None if is_flags(left) => (Some(u8::MAX), bits(right)),
            _ => return None,
        };
        let (Some(mask), Some(compared)) = (mask, compared) else { return Some(Truth::Perhaps) };
        let set = self.packet.flags(mask);
        Some(match op {
            "==" => (set == compared).into(),
            "!=" => (set != compared).into(),
            "in" => (set & compared != 0).into(),
            _ => Truth::Perhaps,
        })
    }

    /// The known values of the property on the left of a comparison.
    fn known(&self, left: &Value) -> Known {
        let packet = self.packet;
        if let Some(payload) = left.get("payload") {
            return match (text(payload, "protocol"), text(payload, "field")) {
                ("tcp" | "th", "dport") => packet.destination_port(),
                ("tcp" | "th", "sport") => packet.source_port(),
                ("ip", "saddr") => packet.address(true),
                ("ip", "daddr") => packet.address(false),
                ("ip", "protocol") => Known::word("tcp"),
                ("ip", "version") => Known::Ranges(vec![(4, 4)]),
                _ => Known::Nothing,
            };
        }
        if let Some(meta) = left.get("meta") {
            return match text(meta, "key") {
                "l4proto" => Known::word("tcp"),
                "nfproto" => Known::word("ipv4"),
                "protocol" => Known::word("ip"),
                "iifname" | "iif" => packet.adapter(true),
                "oifname" | "oif" => packet.adapter(false),
                "pkttype" => Known::word("host"),
                _ => Known::Nothing,
            };
        }
        if let Some(ct) = left.get("ct") {
            return match text(ct, "key") {
                "state" => Known::word("new"),
                // The first packet of a connection has no reply yet, and its addresses were not translated.
                "status" => Known::word("confirmed"),
                "direction" => Known::word("original"),
                _ => Known::Nothing,
            };
        }
        match left.get("fib") {
            Some(fib) if text(fib, "result") == "type" && mentions(fib, "daddr") => packet.destination_type(),
            _ => Known::Nothing,
        }
    }

    /// The values on the right of a comparison.
    fn wanted(&self, right: &Value, table: &str) -> Vec<Wanted> {
        match right {
            Value::String(name) if name.starts_with('@') => match self.named(name, table) {
                Some(elements) => elements.iter().map(wanted_one).collect(),
                None => vec![Wanted::Unclear],
            },
            Value::Array(list) => list.iter().map(wanted_one).collect(),
            _ => match right.get("set").and_then(Value::as_array) {
                Some(list) => list.iter().map(wanted_one).collect(),
                None => vec![wanted_one(right)],
            },
        }
    }

    /// The elements of a named set or map; `None` if there is none of this name.
    fn named(&self, name: &str, table_of: &str) -> Option<&[Value]> {
        let name = name.trim_start_matches('@');
        let is_it = |o: &&Value| text(o, "name") == name && table(o) == table_of;
        let found = self.objects.iter().filter_map(|o| o.get("set").or(o.get("map"))).find(is_it)?;
        // An empty set has no `elem`.
        Some(found.get("elem").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default())
    }

    /// The cases of a verdict map, each with whether it holds.
    fn cases(&self, vmap: &Value, table: &str) -> Vec<(Truth, Action)> {
        let unclear = || vec![(Truth::Perhaps, Action::Decide(Fate::Unclear))];
        let (Some(key), Some(data)) = (vmap.get("key"), vmap.get("data")) else { return unclear() };
        let pairs = match data.as_str() {
            Some(name) => self.named(name, table),
            None => data.get("set").and_then(Value::as_array).map(Vec::as_slice),
        };
        let Some(pairs) = pairs else { return unclear() };
        let known = self.known(key);
        let cases = pairs.iter().filter_map(|pair| {
            let Some([value, action]) = pair.as_array().map(Vec::as_slice) else {
                return Some((Truth::Perhaps, Action::Decide(Fate::Unclear)));
            };
            let (name, target) = action.as_object().and_then(|o| o.iter().next())?;
            Some((known.is_among(&[wanted_one(value)]), verdict(name, target)?))
        });
        cases.collect()
    }
}

/// Whether a header never occurs in a TCP packet over IPv4.
fn is_of_another_protocol(name: &str) -> bool {
    matches!(
        name,
        "udp" | "udplite" | "icmp" | "igmp" | "icmpv6" | "sctp" | "dccp" | "esp" | "ah" | "comp" | "ip6"
    )
}

/// The action of a statement that ends a rule; `None` for `continue`, which has none.
fn verdict(name: &str, value: &Value) -> Option<Action> {
    Some(match name {
        "continue" => return None,
        "accept" => Action::Decide(Fate::Accepted),
        "drop" => Action::Decide(Fate::Dropped),
        "reject" if text(value, "type") == "tcp reset" => Action::Decide(Fate::Rejected(Answer::Reset)),
        "reject" => Action::Decide(Fate::Rejected(Answer::Icmp)),
        "jump" => Action::Jump(text(value, "target").to_owned()),
        "goto" => Action::Goto(text(value, "target").to_owned()),
        "return" => Action::Return,
        // These change the source of packets, and let them pass.
        "snat" | "masquerade" => Action::Decide(Fate::Accepted),
        _ => Action::Decide(Fate::Unclear),
    })
}

/// One value of a comparison: a word, a number, an address, a range, a network.
fn wanted_one(value: &Value) -> Wanted {
    if let Some(number) = value.as_u64().and_then(|n| u32::try_from(n).ok()) {
        return Wanted::Range((number, number));
    }
    if let Some(word) = value.as_str() {
        return match word.parse::<Ipv4Addr>() {
            Ok(ip) => Wanted::Range((number(ip), number(ip))),
            Err(_) => Wanted::Word(word.to_owned()),
        };
    }
    if let Some([from, to]) = value.get("range").and_then(Value::as_array).map(Vec::as_slice) {
        return match (wanted_one(from), wanted_one(to)) {
            (Wanted::Range((first, _)), Wanted::Range((_, last))) => Wanted::Range((first, last)),
            _ => Wanted::Unclear,
        };
    }
    if let Some(prefix) = value.get("prefix") {
        let length = prefix.get("len").and_then(Value::as_u64).and_then(|n| u8::try_from(n).ok());
        return match (text(prefix, "addr").parse(), length) {
            (Ok(ip), Some(length)) => Wanted::Range(network(ip, length)),
            _ => Wanted::Unclear,
        };
    }
    // An element can have a timeout or a counter besides its value.
    value.get("elem").and_then(|e| e.get("val")).map_or(Wanted::Unclear, wanted_one)
}

/// The bits of the TCP flags that a value names; `None` if it names none.
fn bits(value: &Value) -> Option<u8> {
    match value {
        Value::String(name) => flag(name),
        Value::Number(n) => n.as_u64().and_then(|n| u8::try_from(n).ok()),
        Value::Array(list) => list.iter().try_fold(0, |all, one| Some(all | bits(one)?)),
        Value::Object(o) => o.get("|").or(o.get("set")).and_then(bits),
        _ => None,
    }
}

fn mentions(object: &Value, word: &str) -> bool {
    match object.get("flags") {
        Some(Value::Array(list)) => list.iter().any(|f| f == word),
        Some(one) => one == word,
        None => false,
    }
}
