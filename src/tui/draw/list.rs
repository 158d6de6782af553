//! The packet list. Its columns are as wide as their cells on this screen, and Info gets the rest.

use super::{heading as head, put};
use crate::tui::session::{Row, Session};
use crate::tui::state::{Focus, State};
use crate::view::narrow;
use crate::view::time::TimeFormat;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Names of the columns that are always there.
const NAMES: [&str; 7] = ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"];
/// On screens with fewer columns than this, rows are those of a narrow `labkit replay`: without Protocol and Length,
/// and with the important part at the beginning of Info.
const NARROW: u16 = narrow::BELOW as u16;

/// The most screen columns for an address; longer ones, of IPv6 or Ethernet, are shortened.
fn address_room(width: u16) -> usize {
    match width {
        0..NARROW => narrow::address_room(width.into()),
        NARROW..140 => 20,
        _ => 39,
    }
}

/// The name of a column. The user's own columns come before Info.
pub(crate) fn heading(state: &State, column: usize) -> String {
    let own = state.session.as_ref().map_or(&[][..], |session| session.columns.as_slice());
    match column {
        0..6 => NAMES.get(column).copied().unwrap_or_default().to_owned(),
        _ => own.get(column - 6).cloned().unwrap_or_else(|| "Info".to_owned()),
    }
}

/// Draws the list.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &mut State) {
    if area.height == 0 {
        return;
    }
    let focused = state.focus == Focus::List;
    let title = state.theme.title(focused);
    let body = head(buffer, area, "", title);
    state.areas.list = body;
    state.page = usize::from(body.height);
    let Some(session) = &mut state.session else { return };
    let len = session.len();
    state.list.fit(usize::from(body.height), len);
    let lines = state.list.top..len.min(state.list.top + usize::from(body.height));
    let numbers: Vec<u32> = lines.clone().filter_map(|line| session.number(line)).collect();
    session.fetch(&numbers);
    let columns = columns(session, &numbers, body.width);
    let columns = adjusted(columns, state, body.width);
    let mut names: Vec<String> = (0..columns.len()).map(|column| self::heading(state, column)).collect();
    if body.width < NARROW {
        narrow_headings(&mut names, body.width);
    }
    line(buffer, Rect { height: 1, ..area }, &columns, &names, title);
    let Some(session) = &state.session else { return };
    for (i, no) in numbers.iter().enumerate() {
        let y = body.y + i as u16;
        let mut style = Style::new();
        let mut texts = vec![mark(state, *no)];
        if let Some(row) = session.row(*no) {
            let rule = row.rule.and_then(|rule| session.rules.get(rule));
            style = rule.map_or(style, |rule| state.theme.rule(rule));
            texts.extend(cells(row, session.time(), body.width));
            shorten(&mut texts, &columns, body.width, row);
        }
        if state.marks.contains(no) {
            style = style.add_modifier(Modifier::BOLD);
        }
        if state.list.top + i == state.list.cursor {
            style = style.patch(state.theme.cursor(focused));
        }
        buffer.set_style(Rect { y, height: 1, ..body }, style);
        line(buffer, Rect { y, height: 1, ..body }, &columns, &texts, style);
    }
    if len == 0 {
        let text = empty(session);
        put(buffer, body.x + 1, body.y, body.width.saturating_sub(1), &text, state.theme.faint());
    }
}

/// Shortens the headings for a narrow screen.
fn narrow_headings(names: &mut [String], width: u16) {
    if let Some(destination) = names.get_mut(3) {
        *destination = narrow::destination_heading(address_room(width)).to_owned();
    }
    if let Some(info) = names.last_mut() {
        *info = narrow::info_heading(usize::from(width)).to_owned();
    }
}

/// The number of a frame, with a sign if it is marked or a time reference.
fn mark(state: &State, no: u32) -> String {
    let reference = state.session.as_ref().is_some_and(|s| s.references.contains(&no));
    let mark = match (state.marks.contains(&no), reference) {
        (true, _) => "*",
        (_, true) => "=",
        _ => "",
    };
    format!("{mark}{no}")
}

