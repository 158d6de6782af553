//! A search in the background: a thread goes through the listed frames, from the one under the cursor and around the
//! end of the list.

use super::index::Shared;
use super::index::look::Looker;
use super::origin::Origin;
use super::state::Haystack;
use crate::packet::Packet;
use crate::text::Line;
use crate::view::details;
use crate::view::list::write_row;
use crate::view::time::TimeFormat;
use regex::bytes::{Regex, RegexBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};

/// Frames between two checks whether the search was stopped.
const PART: usize = 512;

/// A search.
pub(crate) struct Seek {
    /// The searched text, as it was typed.
    pub(crate) text: String,
    /// The result: the index of the line with the text, `None` if no line has it, or why the search failed.
    pub(crate) found: Receiver<Result<Option<usize>, String>>,
    /// Number of lines in the list.
    pub(crate) lines: usize,
    done: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

/// The place and the text of a search.
pub(crate) struct Task {
    /// The part of a packet that is searched.
    pub(crate) place: Haystack,
    /// The searched text.
    pub(crate) text: String,
    /// The frames that are listed; `None` if those are the first `lines`.
    pub(crate) listed: Option<Vec<u32>>,
    /// Number of listed frames.
    pub(crate) lines: usize,
    /// The index of the line after which the search begins.
    pub(crate) from: usize,
    /// Whether it goes towards the end.
    pub(crate) forward: bool,
}

impl Seek {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(crate) fn start(task: Task, origin: &Origin, shared: Arc<Shared>) -> Result<Seek, String> {
        let (done, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (send, found) = channel();
        let (text, lines) = (task.text.clone(), task.lines);
        let looker = Looker::new(origin.path());
        let (counted, stopped) = (done.clone(), stop.clone());
        let thread = std::thread::Builder::new().name("search".into()).spawn(move || {
            // The user may have gone on by then.
            let _ = send.send(task.run(looker, &shared, &counted, &stopped));
        });
        thread.map_err(|error| format!("cannot start a thread for the search: {error}"))?;
        Ok(Seek { text, found, lines, done, stop })
    }

    /// The searched part of the list, in thousandths.
    pub(crate) fn progress(&self) -> u64 {
        (self.done.load(Ordering::Relaxed) * 1000 / self.lines.max(1)) as u64
    }
}

impl Drop for Seek {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Task {
    fn line(&self, step: usize) -> usize {
        let step = step % self.lines;
        if self.forward {
            (self.from + step) % self.lines
        } else {
            (self.from + self.lines - step) % self.lines
        }
    }

    fn number(&self, line: usize) -> u32 {
        self.listed.as_ref().map_or(line as u32 + 1, |listed| listed.get(line).copied().unwrap_or_default())
    }

    fn run(
        &self,
        mut looker: Looker,
        shared: &Shared,
        done: &AtomicUsize,
        stop: &AtomicBool,
    ) -> Result<Option<usize>, String> {
        let needle = Needle::new(self.place, &self.text)?;
        let mut step = 1;
        while step <= self.lines && !stop.load(Ordering::Relaxed) {
            let end = (step + PART).min(self.lines + 1);
            let part: Vec<(usize, u32)> =
                (step..end).map(|step| self.line(step)).map(|line| (line, self.number(line))).collect();
            let mut sorted: Vec<u32> = part.iter().map(|(_, no)| *no).collect();
            sorted.sort_unstable();
            let mut hits = Vec::new();
            let visited = looker.visit(&shared.read(), &sorted, &|_| None, &mut |packet| {
                if holds(packet, self.place, &needle) {
                    hits.push(packet.context.frame.no.0 as u32);
                }
            });
            visited.map_err(|error| error.to_string())?;
            if let Some((line, _)) = part.iter().find(|(_, no)| hits.binary_search(no).is_ok()) {
                return Ok(Some(*line));
            }
            done.store(end - 1, Ordering::Relaxed);
            step = end;
        }
        Ok(None)
    }
}

/// A compiled search text.
enum Needle {
    /// Text in lower case, or bytes.
    Bytes(Vec<u8>),
    /// A regular expression.
    Pattern(Regex),
}

impl Needle {
    /// Compiles a search text: a regular expression in slashes, or plain text; case is ignored. The error says what
    /// is wrong with a regular expression.
    fn new(place: Haystack, text: &str) -> Result<Needle, String> {
        let pattern = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else {
            return Ok(Needle::Bytes(literal(place, text)));
        };
        let made = RegexBuilder::new(pattern).case_insensitive(true).build();
        made.map(Needle::Pattern).map_err(|_| format!("`{pattern}` is no regular expression"))
    }

    fn is_in(&self, text: &[u8]) -> bool {
        match self {
            Needle::Bytes(bytes) => memchr::memmem::find(text, bytes).is_some(),
            Needle::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

/// The text in lower case; for a search in bytes, hexadecimal digits become the bytes that they mean.
fn literal(place: Haystack, text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b" :".contains(b)).collect();
    let is_hex =
        digits.len() >= 2 && digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    if place == Haystack::Bytes && is_hex {
        let pairs =
            digits.chunks(2).filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        return pairs.collect();
    }
    text.to_lowercase().into_bytes()
}

fn holds(packet: &Packet<'_>, place: Haystack, needle: &Needle) -> bool {
    let find = |text: &[u8]| needle.is_in(text);
    match place {
        Haystack::Info => {
            let mut row = Line::new();
            write_row(packet, TimeFormat::Relative, &mut row);
            find(String::from_utf8_lossy(&row).to_lowercase().as_bytes())
        }
        Haystack::Details => {
            details::lines(packet).iter().any(|line| find(line.text.to_lowercase().as_bytes()))
        }
        Haystack::Bytes => {
            let bytes = packet.context.frame.bytes;
            find(bytes) || find(&bytes.to_ascii_lowercase())
        }
    }
}
