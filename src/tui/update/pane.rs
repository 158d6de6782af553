//! Panes in front of the three: opening them, their keys, and the step mode.

use super::prompt;
use crate::tui::panes::follow::{self, Followed};
use crate::tui::panes::{self, Kind, Pane, answers, conversations, hierarchy, ladder};
use crate::tui::state::{Ask, State};
use ratatui::crossterm::event::{KeyCode, KeyEvent};

/// Opens the pane that belongs to a key.
pub(super) fn open(state: &mut State, key: KeyCode) {
    // A pane that is still being made is not wanted any more.
    state.coming = None;
    let Some(session) = &state.session else { return };
    let origin = session.origin.clone();
    match key {
        KeyCode::Char('F') => return follow_stream(state),
        KeyCode::Char('L' | 'S') => return open_ladder(state, key == KeyCode::Char('S')),
        KeyCode::Char('O') => {
            let shared = session.shared();
            state.coming = Some(panes::in_thread(move || conversations::make(&origin, &shared)));
        }
        KeyCode::Char('H') => state.coming = Some(panes::in_thread(move || hierarchy::make(&origin))),
        _ => {
            let lab = state.lab.clone();
            let work = move || ladder::exchanges(&origin, &lab).map(|report| answers::make(&report));
            state.coming = Some(panes::in_thread(work));
        }
    }
    state.message = Some("going through the capture …".into());
}

fn follow_stream(state: &mut State) {
    let Some((session, no)) = state.session.as_ref().zip(state.current()) else { return };
    let of = session.read().entry(no).and_then(|entry| entry.conversation());
    match of {
        Some(of) => follow(state, Followed::new(of)),
        None => state.message = Some("this packet belongs to no conversation of TCP or UDP".into()),
    }
}

fn follow(state: &mut State, followed: Followed) {
    let Some(session) = &state.session else { return };
    let origin = session.origin.clone();
    state.coming = Some(panes::in_thread(move || follow::make(&origin, followed)));
    state.message = Some("going through the capture …".into());
}

/// Searches the pane's lines from the cursor on, and around the end.
pub(super) fn search(state: &mut State, forward: bool) {
    let Some((_, text)) = state.search.as_ref().filter(|(_, text)| !text.is_empty()) else {
        state.message = Some("nothing was searched for yet; / searches".into());
        return;
    };
    let Some(pane) = &mut state.pane else { return };
    let (len, wanted, from) = (pane.len(), text.to_lowercase(), pane.scroll.cursor);
    let step = |steps: usize| (if forward { from + steps } else { from + len - steps }) % len;
    let holds =
        |at: &usize| pane.lines.get(*at).is_some_and(|line| line.text.to_lowercase().contains(&wanted));
    match (1..=len).map(step).find(holds) {
        Some(at) => pane.scroll.to(at, len),
        None => state.message = Some(format!("`{text}` is in none of these lines")),
    }
}

/// Handles a key that only some panes have. Returns whether it was one.
fn own_key(state: &mut State, kind: Kind, code: KeyCode) -> bool {
    let Some(pane) = &state.pane else { return false };
    match (kind, code, pane.followed, pane.frame()) {
        (Kind::Follow, KeyCode::Char('x'), Some(followed), _) => {
            follow(state, Followed { hex: !followed.hex, ..followed });
        }
        (Kind::Follow, KeyCode::Char('d'), Some(followed), _) => follow(state, followed.next_side()),
        (Kind::Conversations, KeyCode::Char('=' | '!' | '&' | 'p'), _, Some(frame)) => {
            state.pane = None;
            prompt::from_conversation(state, code, frame);
        }
        _ => return false,
    }
    true
}

/// The heading of a ladder in step mode.
const STEPPING: &str = "Ladder, step by step: space or → next, ← back";

/// Opens the pane of the ladder, which is filled once the exchanges are known.
fn open_ladder(state: &mut State, step: bool) {
    super::look_for_exchanges(state);
    let mut waiting = Pane::new(Kind::Ladder, "Ladder", Vec::new());
    waiting.step = step.then(|| state.current().unwrap_or(1));
    state.pane = Some(waiting);
    ladder_is_ready(state);
}

