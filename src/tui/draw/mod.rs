//! Draws the state. The screen depends on nothing else, so that tests can compare whole screens.

mod bar;
pub(crate) mod bytes;
mod details;
pub(crate) mod list;
mod pane;
mod start;

use super::state::{Focus, State};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The effect of a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Press {
    /// The same as a key.
    Key(KeyCode),
    /// Applies the saved filter with this index.
    Saved(usize),
}

/// The areas of the parts of the screen; panes without their headings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Areas {
    pub(crate) list: Rect,
    pub(crate) details: Rect,
    pub(crate) bytes: Rect,
    /// The lines of the pane in front of the others.
    pub(crate) pane: Rect,
    /// The adapters.
    pub(crate) start: Rect,
    /// The three panes together.
    pub(crate) all: Rect,
    /// Other areas that can be clicked, with the effects.
    pub(crate) buttons: Vec<(Rect, Press)>,
}

impl Areas {
    /// The effect of a click at a position; `None` if there is no button.
    pub(crate) fn button(&self, at: Position) -> Option<Press> {
        self.buttons.iter().find(|(area, _)| area.contains(at)).map(|(_, press)| *press)
    }

    /// The heading between two panes at a position: 0 for that of the details, 1 for that of the bytes, `None` if
    /// there is none.
    pub(crate) fn heading(&self, at: Position) -> Option<usize> {
        let is_there = |area: &Rect| area.height > 0 && area.y > self.all.y && at.y + 1 == area.y;
        [self.details, self.bytes].iter().position(is_there)
    }

    /// The pane at a position, and the line in it; `None` if there is none.
    pub(crate) fn at(&self, at: Position) -> Option<(Focus, usize)> {
        let all = [(Focus::List, self.list), (Focus::Details, self.details), (Focus::Bytes, self.bytes)];
        let (focus, area) = all.into_iter().find(|(_, area)| area.contains(at))?;
        Some((focus, usize::from(at.y - area.y)))
    }
}

/// Draws everything.
pub(crate) fn draw(frame: &mut Frame<'_>, state: &mut State) {
    let area = frame.area();
    if area.width < 20 || area.height < 6 {
        put(frame.buffer_mut(), area.x, area.y, area.width, "too small", Style::new());
        return;
    }
    let [top, middle, bottom] = bar::parts(area, state);
    state.areas = Areas::default();
    if state.pane.is_some() {
        pane::draw(frame.buffer_mut(), middle, state);
    } else if state.start.is_some() {
        start::draw(frame.buffer_mut(), middle, state);
    } else {
        panes(frame, middle, state);
        state.areas.all = middle;
    }
    bar::top(frame, top, state);
    bar::bottom(frame, bottom, state);
}

/// Draws the three panes, or the one that has the whole screen.
fn panes(frame: &mut Frame<'_>, area: Rect, state: &mut State) {
    let [list, details, bytes] = heights(area, state);
    let buffer = frame.buffer_mut();
    list::draw(buffer, list, state);
    details::draw(buffer, details, state);
    bytes::draw(buffer, bytes, state);
}

/// The area of each pane; of height 0 for those that another one covers.
fn heights(area: Rect, state: &State) -> [Rect; 3] {
    let none = Rect { height: 0, ..area };
    if state.zoom {
        let mut all = [none; 3];
        all[state.focus as usize] = area;
        return all;
    }
    let shares = state.shares.0.map(u32::from);
    let sum: u32 = shares.iter().sum();
    let part = |share: u32| ((u32::from(area.height) * share / sum.max(1)) as u16).max(2);
    let list = part(shares[0]);
    let details = part(shares[1]).min(area.height.saturating_sub(list));
    let bytes = area.height.saturating_sub(list + details);
    [
        Rect { height: list, ..area },
        Rect { y: area.y + list, height: details, ..area },
        Rect { y: area.y + list + details, height: bytes, ..area },
    ]
}

/// Draws the heading of a pane, and returns the area that is left for its lines.
fn heading(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> Rect {
    if area.height == 0 {
        return area;
    }
    buffer.set_style(Rect { height: 1, ..area }, style);
    put(buffer, area.x, area.y, area.width, text, style);
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// Puts text into a line, `width` columns at most, with an ellipsis if it is cut. Returns how many columns it takes.
fn put(buffer: &mut Buffer, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
    let room = usize::from(width);
    if room == 0 || y >= buffer.area.bottom() {
        return 0;
    }
    if text.width() <= room {
        let (end, _) = buffer.set_stringn(x, y, text, room, style);
        return end - x;
    }
    let mut columns = 0;
    let cut = text.char_indices().find(|(_, c)| {
        columns += c.width().unwrap_or(0);
        columns >= room
    });
    let kept = cut.map_or(text, |(at, _)| text.get(..at).unwrap_or(text));
    let (end, _) = buffer.set_stringn(x, y, kept, room, style);
    buffer.set_stringn(end, y, "…", 1, style);
    end + 1 - x
}

#[cfg(test)]
mod tests;
