//! Tests: sequences of records from both sides, and what the Info column and the details say about them.

use super::*;
use crate::direction::Direction;
use crate::dissect::{AppFacts, Buffers, Facts, Layers, ProtoSet, Work};
use crate::field::{At, Value, Visit};
use crate::frame::{Frame, FrameNo, LinkType};
use crate::frames::captured;
use crate::packet::Packet;
use proptest::prelude::*;
use std::ops::ControlFlow;

const CLIENT: Direction = Direction::Forward;
const SERVER: Direction = Direction::Backward;

fn record(kind: u8, version: u16, body: &[u8]) -> Vec<u8> {
    let [a, b] = version.to_be_bytes();
    let [c, d] = (body.len() as u16).to_be_bytes();
    [&[kind, a, b, c, d], body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = (body.len() as u32).to_be_bytes();
    [&[kind, a, b, c], body].concat()
}

fn extension(ty: u16, body: &[u8]) -> Vec<u8> {
    [&ty.to_be_bytes(), &(body.len() as u16).to_be_bytes(), body].concat()
}

fn client_hello() -> Vec<u8> {
    let name = [&[0, 12, 0, 0, 9], b"guest.lab".as_slice()].concat();
    let extensions =
        [extension(0, &name), extension(16, b"\0\x03\x02h2"), extension(43, b"\x02\x03\x04")].concat();
    let fixed = [&[3, 3][..], &[7; 32], &[0], &[0, 4, 0x13, 0x01, 0xc0, 0x2f], &[1, 0]].concat();
    message(1, &[&fixed, &(extensions.len() as u16).to_be_bytes()[..], &extensions].concat())
}

fn server_hello(version: Option<u16>) -> Vec<u8> {
    let extensions = version.map_or(Vec::new(), |v| extension(43, &v.to_be_bytes()));
    let fixed = [&[3, 3][..], &[9; 32], &[0], &[0xc0, 0x2f], &[0]].concat();
    message(2, &[&fixed, &(extensions.len() as u16).to_be_bytes()[..], &extensions].concat())
}

/// A Certificate message with one certificate: its issuer, when it is valid, and its subject.
fn certificate() -> Vec<u8> {
    let element = |tag: u8, body: &[u8]| [&[tag, body.len() as u8], body].concat();
    let attribute = [element(6, &[0x55, 4, 3]), element(0x0c, b"guest.lab")].concat();
    let name = element(0x30, &element(0x31, &element(0x30, &attribute)));
    let validity =
        element(0x30, &[element(0x17, b"160926211038Z"), element(0x18, b"20560926211038Z")].concat());
    let signed = [element(2, &[5]), element(0x30, &[]), name.clone(), validity, name].concat();
    let der = element(0x30, &element(0x30, &signed));
    let len = der.len() as u8;
    message(11, &[&[0, 0, len + 3, 0, 0, len][..], &der].concat())
}

fn frame(bytes: &[u8]) -> Frame<'_> {
    captured(1, None, LinkType::RAW, bytes)
}

/// A visitor that notes each line.
#[derive(Default)]
struct Lines(Vec<String>);

impl Visit for Lines {
    fn field(&mut self, field: &'static Field, _: At, value: Value<'_>) -> ControlFlow<()> {
        self.0.push(match value {
            Value::Text(text) => format!("{}: {}", field.name, String::from_utf8_lossy(text)),
            Value::Uint(n) => format!("{}: {n}", field.name),
            _ => field.name.to_owned(),
        });
        ControlFlow::Continue(())
    }
    fn text(&mut self, _: At, text: std::fmt::Arguments<'_>) -> ControlFlow<()> {
        self.0.push(text.to_string());
        ControlFlow::Continue(())
    }
    fn line(
        &mut self,
        field: &'static Field,
        at: At,
        _: Value<'_>,
        text: std::fmt::Arguments<'_>,
    ) -> ControlFlow<()> {
        let _ = (field, at);
        self.0.push(text.to_string());
        ControlFlow::Continue(())
    }
}

