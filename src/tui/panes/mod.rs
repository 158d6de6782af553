//! Panes in front of the three: lists of lines, some of which lead to a packet. Threads make them from the capture as
//! far as it is written at that time.

pub(crate) mod answers;
pub(crate) mod conversations;
pub(crate) mod follow;
pub(crate) mod help;
pub(crate) mod hierarchy;
pub(crate) mod ladder;

use super::origin::Origin;
use super::state::Scroll;
use crate::capture::reader::FileReader;
use crate::pump::{self, Open, Sink};
use crate::view::wrap::wrap;
use std::sync::mpsc::{Receiver, channel};
use unicode_width::UnicodeWidthStr as _;

/// The kind of a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All keys.
    Help,
    /// The payload of both ends of a conversation.
    Follow,
    /// The ladder of an exchange; in step mode it grows.
    Ladder,
    /// All conversations.
    Conversations,
    /// The protocols, with the amount of each.
    Hierarchy,
    /// The answers to the lab's questions.
    Answers,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Look {
    /// Plain text.
    #[default]
    Plain,
    /// A heading.
    Head,
    /// Payload of the side that began.
    One,
    /// Payload of the other side.
    Other,
    /// A remark that something is missing or wrong.
    Wrong,
    /// A less important text.
    Faint,
}

/// A line of a pane, safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its text.
    pub(crate) text: String,
    /// The packet that it leads to; `None` if it leads to none.
    pub(crate) frame: Option<u32>,
    /// How it looks.
    pub(crate) look: Look,
}

impl Line {
    /// A line that leads to no packet.
    pub(crate) fn new(text: impl Into<String>, look: Look) -> Line {
        Line { text: text.into(), frame: None, look }
    }

    /// The line, leading to a packet.
    pub(crate) fn to(mut self, frame: u64) -> Line {
        self.frame = u32::try_from(frame).ok();
        self
    }
}

/// A pane.
#[derive(Clone, Debug)]
pub(crate) struct Pane {
    /// Its kind.
    pub(crate) kind: Kind,
    /// Its heading.
    pub(crate) title: String,
    /// All its lines.
    pub(crate) lines: Vec<Line>,
    /// The lines before they were wrapped for the width of the screen.
    whole: Vec<Line>,
    /// The lines for a screen that is too narrow, if these are to be used instead of wrapping.
    narrow: Option<Vec<Line>>,
    /// The width in columns that the lines were wrapped for.
    width: usize,
    /// Cursor and first visible line.
    pub(crate) scroll: Scroll,
    /// For a stream: which one, and how it is shown.
    pub(crate) followed: Option<follow::Followed>,
    /// In step mode, the frame up to whose line the pane is shown; `None` otherwise.
    pub(crate) step: Option<u32>,
}

impl Pane {
    /// A pane at its beginning.
    pub(crate) fn new(kind: Kind, title: impl Into<String>, lines: Vec<Line>) -> Pane {
        let whole = lines.clone();
        let (title, scroll) = (title.into(), Scroll::default());
        Pane { kind, title, lines, whole, narrow: None, width: 0, scroll, followed: None, step: None }
    }

    /// The pane, with other lines for a screen that is too narrow for its table.
    pub(crate) fn or(mut self, narrow: Vec<Line>) -> Pane {
        self.narrow = Some(narrow);
        self
    }

    /// Wraps its lines for a screen of this width; the cursor stays at its packet.
    pub(crate) fn fit(&mut self, width: usize) {
        if std::mem::replace(&mut self.width, width) == width {
            return;
        }
        let (frame, before) = (self.frame(), self.lines.len().max(1));
        let is_wide = self.whole.iter().any(|line| line.text.width() > width);
        let lines = self.narrow.as_ref().filter(|_| is_wide).unwrap_or(&self.whole);
        let broken = |line: &Line| -> Vec<Line> {
            let parts = breaks(&line.text, width);
            parts.into_iter().map(|text| Line { text, ..line.clone() }).collect()
        };
        self.lines = lines.iter().flat_map(broken).collect();
        let place = frame.and_then(|frame| self.place_of(frame));
        self.scroll.cursor = place.unwrap_or(self.scroll.cursor * self.lines.len() / before);
    }

    /// Its text before wrapping.
    pub(crate) fn text(&self) -> String {
        self.whole.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// Index of the first line that leads to this packet.
    pub(crate) fn place_of(&self, frame: u32) -> Option<usize> {
        self.lines.iter().position(|line| line.frame == Some(frame))
    }

    /// Number of lines that are shown: all, or in step mode those up to the current packet.
    pub(crate) fn len(&self) -> usize {
        let Some(step) = self.step else { return self.lines.len() };
        let past = self.lines.iter().position(|line| line.frame.is_some_and(|frame| frame > step));
        past.unwrap_or(self.lines.len())
    }

    /// The packet that the line under the cursor leads to, or the nearest line above it that leads to one.
    pub(crate) fn frame(&self) -> Option<u32> {
        self.lines.iter().take(self.scroll.cursor + 1).rev().find_map(|line| line.frame)
    }
}

/// The most columns by which continued lines are indented.
const HANG: usize = 22;

/// Wraps a line at spaces if it is too wide; the further lines are indented like its text.
fn breaks(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width || width < 24 {
        return vec![text.to_owned()];
    }
    let lead = text.len() - text.trim_start().len();
    // In lines that begin with a number or keys, the text begins after a gap.
    let gap = text.get(lead..).and_then(|rest| rest.find("  ").map(|at| (lead + at, rest)));
    let hang = gap.map(|(at, _)| at + text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start().len()));
    let hang = hang.filter(|at| text.get(..*at).is_some_and(|head| head.width() <= HANG)).unwrap_or(lead);
    let (head, rest) = text.split_at(hang);
    let indent = head.width();
    let lines = wrap(rest, width - indent);
    let blank = " ".repeat(indent);
    let whole = |(i, line): (usize, String)| format!("{}{line}", if i == 0 { head } else { &blank });
    lines.into_iter().enumerate().map(whole).collect()
}

/// Does `work` in a thread; the receiver gets its result.
pub(crate) fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Receiver<Result<T, String>> {
    let (send, receive) = channel();
    let failed = send.clone();
    let thread = std::thread::Builder::new().name("pane".into()).spawn(move || {
        // The receiver may be gone by then, which is fine.
        let _ = send.send(work());
    });
    if let Err(error) = thread {
        let _ = failed.send(Err(format!("cannot start a thread: {error}")));
    }
    receive
}

/// Reads a capture as far as it is written now.
fn read(origin: &Origin, sink: &mut dyn Sink) -> Result<FileReader, String> {
    let mut source = FileReader::open(origin.path()).map_err(|error| error.to_string())?;
    // The packet list reports damage; the packets before it are used.
    let _ = pump::run(&mut source, &mut Open, None, sink);
    Ok(source)
}
