//! The captures that labkit writes, judged by Wireshark's own tools: `capinfos` and `tshark` must be installed.

#[path = "support/frames.rs"]
mod frames;

use flate2::Compression;
use flate2::write::GzEncoder;
use labkit::capture::info::{Interface, Section, Statistics};
use labkit::capture::resolution::Resolution;
use labkit::capture::writer::{FileFormat, FileWriter};
use labkit::frame::{Frame, LinkType, Timestamp};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// 2026-11-23 02:24:01.741905467 UTC.
const START: i64 = 1_795_400_641_741_905_467;

/// A UDP datagram from 192.168.56.1 to 192.168.56.101, port 9, carrying `hello`.
const IP: &[u8] = &[
    0x45, 0, 0, 33, 0, 1, 0, 0, 64, 17, 0x88, 0xf6, 192, 168, 56, 1, 192, 168, 56, 101, //
    0xc0, 0x00, 0x00, 0x09, 0, 13, 0, 0, b'h', b'e', b'l', b'l', b'o',
];

/// A file for one test, removed afterwards.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Temporary(std::env::temp_dir().join(format!("labkit-files-{}-{name}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn ethernet() -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..], IP].concat()
}

fn frame(after: i64, link: LinkType, bytes: &[u8]) -> Frame<'_> {
    frames::captured(1, Some(Timestamp::from_nanos(START + after)), link, bytes)
}

fn interface(name: &str, link: LinkType) -> Interface {
    Interface {
        name: Some(name.to_owned()),
        description: Some("virtual cable".to_owned()),
        filter: Some("tcp port 65432".to_owned()),
        os: Some("Linux".to_owned()),
        snaplen: 262_144,
        resolution: Resolution::NANOS,
        ..Interface::new(link)
    }
}

/// Writes two interfaces, three frames, names, a comment and counts.
fn write(file: &Temporary) {
    let mut writer = FileWriter::create(&file.0, false, &Section::of_this_machine()).expect("a new file");
    let eth = writer.interface(&interface("veth-guest", LinkType::ETHERNET)).expect("room");
    writer.names(&[([192, 168, 56, 1].into(), "host".to_owned())]).expect("room");
    writer.frame(eth, &frame(0, LinkType::ETHERNET, &ethernet())).expect("room");
    let tun = writer.interface(&interface("tun0", LinkType::RAW)).expect("room");
    writer.commented(tun, &frame(1, LinkType::RAW, IP), ["raw é"].iter()).expect("room");
    writer.frame(eth, &frame(2_000_000_000, LinkType::ETHERNET, &ethernet())).expect("room");
    let counted = Statistics {
        time: Some(Timestamp::from_nanos(START + 3)),
        start: Some(Timestamp::from_nanos(START)),
        end: Some(Timestamp::from_nanos(START + 3)),
        received: Some(7),
        dropped: Some(4),
        ..Statistics::default()
    };
    writer.statistics(eth, &counted).expect("room");
    writer.finish().expect("room");
}

