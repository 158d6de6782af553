//! The rules of a firewall, as far as labkit understands them, and a packet's way through them.
//!
//! Tests are decided when the rules are read: each step holds whether its tests are true for the packet. If that is
//! unknown, both ways are followed, and the packet's fate is certain only if all ways end alike.

use super::opening::Truth;
use std::collections::BTreeMap;

/// The fate of a packet in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Accepted,
    /// Dropped without an answer.
    Dropped,
    /// Dropped with an answer.
    Rejected(Answer),
    /// No rule of the chain decides, so it goes on.
    Through,
    /// A rule decides in a way that labkit does not understand.
    Unclear,
}

/// How a packet is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// With an RST, as from a port without a listener.
    Reset,
    /// With an ICMP error.
    Icmp,
}

/// A fate, and the words for the rule that decides it.
pub(super) type Decided = (Fate, String);

/// The action of a rule on packets for which its tests hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Decide(Fate),
    /// Continues in another chain, and comes back if that does not decide.
    Jump(String),
    /// Continues in another chain, and does not come back.
    Goto(String),
    /// Returns to the calling chain.
    Return,
}

/// A rule, or one case of a rule.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) holds: Truth,
    pub(super) action: Action,
    /// The words for the rule in findings.
    pub(super) rule: String,
}

/// The hook at which the kernel calls a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) hook: String,
    pub(super) priority: i64,
    /// The fate of packets about which no rule decides.
    pub(super) policy: Fate,
}

/// A chain of rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// `None` for a chain that only other chains call.
    pub(super) base: Option<Base>,
    pub(super) steps: Vec<Step>,
}

/// All chains. A key is family with table, and the chain's name.
#[derive(Clone, Debug, Default)]
pub(super) struct Ruleset {
    pub(super) chains: BTreeMap<(String, String), Chain>,
}

/// The judgement of the rules on the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// No chain looks at such packets.
    NoRules,
    /// The packet passes.
    Open,
    /// The packet does not pass, because of this rule.
    Shut { fate: Fate, rule: String },
    /// The packet's fate depends on this rule, which cannot be decided.
    Undecided { rule: String },
}

/// Levels of jumps between chains that are followed.
const DEEPEST: usize = 16;

impl Ruleset {
    pub(super) fn chain(&mut self, table: &str, name: &str) -> &mut Chain {
        self.chains.entry((table.to_owned(), name.to_owned())).or_default()
    }

    /// Adds the chains of another ruleset.
    pub(super) fn extend(&mut self, other: Ruleset) {
        self.chains.extend(other.chains);
    }

    /// Follows the packet through all chains that the kernel calls at `hooks`, which are in the packet's order.
    pub(super) fn judge(&self, hooks: &[&str]) -> Judgement {
        let mut on_the_way: Vec<_> = self
            .chains
            .iter()
            .filter_map(|((table, name), chain)| {
                let base = chain.base.as_ref()?;
                let at = hooks.iter().position(|h| *h == base.hook)?;
                Some((at, base.priority, table, name, &base.policy))
            })
            .collect();
        on_the_way.sort_by_key(|(at, priority, ..)| (*at, *priority));
        if on_the_way.is_empty() {
            return Judgement::NoRules;
        }
        let mut denials: Vec<Decided> = Vec::new();
        for (_, _, table, name, policy) in on_the_way {
            let fates = self.walk(table, name, 0).into_iter().map(|(fate, rule)| match fate {
                Fate::Through => (policy.clone(), format!("the policy of the chain {name} in table {table}")),
                other => (other, rule),
            });
            let (passed, denied): (Vec<_>, Vec<_>) = fates.partition(|(fate, _)| *fate == Fate::Accepted);
            denials.extend(denied);
            if passed.is_empty() {
                return denied_by(&denials);
            }
        }
        match denials.first() {
            None => Judgement::Open,
            Some((_, rule)) => Judgement::Undecided { rule: rule.clone() },
        }
    }

    /// The possible fates of the packet in a chain, each once.
    fn walk(&self, table: &str, name: &str, depth: usize) -> Vec<Decided> {
        let mut fates: Vec<Decided> = Vec::new();
        let mut add = |new: Decided| {
            if !fates.iter().any(|(fate, _)| *fate == new.0) {
                fates.push(new);
            }
        };
        let Some(chain) = self.chains.get(&(table.to_owned(), name.to_owned())) else {
            return vec![(Fate::Unclear, format!("the chain {name} in table {table}"))];
        };
        for step in chain.steps.iter().filter(|s| s.holds != Truth::No) {
            let mut goes_on = step.holds == Truth::Perhaps;
            match &step.action {
                _ if depth >= DEEPEST => add((Fate::Unclear, step.rule.clone())),
                Action::Decide(fate) => add((fate.clone(), step.rule.clone())),
                Action::Return => add((Fate::Through, step.rule.clone())),
                Action::Goto(to) => self.walk(table, to, depth + 1).into_iter().for_each(&mut add),
                Action::Jump(to) => {
                    for fate in self.walk(table, to, depth + 1) {
                        if fate.0 == Fate::Through { goes_on = true } else { add(fate) }
                    }
                }
            }
            if !goes_on {
                return fates;
            }
        }
        add((Fate::Through, String::new()));
        fates
    }
}

/// The judgement on a packet that passes on no way, by its possible fates.
fn denied_by(denials: &[Decided]) -> Judgement {
    match denials.iter().find(|(fate, _)| *fate == Fate::Unclear).or(denials.first()) {
        Some((Fate::Unclear, rule)) => Judgement::Undecided { rule: rule.clone() },
        Some((fate, rule)) => Judgement::Shut { fate: fate.clone(), rule: rule.clone() },
        None => Judgement::Open,
    }
}
