//! The application protocols over UDP: their rows in the list, and that no damage to a message makes a dissector
//! panic.

#[path = "support/frames.rs"]
mod frames;

use labkit::dissect::{Context, Facts, Layers, ProtoSet, decode};
use labkit::field::{At, Field, Value, Visit};
use labkit::frame::{Frame, LinkType, Timestamp};
use labkit::packet::Packet;
use labkit::text::Line;
use proptest::prelude::*;
use std::fmt;
use std::ops::ControlFlow;

/// A frame with a UDP datagram between two ports.
fn datagram(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    frames::ethernet(1, 2, &frames::datagram(from, to, payload))
}

/// What labkit shows of a datagram.
#[derive(Debug)]
struct Shown {
    protocol: String,
    info: String,
    /// Name and value of each field.
    fields: Vec<(&'static str, String)>,
}

impl Shown {
    fn values(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(n, _)| *n == name).map(|(_, v)| v.as_str()).collect()
    }
}

#[derive(Default)]
struct Collect {
    fields: Vec<(&'static str, String)>,
    depth: i32,
}

impl Visit for Collect {
    fn field(&mut self, field: &'static Field, _: At, value: Value<'_>) -> ControlFlow<()> {
        let text = match value {
            Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Value::Uint(n) => n.to_string(),
            Value::Ipv4(ip) => ip.to_string(),
            other => format!("{other:?}"),
        };
        self.fields.push((field.name, text));
        ControlFlow::Continue(())
    }
    fn line(
        &mut self,
        field: &'static Field,
        at: At,
        value: Value<'_>,
        text: fmt::Arguments<'_>,
    ) -> ControlFlow<()> {
        drop(fmt::format(text));
        self.field(field, at, value)
    }
    fn text(&mut self, _: At, text: fmt::Arguments<'_>) -> ControlFlow<()> {
        drop(fmt::format(text));
        ControlFlow::Continue(())
    }
    fn open(&mut self) {
        self.depth += 1;
    }
    fn close(&mut self) {
        self.depth -= 1;
        assert!(self.depth >= 0, "more levels were closed than opened");
    }
}

/// Decodes, lists and walks the first `cut` bytes of a frame.
fn show_cut(bytes: &[u8], cut: usize) -> Shown {
    let cut = &bytes[..cut.min(bytes.len())];
    let frame = frames::captured(1, Some(Timestamp::from_nanos(0)), LinkType::ETHERNET, cut);
    let frame = Frame { wire_len: bytes.len() as u32, ..frame };
    let mut layers = Layers::default();
    decode(&frame, &mut layers);
    let context =
        Context { frame: &frame, layers: &layers, buffers: &[], segment: None, facts: Facts::default() };
    let packet = Packet { context };
    let mut info = Line::new();
    packet.info(&mut info);
    let mut collect = Collect::default();
    assert_eq!(packet.walk(ProtoSet::ALL, &mut collect), ControlFlow::Continue(()));
    assert_eq!(collect.depth, 0, "every level that was opened is closed");
    let info = String::from_utf8(info).expect("the list is UTF-8");
    assert!(!info.chars().any(char::is_control), "{info:?}");
    Shown { protocol: packet.protocol().into_owned(), info, fields: collect.fields }
}

fn show(from: u16, to: u16, payload: &[u8]) -> Shown {
    let bytes = datagram(from, to, payload);
    show_cut(&bytes, bytes.len())
}

/// A DNS message: flags, counts and the rest.
fn dns(flags: u16, counts: [u16; 4], rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34];
    bytes.extend(flags.to_be_bytes());
    bytes.extend(counts.iter().flat_map(|n| n.to_be_bytes()));
    bytes.extend(rest);
    bytes
}

const QUESTION: &[u8] = b"\x03www\x07example\x03com\0\0\x01\0\x01";
const ANSWER: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\x5d\xb8\xd8\x22";

/// A DHCP message with these options.
fn dhcp(options: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1, 1, 6, 0, 0, 0, 0x12, 0x34];
    bytes.resize(28, 0);
    bytes.extend([2, 0, 0, 0, 0, 1]);
    bytes.resize(236, 0);
    bytes.extend([99, 130, 83, 99]);
    bytes.extend(options);
    bytes
}

