use super::*;
use crate::dissect::testing::measured;

#[test]
fn a_frame_ends_where_its_length_says() {
    let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(measured(measure, &ping), Measure::Complete(17));
    assert_eq!(measured(measure, &ping[..12]), Measure::NeedMore(Need::Bytes(5), BEGUN));
    assert_eq!(measured(measure, &ping[..8]), Measure::NeedMore(Need::Segment, BEGUN));
    assert_eq!(measured(measure, &[PREFACE, &ping].concat()), Measure::Complete(24));
    assert_eq!(measured(measure, &PREFACE[..20]), Measure::NeedMore(Need::Bytes(4), BEGUN));
}

#[test]
fn padding_is_no_content() {
    let padded = [0, 0, 4, DATA, PADDED, 0, 0, 0, 1, 2, b'x', 0, 0];
    let frame = Frame::read(&padded).unwrap();
    assert_eq!(frame.content(&padded), Some((10..11, 2)));
    let too_much = [0, 0, 4, DATA, PADDED, 0, 0, 0, 1, 4, b'x', 0, 0];
    assert_eq!(frame.content(&too_much), None);
}
