//! Notes beside the answers: copies of frames, one connection in two captures, receipts sent too early, hosts that
//! could not be reached.

use super::{MOST, Material};
use crate::lab::evidence::collect::MOST_CONVERSATIONS;
use crate::lab::evidence::exchange::frames_text;
use crate::lab::evidence::exchange::{Exchange, Side};
use crate::lab::evidence::vantage::{Clocks, Vantage};
use std::collections::BTreeSet;

impl Material<'_> {
    pub(super) fn notes(&self, vantages: &[Vantage]) -> Vec<String> {
        let mut notes: Vec<String> = self.captures.iter().zip(self.further).filter_map(more).collect();
        for x in self.exchanges.iter().take(MOST) {
            notes.extend(self.findings(x));
            notes.extend(self.copies(x));
            notes.extend(self.offload(x));
            notes.extend(self.long(x));
        }
        for (i, x) in self.exchanges.iter().enumerate().take(MOST) {
            let twin = self.twins.get(i).copied().flatten().and_then(|t| self.exchanges.get(t));
            let vantage = vantages.iter().find(|v| v.second == i);
            notes.extend(twin.map(|other| self.two_places(other, x, vantage)));
        }
        for (capture, u) in self.unresolved.iter().take(MOST) {
            notes.push(format!(
                "{}: {} asked by ARP for {} ({}), and no answer was captured. Without one it can send no packet there; its system gives up after about 3 seconds.",
                self.captures.get(*capture).map_or("?", String::as_str),
                u.asker,
                u.target,
                frames_text(&u.frames)
            ));
        }
        notes
    }

    fn copies(&self, x: &Exchange) -> Option<String> {
        if x.copies.is_empty() {
            return None;
        }
        let adapters: BTreeSet<u32> = x.conversation.segments.iter().map(|s| s.interface).collect();
        let why = match adapters.len() {
            1 => "packets passed the point of capture more than once, as on a bridge, a mirror port or all adapters at once".to_string(),
            n => format!("{n} adapters recorded it"),
        };
        Some(format!(
            "{}: {} of {} frames are copies of others ({}): {why}. Each packet was sent once; the answers count copies apart.",
            self.title(x),
            x.conversation.segments.tally().copies,
            x.count(),
            x.frames_text(&x.copies)
        ))
    }

    /// Remarks about what the programs and firewalls did.
    fn findings(&self, x: &Exchange) -> Vec<String> {
        let mut all = Vec::new();
        if let (Some(error), Some(says)) = (x.error(), x.error_says(self.roles)) {
            let todo = x.error_todo(self.roles).map_or(String::new(), |todo| format!(" {todo}"));
            all.push(format!("{}, frame {}: {says}{todo}", self.title(x), error.frame));
        }
        all.extend(x.findings.iter().map(|f| format!("{}: {}", self.title(x), f.says)));
        all
    }

    fn offload(&self, x: &Exchange) -> Option<String> {
        let large = x.offloaded();
        (!large.is_empty()).then(|| {
            format!(
                "{}: {} {} more than one packet can carry. If their sender recorded them, its network card cuts them afterwards (TSO, GSO); if their receiver did, its system has merged what arrived (GRO). `ethtool -K IF tso off gso off gro off` on both machines shows the segments as they travel. Checksums of frames that their sender recorded are often wrong: the card fills them in later.",
                self.title(x),
                x.frames_text(&large),
                if large.len() == 1 { "holds" } else { "hold" }
            )
        })
    }

    /// Says that not every packet of a long connection is kept, where that is so.
    fn long(&self, x: &Exchange) -> Option<String> {
        let (all, left_out) = (x.count(), x.conversation.segments.left_out());
        (left_out > 0).then(|| {
            format!(
                "{}: all {all} packets are counted, but only its beginning, its end and unusual packets between them ({} packets) are listed.",
                self.title(x),
                all - left_out
            )
        })
    }

    /// The same connection, recorded at two places.
    fn two_places(&self, a: &Exchange, b: &Exchange, vantage: Option<&Vantage>) -> String {
        let (first, second) = (self.name(a), self.name(b));
        let ends = format!("{} → {}", self.address(a, Side::Client), self.address(a, Side::Server));
        let mut text = format!("{first} and {second} hold the same connection, {ends}");
        let Some(vantage) = vantage else {
            return format!("{text}, too long to be compared packet by packet.");
        };
        let common = vantage.common();
        text.push_str(&format!(": {} packets stand in both.", common.len()));
        for (name, x, alone) in [(first, a, vantage.only(true)), (second, b, vantage.only(false))] {
            if !alone.is_empty() {
                let some = if x.offloaded().is_empty() {
                    ""
                } else {
                    " (offloaded frames have no equal on the wire)"
                };
                text.push_str(&format!(" Only in {name}: {}{some}.", x.frames_text(&alone)));
            }
        }
        text.push_str(&order(a, b, &common, first, second));
        text.push_str(&clocks(a, b, &common));
        text.push_str(&vantage.clocks.map(|c| self.offset(a, c, [first, second])).unwrap_or_default());
        text
    }

    /// What the times of common packets say about the two clocks and about where each capture was made.
    fn offset(&self, a: &Exchange, clocks: Clocks, [first, second]: [&str; 2]) -> String {
        let lead = match clocks.offset {
            0 => format!("agrees with that of {first}"),
            offset @ 1.. => format!("is {} ahead of that of {first}", span(offset)),
            offset => format!("is {} behind that of {first}", span(offset)),
        };
        let mut text = match clocks.travel.zip(clocks.nearer) {
            Some((travel, side)) => format!(
                " If the way takes as long in either direction, it takes {}, {first} was recorded nearer to the {}, and the clock of {second} {lead}.",
                span(travel),
                self.who(a, side),
            ),
            None => format!(
                " The clock of {second} {lead}, about; the times vary by more than the way takes, so they do not say which capture was made where.",
            ),
        };
        if clocks.offset.unsigned_abs() >= SECOND {
            text.push_str(" So go by the order of the packets, not by the times of day.");
        }
        text
    }
}

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// A length of time without its sign, in milliseconds or in hours, minutes and seconds: `12.345 ms`, `5 h 45 min
/// 14.516 s`.
fn span(nanoseconds: i64) -> String {
    let nanoseconds = nanoseconds.unsigned_abs();
    if nanoseconds < SECOND {
        return format!("{:.3} ms", nanoseconds as f64 / 1e6);
    }
    let milliseconds = (nanoseconds + 500_000) / 1_000_000;
    let minutes = milliseconds / 60_000;
    let large = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let large = large.iter().skip_while(|(n, _)| *n == 0).map(|(n, unit)| format!("{n} {unit} "));
    format!("{}{:.3} s", large.collect::<String>(), (milliseconds % 60_000) as f64 / 1e3)
}