#[test]
fn a_query_and_its_answer_are_listed_as_tshark_lists_them() {
    let query = show(40000, 53, &dns(0x0100, [1, 0, 0, 0], QUESTION));
    assert_eq!(
        (query.protocol.as_str(), query.info.as_str()),
        ("DNS", "Standard query 0x1234 A www.example.com")
    );
    let answer = show(53, 40000, &dns(0x8180, [1, 1, 0, 0], &[QUESTION, ANSWER].concat()));
    assert_eq!(answer.info, "Standard query response 0x1234 A www.example.com A 93.184.216.34");
    assert_eq!(answer.values("dns.a"), ["93.184.216.34"]);
    assert_eq!(answer.values("dns.resp.name"), ["www.example.com"]);
    assert_eq!(answer.values("dns.count.labels"), ["3"]);
    let none = show(53, 40000, &dns(0x8183, [1, 0, 0, 0], QUESTION));
    assert_eq!(none.info, "Standard query response 0x1234 No such name A www.example.com");
}

#[test]
fn multicast_dns_shows_its_bit_and_shares_the_fields_of_dns() {
    let question = b"\x05_http\x04_tcp\x05local\0\0\x0c\x80\x01";
    let shown = show(5353, 5353, &dns(0, [1, 0, 0, 0], question));
    assert_eq!(shown.protocol, "MDNS");
    assert_eq!(shown.info, "Standard query 0x1234 PTR _http._tcp.local, \"QU\" question");
    assert_eq!(shown.values("dns.qry.class"), ["1"]);
}

#[test]
fn a_dns_message_on_another_port_is_recognised_and_other_bytes_are_not() {
    assert_eq!(show(40000, 8053, &dns(0x0100, [1, 0, 0, 0], QUESTION)).protocol, "DNS");
    assert_eq!(show(40000, 8053, b"just some text that is no DNS").protocol, "UDP");
    assert_eq!(show(40000, 53, b"").protocol, "UDP");
}

#[test]
fn counts_that_lie_end_the_message_where_its_bytes_end() {
    let shown = show(53, 40000, &dns(0x8180, [0xffff; 4], &[QUESTION, ANSWER].concat()));
    assert!(shown.info.ends_with("[Malformed Packet]"), "{}", shown.info);
    assert!(shown.info.len() < 200, "{}", shown.info);
    let cut = datagram(53, 40000, &dns(0x8180, [1, 1, 0, 0], &[QUESTION, ANSWER].concat()));
    let shown = show_cut(&cut, cut.len() - 2);
    assert_eq!(
        shown.info,
        "Standard query response 0x1234 A www.example.com A[Packet size limited during capture]"
    );
}

#[test]
fn pointers_that_loop_cost_little_and_are_named() {
    let shown = show(53, 40000, &dns(0x0100, [1, 0, 0, 0], b"\xc0\x0c\0\x01\0\x01"));
    assert_eq!(shown.info, "Standard query 0x1234 A <Name contains a pointer that loops>");
    // Thousands of records whose names all point into one chain of pointers.
    let mut rest = Vec::new();
    for at in 0..2000u16 {
        rest.extend((0xc000 | (12 + at.saturating_sub(1) * 2)).to_be_bytes());
    }
    while rest.len() < 60_000 {
        rest.extend(b"\xcf\x00\0\x05\0\x01\0\0\0\0\0\x02\xcf\x00");
    }
    let shown = show(53, 40000, &dns(0x8180, [0, 0xffff, 0, 0], &rest));
    assert!(shown.info.len() < 5000, "the list is bounded");
}

#[test]
fn control_characters_of_names_never_reach_the_list() {
    let shown = show(40000, 53, &dns(0x0100, [1, 0, 0, 0], b"\x05\x1b[2J\x07\0\0\x01\0\x01"));
    assert_eq!(shown.info, "Standard query 0x1234 A \\x1b[2J\\x07");
}

#[test]
fn a_dhcp_message_says_its_type_and_one_without_is_bootp() {
    let shown = show(68, 67, &dhcp(b"\x35\x01\x01\x32\x04\x0a\0\0\x07\x0c\x04host\xff"));
    assert_eq!(
        (shown.protocol.as_str(), shown.info.as_str()),
        ("DHCP", "DHCP Discover - Transaction ID 0x1234")
    );
    assert_eq!(shown.values("dhcp.option.requested_ip_address"), ["10.0.0.7"]);
    assert_eq!(shown.values("dhcp.option.hostname"), ["host"]);
    let shown = show(68, 67, &dhcp(b"\xff"));
    assert_eq!(shown.protocol, "BOOTP");
    assert_eq!(shown.info, "Boot Request from 02:00:00:00:00:01 (02:00:00:00:00:01)");
    let shown = show(68, 67, &dhcp(b"\x35\x01\x05\x0c\xffhost"));
    assert_eq!(shown.info, "DHCP ACK      - Transaction ID 0x1234[Malformed Packet]");
}