/// Fills an open, empty ladder once the exchanges are known.
pub(super) fn ladder_is_ready(state: &mut State) {
    let now = state.current().unwrap_or(1);
    let Some(pane) = state.pane.as_mut().filter(|p| p.kind == Kind::Ladder && p.lines.is_empty()) else {
        return;
    };
    let Some(exchanges) = &state.exchanges else { return };
    let step = pane.step;
    // In step mode, the packet that was under the cursor when the pane was opened: a list that follows its end has
    // moved since.
    let no = step.unwrap_or(now);
    *pane = ladder::make(exchanges, state.lab.communicator.port, no);
    if step.is_some() {
        pane.title = STEPPING.into();
        // Steps begin at the packet under the cursor, or at the first one if no packet of the exchanges follows.
        let frames = || pane.lines.iter().filter_map(|line| line.frame);
        let first = match frames().max().is_some_and(|last| no < last) {
            true => frames().find(|frame| *frame >= no),
            false => frames().next(),
        };
        // If there is no packet yet, one may still come.
        pane.step = first.or(step);
        step_to(state, first);
    }
}

/// Updates the ladder while frames come. The cursor stays at its packet, or at the end.
pub(super) fn ladder_anew(state: &mut State) {
    let Some(pane) = state.pane.as_mut().filter(|p| p.kind == Kind::Ladder && !p.lines.is_empty()) else {
        return;
    };
    let Some(exchanges) = &state.exchanges else { return };
    let (frame, step, top) = (pane.frame(), pane.step, pane.scroll.top);
    let at_end = step.is_none() && pane.scroll.cursor + 1 >= pane.lines.len();
    let title = std::mem::take(&mut pane.title);
    *pane = ladder::make(exchanges, state.lab.communicator.port, frame.unwrap_or(1));
    (pane.title, pane.step, pane.scroll.top) = (title, step, top);
    if at_end {
        pane.scroll.cursor = pane.lines.len().saturating_sub(1);
    }
    // A step mode that began before there was a packet starts at the first one.
    if frame.is_none() && step.is_some() {
        let first = pane.lines.iter().find_map(|line| line.frame);
        step_to(state, first);
    }
}

fn pane_step(state: &State) -> Option<u32> {
    state.pane.as_ref()?.step
}

/// Shows the ladder up to a packet, and moves the three panes to that packet.
fn step_to(state: &mut State, frame: Option<u32>) {
    let Some(frame) = frame else { return };
    if let Some(pane) = &mut state.pane {
        pane.step = Some(frame);
        pane.scroll.cursor = pane.place_of(frame).unwrap_or(0);
    }
    state.go_to(frame);
}

/// Handles a key. Returns whether it was one for the pane.
pub(super) fn key(state: &mut State, kind: Kind, key: &KeyEvent) -> bool {
    if own_key(state, kind, key.code) {
        return true;
    }
    let page = state.page.max(2) as isize;
    let Some(pane) = &mut state.pane else { return false };
    let len = pane.len();
    let stepping = pane.step.is_some();
    match key.code {
        KeyCode::Char(' ') | KeyCode::Right | KeyCode::Char('n') if stepping => step(state, true),
        KeyCode::Left | KeyCode::Char('p') if stepping => step(state, false),
        KeyCode::Up | KeyCode::Char('k') => pane.scroll.by(-1, len),
        KeyCode::Down | KeyCode::Char('j') => pane.scroll.by(1, len),
        KeyCode::PageUp => pane.scroll.by(-page, len),
        KeyCode::PageDown | KeyCode::Char(' ') => pane.scroll.by(page, len),
        KeyCode::Home => pane.scroll.to(0, len),
        KeyCode::End | KeyCode::Char('G') => pane.scroll.to(len, len),
        KeyCode::Char('/') => prompt::open(state, Ask::Search, ""),
        KeyCode::Char(way @ ('n' | 'N')) => search(state, way == 'n'),
        KeyCode::Enter => {
            let frame = pane.frame();
            state.pane = None;
            match frame {
                Some(frame) => state.go_to(frame),
                None if kind != Kind::Help => state.message = Some("this line leads to no packet".into()),
                None => {}
            }
        }
        KeyCode::Esc | KeyCode::Char('q' | '?') => (state.pane, state.coming) = (None, None),
        // These keys switch to another pane.
        KeyCode::Char('F' | 'L' | 'S' | 'O' | 'H' | 'A') if state.session.is_some() => {
            state.pane = None;
            open(state, key.code);
        }
        _ => {}
    }
    true
}

fn step(state: &mut State, forward: bool) {
    let Some((pane, now)) = state.pane.as_ref().zip(pane_step(state)) else { return };
    let frames = || pane.lines.iter().filter_map(|line| line.frame);
    let next = if forward { frames().find(|f| *f > now) } else { frames().rfind(|f| *f < now) };
    match next {
        Some(frame) => step_to(state, Some(frame)),
        None if forward && state.session.as_ref().is_some_and(|s| s.origin.grows()) => {
            state.message = Some("this is the last packet so far; the ladder grows as packets come".into());
        }
        None if forward => state.message = Some("this is the last packet of the exchanges".into()),
        None => state.message = Some("this is the first packet of the exchanges".into()),
    }
}
