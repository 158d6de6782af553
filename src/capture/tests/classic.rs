use super::build::Build;
use super::{frames, open};
use crate::capture::Source;
use crate::capture::info::Format;

#[test]
fn both_orders_and_both_units_of_time() {
    for big in [false, true] {
        let micros =
            Build::classic(0xa1b2_c3d4, big, (2, 4), 1).record(5, 6, 3, 60, b"abc").record(7, 8, 0, 0, b"");
        let seen = frames(&micros.bytes);
        assert_eq!(seen.len(), 2);
        assert_eq!((seen[0].nanos(), seen[0].precision), (Some(5_000_006_000), 6));
        assert_eq!((seen[0].wire_len, seen[0].bytes.as_slice(), seen[0].link), (60, &b"abc"[..], 1));
        assert_eq!((seen[0].position, seen[1].position), (24, 43));

        let nanos = Build::classic(0xa1b2_3c4d, big, (2, 4), 113).record(u32::MAX, 6, 3, 3, b"abc");
        let seen = frames(&nanos.bytes);
        assert_eq!(
            (seen[0].nanos(), seen[0].precision, seen[0].link),
            (Some(4_294_967_295_000_000_006), 9, 113)
        );
    }
}

#[test]
fn longer_record_headers_of_the_modified_format() {
    let file = Build::classic(0xa1b2_cd34, false, (2, 4), 1).record(5, 6, 3, 3, b"ifixprptabc");
    assert_eq!(open(&file.bytes).info().format, Format::PcapModified);
    assert_eq!(frames(&file.bytes)[0].bytes, b"abc");
}

#[test]
fn versions_before_2_4_have_their_lengths_swapped() {
    let old = Build::classic(0xa1b2_c3d4, false, (2, 2), 1).record(1, 0, 60, 3, b"abc");
    assert_eq!((frames(&old.bytes)[0].wire_len, frames(&old.bytes)[0].bytes.len()), (60, 3));
    let either =
        Build::classic(0xa1b2_c3d4, false, (2, 3), 1).record(1, 0, 60, 3, b"abc").record(1, 0, 3, 60, b"abc");
    assert!(frames(&either.bytes).iter().all(|f| f.wire_len == 60 && f.bytes == b"abc"));
}

#[test]
fn the_upper_bits_of_the_link_type_are_something_else() {
    let file = Build::classic(0xa1b2_c3d4, false, (2, 4), 0x2400_0001).record(1, 0, 1, 1, b"a");
    assert_eq!(frames(&file.bytes)[0].link, 1);
    assert_eq!(open(&file.bytes).info().interfaces[0].fcs_len, Some(4));
}

#[test]
fn raw_ip_by_the_numbers_of_bsd_is_raw_ip() {
    for dlt in [12, 14, 101] {
        let file = Build::classic(0xa1b2_c3d4, false, (2, 4), dlt).record(1, 0, 1, 1, b"a");
        assert_eq!(frames(&file.bytes)[0].link, 101, "{dlt}");
    }
}

#[test]
fn a_length_on_the_wire_below_the_captured_one_stays_as_recorded() {
    let file = Build::classic(0xa1b2_c3d4, false, (2, 4), 1).record(1, 0, 3, 2, b"abc");
    assert_eq!((frames(&file.bytes)[0].wire_len, frames(&file.bytes)[0].bytes.len()), (2, 3));
}