#[test]
fn a_cut_dhcp_message_shows_its_fields_where_its_options_need_not_be_searched() {
    let shown = |len: usize, captured: usize| {
        let mut message = dhcp(b"\x35\x01\x01\xff");
        message.resize(len, 0);
        show_cut(&datagram(68, 67, &message), 42 + captured)
    };
    // Not yet the client's address, which the list's line names.
    assert!(shown(300, 33).values("dhcp.hw.len").is_empty());
    let cut = shown(300, 54);
    assert_eq!(cut.values("dhcp.hw.len"), ["6"]);
    assert!(cut.values("dhcp.server").is_empty(), "it was not captured");
    // Options were captured, so the search begins, and ends at the cut.
    assert_eq!(shown(300, 239).values("dhcp.hw.len"), ["6"]);
    assert!(shown(300, 240).values("dhcp.hw.len").is_empty());
    // Longer than a message of BOOTP, it must have options.
    assert!(shown(301, 54).values("dhcp.hw.len").is_empty());
}

#[test]
fn options_in_the_place_of_the_names_do_not_nest() {
    let mut bytes = dhcp(b"\x34\x01\x03\x35\x01\x02\xff");
    bytes[44..48].copy_from_slice(&[52, 1, 3, 255]);
    bytes[108..112].copy_from_slice(&[52, 1, 3, 255]);
    assert_eq!(show(67, 68, &bytes).protocol, "DHCP");
}

#[test]
fn the_other_protocols_are_named_by_their_ports() {
    let name = b"\x20FHEPFCELEHFCEPFFFACACACACACACAAA\0\0\x20\0\x01";
    let shown = show(137, 137, &dns(0x0110, [1, 0, 0, 0], name));
    assert_eq!((shown.protocol.as_str(), shown.info.as_str()), ("NBNS", "Name query NB WORKGROUP<00>"));
    let shown = show(50000, 1900, b"M-SEARCH * HTTP/1.1\r\nST: x\r\n\r\n");
    assert_eq!((shown.protocol.as_str(), shown.info.as_str()), ("SSDP", "M-SEARCH * HTTP/1.1 "));
    let mut ntp = [0; 48];
    ntp[0] = 0x23;
    let shown = show(123, 123, &ntp);
    assert_eq!((shown.protocol.as_str(), shown.info.as_str()), ("NTP", "NTP Version 4, client"));
    let shown = show(50000, 443, b"\xc0\0\0\0\x01\x02ab\0\0\x18number and a sample of 16");
    assert_eq!((shown.protocol.as_str(), shown.info.as_str()), ("QUIC", "Initial, DCID=6162"));
    // Header protection needs 20 octets (RFC 9001, section 5.4.2).
    let shown = show(50000, 443, b"\xc0\0\0\0\x01\x02ab\0\0\x03xyz");
    assert_eq!(
        (shown.protocol.as_str(), shown.info.as_str()),
        ("QUIC", "50000 → 443 Len=14[Malformed Packet]")
    );
    let shown = show(5355, 50000, &dns(0x8000, [1, 0, 0, 0], QUESTION));
    assert_eq!(shown.protocol, "LLMNR");
}

/// The ports that choose a dissector.
const PORTS: [u16; 9] = [53, 67, 123, 137, 443, 1900, 5353, 5355, 4011];

