//! Everything that the screen shows, without how it is drawn: keys change it, drawing reads it.

use super::edit::Edit;
use super::panes::Pane;
use super::session::Session;
use super::theme::Theme;
use crate::lab::definition::Lab;
use crate::lab::show::flow;
use crate::view::colour::Rules;
use crate::view::flow::Ladder;
use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// The pane that keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    /// The packet list.
    List,
    /// The details tree.
    Details,
    /// The bytes.
    Bytes,
}

/// A position in something that scrolls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scroll {
    /// The line under the cursor.
    pub(crate) cursor: usize,
    /// The first visible line.
    pub(crate) top: usize,
}

impl Scroll {
    /// Moves the cursor by some lines, within `len`.
    pub(crate) fn by(&mut self, lines: isize, len: usize) {
        self.to(self.cursor.saturating_add_signed(lines), len);
    }

    /// Moves the cursor to a line, within `len`.
    pub(crate) fn to(&mut self, line: usize, len: usize) {
        self.cursor = line.min(len.saturating_sub(1));
    }

    /// Scrolls so that the cursor is visible, where `height` lines are shown.
    pub(crate) fn fit(&mut self, height: usize, len: usize) {
        self.cursor = self.cursor.min(len.saturating_sub(1));
        self.top = self.top.min(len.saturating_sub(height));
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if height > 0 && self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
    }
}

/// The purpose of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A display filter.
    Filter,
    /// The number of a frame.
    Number,
    /// Text to search for.
    Search,
    /// A file to save to.
    Save,
    /// The label under which the filter is saved.
    Label,
    /// The comment that is saved with it.
    Comment,
    /// A field to make a column of.
    Column,
    /// A capture file to open.
    Open,
    /// Whether to lose what was captured.
    Leave(Leave),
}

/// What the user wants to do when a capture would be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// End the program.
    Quit,
    /// Capture anew.
    Restart,
    /// Go back to the adapters.
    Adapters,
}

/// Where a search looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Haystack {
    /// The row in the list.
    #[default]
    Info,
    /// The details.
    Details,
    /// The bytes; the text may be hexadecimal digits.
    Bytes,
}

/// A prompt, with the line that is typed.
#[derive(Clone, Debug)]
pub(crate) struct Prompt {
    /// Its purpose.
    pub(crate) ask: Ask,
    /// The typed line.
    pub(crate) edit: Edit,
    /// Index of the line of the history that is shown; the length of the history means the new line.
    pub(crate) recall: usize,
    /// Names that fit.
    pub(crate) offers: Vec<String>,
    /// Index of the offer that is in the line; `None` if none is.
    pub(crate) taken: Option<usize>,
}

/// Heights of the three panes, as shares of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares(pub(crate) [u16; 3]);

/// An action of the program beyond changing its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// End the program.
    Quit,
    /// Suspend the program, as Ctrl-Z asks, until the shell continues it.
    Suspend,
    /// Copy this to the clipboard.
    Copy(String),
    /// Draw everything anew.
    Redraw,
}

/// The exchanges of the lab in this capture, for the ladder and the sentences.
pub(crate) struct Exchanges {
    /// One ladder for each conversation.
    pub(crate) ladders: Vec<Ladder>,
}

impl Exchanges {
    /// The exchanges of a report.
    pub(crate) fn of(report: &crate::lab::answer::Report) -> Exchanges {
        Exchanges { ladders: flow::ladders(report) }
    }

    /// The sentence about a frame; `None` if it belongs to no exchange.
    pub(crate) fn sentence(&self, no: u32) -> Option<&str> {
        self.arrows().find(|arrow| arrow.frame == u64::from(no)).map(|arrow| arrow.sentence.as_str())
    }

    fn arrows(&self) -> impl Iterator<Item = &crate::view::flow::Arrow> {
        self.ladders.iter().flat_map(|ladder| &ladder.rows).filter_map(|row| match row {
            crate::view::flow::Row::Arrow(arrow) => Some(arrow),
            _ => None,
        })
    }
}

/// The last search for the lab's exchanges in a growing capture.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Looked {
    /// Number of frames at that time.
    pub(crate) frames: u32,
    /// When it began.
    pub(crate) begun: Option<Instant>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// The state of the program.
