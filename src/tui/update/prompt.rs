//! The prompts: filters, numbers, names, searches.

use super::{details, left, pane};
use crate::conversation::Transport;
use crate::filter::saved::{self, Saved};
use crate::tui::edit::Edit;
use crate::tui::seek::{Seek, Task};
use crate::tui::session::Session;
use crate::tui::state::{Ask, Effect, Focus, Haystack, Prompt, State};
use crate::tui::verdict;
use crate::view::fields::find;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::io::ErrorKind;
use std::path::Path;

/// Opens a prompt with `text` in its line.
pub(crate) fn open(state: &mut State, ask: Ask, text: &str) {
    let edit = Edit::new(text);
    let recall = state.history.len();
    state.prompt = Some(Prompt { ask, edit, recall, offers: Vec::new(), taken: None });
}

/// Handles a key.
pub(super) fn key(state: &mut State, key: &KeyEvent) -> Effect {
    let Some(prompt) = &mut state.prompt else { return Effect::None };
    let ask = prompt.ask;
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => close(state),
        KeyCode::Char('c') if control => close(state),
        _ if matches!(ask, Ask::Leave(_)) => return answer(state, ask, key.code),
        // `g g` and `g G` go to the first and the last frame, as in vim.
        KeyCode::Char(end @ ('g' | 'G')) if ask == Ask::Number && prompt.edit.text().is_empty() => {
            state.prompt = None;
            state.go_to(if end == 'g' { 1 } else { u32::MAX });
        }
        KeyCode::Enter => {
            let text = prompt.edit.text().to_owned();
            state.prompt = None;
            return done(state, ask, &text);
        }
        KeyCode::Tab | KeyCode::BackTab if ask == Ask::Filter || ask == Ask::Column => {
            offer(prompt, &state.saved, key.code == KeyCode::Tab);
        }
        KeyCode::Tab if ask == Ask::Search && state.pane.is_none() => {
            let place = state.search.as_ref().map_or(Haystack::Info, |(place, _)| *place);
            let next = match place {
                Haystack::Info => Haystack::Details,
                Haystack::Details => Haystack::Bytes,
                Haystack::Bytes => Haystack::Info,
            };
            let text = state.search.take().map(|(_, text)| text).unwrap_or_default();
            state.search = Some((next, text));
        }
        KeyCode::Up if ask == Ask::Filter => recall(state, false),
        KeyCode::Down if ask == Ask::Filter => recall(state, true),
        _ => {
            prompt.edit.key(key);
            prompt.offers.clear();
            prompt.taken = None;
        }
    }
    Effect::None
}

fn close(state: &mut State) {
    state.prompt = None;
    state.leaving = None;
}

/// Puts the next name that fits into the line, or the one before.
fn offer(prompt: &mut Prompt, saved: &[Saved], forward: bool) {
    if prompt.offers.is_empty() {
        let (len, offers) = verdict::complete(prompt.edit.before(), saved);
        let word = prompt.edit.before().get(prompt.edit.before().len() - len..).unwrap_or("").to_owned();
        let common = common(&offers);
        prompt.taken = None;
        if common.len() > word.len() || offers.len() == 1 {
            prompt.edit.replace_before(len, if offers.len() == 1 { &offers[0] } else { &common });
        }
        prompt.offers = if offers.len() > 1 { offers } else { Vec::new() };
        return;
    }
    let count = prompt.offers.len();
    let next = match (prompt.taken, forward) {
        (None, true) => 0,
        (None, false) => count - 1,
        (Some(at), true) => (at + 1) % count,
        (Some(at), false) => (at + count - 1) % count,
    };
    let len = match prompt.taken.and_then(|at| prompt.offers.get(at)) {
        Some(taken) => taken.len(),
        None => common(&prompt.offers).len(),
    };
    if let Some(name) = prompt.offers.get(next) {
        prompt.edit.replace_before(len, name);
    }
    prompt.taken = Some(next);
}

