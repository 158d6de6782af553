//! Frames made by hand, for tests of the program and for unit tests alike. Checksums are 0, as in a machine's own
//! capture before its adapter fills them in.
#![allow(dead_code, reason = "each test takes what it needs")]

use labkit::frame::{Frame, FrameNo, LinkType, Origin, Timestamp};

/// One side of a connection: the last octet of its addresses, and its port.
pub(crate) type Side = (u8, u16);

/// A TCP segment.
#[derive(Clone, Copy)]
pub(crate) struct Segment<'a> {
    /// The first three octets of both IPv4 addresses.
    pub(crate) net: [u8; 3],
    pub(crate) from: Side,
    pub(crate) to: Side,
    /// Identification and time to live of the packet.
    pub(crate) id: u16,
    pub(crate) ttl: u8,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    pub(crate) window: u16,
    /// TCP options, a multiple of four octets.
    pub(crate) options: &'a [u8],
    pub(crate) payload: &'a [u8],
}

impl Default for Segment<'_> {
    /// PSH and ACK from 10.0.0.1, port 40000, to 10.0.0.2, port 80, without a payload.
    fn default() -> Self {
        Segment {
            net: [10, 0, 0],
            from: (1, 40_000),
            to: (2, 80),
            id: 1,
            ttl: 64,
            seq: 1,
            ack: 1,
            flags: 0x18,
            window: 256,
            options: &[],
            payload: &[],
        }
    }
}

impl<'a> Segment<'a> {
    /// A segment between the lab's two machines: flags, sequence and acknowledgement number, payload. It is the `i`th
    /// of its capture, from 0.
    pub(crate) fn of_lab(
        i: usize,
        client: bool,
        (flags, seq, ack, payload): (u8, u32, u32, &'a [u8]),
    ) -> Segment<'a> {
        let (host, guest) = ((1, 44150), (101, 65432));
        let (from, to) = if client { (host, guest) } else { (guest, host) };
        let (net, id, window) = ([192, 168, 56], i as u16 + 1, 0xfaf0);
        Segment { net, from, to, id, seq, ack, flags, window, payload, ..Segment::default() }
    }

    /// The segment; if it is a SYN, with the option that offers a maximum segment size of 1460.
    pub(crate) fn with_size(self) -> Segment<'a> {
        Segment { options: if self.flags & 2 != 0 { &[2, 4, 5, 0xb4] } else { self.options }, ..self }
    }

    /// The segment in an IPv4 packet.
    pub(crate) fn packet(&self) -> Vec<u8> {
        let mut tcp = [self.from.1.to_be_bytes(), self.to.1.to_be_bytes()].concat();
        tcp.extend([self.seq.to_be_bytes(), self.ack.to_be_bytes()].concat());
        tcp.extend([(20 + self.options.len() as u8) << 2, self.flags]);
        tcp.extend(self.window.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(self.options);
        tcp.extend(self.payload);
        ipv4(self.net, (self.from.0, self.to.0), (self.id, self.ttl), 6, &tcp)
    }

    /// The packet in an Ethernet frame.
    pub(crate) fn frame(&self) -> Vec<u8> {
        ethernet(self.from.0, self.to.0, &self.packet())
    }
}

/// An IPv4 packet between two addresses of a net, with its identification and time to live.
pub(crate) fn ipv4(
    net: [u8; 3],
    ends: (u8, u8),
    (id, ttl): (u16, u8),
    protocol: u8,
    payload: &[u8],
) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend([0x40, 0, ttl, protocol, 0, 0]);
    for end in [ends.0, ends.1] {
        packet.extend(net);
        packet.push(end);
    }
    packet.extend(payload);
    packet
}

/// A UDP datagram from 10.0.0.1 to 10.0.0.2, in an IPv4 packet.
pub(crate) fn datagram(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let mut udp = Vec::new();
    for word in [from, to, 8 + payload.len() as u16, 0] {
        udp.extend(word.to_be_bytes());
    }
    udp.extend(payload);
    ipv4([10, 0, 0], (1, 2), (1, 64), 17, &udp)
}

/// An Ethernet frame around an IPv4 packet; the addresses are 02:00:00:00:00 and the given octet.
pub(crate) fn ethernet(from: u8, to: u8, packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0];
    frame.extend(packet);
    frame
}

/// A classic pcap file of frames, each with its microseconds since 1,700,000,000 seconds.
pub(crate) fn pcap(link: LinkType, frames: impl IntoIterator<Item = (u64, Vec<u8>)>) -> Vec<u8> {
    let mut file = Vec::new();
    let words = |file: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|w| file.extend(w.to_le_bytes()));
    words(&mut file, &[0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, link.0.into()]);
    for (micros, frame) in frames {
        let (seconds, len) = (1_700_000_000 + micros / 1_000_000, frame.len() as u32);
        words(&mut file, &[seconds as u32, (micros % 1_000_000) as u32, len, len]);
        file.extend(frame);
    }
    file
}

/// The bytes as a frame that was captured whole.
pub(crate) fn captured(no: u64, time: Option<Timestamp>, link: LinkType, bytes: &[u8]) -> Frame<'_> {
    Frame {
        no: FrameNo(no),
        time,
        precision: 9,
        link,
        wire_len: bytes.len() as u32,
        interface: 0,
        origin: Origin::default(),
        bytes,
    }
}
