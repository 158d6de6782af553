//! What applications say over TCP, cut into segments in every way.

mod dns;
mod http;
mod tls;

use labkit::conversation::Tracker;
use labkit::dissect::{Proto, ProtoSet};
use labkit::field::{At, Field, Value, Visit};
use labkit::frame::{Frame, FrameNo, LinkType, Origin, Timestamp};
use labkit::packet::Packet;
use std::ops::ControlFlow;

/// One TCP conversation, followed as it is made.
struct Talk {
    /// The server's port, and whose layers are noted.
    port: u16,
    wanted: Proto,
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
    fn on(port: u16, wanted: Proto) -> Talk {
        Talk { port, wanted, tracker: Tracker::new(), frame: 0, sent: [0; 2], messages: Vec::new() }
    }

    /// Sends `payload` from the client (0) or the server (1), with these flags.
    fn send(&mut self, side: usize, payload: &[u8], flags: u8) -> Row {
        let mut tcp = Vec::new();
        let ports: [u16; 2] = if side == 0 { [40_000, self.port] } else { [self.port, 40_000] };
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
