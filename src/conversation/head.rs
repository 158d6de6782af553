//! The TCP segment of a packet, before its conversation has taken it.

use super::key::{self, Key};
use super::tcp::{Options, Segment};
use crate::direction::Direction;
use crate::dissect::over_tcp::App;
use crate::dissect::protocols::tcp::{Flags, Header};
use crate::dissect::{Context, Layer, Proto};
use crate::frame::FrameNo;

/// The TCP segment of a packet, and all that can be known of it without its conversation.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub(super) layer: Layer,
    pub(super) header: Header,
    pub(super) options: Options,
    pub(super) key: Key,
    pub(super) direction: Direction,
    /// The application that its ports name, or that its payload looks like.
    pub(super) app: Option<App>,
    /// Whether the snapshot length has cut its options.
    pub(super) cut: bool,
}

impl Head {
    /// The segment of a packet; `None` if it carries none.
    #[inline(always)]
    pub fn of(context: &Context<'_>) -> Option<Head> {
        Head::at(context, context.layers.find(Proto::Tcp)?)
    }

    /// The segment in a layer, which an ICMP error may quote; `None` if its header is cut or damaged, or no IP header
    /// is around it.
    #[inline(always)]
    pub(super) fn at(context: &Context<'_>, layer: &Layer) -> Option<Head> {
        let layer = *layer;
        let bytes = context.layer_bytes(&layer);
        let header = Header::read(bytes)?;
        if header.len < 20 {
            return None;
        }
        let (key, direction) = key::key(context, &layer, header.srcport, header.dstport)?;
        let app = if layer.payload < layer.end {
            App::choose((header.srcport, header.dstport), context.payload(&layer))
        } else {
            None
        };
        let (options, cut) = (Options::read(bytes, &header), bytes.len() < usize::from(header.len));
        Some(Head { layer, header, options, key, direction, app, cut })
    }

    /// Whether the segment will probably speak for its packet: it has no payload, or no application is known for its
    /// ports or its payload.
    pub fn speaks(&self) -> bool {
        self.app.is_none() || self.layer.payload >= self.layer.end
    }

    /// Whether it can matter to an application: it has a payload, or ends the stream of its side.
    pub(super) fn carries(&self) -> bool {
        self.layer.payload < self.layer.end || self.header.flags.has(Flags::FIN)
    }

    pub(super) fn segment(&self, no: FrameNo, time: i64) -> Segment {
        let len = self.layer.payload_len();
        Segment { frame: no.0, time, header: self.header, len, options: self.options }
    }
}