/// Protocol, Info and details of the next frame of a connection, which `side` sends.
fn show(session: &mut Session, side: Direction, no: u64, bytes: &[u8]) -> (String, String, Vec<String>) {
    let frame = Frame { no: FrameNo(no), ..frame(bytes) };
    let facts = TlsFacts { session: *session, side, first_message: 0 };
    let (after, malformed) = advance(*session, (bytes, bytes.len()), side, no, |_| {});
    *session = after;
    let mut layers = Layers::default();
    let (buffers, app) = (&mut Buffers::default(), &mut AppFacts::default());
    let span = Span { start: 0, end: bytes.len() as u32 };
    let mut work = Work {
        frame: bytes,
        buffers,
        layers: &mut layers,
        facts: app,
        no,
        time: 0,
        ports: (0, 0),
        direction: side,
    };
    super::layer(&mut work.decoder(0), span, malformed);
    let facts = Facts { tls: Some(&facts), ..Facts::default() };
    let context = Context { frame: &frame, layers: &layers, buffers: &[], segment: None, facts };
    let packet = Packet { context };
    let mut info = Line::new();
    packet.info(&mut info);
    let mut lines = Lines::default();
    let _ = packet.walk(ProtoSet::ALL, &mut lines);
    (packet.protocol().into_owned(), String::from_utf8(info).unwrap(), lines.0)
}

fn list(steps: &[(Direction, Vec<u8>)]) -> Vec<String> {
    let mut session = Session::default();
    let rows = steps.iter().enumerate().map(|(i, (side, bytes))| {
        let (protocol, info, _) = show(&mut session, *side, i as u64 + 1, bytes);
        format!("{protocol} {info}")
    });
    rows.collect()
}

#[test]
fn the_version_is_the_servers_and_a_client_hello_does_not_count() {
    let hello = record(22, 0x0301, &client_hello());
    assert_eq!(
        list(&[
            (CLIENT, hello.clone()),
            (
                SERVER,
                [record(22, 0x0303, &server_hello(None)), record(22, 0x0303, &message(14, &[]))].concat()
            ),
            (CLIENT, record(23, 0x0303, &[1; 40])),
        ]),
        ["TLSv1 Client Hello", "TLSv1.2 Server Hello, Server Hello Done", "TLSv1.2 Application Data"]
    );
    assert_eq!(
        list(&[
            (CLIENT, hello),
            (SERVER, [record(22, 0x0303, &server_hello(Some(0x7f17))), record(20, 0x0303, &[1])].concat()),
            (SERVER, record(23, 0x0303, &[1; 40])),
        ]),
        ["TLSv1 Client Hello", "TLSv1.3 Server Hello, Change Cipher Spec", "TLSv1.3 Application Data"]
    );
}

#[test]
fn after_a_change_of_ciphers_the_same_side_is_encrypted() {
    let finished = || record(22, 0x0303, &message(20, &[0; 12]));
    assert_eq!(
        list(&[
            (CLIENT, [record(20, 0x0303, &[1]), finished()].concat()),
            (CLIENT, finished()),
            (SERVER, finished()),
            (CLIENT, record(21, 0x0303, &[1, 0])),
            (CLIENT, record(21, 0x0303, &[9; 26])),
            (CLIENT, record(24, 0x0303, &[1; 26])),
        ]),
        [
            "TLSv1.2 Change Cipher Spec, Finished",
            "TLSv1.2 Encrypted Handshake Message",
            "TLSv1.2 Finished",
            "TLSv1.2 Alert (Level: Warning, Description: Close Notify)",
            "TLSv1.2 Encrypted Alert",
            "TLSv1.2 Encrypted Heartbeat",
        ]
    );
}

#[test]
fn a_nonce_of_zeros_is_no_hello_request() {
    let nonce = [[0; 8].as_slice(), &[0x5a; 32]].concat();
    assert_eq!(list(&[(CLIENT, record(22, 0x0303, &nonce))]), ["TLSv1.2 Encrypted Handshake Message"]);
    assert_eq!(list(&[(CLIENT, record(22, 0x0303, &message(0, &[])))]), ["TLSv1.2 Hello Request"]);
}

#[test]
fn a_message_over_several_records_is_named_where_it_begins_and_where_it_ends() {
    let certificate = message(11, &[0; 900]);
    let piece = |range| record(22, 0x0303, &certificate[range]);
    assert_eq!(
        list(&[
            (SERVER, piece(0..300)),
            (CLIENT, record(23, 0x0303, &[3])),
            (SERVER, piece(300..600)),
            (SERVER, piece(600..904))
        ]),
        ["TLSv1.2 [Certificate Fragment]", "TLSv1.2 Application Data", "TLSv1.2 ", "TLSv1.2 Certificate"]
    );
    // The header of a message may itself be split between records.
    assert_eq!(
        list(&[(SERVER, [piece(0..2), piece(2..904)].concat())]),
        ["TLSv1.2 [Certificate Fragment], Certificate"]
    );
}

