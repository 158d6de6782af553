//! `labkit flow` through the binary: whole pictures, compared with pictures that a person has checked.

#[path = "support/frames.rs"]
mod frames;

use assert_cmd::Command;
use frames::Segment;
use labkit::frame::LinkType;
use labkit::lab::answer::{self, Capture, Report};
use labkit::lab::definition::Lab;
use labkit::lab::evidence::collect::Collector;
use labkit::lab::show::flow;
use labkit::pump::{self, Open};
use labkit::view::flow::svg;
use std::fs;
use std::path::{Path, PathBuf};

/// Name of the expected text, and the arguments that make it.
const GOLDEN: [(&str, &[&str]); 14] = [
    ("capture1.txt", &["captures/capture1.pcapng"]),
    ("capture1-ascii.txt", &["--ascii", "captures/capture1.pcapng"]),
    ("capture1.svg", &["captures/capture1.pcapng", "--svg", "-"]),
    ("capture1-stream-1-roles-swapped.txt", &["captures/capture1.pcapng", "1", "--host", "192.168.56.101"]),
    ("retransmitted-message.txt", &["captures/retransmitted-message.pcapng"]),
    ("retransmitted-message.svg", &["captures/retransmitted-message.pcapng", "--svg", "-"]),
    ("long-offload.txt", &["captures/long-offload.pcapng"]),
    ("one-direction.txt", &["captures/one-direction.pcapng"]),
    ("delayed-handshake-ack.txt", &["captures/delayed-handshake-ack.pcapng"]),
    ("refused.txt", &["captures/refused.pcapng"]),
    ("unanswered.txt", &["captures/unanswered.pcapng"]),
    ("retransmitted-syn.txt", &["captures/retransmitted-syn.pcapng"]),
    ("simultaneous-close.txt", &["captures/simultaneous-close.pcapng"]),
    ("simultaneous-close.svg", &["captures/simultaneous-close.pcapng", "--svg", "-"]),
];

fn labkit(args: &[&str]) -> (String, String, i32) {
    let mut command = Command::cargo_bin("labkit").unwrap();
    let done = command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("flow").args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(done.stdout), text(done.stderr), done.status.code().unwrap())
}

fn saved(name: &str, bytes: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Compares with a file below tests/expected/flow; UPDATE_EXPECTED=1 writes the file instead.
fn expect(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/flow").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, got).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert!(got == expected, "{name} differs:\n{got}");
}

/// A classic pcap file of one connection: client or not, flags, sequence and acknowledgement number, payload.
fn pcap(rows: &[(bool, u8, u32, u32, &[u8])]) -> Vec<u8> {
    let frame = |(i, (client, flags, seq, ack, payload)): (usize, &(bool, u8, u32, u32, &[u8]))| {
        (i as u64 * 1000, Segment::of_lab(i, *client, (*flags, *seq, *ack, payload)).frame())
    };
    frames::pcap(LinkType::ETHERNET, rows.iter().enumerate().map(frame))
}

/// Reads a capture as `labkit flow` does.
fn report(file: &str) -> Report {
    let lab = Lab::built_in();
    let port = lab.communicator.port;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut source = labkit::capture::reader::Reader::open(&path).unwrap();
    let mut collector = Collector::new(port);
    pump::run(&mut source, &mut Open, None, &mut collector).unwrap();
    let capture = Capture { name: file.into(), evidence: collector.into_evidence(), names: Vec::new() };
    answer::report(&lab, port, vec![capture], (None, None))
}

/// The text of an SVG's elements, if it is well-formed and holds no script and no reference to anything outside.
fn safe_text(svg: &str) -> String {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|e| panic!("{e}: {svg}"));
    let mut text = String::new();
    for node in document.descendants() {
        if node.is_element() {
            assert!(
                ["svg", "style", "rect", "text", "g", "title", "line", "path"]
                    .contains(&node.tag_name().name()),
                "{}",
                node.tag_name().name()
            );
            let foreign = |name: &str| name.starts_with("on") || name.ends_with("href") || name == "id";
            assert!(!node.attributes().any(|a| foreign(a.name())), "{svg}");
        }
        if node.is_text() {
            text.push_str(node.text().unwrap_or_default());
        }
    }
    assert!(!text.contains("url(") && !text.contains("@import"), "{text}");
    text
}