pub(crate) struct State {
    /// The open capture; `None` without one.
    pub(crate) session: Option<Session>,
    /// The lab that the answers and the ladder are about.
    pub(crate) lab: Lab,
    /// Rules for the colours of rows.
    pub(crate) rules: Rules,
    /// The colours and styles.
    pub(crate) theme: Theme,
    /// The pane that keys go to.
    pub(crate) focus: Focus,
    /// Whether the pane with the focus has the whole screen.
    pub(crate) zoom: bool,
    /// Heights of the panes.
    pub(crate) shares: Shares,
    /// Position in the packet list.
    pub(crate) list: Scroll,
    /// Whether the list follows its end.
    pub(crate) follow: bool,
    /// Numbers of the marked frames.
    pub(crate) marks: BTreeSet<u32>,
    /// Indices of the hidden columns of the list.
    pub(crate) hidden: HashSet<usize>,
    /// Changes of the columns' widths, in screen columns.
    pub(crate) widths: [i16; 8],
    /// Index of the column whose width keys change.
    pub(crate) column: usize,
    /// Position in the details tree, counted in visible lines.
    pub(crate) details: Scroll,
    /// The open nodes of the tree, by their keys (`key_of` in `update/details.rs`).
    pub(crate) opened: HashSet<String>,
    /// Whether lines of the tree are followed by their fields' names.
    pub(crate) names: bool,
    /// Byte under the cursor, and the first visible row.
    pub(crate) bytes: Scroll,
    /// Index of the source of bytes that is shown.
    pub(crate) source: usize,
    /// The open prompt; `None` without one.
    pub(crate) prompt: Option<Prompt>,
    /// Filters used before, oldest first.
    pub(crate) history: Vec<String>,
    /// Place and text of the last search.
    pub(crate) search: Option<(Haystack, String)>,
    /// The pane in front of the three; `None` without one.
    pub(crate) pane: Option<Pane>,
    /// The pane that a thread is making.
    pub(crate) coming: Option<Receiver<Result<Pane, String>>>,
    /// The running search.
    pub(crate) seek: Option<super::seek::Seek>,
    /// The lab's exchanges; `None` until they were searched for.
    pub(crate) exchanges: Option<Exchanges>,
    /// The last search for the lab's exchanges.
    pub(crate) exchanges_of: Looked,
    /// The running search for the lab's exchanges.
    pub(crate) exchanges_coming: Option<Receiver<Result<Exchanges, String>>>,
    /// A message for the user.
    pub(crate) message: Option<String>,
    /// The file that copied text is added to, besides the clipboard.
    pub(crate) copy_file: Option<PathBuf>,
    /// Names of the fields in the user's own columns, for any capture.
    pub(crate) columns: Vec<String>,
    /// A filter to apply once a capture is open.
    pub(crate) waiting: Option<String>,
    /// The label of the filter that is being saved.
    pub(crate) label: String,
    /// Saved filters.
    pub(crate) saved: Vec<crate::filter::saved::Saved>,
    /// Number of visible lines when the list was last drawn.
    pub(crate) page: usize,
    /// The live capture; `None` where only files are viewed.
    pub(crate) live: Option<super::live::Capture>,
    /// The start page; `None` unless it is shown.
    pub(crate) start: Option<super::start::Start>,
    /// Whether any work was going on at the last tick.
    pub(crate) went_on: bool,
    /// What to do once the capture is saved.
    pub(crate) leaving: Option<Leave>,
    /// The heading that the mouse drags.
    pub(crate) held: Option<usize>,
    /// The areas of the panes on the screen, for the mouse.
    pub(crate) areas: super::draw::Areas,
}

impl State {
    /// A state without an open capture.
    pub(crate) fn new(lab: Lab, rules: Rules, theme: Theme) -> State {
        State {
            session: None,
            lab,
            rules,
            theme,
            focus: Focus::List,
            zoom: false,
            shares: Shares([5, 4, 2]),
            list: Scroll::default(),
            follow: false,
            marks: BTreeSet::new(),
            hidden: HashSet::new(),
            widths: [0; 8],
            column: 0,
            details: Scroll::default(),
            opened: HashSet::new(),
            names: false,
            bytes: Scroll::default(),
            source: 0,
            prompt: None,
            history: Vec::new(),
            search: None,
            pane: None,
            coming: None,
            seek: None,
            exchanges: None,
            exchanges_of: Looked::default(),
            exchanges_coming: None,
            message: None,
            copy_file: None,
            columns: Vec::new(),
            waiting: None,
            label: String::new(),
            saved: Vec::new(),
            page: 10,
            live: None,
            start: None,
            went_on: true,
            leaving: None,
            held: None,
            areas: super::draw::Areas::default(),
        }
    }

    /// Switches to another capture.
    pub(crate) fn set_session(&mut self, mut session: Session) {
        session.columns = self.columns.clone();
        self.follow = session.origin.grows();
        self.session = Some(session);
        (self.list, self.details, self.bytes) = Default::default();
        self.source = 0;
        self.marks.clear();
        self.exchanges = None;
        self.exchanges_coming = None;
        self.exchanges_of = Looked::default();
        self.seek = None;
        self.pane = None;
        self.coming = None;
        self.start = None;
    }

    /// Number of the frame under the cursor; `None` if the list is empty.
    pub(crate) fn current(&self) -> Option<u32> {
        self.session.as_ref()?.number(self.list.cursor)
    }

    /// Moves to a frame; if the filter hides it, to the next listed one.
    pub(crate) fn go_to(&mut self, no: u32) {
        let Some(session) = &self.session else { return };
        let len = session.len();
        let all = session.read().len();
        let no = no.clamp(1, all.max(1));
        let line = session.line_of(no);
        if !session.is_listed(no) {
            self.message = Some(format!("the filter does not show frame {no}"));
        }
        self.list.to(line, len);
        self.follow = false;
        self.moved();
    }

    /// Resets positions in details and bytes after the cursor moved to another packet.
    pub(crate) fn moved(&mut self) {
        self.bytes = Scroll::default();
        self.source = 0;
    }
}
