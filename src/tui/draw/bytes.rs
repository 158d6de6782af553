//! The bytes pane: offset, hexadecimal digits and characters. The bytes of the field under the cursor are marked.

use super::{heading, put};
use crate::text::plural;
use crate::tui::state::{Focus, State};
use crate::tui::update::visible;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The column in which the digits begin.
const DIGITS: usize = 6;

/// The column in which the characters begin.
fn characters(per_line: usize) -> usize {
    DIGITS + per_line * 3 + 1
}

/// Bytes in a row of a pane: 16, or 8 on a narrow screen.
pub(crate) fn per_line(pane: Rect) -> usize {
    if pane.width == 0 || usize::from(pane.width) >= characters(16) + 16 { 16 } else { 8 }
}

/// The index in its row of the byte that a column shows, as digits or as a character; `None` if it shows none.
pub(crate) fn place(column: usize, per_line: usize) -> Option<usize> {
    let characters = characters(per_line);
    let at = if column >= characters { column - characters } else { column.checked_sub(DIGITS)? / 3 };
    Some(at).filter(|at| *at < per_line)
}

/// Draws the bytes of the packet under the cursor.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &mut State) {
    if area.height == 0 {
        return;
    }
    let focused = state.focus == Focus::Bytes;
    let (theme, source) = (state.theme, state.source);
    let no = state.current();
    let Some(shown) = no.and_then(|no| state.session.as_mut()?.show(no)) else {
        state.areas.bytes = heading(buffer, area, " Bytes", theme.title(focused));
        return;
    };
    let line = visible(&shown.lines, &state.opened).get(state.details.cursor).map(|(at, _)| *at);
    let at = line.and_then(|at| shown.lines.get(at)).map(|line| line.at);
    let marked = at.filter(|at| usize::from(at.source) == source).map_or(0..0, |at| at.range());
    let Some((name, bytes)) = shown.sources.get(source) else { return };
    let part = if shown.sources.len() > 1 {
        format!(", {} of {}, s next", source + 1, shown.sources.len())
    } else {
        String::new()
    };
    let title = format!(" {name}: {} byte{}{part}", bytes.len(), plural(bytes.len()));
    let body = heading(buffer, area, &title, theme.title(focused));
    state.areas.bytes = body;
    let per_line = per_line(body);
    let rows = bytes.len().div_ceil(per_line);
    let height = usize::from(body.height);
    let row = state.bytes.cursor / per_line;
    state.bytes.top = state.bytes.top.min(rows.saturating_sub(height));
    if row < state.bytes.top {
        state.bytes.top = row;
    } else if height > 0 && row >= state.bytes.top + height {
        state.bytes.top = row + 1 - height;
    }
    let chunks = bytes.chunks(per_line).enumerate().skip(state.bytes.top).take(height);
    for (y, (row, chunk)) in (body.y..).zip(chunks) {
        put(buffer, body.x, y, body.width, &format!("{:04x}", row * per_line), theme.faint());
        for (i, byte) in chunk.iter().enumerate() {
            let offset = row * per_line + i;
            let mut style = Style::new();
            if marked.contains(&offset) {
                style = theme.marked();
            }
            if focused && offset == state.bytes.cursor {
                style = style.patch(theme.cursor(true));
            }
            let character = if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' };
            // The gap between two marked bytes is marked, too.
            let gap = if marked.contains(&offset) && marked.contains(&(offset + 1)) { " " } else { "" };
            cell(buffer, body, DIGITS + i * 3, y, &format!("{byte:02x}{gap}"), style);
            cell(buffer, body, characters(per_line) + i, y, character.encode_utf8(&mut [0; 4]), style);
        }
    }
}

fn cell(buffer: &mut Buffer, body: Rect, column: usize, y: u16, text: &str, style: Style) {
    let column = column as u16;
    if column < body.width {
        buffer.set_stringn(body.x + column, y, text, usize::from(body.width - column), style);
    }
}
