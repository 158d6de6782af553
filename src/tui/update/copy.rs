//! Copying: to the terminal's clipboard, and to the file that the user has named, if any.

use super::details;
use crate::text::Hex;
use crate::tui::state::{Effect, Focus, State};
use ratatui::crossterm::event::KeyCode;
use std::io::Write as _;

/// Handles a key.
pub(super) fn key(state: &mut State, key: KeyCode) -> Effect {
    let (what, text) = match key {
        KeyCode::Char('y') if state.focus == Focus::Details => ("the line", line(state)),
        KeyCode::Char('y') if state.focus == Focus::Bytes => ("the byte", byte(state)),
        KeyCode::Char('b') => ("the bytes", bytes(state)),
        KeyCode::Char('P') => ("the filter", filter(state)),
        _ => ("the row", row(state)),
    };
    put(state, what, text)
}

/// Handles a key while a pane is in front: copies its line, or all of it.
pub(super) fn of_pane(state: &mut State, key: KeyCode) -> Effect {
    let Some(pane) = &state.pane else { return Effect::None };
    let (what, text) = match key {
        KeyCode::Char('Y') => ("all of it", Some(pane.text())),
        _ => ("the line", pane.lines.get(pane.scroll.cursor).map(|line| line.text.clone())),
    };
    put(state, what, text)
}

/// Copies a text, or says that there is none.
fn put(state: &mut State, what: &str, text: Option<String>) -> Effect {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        state.message = Some("there is nothing to copy".into());
        return Effect::None;
    };
    let mut also = String::new();
    if let Some(path) = &state.copy_file {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        match file.and_then(|mut file| writeln!(file, "{text}")) {
            Ok(()) => also = format!(", and added to {}", path.display()),
            Err(error) => also = format!("; {} cannot be written: {error}", path.display()),
        }
    }
    state.message = Some(format!("copied {what}{also}"));
    Effect::Copy(text)
}

/// The value in the line under the cursor: the text behind the colon, or the whole line without one.
fn line(state: &mut State) -> Option<String> {
    details::with(state, |state, lines| {
        let line = lines.get(details::current(state, lines)?)?;
        Some(line.text.split_once(": ").map_or(line.text.as_str(), |(_, value)| value).to_owned())
    })?
}

fn row(state: &mut State) -> Option<String> {
    let no = state.current()?;
    let session = state.session.as_mut()?;
    session.fetch(&[no]);
    let row = session.row(no)?;
    Some(format!("{no}\t{}", row.cells.join("\t")))
}

fn byte(state: &mut State) -> Option<String> {
    let (no, source, at) = (state.current()?, state.source, state.bytes.cursor);
    let byte = *state.session.as_mut()?.show(no)?.sources.get(source)?.1.get(at)?;
    Some(format!("{byte:02x}"))
}

fn bytes(state: &mut State) -> Option<String> {
    let (no, source) = (state.current()?, state.source);
    let bytes = &state.session.as_mut()?.show(no)?.sources.get(source)?.1;
    Some(Hex::plain(bytes).to_string())
}

fn filter(state: &mut State) -> Option<String> {
    state.session.as_ref()?.sift.as_ref().map(|sift| sift.text.clone())
}
