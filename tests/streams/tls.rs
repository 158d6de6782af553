//! TLS over TCP: records end independently of segments.

use super::{Row, Talk};
use labkit::dissect::Proto;
use proptest::prelude::*;

fn data(len: u16) -> Vec<u8> {
    let [high, low] = len.to_be_bytes();
    [vec![23, 3, 3, high, low], vec![0xa5; len.into()]].concat()
}

fn talk() -> Talk {
    Talk::on(443, Proto::Tls)
}

#[test]
fn a_record_stands_where_its_last_byte_is() {
    let mut talk = talk();
    let record = data(4000);
    let part = "[TCP segment of a reassembled PDU]";
    assert_eq!(talk.data(1, &record[..1448]), Row { protocol: "TCP".into(), info: part.into() });
    let row = talk.data(1, &record[1448..2896]);
    assert!(row.protocol == "TCP" && row.info.ends_with(&format!(" Len=1448 {part}")), "{row:?}");
    let row = talk.data(1, &[&record[2896..], &data(10), &data(20)[..7]].concat());
    let info = "Application Data, Application Data".into();
    assert_eq!(row, Row { protocol: "TLSv1.2".into(), info });
    assert_eq!(talk.data(1, &data(20)[7..]).info, "Application Data");
}

#[test]
fn a_gap_loses_its_record_and_not_the_next() {
    let mut talk = talk();
    talk.data(0, &data(30));
    talk.data(1, &data(3000)[..1000]);
    talk.sent[1] += 1000;
    assert_eq!(talk.data(1, &data(3000)[2000..]).protocol, "TCP");
    assert_eq!(talk.data(1, &data(40)).info, "Application Data");
}

/// Sends the stream in segments of 1000 bytes, which come in this order.
fn send_in(order: &[usize]) -> Vec<Row> {
    let mut talk = talk();
    let record = data(3995);
    let rows = order.iter().map(|n| {
        talk.sent[1] = 1000 * *n as u32;
        talk.data(1, &record[1000 * n..1000 * (n + 1)])
    });
    rows.collect()
}

#[test]
fn a_segment_that_is_late_fills_its_gap() {
    let rows = send_in(&[0, 2, 1, 3]);
    assert!(rows[2].info.starts_with("[TCP Out-Of-Order] "), "{rows:?}");
    assert_eq!(rows[3], Row { protocol: "TLSv1.2".into(), info: "Application Data".into() });
}

#[test]
fn nothing_is_dissected_from_the_late_one_as_in_wireshark() {
    let rows = send_in(&[0, 1, 3, 2]);
    assert!(rows.iter().all(|row| row.protocol == "TCP"), "{rows:?}");
    assert!(rows[3].info.starts_with("[TCP Out-Of-Order] "), "{rows:?}");
}

#[test]
fn what_comes_twice_counts_once() {
    let rows = send_in(&[0, 1, 1, 2, 3]);
    assert_eq!(rows[4].info, "Application Data");
    assert_eq!(rows.iter().filter(|row| row.protocol == "TLSv1.2").count(), 1);
}

#[test]
fn a_port_of_its_own_is_not_needed() {
    let mut talk = Talk::on(12_345, Proto::Tls);
    assert_eq!(talk.data(0, &data(30)).protocol, "TLSv1.2");
    assert_eq!(Talk::on(12_345, Proto::Tls).data(0, b"no record").protocol, "TCP");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn segmentation_does_not_matter(
        lens in prop::collection::vec(1u16..300, 1..6),
        mut places in prop::collection::vec(0usize..1500, 0..12),
    ) {
        let records: Vec<Vec<u8>> = lens.iter().map(|len| data(*len)).collect();
        let stream = records.concat();
        places.retain(|p| *p < stream.len());
        places.sort_unstable();
        let mut talk = talk();
        talk.cut(0, &stream, &places);
        prop_assert_eq!(talk.messages.concat(), stream, "every byte is in one layer, in order");
    }

    #[test]
    fn nothing_that_arrives_on_port_443_panics(
        kinds in prop::collection::vec((20u8..26, 0u16..0x305, 0u16..60), 1..5),
        noise in prop::collection::vec(any::<u8>(), 0..80),
        places in prop::collection::btree_set(0usize..300, 0..6),
        skip in 0u32..9,
    ) {
        let mut bytes = Vec::new();
        for (i, (kind, version, len)) in kinds.iter().enumerate() {
            bytes.push(*kind);
            bytes.extend((0x0200 + version).to_be_bytes());
            bytes.extend(len.to_be_bytes());
            bytes.extend(noise.iter().cycle().skip(i).take(usize::from(*len).min(noise.len() * 2)));
        }
        bytes.extend(&noise);
        let places: Vec<usize> = places.into_iter().filter(|p| *p < bytes.len()).collect();
        let mut talk = talk();
        for side in [0, 1, 0] {
            talk.cut(side, &bytes, &places);
            talk.sent[side] = talk.sent[side].wrapping_add(skip).saturating_sub(4);
        }
        talk.send(1, b"", 0x11);
    }
}
