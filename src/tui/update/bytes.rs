//! Keys of the bytes pane. The byte under the cursor selects its field in the details.

use super::details;
use crate::tui::draw::bytes::{per_line, place};
use crate::tui::state::State;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

/// Handles a key.
pub(super) fn key(state: &mut State, key: &KeyEvent) {
    let row = per_line(state.areas.bytes) as isize;
    let page = (state.areas.bytes.height.max(2) as isize - 1) * row;
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => by(state, -row),
        KeyCode::Down | KeyCode::Char('j') => by(state, row),
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
    let row = per_line(state.areas.bytes);
    // The cursor does not move up from the first row, nor down from the last.
    if bytes.unsigned_abs() != row || to < len && (bytes > 0 || state.bytes.cursor >= row) {
        state.bytes.to(to, len);
    }
    details::select(state, state.source, state.bytes.cursor);
}

/// Handles a click on a row and a column of the screen.
pub(super) fn click(state: &mut State, row: usize, column: u16) {
    let at = usize::from(column.saturating_sub(state.areas.bytes.x));
    let per_line = per_line(state.areas.bytes);
    let Some(place) = place(at, per_line) else { return };
    let byte = (state.bytes.top + row) * per_line + place;
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
