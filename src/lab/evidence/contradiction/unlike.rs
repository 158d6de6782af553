//! Finds differences between a packet and the other packets of its sender.

use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::Exchange;
use crate::text::Hex;

/// Differences between a packet and the other packets of its sender, as phrases: in time to live, identification,
/// hardware address, options and clock. Empty if there are none.
pub fn unlike(x: &Exchange, position: usize) -> Vec<String> {
    let Some(s) = x.at(position) else { return Vec::new() };
    let (t, reset) = (s.traits, s.is(Flags::RST));
    let all = x.conversation.segments.iter();
    let others: Vec<&Segment> = all
        .filter(|o| o.from == s.from && o.position != position && !o.is_copy() && !o.is(Flags::RST))
        .collect();
    let mut found = Vec::new();
    if let (Some(ttl), Some(usual)) = (t.ttl, common(others.iter().filter_map(|o| o.traits.ttl)))
        && ttl != usual
    {
        found.push(format!("TTL {ttl} instead of {usual}"));
    }
    if let (Some(mac), Some(usual)) = (t.mac, common(others.iter().filter_map(|o| o.traits.mac)))
        && mac != usual
    {
        found.push(format!("sent by the hardware address {} instead of {}", hex(mac), hex(usual)));
    }
    found.extend(identification(s, &others).filter(|_| !reset));
    let stamped = others.iter().filter(|o| o.traits.tsval.is_some()).count();
    match t.tsval {
        None if !reset && stamped >= 2 && stamped == others.len() => {
            found.push("no timestamps option".into())
        }
        Some(own) => {
            let near =
                others.iter().find(|o| o.position > position).and_then(|o| Some((o.frame, o.traits.tsval?)));
            if let Some((frame, later)) = near.filter(|(_, later)| (later.wrapping_sub(own) as i32) < 0) {
                found.push(format!(
                    "a clock (TSval {own}) ahead of the one in the later frame {frame} ({later})"
                ));
            }
        }
        None => {}
    }
    found
}

/// A phrase for an IPv4 identification that is not between those of the sender's packets before and after it, where
/// these count up in small steps; else `None`.
fn identification(s: &Segment, others: &[&Segment]) -> Option<String> {
    let own = s.traits.id?;
    let id = |o: &&&Segment| o.traits.id.is_some_and(|id| id != 0);
    let before = others.iter().rev().filter(|o| o.position < s.position).find(id)?;
    let after = others.iter().filter(|o| o.position > s.position).find(id)?;
    let (low, high) = (before.traits.id?, after.traits.id?);
    let (step, place) = (high.wrapping_sub(low), own.wrapping_sub(low));
    (step < 256 && place > step).then(|| {
        format!(
            "IP identification {own}, while frames {} and {} have {low} and {high}",
            before.frame, after.frame
        )
    })
}

/// The value that more than half have, and at least two; `None` if there is no such value.
fn common<T: PartialEq + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    let mut total = 0;
    for value in values {
        total += 1;
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, n)) => *n += 1,
            None => counts.push((value, 1)),
        }
    }
    let (value, n) = counts.into_iter().max_by_key(|(_, n)| *n)?;
    (n > 1 && 2 * n > total).then_some(value)
}

fn hex(mac: [u8; 6]) -> String {
    Hex::colons(&mac).to_string()
}