/// The messages that tests damage: for each protocol one with many fields.
fn sound() -> Vec<(u16, Vec<u8>)> {
    let record = |ty: u16, data: &[u8]| {
        let mut bytes = b"\xc0\x0c".to_vec();
        for word in [ty, 1, 0, 300, data.len() as u16] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend(data);
        bytes
    };
    let mut rest = QUESTION.to_vec();
    for (ty, data) in [
        (6, &b"\x02ns\xc0\x0c\x05admin\xc0\x0c\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05"[..]),
        (15, b"\0\x0a\x04mail\xc0\x0c"),
        (16, b"\x05v=abc\x03xyz"),
        (29, b"\0\x12\x16\x13\x88\x05\x02\x50\x65\xd2\xd4\0\0\x98\x96\x80"),
        (33, b"\0\x01\0\x02\x13\xc4\x03sip\xc0\x0c"),
        (35, b"\0\x64\0\x32\x01s\x07SIP+D2U\x03!x!\0"),
        (38, b"\x40\0\x01\0\x02\0\x03\0\x04\xc0\x0c"),
        (41, b"\0\x08\0\x07\0\x01\x18\0\xc0\0\x02\0\x0a\0\x08abcdefgh\0\x0f\0\x04\0\x09ab"),
        (42, b"\0\x01\x18\x03\xc0\0\x02"),
        (46, b"\0\x01\x08\x02\0\0\x0e\x10\x65\0\0\0\x64\0\0\0\x04\xd2\xc0\x0csignature"),
        (47, b"\xc0\x0c\0\x06\x40\x01\0\0\0\x03"),
        (48, b"\x01\x01\x03\x08keykeykey"),
        (50, b"\x01\x01\0\x0a\x02ab\x05hashx\0\x01\x40"),
        (65, b"\0\x01\0\0\x01\0\x03\x02h2\0\x04\0\x04\x01\x02\x03\x04\0\x03\0\x02\x01\xbb"),
        (250, b"\0\0\0\x5f\0\0\0\x01\x2c\0\x02ab\x12\x34\0\0\0\0"),
        (257, b"\x80\x05issueca.x"),
        (65281, b"\0\0\0\x01\0\0\0\x05\0\0\0\x09\0\0\0\x01\x01\x02\x03\x04"),
    ] {
        rest.extend(record(ty, data));
    }
    let message = dns(0x8180, [1, 16, 0, 1], &rest);
    let options =
        b"\x35\x01\x02\x34\x01\x03\x3d\x07\x01\x02\0\0\0\0\x01\x51\x08\x04\0\0\x04host\x52\x06\x01\x04abcd\
        \x77\x05\x03foo\0\x79\x08\x18\xc0\0\x02\x0a\0\0\x01\x37\x03\x01\x03\x06\x4d\x04\x03abc\xff";
    let status = b"\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0\0\x21\0\x01\0\0\0\0\0\x19\x01HOST           \0\x04\0\x02\0\0\0\0\x01";
    let mut ntp = vec![0x24; 48];
    ntp.extend(b"\x01\x04\0\x24");
    ntp.resize(104, 7);
    vec![
        (53, message.clone()),
        (5353, message.clone()),
        (5355, message),
        (67, dhcp(options)),
        (137, dns(0x8400, [0, 1, 0, 0], status)),
        (123, ntp),
        (1900, b"NOTIFY * HTTP/1.1\r\nHOST: a\r\n\r\nbody".to_vec()),
        (
            443,
            b"\xc0\0\0\0\x01\x02ab\x01c\x01t\x18number and a sample of 16\xe0\0\0\0\x01\x02ab\x01c\x02de"
                .to_vec(),
        ),
    ]
}

#[test]
fn the_messages_that_are_damaged_below_are_sound() {
    for (port, message) in sound() {
        let shown = show(port, 40000, &message);
        assert!(!shown.info.contains('['), "{port}: {}", shown.info);
        assert_ne!(shown.protocol, "UDP", "{port}");
    }
}

#[test]
fn every_prefix_of_a_message_is_shown() {
    for (port, message) in sound() {
        let bytes = datagram(port, 40000, &message);
        for cut in 0..bytes.len() {
            show_cut(&bytes, cut);
        }
        for len in 0..message.len() {
            show(port, 40000, &message[..len]);
        }
    }
}

proptest! {
    #[test]
    fn random_messages_never_panic(port in 0..PORTS.len(), payload in prop::collection::vec(any::<u8>(), 0..600)) {
        show(PORTS[port], 40000, &payload);
        show(40000, 40001, &payload);
    }

    #[test]
    fn damaged_messages_never_panic(
        message in 0..8usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let (port, mut bytes) = sound().swap_remove(message);
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        show(port, 40000, &bytes);
        let frame = datagram(port, 40000, &bytes);
        show_cut(&frame, cut.index(frame.len()));
    }
}
