//! What the connection knows about one frame of HTTP/2.

use super::Reassembled;
use crate::dissect::{Context, Layer, Proto};

/// What the connection adds to one frame of HTTP/2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http2Facts {
    /// What the frame's part of a header block says, in its order.
    pub headers: Vec<HeaderItem>,
    /// For the last frame with data of a message: what is known of its body.
    pub body: Option<Http2Body>,
}

/// A body that ends with a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http2Body {
    /// Its Content-Type.
    pub content_type: Vec<u8>,
    /// How it was packed (Content-Encoding); empty if it was not, or if it could not be unpacked.
    pub coding: Vec<u8>,
    /// The source that holds it unpacked, and how many bytes it has there.
    pub unpacked: Option<(u8, u32)>,
    /// The frames that it was put together from, if there are several.
    pub whole: Option<Reassembled>,
}

/// One thing that a header block says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderItem {
    /// Where it stands in the frame's part of the block, and how many bytes it takes there.
    pub place: (u32, u32),
    /// What it says.
    pub says: HeaderSays,
}

/// What an item of a header block says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderSays {
    /// A header field.
    Field(HeaderField),
    /// How many octets the table of the sender's fields may have from now on.
    TableSize(u32),
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderField {
    /// Its name.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
    /// How it was written.
    pub wording: Wording,
    /// Its place in the tables, or that of its name; 0 where both were spelled out.
    pub index: u32,
}

/// How a header field was written (RFC 7541, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// By its place in the tables.
    Indexed,
    /// Spelled out, and in the table from now on.
    AddedToTable,
    /// Spelled out.
    Plain,
    /// Spelled out, and not to be put into a table by anybody.
    NeverIndexed,
}

impl HeaderItem {
    /// A header field.
    pub(crate) fn field(field: HeaderField) -> HeaderItem {
        HeaderItem { place: (0, 0), says: HeaderSays::Field(field) }
    }

    /// A new size of the table.
    pub(crate) fn table_size(size: u32) -> HeaderItem {
        HeaderItem { place: (0, 0), says: HeaderSays::TableSize(size) }
    }

    /// How many octets name and value have together.
    pub(crate) fn octets(&self) -> usize {
        match &self.says {
            HeaderSays::Field(field) => field.name.len() + field.value.len(),
            HeaderSays::TableSize(_) => 0,
        }
    }
}

impl Http2Facts {
    /// Whether a body ends with the frame that came packed.
    pub fn is_packed(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.unpacked.is_some())
    }

    /// The header fields.
    pub fn fields(&self) -> impl Iterator<Item = &HeaderField> {
        self.headers.iter().filter_map(|item| match &item.says {
            HeaderSays::Field(field) => Some(field),
            HeaderSays::TableSize(_) => None,
        })
    }

    /// The value of the first header field of this name.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|field| field.name == name.as_bytes()).map(|field| field.value.as_slice())
    }
}

impl<'a> Context<'a> {
    /// What the connection says of the frame of HTTP/2 that a layer is.
    pub(crate) fn http2(&self, layer: &Layer) -> Option<&'a Http2Facts> {
        let before = self.layers.before(layer).iter().filter(|l| l.proto == Proto::Http2).count();
        self.facts.app?.http2.get(before)
    }
}
