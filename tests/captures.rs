//! The recordings of `captures/`: each has its line in the README and the figures that were worked out by hand from
//! tshark's list, and the scripts that made them still work.
//!
//! A recording that is made anew may have its acknowledgments elsewhere; then work its figures out anew.

#[path = "support/each.rs"]
mod each;
#[path = "support/tools.rs"]
mod tools;

use each::each;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use tools::tool;

/// Outcome, and packets before the message, before the receipt, between the two, and after the receipt.
type Exchange = (&'static str, Option<u64>, Option<u64>, Option<u64>, Option<u64>);

const LAB: Exchange = ("confirmed", Some(3), Some(5), Some(1), Some(4));

const fn confirmed(before_message: u64, before_receipt: u64, between: u64, after: u64) -> Exchange {
    ("confirmed", Some(before_message), Some(before_receipt), Some(between), Some(after))
}

/// Name, number of frames, exchanges, and the frames that are retransmissions.
const RECORDINGS: &[(&str, usize, &[Exchange], &[u64])] = &[
    ("both-ends-guest", 10, &[LAB], &[]),
    ("both-ends-host", 11, &[confirmed(3, 6, 2, 4)], &[5]),
    ("boundary", 22, &[LAB, confirmed(3, 7, 1, 4)], &[]),
    ("capture1", 20, &[LAB, LAB], &[]),
    ("closes-unread", 18, &[confirmed(3, 5, 1, 3), confirmed(3, 5, 1, 3)], &[]),
    ("confirms-each-read", 24, &[confirmed(3, 5, 1, 8), LAB], &[]),
    ("confirms-twice", 20, &[LAB, LAB], &[]),
    ("delayed-acks", 8, &[confirmed(3, 4, 0, 3)], &[]),
    ("delayed-handshake-ack", 8, &[confirmed(2, 4, 1, 3)], &[]),
    (
        "dropped-by-firewall",
        12,
        &[("unanswered", None, None, None, None), ("unanswered", None, None, None, None)],
        &[4, 5, 6, 7, 9, 10, 11, 12],
    ),
    (
        "dropped-by-firewall-ipv6",
        14,
        &[("unanswered", None, None, None, None), ("unanswered", None, None, None, None)],
        &[4, 5, 6, 7, 11, 12, 13, 14],
    ),
    ("early-receipt", 25, &[confirmed(3, 5, 0, 6), confirmed(3, 5, 0, 7)], &[]),
    ("early-receipt-lost-segment", 17, &[confirmed(3, 7, 0, 9)], &[]),
    ("echo", 10, &[("unconfirmed", Some(3), Some(5), Some(1), Some(4))], &[]),
    (
        "echo-with-hash",
        20,
        &[
            ("unconfirmed", Some(3), Some(5), Some(1), Some(4)),
            ("unconfirmed", Some(3), Some(5), Some(1), Some(4)),
        ],
        &[],
    ),
    (
        "greeting-then-end",
        25,
        &[
            ("unconfirmed", Some(3), Some(7), Some(3), Some(5)),
            ("unconfirmed", Some(3), Some(7), Some(3), Some(4)),
        ],
        &[],
    ),
    (
        "greeting-with-end",
        20,
        &[
            ("unconfirmed", Some(3), Some(5), Some(1), Some(4)),
            ("unconfirmed", Some(3), Some(5), Some(1), Some(4)),
        ],
        &[],
    ),
    ("half-close", 10, &[confirmed(3, 6, 2, 3)], &[]),
    ("localhost-only", 4, &[("refused", None, None, None, None), ("refused", None, None, None, None)], &[]),
    ("long-offload", 10, &[LAB], &[]),
    ("long-segments", 14, &[confirmed(3, 9, 1, 4)], &[]),
    ("long-segments-host", 14, &[confirmed(3, 9, 3, 4)], &[]),
    ("long-utf8", 26, &[confirmed(3, 21, 4, 4)], &[]),
    ("loopback", 10, &[LAB], &[]),
    (
        "marker-in-small-letters",
        20,
        &[
            ("unconfirmed", Some(3), Some(5), Some(1), Some(4)),
            ("unconfirmed", Some(3), Some(5), Some(1), Some(4)),
        ],
        &[],
    ),
    ("marker-inside", 20, &[LAB, LAB], &[]),
    ("marker-with-newline", 20, &[LAB, LAB], &[]),
    ("marker-with-words", 20, &[LAB, LAB], &[]),
    ("more-after-receipt", 11, &[confirmed(3, 5, 0, 5)], &[]),
    (
        "never-closed",
        18,
        &[("confirmed", Some(3), Some(5), Some(1), None), ("confirmed", Some(3), Some(5), Some(1), None)],
        &[],
    ),
    ("never-confirmed", 8, &[("unconfirmed", Some(3), None, None, None)], &[]),
    ("no-message", 6, &[("incomplete", None, None, None, None)], &[]),
    ("one-direction", 6, &[("incomplete", None, None, None, None)], &[]),
    ("port-reused", 20, &[LAB, LAB], &[]),
    ("receiver-closes-first", 10, &[LAB], &[]),
    ("refused", 2, &[("refused", None, None, None, None)], &[]),
    (
        "rejected-by-firewall",
        6,
        &[("rejected", None, None, None, None), ("rejected", None, None, None, None)],
        &[],
    ),
    (
        "rejected-by-firewall-ipv6",
        10,
        &[("rejected", None, None, None, None), ("rejected", None, None, None, None)],
        &[5, 9],
    ),
    (
        "rejected-port-unreachable",
        6,
        &[("rejected", None, None, None, None), ("rejected", None, None, None, None)],
        &[],
    ),
    (
        "rejected-port-unreachable-ipv6",
        10,
        &[("rejected", None, None, None, None), ("rejected", None, None, None, None)],
        &[5, 9],
    ),
    ("reset-after-receipt", 8, &[confirmed(3, 5, 1, 2)], &[]),
    ("reset-before-receipt", 6, &[("reset", Some(3), None, None, None)], &[]),
    (
        "reset-by-firewall",
        6,
        &[("refused", None, None, None, None), ("refused", None, None, None, None)],
        &[],
    ),
    (
        "reset-by-firewall-ipv6",
        6,
        &[("refused", None, None, None, None), ("refused", None, None, None, None)],
        &[],
    ),
    ("retransmitted-message", 11, &[confirmed(3, 6, 2, 4)], &[5]),
    ("retransmitted-message-guest", 12, &[confirmed(3, 7, 3, 4)], &[6]),
    ("retransmitted-receipt", 11, &[confirmed(3, 5, 1, 5)], &[7]),
    ("retransmitted-syn", 14, &[confirmed(7, 9, 1, 4)], &[3, 4, 5]),
    ("same-port", 10, &[LAB], &[]),
    ("second-run", 20, &[LAB, LAB], &[]),
    ("sender-reads-to-the-end", 17, &[LAB, ("confirmed", Some(3), Some(5), Some(1), None)], &[]),
    ("sender-waits-for-ever", 5, &[("incomplete", Some(3), None, None, None)], &[]),
    ("simultaneous-close", 11, &[confirmed(3, 5, 1, 5)], &[]),
    ("slow-cable", 20, &[LAB, LAB], &[]),
    ("split-marker", 12, &[LAB], &[]),
    ("started-late", 7, &[("confirmed", None, None, Some(1), Some(4))], &[]),
    ("started-late-no-payload-lost", 7, &[("confirmed", None, None, Some(1), Some(4))], &[]),
    ("stopped-before-receipt", 5, &[("incomplete", Some(3), None, None, None)], &[]),
    ("stopped-between-fins", 9, &[("confirmed", Some(3), Some(5), Some(1), None)], &[]),
    ("stopped-early", 7, &[("confirmed", Some(3), Some(5), Some(1), None)], &[]),
    ("two-machines-guest", 20, &[LAB, LAB], &[]),
    ("two-machines-host", 20, &[LAB, LAB], &[]),
    ("two-machines-long-e1000", 26, &[confirmed(3, 8, 2, 4), confirmed(3, 8, 4, 4)], &[18]),
    ("two-machines-long-virtio", 27, &[confirmed(3, 7, 2, 5), confirmed(3, 9, 3, 4)], &[20]),
    ("two-machines-refused", 6, &[("refused", None, None, None, None)], &[]),
    ("unanswered", 7, &[("unanswered", None, None, None, None)], &[2, 3, 4, 5, 6, 7]),
    ("unreachable", 3, &[], &[]),
    (
        "unreachable-behind-router",
        9,
        &[("rejected", None, None, None, None), ("rejected", None, None, None, None)],
        &[2, 3, 7],
    ),
    ("waits-for-end-of-input", 13, &[confirmed(3, 6, 2, 1), ("incomplete", Some(3), None, None, None)], &[]),
];

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// What tshark says of a frame: its number, its conversation (none outside of TCP), and whether it is a
/// retransmission.
struct Seen {
    number: u64,
    stream: Option<u64>,
    repeats: bool,
}

fn tshark(file: &Path) -> Vec<Seen> {
    let fields = ["frame.number", "tcp.stream", "tcp.analysis.retransmission"].map(|name| ["-e", name]);
    let out = run(tool("tshark").arg("-r").arg(file).args(["-T", "fields"]).args(fields.concat()));
    let seen = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let stream = Some(cells[1]).filter(|n| !n.is_empty()).map(|n| n.parse().unwrap());
        Seen { number: cells[0].parse().unwrap(), stream, repeats: !cells[2].is_empty() }
    };
    out.lines().map(seen).collect()
}

