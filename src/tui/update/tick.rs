//! The effects of time without keys: frames come, panes are ready, captures begin and end.

use super::look_for_exchanges;
use crate::text::plural;
use crate::tui::live::News;
use crate::tui::panes::Kind;
use crate::tui::session::Session;
use crate::tui::start::Start;
use crate::tui::state::{Exchanges, State};
use std::sync::mpsc::TryRecvError;
use std::time::Duration;

/// Takes the results of all work in the background. Returns whether the screen may have changed.
pub(crate) fn tick(state: &mut State) -> bool {
    look(state);
    let goes_on = goes_on(state);
    // Work that ended since the last tick may have changed the screen, too.
    std::mem::replace(&mut state.went_on, goes_on) || goes_on
}

/// Whether any work goes on in the background.
fn goes_on(state: &State) -> bool {
    let reads = |session: &Session| !session.read().is_complete() || session.origin.grows();
    let filters = |session: &Session| session.sift.as_ref().is_some_and(|sift| !sift.is_done());
    state.start.is_some()
        || state.coming.is_some()
        || state.exchanges_coming.is_some()
        || state.seek.is_some()
        || state.live.as_ref().is_some_and(|live| live.running)
        || state.session.as_ref().is_some_and(|session| reads(session) || filters(session))
}

fn look(state: &mut State) {
    let may = state.live.as_ref().is_some_and(|live| live.may());
    if let Some(start) = &mut state.start {
        start.tick(may);
    }
    news(state);
    if let Some(coming) = &state.coming {
        match coming.try_recv() {
            Ok(Ok(pane)) => (state.pane, state.coming, state.message) = (Some(pane), None, None),
            Ok(Err(why)) => (state.message, state.coming) = (Some(why), None),
            Err(TryRecvError::Disconnected) => state.coming = None,
            Err(TryRecvError::Empty) => {}
        }
    }
    if let Some(coming) = &state.exchanges_coming {
        match coming.try_recv() {
            Ok(Ok(exchanges)) => {
                offer_lab_filter(state, &exchanges);
                (state.exchanges, state.exchanges_coming) = (Some(exchanges), None);
                state.exchanges_of.took = state.exchanges_of.begun.map_or(Duration::ZERO, |at| at.elapsed());
                super::pane::ladder_anew(state);
            }
            Ok(Err(_)) | Err(TryRecvError::Disconnected) => state.exchanges_coming = None,
            Err(TryRecvError::Empty) => {}
        }
        super::pane::ladder_is_ready(state);
    }
    sought(state);
    refresh_exchanges(state);
    let Some(session) = &state.session else { return };
    let (complete, len) = (session.read().is_complete(), session.len());
    if state.follow && len > 0 && state.list.cursor + 1 != len {
        state.list.to(len, len);
        state.moved();
    }
    if complete {
        if let Some(remark) = state.session.as_mut().and_then(Session::remark) {
            state.message = Some(remark);
        }
        look_for_exchanges(state);
        filter_anew(state);
    }
}

/// Filters again after the whole capture was read, if the result can depend on later frames.
fn filter_anew(state: &mut State) {
    let Some(session) = &mut state.session else { return };
    let Some((text, filter)) = session
        .sift
        .as_ref()
        .filter(|sift| !sift.is_final)
        .map(|sift| (sift.text.clone(), sift.filter.clone()))
    else {
        return;
    };
    if let Err(why) = session.filter(&text, filter) {
        state.message = Some(why);
    }
}

/// The least time between two searches for the exchanges of a growing capture.
const EVERY: Duration = Duration::from_millis(400);
/// These searches take at most one part in this many of the time.
const PART: u32 = 4;
/// The most frames up to which they are repeated without a ladder on the screen, for the sentence about a packet.
const FEW: u32 = 50_000;

/// Searches for the exchanges again while frames come, so that a ladder on the screen grows.
fn refresh_exchanges(state: &mut State) {
    let Some(session) = state.session.as_ref().filter(|session| session.origin.grows()) else { return };
    let (frames, looked) = (session.read().len(), state.exchanges_of);
    let wanted = frames <= FEW || state.pane.as_ref().is_some_and(|pane| pane.kind == Kind::Ladder);
    let rest = EVERY.max(looked.took * PART);
    if wanted && frames != looked.frames && looked.begun.is_none_or(|at| at.elapsed() >= rest) {
        super::exchanges_anew(state);
    }
}

/// Takes the result of a search.
fn sought(state: &mut State) {
    let Some(seek) = &state.seek else { return };
    let text = &seek.text;
    let found = match seek.found.try_recv() {
        Err(TryRecvError::Empty) => return,
        Err(TryRecvError::Disconnected) => None,
        Ok(Err(why)) => {
            state.message = Some(why);
            None
        }
        Ok(Ok(Some(line))) => {
            state.message = Some(format!("found `{text}`; n the next one, N the one before"));
            Some(line)
        }
        Ok(Ok(None)) => {
            state.message = Some(format!("`{text}` is in none of the {} packets", seek.lines));
            None
        }
    };
    state.seek = None;
    if let Some((line, session)) = found.zip(state.session.as_ref()) {
        state.list.to(line, session.len());
        state.follow = false;
        state.moved();
    }
}

