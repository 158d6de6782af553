//! The reader and the writer against captures built by hand, against each other, and against `pcap-parser`.

mod build;
mod classic;
mod damaged;
mod properties;
#[cfg(all(target_os = "linux", feature = "capture"))]
mod rights;
mod sections;
mod written;

use super::reader::Reader;
use super::{CaptureError, Source};
use crate::frame::Timestamp;

/// A frame, copied out of the buffer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    time: Option<Timestamp>,
    precision: u8,
    link: u16,
    wire_len: u32,
    interface: u32,
    bytes: Vec<u8>,
    comments: Vec<String>,
    position: u64,
}

impl Seen {
    fn nanos(&self) -> Option<i64> {
        self.time.map(Timestamp::nanos)
    }
}

/// A reader over bytes in memory.
type Memory<'a> = Reader<&'a [u8]>;

fn open(bytes: &[u8]) -> Memory<'_> {
    Reader::new(bytes, "test.pcapng").expect("a capture file")
}

/// All frames up to the end or the damage, and the error if there was one.
fn drain<S: Source>(source: &mut S) -> (Vec<Seen>, Option<CaptureError>) {
    let mut seen = Vec::new();
    loop {
        match source.advance() {
            Ok(true) => {}
            Ok(false) => return (seen, None),
            Err(e) => {
                assert!(matches!(source.advance(), Ok(false)), "nothing comes after an error");
                return (seen, Some(e));
            }
        }
        let comments = source.comments().map(|c| c.into_owned()).collect();
        let frame = source.frame().expect("there is one after `true`");
        assert_eq!(frame.no.0, seen.len() as u64 + 1);
        seen.push(Seen {
            time: frame.time,
            precision: frame.precision,
            link: frame.link.0,
            wire_len: frame.wire_len,
            interface: frame.interface,
            bytes: frame.bytes.to_vec(),
            comments,
            position: source.position(),
        });
    }
}

/// All frames of a capture without damage.
fn frames(bytes: &[u8]) -> Vec<Seen> {
    let (seen, error) = drain(&mut open(bytes));
    assert!(error.is_none(), "{error:?}");
    seen
}
