use super::build::Build;
use super::{drain, frames};
use crate::capture::reader::Reader;
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapNGReader};
use proptest::prelude::*;
use std::io::Read;

/// Hands out a few bytes at a time, as a pipe does.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.1.min(out.len());
        (&mut self.0).take(n as u64).read(out)
    }
}

fn sample() -> Vec<u8> {
    let build = Build::new().interface(1, 64, &[(2, b"eth0"), (9, &[9])]).interface(101, 0, &[(9, &[0x8a])]);
    let comment = build.option(1, b"a comment");
    let names = build.option(1, b"\x0a\0\0\x01host\0");
    build
        .packet(0, 1_700_000_000_000_000_000, b"first frame")
        .block(4, &names)
        .packet_with(1, 77, b"second", &comment)
        .block(3, &[5, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0])
        .turn()
        .section(&[])
        .interface(113, 0, &[])
        .packet(0, 5, b"third")
        .block(5, &[0; 12])
        .bytes
}

/// Reads everything, and returns the number of frames. The test is that it ends without a panic.
fn survives(bytes: &[u8]) -> usize {
    Reader::new(bytes, "x").map_or(0, |mut reader| drain(&mut reader).0.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0..4usize) {
        let start: [&[u8]; 4] = [&[], &Build::new().bytes, &Build::big_endian().bytes, &[0xd4, 0xc3, 0xb2, 0xa1]];
        let bytes = [start[kind], &bytes].concat();
        // Every frame takes at least sixteen bytes, so more frames would mean that the reader loops.
        prop_assert!(survives(&bytes) <= bytes.len() / 16);
    }

    #[test]
    fn mutated_captures_do_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = sample();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        prop_assert!(survives(&bytes) <= bytes.len() / 16);
    }

    #[test]
    fn the_size_of_reads_makes_no_difference(size in 1..40usize) {
        let bytes = sample();
        let mut reader = Reader::new(Trickle(&bytes, size), "pipe").expect("a capture");
        let (seen, error) = drain(&mut reader);
        prop_assert!(error.is_none());
        prop_assert_eq!(seen, frames(&bytes));
    }

    #[test]
    fn pcap_parser_sees_the_same_frames(
        big in any::<bool>(),
        resolution in 0..10u8,
        data in prop::collection::vec((0..2u32, any::<u32>(), prop::collection::vec(any::<u8>(), 0..90)), 0..8),
    ) {
        let build = if big { Build::big_endian() } else { Build::new() };
        let mut build = build.interface(1, 0, &[(9, &[resolution])]).interface(101, 0, &[(2, b"other")]);
        for (interface, units, bytes) in &data {
            build = build.packet(*interface, u64::from(*units), bytes);
        }
        let ours: Vec<_> = frames(&build.bytes).into_iter().map(|f| (f.interface, f.wire_len, f.bytes)).collect();
        prop_assert_eq!(ours, through_pcap_parser(&build.bytes));
    }
}

/// Interface, length on the wire and bytes of each frame, as `pcap-parser` reads them.
fn through_pcap_parser(bytes: &[u8]) -> Vec<(u32, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut reader = PcapNGReader::new(65_536, bytes).expect("a capture");
    loop {
        match reader.next() {
            Ok((used, block)) => {
                if let PcapBlockOwned::NG(Block::EnhancedPacket(packet)) = block {
                    found.push((packet.if_id, packet.origlen, packet.packet_data().to_vec()));
                }
                reader.consume(used);
            }
            Err(PcapError::Eof) => return found,
            Err(PcapError::Incomplete(_)) => reader.refill().expect("memory"),
            Err(e) => panic!("{e:?}"),
        }
    }
}