#[test]
fn every_recording_has_its_line_and_its_figures() {
    let names: BTreeSet<_> = RECORDINGS.iter().map(|r| r.0.to_owned()).collect();
    let files = std::fs::read_dir(captures()).unwrap().map(|e| e.unwrap().path());
    let recorded: BTreeSet<_> = files
        .filter(|f| f.extension().is_some_and(|e| e == "pcapng"))
        .map(|f| f.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(recorded, names);
    let readme = std::fs::read_to_string(captures().join("README.md")).unwrap();
    for name in &names {
        assert!(readme.contains(&format!("- `{name}.pcapng`: ")), "{name} has no line in captures/README.md");
    }
}

#[test]
fn the_answers_on_the_recordings_are_those_worked_out_by_hand() {
    each(RECORDINGS, |(name, frames, exchanges, retransmitted)| {
        let file = captures().join(format!("{name}.pcapng"));
        let json =
            run(Command::new(env!("CARGO_BIN_EXE_labkit")).args(["answer", "--format", "json"]).arg(&file));
        let answers: Value = serde_json::from_str(&json).unwrap();
        let found: Vec<_> = answers["exchanges"].as_array().unwrap().iter().collect();
        let figures: Vec<_> = found
            .iter()
            .map(|e| {
                let count = |which: &str| e[format!("packets_{which}")].as_u64();
                (
                    e["outcome"].as_str().unwrap(),
                    count("before_message"),
                    count("before_receipt"),
                    count("between"),
                    count("after_receipt"),
                )
            })
            .collect();
        assert_eq!(figures, *exchanges, "{name}");
        let repeats =
            found.iter().flat_map(|e| e["retransmitted"].as_array().unwrap()).map(|n| n.as_u64().unwrap());
        assert_eq!(repeats.collect::<Vec<_>>(), *retransmitted, "{name}");

        let seen = tshark(&file);
        assert_eq!(seen.len(), *frames, "{name}");
        let repeating = seen.iter().filter(|frame| frame.repeats).map(|frame| frame.number);
        assert_eq!(repeating.collect::<Vec<_>>(), *retransmitted, "{name}");
        let streams: BTreeSet<_> = seen.iter().filter_map(|frame| frame.stream).collect();
        let ours: BTreeSet<_> = found.iter().map(|e| e["stream"].as_u64().unwrap()).collect();
        assert_eq!(ours, streams, "{name}");
    });
}

// The scripts record in the lab, which needs live capture.
#[cfg(feature = "capture")]
#[test]
fn the_scripts_make_the_same_again() {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("recordings-{}", std::process::id()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/record.py");
    let again = [
        "refused",
        "echo",
        "stopped-early",
        "started-late",
        "retransmitted-message",
        "reset-after-receipt",
        "confirms-twice",
        "greeting-with-end",
        "reset-by-firewall",
        "never-closed",
    ];
    each(&again, |name| {
        let mut record = tool("python3");
        record.arg(&script).args(["--labkit", env!("CARGO_BIN_EXE_labkit"), "--out"]).arg(&out).arg(name);
        run(&mut record);
        let flags = |dir: &Path| {
            let file = dir.join(format!("{name}.pcapng"));
            let fields = ["-T", "fields", "-e", "ip.src", "-e", "tcp.len"];
            run(tool("tshark")
                .arg("-r")
                .arg(file)
                .args(["-Y", "tcp.len > 0 || tcp.flags.syn == 1 || tcp.flags.reset == 1"])
                .args(fields))
        };
        assert_eq!(flags(&out), flags(&captures()), "{name}");
    });
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn the_script_of_the_crafted_captures_makes_the_same_again() {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("crafted-{}", std::process::id()));
    std::fs::create_dir_all(&out).unwrap();
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    run(tool("python3").arg(made.join("crafted.py")).arg(&out));
    for name in ["segments.pcap", "exchanges.pcap", "errors.pcap"] {
        let read = |dir: &Path| std::fs::read(dir.join(name)).unwrap();
        assert!(read(&out) == read(&made), "{name}");
    }
    std::fs::remove_dir_all(out).unwrap();
}
