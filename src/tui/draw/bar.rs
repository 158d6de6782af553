//! The lines above and below the panes: the filter, the progress, the messages and the keys.

use super::{Press, put};
use crate::text::{harmless, plural};
use crate::tui::panes::Kind;
use crate::tui::session::Session;
use crate::tui::state::{Ask, Haystack, Leave, Prompt, State};
use crate::tui::theme::Standing;
use crate::tui::verdict::{self, Verdict};
use crate::view::palette::Hue;
use crate::view::wrap::wrap;
use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// Divides the screen into the first line, the middle, and the last lines: two, or more if a message needs them.
pub(super) fn parts(area: Rect, state: &State) -> [Rect; 3] {
    let said = match (&state.prompt, &state.message) {
        (Some(prompt), _) => said(prompt, state, area.width).0.len() + usize::from(prompt.ask != Ask::Filter),
        (None, Some(message)) => wrap(&harmless(message), usize::from(area.width)).len(),
        (None, None) => 0,
    };
    let below = (said as u16).min(area.height / 2).max(2);
    let top = Rect { height: 1, ..area };
    let bottom = Rect { y: area.bottom() - below, height: below, ..area };
    [top, Rect { y: area.y + 1, height: area.height - below - 1, ..area }, bottom]
}

/// The lines of advice for a prompt, which are shown below or above it.
fn said(prompt: &Prompt, state: &State, width: u16) -> (Vec<String>, Style) {
    let (text, style) = advice(prompt, state);
    let lines = if text.is_empty() { Vec::new() } else { wrap(&text, usize::from(width)) };
    (lines, style)
}

/// Draws the filter bar: the current filter, and the saved filters, which a click applies.
pub(super) fn top(frame: &mut Frame<'_>, area: Rect, state: &mut State) {
    if let Some(prompt) = state.prompt.as_ref().filter(|prompt| prompt.ask == Ask::Filter) {
        return typed(frame, area, prompt, state);
    }
    let buffer = frame.buffer_mut();
    let sift = state.session.as_ref().and_then(|session| session.sift.as_ref());
    let (text, style) = match sift {
        Some(sift) => (format!("Filter: {}", harmless(&sift.text)), state.theme.ground(Standing::Good)),
        None => ("Filter: none (f)".to_owned(), state.theme.faint()),
    };
    buffer.set_style(area, style);
    let mut x = put(buffer, area.x, area.y, area.width, &text, style);
    let mut buttons = vec![(Rect { width: x, ..area }, Press::Key(KeyCode::Char('f')))];
    for (i, saved) in state.saved.iter().take(9).enumerate() {
        let text = format!("[{}] {}", i + 1, harmless(&saved.label));
        let width = text.width() as u16;
        if x + 2 + width > area.width {
            break;
        }
        let button = Rect { x: area.x + x + 2, width, ..area };
        put(buffer, button.x, button.y, width, &text, style);
        buttons.push((button, Press::Saved(i)));
        x += 2 + width;
    }
    state.areas.buttons = buttons;
}

/// Draws the line of a prompt, scrolled so that the cursor is visible.
fn typed(frame: &mut Frame<'_>, area: Rect, prompt: &Prompt, state: &State) {
    let label = label(prompt.ask, state);
    let standing = match (prompt.ask, verdict::of(prompt.edit.text(), &state.saved)) {
        (Ask::Filter, Verdict::Good) => Some(Standing::Good),
        (Ask::Filter, Verdict::Unsure(_)) => Some(Standing::Unsure),
        (Ask::Filter, Verdict::Wrong(_)) => Some(Standing::Wrong),
        _ => None,
    };
    let style = standing.map_or(Style::new(), |standing| state.theme.ground(standing));
    let buffer = frame.buffer_mut();
    buffer.set_style(area, style);
    let used = put(buffer, area.x, area.y, area.width, &label, style.patch(state.theme.key()));
    let room = area.width.saturating_sub(used + 1);
    // Of a long line, the end before the cursor is shown.
    let before = prompt.edit.before();
    let skip = (before.width() + 1).saturating_sub(usize::from(room));
    let mut columns = 0;
    let from = prompt.edit.text().char_indices().find(|(_, c)| {
        columns += c.to_string().width();
        columns > skip
    });
    let text = prompt.edit.text().get(from.map_or(0, |(at, _)| at)..).unwrap_or("");
    put(buffer, area.x + used, area.y, room, text, style);
    let cursor = used + (before.width() - skip.min(before.width())) as u16;
    frame.set_cursor_position(Position::new(area.x + cursor.min(area.width - 1), area.y));
}

