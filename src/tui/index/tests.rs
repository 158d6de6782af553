//! Rows of frames that are visited in any order are those of a run from the beginning.

use super::build::Builder;
use super::look::Looker;
use super::{Entry, Shared};
use crate::capture::reader::FileReader;
use crate::packet::Packet;
use crate::pump::{self, Open, Sink};
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
    pump::run(&mut FileReader::open(path).unwrap(), &mut Open, None, &mut all).unwrap();
    all.0
}

fn index(path: &Path) -> Shared {
    let shared = Shared::default();
    Builder::default().run(&mut FileReader::open(path).unwrap(), &shared, false);
    shared
}

/// Numbers that look random and are the same each time.
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

#[test]
fn an_entry_takes_24_bytes() {
    assert_eq!(size_of::<Entry>(), 24);
    let entry = Entry::new(0xffff_1234_5678, -1);
    assert_eq!((entry.position(), entry.time()), (0xffff_1234_5678, -1));
}
