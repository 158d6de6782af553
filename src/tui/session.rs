//! An open capture: its index, the current filter, and the visible rows and packet.

use super::index::build::Builder;
use super::index::look::Looker;
use super::index::{Index, Shared};
use super::origin::Origin;
use super::sift::Sift;
use crate::conversation::hindsight::too_much;
use crate::dissect::source_name;
use crate::filter::Filter;
use crate::packet::Packet;
use crate::text::{Line, written};
use crate::view::colour::Rules;
use crate::view::details::{self, DetailLine};
use crate::view::fields::Fields;
use crate::view::time::TimeFormat;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most rows that are kept, enough for many screens.
const MOST_ROWS: usize = 4096;

/// A row of the packet list, safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// Time, Source, Destination, Protocol, Length, the user's own columns, and Info.
    pub(crate) cells: Vec<String>,
    /// Index of the rule that colours it; `None` if no rule does.
    pub(crate) rule: Option<usize>,
}

/// One packet with its details and its bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// Its number.
    pub(crate) no: u32,
    /// The details tree.
    pub(crate) lines: Vec<DetailLine>,
    /// The frame's bytes, and those of reassembled and decoded data, each with a name.
    pub(crate) sources: Vec<(String, Vec<u8>)>,
}

/// An open capture.
pub(crate) struct Session {
    /// The origin of its frames.
    pub(crate) origin: Origin,
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
    looker: Looker,
    rows: HashMap<u32, Row>,
    /// Whether the rows were made after the capture was read to its end.
    is_final: bool,
    shown: Option<(Shown, bool)>,
    /// The current display filter; `None` without one.
    pub(crate) sift: Option<Sift>,
    /// The rules that colour the rows.
    pub(crate) rules: Rules,
    time: TimeFormat,
    /// The time references: relative times count from the last of these frames before a frame.
    pub(crate) references: Vec<u32>,
    /// Names of the fields in the user's own columns.
    pub(crate) columns: Vec<String>,
    /// Why frames could not be shown; `None` if all could.
    pub(crate) trouble: Option<String>,
    /// Whether the remark about the capture was given.
    is_remarked: bool,
}

