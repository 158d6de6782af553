//! The first packet of a connection, as far as it is known in advance, and whether a rule's test holds for it.

use std::net::Ipv4Addr;

/// Whether a test holds: yes, no, or perhaps if it depends on something unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    Perhaps,
}

impl Truth {
    pub(super) fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Yes, Truth::Yes) => Truth::Yes,
            _ => Truth::Perhaps,
        }
    }

    pub(super) fn or(self, other: Truth) -> Truth {
        self.not().and(other.not()).not()
    }

    pub(super) fn not(self) -> Truth {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            Truth::Perhaps => Truth::Perhaps,
        }
    }

    pub(super) fn negated(self, yes: bool) -> Truth {
        if yes { self.not() } else { self }
    }
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Truth {
        if yes { Truth::Yes } else { Truth::No }
    }
}

/// The first and the last of a range of numbers, both included. IPv4 addresses count as numbers.
pub(super) type Range = (u32, u32);

/// The possible values of one property of the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// One of these words.
    Words(Vec<String>),
    /// A number in one of these ranges.
    Ranges(Vec<Range>),
    /// Any value: the property is unknown.
    Nothing,
}

/// A value that a property is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A word; a star at its end matches any ending.
    Word(String),
    /// A range of numbers.
    Range(Range),
    /// A value that labkit does not understand.
    Unclear,
}

impl Known {
    pub(super) fn word(word: &str) -> Known {
        Known::Words(vec![word.into()])
    }

    /// Whether the property is among `wanted`.
    pub(super) fn is_among(&self, wanted: &[Wanted]) -> Truth {
        match self {
            Known::Words(words) => all_of(words.iter().map(|w| any_of(wanted, |one| is_word(w, one)))),
            Known::Ranges(ranges) => all_of(ranges.iter().map(|r| any_of(wanted, |one| lies_in(*r, one)))),
            Known::Nothing => Truth::Perhaps,
        }
    }
}

fn any_of(wanted: &[Wanted], test: impl Fn(&Wanted) -> Truth) -> Truth {
    wanted.iter().fold(Truth::No, |truth, one| truth.or(test(one)))
}

/// `Yes` if all candidates are `Yes`, `No` if all are `No`, else `Perhaps`.
fn all_of(candidates: impl Iterator<Item = Truth>) -> Truth {
    let mut all = None;
    for truth in candidates {
        all = Some(match all {
            None => truth,
            Some(before) if before == truth => before,
            Some(_) => Truth::Perhaps,
        });
    }
    all.unwrap_or(Truth::Perhaps)
}

fn is_word(word: &str, wanted: &Wanted) -> Truth {
    match wanted {
        Wanted::Word(w) => match w.strip_suffix('*') {
            Some(beginning) => word.starts_with(beginning).into(),
            None => (w == word).into(),
        },
        Wanted::Range(_) | Wanted::Unclear => Truth::Perhaps,
    }
}

fn lies_in((first, last): Range, wanted: &Wanted) -> Truth {
    match *wanted {
        Wanted::Range((from, to)) if from <= first && last <= to => Truth::Yes,
        Wanted::Range((from, to)) if last < from || to < first => Truth::No,
        _ => Truth::Perhaps,
    }
}

/// The first packet of a future connection (a SYN).
#[derive(Clone, Debug)]
pub(super) struct Opening {
    /// Whether it comes from another machine; otherwise this machine sends it.
    pub(super) comes_in: bool,
    /// Its destination port.
    pub(super) port: u16,
    /// The adapters through which it may come or leave.
    pub(super) adapters: Vec<String>,
    /// This machine's addresses, one of which it has.
    pub(super) own: Vec<Range>,
    /// The other machine's possible addresses, one of which it has.
    pub(super) others: Vec<Range>,
}

/// The bit of SYN in TCP's flags.
const SYN: u8 = 0x02;

impl Opening {
    /// The adapter through which the packet comes in (`true`) or leaves (`false`).
    pub(super) fn adapter(&self, incoming: bool) -> Known {
        // An incoming packet has no adapter to leave through, and an outgoing one none to come through.
        if incoming == self.comes_in { Known::Words(self.adapters.clone()) } else { Known::word("") }
    }

    /// Its source (`true`) or destination (`false`) address.
    pub(super) fn address(&self, source: bool) -> Known {
        Known::Ranges(if source == self.comes_in { self.others.clone() } else { self.own.clone() })
    }

    pub(super) fn destination_port(&self) -> Known {
        Known::Ranges(vec![(self.port.into(), self.port.into())])
    }

    /// Any port that a system may give to a client.
    pub(super) fn source_port(&self) -> Known {
        Known::Ranges(vec![(1024, 65_535)])
    }

    /// The type of its destination address, as nft and iptables name it: this machine's own, or another's.
    pub(super) fn destination_type(&self) -> Known {
        Known::word(if self.comes_in { "local" } else { "unicast" })
    }

    /// Its TCP flags under a mask.
    pub(super) fn flags(&self, mask: u8) -> u8 {
        SYN & mask
    }
}

/// An address as a number.
pub(super) fn number(ip: Ipv4Addr) -> u32 {
    ip.into()
}

/// All addresses of a network.
pub(super) fn network(ip: Ipv4Addr, prefix: u8) -> Range {
    let host = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
    (number(ip) & !host, number(ip) | host)
}

/// The bit of a TCP flag by its name in nft and iptables; `None` for other names.
pub(super) fn flag(name: &str) -> Option<u8> {
    let names = ["fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"];
    names.iter().position(|n| *n == name.to_ascii_lowercase()).map(|bit| 1 << bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_the_unknown_is_perhaps() {
        let known = Known::Ranges(vec![network([192, 168, 56, 7].into(), 24)]);
        let among = |ip: [u8; 4], prefix| known.is_among(&[Wanted::Range(network(ip.into(), prefix))]);
        assert_eq!(among([192, 168, 0, 0], 16), Truth::Yes);
        assert_eq!(among([10, 0, 0, 0], 8), Truth::No);
        assert_eq!(among([192, 168, 56, 101], 32), Truth::Perhaps);
        assert_eq!(known.is_among(&[Wanted::Unclear]), Truth::Perhaps);
        assert_eq!(known.is_among(&[]), Truth::No);
        let adapters = Known::Words(vec!["enp0s3".into(), "enp0s8".into()]);
        assert_eq!(adapters.is_among(&[Wanted::Word("enp*".into())]), Truth::Yes);
        assert_eq!(adapters.is_among(&[Wanted::Word("enp0s3".into())]), Truth::Perhaps);
        assert_eq!(adapters.is_among(&[Wanted::Word("lo".into())]), Truth::No);
        assert_eq!(network([1, 2, 3, 4].into(), 0), (0, u32::MAX));
    }
}
