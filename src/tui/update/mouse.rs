//! The mouse: clicks act like keys, the wheel scrolls, and the headings between panes can be dragged.

use super::{bytes, details, key, list, prompt};
use crate::tui::draw::Press;
use crate::tui::draw::bytes::per_line;
use crate::tui::state::{Effect, Focus, State};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// Lines that a step of the wheel scrolls.
const WHEEL: isize = 3;

/// Handles a mouse event.
pub(super) fn event(state: &mut State, mouse: &MouseEvent) -> Effect {
    let at = Position::new(mouse.column, mouse.row);
    // While a prompt is open, the mouse does nothing else.
    if state.prompt.is_some() {
        return Effect::None;
    }
    match mouse.kind {
        MouseEventKind::ScrollUp => wheel(state, at, -WHEEL),
        MouseEventKind::ScrollDown => wheel(state, at, WHEEL),
        MouseEventKind::Down(MouseButton::Left) => return click(state, at),
        MouseEventKind::Drag(MouseButton::Left) => drag(state, at),
        MouseEventKind::Up(_) => state.held = None,
        _ => {}
    }
    Effect::None
}

fn wheel(state: &mut State, at: Position, lines: isize) {
    if let Some(pane) = &mut state.pane {
        let len = pane.len();
        return pane.scroll.by(lines, len);
    }
    if let Some(start) = &mut state.start {
        return start.scroll.by(lines.signum(), start.adapters.len());
    }
    match state.areas.at(at) {
        Some((Focus::List, _)) => list::by(state, lines),
        Some((Focus::Details, _)) => details::by(state, lines),
        Some((Focus::Bytes, _)) => bytes::by(state, lines * per_line(state.areas.bytes) as isize),
        None => {}
    }
}

fn click(state: &mut State, at: Position) -> Effect {
    let press = |state: &mut State, code| key(state, &KeyEvent::new(code, KeyModifiers::NONE));
    match state.areas.button(at) {
        Some(Press::Key(code)) => return press(state, code),
        Some(Press::Saved(number)) => {
            if let Some(filter) = state.saved.get(number).map(|saved| saved.filter.clone())
                && state.session.is_some()
            {
                prompt::apply(state, &filter);
            }
            return Effect::None;
        }
        None => {}
    }
    // A click on the line under the cursor enters it; a click on another line moves the cursor.
    if let Some(pane) = &mut state.pane {
        let area = state.areas.pane;
        if !area.contains(at) {
            return Effect::None;
        }
        let (line, len) = (pane.scroll.top + usize::from(at.y - area.y), pane.len());
        let entered = line == pane.scroll.cursor && line < len;
        pane.scroll.to(line, len);
        return if entered { press(state, KeyCode::Enter) } else { Effect::None };
    }
    if let Some(start) = &mut state.start {
        let area = state.areas.start;
        let line = start.scroll.top + usize::from(at.y.saturating_sub(area.y));
        if !area.contains(at) || line >= start.adapters.len() {
            return Effect::None;
        }
        let entered = std::mem::replace(&mut start.scroll.cursor, line) == line;
        return if entered { press(state, KeyCode::Enter) } else { Effect::None };
    }
    in_panes(state, at);
    Effect::None
}

fn in_panes(state: &mut State, at: Position) {
    state.held = state.areas.heading(at);
    let Some((focus, line)) = state.areas.at(at) else { return };
    state.focus = focus;
    match focus {
        Focus::List => list::to(state, state.list.top + line),
        Focus::Details => details::click(state, state.details.top + line),
        Focus::Bytes => bytes::click(state, line, at.x),
    }
}

/// Moves the heading that the mouse drags: one pane loses the lines that the other gains.
fn drag(state: &mut State, at: Position) {
    let Some(held) = state.held.filter(|_| !state.zoom) else { return };
    let all = state.areas.all;
    let heights = [state.areas.list, state.areas.details, state.areas.bytes].map(|area| area.height + 1);
    let row = at.y.saturating_sub(all.y).clamp(2, all.height.saturating_sub(2));
    let top = heights[0];
    let shares = match held {
        0 => [row, (top + heights[1]).saturating_sub(row).max(2), heights[2]],
        _ => [top, row.saturating_sub(top).max(2), all.height.saturating_sub(row.max(top + 2)).max(2)],
    };
    state.shares.0 = shares;
}