impl Session {
    /// Opens a capture, and starts a thread that indexes it.
    ///
    /// # Errors
    /// If it cannot be opened, is no capture, or the thread cannot be started; in words.
    pub(crate) fn open(origin: Origin, rules: Rules) -> Result<Session, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Shared::default());
        let mut session = Session {
            looker: Looker::new(origin.path()),
            origin,
            shared,
            stop,
            rows: HashMap::new(),
            is_final: false,
            shown: None,
            sift: None,
            rules,
            time: TimeFormat::Relative,
            references: Vec::new(),
            columns: Vec::new(),
            trouble: None,
            is_remarked: false,
        };
        session.index()?;
        Ok(session)
    }

    fn index(&mut self) -> Result<(), String> {
        let mut source = self.origin.open(&self.stop).map_err(|error| error.to_string())?;
        let (shared, watched) = (self.shared.clone(), self.origin.grows());
        let work = move || Builder::default().run(&mut source, &shared, watched);
        let thread = std::thread::Builder::new().name("index".into()).spawn(work);
        thread.map_err(|error| format!("cannot start a thread that reads the capture: {error}"))?;
        Ok(())
    }

    /// The index as it is now.
    pub(crate) fn read(&self) -> parking_lot::RwLockReadGuard<'_, Index> {
        self.shared.read()
    }

    /// Number of listed frames.
    pub(crate) fn len(&self) -> usize {
        match &self.sift {
            Some(sift) => {
                let all = self.read().len();
                let matches = sift.matches();
                // The filter may be ahead of the index.
                matches.partition_point(|no| *no <= all)
            }
            None => self.read().len() as usize,
        }
    }

    /// The number of the frame in this line of the list; `None` behind the end.
    pub(crate) fn number(&self, line: usize) -> Option<u32> {
        match &self.sift {
            Some(sift) => sift.matches().get(line).copied(),
            None => u32::try_from(line + 1).ok().filter(|no| *no <= self.read().len()),
        }
    }

    /// The line of a frame, or of the next listed one.
    pub(crate) fn line_of(&self, no: u32) -> usize {
        match &self.sift {
            Some(sift) => sift.matches().partition_point(|listed| *listed < no),
            None => no.saturating_sub(1) as usize,
        }
    }

    /// Whether a frame is listed.
    pub(crate) fn is_listed(&self, no: u32) -> bool {
        self.number(self.line_of(no)) == Some(no)
    }

    /// What the Time column counts from.
    pub(crate) fn time(&self) -> TimeFormat {
        self.time
    }

    /// Changes what the Time column counts from.
    pub(crate) fn set_time(&mut self, time: TimeFormat) {
        self.time = time;
        self.forget();
    }

    /// Drops all rows, which are then made anew when needed.
    pub(crate) fn forget(&mut self) {
        self.rows.clear();
        self.shown = None;
    }

    /// Lists only packets that match from now on; an empty filter lists all.
    ///
    /// # Errors
    /// If the filter's thread cannot be started.
    pub(crate) fn filter(&mut self, text: &str, filter: Filter) -> Result<(), String> {
        self.sift = None;
        self.rows.clear();
        if !text.trim().is_empty() {
            let index = self.shared.read();
            let hindsight = index.is_complete().then(|| index.hindsight().clone());
            drop(index);
            self.sift = Some(Sift::start(text, filter, &self.origin, hindsight)?);
        }
        Ok(())
    }

    /// The row of a frame, if it was fetched.
    pub(crate) fn row(&self, no: u32) -> Option<&Row> {
        self.rows.get(&no)
    }

    /// Fetches the rows of frames, so that [`Session::row`] has them.
    pub(crate) fn fetch(&mut self, numbers: &[u32]) {
        let complete = self.read().is_complete();
        if complete && !std::mem::replace(&mut self.is_final, complete) {
            // Later frames say something about these rows.
            self.rows.clear();
        }
        let missing: Vec<u32> = numbers.iter().copied().filter(|no| !self.rows.contains_key(no)).collect();
        if missing.is_empty() {
            return;
        }
        if self.rows.len() > MOST_ROWS {
            self.rows.clear();
        }
        let shared = self.shared.clone();
        let index = shared.read();
        let previous = self.displayed(&index, &missing);
        let displayed = |no: u32| previous.get(&no).copied().flatten();
        let (rows, rules, columns) = (&mut self.rows, &mut self.rules, &self.columns);
        let style = (self.time, self.references.as_slice());
        let done = self.looker.visit(&index, &missing, &displayed, &mut |packet| {
            rows.insert(packet.context.frame.no.0 as u32, row(packet, style, rules, columns, &index));
        });
        self.trouble = done.err().map(|error| error.to_string());
    }

    /// For each of these frames, the time of the frame that is displayed before it.
    fn displayed(&self, index: &Index, numbers: &[u32]) -> HashMap<u32, Option<i64>> {
        let matches = self.sift.as_ref().map(Sift::matches);
        let before = |no: u32| match &matches {
            None => index.entry(no - 1),
            Some(matches) => {
                let at = matches.partition_point(|listed| *listed < no);
                at.checked_sub(1).and_then(|at| matches.get(at)).and_then(|no| index.entry(*no))
            }
        };
        numbers.iter().map(|no| (*no, before(*no).and_then(|entry| entry.displayed()))).collect()
    }

    /// Decodes one frame for the details and the bytes; `None` if it cannot be read.
    pub(crate) fn show(&mut self, no: u32) -> Option<&Shown> {
        let complete = self.read().is_complete();
        if self.shown.as_ref().is_none_or(|(shown, final_)| shown.no != no || *final_ != complete) {
            let shared = self.shared.clone();
            let index = shared.read();
            let previous = self.displayed(&index, &[no]);
            let displayed = |no: u32| previous.get(&no).copied().flatten();
            let mut found = None;
            let done = self.looker.visit(&index, &[no], &displayed, &mut |packet| {
                found = Some((shown(packet), complete));
            });
            self.trouble = done.err().map(|error| error.to_string());
            self.shown = found;
        }
        self.shown.as_ref().map(|(shown, _)| shown)
    }

    /// The index, to share with another thread.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Whether the capture was read to its end, and its frames say more about earlier ones than is kept.
    pub(crate) fn is_of_one_pass(&self) -> bool {
        let index = self.read();
        index.is_complete() && !index.hindsight().is_complete()
    }

    /// The remark about a capture that was read to its end; `None` if there is none, or it was given before.
    pub(crate) fn remark(&mut self) -> Option<String> {
        let was_remarked = std::mem::replace(&mut self.is_remarked, true);
        (!was_remarked && self.is_of_one_pass()).then(too_much)
    }

    /// The part of the capture that was read, in thousandths.
    pub(crate) fn progress(&self) -> u64 {
        let index = self.read();
        if index.is_complete() {
            return 1000;
        }
        (index.position() * 1000 / self.origin.len().max(1)).min(999)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn row(
    packet: &Packet<'_>,
    (time, references): (TimeFormat, &[u32]),
    rules: &mut Rules,
    columns: &[String],
    index: &Index,
) -> Row {
    let mut packet = *packet;
    let no = packet.context.frame.no.0 as u32;
    let rule = rules.of(&packet);
    let reference = references.iter().copied().filter(|reference| *reference <= no).max();
    if let Some(from) = reference.and_then(|reference| index.entry(reference))
        && let Some(own) = index.entry(no)
    {
        packet.context.facts.frame.time_relative = own.time() - from.time();
    }
    let (source, destination) = packet.addresses();
    let clock = if reference == Some(no) { "*REF*".into() } else { written(|out| time.write(&packet, out)) };
    let mut cells = vec![
        clock,
        written(|out| source.write(out)),
        written(|out| destination.write(out)),
        packet.protocol().into_owned(),
        packet.context.frame.wire_len.to_string(),
    ];
    cells.extend(columns.iter().map(|name| own_column(&packet, name)));
    cells.push(written(|out| packet.info(out)));
    Row { cells, rule }
}

/// The cell of one of the user's own columns.
fn own_column(packet: &Packet<'_>, name: &str) -> String {
    use crate::pump::Sink as _;
    let mut out = Line::new();
    if let Ok(mut fields) = Fields::new(&mut out, &[name.to_owned()], false) {
        // Writing to a vector cannot fail.
        let _ = fields.packet(packet);
    }
    String::from_utf8_lossy(&out).trim_end_matches('\n').to_owned()
}

/// The details and bytes of a packet.
fn shown(packet: &Packet<'_>) -> Shown {
    let no = packet.context.frame.no.0 as u32;
    let lines = details::lines(packet);
    let mut sources = vec![("Frame".to_owned(), packet.context.frame.bytes.to_vec())];
    for (source, bytes) in (1..).zip(packet.context.buffers) {
        sources.push((source_name(&packet.context, source).to_owned(), bytes.clone()));
    }
    Shown { no, lines, sources }
}
