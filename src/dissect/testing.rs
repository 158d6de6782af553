//! What tests of dissectors look at: the path of protocols of a packet and its Info column, and the length of a message.

use super::over_tcp::{Input, Measure, Session};
use super::{Context, Facts, Layers, Proto, decode, protocol_path};
use crate::direction::Direction;
use crate::frame::{Frame, LinkType};
use crate::frames::captured;
use crate::text::Line;

/// The bytes that hexadecimal digits stand for; blanks are ignored.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |n, d| n << 4 | d)).collect()
}

/// The digits of an Ethernet frame with an IPv4 packet from 10.0.0.1. All arguments are hexadecimal digits: `kind` is
/// TTL and protocol, `to` the destination, `body` the payload.
pub(super) fn over_ipv4(kind: &str, to: &str, body: &str) -> String {
    let length = 20 + bytes(body).len();
    format!("020000000002 020000000001 0800 4500 {length:04x} 0001 0000 {kind} 0000 0a000001 {to} {body}")
}

/// The digits of a UDP datagram without a checksum; `ports` are the digits of source and destination.
pub(super) fn datagram(ports: &str, body: &str) -> String {
    format!("{ports} {:04x} 0000 {body}", 8 + bytes(body).len())
}

/// The protocols of a frame, and the Info column of the layer that speaks for it.
pub(super) fn summary(link: LinkType, hex: &str) -> (String, String) {
    cut(link, hex, usize::MAX)
}

/// As [`summary`], with only the first `len` bytes captured.
pub(super) fn cut(link: LinkType, hex: &str, len: usize) -> (String, String) {
    let all = bytes(hex);
    let frame = captured(1, None, link, all.get(..len).unwrap_or(&all));
    let frame = Frame { wire_len: all.len() as u32, ..frame };
    let mut layers = Layers::default();
    decode(&frame, &mut layers);
    let context =
        Context { frame: &frame, layers: &layers, buffers: &[], segment: None, facts: Facts::default() };
    let (mut path, mut info) = (Line::new(), Line::new());
    protocol_path(&context, &mut path);
    let speaker = layers.all().iter().rev().find(|l| !l.quoted && l.proto != Proto::Data);
    if let Some(layer) = speaker {
        (layer.proto.get().summary)(&context, layer, &mut info);
    }
    if let Some(stop) = layers.stop {
        info.extend_from_slice(format!(" {:?}", stop.why).as_bytes());
    }
    let text = |line| String::from_utf8(line).expect("summaries are UTF-8");
    (text(path), text(info))
}

/// What an application's `measure` says of the first bytes of one side of a conversation, which goes on.
pub(super) fn measured(measure: fn(&Input<'_>) -> Measure, bytes: &[u8]) -> Measure {
    let (session, direction) = (Session::default(), Direction::Forward);
    measure(&Input { bytes, cut: false, fin: false, may_wait: true, direction, session: &session })
}
