//! The early verdict of a filter: what the frame and its layers alone decide, before the conversation of the packet
//! is known.

use super::compile::{Node, Right, Slot, Source, SourceKind, State};
use super::eval::holds;
use crate::dissect::stands_in_frame;
use crate::packet::Packet;

/// The field whose values are the same in all segments of a TCP conversation.
const PORTS: &str = "tcp.port";

/// The parts of a filter that need only the frame. Their verdict holds for every packet except fragments, because a
/// fragment may complete a datagram.
#[derive(Clone, Debug)]
pub struct Judge {
    slots: Vec<Slot>,
    /// The condition that every packet that passes fulfils.
    must: Node,
    /// Whether that condition is the whole filter.
    whole: bool,
    /// The condition that every TCP conversation with such a packet fulfils.
    ports: Option<Node>,
}

/// What is known early about the verdict on a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The packet passes.
    Passes,
    /// The packet does not pass.
    Fails,
    /// The packet does not pass and, if it is a TCP segment, no other segment of its conversation does.
    Foreign,
    /// The conversation of the packet decides.
    Open,
}

impl Judge {
    /// Those parts of a filter that need only the frame; `None` if there are none.
    pub(super) fn of(slots: &[Slot], root: &Node) -> Option<Judge> {
        let in_frame = |slot: usize| {
            let slot = slots.get(slot);
            slot.is_some_and(|slot| slot.fields.iter().all(|field| stands_in_frame(field)))
        };
        let of_ports = |slot: usize| {
            let slot = slots.get(slot);
            slot.is_some_and(|slot| slot.layers.is_none() && slot.fields.iter().all(|f| f.name == PORTS))
        };
        // If the filter reads the number of a conversation, all conversations have to be counted.
        let counts = slots.iter().flat_map(|slot| &slot.fields).any(|field| field.name.ends_with(".stream"));
        Some(Judge {
            slots: slots.to_vec(),
            must: root.part(&in_frame)?,
            whole: root.reads_only(&in_frame),
            ports: root.part(&of_ports).filter(|_| !counts),
        })
    }

    /// Gives up the verdict [`Verdict::Foreign`], so that all conversations are counted.
    pub fn count_conversations(&mut self) {
        self.ports = None;
    }

    /// The verdict on a packet, as far as its frame and its layers decide it.
    pub fn judge(&mut self, packet: &Packet<'_>) -> Verdict {
        for slot in &mut self.slots {
            slot.state = State::Later;
        }
        let slots = &mut self.slots;
        // This comes first, because it decides about whole conversations.
        if self.ports.as_mut().is_some_and(|ports| !holds(ports, slots, packet)) {
            return Verdict::Foreign;
        }
        match (holds(&mut self.must, slots, packet), self.whole) {
            (false, _) => Verdict::Fails,
            (true, true) => Verdict::Passes,
            (true, false) => Verdict::Open,
        }
    }
}

impl Node {
    /// A condition that holds whenever this one holds, and reads only slots for which `slot` is true; `None` if there
    /// is none.
    fn part(&self, slot: &dyn Fn(usize) -> bool) -> Option<Node> {
        if self.reads_only(slot) {
            return Some(self.clone());
        }
        match self {
            Node::And(a, b) => match (a.part(slot), b.part(slot)) {
                (Some(a), Some(b)) => Some(Node::And(a.into(), b.into())),
                (a, b) => a.or(b),
            },
            Node::Or(a, b) => Some(Node::Or(a.part(slot)?.into(), b.part(slot)?.into())),
            _ => None,
        }
    }

    /// Whether it reads only slots for which `slot` is true.
    fn reads_only(&self, slot: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Node::Or(a, b) | Node::Xor(a, b) | Node::And(a, b) => a.reads_only(slot) && b.reads_only(slot),
            Node::Not(inner) => inner.reads_only(slot),
            Node::Protocol(index) => slot(*index),
            Node::Exists(source) | Node::NonZero(source) | Node::In { left: source, .. } => {
                source.reads_only(slot)
            }
            Node::Compare { left, right: Right::Literal(_), .. } => left.reads_only(slot),
            Node::Compare { left, right: Right::Source(right), .. } => {
                left.reads_only(slot) && right.reads_only(slot)
            }
        }
    }
}

impl Source {
    fn reads_only(&self, slot: &dyn Fn(usize) -> bool) -> bool {
        match &self.kind {
            SourceKind::Slot(index) => slot(*index),
            SourceKind::Fixed(_) => true,
            SourceKind::Slice(of, _) | SourceKind::Negative(of) => of.reads_only(slot),
            SourceKind::Arithmetic(a, _, b) => a.reads_only(slot) && b.reads_only(slot),
            SourceKind::Call(_, args) => args.iter().all(|arg| arg.reads_only(slot)),
        }
    }
}