/// The longest common beginning of all names.
fn common(names: &[String]) -> String {
    let Some((first, rest)) = names.split_first() else { return String::new() };
    let shared = |name: &String| first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let len = rest.iter().map(shared).min().unwrap_or(first.len());
    first.get(..len).unwrap_or("").to_owned()
}

fn recall(state: &mut State, later: bool) {
    let Some(prompt) = &mut state.prompt else { return };
    let at =
        if later { (prompt.recall + 1).min(state.history.len()) } else { prompt.recall.saturating_sub(1) };
    prompt.recall = at;
    prompt.edit.set(state.history.get(at).map_or("", |text| text));
}

/// Does what the prompt was opened for.
fn done(state: &mut State, ask: Ask, text: &str) -> Effect {
    let text = text.trim();
    match ask {
        Ask::Filter => apply(state, text),
        Ask::Number if text.is_empty() => state.go_to(1),
        Ask::Number => match text.replace([',', '.', '\''], "").parse() {
            Ok(no) => state.go_to(no),
            Err(_) => state.message = Some(format!("`{text}` is no frame number")),
        },
        Ask::Search => {
            let (_, known) = state.search.get_or_insert_with(Default::default);
            if !text.is_empty() {
                *known = text.to_owned();
            }
            match state.pane {
                Some(_) => pane::search(state, true),
                None => search(state, true),
            }
        }
        Ask::Label if text.is_empty() => {}
        Ask::Label => {
            state.label = text.to_owned();
            let known = state.saved.iter().find(|saved| saved.label == text);
            let comment = known.map(|saved| saved.comment.clone()).unwrap_or_default();
            open(state, Ask::Comment, &comment);
        }
        Ask::Comment => save_filter(state, text),
        Ask::Column => column(state, text),
        Ask::Save => return save(state, Path::new(text)),
        Ask::Open => open_file(state, Path::new(text)),
        Ask::Leave(_) => {}
    }
    Effect::None
}

/// Shows only the packets that pass a filter; an empty one shows all.
pub(crate) fn apply(state: &mut State, text: &str) {
    let no = state.current();
    let (text, filter) = match verdict::filter(text, &state.saved) {
        Ok(filter) => filter,
        Err(why) => {
            state.message = Some(format!("no filter: {why}"));
            return open(state, Ask::Filter, text);
        }
    };
    let Some(session) = &mut state.session else { return };
    // This also clears the message about an earlier filter.
    state.message = session.filter(&text, filter).err();
    if !text.is_empty() {
        state.history.retain(|known| *known != text);
        state.history.push(text);
    }
    // The cursor stays at its packet, if that is still listed.
    let line = no.map_or(0, |no| state.session.as_ref().map_or(0, |session| session.line_of(no)));
    state.list.cursor = if state.session.as_ref().is_some_and(|s| s.sift.is_some()) { 0 } else { line };
    state.list.top = 0;
    state.details.top = 0;
}

/// Makes a filter from the field under the cursor; in the list, from the packet's conversation or protocol.
pub(super) fn from_field(state: &mut State, key: KeyCode) {
    let own = match state.focus {
        Focus::List => list_filter(state),
        _ => details::with(state, |state, lines| {
            let line = lines.get(details::current(state, lines)?)?;
            let field = line.field?;
            let bytes = field_bytes(state, line);
            Some(verdict::of_field(field, &line.text, &bytes))
        })
        .flatten(),
    };
    match own {
        Some(own) => apply_with(state, key, own),
        None => state.message = Some("this line has no field that could be filtered for".into()),
    }
}

/// Makes a filter from the conversation of a frame.
pub(super) fn from_conversation(state: &mut State, key: KeyCode, no: u32) {
    if let Some(own) = conversation_filter(state, no) {
        apply_with(state, key, own);
    }
}

