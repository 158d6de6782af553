//! The details tree.

use super::{heading, put};
use crate::tui::state::{Focus, State};
use crate::tui::update::visible;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws the tree of the packet under the cursor.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &mut State) {
    if area.height == 0 {
        return;
    }
    let focused = state.focus == Focus::Details;
    let no = state.current();
    let title = match no {
        Some(no) => format!(" Details of packet {no}"),
        None => " Details".to_owned(),
    };
    let body = heading(buffer, area, &title, state.theme.title(focused));
    state.areas.details = body;
    let Some(shown) = no.and_then(|no| state.session.as_mut()?.show(no)) else { return };
    let lines = visible(&shown.lines, &state.opened);
    state.details.fit(usize::from(body.height), lines.len());
    for (row, (at, open)) in lines.iter().skip(state.details.top).take(usize::from(body.height)).enumerate() {
        let Some(line) = shown.lines.get(*at) else { continue };
        let y = body.y + row as u16;
        let mut style = Style::new();
        if state.details.top + row == state.details.cursor {
            style = state.theme.cursor(focused);
            buffer.set_style(Rect { y, height: 1, ..body }, style);
        }
        let sign = match open {
            Some(true) => "▾ ",
            Some(false) => "▸ ",
            None => "  ",
        };
        let name = line.field.filter(|_| state.names).map_or(String::new(), |f| format!("   {}", f.name));
        let text = format!("{}{sign}{}{name}", "  ".repeat(line.depth), line.text);
        put(buffer, body.x, y, body.width, &text, style);
    }
}
