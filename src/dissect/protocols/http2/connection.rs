//! What the frames of a connection say about later ones: the tables of header compression, and the bodies under way.

use super::frame::*;
use super::hpack::Decoder;
use crate::direction::Direction;
use crate::dissect::Piece;
use crate::dissect::facts::Http2Facts;
use crate::dissect::over_tcp::Memory;
use crate::dissect::reading::read::Read;
use std::collections::VecDeque;

/// Streams of one connection that are remembered; beyond them the oldest is forgotten.
const MOST_STREAMS: usize = 128;
/// Octets of one body that are kept.
const MOST_KEPT: usize = 1 << 20;
/// The setting that limits the table of the other side's header fields.
const HEADER_TABLE_SIZE: u16 = 1;

/// What is known about one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection {
    /// By the direction of the blocks.
    decoders: [Decoder; 2],
    /// The oldest first.
    streams: VecDeque<(u32, [Message; 2])>,
}

/// The message of one direction of a stream, while it comes.
#[derive(Clone, Debug, Default)]
struct Message {
    content_type: Vec<u8>,
    coding: Vec<u8>,
    body: Vec<u8>,
    pieces: Vec<Piece>,
    /// Not all of it was kept.
    lost: bool,
}

/// A message that has ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) content_type: Vec<u8>,
    pub(super) coding: Vec<u8>,
    /// Its body and the frames that it came in, where there are several.
    pub(super) whole: Option<(Vec<u8>, Vec<Piece>)>,
}

impl Memory for Connection {
    fn held(&self) -> usize {
        let bodies = self.streams.iter().flat_map(|(_, messages)| messages).map(Message::held);
        self.decoders.iter().map(Decoder::held).chain(bodies).sum()
    }

    fn give_up(&mut self) {
        self.decoders.iter_mut().for_each(Decoder::give_up);
        self.streams.clear();
    }
}

impl Message {
    fn held(&self) -> usize {
        self.body.len() + self.pieces.len() * size_of::<Piece>()
    }

    fn keep(&mut self, data: &[u8], no: u64) {
        if self.lost || self.held() + data.len() > MOST_KEPT {
            *self = Message { lost: true, ..Message::default() };
        } else if !data.is_empty() {
            self.pieces.push(Piece::new(no, self.body.len() as u32, data.len() as u32));
            self.body.extend_from_slice(data);
        }
    }
}

impl Connection {
    /// Takes over what the settings of one side mean for the other.
    pub(super) fn settings(&mut self, frame: Frame, bytes: &[u8], direction: Direction) {
        if frame.has(ACK) {
            return;
        }
        for pair in bytes.get(HEADER..).unwrap_or(&[]).chunks_exact(6) {
            if let (Some(HEADER_TABLE_SIZE), Some(size)) = (pair.u16(0), pair.u32(2)) {
                self.decoders[direction.reverse()].allow(size);
            }
        }
    }

    /// Decodes a part of a header block, and notes what it says of the body.
    pub(super) fn headers(&mut self, frame: Frame, bytes: &[u8], direction: Direction) -> Http2Facts {
        let decoder = &mut self.decoders[direction];
        let part = frame.content(bytes).and_then(|(range, _)| bytes.get(range));
        let Some(part) = part else {
            // What a cut block adds to the table is unknown.
            decoder.give_up();
            return Http2Facts::default();
        };
        let headers = decoder.decode(part, frame.has(END_HEADERS));
        let facts = Http2Facts { headers, body: None };
        if frame.kind != PUSH_PROMISE {
            let message = &mut self.stream(frame.stream)[direction];
            for (name, into) in
                [("content-type", &mut message.content_type), ("content-encoding", &mut message.coding)]
            {
                if let Some(value) = facts.value(name) {
                    *into = value.to_vec();
                }
            }
        }
        facts
    }

    /// Takes what a frame has of a body, which may be cut; the message, if it ends and is whole.
    pub(super) fn data(
        &mut self,
        frame: Frame,
        data: Option<&[u8]>,
        direction: Direction,
        no: u64,
    ) -> Option<Ended> {
        let message = &mut self.stream(frame.stream)[direction];
        message.lost |= data.is_none();
        let data = data.unwrap_or(&[]);
        if !frame.has(END_STREAM) {
            message.keep(data, no);
            return None;
        }
        if message.lost || !message.pieces.is_empty() {
            message.keep(data, no);
        }
        let Message { content_type, coding, body, pieces, lost } = std::mem::take(message);
        let whole = (!pieces.is_empty()).then_some((body, pieces));
        (!lost).then_some(Ended { content_type, coding, whole })
    }

    /// What is known of a stream.
    fn stream(&mut self, id: u32) -> &mut [Message; 2] {
        let known = self.streams.iter().rposition(|(known, _)| *known == id);
        let at = known.unwrap_or_else(|| {
            if self.streams.len() >= MOST_STREAMS {
                self.streams.pop_front();
            }
            self.streams.push_back((id, Default::default()));
            self.streams.len() - 1
        });
        &mut self.streams[at].1
    }
}
