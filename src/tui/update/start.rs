//! Keys of the start page.

use super::{prompt, tick};
use crate::tui::state::{Ask, Effect, State};
use ratatui::crossterm::event::{KeyCode, KeyEvent};

/// Handles a key.
pub(super) fn key(state: &mut State, key: &KeyEvent) -> Effect {
    let Some(start) = &mut state.start else { return Effect::None };
    let len = start.adapters.len();
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => start.scroll.by(-1, len),
        KeyCode::Down | KeyCode::Char('j') => start.scroll.by(1, len),
        KeyCode::Home => start.scroll.to(0, len),
        KeyCode::End | KeyCode::Char('G') => start.scroll.to(len, len),
        KeyCode::Char('o') => prompt::open(state, Ask::Open, ""),
        KeyCode::Esc if state.session.is_some() => state.start = None,
        KeyCode::Enter => {
            let Some(adapter) = start.adapters.get(start.scroll.cursor) else { return Effect::None };
            match &adapter.obstacle {
                Some(obstacle) => state.message = Some(format!("{}: {obstacle}", adapter.name)),
                None => {
                    let name = adapter.name.clone();
                    tick::capture(state, &name, &[]);
                }
            }
        }
        _ => {}
    }
    Effect::None
}
