//! HTTP over TCP: a stream has the same messages however it is cut into segments, and no content makes the dissector
//! panic.

use super::{Row, Talk};
use proptest::prelude::*;

const REQUEST: &[u8] = b"GET /a?x=1 HTTP/1.1\r\nHost: h\r\nCookie: a=b; c=d\r\n\r\n";
const POST: &[u8] = b"POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\na=1&b=2";
const SIZED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n0123456789";
const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\na\r\n\r\n0\r\nT: x\r\n\r\n";
const NOT_MODIFIED: &[u8] = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n";
const HEAD: &[u8] = b"HEAD / HTTP/1.1\r\n\r\n";
const SIZED_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

/// A conversation on HTTP's port.
fn talk() -> Talk {
    Talk::on(80, labkit::dissect::Proto::Http)
}

#[test]
fn a_stream_cut_at_any_byte_holds_the_same_messages() {
    let requests = [REQUEST, POST, REQUEST].concat();
    let responses = [SIZED, CHUNKED, NOT_MODIFIED].concat();
    for place in 0..requests.len().max(responses.len()) {
        let mut talk = talk();
        talk.cut(0, &requests, &[place.min(requests.len())]);
        assert_eq!(talk.messages, [REQUEST, POST, REQUEST], "requests cut at {place}");
        talk.messages.clear();
        talk.cut(1, &responses, &[place.min(responses.len())]);
        assert_eq!(talk.messages, [SIZED, CHUNKED, NOT_MODIFIED], "responses cut at {place}");
    }
}

#[test]
fn the_frame_that_completes_a_message_has_it_and_those_before_say_so() {
    let mut talk = talk();
    let row = talk.data(0, &REQUEST[..8]);
    assert_eq!(row.protocol, "TCP");
    assert!(row.info.ends_with(" Len=8 [TCP segment of a reassembled PDU]"), "{row:?}");
    let row = talk.data(0, &REQUEST[8..30]);
    assert_eq!(row.info, "GET /a?x=1 HTTP/1.1  [TCP segment of a reassembled PDU]");
    let row = talk.data(0, &REQUEST[30..]);
    assert_eq!(row, Row { protocol: "HTTP".into(), info: "GET /a?x=1 HTTP/1.1 ".into() });
    let pipelined = [SIZED, &SIZED[..20]].concat();
    assert_eq!(talk.data(1, &pipelined).info, "HTTP/1.1 200 OK  (text/plain)HTTP/1.1 200 OK ");
}

#[test]
fn what_answers_head_has_no_body() {
    let mut talk = talk();
    talk.data(0, HEAD);
    assert_eq!(talk.data(1, SIZED_HEAD).protocol, "HTTP");
    talk.data(0, REQUEST);
    assert_eq!(talk.data(1, SIZED_HEAD).protocol, "TCP");
}

#[test]
fn a_body_without_a_length_ends_when_the_server_closes() {
    let mut talk = talk();
    talk.data(0, REQUEST);
    talk.data(1, b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>");
    assert_eq!(talk.data(1, b"</p>").protocol, "TCP");
    let row = talk.send(1, b"", 0x11);
    assert_eq!(row, Row { protocol: "HTTP".into(), info: "HTTP/1.0 200 OK  (text/html)".into() });
    assert!(talk.messages.last().unwrap().ends_with(b"<p></p>"));
}

#[test]
fn a_gap_loses_one_message_and_not_the_next() {
    let mut talk = talk();
    talk.data(0, REQUEST);
    talk.data(1, &SIZED[..SIZED.len() - 8]);
    talk.sent[1] += 3;
    assert_eq!(talk.data(1, &SIZED[SIZED.len() - 5..]).protocol, "TCP");
    assert_eq!(talk.data(1, SIZED).protocol, "HTTP");
    assert_eq!(talk.messages, [REQUEST, SIZED]);
}

#[test]
fn text_that_is_no_message_stays_data() {
    let mut talk = talk();
    assert_eq!(talk.data(0, b"FOO / HTTP/1.1\r\n\r\n").protocol, "TCP");
    assert_eq!(talk.data(0, b"\x80\x81").protocol, "TCP");
    assert!(talk.messages.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn segmentation_does_not_matter(
        kinds in prop::collection::vec(0usize..3, 1..6),
        mut places in prop::collection::vec(0usize..600, 0..12),
    ) {
        let messages: Vec<&[u8]> = kinds.iter().map(|k| [SIZED, CHUNKED, NOT_MODIFIED][*k]).collect();
        let stream = messages.concat();
        places.retain(|p| *p < stream.len());
        places.sort_unstable();
        let mut talk = talk();
        talk.data(0, REQUEST);
        talk.messages.clear();
        talk.cut(1, &stream, &places);
        prop_assert_eq!(&talk.messages, &messages);
    }

    #[test]
    fn nothing_that_arrives_on_port_80_panics(
        kind in 0usize..6,
        hurt in prop::collection::vec((0usize..200, any::<u8>()), 0..6),
        places in prop::collection::btree_set(0usize..200, 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..60),
        skip in 0u32..9,
    ) {
        let mut bytes = [REQUEST, POST, SIZED, CHUNKED, HEAD, SIZED_HEAD][kind].to_vec();
        for (at, byte) in hurt {
            if let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
        }
        bytes.extend(noise);
        let places: Vec<usize> = places.into_iter().filter(|p| *p < bytes.len()).collect();
        let mut talk = talk();
        for side in [0, 1, 0] {
            talk.cut(side, &bytes, &places);
            talk.sent[side] = talk.sent[side].wrapping_add(skip).saturating_sub(4);
        }
        talk.send(1, b"", 0x11);
    }
}
