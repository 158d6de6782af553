//! Tests of the whole language: which filters are accepted, which are refused and how, and which packets pass.

use super::{Filter, Verdict};
use crate::conversation::Tracker;
use crate::dissect::{Context, Facts, Layers, decode};
use crate::frame::{Frame, LinkType, Timestamp};
use crate::frames::captured;
use crate::packet::Packet;

/// Ethernet, IPv4 192.168.56.1 → 192.168.56.101, TCP 44150 → 65432 [PSH, ACK], payload `Hello guest`.
fn message() -> Vec<u8> {
    let mut bytes = vec![0xea, 0x2d, 0x96, 0xf3, 0x9a, 0xfb, 0x3e, 0xae, 0x27, 0x11, 0xfe, 0x36, 8, 0];
    bytes
        .extend([0x45, 0, 0, 51, 0x09, 0xb5, 0x40, 0, 64, 6, 0x3f, 0x3c, 192, 168, 56, 1, 192, 168, 56, 101]);
    bytes.extend([0xac, 0x76, 0xff, 0x98, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0, 63, 0, 0, 0, 0]);
    bytes.extend(b"Hello guest");
    bytes
}

fn frame(bytes: &[u8]) -> Frame<'_> {
    let time = Timestamp::from_nanos(1_795_400_643_634_347_779);
    captured(1, Some(time), LinkType::ETHERNET, bytes)
}

fn compiled(filter: &str) -> Filter {
    Filter::compile(filter).unwrap_or_else(|e| panic!("{e}"))
}

fn passes(filter: &str) -> bool {
    let (bytes, mut tracker) = (message(), Tracker::new());
    let frame = frame(&bytes);
    let packet = Packet { context: tracker.track(&frame) };
    compiled(filter).matches(&packet)
}

#[test]
fn what_is_known_early() {
    let bytes = message();
    let frame = frame(&bytes);
    let mut layers = Layers::default();
    decode(&frame, &mut layers);
    let facts = Facts::default();
    let packet =
        Packet { context: Context { frame: &frame, layers: &layers, buffers: &[], segment: None, facts } };
    for (filter, verdict) in [
        ("tcp.port == 65432 and tcp.len > 0", Some(Verdict::Passes)),
        ("tcp.port == 65432 and tcp.len > 11", Some(Verdict::Fails)),
        ("tcp.port == 443 and tcp.len > 0", Some(Verdict::Foreign)),
        ("tcp.port == 443 or tcp.len > 20", Some(Verdict::Fails)),
        ("tcp.port == 443 or (tcp.port == 80 and ip)", Some(Verdict::Foreign)),
        ("not (tcp.port == 65432 or tcp.port == 80)", Some(Verdict::Foreign)),
        // A condition on one direction says nothing about the other direction.
        ("tcp.dstport == 443", Some(Verdict::Fails)),
        ("tcp.port == 65432 and http", Some(Verdict::Open)),
        ("tcp.port == 443 and http", Some(Verdict::Foreign)),
        ("tcp contains \"nobody\" and http", Some(Verdict::Fails)),
        // Other conversations have to be counted, so that the number of this one is right.
        ("tcp.port == 443 and tcp.stream == 3", Some(Verdict::Fails)),
        ("http", None),
        ("_ws.col.info contains \"Hello\"", None),
        ("http or tcp.port == 443", None),
        ("", None),
    ] {
        assert_eq!(compiled(filter).judge().map(|mut judge| judge.judge(&packet)), verdict, "{filter}");
    }
    let mut judge = compiled("tcp.port == 443").judge().unwrap();
    judge.count_conversations();
    assert_eq!(judge.judge(&packet), Verdict::Fails);
}

