//! Keys of the details tree.

use crate::tui::state::State;
use crate::view::details::DetailLine;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use std::collections::HashSet;

/// The key under which a node of the tree counts as open: the same in all packets.
pub(crate) fn key_of(line: &DetailLine) -> String {
    match line.field {
        Some(field) => format!("{}/{}", line.depth, field.name),
        // A heading has no field; its text up to a value identifies it.
        None => format!("{}/{}", line.depth, line.text.split([':', '(', ',']).next().unwrap_or_default()),
    }
}

/// The visible lines of the tree: index; and `Some` for a node, true if it is open.
pub(crate) fn visible(lines: &[DetailLine], opened: &HashSet<String>) -> Vec<(usize, Option<bool>)> {
    let mut out = Vec::new();
    let mut closed_at = None;
    for (i, line) in lines.iter().enumerate() {
        if closed_at.is_some_and(|depth| line.depth > depth) {
            continue;
        }
        closed_at = None;
        let node = lines.get(i + 1).is_some_and(|next| next.depth > line.depth);
        let open = node.then(|| opened.contains(&key_of(line)));
        if open == Some(false) {
            closed_at = Some(line.depth);
        }
        out.push((i, open));
    }
    out
}

/// Calls `f` with the lines of the packet under the cursor; `None` without a packet.
pub(super) fn with<T>(state: &mut State, f: impl FnOnce(&mut State, &[DetailLine]) -> T) -> Option<T> {
    let no = state.current()?;
    let lines = state.session.as_mut()?.show(no)?.lines.clone();
    Some(f(state, &lines))
}

/// Handles a key.
pub(super) fn key(state: &mut State, key: &KeyEvent) {
    let page = state.areas.details.height.max(2) as isize - 1;
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => by(state, -1),
        KeyCode::Down | KeyCode::Char('j') => by(state, 1),
        KeyCode::PageUp => by(state, -page),
        KeyCode::PageDown => by(state, page),
        KeyCode::Home => by(state, isize::MIN),
        KeyCode::End | KeyCode::Char('G') => by(state, isize::MAX),
        KeyCode::Right | KeyCode::Char('l') => fold(state, Some(true)),
        KeyCode::Left | KeyCode::Char('h') => fold(state, Some(false)),
        KeyCode::Enter | KeyCode::Char(' ') => fold(state, None),
        KeyCode::Char('E') => all(state, true),
        KeyCode::Char('C') => all(state, false),
        KeyCode::Char('i') => state.names = !state.names,
        _ => {}
    }
    mark(state);
}

/// Moves the cursor by some lines.
pub(super) fn by(state: &mut State, lines: isize) {
    with(state, |state, all| {
        let len = visible(all, &state.opened).len();
        state.details.by(lines, len);
    });
    mark(state);
}

/// Handles a click: the first moves the cursor, a second folds or unfolds.
pub(super) fn click(state: &mut State, line: usize) {
    if state.details.cursor == line {
        fold(state, None);
    } else {
        with(state, |state, all| state.details.to(line, visible(all, &state.opened).len()));
    }
    mark(state);
}

/// Index of the line under the cursor.
pub(super) fn current(state: &State, lines: &[DetailLine]) -> Option<usize> {
    visible(lines, &state.opened).get(state.details.cursor).map(|(i, _)| *i)
}

/// Unfolds the node under the cursor (`Some(true)`); folds it, or moves to the node around it (`Some(false)`); or
/// folds an open node and unfolds a closed one (`None`).
fn fold(state: &mut State, open: Option<bool>) {
    with(state, |state, lines| {
        let shown = visible(lines, &state.opened);
        let Some((at, is_open)) = shown.get(state.details.cursor).copied() else { return };
        let Some(line) = lines.get(at) else { return };
        match (is_open, open) {
            (Some(false), Some(true) | None) => {
                state.opened.insert(key_of(line));
            }
            (Some(true), Some(false) | None) => {
                state.opened.remove(&key_of(line));
            }
            (_, Some(false)) => {
                let outer = lines.iter().take(at).rposition(|outer| outer.depth < line.depth);
                let place = outer.and_then(|outer| shown.iter().position(|(i, _)| *i == outer));
                state.details.cursor = place.unwrap_or(state.details.cursor);
            }
            (Some(true), Some(true)) => state.details.cursor += 1,
            _ => {}
        }
    });
}

fn all(state: &mut State, open: bool) {
    with(state, |state, lines| {
        let nodes = lines.iter().zip(lines.iter().skip(1)).filter(|(line, next)| next.depth > line.depth);
        if open {
            state.opened.extend(nodes.map(|(line, _)| key_of(line)));
        } else {
            nodes.for_each(|(line, _)| {
                state.opened.remove(&key_of(line));
            });
        }
    });
}

/// Moves the bytes pane to the bytes of the field under the cursor.
fn mark(state: &mut State) {
    with(state, |state, lines| {
        if let Some(at) = current(state, lines).and_then(|i| lines.get(i)).map(|line| line.at)
            && at.len > 0
        {
            state.source = at.source.into();
            state.bytes.cursor = at.start as usize;
        }
    });
}

/// Moves the cursor to the innermost field that holds a byte, and opens the nodes around it.
pub(super) fn select(state: &mut State, source: usize, byte: usize) {
    with(state, |state, lines| {
        let holds = |line: &DetailLine| {
            let (start, end) = (line.at.start as usize, line.at.end());
            usize::from(line.at.source) == source && start <= byte && byte < end
        };
        let all = lines.iter().enumerate().filter(|(_, line)| holds(line));
        let Some((at, line)) = all.min_by_key(|(i, line)| (line.at.len, std::cmp::Reverse(line.depth), *i))
        else {
            return;
        };
        let mut depth = line.depth;
        for outer in lines.iter().take(at).rev() {
            if outer.depth < depth {
                depth = outer.depth;
                state.opened.insert(key_of(outer));
            }
        }
        let shown = visible(lines, &state.opened);
        state.details.cursor = shown.iter().position(|(i, _)| *i == at).unwrap_or(0);
    });
}
