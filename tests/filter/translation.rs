//! Translations between the two filter languages, which libpcap checks; and that a filter and its translation let the same
//! packets pass.

use super::{labkit, refused};
use labkit::capture::Source as _;
use labkit::capture::bpf::FrameFilter;
use labkit::capture::reader::FileReader;
use labkit::conversation::Tracker;
use labkit::filter::{Filter, to_capture, to_display};
use labkit::frame::LinkType;
use labkit::packet::Packet;
use std::path::{Path, PathBuf};

/// Standard output of a run, which must succeed.
fn said(args: &[&str]) -> String {
    let out = labkit(args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// The numbers of the frames that pass.
fn kept(file: &Path, mut passes: impl FnMut(&Packet<'_>) -> bool) -> Vec<u64> {
    let mut source = FileReader::open(file).expect("it is there");
    let (mut tracker, mut found) = (Tracker::new(), Vec::new());
    while let Some(frame) = source.next().expect("it is whole") {
        let packet = Packet { context: tracker.track(&frame) };
        if passes(&packet) {
            found.push(frame.no.0);
        }
    }
    found
}

#[test]
fn explain_names_the_dialect_the_translation_and_the_traps() {
    assert_eq!(
        said(&["filter", "explain", "host 192.168.56 and tcp"]),
        "display filter:  ip.addr == 192.168.56.0/24 and tcp\n\
         capture filter:  host 192.168.56 and tcp\n\
         beware:  host 192.168.56: 192.168.56 has 3 numbers: it is taken for the whole network 192.168.56.0/24\n         \
         perhaps:  net 192.168.56.0/24 and tcp\n"
    );
    let range = said(&["filter", "explain", "ip.addr >= 192.168.0.0 and ip.addr <= 192.168.255.255"]);
    assert!(range.contains("capture filter:  labkit knows none that says the same"), "{range}");
    assert!(range.ends_with("perhaps:  ip.addr in {192.168.0.0..192.168.255.255}\n"), "{range}");
    // A capture filter without a translation is accepted and shown all the same.
    let odd = said(&["filter", "explain", "tcp[tcpflags] & tcp-syn != 0"]);
    assert!(
        odd.starts_with("display filter:  labkit knows no translation\ncapture filter:  tcp[tcpflags]"),
        "{odd}"
    );
}

#[test]
fn a_filter_is_measured_against_the_labs_own() {
    let file = "captures/capture1.pcapng";
    let lab =
        "the lab's filter:  ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101 && tcp.port == 65432\n";
    let on = |filter: &str| {
        let text = said(&["filter", "explain", "--on", file, filter]);
        text.split_once("\n\n").expect("a part about the capture").1.to_owned()
    };
    assert_eq!(
        on("tcp.port == 65432"),
        format!("on {file}:  it keeps 20 of 20 packets\n{lab}both keep the same packets\n")
    );
    assert_eq!(
        on("tcp src port 65432 and greater 75"),
        format!(
            "on {file}:  it keeps 2 of 20 packets\n{lab}it leaves out 18 that the lab's keeps: frames 1–5, 7–15, 17–20\n"
        )
    );
    let mixed = said(&["filter", "explain", "--on", "captures/unreachable-behind-router.pcapng", "icmp"]);
    assert!(mixed.contains("it lets in ") && mixed.contains("it leaves out "), "{mixed}");
    assert!(refused(&["filter", "explain", "--on", "-", "tcp"]).contains("save standard input in a file"));
}

#[test]
fn a_capture_filter_that_is_wrong_is_marked_and_mended() {
    let error = refused(&["replay", "captures/capture1.pcapng", "tcp", "dst", "prt", "80"]);
    let shown = "\n    tcp dst prt 80\n            ^^^\nDid you mean:  tcp dst port 80\n";
    assert!(error.ends_with(shown), "{error}");
    let error = refused(&["sniff", "-i", "lo", "ip.addr = 1.2.3.4"]);
    assert!(error.contains("\n    ip.addr = 1.2.3.4\n    ^^^^^^^\n"), "{error}");
    assert!(error.contains("as a capture filter it is `host 1.2.3.4`"), "{error}");
    assert!(!refused(&["replay", "captures/capture1.pcapng", "tcp \u{1b}[2J"]).contains('\u{1b}'));
}

#[test]
fn a_filter_and_its_translation_keep_the_same_packets() {
    let file = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    let files = [file("tests/recordings/services.pcap"), file("captures/unreachable-behind-router.pcapng")];
    let same = |capture: &str, display: &str| {
        let mut frames = FrameFilter::new(capture, LinkType::ETHERNET).expect("a capture filter");
        let mut packets = Filter::compile(display).expect("a display filter");
        for file in &files {
            let by_capture = kept(file, |p| frames.matches(p.context.frame).expect("it fits"));
            assert_eq!(by_capture, kept(file, |p| packets.matches(p)), "{capture} | {display}");
        }
    };
    for capture in [
        "udp or tcp and port 53",
        "tcp and port 53 or arp",
        "src net 192.168 or dst net 10",
        "port 53 or arp and udp",
        "not (tcp port 80 or udp) and ip",
        "host 192.168.56 and not udp",
    ] {
        same(capture, &to_display(capture).expect(capture));
    }
    for display in [
        "udp or tcp and udp.port == 53",
        "arp or udp && udp.port == 53 or icmp",
        "not (arp or udp) and ip",
        "ip and (udp or icmp)",
        "ip.src == 192.168.0.0/16 or tcp.port == 65432 and ip",
    ] {
        same(&to_capture(display).expect(display), display);
    }
}
