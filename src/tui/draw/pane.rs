//! A pane in front of the three panes.

use super::{heading, put};
use crate::tui::panes::{Kind, Look};
use crate::tui::state::State;
use crate::view::palette::Hue;
use crate::view::wrap::wrap;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Height, in lines, of the sentence below a ladder.
const SENTENCE: u16 = 3;

/// Draws the pane over all of `area`.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &mut State) {
    let theme = state.theme;
    let Some(pane) = &mut state.pane else { return };
    let mut body = heading(buffer, area, &format!(" {}", pane.title), theme.title(true));
    let ladder = pane.kind == Kind::Ladder && body.height > 2 * SENTENCE;
    if ladder {
        body.height -= SENTENCE;
    }
    pane.fit(usize::from(body.width));
    state.areas.pane = body;
    let len = pane.len();
    pane.scroll.fit(usize::from(body.height), len);
    state.page = usize::from(body.height);
    for (row, line) in pane.lines.iter().take(len).skip(pane.scroll.top).take(state.page).enumerate() {
        let y = body.y + row as u16;
        let mut style = match line.look {
            Look::Plain => Style::new(),
            Look::Head => Style::new().add_modifier(Modifier::BOLD),
            Look::One => theme.text(Hue::Cyan).remove_modifier(Modifier::BOLD),
            Look::Other => theme.text(Hue::Magenta).remove_modifier(Modifier::BOLD),
            Look::Wrong => theme.text(Hue::Red),
            Look::Faint => theme.faint(),
        };
        if pane.scroll.top + row == pane.scroll.cursor {
            style = style.patch(theme.cursor(true));
            buffer.set_style(Rect { y, height: 1, ..body }, style);
        }
        put(buffer, body.x, y, body.width, &line.text, style);
    }
    if ladder {
        let no = pane.frame();
        let sentence = no.and_then(|no| state.exchanges.as_ref()?.sentence(no)).unwrap_or_default();
        let below = Rect { y: body.bottom(), height: SENTENCE, ..body };
        for (y, line) in (below.y..below.bottom()).zip(wrap(sentence, usize::from(below.width.max(2)) - 1)) {
            put(buffer, below.x + 1, y, below.width - 1, &line, theme.key());
        }
    }
}
