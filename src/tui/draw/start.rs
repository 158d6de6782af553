//! The start page: adapters with their traffic.

use super::{heading, put};
use crate::tui::start::Adapter;
use crate::tui::state::State;
use crate::view::palette::Hue;
use crate::view::wrap::wrap;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Width, in columns, of the adapter's name.
const NAME: u16 = 16;
/// Width, in columns, of the adapter's state.
const STATE: u16 = 22;
/// On screens with fewer columns than this, a sparkline has [`FEW`] points, and addresses are only shown below, for
/// the chosen adapter.
const WIDE: u16 = 72;
/// Points of a sparkline on a narrow screen.
const FEW: usize = 12;
/// Heights of a point.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the page.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &mut State) {
    let theme = state.theme;
    let Some(start) = &mut state.start else { return };
    let body = heading(buffer, area, " Capture: choose an adapter", theme.title(true));
    let note = Rect { y: body.bottom().saturating_sub(3), height: 3.min(body.height), ..body };
    let rows = usize::from(body.height.saturating_sub(3));
    start.scroll.fit(rows, start.adapters.len());
    state.areas.start = Rect { height: rows as u16, ..body };
    for (i, adapter) in start.adapters.iter().enumerate().skip(start.scroll.top).take(rows) {
        let y = body.y + (i - start.scroll.top) as u16;
        let mut style = if adapter.obstacle.is_some() { theme.faint() } else { Style::new() };
        if i == start.scroll.cursor {
            style = style.patch(theme.cursor(true));
            buffer.set_style(Rect { y, height: 1, ..body }, style);
        }
        row(buffer, Rect { y, height: 1, ..body }, adapter, style, theme.text(Hue::Green));
    }
    let under = start.adapters.get(start.scroll.cursor);
    let text = match (&start.trouble, under) {
        (Some(trouble), _) => trouble.clone(),
        (None, Some(Adapter { name, obstacle: Some(obstacle), .. })) => format!("{name}: {obstacle}"),
        (None, Some(Adapter { name, addresses, .. })) => format!("Enter captures on {name}. {addresses}"),
        _ => "looking for adapters …".to_owned(),
    };
    for (y, line) in (note.y..note.bottom()).zip(wrap(&text, usize::from(note.width.max(3)) - 2)) {
        put(buffer, note.x + 1, y, note.width - 1, &line, Style::new());
    }
}

fn row(buffer: &mut Buffer, area: Rect, adapter: &Adapter, style: Style, lively: Style) {
    let Rect { x, y, width, .. } = area;
    put(buffer, x + 1, y, NAME.min(width), &adapter.name, style);
    let points = if width < WIDE { FEW } else { adapter.traffic.len() };
    let line = sparkline(adapter.traffic.iter().rev().take(points).rev().copied());
    let lively = if adapter.traffic.iter().any(|count| *count > 0) { style.patch(lively) } else { style };
    let at = (NAME + 2).min(width);
    let room = if width < WIDE { FEW as u16 } else { 24 };
    let used = put(buffer, x + at, y, (width - at).min(room), &line, lively);
    let at = (at + used.max(room) + 1).min(width);
    put(buffer, x + at, y, (width - at).min(STATE), &adapter.state, style);
    let at = (at + STATE + 1).min(width);
    // On a narrow screen, addresses are shown below, for the adapter under the cursor.
    if width >= WIDE {
        put(buffer, x + at, y, width - at, &adapter.addresses, style);
    }
}

/// Counts as bars; the highest count gets the highest bar.
fn sparkline(counts: impl Iterator<Item = u64> + Clone) -> String {
    let most = counts.clone().max().unwrap_or(0).max(1);
    let bar = |count: u64| match count {
        0 => BARS[0],
        count => BARS[1 + (count * 6 / most) as usize],
    };
    counts.map(bar).collect()
}