#[test]
fn the_pieces_of_a_message_are_handed_out_whole() {
    let certificate = message(11, &[0x30; 900]);
    let bytes = [record(22, 0x0303, &certificate[..3]), record(22, 0x0303, &certificate[3..])].concat();
    let mut whole = Vec::new();
    advance(Session::default(), (&bytes, bytes.len()), CLIENT, 1, |f| whole.extend_from_slice(f.bytes));
    assert_eq!(whole, certificate);
}

#[test]
fn bytes_that_are_no_records() {
    let data = record(23, 0x0303, &[1; 40]);
    assert_eq!(list(&[(CLIENT, vec![0; 20])]), ["SSL Continuation Data"]);
    assert_eq!(
        list(&[(CLIENT, data.clone()), (CLIENT, [&data[..], &[0x99; 9]].concat())]),
        ["TLSv1.2 Application Data", "TLSv1.2 Application Data, Ignored Unknown Record"]
    );
    assert_eq!(list(&[(CLIENT, record(23, 0x0303, &[]))]), ["TLSv1.2 [Malformed Packet]"]);
    let cut = record(22, 0x0301, &message(1, &[3; 12]));
    assert_eq!(list(&[(CLIENT, cut)]), ["TLSv1 Client Hello[Malformed Packet]"]);
}

#[test]
fn measures() {
    let session = Session::default();
    let data = record(23, 0x0303, &[1; 40]);
    let two = [&data[..], &data].concat();
    assert_eq!(session.measure(&two), Measure::Complete(90));
    assert_eq!(session.measure(&two[..89]), Measure::Complete(45));
    assert_eq!(session.measure(&data[..44]), Measure::NeedMore(45));
    assert_eq!(session.measure(&data[..3]), Measure::NeedMore(5));
    assert_eq!(session.measure(b"GET / HTTP/1.0\r\n\r\n"), Measure::Foreign);
    assert!(is_likely(&data) && !is_likely(b"\x17\x03\x03\xff\xff"));
}

#[test]
fn the_name_that_a_client_asks_for_is_shown() {
    let (_, _, lines) = show(&mut Session::default(), CLIENT, 1, &record(22, 0x0301, &client_hello()));
    for line in [
        "TLSv1 Record Layer: Handshake Protocol: Client Hello",
        "Cipher Suites (2 suites)",
        "tls.handshake.ciphersuite: 49199",
        "tls.handshake.extensions_server_name: guest.lab",
        "tls.handshake.extensions_alpn_str: h2",
        "tls.handshake.extensions.supported_version: 772",
        "tls.handshake.ja3_full: 771,4865-49199,0-16-43,,",
    ] {
        assert!(lines.iter().any(|l| l == line), "{line} in {lines:#?}");
    }
}

#[test]
fn names_and_times_of_a_certificate_are_shown() {
    let (_, info, lines) = show(&mut Session::default(), SERVER, 1, &record(22, 0x0303, &certificate()));
    assert_eq!(info, "Certificate");
    for line in [
        "subject: rdnSequence (0)",
        "rdnSequence: 1 item (id-at-commonName=guest.lab)",
        "x509sat.uTF8String: guest.lab",
        "x509af.utcTime: 2016-09-26 21:10:38 (UTC)",
    ] {
        assert!(lines.iter().any(|l| l == line), "{line} in {lines:#?}");
    }
}

proptest! {
    /// Damaged bytes of a connection are shown without a panic, and measured to end within themselves.
    #[test]
    fn damaged_connections_are_shown(
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<proptest::sample::Index>(),
    ) {
        let certificate = certificate();
        let mut bytes = [
            record(22, 0x0301, &client_hello()),
            record(22, 0x0303, &[server_hello(None), certificate[..20].to_vec()].concat()),
            record(22, 0x0303, &[&certificate[20..], &certificate, &message(12, &[3; 80])].concat()),
            record(22, 0x0303, &[message(16, &[64; 65]), message(13, &[1; 40]), message(4, &[0; 30])].concat()),
            record(24, 0x0303, &[1, 0, 3, 1, 2, 3, 0, 0]),
            record(21, 0x0303, &[2, 40]),
        ].concat();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let mut session = Session::default();
        if let Measure::Complete(n) = session.measure(&bytes) {
            prop_assert!(n <= bytes.len());
        }
        for (side, no) in [(CLIENT, 1), (SERVER, 2)] {
            let (_, _, lines) = show(&mut session, side, no, &bytes);
            prop_assert!(!lines.is_empty());
        }
    }
}
