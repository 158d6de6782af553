//! Copying: to the terminal's clipboard, and to a file where one was named.

use super::details;
use crate::tui::state::{Effect, Focus, State};
use ratatui::crossterm::event::KeyCode;
use std::fmt::Write as _;
use std::io::Write as _;

/// Takes a key.
pub(super) fn key(state: &mut State, key: KeyCode) -> Effect {
    let (what, text) = match key {
        KeyCode::Char('y') if state.focus == Focus::Details => ("the line", line(state)),
        KeyCode::Char('y') if state.focus == Focus::Bytes => ("the byte", byte(state)),
        KeyCode::Char('b') => ("the bytes", bytes(state)),
        KeyCode::Char('P') => ("the filter", filter(state)),
        _ => ("the row", row(state)),
    };
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

/// The value of the field under the cursor, as a filter has it; else the line.
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
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}

fn filter(state: &mut State) -> Option<String> {
    state.session.as_ref()?.sift.as_ref().map(|sift| sift.text.clone())
}
