//! HTTP over TCP: however a stream is cut into segments, its messages are the same; whatever it holds, nothing panics.

use labkit::conversation::Tracker;
use labkit::dissect::{Proto, ProtoSet};
use labkit::field::{At, Field, Value, Visit};
use labkit::frame::{Frame, FrameNo, LinkType, Origin, Timestamp};
use labkit::packet::Packet;
use proptest::prelude::*;
use std::ops::ControlFlow;

const REQUEST: &[u8] = b"GET /a?x=1 HTTP/1.1\r\nHost: h\r\nCookie: a=b; c=d\r\n\r\n";
const POST: &[u8] = b"POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\na=1&b=2";
const SIZED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n0123456789";
const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\na\r\n\r\n0\r\nT: x\r\n\r\n";
const NOT_MODIFIED: &[u8] = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n";
const HEAD: &[u8] = b"HEAD / HTTP/1.1\r\n\r\n";
const SIZED_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

/// One TCP conversation on port 80, followed as it is made.
#[derive(Default)]
struct Talk {
    tracker: Tracker,
    frame: u64,
    sent: [u32; 2],
    /// The bytes of all messages so far.
    messages: Vec<Vec<u8>>,
}

/// What the list says about one segment.
#[derive(Debug, PartialEq)]
struct Row {
    protocol: String,
    info: String,
}

/// Reads every value; every range must lie within its source.
struct Everything;

impl Visit for Everything {
    fn field(&mut self, _: &'static Field, at: At, value: Value<'_>) -> ControlFlow<()> {
        assert!(at.end() < 1 << 20);
        std::hint::black_box(format!("{value:?}"));
        ControlFlow::Continue(())
    }
}

impl Talk {
    /// Sends `payload` from the client (0) or the server (1), with these flags.
    fn send(&mut self, side: usize, payload: &[u8], flags: u8) -> Row {
        let mut tcp = Vec::new();
        let ports: [u16; 2] = if side == 0 { [40_000, 80] } else { [80, 40_000] };
        ports.iter().for_each(|p| tcp.extend(p.to_be_bytes()));
        tcp.extend((1000 + self.sent[side]).to_be_bytes());
        tcp.extend((1000 + self.sent[1 - side]).to_be_bytes());
        tcp.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
        tcp.extend(payload);
        let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
        bytes.extend((20 + tcp.len() as u16).to_be_bytes());
        bytes.extend([0, 1, 0x40, 0, 64, 6, 0, 0]);
        let (client, server) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let ends = if side == 0 { [client, server] } else { [server, client] };
        ends.iter().for_each(|ip| bytes.extend(ip));
        bytes.extend(&tcp);
        self.sent[side] += payload.len() as u32 + u32::from(flags & 1);
        self.frame += 1;
        let frame = Frame {
            no: FrameNo(self.frame),
            time: Some(Timestamp::from_nanos(self.frame as i64 * 1_000_000)),
            precision: 9,
            link: LinkType::ETHERNET,
            wire_len: bytes.len() as u32,
            interface: 0,
            origin: Origin::default(),
            bytes: &bytes,
        };
        let packet = Packet { context: self.tracker.track(&frame) };
        let context = &packet.context;
        for layer in context.layers.all().iter().filter(|l| l.proto == Proto::Http) {
            self.messages.push(context.layer_bytes(layer).to_vec());
        }
        assert!(packet.walk(ProtoSet::ALL, &mut Everything).is_continue());
        let mut info = Vec::new();
        packet.info(&mut info);
        Row { protocol: packet.protocol().into(), info: String::from_utf8(info).unwrap() }
    }

    fn data(&mut self, side: usize, payload: &[u8]) -> Row {
        self.send(side, payload, 0x18)
    }

    /// Sends `stream` cut at these places.
    fn cut(&mut self, side: usize, stream: &[u8], places: &[usize]) {
        let mut from = 0;
        for to in places.iter().copied().chain([stream.len()]) {
            if to > from {
                self.data(side, &stream[from..to]);
                from = to;
            }
        }
    }
}

#[test]
fn a_stream_cut_at_any_byte_holds_the_same_messages() {
    let requests = [REQUEST, POST, REQUEST].concat();
    let responses = [SIZED, CHUNKED, NOT_MODIFIED].concat();
    for place in 0..requests.len().max(responses.len()) {
        let mut talk = Talk::default();
        talk.cut(0, &requests, &[place.min(requests.len())]);
        assert_eq!(talk.messages, [REQUEST, POST, REQUEST], "requests cut at {place}");
        talk.messages.clear();
        talk.cut(1, &responses, &[place.min(responses.len())]);
        assert_eq!(talk.messages, [SIZED, CHUNKED, NOT_MODIFIED], "responses cut at {place}");
    }
}

#[test]
fn the_frame_that_completes_a_message_has_it_and_those_before_say_so() {
    let mut talk = Talk::default();
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
    let mut talk = Talk::default();
    talk.data(0, HEAD);
    assert_eq!(talk.data(1, SIZED_HEAD).protocol, "HTTP");
    talk.data(0, REQUEST);
    assert_eq!(talk.data(1, SIZED_HEAD).protocol, "TCP");
}

#[test]
fn a_body_without_a_length_ends_when_the_server_closes() {
    let mut talk = Talk::default();
    talk.data(0, REQUEST);
    talk.data(1, b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>");
    assert_eq!(talk.data(1, b"</p>").protocol, "TCP");
    let row = talk.send(1, b"", 0x11);
    assert_eq!(row, Row { protocol: "HTTP".into(), info: "HTTP/1.0 200 OK  (text/html)".into() });
    assert!(talk.messages.last().unwrap().ends_with(b"<p></p>"));
}

#[test]
fn a_gap_loses_one_message_and_not_the_next() {
    let mut talk = Talk::default();
    talk.data(0, REQUEST);
    talk.data(1, &SIZED[..SIZED.len() - 8]);
    talk.sent[1] += 3;
    assert_eq!(talk.data(1, &SIZED[SIZED.len() - 5..]).protocol, "TCP");
    assert_eq!(talk.data(1, SIZED).protocol, "HTTP");
    assert_eq!(talk.messages, [REQUEST, SIZED]);
}

#[test]
fn text_that_is_no_message_stays_data() {
    let mut talk = Talk::default();
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
        let mut talk = Talk::default();
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
        let mut talk = Talk::default();
        for side in [0, 1, 0] {
            talk.cut(side, &bytes, &places);
            talk.sent[side] = talk.sent[side].wrapping_add(skip).saturating_sub(4);
        }
        talk.send(1, b"", 0x11);
    }
}
