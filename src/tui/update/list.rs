//! Keys of the packet list.

use crate::tui::state::State;
use crate::view::time::TimeFormat;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Handles a key.
pub(super) fn key(state: &mut State, key: &KeyEvent) {
    let page = state.page.max(2) as isize - 1;
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('b') if control => by(state, -page),
        KeyCode::Char('f') if control => by(state, page),
        KeyCode::Char('u') if control => by(state, -page / 2),
        KeyCode::Char('d') if control => by(state, page / 2),
        KeyCode::Up | KeyCode::Char('k') => by(state, -1),
        KeyCode::Down | KeyCode::Char('j') => by(state, 1),
        KeyCode::PageUp => by(state, -page),
        KeyCode::PageDown | KeyCode::Char(' ') => by(state, page),
        KeyCode::Home => to(state, 0),
        KeyCode::End | KeyCode::Char('G') => {
            to(state, usize::MAX);
            // At the end of a growing capture, the list follows new packets.
            state.follow = state.session.as_ref().is_some_and(|s| s.origin.grows());
        }
        KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') => {
            state.focus = crate::tui::state::Focus::Details
        }
        _ => {}
    }
}

/// Moves the cursor by some rows.
pub(super) fn by(state: &mut State, rows: isize) {
    to(state, state.list.cursor.saturating_add_signed(rows));
}

/// Moves the cursor to a row.
pub(super) fn to(state: &mut State, row: usize) {
    let len = state.session.as_ref().map_or(0, |session| session.len());
    let before = state.list.cursor;
    state.list.to(row, len);
    // After the user goes up, the list does not follow new packets.
    state.follow &= state.list.cursor >= before && state.list.cursor + 1 == len;
    if state.list.cursor != before {
        state.moved();
    }
}

/// Goes to the next listed packet of the same conversation, or to the one before.
pub(super) fn in_conversation(state: &mut State, forward: bool) {
    let Some((session, no)) = state.session.as_ref().zip(state.current()) else { return };
    let index = session.read();
    let listed = |no: &u32| session.is_listed(*no);
    let step = |no: u32| match forward {
        true => index.next_of_conversation(no),
        false => index.previous_of_conversation(no),
    };
    let mut found = step(no);
    while let Some(other) = found.filter(|no| !listed(no)) {
        found = step(other);
    }
    let alone = index.entry(no).is_some_and(|entry| entry.conversation().is_none());
    drop(index);
    match found {
        Some(other) => state.go_to(other),
        None if alone => state.message = Some("this packet belongs to no conversation of TCP or UDP".into()),
        None => {
            let end = if forward { "last" } else { "first" };
            state.message = Some(format!("this is the {end} packet of its conversation that is shown"));
        }
    }
}

/// Keys that change how the list looks: time, marks, columns.
pub(super) fn look(state: &mut State, key: KeyCode) {
    match key {
        KeyCode::Char('t') => next_time(state),
        KeyCode::Char('T') => reference(state),
        KeyCode::Char('m') => {
            if let Some(no) = state.current()
                && !state.marks.remove(&no)
            {
                state.marks.insert(no);
            }
        }
        KeyCode::Char('M') => next_mark(state),
        KeyCode::Char('<') => state.column = state.column.saturating_sub(1),
        KeyCode::Char('>') => state.column = (state.column + 1).min(state.widths.len() - 1),
        KeyCode::Char(',') => widen(state, -1),
        KeyCode::Char('.') => widen(state, 1),
        KeyCode::Char('0') if state.hidden.remove(&state.column) => {}
        KeyCode::Char('0') => {
            state.hidden.insert(state.column);
        }
        _ => {}
    }
    if matches!(key, KeyCode::Char('<' | '>' | ',' | '.' | '0')) {
        let name = crate::tui::draw::list::heading(state, state.column);
        let hidden = if state.hidden.contains(&state.column) { ", hidden; 0 shows it" } else { "" };
        state.message = Some(format!("column {name}{hidden}"));
    }
}

fn widen(state: &mut State, by: i16) {
    if let Some(width) = state.widths.get_mut(state.column) {
        *width = (*width + by).clamp(-40, 60);
    }
}

fn next_time(state: &mut State) {
    let Some(session) = &mut state.session else { return };
    let (next, says) = match session.time() {
        TimeFormat::Relative => (TimeFormat::Absolute, "time of day"),
        TimeFormat::Absolute => (TimeFormat::Delta, "seconds since the previous packet"),
        TimeFormat::Delta => (TimeFormat::Epoch, "seconds since 1970"),
        TimeFormat::Epoch | TimeFormat::Seconds(_) => {
            (TimeFormat::Relative, "seconds since the first packet")
        }
    };
    session.set_time(next);
    state.message = Some(format!("Time: {says}"));
}

fn reference(state: &mut State) {
    let Some(no) = state.current() else { return };
    let Some(session) = &mut state.session else { return };
    match session.references.iter().position(|known| *known == no) {
        Some(at) => {
            session.references.remove(at);
            state.message = Some(format!("packet {no} is no longer a time reference"));
        }
        None => {
            session.references.push(no);
            state.message = Some(format!("times count from packet {no} on"));
        }
    }
    session.set_time(TimeFormat::Relative);
}

fn next_mark(state: &mut State) {
    let no = state.current().unwrap_or(0);
    let next = state.marks.range(no + 1..).next().or(state.marks.first()).copied();
    match next {
        Some(no) => state.go_to(no),
        None => state.message = Some("no packet is marked; m marks one".into()),
    }
}