fn label(ask: Ask, state: &State) -> String {
    match ask {
        Ask::Filter => "Filter: ".into(),
        Ask::Number => "Go to frame: ".into(),
        Ask::Search if state.pane.is_some() => "Search here: ".into(),
        Ask::Search => {
            let place = state.search.as_ref().map_or(Haystack::Info, |(place, _)| *place);
            let place = match place {
                Haystack::Info => "list",
                Haystack::Details => "details",
                Haystack::Bytes => "bytes",
            };
            format!("Search in the {place} (Tab elsewhere): ")
        }
        Ask::Save => "Save as: ".into(),
        Ask::Label => "Save the filter under the label: ".into(),
        Ask::Comment => "Comment on it (Enter for none): ".into(),
        Ask::Column => "Column for the field: ".into(),
        Ask::Open => "Open file: ".into(),
        Ask::Leave(why) => {
            let what = match why {
                Leave::Quit => "Quit",
                Leave::Restart => "Capture anew",
                Leave::Adapters => "Leave",
            };
            format!("{what} without saving? y yes, w save it first, n no ")
        }
    }
}

/// Draws the status line and the keys, or a prompt with its advice.
pub(super) fn bottom(frame: &mut Frame<'_>, area: Rect, state: &mut State) {
    let last = Rect { y: area.bottom() - 1, height: 1, ..area };
    let width = area.width;
    match &state.prompt {
        Some(prompt) => {
            let (lines, style) = said(prompt, state, width);
            // The last line is the prompt's, unless the prompt is in the filter bar.
            let end = if prompt.ask == Ask::Filter { area.bottom() } else { last.y };
            for (y, line) in (area.y..end).zip(&lines) {
                put(frame.buffer_mut(), area.x, y, width, line, style);
            }
            if prompt.ask == Ask::Filter && lines.len() > 1 {
                // The reason of an error matters more than the keys.
            } else if prompt.ask == Ask::Filter {
                let keys = "Enter apply  Tab complete  ↑↓ history  Esc leave";
                put(frame.buffer_mut(), last.x, last.y, width, keys, state.theme.faint());
            } else {
                typed(frame, last, prompt, state);
            }
        }
        None => {
            let (text, style) = match &state.message {
                Some(message) => (harmless(message), state.theme.key()),
                None => (status(state, usize::from(width)), Style::new()),
            };
            let lines = match state.message {
                Some(_) => wrap(&text, usize::from(width)),
                None => vec![text],
            };
            for (y, line) in (area.y..area.bottom()).zip(&lines) {
                put(frame.buffer_mut(), area.x, y, width, line, style);
            }
            // A message of two lines or more covers the keys, until the next key is pressed.
            if lines.len() < 2 {
                let buttons = keys(frame, last, state);
                state.areas.buttons.extend(buttons);
            }
        }
    }
}