#[test]
fn what_passes() {
    for filter in [
        "",
        "tcp",
        "tcp.port == 65432 and ip.addr == 192.168.56.1",
        "ip.addr==192.168.56.0/24 && !udp",
        "tcp.port in {80, 443, 65000..65535}",
        "tcp.port in {80 65432}",
        "tcp.port not in {80,443}",
        "tcp.flags.push == True and tcp.flags.syn == 0",
        "tcp contains \"guest\"",
        "tcp contains 48:65:6c",
        "tcp matches \"HELLO g.+t\"",
        "tcp ~ r\"\\bguest\"",
        "tcp[13] & 8",
        "tcp[13] & 8 == 8",
        "tcp.flags & 0x18 == 0x18",
        "eth.src[0:3] == 3e:ae:27",
        "eth.src[0-2] == 3e-ae-27",
        "eth.addr == 3eae.2711.fe36",
        "tcp.payload[-5:] == \"guest\"",
        "tcp.payload[0] == 'H'",
        "tcp.payload[-5--1] == \"guest\"",
        "eth.addr contains 3e:ae",
        "eth.src[0:2] == 3e:ae",
        "frame.time_delta - frame.time_delta == 0",
        "tcp.len == {10 + 1}",
        "tcp.dstport - tcp.srcport == 21282",
        "frame.len >= 65 and frame.len < 0x100",
        "ip.src != ip.dst",
        "any ip.addr == 192.168.56.1 and not all ip.addr == 192.168.56.1",
        "tcp.port ~= 65432",
        "count(tcp.port) == 2",
        "len(tcp.payload) == 11",
        "max(tcp.srcport, tcp.dstport) == 65432",
        "string(tcp.dstport) contains \"654\"",
        "frame.protocols contains \"tcp\"",
        "frame.time >= \"2026-11-23 02:24:00 UTC\"",
        "ip.host == \"192.168.56.1\"",
        "eth.type == IPv4 and ip.proto == \"TCP\"",
        "ip.addr#1 == 192.168.56.101",
        "frame.len#1 == 65 and frame.len#-1 == 65 and not frame.len#2",
        "udp xor tcp",
        "_ws.col.info contains \"[PSH, ACK]\"",
        "_ws.col.Protocol == TCP and _ws.col.number == 1 and _ws.col.Length == \"65\"",
        "_ws.col.def_src == \"192.168.56.1\" and _ws.col.destination matches \"101$\"",
    ] {
        assert!(passes(filter), "{filter}");
    }
}

#[test]
fn what_does_not_pass() {
    for filter in [
        "udp",
        "not tcp",
        "tcp.port == 80",
        "tcp.port != 65432",
        "udp.port != 53",
        "tcp.analysis.retransmission",
        "tcp contains \"GUEST\"",
        "tcp[40:2] == 00:00",
        "ip.src === ip.dst",
        "all tcp.port > 60000",
        "ip.ttl == -1",
        "tcp.len == 11 and udp",
    ] {
        assert!(!passes(filter), "{filter}");
    }
}

fn refused(filter: &str) -> (String, Option<String>) {
    let error = Filter::compile(filter).err().unwrap_or_else(|| panic!("{filter} was taken"));
    (error.to_string(), error.corrected)
}

