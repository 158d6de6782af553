//! For any bytes, decoding, walking and summing up ends, never panics, and points only at bytes that are there.

#[path = "support/frames.rs"]
mod frames;

use labkit::conversation::Tracker;
use labkit::dissect::{Layer, PROTOCOLS, Proto, ProtoSet, direct};
use labkit::field::{At, Field, Value, Visit};
use labkit::frame::{Frame, LinkType, Timestamp};
use labkit::packet::Packet;
use proptest::prelude::*;
use std::fmt::{self, Write as _};
use std::ops::ControlFlow;

const LINKS: [LinkType; 8] = [
    LinkType::ETHERNET,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::RAW,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
];

/// Beginnings that lead deep into the dissectors; what follows is random.
const BEGINNINGS: [&[u8]; 12] = [
    &[
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1,
        10, 0, 0, 2,
    ],
    &[
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x4f, 0, 0, 90, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0,
        1, 10, 0, 0, 2,
    ],
    &[
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1,
        10, 0, 0, 2,
    ],
    &[
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0, 0, 1, 2, 0, 0, 10, 0, 0, 1,
        224, 0, 0, 22, 0x22,
    ],
    &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0],
    &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0x00, 0, 5, 0x88, 0xa8, 0, 6, 0x08, 0x00, 0x45],
    &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x00, 0x30, 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00],
    &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0x47, 0, 0, 0x11, 0xff],
    &[
        0x60, 0, 0, 0, 0, 60, 0, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0xd,
        0xb8,
    ],
    &[
        0x60, 0, 0, 0, 0, 60, 58, 255, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0xff, 0xfe, 0, 0, 1, 0xff, 2,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 134,
    ],
    &[0x45, 0, 0, 60, 0, 1, 0, 0, 64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0xb0, 0, 0x08, 0],
    &[2, 0, 0, 0, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 3, 3, 0, 0],
];

/// A visitor that checks that every range lies within the frame, and collects every line.
struct Walk {
    len: usize,
    depth: usize,
    text: String,
    values: Vec<(&'static Field, String)>,
}

impl Walk {
    fn check(&self, at: At, what: &str) {
        assert!(at.source == 0 && at.end() <= self.len, "{what}: {at:?} in a frame of {} bytes", self.len);
    }
}

impl Visit for Walk {
    fn field(&mut self, field: &'static Field, at: At, value: Value<'_>) -> ControlFlow<()> {
        self.check(at, field.name);
        self.values.push((field, format!("{value:?}")));
        ControlFlow::Continue(())
    }

    fn line(
        &mut self,
        field: &'static Field,
        at: At,
        value: Value<'_>,
        text: fmt::Arguments<'_>,
    ) -> ControlFlow<()> {
        let _ = write!(self.text, "{text}");
        self.field(field, at, value)
    }

    fn text(&mut self, at: At, text: fmt::Arguments<'_>) -> ControlFlow<()> {
        self.check(at, "a line");
        let _ = write!(self.text, "{text}");
        ControlFlow::Continue(())
    }

    fn open(&mut self) {
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth = self.depth.checked_sub(1).expect("every close has its open");
    }
}

/// Asserts that fields that filters read directly have the values that the walk gives.
fn read_directly(packet: &Packet<'_>, walked: &[(&'static Field, String)]) {
    let ctx = &packet.context;
    let frame = Layer { proto: Proto::Frame, source: 0, quoted: false, start: 0, payload: 0, end: 0 };
    for field in PROTOCOLS.iter().flat_map(|p| p.fields.iter().copied()) {
        let Some((proto, read)) = direct(field) else { continue };
        let mut values = Vec::new();
        let layers = std::iter::once(&frame).chain(ctx.layers.all()).filter(|l| l.proto == proto);
        let known = layers.map(|l| read(ctx, l, &mut |value| values.push(format!("{value:?}"))));
        if known.collect::<Vec<_>>().contains(&false) {
            continue;
        }
        let walked: Vec<_> = walked.iter().filter(|(f, _)| *f == field).map(|(_, value)| value).collect();
        assert_eq!(values.iter().collect::<Vec<_>>(), walked, "{} in {:02x?}", field.name, ctx.frame.bytes);
    }
}

fn look_at(link: LinkType, bytes: &[u8], beyond: u32) {
    let mut tracker = Tracker::new();
    for no in 1..=2 {
        let time = Timestamp::from_parts(1_700_000_000, 0);
        let frame = frames::captured(no, Some(time), link, bytes);
        let frame = Frame { wire_len: bytes.len() as u32 + beyond, ..frame };
        let packet = Packet { context: tracker.track(&frame) };
        let mut walk = Walk { len: bytes.len(), depth: 0, text: String::new(), values: Vec::new() };
        assert!(packet.walk(ProtoSet::ALL, &mut walk).is_continue());
        assert_eq!(walk.depth, 0, "what is opened is closed");
        read_directly(&packet, &walk.values);
        let mut info = Vec::new();
        packet.info(&mut info);
        assert!(String::from_utf8(info).is_ok());
        let _ = (packet.protocol(), packet.addresses());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn random_bytes(link in 0..LINKS.len(), bytes in prop::collection::vec(any::<u8>(), 0..200), beyond in 0u32..80) {
        look_at(LINKS[link], &bytes, beyond);
    }

    #[test]
    fn random_bytes_behind_a_sound_beginning(
        link in 0..LINKS.len(),
        beginning in 0..BEGINNINGS.len(),
        // Small numbers occur more often, because they are the usual lengths and types.
        rest in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..120),
        damage in prop::collection::vec((0usize..60, any::<u8>()), 0..3),
        beyond in prop_oneof![Just(0u32), 0u32..80],
    ) {
        let mut bytes = [BEGINNINGS[beginning], &rest].concat();
        for (at, value) in damage {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        look_at(LINKS[link], &bytes, beyond);
        let matching = match bytes.first() {
            Some(0x45 | 0x60) => LinkType::RAW,
            _ => LinkType::ETHERNET,
        };
        look_at(matching, &bytes, beyond);
    }
}
