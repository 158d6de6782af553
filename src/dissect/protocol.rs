//! The row of a protocol: everything that the rest of labkit knows about it.
//!
//! A protocol's file holds one row, written with [`Protocol::new`] and the methods for what is not as in most
//! protocols. The registry (`protocols/mod.rs`) lists the rows, and every table is made of them: which port, EtherType
//! or media type leads where, which fields there are, what stands in which column.

use super::over_tcp::Application;
use super::{Address, Context, Decoder, Layer, Next, Proto, Span, Visited, Work};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::Line;
use std::borrow::Cow;

/// Gives all values that a layer has for one field. `false` if only a walk can tell.
///
/// A direct reader says nothing new: it gives the values that the protocol's own walk gives, which a test compares.
pub type Direct = fn(&Context<'_>, &Layer, &mut dyn FnMut(Value<'_>)) -> bool;

/// Fields that can be read without a walk over the whole layer, each with its reader.
pub(super) type Readers = &'static [(&'static Field, Direct)];

/// Adds the layers of a protocol whose bytes lie in the span, and says what comes next.
pub(super) type Decode = fn(&mut Decoder<'_, '_>, Span) -> Next;

/// Adds the layers of a message's body in a span of a source; the bytes at the end are its Content-Type.
pub(super) type DecodeBody = fn(&mut Work<'_>, u8, Span, &[u8]);

/// Whether bytes on unknown ports are a datagram of a protocol: the payload, and the two ports.
pub(super) type Recognise = fn(&[u8], u16, u16) -> bool;

/// The name of bytes that the first layer has put together or unpacked, given the first layer in them.
pub(super) type SourceName = fn(&Context<'_>, &Layer, Option<&Layer>) -> &'static str;

/// The Content-Type, with its parameters, of what a layer carries.
pub(super) type ContentType = for<'a> fn(&Context<'a>, &Layer) -> Option<&'a [u8]>;

/// The Content-Type of a layer that is a part of a body; the bytes are the whole body's Content-Type.
pub(super) type PartType = fn(&Context<'_>, &Layer, &[u8]) -> Option<Line>;

/// How a row of the list is written in two steps: what does not depend on the conversation first.
#[derive(Clone, Copy)]
pub(crate) struct Early {
    /// Appends parts of the Info column of a layer that will probably speak for its packet, and says how long two of
    /// them are, in bytes.
    pub(crate) write: fn(&Context<'_>, &Layer, &mut Line) -> [u8; 2],
    /// Writes the Info column of a packet for which the layer speaks, with those parts.
    pub(crate) finish: fn(&Context<'_>, &Layer, Parts<'_>, &mut Line),
}

/// What the first step has written.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The parts, one after the other.
    pub text: &'a [u8],
    /// How long each is, in bytes.
    pub lengths: [u8; 2],
}

/// What a protocol file provides.
pub struct Protocol {
    /// The protocol as a field: its name in the display filter and its long name.
    pub field: Field,
    /// Its name in the Protocol column.
    pub column: &'static str,
    /// Its fields.
    pub fields: &'static [&'static Field],
    /// Visits the protocol's own line and its fields, in the order of the details pane.
    pub visit: fn(&Context<'_>, &Layer, &mut dyn Visit) -> Visited,
    /// The addresses that a layer of this protocol puts into the columns Source and Destination.
    pub addresses: fn(&Context<'_>, &Layer) -> (Address, Address),
    /// Writes what stands in the Info column.
    pub summary: fn(&Context<'_>, &Layer, &mut Line),
    /// Writes the Info column in two steps, where that is worth it.
    pub(crate) early: Option<Early>,
    /// What stands in the Protocol column, where that is not always [`Protocol::column`].
    pub(super) column_of: Option<fn(&Context<'_>, &Layer) -> Cow<'static, str>>,
    /// Whether a layer has nothing to say in the list: then the layer around it speaks for the packet.
    pub(crate) silent: fn(&Context<'_>, &Layer) -> bool,
    /// Writes the Info column of a packet that this protocol carries; the second layer is the one that speaks for it.
    pub(crate) carry: Option<fn(&Context<'_>, &Layer, &mut Line)>,
    /// The Info column is a list whose parts are separated by commas; a layer without bytes is a part that goes on in
    /// a later segment.
    pub(super) records: bool,
    /// How many levels deeper than the layers around it a layer stands in the details.
    pub(super) depth: fn(&Context<'_>, &Layer) -> usize,
    /// What the protocol carries stands one level under it in the details.
    pub(super) nests: bool,
    /// Quoted in an error, what the protocol carries stands beside the error.
    pub(super) unnests: bool,
    /// A trailer may follow the payload: bytes beyond it that no length field counts.
    pub(crate) has_trailer: bool,
    /// Whether the layer lies in one of this protocol that shows it in its own place.
    pub(crate) shows: Option<fn(&Context<'_>, &Layer) -> bool>,
    /// What `frame.protocols` says behind the name of a layer.
    pub(super) path: Option<fn(&Context<'_>, &Layer, &mut Line)>,
    /// `frame.protocols` does not name it.
    pub(super) unnamed: bool,
    /// The second name that `frame.protocols` gives to a layer that has two.
    pub(super) second_name: &'static str,
    /// Messages one after the other in the same bytes are one dissection, and named once in `frame.protocols`.
    pub(super) repeats: bool,
    /// What bytes that a layer has put together or unpacked are called, given the first layer in them.
    pub(super) source_name: Option<SourceName>,
    /// Its name where a packet is malformed or cut, if that is not [`Protocol::column`].
    pub(super) damage: Option<&'static str>,
    /// Readers that need nothing but the frame.
    pub(super) in_frame: Readers,
    /// Readers that need the conversation.
    pub(super) in_conversation: Readers,
    /// The protocol whose fields this one has, where several protocols speak one language.
    pub(super) language: Option<Proto>,
    /// Adds its layers.
    pub(super) decode: Decode,
    /// Link types of captures (LINKTYPE_ values) whose frames begin with it.
    pub(super) link_types: &'static [u16],
    /// EtherTypes that name it.
    pub(super) ether_types: &'static [u16],
    /// IP protocol numbers that name it.
    pub(super) ip_protocols: &'static [u16],
    /// TCP ports that name it.
    pub(super) tcp_ports: &'static [u16],
    /// UDP ports that name it.
    pub(super) udp_ports: &'static [u16],
    /// Whether a datagram between ports that name nothing is one of this protocol.
    pub(super) recognise: Option<Recognise>,
    /// Its datagrams are JSON, and say so in their own name.
    pub(super) is_json: bool,
    /// How it is read from a TCP stream.
    pub(super) application: Option<Application>,
    /// Media types whose bodies it is, in small letters; one that ends with `/` stands for all that begin so.
    pub(super) media_types: &'static [&'static str],
    /// Adds its layers as the body of a message.
    pub(super) decode_body: Option<DecodeBody>,
    /// The Content-Type, with its parameters, of what a layer carries.
    pub(super) content_type: Option<ContentType>,
    /// The Content-Type of a layer that is a part of a body; the bytes are the whole body's Content-Type.
    pub(super) part_type: Option<PartType>,
}

impl Protocol {
    /// A protocol known by its name in the display filter, its name in the Protocol column and its long name: it says
    /// nothing in the Info column, has no fields, and its layer takes all bytes.
    pub(super) const fn new(name: &'static str, column: &'static str, label: &'static str) -> Protocol {
        Protocol {
            field: Field::new(name, label, Kind::Protocol),
            column,
            fields: &[],
            visit: visit_name,
            addresses: |_, _| (Address::None, Address::None),
            summary: |_, _, _| {},
            early: None,
            column_of: None,
            silent: |_, _| false,
            carry: None,
            records: false,
            depth: |_, _| 0,
            nests: false,
            unnests: false,
            has_trailer: false,
            shows: None,
            path: None,
            unnamed: false,
            second_name: "ethertype",
            repeats: false,
            source_name: None,
            damage: None,
            in_frame: &[],
            in_conversation: &[],
            language: None,
            decode: |_, span| Next::Data(span),
            link_types: &[],
            ether_types: &[],
            ip_protocols: &[],
            tcp_ports: &[],
            udp_ports: &[],
            recognise: None,
            is_json: false,
            application: None,
            media_types: &[],
            decode_body: None,
            content_type: None,
            part_type: None,
        }
    }
}

/// Visits the protocol's line, with all its bytes.
pub(super) fn visit_name(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    v.field(&layer.proto.get().field, layer.header_at(), Value::Bytes(bytes))
}
