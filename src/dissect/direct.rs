//! Fields that can be read without walking over all the others of their protocol: those that filters ask for most.
//!
//! A reader here says nothing new: it gives the values that the protocol's own walk gives, which a test compares.

use super::{Context, Layer, Proto};
use crate::dissect::protocols::{ethernet, frame, ipv4, ipv6, tcp, udp};
use crate::field::{Field, Kind, Value};

/// Gives all values that a layer has for one field. `false` if only a walk can tell.
pub type Direct = fn(&Context<'_>, &Layer, &mut dyn FnMut(Value<'_>)) -> bool;

/// The direct readers of one protocol.
pub(super) type Readers = &'static [(&'static Field, Direct)];

/// The readers that need nothing but the frame.
static OF_FRAME: [(Proto, Readers); 6] = [
    (Proto::Frame, frame::DIRECT),
    (Proto::Ethernet, ethernet::DIRECT),
    (Proto::Ipv4, ipv4::DIRECT),
    (Proto::Ipv6, ipv6::DIRECT),
    (Proto::Tcp, tcp::DIRECT),
    (Proto::Udp, udp::DIRECT),
];

/// The readers that need the conversation.
static OF_CONVERSATION: [(Proto, Readers); 1] = [(Proto::Tcp, tcp::OF_CONVERSATION)];

fn reader(protocols: &[(Proto, Readers)], field: &Field) -> Option<(Proto, Direct)> {
    protocols.iter().find_map(|(proto, readers)| {
        readers.iter().find(|(known, _)| *known == field).map(|(_, read)| (*proto, *read))
    })
}

/// The protocol whose layers have `field`, and how to read it there without a walk.
pub fn direct(field: &'static Field) -> Option<(Proto, Direct)> {
    reader(&OF_FRAME, field).or_else(|| reader(&OF_CONVERSATION, field))
}

/// Whether the values of `field` are known to stand in the frame itself: a packet that is no fragment has them before
/// its conversation is known, and keeps them. For a protocol: whether no conversation adds layers of it.
pub fn stands_in_frame(field: &Field) -> bool {
    match field.kind {
        Kind::Protocol => OF_FRAME.iter().any(|(proto, _)| proto.get().field == *field),
        _ => reader(&OF_FRAME, field).is_some(),
    }
}