/// Runs a tool that must be installed, and returns its output; a remark on standard error fails the test.
fn run(tool: &str, arguments: &[&str], file: &Temporary) -> String {
    let mut command = Command::new(tool);
    command.args(arguments).arg(&file.0).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    let output =
        command.output().unwrap_or_else(|e| panic!("cannot run {tool}: {e}; install the package tshark"));
    let remarks = String::from_utf8_lossy(&output.stderr);
    let remarks: Vec<_> =
        remarks.lines().filter(|l| !l.is_empty() && !l.starts_with("Running as user")).collect();
    assert!(output.status.success() && remarks.is_empty(), "{tool} {arguments:?}: {remarks:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn capinfos_finds_everything_without_a_remark() {
    let file = Temporary::new("capinfos.pcapng");
    write(&file);
    let shown = run("capinfos", &[], &file);
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    for expected in [
        "Number of packets:   3",
        concat!("Capture application: labkit ", env!("CARGO_PKG_VERSION")),
        "File timestamp precision:  nanoseconds (9)",
        "First packet time:   2026-11-23 02:24:01.741905467",
        "Number of interfaces in file: 2",
        "Name = veth-guest",
        "Name = tun0",
        "Description = virtual cable",
        "Filter string = tcp port 65432",
        "Capture length = 262144",
        "Operating system = Linux",
        "Number of stat entries = 1",
    ] {
        assert!(lines.contains(&expected), "{expected:?} is missing in\n{shown}");
    }
    let system = lines.iter().find_map(|l| l.strip_prefix("Capture oper-sys:")).expect("the system is named");
    assert!(system.trim().starts_with("Linux "), "{system}");
}

#[test]
fn tshark_sees_frames_interfaces_comments_and_names() {
    let file = Temporary::new("tshark.pcapng");
    write(&file);
    let fields = [
        "frame.time_epoch",
        "frame.len",
        "frame.cap_len",
        "frame.interface_id",
        "frame.interface_name",
        "frame.comment",
        "frame.encap_type",
    ];
    let mut arguments = vec!["-T", "fields"];
    arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
    arguments.push("-r");
    assert_eq!(
        run("tshark", &arguments, &file),
        "1795400641.741905467\t47\t47\t0\tveth-guest\t\t1\n\
         1795400641.741905468\t33\t33\t1\ttun0\traw é\t7\n\
         1795400643.741905467\t47\t47\t0\tveth-guest\t\t1\n"
    );
    let named = run("tshark", &["-N", "n", "-T", "fields", "-e", "ip.src_host", "-r"], &file);
    assert_eq!(named, "host\nhost\nhost\n");
    assert!(run("tshark", &["-q", "-z", "io,stat,0", "-r"], &file).contains("|      3 |   127 |"));
}

#[test]
fn counts_reach_wireshark() {
    let file = Temporary::new("counts.pcapng");
    write(&file);
    // Wireshark has no field for these options in a capture, but dissects the blocks when it reads the file as a
    // document.
    let shown = run("tshark", &["-X", "read_format:MIME Files Format", "-V", "-r"], &file);
    let received = shown.lines().any(|l| l.contains("Number of Received Packets") && l.contains('7'));
    let dropped = shown.lines().any(|l| l.contains("Number of Dropped Packets") && l.contains('4'));
    assert!(received && dropped, "{shown}");
    for wrong in ["Malformed", "Expert Info", "Unknown"] {
        assert!(!shown.contains(wrong), "{shown}");
    }
}

#[test]
fn classic_pcap_keeps_nanoseconds() {
    let file = Temporary::new("classic.pcap");
    assert_eq!(FileFormat::of(&file.0), FileFormat::Pcap);
    let mut writer = FileWriter::create(&file.0, false, &Section::default()).expect("a new file");
    let id = writer.interface(&interface("eth0", LinkType::ETHERNET)).expect("room");
    writer.frame(id, &frame(0, LinkType::ETHERNET, &ethernet())).expect("room");
    writer.finish().expect("room");
    let shown = run("capinfos", &[], &file);
    assert!(shown.contains("nanosecond pcap") && shown.contains("Number of packets:   1"), "{shown}");
    let time = run("tshark", &["-T", "fields", "-e", "frame.time_epoch", "-r"], &file);
    assert_eq!(time, "1795400641.741905467\n");
}

#[test]
fn a_capture_that_unpacks_past_the_limit_is_read_up_to_there() {
    let plain = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/captures/capture1.pcapng")).unwrap();
    let packed = Temporary::new("bomb.pcapng.gz");
    let mut out = GzEncoder::new(std::fs::File::create(&packed.0).unwrap(), Compression::default());
    out.write_all(&plain).unwrap();
    out.finish().unwrap();
    let replay = |limit: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
        let out = command.arg("replay").arg(&packed.0).args(["--max-unpacked", limit]).output().unwrap();
        let texts = [out.stdout, out.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (out.status.code(), texts[0].lines().count(), texts[1].clone())
    };
    let (status, rows, _) = replay("1M");
    assert_eq!(status, Some(0));
    let (status, fewer, error) = replay("1K");
    assert!(status == Some(1) && 0 < fewer && fewer < rows, "{fewer} of {rows}: {error}");
    assert!(error.contains("more than the 1024 bytes that --max-unpacked allows"), "{error}");
    let (status, _, error) = replay("much");
    assert!(status == Some(2) && error.contains("such as 500M or 10G"), "{error}");
}