/// A range of time differences in nanoseconds, such as `5.001 ms to 5.020 ms later`.
fn between(low: i64, high: i64) -> String {
    let (near, far) = if high < 0 { (high, low) } else { (low, high) };
    let word = if far < 0 { "earlier" } else { "later" };
    let (from, to) = (span(near), span(far));
    if near < 0 && far >= 0 {
        format!("{from} earlier to {to} later")
    } else if from == to {
        format!("{to} {word}")
    } else {
        format!("{from} to {to} {word}")
    }
}

/// Says how many connections a capture holds beyond those that are answered; `None` if there are none.
fn more((name, further): (&String, &u64)) -> Option<String> {
    (*further > 0).then(|| {
        format!(
            "{name} holds {further} more connections of this port than the {MOST_CONVERSATIONS} that are answered here, the first ones; --stream N answers for the one that labkit conversations lists as N."
        )
    })
}

/// Says whether two captures show their common packets in the same order.
fn order(a: &Exchange, b: &Exchange, common: &[(usize, usize)], first: &str, second: &str) -> String {
    let swapped = common.windows(2).find_map(|w| match w {
        [(i, j), (k, l)] if l < j => Some(([*i, *k], [*l, *j])),
        _ => None,
    });
    match swapped {
        Some((here, there)) => format!(
            " Their order differs: what {first} shows in {} comes the other way round in {second} ({}). Packets cross on their way, and each machine sees its own first.",
            a.frames_text(&here),
            b.frames_text(&there)
        ),
        None if common.len() > 1 => " Their order is the same.".into(),
        None => String::new(),
    }
}

/// Says by how much the times of common packets differ, for each direction.
fn clocks(a: &Exchange, b: &Exchange, common: &[(usize, usize)]) -> String {
    let range = |side: Side| {
        let apart = common.iter().filter_map(|(i, j)| {
            let (one, other) = (a.at(*i)?, b.at(*j)?);
            (a.side(one) == side).then(|| Some(other.time?.since(one.time?)))?
        });
        let (low, high) = apart.fold((i64::MAX, i64::MIN), |(l, h), n| (l.min(n), h.max(n)));
        (low <= high).then(|| between(low, high))
    };
    match (range(Side::Client), range(Side::Server)) {
        (Some(client), Some(server)) => format!(
            " The second capture has the client's packets {client} than the first and the server's {server}; clocks that differ add the same to both."
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_hours_apart_are_told_in_hours() {
        assert_eq!(span(12_345_000), "12.345 ms");
        assert_eq!(span(-20_714_515_751_000), "5 h 45 min 14.516 s");
        assert_eq!(span(59_999_600_000), "1 min 0.000 s");
        assert_eq!(span(86_400_000_000_000), "1 d 0 h 0 min 0.000 s");
    }

    #[test]
    fn later_and_earlier_are_words() {
        assert_eq!(between(5_000_000, 5_020_000), "5.000 ms to 5.020 ms later");
        assert_eq!(between(-5_020_000, -5_000_000), "5.000 ms to 5.020 ms earlier");
        assert_eq!(between(-1_000_000, 2_000_000), "1.000 ms earlier to 2.000 ms later");
        assert_eq!(between(7_000_000, 7_000_000), "7.000 ms later");
    }
}