#[test]
fn what_is_refused_says_what_was_meant() {
    for (filter, corrected) in [
        ("tcp contains youtube", "tcp contains \"youtube\""),
        ("ip.addr == 192.178.12.35.", "ip.addr == 192.178.12.35"),
        ("ip.addr = 192.168.56.1", "ip.addr == 192.168.56.1"),
        ("ip.addr == 192.168.56", "ip.addr == 192.168.56.0/24"),
        ("ip.addr == 192.168.122. and tcp", "ip.addr == 192.168.122.0/24 and tcp"),
        ("tcp.srcpot == 1", "tcp.srcport == 1"),
        ("tcp contains 'youtube'", "tcp contains \"youtube\""),
        ("host 192.168.56.1 and tcp port 65432", "ip.addr == 192.168.56.1 and tcp.port == 65432"),
        ("tcp matches hello", "tcp matches \"hello\""),
        ("ip.host == 192.168.122. and tcp", "ip.addr == 192.168.122.0/24 and tcp"),
        ("http.host == youtube.", "http.host == youtube"),
        ("tcp contains youtube.", "tcp contains youtube"),
        ("192.168.56.1", "ip.addr == 192.168.56.1"),
        ("192.168.56. and tcp", "ip.addr == 192.168.56.0/24 and tcp"),
        ("fe80::1", "ipv6.addr == fe80::1"),
        ("3e:ae:27:11:fe:36", "eth.addr == 3e:ae:27:11:fe:36"),
        ("65432", "tcp.port == 65432"),
        ("https", "tcp.port == 443"),
        ("youtube", "frame contains \"youtube\""),
        ("not \"youtube\"", "not frame contains \"youtube\""),
        ("htpp and tcp", "http and tcp"),
        ("tcp.port == http", "tcp.port == 80"),
        ("tcp.dstport == https", "tcp.dstport == 443"),
        ("tcp.port == \"80\"", "tcp.port == 80"),
        ("tcp.port in {\"80\", 443}", "tcp.port in {80, 443}"),
        ("ip.addr == \"192.168.56.1\"", "ip.addr == 192.168.56.1"),
        ("tcp.flags.syn == \"1\"", "tcp.flags.syn == 1"),
        ("frame.time_delta < \"0.1\"", "frame.time_delta < 0.1"),
        ("tcp.port 65432", "tcp.port == 65432"),
        ("ip.addr 192.168.56.1 and tcp", "ip.addr == 192.168.56.1 and tcp"),
    ] {
        assert_eq!(refused(filter).1.as_deref(), Some(corrected), "{filter}");
    }
    for filter in [
        "tcp.port ==",
        "tcp.port == 99999",
        "tcp.port == abc",
        "tcp and",
        "(tcp",
        "tcp)",
        "ip.addr matches \"192\"",
        "tcp.analysis.flags == 1",
        "ip.addr == www.bbc.co.uk",
        "tcp.port in {}",
        "5 == 5",
        "foo.bar",
        "_ws.col.Time == \"1\"",
        "_ws.col.Info#1 == \"1\"",
        "upper(tcp.payload) == \"X\"",
        "tcp[x] == 1",
        "ip.src == tcp.port",
        "tcp matches \"(\"",
        "tcp & 1",
        "not (tcp & 1)",
        "tcp.flags & tcp == 1",
        "tcp.flags.syn & 1",
        "frame.time & 1",
        "frame.time_delta & 1",
        "frame.time_delta * 2 > 1",
        "tcp.payload + 1 == 2",
        "tcp.flags.syn + 1 == 2",
        "-eth.addr == 00:11:22:33:44:55",
        "eth.addr == 00:11",
        "eth.addr == 00",
        "eth.addr > 00:11",
        "eth.addr in {00:11}",
        "eth.addr in {00:11 .. 00:22}",
        "eth.addr == 00:11:22:33:44:55:66",
        "tcp[0:0]",
        "tcp[:0] == 00",
        "tcp[0,0:0]",
        "tcp[0:-1]",
        "tcp[1-1]",
        "tcp[5-3]",
        "tcp[3--1]",
    ] {
        let _ = refused(filter);
    }
}

#[test]
fn the_mark_stands_under_the_wrong_part() {
    let text = refused("ip.addr == 192.168.56 and tcp").0;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[1], "    ip.addr == 192.168.56 and tcp");
    assert_eq!(lines[2], "               ^^^^^^^^^^");
    let text = refused("udp or tcp & 1").0;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "& does not calculate with tcp (protocol)");
    assert_eq!(lines[2], "           ^^^");
    for filter in ["tcp.flags.syn == -1", "tcp.payload == -1", "frame.protocols == -1"] {
        assert!(refused(filter).0.contains("has no values below zero"), "{filter}");
    }
    let text = refused("tcp[0:0] == 00").0;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "the slice 0:0 has no bytes");
    assert_eq!(lines[2], "       ^^^^^");
    assert_eq!(
        refused("eth.addr == 00:11").0.lines().next(),
        Some("\"00:11\" is too short for an Ethernet address")
    );
}

