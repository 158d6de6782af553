//! Tests of the loop with batches of every size, threads that end early, errors at either end, and drafts.

use super::*;
use crate::capture::info::Info;
use crate::capture::reader::FileReader;
use crate::filter::Filter;
use crate::frame::{LinkType, Timestamp};
use crate::frames::captured;
use std::path::Path;

/// Frames from memory; after the last one comes damage, if `damaged` is set.
struct Frames {
    frames: Vec<(Option<Timestamp>, Vec<u8>)>,
    at: usize,
    damaged: bool,
    ended: bool,
    info: Info,
}

impl Frames {
    /// The frames of one of labkit's recordings.
    fn of(name: &str) -> Frames {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name);
        let mut file = FileReader::open(&path).expect("the recording can be read");
        let mut frames = Vec::new();
        while let Some(frame) = file.next().expect("the recording is whole") {
            frames.push((frame.time, frame.bytes.to_vec()));
        }
        Frames { frames, at: 0, damaged: false, ended: false, info: Info::default() }
    }
}

impl Source for Frames {
    fn advance(&mut self) -> Result<bool, CaptureError> {
        if self.at < self.frames.len() {
            self.at += 1;
            return Ok(true);
        }
        if !std::mem::replace(&mut self.ended, true) && self.damaged {
            let (file, reason) = ("test".to_owned(), "it ends too early".to_owned());
            return Err(CaptureError::Damaged { file, offset: 77, frames: self.at as u64, reason });
        }
        Ok(false)
    }

    fn frame(&self) -> Option<Frame<'_>> {
        let (time, bytes) = self.frames.get(self.at.checked_sub(1)?).filter(|_| !self.ended)?;
        Some(captured(self.at as u64, *time, LinkType::ETHERNET, bytes))
    }

    fn info(&self) -> &Info {
        &self.info
    }
}

/// A sink that notes the number and the Info column of each packet, and its draft.
#[derive(Default)]
struct Notebook {
    rows: Vec<(u64, String)>,
    drafts: Vec<(String, Note)>,
    /// After this many packets it wants no more.
    enough: Option<usize>,
    /// After this many packets it fails.
    full: Option<usize>,
    finished: u32,
}

impl Sink for Notebook {
    fn needs(&self) -> Needs {
        Needs { streams: false, draft: Some(Box::new(Numbers)) }
    }

    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        if self.full == Some(self.rows.len()) {
            return Err(io::Error::other("the notebook is full"));
        }
        self.rows.push((packet.frame.no.0, crate::text::written(|line| packet.info(line))));
        let more = self.enough.is_none_or(|enough| self.rows.len() < enough);
        Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    fn drafted(&mut self, packet: &Packet<'_>, drafted: Drafted<'_>) -> io::Result<ControlFlow<()>> {
        self.drafts.push((String::from_utf8_lossy(drafted.text).into_owned(), drafted.note));
        self.packet(packet)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.finished += 1;
        Ok(())
    }
}

/// A draft that writes the frame's number, and has its length as the note.
struct Numbers;

impl Draft for Numbers {
    fn write(&self, packet: &Packet<'_>, _: Option<&Head>, out: &mut Line) -> Note {
        out.extend_from_slice(packet.frame.no.0.to_string().as_bytes());
        packet.frame.wire_len.to_ne_bytes()
    }
}

/// A display filter whose early verdict can be left out.
struct Judged {
    filter: Filter,
    early: bool,
    /// How many packets it was asked about in their turn.
    asked: u32,
}

impl Judged {
    fn new(text: &str, early: bool) -> Judged {
        Judged { filter: Filter::compile(text).expect("a filter"), early, asked: 0 }
    }
}

impl Gate for Judged {
    fn looks(&self) -> Looks {
        Looks { at_frames: false, inside: true, early: self.filter.judge().filter(|_| self.early) }
    }

    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        self.asked += 1;
        self.filter.matches(packet)
    }
}

/// Batches of one frame, batches of uneven sizes, and a batch for all frames.
const SIZES: [Option<Sizes>; 5] = [
    None,
    Some(Sizes { first: 1, most: 1 }),
    Some(Sizes { first: 1, most: 4 }),
    Some(Sizes { first: 7, most: 7 }),
    Some(Sizes { first: 500, most: 500 }),
];

fn go(
    frames: &mut Frames,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    book: &mut Notebook,
    sizes: Option<Sizes>,
) -> Result<(), PumpError> {
    pump_in(frames, gate, limit, &mut Outlets { sink: Some(book), copy: None }, sizes, &mut Tracker::new())
}

#[test]
fn batches_of_every_size_show_the_same_packets() {
    let mut expected = None;
    for sizes in SIZES {
        let mut book = Notebook::default();
        go(&mut Frames::of("capture1.pcapng"), &mut Open, None, &mut book, sizes).expect("it runs");
        assert_eq!(book.finished, 1);
        let numbers: Vec<u64> = book.rows.iter().map(|row| row.0).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{sizes:?}");
        assert!(numbers.len() > 15);
        let expected = expected.get_or_insert_with(|| book.rows.clone());
        assert_eq!(&book.rows, expected, "{sizes:?}");
    }
}

#[test]
fn a_limit_ends_the_run_at_every_place_of_a_batch() {
    for sizes in SIZES {
        for limit in 0..=20 {
            let mut book = Notebook::default();
            let mut frames = Frames::of("capture1.pcapng");
            go(&mut frames, &mut Open, Some(limit), &mut book, sizes).expect("it runs");
            assert_eq!((book.rows.len() as u64, book.finished), (limit, 1), "{sizes:?}");
        }
    }
}

