use super::build::Build;
use super::{drain, open};
use crate::capture::reader::Reader;
use crate::capture::{CaptureError, Source};

/// A file with one good frame; the next block begins at byte 84.
fn good() -> Build {
    let file = Build::new().interface(1, 0, &[]).packet(0, 1, b"abcd");
    assert_eq!(file.bytes.len(), 84);
    file
}

/// Reads the frame before the damage, and returns offset and reason of the damage.
fn damage(bytes: &[u8]) -> (u64, String) {
    let (seen, error) = drain(&mut open(bytes));
    assert_eq!(seen.len(), 1, "the frame before the damage is handed out");
    match error {
        Some(CaptureError::Damaged { offset, reason, frames: 1, .. }) => (offset, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_cut_anywhere_gives_the_frames_before_and_says_where() {
    let file = good().packet(0, 2, b"efgh");
    for end in 85..file.bytes.len() {
        let (offset, reason) = damage(&file.bytes[..end]);
        assert_eq!(offset, 84);
        assert!(reason.contains("ends in the middle of a block"), "{reason}");
    }
    let classic =
        Build::classic(0xa1b2_c3d4, false, (2, 4), 1).record(1, 1, 4, 4, b"abcd").record(2, 2, 4, 4, b"efgh");
    for end in 45..classic.bytes.len() {
        assert_eq!(damage(&classic.bytes[..end]).0, 44);
    }
}

#[test]
fn lengths_that_lie_are_named() {
    let cases: [(Build, &str); 8] = [
        (good().lying_block(6, &[0; 24], 36, 40), "36 bytes at its beginning and 40 at its end"),
        (good().lying_block(6, &[], 8, 8), "length of 8 bytes"),
        (good().lying_block(6, &[], 0, 0), "length of 0 bytes"),
        (good().lying_block(6, &[], u32::MAX, u32::MAX), "4294967295 bytes"),
        (good().lying_block(77, &[], 0x7fff_fff0, 0), "the file ends before that"),
        (good().block(6, &[0; 8]), "too short for a frame's header"),
        (good().block(6, &[[0; 12], [255; 12]].concat()), "a frame claims 4294967295 bytes"),
        (good().packet_with(0, 1, b"abcd", &[1, 0, 244, 1, 0, 0, 0, 0]), "option 1 claims 500 bytes"),
    ];
    for (file, expected) in cases {
        let (offset, reason) = damage(&file.bytes);
        assert_eq!(offset, 84, "{reason}");
        assert!(reason.contains(expected), "{reason} / {expected}");
    }
}

#[test]
fn frames_of_interfaces_that_nobody_described_are_refused() {
    assert!(damage(&good().packet(1, 1, b"x").bytes).1.contains("interface 1"));
    let other_section = good().section(&[]).packet(0, 1, b"x");
    assert!(damage(&other_section.bytes).1.contains("described 0 so far"));
}

#[test]
fn a_later_section_of_an_unknown_version_or_without_magic_is_refused() {
    let build = good();
    let version = [build.n32(0x1A2B_3C4D), build.n16(2), build.n16(0), build.n64(0)].concat();
    assert!(damage(&build.block(0x0A0D_0D0A, &version).bytes).1.contains("version 2.0"));
    assert!(damage(&good().block(0x0A0D_0D0A, &[9; 16]).bytes).1.contains("byte-order magic"));
}

#[test]
fn a_classic_frame_of_absurd_length_is_refused_without_memory_for_it() {
    let file = Build::classic(0xa1b2_c3d4, false, (2, 4), 1).record(1, 1, 1, 1, b"a").record(
        1,
        1,
        u32::MAX,
        5,
        b"b",
    );
    let (offset, reason) = damage(&file.bytes);
    assert_eq!(offset, 41);
    assert!(reason.contains("4294967295"), "{reason}");
}

#[test]
fn what_is_no_capture_is_named_for_what_it_is() {
    let error = |bytes: &[u8]| Reader::new(bytes, "x").err().expect("no capture").to_string();
    assert!(error(b"").contains("x is empty"));
    assert!(error("# Notes, ünicode".as_bytes()).contains("looks like text"));
    assert!(error(b"\x28\xb5\x2f\xfd123").contains("unzstd"));
    assert!(error(b"\xde\xad\xbe\xef").contains("de ad be ef"));
    assert!(error(&[0xd4, 0xc3, 0xb2, 0xa1, 2]).contains("ends in the middle"));
}

#[test]
fn thousands_of_interfaces_end_the_reading() {
    let mut file = Build::new();
    let one = Build::new().interface(1, 0, &[]).bytes.split_off(28);
    file.bytes.extend(one.repeat(70_000));
    let error = open(&file.bytes).advance().expect_err("too many").to_string();
    assert!(error.contains("more than 65536 interfaces"), "{error}");
}

#[test]
fn a_message_says_file_offset_frames_and_what_to_do() {
    let (_, error) = drain(&mut open(&good().bytes[..83]));
    assert_eq!(
        error.expect("it is cut").to_string(),
        "test.pcapng is damaged at byte 48: the file ends in the middle of a block, after 35 of at least 36 bytes\n\
         (read up to there: 0 frames; what follows is lost, record it again or look for an intact copy)"
    );
}
