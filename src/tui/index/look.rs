//! Decodes frames again, in any order: fetches the frames that they depend on, tracks these, and shows the wanted
//! ones as packets.

use super::{Index, MORE, SEED, frame_no};
use crate::capture::CaptureError;
use crate::capture::revisit::Revisit;
use crate::conversation::{Clock, Tracker};
use crate::packet::Packet;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The most frames that are tracked to show one; only a flood of fragments or echo requests reaches this limit.
const MOST: usize = 1 << 16;

/// Fetches and decodes frames of one file.
pub(crate) struct Looker {
    path: PathBuf,
    file: Option<Revisit>,
    /// The [`Index`]'s count of changes to the capture's description that `file` knows.
    changes: u32,
}

/// What to do at a frame on the way.
#[derive(Clone, Copy, Default)]
struct Stop {
    /// Track it.
    track: bool,
    /// Restore its conversation's state after it.
    plant: bool,
    /// Show it.
    show: bool,
}

impl Looker {
    /// Looks into the capture file at `path`.
    pub(crate) fn new(path: &Path) -> Looker {
        Looker { path: path.to_owned(), file: None, changes: 0 }
    }

    /// Passes each of the frames `wanted` to `each`, in the order of the file. `displayed` gives for each the time of
    /// the frame that is displayed before it.
    ///
    /// # Errors
    /// If the file cannot be read any more.
    pub(crate) fn visit(
        &mut self,
        index: &Index,
        wanted: &[u32],
        displayed: &dyn Fn(u32) -> Option<i64>,
        each: &mut dyn FnMut(&Packet<'_>),
    ) -> Result<(), CaptureError> {
        let way = way(index, wanted);
        let first = index.entry(1).map(|entry| entry.time());
        let mut tracker = Tracker::looking_back(index.hindsight());
        for (no, stop) in way {
            let Some(entry) = index.entry(no) else { continue };
            if stop.track || stop.show {
                let Some(file) = self.open(index)? else { return Ok(()) };
                let Some(frame) = file.frame(frame_no(no), entry.position())? else { continue };
                let previous = index.entry(no - 1).map_or(entry.time(), |before| before.time());
                let clock = Clock::at(first, previous, if stop.show { displayed(no) } else { None });
                tracker.expect(clock, entry.stream);
                let context = tracker.track(&frame);
                if stop.show {
                    each(&Packet { context });
                }
            }
            if let Some(seed) = index.seed(no).filter(|_| stop.plant) {
                tracker.plant(seed);
            }
        }
        Ok(())
    }

    fn open(&mut self, index: &Index) -> Result<Option<&mut Revisit>, CaptureError> {
        match &mut self.file {
            None => self.file = Revisit::open(&self.path, index.info())?,
            Some(file) if self.changes != index.changes => file.learn(index.info()),
            Some(_) => {}
        }
        self.changes = index.changes;
        Ok(self.file.as_mut())
    }
}

/// The frames `wanted` and those that they depend on, with what to do at each.
fn way(index: &Index, wanted: &[u32]) -> BTreeMap<u32, Stop> {
    let mut way: BTreeMap<u32, Stop> = BTreeMap::new();
    for no in wanted {
        way.entry(*no).or_default().show = true;
    }
    let mut open: Vec<u32> = wanted.to_vec();
    while let Some(no) = open.pop() {
        let Some(entry) = index.entry(no) else { continue };
        let mut follow = |on: u32| {
            let stop = way.entry(on).or_default();
            if !std::mem::replace(&mut stop.track, true) {
                open.push(on);
            }
        };
        if entry.has(MORE) {
            index.more(no).for_each(&mut follow);
        }
        match index.entry(entry.before) {
            Some(before) if before.has(SEED) => way.entry(entry.before).or_default().plant = true,
            Some(_) => follow(entry.before),
            None => {}
        }
        if way.len() > MOST {
            break;
        }
    }
    way
}