/// Offers the lab's own filter if the capture holds the lab's traffic among other traffic.
fn offer_lab_filter(state: &mut State, exchanges: &Exchanges) {
    let filter = format!("tcp.port == {}", state.lab.communicator.port);
    if exchanges.ladders.is_empty() || state.history.contains(&filter) {
        return;
    }
    // During a live capture, the line is needed for its progress.
    let is_free = |session: &Session| session.sift.is_none() && !session.origin.grows();
    if let Some(session) = state.session.as_ref().filter(|session| is_free(session))
        && state.message.is_none()
    {
        // The number of packets stays in the line, which is the place to look for it.
        let all = session.read().len();
        let packets = format!("{all} packet{}", plural(all));
        state.message = Some(format!("{packets}; the lab's: f ↑ Enter ({filter})"));
    }
    state.history.push(filter);
}

fn news(state: &mut State) {
    let Some(live) = &mut state.live else { return };
    match live.news() {
        News::None => {}
        News::Begun(origin) => match Session::open(origin, state.rules.clone()) {
            Ok(session) => {
                let keep = state.session.as_ref().and_then(|s| s.sift.as_ref()).map(|sift| sift.text.clone());
                state.set_session(session);
                state.message = None;
                if let Some(text) = keep.or(state.waiting.take()) {
                    super::prompt::apply(state, &text);
                }
            }
            Err(why) => state.message = Some(why),
        },
        News::Ended(words) => {
            // The final exchanges are known only now.
            (state.exchanges, state.exchanges_coming) = (None, None);
            state.follow = false;
            if state.session.is_none() {
                adapters(state);
            }
            let holds = state.session.as_ref().is_some_and(|session| session.read().len() > 0);
            state.message = Some(ended(&words, holds));
        }
    }
}

/// The message when a capture has ended: its counts, without the name of its temporary file.
fn ended(words: &str, holds_packets: bool) -> String {
    let Some((before, path)) = words.split_once(" written to ") else { return words.to_owned() };
    let counts = before.rsplit_once(", ").map_or(before, |(counts, _)| counts);
    let lost = path.rsplit_once(", ").map(|(_, last)| last).filter(|last| last.ends_with(" lost"));
    let lost = lost.map(|lost| format!(", {lost}")).unwrap_or_default();
    format!("{counts}{lost}{}", if holds_packets { "; w saves them" } else { "" })
}

/// Begins a capture.
pub(crate) fn capture(state: &mut State, interface: &str, bpf: &[String]) {
    let Some(live) = &mut state.live else {
        let why = "this was started to look at a file; start `labkit view` without one to capture";
        state.message = Some(why.into());
        return;
    };
    match live.start(interface, bpf) {
        Ok(()) => state.message = Some(format!("starting the capture on {interface} …")),
        Err(why) => state.message = Some(why),
    }
}

/// Stops the running capture; if none is running, starts a new one on the same adapter.
pub(crate) fn stop_or_start(state: &mut State) {
    match &mut state.live {
        Some(live) if live.running => live.stop(),
        Some(live) if !live.interface.is_empty() => {
            super::leave(state, crate::tui::state::Leave::Restart);
        }
        _ => state.message = Some("no capture runs; a shows the adapters".into()),
    }
}

/// Starts a new capture in place of the last one.
pub(crate) fn restart(state: &mut State) {
    match &mut state.live {
        Some(live) if !live.interface.is_empty() => {
            if let Err(why) = live.again() {
                state.message = Some(why);
            }
        }
        _ => state.message = Some("no capture runs; a shows the adapters".into()),
    }
}

/// Goes to the start page with the adapters, and ends a running capture.
pub(crate) fn adapters(state: &mut State) {
    if let Some(live) = &mut state.live
        && live.running
    {
        live.stop();
    }
    let mut start = Start::default();
    start.tick(state.live.as_ref().is_some_and(|live| live.may()));
    state.start = Some(start);
}

#[cfg(test)]
mod tests {
    use super::ended;

    #[test]
    fn the_end_of_a_capture_says_how_to_keep_it_and_not_where_it_lies() {
        let words = "22 frames received, 0 dropped, 22 written to /tmp/labkit-x/capture1.pcapng";
        assert_eq!(ended(words, true), "22 frames received, 0 dropped; w saves them");
        assert_eq!(ended(words, false), "22 frames received, 0 dropped");
        assert_eq!(ended(&format!("{words}, 3 lost"), false), "22 frames received, 0 dropped, 3 lost");
        assert_eq!(ended("no such device", true), "no such device");
    }
}
