//! The effects of keys, the mouse and time on the state.

mod bytes;
mod copy;
mod details;
mod list;
mod mouse;
mod pane;
pub(crate) mod prompt;
mod start;
pub(crate) mod tick;

pub(crate) use details::visible;

use super::panes::{self, help};
use super::state::{Ask, Effect, Focus, Leave, Looked, State};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::time::Instant;

/// Handles an event of the terminal.
pub(crate) fn event(state: &mut State, event: &Event) -> Effect {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => self::key(state, key),
        Event::Mouse(mouse) => mouse::event(state, mouse),
        Event::Paste(text) => {
            if let Some(prompt) = &mut state.prompt {
                prompt.edit.insert(text);
            }
            Effect::None
        }
        Event::Resize(..) => Effect::Redraw,
        _ => Effect::None,
    }
}

/// Handles a key.
pub(crate) fn key(state: &mut State, key: &KeyEvent) -> Effect {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('z') if control => return Effect::Suspend,
        KeyCode::Char('l') if control => return Effect::Redraw,
        KeyCode::Char('c') if control && state.prompt.is_none() => return leave(state, Leave::Quit),
        _ => {}
    }
    if state.prompt.is_some() {
        return prompt::key(state, key);
    }
    state.message = None;
    if let (true, KeyCode::Char('y' | 'Y')) = (state.pane.is_some(), key.code) {
        return copy::of_pane(state, key.code);
    }
    if let Some(pane) = &state.pane
        && pane::key(state, pane.kind, key)
    {
        return Effect::None;
    }
    if control && !matches!(key.code, KeyCode::Char('b' | 'f' | 'd' | 'u')) {
        return Effect::None;
    }
    match key.code {
        KeyCode::Char('q') => return leave(state, Leave::Quit),
        KeyCode::Char('?') | KeyCode::F(1) => state.pane = Some(help::make()),
        _ if state.start.is_some() => return start::key(state, key),
        _ if state.session.is_none() => {}
        _ => return of_session(state, key),
    }
    Effect::None
}

/// Handles keys that do the same in all three panes, and passes others to the pane.
fn of_session(state: &mut State, key: &KeyEvent) -> Effect {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Tab => state.focus = next(state.focus, 1),
        KeyCode::BackTab => state.focus = next(state.focus, 2),
        KeyCode::Char('z') => state.zoom = !state.zoom,
        KeyCode::Char('+') => resize(state, 1),
        KeyCode::Char('-') => resize(state, -1),
        KeyCode::Char('f') if !control => {
            let text = state.session.as_ref().and_then(|s| s.sift.as_ref()).map(|sift| sift.text.clone());
            prompt::open(state, Ask::Filter, &text.unwrap_or_default());
        }
        KeyCode::Char('g') => prompt::open(state, Ask::Number, ""),
        KeyCode::Char('/') => prompt::open(state, Ask::Search, ""),
        KeyCode::Char('n') => prompt::search(state, true),
        KeyCode::Char('N') => prompt::search(state, false),
        KeyCode::Char('w') => prompt::ask_for_name(state),
        KeyCode::Char('o') => prompt::open(state, Ask::Open, ""),
        KeyCode::Char('c') => prompt::open(state, Ask::Column, ""),
        KeyCode::F(2) => prompt::ask_for_label(state),
        KeyCode::Char('a') => return leave(state, Leave::Adapters),
        KeyCode::Char('x') => tick::stop_or_start(state),
        KeyCode::Char('R') => return leave(state, Leave::Restart),
        KeyCode::Char(digit @ '1'..='9') => {
            let at = digit as usize - '1' as usize;
            match state.saved.get(at).map(|saved| saved.filter.clone()) {
                Some(filter) => prompt::apply(state, &filter),
                None => state.message = Some(format!("there is no saved filter {digit}; F2 saves one")),
            }
        }
        KeyCode::Esc => escape(state),
        KeyCode::Char('y' | 'Y' | 'b' | 'P') if !control => return copy::key(state, key.code),
        KeyCode::Char('F' | 'L' | 'S' | 'O' | 'H' | 'A') => pane::open(state, key.code),
        KeyCode::Char('=' | '!' | '&' | 'p') => prompt::from_field(state, key.code),
        KeyCode::Char('[') => list::in_conversation(state, false),
        KeyCode::Char(']') => list::in_conversation(state, true),
        KeyCode::Char('t' | 'T' | 'm' | 'M' | '<' | '>' | ',' | '.' | '0') => list::look(state, key.code),
        _ => match state.focus {
            Focus::List => list::key(state, key),
            Focus::Details => details::key(state, key),
            Focus::Bytes => bytes::key(state, key),
        },
    }
    Effect::None
}

fn next(focus: Focus, steps: usize) -> Focus {
    const ORDER: [Focus; 3] = [Focus::List, Focus::Details, Focus::Bytes];
    let at = ORDER.iter().position(|f| *f == focus).unwrap_or(0);
    ORDER[(at + steps) % ORDER.len()]
}

/// Gives the pane with the focus more room, or less.
fn resize(state: &mut State, by: i16) {
    let share = &mut state.shares.0[state.focus as usize];
    // After dragging with the mouse, shares are heights in lines, so a step is more than 1.
    let step = by * (*share as i16 / 8).max(1);
    *share = share.saturating_add_signed(step).clamp(1, 200);
}

/// Ends one thing at a time, the innermost first: search, filter run, filter.
fn escape(state: &mut State) {
    if state.seek.take().is_some() {
        state.message = Some("the search has stopped".into());
        return;
    }
    let Some(session) = &mut state.session else { return };
    match &session.sift {
        Some(sift) if !sift.is_done() && !sift.is_stopped() && !session.origin.grows() => {
            sift.stop();
            state.message = Some("the filter has stopped; Esc shows all packets again".into());
        }
        Some(_) => prompt::apply(state, ""),
        None => state.zoom = false,
    }
}

/// Leaves the capture; asks first if an unsaved capture would be lost.
pub(crate) fn leave(state: &mut State, why: Leave) -> Effect {
    let holds_packets = state.session.as_ref().is_some_and(|session| session.read().len() > 0);
    if holds_packets && state.live.as_ref().is_some_and(|live| !live.saved) {
        prompt::open(state, Ask::Leave(why), "");
        return Effect::None;
    }
    left(state, why)
}

/// Does what the user wanted to leave the capture for.
pub(crate) fn left(state: &mut State, why: Leave) -> Effect {
    match why {
        Leave::Quit => return Effect::Quit,
        Leave::Restart => tick::restart(state),
        Leave::Adapters => tick::adapters(state),
    }
    Effect::None
}

/// Starts a search for the lab's exchanges, unless they are known.
pub(crate) fn look_for_exchanges(state: &mut State) {
    if state.exchanges.is_none() {
        exchanges_anew(state);
    }
}

/// Starts a search for the lab's exchanges, also if they are known, unless one is running.
pub(crate) fn exchanges_anew(state: &mut State) {
    let Some(session) = state.session.as_ref().filter(|_| state.exchanges_coming.is_none()) else { return };
    let (origin, lab) = (session.origin.clone(), state.lab.clone());
    state.exchanges_of =
        Looked { frames: session.read().len(), begun: Some(Instant::now()), ..state.exchanges_of };
    state.exchanges_coming = Some(panes::in_thread(move || {
        panes::ladder::exchanges(&origin, &lab).map(|report| super::state::Exchanges::of(&report))
    }));
}
