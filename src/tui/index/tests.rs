//! Rows of frames that are visited in any order equal those of a run from the beginning.

use super::build::Builder;
use super::look::Looker;
use super::{Entry, Shared};
use crate::capture::reader::FileReader;
use crate::frames::Segment;
use crate::packet::Packet;
use crate::pump::{self, Open, Outlets, Sink};
use crate::text::Line;
use crate::view::details;
use crate::view::list::write_row;
use crate::view::time::TimeFormat;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The row of a packet, its time since the packet before, and its details.
fn shown(packet: &Packet<'_>) -> String {
    let mut row = Line::new();
    write_row(packet, TimeFormat::Relative, &mut row);
    row.push(b' ');
    TimeFormat::Delta.write(packet, &mut row);
    row.push(b'\n');
    details::write(packet, false, &mut row);
    String::from_utf8(row).unwrap()
}

struct All(Vec<String>);

impl Sink for All {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.0.push(shown(packet));
        Ok(ControlFlow::Continue(()))
    }
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn in_order(path: &Path) -> Vec<String> {
    let mut all = All(Vec::new());
    let hindsight = pump::learn(&mut FileReader::open(path).unwrap()).unwrap();
    let (mut source, mut outlets) =
        (FileReader::open(path).unwrap(), Outlets { sink: Some(&mut all), copy: None });
    pump::pump_again(&mut source, &mut Open, None, &mut outlets, &hindsight).unwrap();
    all.0
}

fn index(path: &Path) -> Shared {
    let shared = Shared::default();
    Builder::default().run(&mut FileReader::open(path).unwrap(), &shared, false);
    shared
}

/// Pseudo-random numbers, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::from(n.max(1))) as u32
    }
}

/// Visits `places` windows of some rows each, at random, and compares.
fn visit_at_random(path: &Path, places: u32) {
    let expected = in_order(path);
    let shared = index(path);
    let index = shared.read();
    assert_eq!(index.len() as usize, expected.len(), "{}", path.display());
    let mut looker = Looker::new(path);
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for _ in 0..places {
        let from = 1 + dice.below(index.len());
        let to = index.len().min(from + dice.below(6));
        let wanted: Vec<u32> = (from..=to).collect();
        let displayed = |no: u32| index.entry(no - 1).and_then(|entry| entry.displayed());
        let mut rows = Vec::new();
        looker.visit(&index, &wanted, &displayed, &mut |packet| rows.push(shown(packet))).unwrap();
        assert_eq!(rows.len(), wanted.len());
        for (no, row) in wanted.iter().zip(&rows) {
            assert_eq!(row, &expected[*no as usize - 1], "{}, frame {no}", path.display());
        }
    }
}

fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |folder: &str| std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path());
    let mut all: Vec<PathBuf> = files("captures").chain(files("tests/recordings")).collect();
    all.retain(|path| path.extension().is_some_and(|e| e == "pcapng" || e == "pcap"));
    all.sort();
    all
}

#[test]
fn rows_at_a_thousand_random_places_are_those_of_a_run_from_the_beginning() {
    let captures = captures();
    assert!(captures.len() >= 25);
    for path in captures {
        visit_at_random(&path, 40);
    }
}

/// A segment between two hosts; from the first one if `out`.
fn segment(out: bool, seq: u32, ack: u32, flags: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let (from, to) = if out { ((10, 40_000), (20, 80)) } else { ((20, 80), (10, 40_000)) };
    Segment { from, to, seq, ack, flags, options, payload, ..Segment::default() }.frame()
}

/// One connection with a body of thousands of segments, a few of them out of order or repeated. Its last rows
/// (numbers, windows, findings, the message) depend on its beginning and on everything in between.
fn long_conversation() -> Vec<Vec<u8>> {
    const SCALE: [u8; 4] = [1, 3, 3, 7];
    let parts = 4_000_u32;
    let mut frames = vec![
        segment(true, 100, 0, 2, &SCALE, &[]),
        segment(false, 900, 101, 0x12, &SCALE, &[]),
        segment(true, 101, 901, 0x10, &[], &[]),
    ];
    let request = b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n";
    frames.push(segment(true, 101, 901, 0x18, &[], request));
    let (mut seq, ack) = (901, 101 + request.len() as u32);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", parts * 10);
    frames.push(segment(false, seq, ack, 0x10, &[], head.as_bytes()));
    seq += head.len() as u32;
    for part in 0..parts {
        frames.push(segment(false, seq, ack, 0x10, &[], b"0123456789"));
        if part % 7 == 0 {
            frames.push(segment(true, ack, seq + 10, 0x10, &[], &[]));
        }
        if part % 501 == 500 {
            frames.push(segment(false, seq, ack, 0x10, &[], b"0123456789"));
            let end = frames.len();
            frames.swap(end - 3, end - 4);
        }
        seq += 10;
    }
    frames.push(segment(false, seq, ack, 0x11, &[], &[]));
    frames.push(segment(true, ack, seq + 1, 0x11, &[], &[]));
    frames
}

#[test]
fn rows_far_into_a_long_conversation_are_those_of_a_run_from_its_beginning() {
    let mut bytes = [0xa1b2_c3d4_u32.to_le_bytes(), [2, 0, 4, 0], [0; 4], [0; 4]].concat();
    bytes.extend([262_144_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat());
    for (i, frame) in (0_u32..).zip(long_conversation()) {
        let length = frame.len() as u32;
        bytes.extend(
            [1_700_000_000 + i / 1000, i % 1000 * 1000, length, length].map(u32::to_le_bytes).concat(),
        );
        bytes.extend(frame);
    }
    let file = tempfile::Builder::new().suffix(".pcap").tempfile().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let shared = index(file.path());
    let seeds = (0..shared.read().len()).filter(|no| shared.read().seed(*no).is_some()).count();
    assert!(seeds > 3, "{seeds}: a row in the middle needs a place nearby to go on from");
    visit_at_random(file.path(), 60);
}

#[test]
fn an_entry_takes_24_bytes() {
    assert_eq!(size_of::<Entry>(), 24);
    let entry = Entry::new(0xffff_1234_5678, -1);
    assert_eq!((entry.position(), entry.time()), (0xffff_1234_5678, -1));
}

#[test]
fn a_thread_reads_twice_while_another_waits_to_write() {
    let shared = Shared::default();
    let index = shared.read();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| shared.write().changes += 1);
        // A reader holds the lock, so a second one is refused only once a writer waits.
        while shared.index.try_read().is_some() {
            std::thread::yield_now();
        }
        assert_eq!(shared.read().changes, index.changes);
        drop(index);
        writer.join().unwrap();
    });
    assert_eq!(shared.read().changes, 1);
}
