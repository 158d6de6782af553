//! The fuzzer's targets: each takes any bytes as one kind of untrusted input, and must end without a panic. The
//! coverage-guided fuzzer (`tests/fuzz/`) and the suite (`tests/fuzz_seeded.rs`) call the same functions.

use labkit::capture::reader::Reader;
use labkit::filter::Filter;
use labkit::lab::check::answers::{self, Sheet};
use labkit::lab::check::class::{self, Course};
use labkit::lab::check::{Inspected, Request, inspect};
use labkit::lab::definition::Lab;
use labkit::lab::show::tables;
use labkit::packet::Packet;
use labkit::pump::{self, Gate, Looks, Nowhere, Open};
use labkit::view::conversations::{Conversations, Transport};
use labkit::view::detail_pages::DetailPages;
use std::io::{self, Cursor, Read};
use std::sync::LazyLock;

/// The lab that captures and sheets are judged by.
static LAB: LazyLock<Lab> = LazyLock::new(Lab::built_in);

/// The greatest number of packets of one input that are printed in full; further ones would find little more.
const MOST: u64 = 200;

/// A target: its name, and the function that takes the input.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All targets.
pub(crate) const TARGETS: &[Target] = &[
    ("reader", reader),
    ("details", details),
    ("conversations", conversations),
    ("filter", filter),
    ("answers", answers_of),
    ("sheet", sheet),
    ("archive", archive),
];

/// Opens a capture; `None` if the bytes are no capture.
fn open(bytes: &[u8]) -> Option<Reader<Box<dyn Read + Send>>> {
    let bytes: Box<dyn Read + Send> = Box::new(Cursor::new(bytes.to_vec()));
    Reader::new(bytes, "fuzzed").ok()
}

/// The file reader: blocks, sections, interfaces, options, names.
pub(crate) fn reader(bytes: &[u8]) {
    use labkit::capture::Source as _;
    let Some(mut source) = open(bytes) else { return };
    while let Ok(Some(frame)) = source.next() {
        assert!(frame.bytes.len() <= bytes.len(), "a frame has bytes that the file has not");
        let _ = (source.comments().count(), source.interface().is_some(), source.position());
    }
}

/// Every dissector, through the printer of details and bytes.
pub(crate) fn details(bytes: &[u8]) {
    let Some(mut source) = open(bytes) else { return };
    let mut out = Harmless::default();
    let _ = pump::run(&mut source, &mut Open, Some(MOST), &mut DetailPages::new(&mut out, true, true, false));
}

/// A writer that panics on bytes that a terminal would act upon, and counts the others.
#[derive(Default)]
struct Harmless(u64);

impl io::Write for Harmless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let acts = |b: &&u8| **b < 0x20 && **b != b'\n' && **b != b'\t' || **b == 0x7f;
        assert_eq!(bytes.iter().find(acts), None, "a control character is printed");
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The following of conversations, and their table.
pub(crate) fn conversations(bytes: &[u8]) {
    let Some(mut source) = open(bytes) else { return };
    let mut sink = Conversations::new(Harmless::default(), &[Transport::Tcp, Transport::Udp]);
    let _ = pump::run(&mut source, &mut Open, None, &mut sink);
}

/// The compiler of display filters, on the text before the first line break; the compiled filter then judges the
/// packets of the capture behind the line break.
pub(crate) fn filter(bytes: &[u8]) {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let Ok(text) = std::str::from_utf8(&bytes[..end]) else { return };
    let Ok(filter) = Filter::compile(text) else { return };
    let Some(mut source) = open(bytes.get(end + 1..).unwrap_or_default()) else { return };
    let _ = pump::run(&mut source, &mut Passes(filter), Some(MOST), &mut Nowhere);
}

struct Passes(Filter);

impl Gate for Passes {
    fn looks(&self) -> Looks {
        Looks { at_frames: false, inside: true, early: self.0.judge() }
    }

    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        self.0.matches(packet)
    }
}

/// The evidence of a capture, for the answers and the check; `None` if the bytes are no capture.
fn inspected(bytes: &[u8]) -> Option<Inspected> {
    let port = LAB.communicator.port;
    let request = Request { lab: &LAB, port, given: (None, None), name: "fuzzed" };
    inspect(&mut open(bytes)?, &request).ok()
}

/// The answers that a capture gives, and the titles of its exchanges.
pub(crate) fn answers_of(bytes: &[u8]) {
    let Some(inspected) = inspected(bytes) else { return };
    for x in &inspected.report.exchanges {
        let _ = (tables::title(x, &inspected.report, ""), tables::remarks(x, &inspected.report));
    }
}

/// The reader and the grading of a sheet of answers, with a capture of the lab.
pub(crate) fn sheet(bytes: &[u8]) {
    static CAPTURE: LazyLock<Option<Inspected>> =
        LazyLock::new(|| inspected(include_bytes!("../../captures/capture1.pcapng")));
    let Ok(sheet) = answers::read(&LAB, bytes) else { return };
    graded(&sheet, &CAPTURE);
}

fn graded(sheet: &Sheet, capture: &Option<Inspected>) {
    let Some(capture) = capture else { return };
    let all = answers::grade(&LAB, LAB.communicator.port, &capture.report, sheet, false);
    let (points, of) = answers::score(&all);
    assert!(points <= of, "{points} of {of} points");
}

/// The reader of hand-ins, on an archive of each kind.
pub(crate) fn archive(bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let course = Course { lab: &LAB, port: LAB.communicator.port, given: (None, None) };
    let kind = if bytes.starts_with(b"PK") { "zip" } else { "tar.gz" };
    let path = folder.path().join(format!("hand-in.{kind}"));
    if std::fs::write(&path, bytes).is_ok() {
        let _ = class::check(&course, &[path], |_| ());
    }
}