/// Why the list is empty.
fn empty(session: &Session) -> String {
    let (all, complete) = (session.read().len(), session.read().is_complete());
    match &session.sift {
        Some(sift) if sift.is_done() => format!("0 of {all} packets match; Esc shows all"),
        Some(_) => "no packet matches so far …".to_owned(),
        None if complete => "this capture holds no packets".to_owned(),
        None if session.origin.grows() => "nothing was captured yet …".to_owned(),
        None => "reading …".to_owned(),
    }
}

/// The cells of a row; on a narrow screen the time has fewer decimals.
fn cells(row: &Row, time: TimeFormat, width: u16) -> Vec<String> {
    let mut cells = row.cells.clone();
    if let Some(clock) = cells.first_mut().filter(|_| width < NARROW) {
        *clock = narrow::clock(clock, time, usize::from(width));
    }
    cells
}

/// Shortens texts that do not fit into their columns: addresses in their middle, and on a narrow screen Info.
fn shorten(texts: &mut [String], columns: &[Column], width: u16, row: &Row) {
    for (text, column) in texts.iter_mut().zip(columns).skip(2).take(2) {
        let (whole, room) = (text.width(), usize::from(column.width));
        let end = narrow::address(text, address_room(width));
        *text = match whole <= room || end.width() > room {
            true => narrow::middle(text, room),
            false => end,
        };
    }
    let [_, _, _, protocol, ..] = row.cells.as_slice() else { return };
    if let Some((info, column)) = texts.last_mut().zip(columns.last()).filter(|_| width < NARROW) {
        let room = usize::from(width.saturating_sub(column.x));
        *info = narrow::info(protocol, info, room, usize::from(width));
    }
}

/// A column of the list: its first screen column, its width, and whether its cells are aligned to the right.
struct Column {
    x: u16,
    width: u16,
    right: bool,
}

/// Widths of the columns for the visible rows; the last one gets the rest.
fn columns(session: &Session, numbers: &[u32], width: u16) -> Vec<usize> {
    let own = session.columns.len();
    let mut widths = vec![0; 6 + own];
    widths[0] = numbers.last().map_or(3, |no| no.to_string().len() + 1);
    let mut names = NAMES.map(str::to_owned);
    if width < NARROW {
        narrow_headings(&mut names, width);
    }
    for (column, name) in names.iter().enumerate().take(6) {
        widths[column] = widths[column].max(name.len());
    }
    for (column, name) in session.columns.iter().enumerate() {
        widths[6 + column] = name.width();
    }
    for row in numbers.iter().filter_map(|no| session.row(*no)) {
        for (column, cell) in cells(row, session.time(), width).iter().enumerate().take(5 + own) {
            let needs = match column {
                1 | 2 => narrow::address(cell, address_room(width)).width(),
                _ => cell.width().min(40),
            };
            if let Some(known) = widths.get_mut(column + 1) {
                *known = (*known).max(needs);
            }
        }
    }
    widths
}

/// The columns with the user's changes: of widths, and of hidden columns.
fn adjusted(widths: Vec<usize>, state: &State, area: u16) -> Vec<Column> {
    let mut x = 0;
    let mut columns = Vec::new();
    for (i, width) in widths.iter().enumerate() {
        let extra = state.widths.get(i).copied().unwrap_or(0);
        // A column that the user has widened is shown, also on a narrow screen.
        let crowded = area < NARROW && matches!(i, 4 | 5) && extra <= 0;
        let width =
            if state.hidden.contains(&i) || crowded { 0 } else { (*width as i16 + extra).max(2) as u16 };
        columns.push(Column { x, width, right: matches!(i, 0 | 1 | 5) });
        x += if width == 0 { 0 } else { width + 1 };
    }
    columns.push(Column { x, width: u16::MAX, right: false });
    columns
}

/// Puts the cells of a row into their columns.
fn line(buffer: &mut Buffer, area: Rect, columns: &[Column], texts: &[String], style: Style) {
    for (column, text) in columns.iter().zip(texts) {
        let room = area.width.saturating_sub(column.x).min(column.width);
        let used = text.width().min(usize::from(room)) as u16;
        let indent = if column.right { room - used } else { 0 };
        put(buffer, area.x + column.x + indent, area.y, room - indent, text, style);
    }
}
