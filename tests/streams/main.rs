//! Application protocols over TCP, with streams cut into segments at every place.

mod dns;
#[path = "../support/frames.rs"]
mod frames;
mod http;
mod tls;

use frames::Segment;
use labkit::conversation::Tracker;
use labkit::dissect::{Proto, ProtoSet};
use labkit::field::{At, Field, Value, Visit};
use labkit::frame::{LinkType, Timestamp};
use labkit::packet::Packet;
use std::ops::ControlFlow;

/// One TCP conversation, decoded and followed segment by segment.
struct Talk {
    /// The server's port.
    port: u16,
    wanted: Proto,
    tracker: Tracker,
    frame: u64,
    sent: [u32; 2],
    /// The bytes of all messages so far.
    messages: Vec<Vec<u8>>,
}

/// The list's row of one segment.
#[derive(Debug, PartialEq)]
struct Row {
    protocol: String,
    info: String,
}

/// A visitor that reads every value, and asserts that every range lies within its source.
struct Everything;

impl Visit for Everything {
    fn field(&mut self, _: &'static Field, at: At, value: Value<'_>) -> ControlFlow<()> {
        assert!(at.end() < 1 << 20);
        std::hint::black_box(format!("{value:?}"));
        ControlFlow::Continue(())
    }
}

impl Talk {
    fn on(port: u16, wanted: Proto) -> Talk {
        Talk { port, wanted, tracker: Tracker::new(), frame: 0, sent: [0; 2], messages: Vec::new() }
    }

    /// Sends `payload` from the client (0) or the server (1), with these flags.
    fn send(&mut self, side: usize, payload: &[u8], flags: u8) -> Row {
        let (client, server) = ((1, 40_000), (2, self.port));
        let (from, to) = if side == 0 { (client, server) } else { (server, client) };
        let (seq, ack) = (1000 + self.sent[side], 1000 + self.sent[1 - side]);
        let bytes =
            Segment { from, to, seq, ack, flags, window: 0x2000, payload, ..Segment::default() }.frame();
        self.sent[side] += payload.len() as u32 + u32::from(flags & 1);
        self.frame += 1;
        let time = Timestamp::from_nanos(self.frame as i64 * 1_000_000);
        let frame = frames::captured(self.frame, Some(time), LinkType::ETHERNET, &bytes);
        let packet = Packet { context: self.tracker.track(&frame) };
        let context = &packet.context;
        for layer in context.layers.all().iter().filter(|l| l.proto == self.wanted) {
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
