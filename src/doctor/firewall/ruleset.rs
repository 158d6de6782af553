//! The rules of a firewall, as far as they are understood, and a packet's way through them.
//!
//! Rules are judged when they are read: each step already knows whether its tests hold for the packet. Where that depends on
//! something unknown, both ways are followed, and the fate is certain only where all ways end alike.

use super::opening::Truth;
use std::collections::BTreeMap;

/// What becomes of a packet in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Accepted,
    /// Thrown away without an answer.
    Dropped,
    /// Thrown away with an answer.
    Rejected(Answer),
    /// No rule of the chain decides.
    Through,
    /// A rule decides in a way that is not understood.
    Unclear,
}

/// How a packet is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// With a RST, as by a port without a listener.
    Reset,
    /// With an ICMP error.
    Icmp,
}

/// A fate, and the rule that decides it.
pub(super) type Decided = (Fate, String);

/// What a rule does with packets for which its tests hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Decide(Fate),
    /// Goes through another chain, and comes back where that decides nothing.
    Jump(String),
    /// Goes through another chain instead.
    Goto(String),
    /// Leaves the chain.
    Return,
}

/// A rule or one case of it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) holds: Truth,
    pub(super) action: Action,
    /// Which rule it is, for people.
    pub(super) rule: String,
}

/// Where the kernel calls a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) hook: String,
    pub(super) priority: i64,
    /// The fate of packets that no rule decides about.
    pub(super) policy: Fate,
}

/// A chain of rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// `None` for a chain that only other chains call.
    pub(super) base: Option<Base>,
    pub(super) steps: Vec<Step>,
}

/// All chains, by family, table and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Ruleset {
    pub(super) chains: BTreeMap<(String, String), Chain>,
}

/// What the rules do with the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// No chain looks at such packets.
    NoRules,
    /// It passes.
    Open,
    /// It does not pass, because of this rule.
    Shut { fate: Fate, rule: String },
    /// It depends: on the rule that is named.
    Undecided { rule: String },
}

/// Chains inside chains that are followed.
const DEEPEST: usize = 16;

impl Ruleset {
    pub(super) fn chain(&mut self, table: &str, name: &str) -> &mut Chain {
        self.chains.entry((table.to_owned(), name.to_owned())).or_default()
    }

    /// Takes another ruleset's chains, too.
    pub(super) fn extend(&mut self, other: Ruleset) {
        self.chains.extend(other.chains);
    }

    /// The packet's way through all chains that the kernel calls at `hooks`, which are in the order of the way.
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

    /// The fates that a packet may have in a chain, each once.
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

/// The fate of a packet for which no way leads through; `None` where the ways end differently.
fn denied_by(denials: &[Decided]) -> Judgement {
    match denials.iter().find(|(fate, _)| *fate == Fate::Unclear).or(denials.first()) {
        Some((Fate::Unclear, rule)) => Judgement::Undecided { rule: rule.clone() },
        Some((fate, rule)) => Judgement::Shut { fate: fate.clone(), rule: rule.clone() },
        None => Judgement::Open,
    }
}