/// Uses a filter as the key says: alone, negated, together with the current one, or only put into the prompt.
fn apply_with(state: &mut State, key: KeyCode, own: String) {
    let before = state.session.as_ref().and_then(|s| s.sift.as_ref()).map(|sift| sift.text.clone());
    let text = match (key, before) {
        (KeyCode::Char('!'), Some(before)) => format!("({before}) && !({own})"),
        (KeyCode::Char('!'), None) => format!("!({own})"),
        (KeyCode::Char('&'), Some(before)) => format!("({before}) && {own}"),
        _ => own,
    };
    match key {
        KeyCode::Char('p') => open(state, Ask::Filter, &text),
        _ => apply(state, &text),
    }
}

/// The bytes of the field in a line of the details; empty if it has none.
fn field_bytes(state: &mut State, line: &crate::view::details::DetailLine) -> Vec<u8> {
    let Some(no) = state.current() else { return Vec::new() };
    let shown = state.session.as_mut().and_then(|session| session.show(no));
    let source = shown.and_then(|shown| shown.sources.get(usize::from(line.at.source)));
    source.and_then(|(_, bytes)| bytes.get(line.at.range())).unwrap_or_default().to_vec()
}

/// The filter for the packet in the list: for its conversation, else for its protocol.
fn list_filter(state: &mut State) -> Option<String> {
    let no = state.current()?;
    conversation_filter(state, no).or_else(|| {
        let lines = &state.session.as_mut()?.show(no)?.lines;
        let last = lines.iter().rev().find(|line| line.depth == 0 && line.field.is_some())?;
        last.field.map(|field| field.name.to_owned())
    })
}

fn conversation_filter(state: &State, no: u32) -> Option<String> {
    let (transport, stream) = state.session.as_ref()?.read().entry(no)?.conversation()?;
    Some(match transport {
        Transport::Tcp => format!("tcp.stream == {stream}"),
        Transport::Udp => format!("udp.stream == {stream}"),
    })
}

/// Asks for the label under which the current filter is to be saved.
pub(super) fn ask_for_label(state: &mut State) {
    match state.session.as_ref().is_some_and(|session| session.sift.is_some()) {
        true => open(state, Ask::Label, ""),
        false => state.message = Some("there is no filter at work that could be saved; f writes one".into()),
    }
}

fn save_filter(state: &mut State, comment: &str) {
    let text = state.session.as_ref().and_then(|s| s.sift.as_ref()).map(|sift| sift.text.clone());
    let (Some(filter), label) = (text, std::mem::take(&mut state.label)) else { return };
    let known = state.saved.iter().position(|saved| saved.label == label);
    let saved = Saved { label: label.clone(), filter, comment: comment.to_owned() };
    match known.and_then(|at| state.saved.get_mut(at)) {
        Some(place) => *place = saved,
        None => state.saved.push(saved),
    }
    let stored = saved::path().map(|path| saved::store(&path, &state.saved));
    state.message = Some(match stored {
        Some(Ok(())) => format!("saved; @{label} uses it"),
        Some(Err(error)) => format!("the filter cannot be saved: {error}"),
        None => format!("the filter cannot be saved: {} where", saved::WHERE),
    });
}

/// Adds a column for a field, or takes it away.
fn column(state: &mut State, name: &str) {
    let Some(session) = &mut state.session else { return };
    if find(name).is_none() {
        state.message = Some(format!("`{name}` is no field; Tab completes names"));
        return;
    }
    match session.columns.iter().position(|known| known == name) {
        Some(at) => {
            session.columns.remove(at);
        }
        None => session.columns.push(name.to_owned()),
    }
    state.columns.clone_from(&session.columns);
    session.forget();
}

/// Asks for the name under which to save the capture; proposes a free one for a live capture.
pub(crate) fn ask_for_name(state: &mut State) {
    let captured = state.live.as_ref().is_some_and(|live| !live.interface.is_empty());
    let free = (1..100).map(|n| format!("capture{n}.pcapng")).find(|name| !Path::new(name).exists());
    open(state, Ask::Save, free.filter(|_| captured).as_deref().unwrap_or_default());
}