#[test]
fn pictures_are_as_they_were_looked_at() {
    for (name, args) in GOLDEN {
        let (out, err, status) = labkit(args);
        assert_eq!((err.as_str(), status), ("", 0), "{name}");
        if name.ends_with(".svg") {
            safe_text(&out);
        }
        expect(name, &out);
    }
}

#[test]
fn plots_are_as_they_were_looked_at() {
    for name in ["retransmitted-message", "long-segments"] {
        let report = report(&format!("captures/{name}.pcapng"));
        let mut svg = Vec::new();
        flow::plot_svg(&report.exchanges[0], &report, &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        safe_text(&svg);
        expect(&format!("{name}-plot.svg"), &svg);
    }
}

#[test]
fn every_recording_has_a_safe_picture_that_fits_the_width() {
    let all = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")).unwrap();
    let mut drawn = 0;
    for path in all.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "pcapng")) {
        let file = path.to_str().unwrap();
        let report = report(file);
        for x in &report.exchanges {
            for width in [10, 80, 97, 120, 500] {
                let mut out = Vec::new();
                let ladder = flow::ladder(x, &report);
                labkit::view::flow::text::write(&ladder, width, width == 97, &mut out).unwrap();
                let text = String::from_utf8(out).unwrap();
                let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap();
                assert!(widest <= width.clamp(80, 120), "{file} at {width}: {widest}\n{text}");
                assert!(width != 97 || text.is_ascii(), "{text}");
            }
            let (mut ladder, mut plot) = (Vec::new(), Vec::new());
            svg::part(&flow::ladder(x, &report), &|_, _| None, &mut ladder).unwrap();
            flow::plot_svg(x, &report, &mut plot).unwrap();
            for picture in [ladder, plot] {
                safe_text(&String::from_utf8(picture).unwrap());
            }
            drawn += 1;
        }
    }
    assert!(drawn > 30, "{drawn}");
}

#[test]
fn a_payload_is_text_and_nothing_else() {
    let payload = "</text><script>alert(1)</script>]]>&\"'\x1b[31m\0\u{ffff}\u{202e}語".as_bytes();
    let rows: [(bool, u8, u32, u32, &[u8]); 2] = [(true, 2, 100, 0, b""), (true, 0x18, 101, 1, payload)];
    let path = saved("flow-script.pcap", &pcap(&rows));
    let file = path.to_str().unwrap();
    let (svg, _, status) = labkit(&[file, "--svg", "-"]);
    assert_eq!(status, 0);
    let text = safe_text(&svg);
    assert!(text.contains("\"</text><script>alert(1)</script>]]>&\"'\\x1b[31m\\x00"), "{text}");
    assert!(!svg.contains("<script") && !svg.contains("]]>"), "{svg}");
    for args in [[file, "--host=192.168.56.1"], [file, "--ascii"]] {
        let (text, _, _) = labkit(&args);
        assert!(text.contains("</text><script>alert(1)</script>]]>") && !text.contains('\x1b'), "{text}");
        assert!(text.lines().all(|l| !l.contains(char::is_control)), "{text}");
    }
}

/// A connection whose client sends `parts` segments of four bytes.
fn long(parts: u32) -> Vec<(bool, u8, u32, u32, &'static [u8])> {
    let mut rows: Vec<(bool, u8, u32, u32, &[u8])> =
        vec![(true, 0x02, 100, 0, b""), (false, 0x12, 900, 101, b""), (true, 0x10, 101, 901, b"")];
    for i in 0..parts {
        rows.push((true, 0x18, 101 + 4 * i, 901, b"abcd"));
        rows.push((false, 0x10, 901, 105 + 4 * i, b""));
    }
    rows
}

#[test]
fn of_a_long_conversation_the_ends_are_drawn_and_the_rest_is_counted() {
    let path = saved("flow-long.pcap", &pcap(&long(3000)));
    let file = path.to_str().unwrap();
    let (text, _, _) = labkit(&[file]);
    assert!(text.contains("5943 segments are left out here"), "{text}");
    assert_eq!(text.lines().filter(|l| l.contains("] Seq=")).count(), 60, "{text}");
    let (svg, _, _) = labkit(&[file, "--svg", "-"]);
    assert!(safe_text(&svg).contains("5943 segments are left out here"));
    // Rows that are left out are not shown as a loss.
    assert!(!text.contains("not captured"), "{text}");
}

