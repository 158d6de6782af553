use super::build::Build;
use super::{frames, open};
use crate::capture::Source;
use crate::capture::info::Statistics;
use crate::frame::Timestamp;
use std::net::IpAddr;

#[test]
fn byte_order_link_type_and_interfaces_may_change_in_the_file() {
    let file = Build::new()
        .interface(1, 0, &[(2, b"eth0")])
        .interface(101, 0, &[(2, b"tun0"), (9, &[9])])
        .packet(1, 7, b"E")
        .packet(0, 7, b"abcde")
        .turn()
        .section(&[])
        .interface(113, 0, &[(9, &[3])])
        .packet(0, 7, b"xy");
    let mut reader = open(&file.bytes);
    let mut seen = Vec::new();
    while reader.advance().expect("nothing is wrong") {
        let (frame, interface) =
            (reader.frame().expect("a frame"), reader.interface().expect("an interface"));
        assert_eq!(frame.interface, interface.id);
        seen.push((
            frame.link.0,
            frame.time.map(Timestamp::nanos),
            frame.precision,
            (interface.section, interface.id, interface.index),
            interface.name.clone().unwrap_or_default(),
        ));
    }
    assert_eq!(
        seen,
        [
            (101, Some(7), 9, (1, 1, 1), "tun0".to_owned()),
            (1, Some(7_000), 6, (1, 0, 0), "eth0".to_owned()),
            (113, Some(7_000_000), 3, (2, 0, 2), String::new()),
        ]
    );
    assert_eq!(reader.info().sections.iter().map(|s| s.big_endian).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn simple_packets_have_no_time_and_the_snapshot_length_cuts_them() {
    let build = Build::new().interface(1, 4, &[]);
    let body = [build.n32(60), b"abcd".to_vec()].concat();
    let seen = frames(&build.block(3, &body).bytes);
    assert_eq!((seen[0].time, seen[0].wire_len, seen[0].bytes.as_slice()), (None, 60, &b"abcd"[..]));

    let build = Build::new().interface(1, 0, &[]);
    let body = [build.n32(3), b"abc".to_vec()].concat();
    assert_eq!(frames(&build.block(3, &body).bytes)[0].bytes, b"abc");
}

#[test]
fn obsolete_packet_blocks_are_frames_too() {
    for build in [Build::new(), Build::big_endian()] {
        let build = build.interface(1, 0, &[]);
        let head =
            [build.n16(0), build.n16(9), build.n32(0), build.n32(5), build.n32(3), build.n32(70)].concat();
        let comment = build.option(1, b"old");
        let body = [head, b"abc\0".to_vec(), comment].concat();
        let seen = frames(&build.block(2, &body).bytes);
        assert_eq!(
            (seen[0].nanos(), seen[0].wire_len, seen[0].comments.as_slice()),
            (Some(5_000), 70, &["old".to_owned()][..])
        );
    }
}

#[test]
fn comments_are_given_and_other_options_skipped() {
    let build = Build::new().interface(1, 0, &[]);
    let options = [
        build.option(2, &[1, 0, 0, 0]),
        build.option(1, b"one"),
        build.option(2988, b"custom"),
        build.option(1, b"c\xff"),
        build.option(0, b""),
        build.option(1, b"after the end"),
    ]
    .concat();
    let file = build.packet_with(0, 1, b"abcde", &options).packet(0, 2, b"next");
    let seen = frames(&file.bytes);
    assert_eq!(seen[0].comments, ["one", "c\u{fffd}"]);
    assert!(seen[1].comments.is_empty());
    let file =
        Build::new().interface(1, 0, &[]).packet_with(0, 1, b"abcde", &[1, 0, 2, 0, b'c', 255, 0, 0]).bytes;
    let mut reader = open(&file);
    let first = reader.next().expect("nothing is wrong").and_then(|frame| frame.origin.comment);
    assert_eq!(first, Some("c\u{fffd}"), "also with the frame, and also where it is not UTF-8");
}

#[test]
fn unknown_blocks_are_skipped_however_large() {
    let file = Build::new()
        .block(0x0BAD, b"secrets")
        .interface(1, 0, &[])
        .block(0x4000_0BAD, &vec![1; super::super::reader::LARGEST_BLOCK + 100])
        .packet(0, 1, b"abc");
    assert_eq!(frames(&file.bytes)[0].bytes, b"abc");
}

#[test]
fn a_frame_larger_than_the_buffer_is_read() {
    let large = vec![7; 300_054];
    let file = Build::new().interface(1, 0, &[]).packet(0, 1, b"a").packet(0, 1, &large).packet(0, 1, b"z");
    let seen = frames(&file.bytes);
    assert_eq!((seen[0].bytes.len(), seen[1].bytes == large, seen[2].bytes.as_slice()), (1, true, &b"z"[..]));
}

#[test]
fn everything_said_about_section_and_interface_is_kept() {
    let build = Build::big_endian();
    let shb: Vec<u8> = [(2, "hw"), (3, "os"), (4, "app\0"), (1, "first"), (1, "second")]
        .iter()
        .flat_map(|(code, text)| build.option(*code, text.as_bytes()))
        .collect();
    let (speed, offset) = (build.n64(1_000_000_000), build.n64(-5i64 as u64));
    let options: &[(u16, &[u8])] = &[
        (2, b"eth\xff\xfe"),
        (3, b"desc"),
        (4, &[10, 0, 0, 1, 255, 255, 255, 0]),
        (6, &[2, 0, 0, 0, 0, 1]),
        (8, &speed),
        (9, &[3]),
        (9, &[9]),
        (11, b"\0tcp port 65432"),
        (12, b"Linux"),
        (14, &offset),
        (15, b"card"),
        (8, b"bad"),
    ];
    let file = build.section(&shb).interface(1, 96, options).packet(0, 6_000, b"abc");
    let mut reader = open(&file.bytes);
    assert!(reader.advance().expect("nothing is wrong"));
    let section = &reader.info().sections[1];
    assert_eq!(section.hardware.as_deref(), Some("hw"));
    assert_eq!(section.application.as_deref(), Some("app"));
    assert_eq!(section.comments, ["first", "second"]);
    let interface = reader.interface().expect("an interface").clone();
    assert_eq!(interface.name.as_deref(), Some("eth\u{fffd}\u{fffd}"));
    assert_eq!(interface.filter.as_deref(), Some("tcp port 65432"));
    assert_eq!(
        (interface.snaplen, interface.speed, interface.mac),
        (96, Some(1_000_000_000), Some([2, 0, 0, 0, 0, 1]))
    );
    assert_eq!(
        (interface.ipv4.len(), interface.offset, interface.hardware.as_deref()),
        (1, -5, Some("card"))
    );
    let frame = reader.frame().expect("a frame");
    assert_eq!((frame.time.map(Timestamp::nanos), frame.precision), (Some(1_000_000_000), 3));
}

#[test]
fn names_and_counts_are_known_once_they_were_read() {
    let build = Build::new().interface(1, 0, &[]);
    let records = [
        build.option(1, b"\x0a\0\0\x01host\0alias\0"),
        build.option(2, &[&[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1][..], b"guest\0"].concat()),
        build.option(77, b"unknown"),
        build.option(0, b""),
    ]
    .concat();
    let counts = [
        build.n32(0),
        build.n32(0),
        build.n32(9),
        build.option(4, &build.n64(10)),
        build.option(5, &build.n64(2)),
        build.option(2, &[build.n32(0), build.n32(3)].concat()),
    ]
    .concat();
    let file = build.block(4, &records).packet(0, 1, b"abc").block(5, &counts);
    let mut reader = open(&file.bytes);
    while reader.advance().expect("nothing is wrong") {}
    let info = reader.info();
    assert_eq!(info.address_of("host"), Some(IpAddr::from([10, 0, 0, 1])));
    assert_eq!(info.name_of("fe80::1".parse().expect("an address")), Some("guest"));
    assert_eq!(info.names.len(), 3);
    let expected = Statistics {
        time: Some(Timestamp::from_nanos(9_000)),
        start: Some(Timestamp::from_nanos(3_000)),
        received: Some(10),
        dropped: Some(2),
        ..Statistics::default()
    };
    assert_eq!(info.interfaces[0].statistics, Some(expected));
}
