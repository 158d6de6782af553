//! Everything that the screen shows, and nothing of how: keys change it, drawing reads it.

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

/// A place in something that scrolls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scroll {
    /// The line under the cursor.
    pub(crate) cursor: usize,
    /// The first line in sight.
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

    /// Moves what is in sight so that the cursor is, `height` lines being shown.
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

/// What is typed at the bottom of the screen, and what for.
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

/// What the user wants to do when something would be lost.
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
    /// The list's row.
    #[default]
    Info,
    /// The details.
    Details,
    /// The bytes; the text may be hexadecimal digits.
    Bytes,
}

/// The typed line.
#[derive(Clone, Debug)]
pub(crate) struct Prompt {
    /// What for.
    pub(crate) ask: Ask,
    /// What was typed.
    pub(crate) edit: Edit,
    /// Which line of the history is shown; the one after the last is the new one.
    pub(crate) recall: usize,
    /// Names that fit, and which one is taken.
    pub(crate) offers: Vec<String>,
    /// Which of the offers stands in the line.
    pub(crate) taken: Option<usize>,
}

/// How tall the panes are, in parts of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares(pub(crate) [u16; 3]);

/// What the program does beyond changing its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// End.
    Quit,
    /// Stop, as Ctrl-Z says, until the shell says to go on.
    Suspend,
    /// Put this onto the clipboard.
    Copy(String),
    /// Draw everything anew.
    Redraw,
}

/// The exchanges of the lab in this capture, for the ladder and the sentences.
pub(crate) struct Exchanges {
    /// One ladder a conversation.
    pub(crate) ladders: Vec<Ladder>,
}

impl Exchanges {
    /// Those of a report.
    pub(crate) fn of(report: &crate::lab::answer::Report) -> Exchanges {
        Exchanges { ladders: flow::ladders(report) }
    }

    /// The sentence about a frame, if it belongs to an exchange.
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

/// When the lab's exchanges were looked for, in a capture that goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Looked {
    /// Frames that there were.
    pub(crate) frames: u32,
    /// When it began.
    pub(crate) begun: Option<Instant>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Everything.
pub(crate) struct State {
    /// The capture that is open.
    pub(crate) session: Option<Session>,
    /// The lab that the answers and the ladder are about.
    pub(crate) lab: Lab,
    /// Rules for the colours of rows.
    pub(crate) rules: Rules,
    /// How things look.
    pub(crate) theme: Theme,
    /// Where keys go.
    pub(crate) focus: Focus,
    /// Whether the pane with the keys has the whole screen.
    pub(crate) zoom: bool,
    /// How tall the panes are.
    pub(crate) shares: Shares,
    /// Place in the packet list.
    pub(crate) list: Scroll,
    /// Whether the list follows its end.
    pub(crate) follow: bool,
    /// Frames that are marked.
    pub(crate) marks: BTreeSet<u32>,
    /// Columns of the list that are not shown.
    pub(crate) hidden: HashSet<usize>,
    /// What is added to the widths of the columns.
    pub(crate) widths: [i16; 8],
    /// The column whose width keys change.
    pub(crate) column: usize,
    /// Place in the details tree, in lines that are to be seen.
    pub(crate) details: Scroll,
    /// Nodes of the tree that are open, by their fields' names.
    pub(crate) opened: HashSet<String>,
    /// Whether the names of fields stand behind their lines.
    pub(crate) names: bool,
    /// Byte under the cursor, and the first row in sight.
    pub(crate) bytes: Scroll,
    /// Which source of bytes is shown.
    pub(crate) source: usize,
    /// What is typed.
    pub(crate) prompt: Option<Prompt>,
    /// Filters used before, oldest first.
    pub(crate) history: Vec<String>,
    /// The last search.
    pub(crate) search: Option<(Haystack, String)>,
    /// A pane in front of the others.
    pub(crate) pane: Option<Pane>,
    /// A pane that is being prepared.
    pub(crate) coming: Option<Receiver<Result<Pane, String>>>,
    /// A search that goes on.
    pub(crate) seek: Option<super::seek::Seek>,
    /// The lab's exchanges, once they were looked for.
    pub(crate) exchanges: Option<Exchanges>,
    /// When they were looked for last.
    pub(crate) exchanges_of: Looked,
    /// Those that are being looked for.
    pub(crate) exchanges_coming: Option<Receiver<Result<Exchanges, String>>>,
    /// A message for the user.
    pub(crate) message: Option<String>,
    /// Where what is copied goes besides the clipboard.
    pub(crate) copy_file: Option<PathBuf>,
    /// Fields with columns of their own, in any capture.
    pub(crate) columns: Vec<String>,
    /// A filter that is applied once a capture is open.
    pub(crate) waiting: Option<String>,
    /// The label of the filter that is being saved.
    pub(crate) label: String,
    /// Saved filters.
    pub(crate) saved: Vec<crate::filter::saved::Saved>,
    /// Lines of the list in sight when it was drawn last.
    pub(crate) page: usize,
    /// Whether the capture runs.
    pub(crate) live: Option<super::live::Capture>,
    /// The adapters to choose from.
    pub(crate) start: Option<super::start::Start>,
    /// Whether anything went on by itself when that was looked at last.
    pub(crate) went_on: bool,
    /// What is left once the capture is saved.
    pub(crate) leaving: Option<Leave>,
    /// The heading that the mouse holds.
    pub(crate) held: Option<usize>,
    /// Where the panes are on the screen, for the mouse.
    pub(crate) areas: super::draw::Areas,
}

impl State {
    /// Nothing open yet.
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

    /// Goes over to another capture.
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

    /// Number of the frame under the cursor.
    pub(crate) fn current(&self) -> Option<u32> {
        self.session.as_ref()?.number(self.list.cursor)
    }

    /// Moves to a frame; if the filter hides it, to the next one that it lets pass.
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

    /// Another packet is under the cursor: what pointed into the last one starts anew.
    pub(crate) fn moved(&mut self) {
        self.bytes = Scroll::default();
        self.source = 0;
    }
}
