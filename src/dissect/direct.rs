//! Fields that can be read without walking over all the others of their protocol: those that filters ask for most.
//!
//! A reader here says nothing new: it gives the values that the protocol's own walk gives, which a test compares.

use super::{Context, Layer, Proto, ethernet, frame, ipv4, ipv6, tcp, udp};
use crate::field::{Field, Value};

/// Gives all values that a layer has for one field. `false` if only a walk can tell.
pub type Direct = fn(&Context<'_>, &Layer, &mut dyn FnMut(Value<'_>)) -> bool;

/// The direct readers of one protocol.
pub(super) type Readers = &'static [(&'static Field, Direct)];

/// The protocol whose layers have `field`, and how to read it there without a walk.
pub fn direct(field: &'static Field) -> Option<(Proto, Direct)> {
    let protocols: [(Proto, Readers); 6] = [
        (Proto::Frame, frame::DIRECT),
        (Proto::Ethernet, ethernet::DIRECT),
        (Proto::Ipv4, ipv4::DIRECT),
        (Proto::Ipv6, ipv6::DIRECT),
        (Proto::Tcp, tcp::DIRECT),
        (Proto::Udp, udp::DIRECT),
    ];
    protocols.into_iter().find_map(|(proto, readers)| {
        readers.iter().find(|(known, _)| *known == field).map(|(_, read)| (proto, *read))
    })
}