#[test]
fn what_the_capture_lost_is_marked_where_it_is_missing() {
    let mut rows = long(4);
    // The second part and its acknowledgement are missing.
    rows.drain(5..7);
    // The last part comes again, after the packets that follow it.
    rows.push((true, 0x18, 105, 901, b"abcd"));
    let path = saved("flow-lost.pcap", &pcap(&rows));
    let (text, _, _) = labkit(&[path.to_str().unwrap()]);
    assert_eq!(text.matches("previous segment not captured (4 bytes)").count(), 1, "{text}");
    assert_eq!(text.matches("out of order").count(), 1, "{text}");
    let (text, _, _) = labkit(&[saved("flow-unseen.pcap", &pcap(&long(4)[..4])).to_str().unwrap()]);
    assert!(!text.contains('*'), "{text}");
    let mut rows = long(1);
    rows.remove(3);
    let (text, _, _) = labkit(&[saved("flow-unseen.pcap", &pcap(&rows)).to_str().unwrap()]);
    assert_eq!(text.matches("acknowledges what no earlier frame holds").count(), 1, "{text}");
}

#[test]
fn the_programs_call_stands_beside_the_copy_that_arrived() {
    let (text, _, _) = labkit(&["captures/retransmitted-message.pcapng"]);
    let lines: Vec<&str> = text.lines().filter(|l| l.contains("Len=28")).collect();
    assert!(!lines[0].contains("recv()") && lines[1].ends_with("recv()"), "{text}");
    let (text, _, _) = labkit(&["captures/retransmitted-message-guest.pcapng"]);
    let lines: Vec<&str> = text.lines().filter(|l| l.contains("Len=28")).collect();
    assert!(lines[0].ends_with("recv()") && !lines[1].contains("recv()"), "{text}");
}

#[test]
fn nothing_to_draw_is_said_in_one_line() {
    let (out, err, status) = labkit(&["captures/capture1.pcapng", "--port", "7"]);
    assert_eq!((out.as_str(), status), ("", 1));
    let why = "labkit: captures/capture1.pcapng: no TCP traffic of port 7 to draw; ";
    assert!(err.starts_with(why) && err.lines().count() == 1, "{err}");
    let (out, err, status) = labkit(&["captures/capture1.pcapng", "9"]);
    assert_eq!((out.as_str(), status), ("", 1));
    assert!(err.starts_with("labkit: stream 9: ") && err.lines().count() == 1, "{err}");
    let (_, err, status) = labkit(&["captures/unreachable.pcapng"]);
    assert!(status == 1 && err.lines().count() == 2 && err.contains("ARP"), "{err}");
    let (_, err, status) = labkit(&["captures/no-such-file.pcapng"]);
    assert_eq!((err.lines().count(), status), (1, 1), "{err}");
}

#[test]
fn a_picture_is_not_written_over_a_file_unasked() {
    let path = saved("flow-there.svg", b"mine");
    let file = path.to_str().unwrap();
    let (_, err, status) = labkit(&["captures/capture1.pcapng", "--svg", file]);
    assert!(status == 1 && err.contains("--force"), "{err}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    let (out, err, status) = labkit(&["captures/capture1.pcapng", "--svg", file, "--force"]);
    assert_eq!((out.as_str(), err.as_str(), status), ("", "", 0));
    assert!(fs::read_to_string(&path).unwrap().starts_with("<svg "));
    let (_, err, status) = labkit(&[file, "--svg", file, "--force"]);
    assert!(status == 2 && err.contains("the capture itself"), "{err}");
    let (_, err, status) =
        labkit(&["captures/capture1.pcapng", "--svg", "captures/../captures/capture1.pcapng", "--force"]);
    assert!(status == 2 && err.contains("the capture itself"), "another name of it: {err}");
    assert_eq!(labkit(&["captures/capture1.pcapng", "--svg", "-", "--ascii"]).2, 2);
}
