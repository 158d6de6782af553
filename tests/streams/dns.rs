//! DNS over TCP: each message follows its length (RFC 1035, section 4.2.2).

use super::{Row, Talk};
use labkit::dissect::Proto;

fn message(id: u8, flags: u8, records: u8) -> Vec<u8> {
    let question = [&b"\x03lab\x07example\0"[..], &[0, 1, 0, 1]].concat();
    let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 7];
    let mut bytes = vec![0, id, flags, 0, 0, 1, 0, records, 0, 0, 0, 0];
    bytes.extend(question);
    (0..records).for_each(|_| bytes.extend(record));
    [&(bytes.len() as u16).to_be_bytes()[..], &bytes].concat()
}

fn talk() -> Talk {
    Talk::on(53, Proto::Dns)
}

#[test]
fn messages_cut_at_any_byte_are_the_same() {
    let messages = [message(1, 1, 0), message(2, 1, 0)];
    let stream = messages.concat();
    for place in 1..stream.len() {
        let mut talk = talk();
        talk.cut(0, &stream, &[place]);
        assert_eq!(talk.messages, messages, "cut at {place}");
    }
}

#[test]
fn the_last_message_of_a_segment_speaks() {
    let mut talk = talk();
    let row = talk.data(0, &[message(1, 1, 0), message(2, 1, 0)].concat());
    assert_eq!(row, Row { protocol: "DNS".into(), info: "Standard query 0x0002 A lab.example".into() });
}

#[test]
fn what_completes_a_message_shows_it_before_the_next() {
    let mut talk = talk();
    let (first, second) = (message(1, 0x81, 2), message(2, 0x81, 1));
    assert!(talk.data(1, &first[..20]).info.ends_with("[TCP segment of a reassembled PDU]"));
    let row = talk.data(1, &[&first[20..], &second].concat());
    let text = "Standard query response 0x0001 A lab.example A 10.0.0.7 A 10.0.0.7\
                Standard query response 0x0002 A lab.example A 10.0.0.7";
    assert_eq!(row.info, text);
}
