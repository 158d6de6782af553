//! Keys of the bytes: a byte under the cursor selects its field.

use super::details;
use crate::tui::state::State;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

/// Bytes in a row.
pub(crate) const PER_LINE: usize = 16;

/// Takes a key.
pub(super) fn key(state: &mut State, key: &KeyEvent) {
    let page = (state.areas.bytes.height.max(2) as isize - 1) * PER_LINE as isize;
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => by(state, -(PER_LINE as isize)),
        KeyCode::Down | KeyCode::Char('j') => by(state, PER_LINE as isize),
        KeyCode::Left | KeyCode::Char('h') => by(state, -1),
        KeyCode::Right | KeyCode::Char('l') => by(state, 1),
        KeyCode::PageUp => by(state, -page),
        KeyCode::PageDown => by(state, page),
        KeyCode::Home => by(state, isize::MIN),
        KeyCode::End | KeyCode::Char('G') => by(state, isize::MAX),
        KeyCode::Char('s') => next_source(state),
        _ => {}
    }
}

fn len(state: &mut State) -> usize {
    let Some(no) = state.current() else { return 0 };
    let source = state.source;
    let shown = state.session.as_mut().and_then(|session| session.show(no));
    shown.and_then(|shown| shown.sources.get(source)).map_or(0, |(_, bytes)| bytes.len())
}

/// Moves the cursor by some bytes.
pub(super) fn by(state: &mut State, bytes: isize) {
    let len = len(state);
    let to = state.bytes.cursor.saturating_add_signed(bytes);
    // Up from the first row and down from the last one, it stays.
    if bytes.unsigned_abs() != PER_LINE || to < len && (bytes > 0 || state.bytes.cursor >= PER_LINE) {
        state.bytes.to(to, len);
    }
    details::select(state, state.source, state.bytes.cursor);
}

/// A click on a row and a column of the screen.
pub(super) fn click(state: &mut State, row: usize, column: u16) {
    let at = usize::from(column.saturating_sub(state.areas.bytes.x));
    let Some(place) = crate::tui::draw::bytes::place(at) else { return };
    let byte = (state.bytes.top + row) * PER_LINE + place;
    if byte < len(state) {
        state.bytes.cursor = byte;
        details::select(state, state.source, byte);
    }
}

fn next_source(state: &mut State) {
    let Some(no) = state.current() else { return };
    let sources = state.session.as_mut().and_then(|s| s.show(no)).map_or(1, |shown| shown.sources.len());
    state.source = (state.source + 1) % sources.max(1);
    state.bytes = Default::default();
}
