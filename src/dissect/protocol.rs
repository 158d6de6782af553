//! The row of a protocol: everything that the rest of labkit knows about it.
//!
//! A protocol's file holds one row: [`Protocol::new`], and the entries in which the protocol differs from most. The
//! registry (`protocols/mod.rs`) lists the rows, and every table is made of them: which protocol a port, EtherType or
//! media type names, which fields there are, what each column shows.

use super::over_tcp::Application;
use super::{Address, Context, Decoder, Layer, Next, Proto, Span, Visited, Work};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::Line;
use std::borrow::Cow;

/// Passes on all values that a layer has for one field; returns `false` if only a walk can tell them.
///
/// A direct reader gives the same values as the protocol's own walk; a test compares the two.
pub type Direct = fn(&Context<'_>, &Layer, &mut dyn FnMut(Value<'_>)) -> bool;

/// Fields that can be read without a walk over the whole layer, each with its reader.
pub(super) type Readers = &'static [(&'static Field, Direct)];

/// Adds the layers of a protocol whose bytes lie in the span, and says what comes next.
pub(super) type Decode = fn(&mut Decoder<'_, '_>, Span) -> Next;

/// Adds the layers of a message's body in a span of a source; the bytes are the Content-Type of the body.
pub(super) type DecodeBody = fn(&mut Work<'_>, u8, Span, &[u8]);

/// Whether a datagram between unknown ports is of a protocol: the payload, and the two ports.
pub(super) type Recognise = fn(&[u8], u16, u16) -> bool;

/// The name of a source that a layer has put together or unpacked, given the first layer in that source.
pub(super) type SourceName = fn(&Context<'_>, &Layer, Option<&Layer>) -> &'static str;

/// The Content-Type of a layer's payload, with its parameters; `None` if there is none.
pub(super) type ContentType = for<'a> fn(&Context<'a>, &Layer) -> Option<&'a [u8]>;

/// The Content-Type of a layer that is one part of a body; the bytes are the Content-Type of the whole body.
pub(super) type PartType = fn(&Context<'_>, &Layer, &[u8]) -> Option<Line>;

/// How a row of the list is written in two steps. The first step does not need the conversation, so other threads can
/// do it.
#[derive(Clone, Copy)]
pub(crate) struct Early {
    /// The first step: appends parts of the Info column for a layer that will probably speak for its packet, and
    /// returns the lengths of two of them, in bytes.
    pub(crate) write: fn(&Context<'_>, &Layer, &mut Line) -> [u8; 2],
    /// The second step: writes the Info column from those parts, once the layer is known to speak for its packet.
    pub(crate) finish: fn(&Context<'_>, &Layer, Parts<'_>, &mut Line),
}

/// What the first step wrote.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The parts, one after the other.
    pub text: &'a [u8],
    /// The length of each part, in bytes.
    pub lengths: [u8; 2],
}

/// The row of one protocol.
pub struct Protocol {
    /// The protocol as a field: its name in display filters, and its long name.
    pub field: Field,
    /// Its name in the Protocol column.
    pub column: &'static str,
    /// Its fields.
    pub fields: &'static [&'static Field],
    /// Visits the protocol's own line and its fields, in the order in which the details pane shows them.
    pub visit: fn(&Context<'_>, &Layer, &mut dyn Visit) -> Visited,
    /// The addresses that a layer of this protocol puts into the columns Source and Destination.
    pub addresses: fn(&Context<'_>, &Layer) -> (Address, Address),
    /// Writes the Info column.
    pub summary: fn(&Context<'_>, &Layer, &mut Line),
    /// Writes the Info column in two steps, for protocols so frequent that this pays.
    pub(crate) early: Option<Early>,
    /// The text of the Protocol column, for protocols where it varies; otherwise it is [`Protocol::column`].
    pub(super) column_of: Option<fn(&Context<'_>, &Layer) -> Cow<'static, str>>,
    /// Whether a layer has nothing to show in the list, so that the layer around it speaks for the packet, which is to
    /// say fills its columns Protocol and Info.
    pub(crate) silent: fn(&Context<'_>, &Layer) -> bool,
    /// Writes the Info column of a packet in which this protocol carries others; the layer given is the one that
    /// speaks for the packet.
    pub(crate) carry: Option<fn(&Context<'_>, &Layer, &mut Line)>,
    /// Whether the Info column is a list with commas; a layer without bytes is an entry that goes on in a later
    /// segment.
    pub(super) records: bool,
    /// How many levels deeper than the layers around it the details show a layer.
    pub(super) depth: fn(&Context<'_>, &Layer) -> usize,
    /// Whether the details show what the protocol carries one level under it.
    pub(super) nests: bool,
    /// Whether the details show what the protocol carries beside an ICMP error that quotes it, instead of under it.
    pub(super) unnests: bool,
    /// Whether a trailer may follow the payload: bytes that no length field counts.
    pub(crate) has_trailer: bool,
    /// Whether the details of this protocol show the given layer at its own place inside them.
    pub(crate) shows: Option<fn(&Context<'_>, &Layer) -> bool>,
    /// Writes what `frame.protocols` has behind the name of a layer.
    pub(super) path: Option<fn(&Context<'_>, &Layer, &mut Line)>,
    /// Whether `frame.protocols` leaves the protocol out.
    pub(super) unnamed: bool,
    /// The second name of a layer in `frame.protocols`, for layers with two.
    pub(super) second_name: &'static str,
    /// Whether several messages in the same bytes are one dissection, and appear once in `frame.protocols`.
    pub(super) repeats: bool,
    /// Whether messages over TCP state their length, which Wireshark shows with the segment (`tcp.pdu.size`).
    pub(super) says_length: bool,
    /// The name of a source that a layer has put together or unpacked, given the first layer in that source.
    pub(super) source_name: Option<SourceName>,
    /// The protocol's name in remarks on malformed or cut packets, if it is not [`Protocol::column`].
    pub(super) damage: Option<&'static str>,
    /// Direct readers of fields that need nothing but the frame.
    pub(super) in_frame: Readers,
    /// Direct readers of fields that need the conversation.
    pub(super) in_conversation: Readers,
    /// The protocol whose fields this one uses; several protocols may share one set of fields.
    pub(super) language: Option<Proto>,
    /// Adds the layers of the protocol.
    pub(super) decode: Decode,
    /// Link types of captures (LINKTYPE_ values) whose frames begin with the protocol.
    pub(super) link_types: &'static [u16],
    /// EtherTypes that name the protocol.
    pub(super) ether_types: &'static [u16],
    /// IP protocol numbers that name the protocol.
    pub(super) ip_protocols: &'static [u16],
    /// TCP ports that name the protocol.
    pub(super) tcp_ports: &'static [u16],
    /// UDP ports that name the protocol.
    pub(super) udp_ports: &'static [u16],
    /// Whether a datagram between ports that name no protocol is of this one.
    pub(super) recognise: Option<Recognise>,
    /// Whether its datagrams are JSON and are listed under the protocol's own name.
    pub(super) is_json: bool,
    /// How the protocol is read from a TCP stream.
    pub(super) application: Option<Application>,
    /// Media types of bodies that are of this protocol, in small letters. A type that ends with `/` means all types
    /// that begin with it.
    pub(super) media_types: &'static [&'static str],
    /// Adds the layers of the protocol where it is the body of a message.
    pub(super) decode_body: Option<DecodeBody>,
    /// The Content-Type of a layer's payload, with its parameters.
    pub(super) content_type: Option<ContentType>,
    /// The Content-Type of a layer that is one part of a body; the bytes are the Content-Type of the whole body.
    pub(super) part_type: Option<PartType>,
}

impl Protocol {
    /// A protocol with this name in display filters, this text in the Protocol column and this long name. It shows
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
            says_length: false,
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
