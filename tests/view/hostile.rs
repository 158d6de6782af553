//! Text in packets stays text: none of it acts upon the terminal.

use crate::frames::{self, Segment};
use crate::harness::{Folder, Terminal};
use labkit::frame::LinkType;
use std::fs;

/// Sequences that would make a terminal change its title, clear the screen, send an answer, or change colours.
const ATTACK: &str = "\x1b]0;owned\x07\x1b[2J\x1b[6n\u{9b}31m\x08\x7f\r\n";

/// A classic pcap with one segment from port 40000 to `port`, of raw IPv4.
fn segment(port: u16, payload: &[u8]) -> Vec<u8> {
    let segment = Segment { to: (2, port), payload, ..Segment::default() };
    frames::pcap(LinkType::RAW, [(0, segment.packet())])
}

/// Visits every view that shows text of a packet.
fn look_everywhere(mut seat: Terminal) {
    seat.wait_for("1 packet");
    for (keys, shows) in [
        ("z", "Info"),
        ("z\tE", "Details of packet 1"),
        ("z", "Details of packet 1"),
        ("jjjjjjjjjjjjjjjjjjjjjjj", "Details of packet 1"),
        ("zF", "Follow TCP stream 0"),
        ("x", "(hexadecimal"),
        ("\x1b", "Details of packet 1"),
        ("L", "Ladder"),
        ("\x1b", "Details of packet 1"),
        ("A", "Answers"),
        ("\x1b", "Details of packet 1"),
        ("O", "Conversations"),
        ("\x1b", "Details of packet 1"),
        ("\ty", "copied"),
    ] {
        seat.press(keys);
        seat.wait_for(shows);
    }
    seat.press("q");
    assert!(seat.finish().success());
    let raw = String::from_utf8_lossy(&seat.raw()).into_owned();
    for acts in ["\x1b]0;", "\x1b[6n", "\u{9b}", "\x08\x7f", "\x07\x1b[2J"] {
        assert!(!raw.contains(acts), "{acts:?} reached the terminal");
    }
}

#[test]
fn payload_headers_and_names_of_files_are_shown_escaped() {
    let folder = Folder::new();
    let http = format!("GET /{ATTACK} HTTP/1.1\r\nHost: a{ATTACK}\r\nCookie: {ATTACK}\r\n\r\n");
    for (port, payload) in [(80, http.as_str()), (65432, ATTACK)] {
        let file = folder.0.join("a\x1b]0;owned\x07.pcap");
        fs::write(&file, segment(port, payload.as_bytes())).unwrap();
        look_everywhere(Terminal::labkit(&["view", file.to_str().unwrap()]));
    }
}

#[test]
fn a_saved_filter_of_somebody_else_is_shown_escaped() {
    let folder = Folder::new();
    let config = folder.0.join("labkit");
    fs::create_dir_all(&config).unwrap();
    let file = folder.0.join("a.pcap");
    fs::write(&file, segment(80, b"x")).unwrap();
    let label = "\x1b]0;owned\x07";
    let done = crate::harness::labkit()
        .args(["filter", "save", label, "tcp"])
        .env("XDG_CONFIG_HOME", &folder.0)
        .output()
        .unwrap();
    let mut command = crate::harness::labkit();
    command.arg("view").arg(&file).env("XDG_CONFIG_HOME", &folder.0);
    let mut seat = Terminal::start(&command, (80, 24));
    seat.wait_for("1 packet");
    seat.press("q");
    seat.finish();
    let raw = String::from_utf8_lossy(&seat.raw()).into_owned();
    assert!(!raw.contains("\x1b]0;") && !String::from_utf8_lossy(&done.stdout).contains('\x1b'), "{raw:?}");
}