#[test]
fn nesting_has_a_bound_and_the_stack_survives_it() {
    for (open, close) in [("(", ")"), ("not ", ""), ("-", "")] {
        let deep = format!("{}tcp.len{} == 1", open.repeat(20_000), close.repeat(20_000));
        assert!(Filter::compile(&deep).is_err());
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_compiler_panic(text in "\\PC{0,60}") {
        let _ = Filter::compile(&text);
    }

    #[test]
    fn no_words_of_the_language_make_it_panic(words in proptest::collection::vec(
        proptest::sample::select(vec!["tcp", "ip.addr", "==", "in", "{", "}", "(", ")", "[1:", "]", "\"", "&", "-", "not",
            "any", "all", "#", "1", "..", ",", "len(", "~", "or", "and", "'a'", "r\"", "\\", "192.168", "::", "é"]), 0..12)) {
        let _ = Filter::compile(&words.join(" "));
        let _ = Filter::compile(&words.concat());
    }
}

#[test]
fn a_filter_has_an_end_to_its_length_which_the_stack_bears() {
    let chain = |link: &str, count: usize| format!("tcp{}", link.repeat(count));
    let longest = move || {
        for link in [" or tcp", " && tcp", " ^^ tcp"] {
            assert!(Filter::compile(&chain(link, 500)).is_ok(), "{link}");
        }
        assert!(passes(&chain(" and tcp", 500)));
    };
    // A program's first thread has a stack of this size. The thread of a test has less, and unoptimised code takes
    // ten times as much.
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(longest).unwrap();
    thread.join().unwrap();
    for (begin, link) in [
        ("tcp", " or tcp"),
        ("tcp", " && tcp"),
        ("tcp", " ^^ tcp"),
        ("1 == 1", "+1"),
        ("1 == 1", "*1"),
        ("tcp.len == 1", "&1"),
        ("frame", "[0]"),
        ("1", " < tcp.len"),
    ] {
        // No stack is large enough for this.
        let error = Filter::compile(&format!("{begin}{}", link.repeat(20_000))).unwrap_err();
        assert_eq!(error.message, "more than 500 operators", "{link}");
        assert!(error.to_string().len() < 5_000, "{link}");
    }
}

#[test]
fn signs_and_slices_in_a_row_take_no_longer_than_others() {
    // If each of them doubled the time, this would not end.
    assert!(Filter::compile(&format!("tcp.port in {{80, {}x}}", "-".repeat(90))).is_err());
    assert!(Filter::compile(&format!("frame{} > tcp.port == x", "[0]".repeat(90))).is_err());
}

#[test]
fn no_unsigned_number_compares_with_one_below_zero() {
    for filter in
        ["tcp.len > -1", "tcp.len < -1", "tcp.len ~= -1", "tcp.len + 1 > -1", "tcp.len in {-1 .. 20}"]
    {
        assert!(!passes(filter), "{filter}");
    }
    for filter in ["tcp.len != -1", "-tcp.len == -11", "tcp.len - 12 == -1", "frame.time_relative > -1"] {
        assert!(passes(filter), "{filter}");
    }
}

#[test]
fn times_single_bits_and_labels_have_no_length() {
    for filter in ["len(tcp.flags.syn) == 0", "len(frame.time) == 0", "len(tcp.time_delta) == 0"] {
        assert!(passes(filter), "{filter}");
    }
}

#[test]
fn bytes_may_have_dashes_between_them() {
    for filter in ["eth.src[2:2] == 27-11", "tcp.payload contains 48-65", "tcp.payload[0:2] == 48-65"] {
        assert!(passes(filter), "{filter}");
    }
    assert!(!passes("eth.src[2:2] == 27-12"));
}