/// The advice for a prompt: why the line is wrong, or names that fit.
fn advice(prompt: &Prompt, state: &State) -> (String, Style) {
    if !prompt.offers.is_empty() {
        let mut text = String::new();
        let from = prompt.taken.unwrap_or(0);
        for (i, name) in prompt.offers.iter().enumerate().skip(from).take(12) {
            text.push_str(&if prompt.taken == Some(i) { format!("[{name}] ") } else { format!("{name} ") });
        }
        return (text, Style::new());
    }
    if prompt.ask != Ask::Filter {
        // The reason why the prompt was opened again.
        return (state.message.as_deref().map(harmless).unwrap_or_default(), state.theme.key());
    }
    match verdict::of(prompt.edit.text(), &state.saved) {
        Verdict::Empty => {
            let port = state.lab.communicator.port;
            (format!("no filter shows all packets; the lab's: tcp.port == {port}"), state.theme.faint())
        }
        Verdict::Good => ("a display filter".into(), state.theme.text(Hue::Green)),
        Verdict::Unsure(why) => (harmless(&why), state.theme.text(Hue::Yellow)),
        Verdict::Wrong(why) => (harmless(&why), state.theme.text(Hue::Red)),
    }
}

/// The progress, and the sentence about the packet under the cursor. If there is no room for both, the sentence
/// stays.
fn status(state: &State, width: usize) -> String {
    let Some(session) = &state.session else {
        return if state.start.is_some() { String::new() } else { "no capture is open".into() };
    };
    if let Some(seek) = &state.seek {
        return format!("searching for `{}` {}, Esc stops", harmless(&seek.text), progress(seek.progress()));
    }
    let mut text = counts(session, false);
    let mut short = counts(session, true);
    if let Some(trouble) = session.trouble.as_deref() {
        return harmless(trouble);
    }
    if state.live.as_ref().is_some_and(|live| live.running) {
        text.push_str(if state.follow { "  capturing, following" } else { "  capturing (G follows)" });
        short.push_str(", capturing");
    }
    if let Some(damage) = session.read().damage() {
        text.push_str(&format!("  damaged: {}", harmless(damage)));
    }
    if session.is_of_one_pass() {
        text.push_str("  rows without what later packets say");
        short.push_str(", as in one pass");
    }
    // The ladder's pane shows the sentence already.
    let is_elsewhere = state.pane.as_ref().is_some_and(|pane| pane.kind == Kind::Ladder);
    let no = state.current().filter(|_| !is_elsewhere);
    let Some(sentence) = no.and_then(|no| state.exchanges.as_ref()?.sentence(no)) else {
        return if text.width() <= width { text } else { short };
    };
    let with = |text| format!("{text}  {sentence}");
    let fits = [with(text), with(short)].into_iter().find(|line| line.width() <= width);
    fits.unwrap_or_else(|| sentence.to_owned())
}

/// The number of packets, and the name of the capture, which the short form leaves out.
fn counts(session: &Session, short: bool) -> String {
    let (all, complete) = (session.read().len(), session.read().is_complete());
    let name = harmless(session.origin.name());
    let name = name.rsplit(std::path::is_separator).next().filter(|_| !short).map(|name| format!("{name}: "));
    let name = name.unwrap_or_default();
    let mut text = match &session.sift {
        None => format!("{name}{all} packet{}", plural(all)),
        Some(sift) => {
            let mut text = format!("{name}{} of {all}", session.len());
            if sift.is_stopped() {
                text.push_str(" (filter stopped)");
            } else if !sift.is_done() && !session.origin.grows() {
                let percent = sift.position() * 100 / session.origin.len().max(1);
                text.push_str(&format!(" (filter {}, Esc stops)", progress(percent * 10)));
            }
            text
        }
    };
    if !complete && !session.origin.grows() {
        text.push_str(&format!("  reading {}", progress(session.progress())));
    }
    text
}

/// A bar and a percentage, for a progress in thousandths.
fn progress(thousandths: u64) -> String {
    let done = (thousandths.min(1000) / 125) as usize;
    format!("[{}{}] {}%", "█".repeat(done), "░".repeat(8 - done), thousandths / 10)
}

/// The keys that the bottom line names in a situation, and their effects.
type Keys = &'static [(&'static str, &'static str)];

