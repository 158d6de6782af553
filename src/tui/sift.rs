//! A running display filter: a thread goes through the whole capture and notes the frames that match.

use super::origin::Origin;
use crate::conversation::Hindsight;
use crate::filter::Filter;
use crate::packet::Packet;
use crate::pump::{self, Gate, Looks, Needs, Outlets, Sink};
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Parts of the names of fields whose values can depend on later frames.
const LATER: [&str; 14] = [
    "completeness",
    "frame.protocols",
    "http",
    "icmp",
    "initial_rtt",
    "next_request",
    "reassembled",
    "resp_in",
    "response_in",
    "segment",
    "ssh",
    "tls",
    "window_size",
    "_ws.",
];

/// Whether a filter names such a field.
fn asks(text: &str) -> bool {
    LATER.iter().any(|field| text.contains(field))
}

/// A running or finished filter, and the frames that match so far.
pub(crate) struct Sift {
    /// The filter as it was typed.
    pub(crate) text: String,
    /// The compiled filter.
    pub(crate) filter: Filter,
    /// Whether the result cannot change when the capture has been read to its end.
    pub(crate) is_final: bool,
    state: Arc<State>,
    stop: Arc<AtomicBool>,
    position: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    matches: Mutex<Vec<u32>>,
    done: AtomicBool,
}

impl Sift {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the capture cannot be opened again, or the thread cannot be started.
    pub(crate) fn start(
        text: &str,
        filter: Filter,
        origin: &Origin,
        hindsight: Option<Hindsight>,
    ) -> Result<Sift, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut source = origin.open(&stop).map_err(|error| error.to_string())?;
        let (state, position) = (Arc::new(State::default()), source.progress());
        let shared = state.clone();
        // In a growing capture, the user waits for each frame.
        let at_once = origin.grows();
        let kept = filter.clone();
        let is_final = hindsight.is_some() || !asks(text);
        let work = move || {
            let mut notes = Notes { state: shared.clone(), fresh: Vec::new(), at_once };
            // The reader of the capture itself reports damage.
            let (mut gate, mut outlets) = (Display(filter), Outlets { sink: Some(&mut notes), copy: None });
            let _ = match hindsight {
                Some(hindsight) => pump::pump_again(&mut source, &mut gate, None, &mut outlets, &hindsight),
                None => pump::pump(&mut source, &mut gate, None, &mut outlets),
            };
            shared.done.store(true, Ordering::Release);
        };
        let thread = std::thread::Builder::new().name("filter".into()).spawn(work);
        thread.map_err(|error| format!("cannot start a thread for the filter: {error}"))?;
        Ok(Sift { text: text.to_owned(), filter: kept, is_final, state, stop, position })
    }

    /// Numbers of the frames that match, in order.
    pub(crate) fn matches(&self) -> MutexGuard<'_, Vec<u32>> {
        self.state.matches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it has gone through the whole capture, or the user has stopped it.
    pub(crate) fn is_done(&self) -> bool {
        self.state.done.load(Ordering::Acquire)
    }

    /// Whether the user has stopped it.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Its position, in bytes of the file.
    pub(crate) fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Stops it; the frames found so far stay.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Sift {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A gate that passes the packets that match a display filter.
struct Display(Filter);

impl Gate for Display {
    fn looks(&self) -> Looks {
        Looks { at_frames: false, inside: true, early: self.0.judge() }
    }

    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        self.0.matches(packet)
    }
}

/// A sink that notes the numbers of packets.
struct Notes {
    state: Arc<State>,
    fresh: Vec<u32>,
    /// Whether each number is published as soon as it is found.
    at_once: bool,
}

impl Notes {
    fn hand_over(&mut self) {
        let mut matches = self.state.matches.lock().unwrap_or_else(PoisonError::into_inner);
        matches.append(&mut self.fresh);
    }
}

impl Sink for Notes {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.fresh.push(packet.context.frame.no.0 as u32);
        // The first ones are published at once, so that there is something to see.
        if self.at_once || self.fresh.len() >= 1024 || packet.context.frame.no.0 < 1024 {
            self.hand_over();
        }
        Ok(ControlFlow::Continue(()))
    }

    fn needs(&self) -> Needs {
        Needs { streams: false, ..Needs::default() }
    }

    fn idle(&mut self) -> io::Result<()> {
        self.hand_over();
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.hand_over();
        Ok(())
    }
}
