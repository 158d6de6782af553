//! Handmade captures for tests: segments between two hosts, written with relative sequence numbers.

use crate::conversation::Tracker;
use crate::frame::{Frame, LinkType, Timestamp};
use crate::frames::{Segment, captured};
use crate::lab::definition::Lab;
use crate::lab::evidence::collect::{Collector, Evidence};
use crate::lab::evidence::exchange::Exchange;
use crate::packet::Packet;
use crate::pump::Sink;

/// The lab's port.
pub(crate) const PORT: u16 = 65432;

/// A connection whose packets are written one by one.
pub(crate) struct Wire {
    pub(crate) frames: Vec<Recorded>,
    /// Address (last octet) and port of the client.
    pub(crate) client: (u8, u16),
    /// Address (last octet) and port of the server.
    pub(crate) server: (u8, u16),
    /// Initial sequence numbers of client and server.
    pub(crate) isn: (u32, u32),
    /// The MSS option of SYNs; `None` leaves it out.
    pub(crate) mss: Option<u16>,
    /// Whether segments carry timestamps (12 bytes of options).
    pub(crate) timestamps: bool,
    /// Time to live of the packets.
    pub(crate) ttl: u8,
    id: u16,
}

/// A frame of a handmade capture.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) wire_len: u32,
    pub(crate) interface: u32,
    pub(crate) nanos: i64,
}

impl Wire {
    pub(crate) fn new() -> Wire {
        Wire {
            frames: Vec::new(),
            client: (1, 44150),
            server: (101, PORT),
            isn: (1_000_000, 4_294_967_290),
            mss: Some(1460),
            timestamps: true,
            ttl: 64,
            id: 7,
        }
    }

    /// A packet of the client: flags as letters of `SAPFR`, relative numbers.
    pub(crate) fn c(&mut self, flags: &str, seq: u32, ack: u32, payload: &[u8]) -> &mut Wire {
        self.push(true, flags, seq, ack, payload)
    }

    /// A packet of the server.
    pub(crate) fn s(&mut self, flags: &str, seq: u32, ack: u32, payload: &[u8]) -> &mut Wire {
        self.push(false, flags, seq, ack, payload)
    }

    /// SYN, SYN,ACK, ACK.
    pub(crate) fn open(&mut self) -> &mut Wire {
        self.c("S", 0, 0, b"").s("SA", 0, 1, b"").c("A", 1, 1, b"")
    }

    /// Message, ACK, marker, ACK.
    pub(crate) fn talk(&mut self, message: &[u8]) -> &mut Wire {
        let end = 1 + message.len() as u32;
        self.c("PA", 1, 1, message).s("A", 1, end, b"").s("PA", 1, end, b"#<<END>>#").c("A", end, 10, b"")
    }

    /// FIN of the client after `sent` bytes and of the server after nine.
    pub(crate) fn close(&mut self, sent: u32) -> &mut Wire {
        let end = 1 + sent;
        self.c("FA", end, 10, b"").s("FA", 10, end + 1, b"").c("A", end + 1, 11, b"")
    }

    /// The lab's exchange as the handout describes it: ten packets.
    pub(crate) fn whole(message: &[u8]) -> Wire {
        let mut wire = Wire::new();
        wire.open().talk(message).close(message.len() as u32);
        wire
    }

    /// Delays the last packet by so many milliseconds.
    pub(crate) fn late(&mut self, millis: i64) -> &mut Wire {
        self.frames.last_mut().unwrap().nanos += millis * 1_000_000;
        self
    }

    /// Records the last frame once more, as another adapter would.
    pub(crate) fn copy_on(&mut self, interface: u32) -> &mut Wire {
        let last = self.frames.last().unwrap().clone();
        self.frames.push(Recorded { interface, nanos: last.nanos + 1000, ..last });
        self
    }

    fn push(&mut self, client: bool, flags: &str, seq: u32, ack: u32, payload: &[u8]) -> &mut Wire {
        let bit = |c| match c {
            'F' => 1,
            'S' => 2,
            'R' => 4,
            'P' => 8,
            _ => 16,
        };
        let flags: u8 = flags.chars().map(bit).sum();
        let (from, to, own, other) = if client {
            (self.client, self.server, self.isn.0, self.isn.1)
        } else {
            (self.server, self.client, self.isn.1, self.isn.0)
        };
        let now = self.frames.last().map_or(1_700_000_000_000_000_000, |f| f.nanos) + 1_000_000;
        let options = self.options(flags & 2 != 0, now);
        self.id += 1;
        let (seq, ack) = (own.wrapping_add(seq), if flags & 16 != 0 { other.wrapping_add(ack) } else { 0 });
        let (net, id, ttl, window, options) = ([192, 168, 56], self.id, self.ttl, 0xfaf0, &options);
        let mut bytes = Segment { net, from, to, id, ttl, seq, ack, flags, window, options, payload }.frame();
        // Short frames are padded to 60 bytes, as on a real cable.
        bytes.resize(bytes.len().max(60), 0);
        let wire_len = bytes.len() as u32;
        self.frames.push(Recorded { bytes, wire_len, interface: 0, nanos: now });
        self
    }

    fn options(&self, syn: bool, now: i64) -> Vec<u8> {
        let mut options = Vec::new();
        if let Some(mss) = self.mss.filter(|_| syn) {
            options.extend([2, 4]);
            options.extend(mss.to_be_bytes());
        }
        if self.timestamps {
            options.extend([1, 1, 8, 10]);
            options.extend((now as u32 / 1_000_000).to_be_bytes());
            options.extend([0; 4]);
        }
        options
    }

    /// The evidence that the lab's collector gathers from the frames.
    pub(crate) fn evidence(&self) -> Evidence {
        evidence(&self.frames)
    }

    /// The only exchange of the capture.
    pub(crate) fn exchange(&self) -> Exchange {
        let evidence = self.evidence();
        assert_eq!(evidence.conversations.len(), 1);
        let marker = Lab::built_in().communicator.marker;
        let conversation = evidence.conversations.into_iter().next().unwrap();
        Exchange::new(0, conversation, PORT, marker.as_bytes())
    }
}

/// The evidence that the lab's collector gathers from handmade frames.
pub(crate) fn evidence(frames: &[Recorded]) -> Evidence {
    let (mut tracker, mut collector) = (Tracker::new(), Collector::new(PORT));
    for (i, f) in frames.iter().enumerate() {
        let time = Timestamp::from_nanos(f.nanos);
        let frame = captured(i as u64 + 1, Some(time), LinkType::ETHERNET, &f.bytes);
        let frame = Frame { wire_len: f.wire_len, interface: f.interface, ..frame };
        let context = tracker.track(&frame);
        let _ = collector.packet(&Packet { context }).unwrap();
    }
    collector.into_evidence()
}
