//! The start page: the adapters of this machine, and how much goes over each right now.

use super::state::Scroll;
use crate::capture::interfaces::{self, Interface, Kind, State as Link};
use crate::capture::privilege;
use crate::text::harmless;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Points of a sparkline.
const POINTS: usize = 24;
/// How often adapters are counted.
const EVERY: Duration = Duration::from_millis(500);

/// The page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// The adapters, those first on which something is to be expected.
    pub(crate) adapters: Vec<Adapter>,
    /// Place among them.
    pub(crate) scroll: Scroll,
    /// Why the adapters are not known.
    pub(crate) trouble: Option<String>,
    counts: HashMap<String, u64>,
    looked: Option<Instant>,
}

/// One adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Adapter {
    /// Its name.
    pub(crate) name: String,
    /// State and kind.
    pub(crate) state: String,
    /// Its addresses.
    pub(crate) addresses: String,
    /// Packets of the last moments, oldest first.
    pub(crate) traffic: Vec<u64>,
    /// Why it cannot be captured on, and what mends that.
    pub(crate) obstacle: Option<String>,
}

impl Start {
    /// Looks at the adapters, if it is time to.
    pub(crate) fn tick(&mut self, may: bool) {
        if self.looked.is_some_and(|at| at.elapsed() < EVERY) {
            return;
        }
        self.looked = Some(Instant::now());
        match interfaces::list() {
            Ok(found) => self.take(&found, may, &packets),
            Err(error) => self.trouble = Some(format!("the adapters are not known: {error}")),
        }
    }

    /// Takes what the system says: the adapters, whether this process may capture, and how many packets each has seen.
    pub(crate) fn take(&mut self, found: &[Interface], may: bool, packets: &dyn Fn(&str) -> u64) {
        let chosen = self.adapters.get(self.scroll.cursor).map(|a| a.name.clone());
        let before: HashMap<String, Vec<u64>> =
            self.adapters.drain(..).map(|adapter| (adapter.name, adapter.traffic)).collect();
        for interface in found {
            let count = packets(&interface.name);
            let last = self.counts.insert(interface.name.clone(), count).unwrap_or(count);
            let mut traffic = before.get(&interface.name).cloned().unwrap_or_default();
            traffic.push(count.saturating_sub(last));
            traffic.drain(..traffic.len().saturating_sub(POINTS));
            self.adapters.push(adapter(interface, may, traffic));
        }
        let any = before.get(interfaces::ANY).cloned().unwrap_or_default();
        self.adapters.push(Adapter {
            name: interfaces::ANY.to_owned(),
            state: "all adapters at once".to_owned(),
            traffic: any,
            obstacle: (!may).then(rights),
            ..Adapter::default()
        });
        let place = match chosen {
            Some(name) => self.adapters.iter().position(|adapter| adapter.name == name),
            // Where the other machine is to be expected, or else at the first one.
            None => found.iter().position(leads_somewhere),
        };
        self.scroll.cursor = place.unwrap_or(self.scroll.cursor);
    }
}

/// Whether another machine can be reached over an adapter.
fn leads_somewhere(interface: &Interface) -> bool {
    interface.state == Link::Up && interface.kind != Kind::Loopback && !interface.addresses.is_empty()
}

fn adapter(interface: &Interface, may: bool, traffic: Vec<u64>) -> Adapter {
    let addresses: Vec<String> = interface.addresses.iter().map(|(ip, _)| ip.to_string()).collect();
    let obstacle = match interface.state {
        Link::Down => {
            Some(format!("switched off; `sudo ip link set {} up` switches it on", harmless(&interface.name)))
        }
        _ if !may => Some(rights()),
        _ => None,
    };
    Adapter {
        name: interface.name.clone(),
        state: format!("{}, {}", interface.state, interface.kind),
        addresses: addresses.join(" "),
        traffic,
        obstacle,
    }
}

fn rights() -> String {
    format!("no right to capture; start it as `sudo {} view`", privilege::executable().display())
}

/// Packets that an adapter has sent and received.
fn packets(name: &str) -> u64 {
    let folder = Path::new("/sys/class/net").join(name).join("statistics");
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).ok()?.trim().parse::<u64>().ok();
    read("rx_packets").unwrap_or(0) + read("tx_packets").unwrap_or(0)
}
