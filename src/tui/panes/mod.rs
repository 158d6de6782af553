//! Panes in front of the three: each is a list of lines, and a line may lead to its packet. They are made by threads
//! that go through the capture as it is then.

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

/// What a pane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All keys.
    Help,
    /// What both ends of a conversation said.
    Follow,
    /// The ladder of an exchange; in step mode it grows.
    Ladder,
    /// All conversations.
    Conversations,
    /// The protocols and how much of each there is.
    Hierarchy,
    /// The lab's questions, answered.
    Answers,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Look {
    /// As text does.
    #[default]
    Plain,
    /// A heading.
    Head,
    /// Said by the side that began.
    One,
    /// Said by the other side.
    Other,
    /// Something is missing or wrong.
    Wrong,
    /// Of less weight.
    Faint,
}

/// A line of a pane, safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its text.
    pub(crate) text: String,
    /// The packet that it leads to.
    pub(crate) frame: Option<u32>,
    /// How it looks.
    pub(crate) look: Look,
}

impl Line {
    /// Text that leads nowhere.
    pub(crate) fn new(text: impl Into<String>, look: Look) -> Line {
        Line { text: text.into(), frame: None, look }
    }

    /// The same, leading to a packet.
    pub(crate) fn to(mut self, frame: u64) -> Line {
        self.frame = u32::try_from(frame).ok();
        self
    }
}

/// A pane.
#[derive(Clone, Debug)]
pub(crate) struct Pane {
    /// What it shows.
    pub(crate) kind: Kind,
    /// What stands above it.
    pub(crate) title: String,
    /// All its lines.
    pub(crate) lines: Vec<Line>,
    /// The same before they were broken for the width of the screen.
    whole: Vec<Line>,
    /// What stands in their place where they are too wide, if that is something else than their parts.
    narrow: Option<Vec<Line>>,
    /// The width that they were broken for.
    width: usize,
    /// Place in them.
    pub(crate) scroll: Scroll,
    /// Of a stream that is followed: which one, and how it is shown.
    pub(crate) followed: Option<follow::Followed>,
    /// In step mode: lines are shown up to that of this frame.
    pub(crate) step: Option<u32>,
}

impl Pane {
    /// A pane at its beginning.
    pub(crate) fn new(kind: Kind, title: impl Into<String>, lines: Vec<Line>) -> Pane {
        let whole = lines.clone();
        let (title, scroll) = (title.into(), Scroll::default());
        Pane { kind, title, lines, whole, narrow: None, width: 0, scroll, followed: None, step: None }
    }

    /// The same with other lines for a screen that is too narrow for its table.
    pub(crate) fn or(mut self, narrow: Vec<Line>) -> Pane {
        self.narrow = Some(narrow);
        self
    }

    /// Breaks its lines for a screen of this width; the cursor stays at its packet.
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

    /// Its text, as it is before it is broken.
    pub(crate) fn text(&self) -> String {
        self.whole.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The first line that leads to a packet.
    pub(crate) fn place_of(&self, frame: u32) -> Option<usize> {
        self.lines.iter().position(|line| line.frame == Some(frame))
    }

    /// Lines that are shown: all, or in step mode those up to the current packet.
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

/// Columns that text which goes on is indented by, at most.
const HANG: usize = 22;

/// Breaks a line at blanks where it is too wide; what follows is indented as its text is.
fn breaks(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width || width < 24 {
        return vec![text.to_owned()];
    }
    let lead = text.len() - text.trim_start().len();
    // Behind a number or keys, the text begins after a gap.
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

/// Does something in a thread; what comes of it is received.
pub(crate) fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Receiver<Result<T, String>> {
    let (send, receive) = channel();
    let failed = send.clone();
    let thread = std::thread::Builder::new().name("pane".into()).spawn(move || {
        // The user may have gone on by then.
        let _ = send.send(work());
    });
    if let Err(error) = thread {
        let _ = failed.send(Err(format!("cannot start a thread: {error}")));
    }
    receive
}

/// Goes through a capture as far as it is written now.
fn read(origin: &Origin, sink: &mut dyn Sink) -> Result<FileReader, String> {
    let mut source = FileReader::open(origin.path()).map_err(|error| error.to_string())?;
    // The packet list reports damage; what stands before it is used.
    let _ = pump::run(&mut source, &mut Open, None, sink);
    Ok(source)
}