/// Saves the capture; then leaves it, if the user saved it in order to leave.
fn save(state: &mut State, path: &Path) -> Effect {
    let leaving = state.leaving.take();
    if path.as_os_str().is_empty() {
        return Effect::None;
    }
    let Some(session) = &state.session else { return Effect::None };
    let name = path.display();
    let mut saved = save_as(session.origin.path(), path).map_err(|error| (error.kind(), error.to_string()));
    let captured = state.live.as_mut().filter(|live| !live.interface.is_empty());
    // This process has given its rights up; the process that captures may still be allowed to write here.
    if let (Err((ErrorKind::PermissionDenied, _)), Some(live), Some(name)) = (&saved, captured, path.to_str())
    {
        saved = live.save(name).map_err(|why| (ErrorKind::Other, why));
    }
    match saved {
        Ok(bytes) => {
            state.message = Some(format!("saved {bytes} bytes as {name}{}", folder(path)));
            if let Some(live) = state.live.as_mut().filter(|live| !live.running) {
                live.saved = true;
                if let Some(session) = &mut state.session {
                    session.origin.rename(&name.to_string());
                }
                return leaving.map_or(Effect::None, |why| left(state, why));
            }
        }
        Err((kind, why)) => {
            let says = match kind {
                ErrorKind::AlreadyExists => format!("{name} exists already; give another name"),
                _ => format!("cannot save as {name}: {}; give another name", without_number(&why)),
            };
            open(state, Ask::Save, &name.to_string());
            (state.message, state.leaving) = (Some(says), leaving);
        }
    }
    Effect::None
}

/// ` in FOLDER` for a name without a folder; else empty.
fn folder(path: &Path) -> String {
    let is_name = path.parent().is_some_and(|folder| folder.as_os_str().is_empty());
    let here = std::env::current_dir().ok().filter(|_| is_name);
    here.map_or_else(String::new, |here| format!(" in {}", here.display()))
}

/// A system error's words without its number.
fn without_number(why: &str) -> &str {
    why.split(" (os error").next().unwrap_or(why)
}

/// Copies the capture as it is now, and returns the number of bytes; an existing file is an error and not touched.
fn save_as(from: &Path, to: &Path) -> std::io::Result<u64> {
    let mut source = std::fs::File::open(from)?;
    let mut target = std::fs::OpenOptions::new().write(true).create_new(true).open(to)?;
    std::io::copy(&mut source, &mut target)
}

fn open_file(state: &mut State, path: &Path) {
    if path.as_os_str().is_empty() {
        return;
    }
    match super::super::terminal::origin_of(path).and_then(|o| Session::open(o, state.rules.clone())) {
        Ok(session) => state.set_session(session),
        Err(why) => {
            open(state, Ask::Open, &path.display().to_string());
            state.message = Some(without_number(&why).to_owned());
        }
    }
}

/// Handles the answer to the question whether the capture may be lost.
fn answer(state: &mut State, ask: Ask, key: KeyCode) -> Effect {
    let Ask::Leave(why) = ask else { return Effect::None };
    match key {
        KeyCode::Char('y') => {
            state.prompt = None;
            return left(state, why);
        }
        KeyCode::Char('w') => {
            // Packets that come after saving would be lost, so the capture stops.
            if let Some(live) = state.live.as_mut().filter(|live| live.running) {
                live.stop();
            }
            ask_for_name(state);
            state.leaving = Some(why);
        }
        KeyCode::Char('n') => state.prompt = None,
        _ => {}
    }
    Effect::None
}

/// Starts a search from the packet under the cursor, around the end of the list.
pub(crate) fn search(state: &mut State, forward: bool) {
    let Some((place, text)) = state.search.clone().filter(|(_, text)| !text.is_empty()) else {
        state.message = Some("nothing was searched for yet; / searches".into());
        return;
    };
    let Some(session) = &state.session else { return };
    let (lines, from) = (session.len(), state.list.cursor);
    let listed = session.sift.as_ref().map(|sift| sift.matches().clone());
    let task = Task { place, text, listed, lines, from, forward };
    match Seek::start(task, &session.origin, session.shared()) {
        Ok(seek) => state.seek = Some(seek),
        Err(why) => state.message = Some(why),
    }
}