const STEPPING: Keys = &[("space", "next"), ("←", "back"), ("Enter", "packet"), ("Esc", "close")];
const FOLLOWING: Keys = &[
    ("↑↓", "move"),
    ("x", "text, hex"),
    ("d", "sides"),
    ("/", "search"),
    ("Y", "copy"),
    ("Enter", "packet"),
    ("Esc", "close"),
];
const IN_CONVERSATIONS: Keys =
    &[("↑↓", "move"), ("=", "filter"), ("/", "search"), ("Enter", "packet"), ("Esc", "close")];
const IN_PANE: Keys =
    &[("↑↓", "move"), ("/", "search"), ("Y", "copy"), ("Enter", "packet"), ("Esc", "close")];
const IN_HELP: Keys = &[("↑↓", "move"), ("/", "search"), ("Esc", "close")];
const ADAPTERS: Keys =
    &[("↑↓", "choose"), ("Enter", "capture"), ("o", "open a file"), ("?", "keys"), ("q", "quit")];
const CAPTURING: Keys = &[
    ("x", "stop"),
    ("f", "filter"),
    ("w", "save"),
    ("L", "ladder"),
    ("R", "restart"),
    ("?", "keys"),
    ("q", "quit"),
];
const CAPTURED: Keys = &[
    ("w", "save"),
    ("f", "filter"),
    ("F", "follow"),
    ("L", "ladder"),
    ("A", "answers"),
    ("x", "start"),
    ("?", "keys"),
    ("q", "quit"),
];
const FILE: Keys = &[
    ("f", "filter"),
    ("Tab", "pane"),
    ("F", "follow"),
    ("L", "ladder"),
    ("A", "answers"),
    ("/", "search"),
    ("?", "keys"),
    ("q", "quit"),
];

fn keys_of(state: &State) -> Keys {
    let live = state.live.as_ref().filter(|live| !live.interface.is_empty());
    match (&state.pane, live) {
        (Some(pane), _) if pane.step.is_some() => STEPPING,
        (Some(pane), _) if pane.kind == Kind::Help => IN_HELP,
        (Some(pane), _) if pane.kind == Kind::Follow => FOLLOWING,
        (Some(pane), _) if pane.kind == Kind::Conversations => IN_CONVERSATIONS,
        (Some(_), _) => IN_PANE,
        _ if state.start.is_some() => ADAPTERS,
        (None, Some(live)) if live.running => CAPTURING,
        (None, Some(_)) => CAPTURED,
        (None, None) => FILE,
    }
}

/// Draws the keys of the situation; if there is no room for all, the last two stay. Returns their areas, since a
/// click does the same.
fn keys(frame: &mut Frame<'_>, area: Rect, state: &State) -> Vec<(Rect, Press)> {
    let mut shown = keys_of(state).to_vec();
    let needs = |keys: &[(&str, &str)]| keys.iter().map(|(k, w)| k.width() + w.width() + 3).sum::<usize>();
    while shown.len() > 2 && needs(&shown) > usize::from(area.width) + 2 {
        shown.remove(shown.len() - 3);
    }
    let (buffer, mut x, mut buttons) = (frame.buffer_mut(), 0, Vec::new());
    for (key, what) in shown {
        let from = x;
        x += put(buffer, area.x + x, area.y, area.width - x, key, state.theme.key());
        x = (x + 1).min(area.width);
        x += put(buffer, area.x + x, area.y, area.width - x, what, state.theme.faint());
        if let Some(code) = code(key) {
            buttons.push((Rect { x: area.x + from, width: x - from, ..area }, Press::Key(code)));
        }
        x = (x + 2).min(area.width);
    }
    buttons
}

/// The key that a name in the bottom line means; `None` for names of several keys.
fn code(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    match (name, characters.next(), characters.next()) {
        ("space", ..) => Some(KeyCode::Char(' ')),
        ("←", ..) => Some(KeyCode::Left),
        ("Enter", ..) => Some(KeyCode::Enter),
        ("Esc", ..) => Some(KeyCode::Esc),
        ("Tab", ..) => Some(KeyCode::Tab),
        (_, Some(one), None) => Some(KeyCode::Char(one)),
        _ => None,
    }
}
