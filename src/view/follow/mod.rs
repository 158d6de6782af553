//! The bytes that both ends of a conversation sent, in their order (`labkit follow`).

mod order;
mod write;

pub use write::{Form, Writer};

use crate::conversation::stream::Carried;
use crate::direction::Direction;
use crate::dissect::Proto;
use crate::dissect::protocols::tcp::Flags;
use crate::dissect::reading::read::Read as _;
use crate::packet::Packet;
use crate::pump::Sink;
use crate::view::conversations::Transport;
use order::{Order, Piece};
use std::io;
use std::ops::ControlFlow;

/// Receives the bytes of a conversation in their order. The end that sent the first packet is the first one.
pub trait Listener {
    /// Called with bytes that follow the earlier ones of their direction.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn said(&mut self, direction: Direction, bytes: &[u8]) -> io::Result<()>;

    /// Called with the number of bytes at this place that no captured frame has.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn missing(&mut self, direction: Direction, bytes: u64) -> io::Result<()>;

    /// Called once after the last packet.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn end(&mut self) -> io::Result<()>;
}

/// Follows one conversation through a capture.
pub struct Follow<L> {
    /// The listener that receives the bytes.
    pub listener: L,
    transport: Transport,
    stream: u32,
    /// Sender of the first packet; `None` before that.
    first: Option<(crate::dissect::Address, u16)>,
    orders: [Order; 2],
    /// Whether a packet of the conversation was seen.
    pub found: bool,
}

impl<L: Listener> Follow<L> {
    /// Follows the conversation of this number (`tcp.stream` or `udp.stream`).
    pub fn new(listener: L, transport: Transport, stream: u32) -> Follow<L> {
        Follow {
            listener,
            transport,
            stream,
            first: None,
            orders: [Order::new(), Order::new()],
            found: false,
        }
    }

    fn direction(&mut self, packet: &Packet<'_>, port: u16) -> Direction {
        let sender = (packet.addresses().0, port);
        Direction::from_first(*self.first.get_or_insert(sender) == sender)
    }

    fn segment(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let Some((layer, header)) = packet.tcp() else { return Ok(()) };
        self.found = true;
        let direction = self.direction(packet, header.srcport);
        let (payload, len) = (packet.context.payload(layer), layer.payload_len());
        let [own, other] = direction.split(&mut self.orders);
        let listener = &mut self.listener;
        if header.flags.has(Flags::ACK) {
            // If the other side has acknowledged bytes that the capture lacks, they will never come.
            other.acknowledged(header.ack, &mut |piece| pass(listener, direction.reverse(), &piece))?;
        }
        let payload = payload.get(..len as usize).unwrap_or(payload);
        let (syn, fin) = (header.flags.has(Flags::SYN), header.flags.has(Flags::FIN));
        let segment = Carried { seq: header.seq, syn, fin, len, payload };
        own.take(&segment, &mut |piece| pass(listener, direction, &piece))
    }

    fn datagram(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let Some(layer) = packet.context.layers.find(Proto::Udp) else { return Ok(()) };
        self.found = true;
        let port = packet.context.layer_bytes(layer).u16(0).unwrap_or(0);
        let direction = self.direction(packet, port);
        let (payload, len) = (packet.context.payload(layer), u64::from(layer.payload_len()));
        self.listener.said(direction, payload)?;
        match len.saturating_sub(payload.len() as u64) {
            0 => Ok(()),
            cut => self.listener.missing(direction, cut),
        }
    }
}

fn pass(listener: &mut dyn Listener, direction: Direction, piece: &Piece<'_>) -> io::Result<()> {
    match piece {
        Piece::Bytes(bytes) => listener.said(direction, bytes),
        Piece::Missing(bytes) => listener.missing(direction, *bytes),
    }
}

impl<L: Listener> Sink for Follow<L> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let facts = &packet.context.facts;
        match self.transport {
            Transport::Tcp if facts.tcp.is_some_and(|f| f.stream == self.stream) => self.segment(packet)?,
            Transport::Udp if facts.udp.is_some_and(|f| f.stream == self.stream) => self.datagram(packet)?,
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        for direction in Direction::BOTH {
            let listener = &mut self.listener;
            self.orders[direction].end(&mut |piece| pass(listener, direction, &piece))?;
        }
        self.listener.end()
    }
}