#[test]
fn a_limit_counts_only_what_passes() {
    for sizes in SIZES {
        let mut book = Notebook::default();
        let mut gate = Judged::new("tcp.len > 0", true);
        go(&mut Frames::of("capture1.pcapng"), &mut gate, Some(2), &mut book, sizes).expect("it runs");
        assert_eq!(book.rows.len(), 2, "{sizes:?}");
        assert!(book.rows.iter().all(|(_, info)| info.contains("Len=") && !info.contains("Len=0")));
    }
}

#[test]
fn a_sink_that_has_enough_ends_both_threads() {
    for sizes in SIZES {
        for enough in [1, 2, 5, 7, 8] {
            let mut book = Notebook { enough: Some(enough), ..Notebook::default() };
            let mut frames = Frames::of("capture1.pcapng");
            let all = frames.frames.len();
            go(&mut frames, &mut Open, None, &mut book, sizes).expect("having enough is no error");
            assert_eq!((book.rows.len(), book.finished), (enough, 1), "{sizes:?}");
            assert!(frames.at <= all, "the source is back, whatever the other thread has read");
        }
    }
}

#[test]
fn a_sink_that_fails_ends_both_threads_with_its_error() {
    for sizes in SIZES {
        let mut book = Notebook { full: Some(6), ..Notebook::default() };
        let done = go(&mut Frames::of("capture1.pcapng"), &mut Open, None, &mut book, sizes);
        let error = done.expect_err("the sink failed").to_string();
        assert_eq!(error, "cannot write the output: the notebook is full", "{sizes:?}");
        assert_eq!((book.rows.len(), book.finished), (6, 0));
    }
}

#[test]
fn damage_ends_the_run_after_everything_before_it() {
    for sizes in SIZES {
        let mut frames = Frames::of("capture1.pcapng");
        frames.damaged = true;
        let all = frames.frames.len();
        let mut book = Notebook::default();
        let done = go(&mut frames, &mut Open, None, &mut book, sizes);
        assert!(matches!(done, Err(PumpError::Capture(_))), "{done:?}");
        assert_eq!((book.rows.len(), book.finished), (all, 1), "{sizes:?}");
        // A run that ends before the damage does not report it.
        frames.at = 0;
        frames.ended = false;
        let mut book = Notebook::default();
        go(&mut frames, &mut Open, Some(all as u64), &mut book, sizes).expect("enough before the damage");
    }
}

#[test]
fn a_filter_says_the_same_early_and_late() {
    let filters = [
        ("tcp", true),
        ("tcp.port == 65432", true),
        ("tcp.port == 65432 and tcp.analysis.acks_frame", false),
        ("tcp.stream == 0", false),
        ("not tcp", true),
        ("frame.number > 5 and tcp.flags.syn == 0", true),
    ];
    for (text, decides) in filters {
        let mut late = Judged::new(text, false);
        let mut expected = Notebook::default();
        go(&mut Frames::of("capture1.pcapng"), &mut late, None, &mut expected, None).expect("it runs");
        assert!(late.asked > 15, "{text}: without an early verdict each packet is asked about");
        for sizes in SIZES {
            let mut gate = Judged::new(text, true);
            let mut book = Notebook::default();
            go(&mut Frames::of("capture1.pcapng"), &mut gate, None, &mut book, sizes).expect("it runs");
            assert_eq!(book.rows, expected.rows, "{text}, {sizes:?}");
            assert_eq!(gate.asked == 0, decides, "{text} is asked {} times", gate.asked);
        }
    }
}

#[test]
fn each_draft_and_its_note_reach_their_own_packet() {
    for sizes in SIZES {
        let mut book = Notebook::default();
        let mut gate = Judged::new("tcp.len > 0 or tcp.flags.fin == 1", true);
        let mut frames = Frames::of("capture1.pcapng");
        go(&mut frames, &mut gate, None, &mut book, sizes).expect("it runs");
        assert!(book.rows.len() > 2);
        assert_eq!(book.drafts.len(), book.rows.len());
        for ((number, _), (text, note)) in book.rows.iter().zip(&book.drafts) {
            assert_eq!(*text, number.to_string(), "{sizes:?}");
            let length = frames.frames[*number as usize - 1].1.len() as u32;
            assert_eq!(*note, length.to_ne_bytes(), "frame {number}, {sizes:?}");
        }
    }
}

#[test]
fn nothing_comes_of_no_frames() {
    for sizes in SIZES {
        let mut frames = Frames::of("capture1.pcapng");
        frames.frames.clear();
        let mut book = Notebook::default();
        go(&mut frames, &mut Open, None, &mut book, sizes).expect("it runs");
        assert_eq!((book.rows.len(), book.finished), (0, 1), "{sizes:?}");
    }
}

/// A copy that notes the frame at which the source is.
struct Places(Vec<u64>);

impl Copy<Frames> for Places {
    fn frame(&mut self, source: &Frames) -> Result<(), CaptureError> {
        self.0.extend(source.frame().map(|frame| frame.no.0));
        Ok(())
    }
}

#[test]
fn a_copy_is_made_while_the_source_stands_at_its_frame() {
    let mut frames = Frames::of("capture1.pcapng");
    let (mut places, mut book) = (Places(Vec::new()), Notebook::default());
    let mut gate = Judged::new("tcp.len > 0", true);
    let mut outlets = Outlets { sink: Some(&mut book), copy: Some(&mut places) };
    pump(&mut frames, &mut gate, None, &mut outlets).expect("it runs");
    let listed: Vec<u64> = book.rows.iter().map(|row| row.0).collect();
    assert!(listed.len() > 1);
    assert_eq!(places.0, listed);
}
