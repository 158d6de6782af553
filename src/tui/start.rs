//! The start page: the adapters of this machine, and their present traffic.

use super::state::Scroll;
use crate::capture::interfaces::{self, Interface, Kind, State as Link};
use crate::capture::privilege;
use crate::text::harmless;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Points of a sparkline.
const POINTS: usize = 24;
/// The time between two counts of the adapters' packets.
const EVERY: Duration = Duration::from_millis(500);

/// The page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// The adapters; those with probable traffic come first.
    pub(crate) adapters: Vec<Adapter>,
    /// Cursor and first visible adapter.
    pub(crate) scroll: Scroll,
    /// Why the adapters could not be listed; `None` if they were.
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
    /// Packets in each of the last intervals, the oldest first.
    pub(crate) traffic: Vec<u64>,
    /// Why it cannot be captured on, and the remedy; `None` if it can.
    pub(crate) obstacle: Option<String>,
}

impl Start {
    /// Lists and counts the adapters, if the time has come. `may` is whether this user may capture.
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

    /// Updates the page with the adapters of the system, whether the user may capture, and the packets of each
    /// adapter.
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
            // The cursor begins at the first adapter that leads to other machines, else at the first.
            None => found.iter().position(leads_somewhere),
        };
        self.scroll.cursor = place.unwrap_or(self.scroll.cursor);
    }
}

/// Whether an adapter can lead to other machines.
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

/// Packets that an adapter has sent and received since it exists.
fn packets(name: &str) -> u64 {
    let folder = Path::new("/sys/class/net").join(name).join("statistics");
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).ok()?.trim().parse::<u64>().ok();
    read("rx_packets").unwrap_or(0) + read("tx_packets").unwrap_or(0)
}
