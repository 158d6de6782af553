//! The remarks of `sniff` on standard error.

use super::plan::Plan;
use crate::capture::adapters::News;
use crate::capture::interfaces::State;
use crate::capture::live::Statistics;
use crate::capture::record::Outcome;
use crate::capture::store::Store;
use crate::cli::input;
use crate::text::plural;
use std::time::{Duration, Instant};

/// How long to wait for the first frame before the user gets a hint.
const HINT: Duration = Duration::from_secs(5);

/// Tells the user once that no frame has come.
pub(super) struct Hint<'a> {
    plan: &'a Plan<'a>,
    at: Option<Instant>,
}

impl<'a> Hint<'a> {
    pub(super) fn new(plan: &'a Plan<'a>) -> Hint<'a> {
        Hint { plan, at: Some(Instant::now() + HINT) }
    }

    pub(super) fn tick(&mut self, frames: u64) {
        if frames > 0 {
            self.at = None;
        }
        if self.at.take_if(|at| Instant::now() >= *at).is_some() {
            let filter =
                self.plan.filter.as_deref().map(|f| format!(" that passes `{f}`")).unwrap_or_default();
            let context = match self.plan.without_context {
                true => "; --context shows ARP and ICMP too, which tell why no connection begins",
                false => "",
            };
            input::say(format_args!(
                "nothing{filter} on {} for {} s. Another adapter? `labkit interfaces` lists them; \
                 traffic to one's own address goes through lo{context}",
                self.plan.interfaces.join(" and "),
                HINT.as_secs()
            ));
        }
    }
}

/// Prints the news about an adapter.
pub(super) fn say_news(news: &News) {
    match news {
        News::State(name, State::Down) => input::say(format_args!(
            "{name} was switched off; the capture goes on, and frames come again once it is on"
        )),
        News::State(name, State::NoCarrier) => input::say(format_args!(
            "{name} has no carrier: its cable, its network or its peer is missing; the capture goes on"
        )),
        News::State(name, State::Up) => input::say(format_args!("{name} is up now")),
        News::Lost(why) => input::say(format_args!("{why}; the others go on")),
    }
}

/// Prints how many frames came, and where they were saved.
pub(super) fn say_summary(outcome: &Outcome, store: Option<&Store>, plan: &Plan<'_>) {
    let sum = |of: fn(&Statistics) -> u64| outcome.statistics.iter().map(of).sum::<u64>();
    let received = sum(|counted| counted.received);
    let mut text = format!("{received} frame{} received, {} dropped", plural(received), sum(|c| c.dropped));
    if let by_adapter @ 1.. = sum(|counted| counted.dropped_by_adapter) {
        text.push_str(&format!(", {by_adapter} dropped by the adapter"));
    }
    if let Some(store) = store {
        text.push_str(&format!(", {} written", store.frames()));
        if plan.has_file() {
            let (path, files) = store.files();
            let path = path.display();
            text.push_str(
                &match (plan.is_ring, plan.limits.kept.map(u64::from).filter(|kept| *kept < files)) {
                    (true, Some(kept)) => {
                        format!(" to {files} files, the last {kept} of them kept, the latest {path}")
                    }
                    (true, None) => format!(" to {files} file{}, the latest {path}", plural(files)),
                    (false, _) => format!(" to {path}"),
                },
            );
        }
        if let lost @ 1.. = outcome.taken.saturating_sub(store.frames()) {
            text.push_str(&format!(", {lost} lost"));
        }
    }
    input::say(format_args!("{text}"));
    if plan.interfaces.len() > 1 {
        let each = plan.interfaces.iter().zip(&outcome.statistics);
        let each = each.map(|(name, c)| format!("{name}: {} received, {} dropped", c.received, c.dropped));
        input::say(format_args!("{}", each.collect::<Vec<_>>().join("; ")));
    }
}
