//! Evaluates a compiled filter: at most one walk over the protocols that it names, then the tree, whose conditions
//! read the other fields directly.

use super::compile::{Function, Node, Right, Slot, Source, SourceKind, State, Way};
use super::mask;
use super::tree::{Op, SliceRange};
use super::value::{Item, Items, Seen, cut};
use crate::dissect::{Context, Direct, Layer, Proto, ProtoSet, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::packet::Packet;
use crate::text::Push;
use std::io::Write as _;

/// Prepares the slots for a packet: one walk fills those that need it; the others are filled when a condition needs
/// them.
pub(super) fn fill(slots: &mut [Slot], packet: &Packet<'_>) {
    let mut wanted = ProtoSet::default();
    for slot in slots.iter_mut() {
        slot.state = State::Later;
        if matches!(slot.way, Way::Walk) {
            slot.state = State::Sought;
            slot.values.clear();
            wanted = wanted.and(slot.protos);
        }
    }
    if wanted != ProtoSet::default() {
        walk(slots, wanted, packet);
    }
}

/// Reads the values of all slots in [`State::Sought`].
fn walk(slots: &mut [Slot], wanted: ProtoSet, packet: &Packet<'_>) {
    if slots.iter().all(|s| s.layers.is_none()) {
        // The collector never breaks the walk off.
        let _ = packet.walk(wanted, &mut Collector { slots, nth: 0, from_end: 0 });
        return;
    }
    if let Some(frame) = wanted.frame_layer() {
        let mut collector = Collector { slots: &mut *slots, nth: 1, from_end: -1 };
        let _ = (frame.proto.get().visit)(&packet.context, &frame, &mut collector);
    }
    let all = packet.context.layers.all();
    for (index, layer) in all.iter().enumerate().filter(|(_, l)| wanted.wants(l.proto)) {
        let same = |layers: &[Layer]| layers.iter().filter(|l| l.proto == layer.proto).count() as i64;
        let nth = same(all.get(..=index).unwrap_or(&[]));
        let from_end = -same(all.get(index..).unwrap_or(&[]));
        let mut collector = Collector { slots: &mut *slots, nth, from_end };
        let _ = (layer.proto.get().visit)(&packet.context, layer, &mut collector);
    }
}

impl Slot {
    /// Reads the values of the slot, if they were left for later.
    fn read(&mut self, packet: &Packet<'_>) {
        if self.state != State::Later {
            return;
        }
        self.state = State::Read;
        self.values.clear();
        let Slot { way, values, protos, layers: wanted, .. } = self;
        let whole = match way {
            Way::Layers { frame } => {
                layers(*protos, wanted.as_deref(), *frame, &packet.context, values);
                true
            }
            Way::Direct(readers) => directly(readers, &packet.context, values),
            Way::Walk => false,
            Way::Column(column) => {
                column.read(packet, values);
                true
            }
        };
        if !whole {
            self.values.clear();
            self.state = State::Sought;
            let protos = self.protos;
            walk(std::slice::from_mut(self), protos, packet);
        }
    }
}

/// Reads values without a walk; `false` if a layer does not allow it.
fn directly(readers: &[(Proto, Direct)], ctx: &Context<'_>, values: &mut Items) -> bool {
    readers.iter().all(|(proto, read)| {
        let frame = Layer { proto: Proto::Frame, source: 0, quoted: false, start: 0, payload: 0, end: 0 };
        let all = if *proto == Proto::Frame { std::slice::from_ref(&frame) } else { ctx.layers.all() };
        all.iter()
            .filter(|l| l.proto == *proto)
            .all(|layer| read(ctx, layer, &mut |value| values.push(value)))
    })
}

/// Reads the values of a protocol, which are its layers: all of them, or only the layer number `wanted`.
fn layers(
    protos: ProtoSet,
    wanted: Option<&[SliceRange]>,
    frame: bool,
    ctx: &Context<'_>,
    values: &mut Items,
) {
    let all = ctx.layers.all();
    let has = |layer: &&Layer| protos.has(layer.proto);
    // Only a filter that names one layer by its number needs to know how many there are.
    let count = wanted.map_or(0, |_| all.iter().filter(has).count() as i64);
    for (nth, layer) in (1..).zip(all.iter().filter(has)) {
        if wanted.is_none_or(|wanted| wanted.iter().any(|range| range.has(nth, nth - count - 1))) {
            let at = layer.header_at();
            values.items.push(Item::Layer { source: at.source, start: at.start, header: at.len });
        }
    }
    if frame {
        let header = ctx.frame.bytes.len() as u32;
        values.items.push(Item::Layer { source: 0, start: 0, header });
    }
}

struct Collector<'s> {
    slots: &'s mut [Slot],
    /// The number of the current layer among those of its protocol: from 1, and from the end from -1.
    nth: i64,
    from_end: i64,
}

impl Visit for Collector<'_> {
    fn field(&mut self, field: &'static Field, _: At, value: Value<'_>) -> Visited {
        for slot in self.slots.iter_mut() {
            if slot.state == State::Sought
                && slot.fields.contains(&field)
                && slot.layers.as_ref().is_none_or(|all| all.iter().any(|l| l.has(self.nth, self.from_end)))
                && field.kind != Kind::Protocol
            {
                slot.values.push(value);
            }
        }
        Visited::Continue(())
    }
}

/// Whether the condition holds for a packet; `slots` were filled from it.
pub(super) fn holds(node: &mut Node, slots: &mut [Slot], packet: &Packet<'_>) -> bool {
    let ctx = &packet.context;
    match node {
        Node::Or(a, b) => holds(a, slots, packet) || holds(b, slots, packet),
        Node::Xor(a, b) => holds(a, slots, packet) != holds(b, slots, packet),
        Node::And(a, b) => holds(a, slots, packet) && holds(b, slots, packet),
        Node::Not(inner) => !holds(inner, slots, packet),
        Node::Protocol(slot) => {
            let protos = slots.get(*slot).map_or(ProtoSet::default(), |slot| slot.protos);
            let stopped = ctx.layers.stop.is_some_and(|stop| protos.has_stop(stop));
            stopped || protos.has(Proto::Frame) || ctx.layers.all().iter().any(|l| protos.has(l.proto))
        }
        Node::Exists(source) => {
            source.read(slots, packet);
            !source.values(slots, ctx).items.is_empty()
        }
        Node::NonZero(source) => {
            source.read(slots, packet);
            let values = source.values(slots, ctx);
            values.items.iter().any(|item| !values.get(item, ctx).is_zero())
        }
        Node::Compare { left, op, all, right } => {
            left.read(slots, packet);
            if let Right::Source(source) = right {
                source.read(slots, packet);
            }
            let values = left.values(slots, ctx);
            match right {
                Right::Literal(literal) => {
                    ask(values, *all, |item| literal.holds(values.get(item, ctx), *op))
                }
                Right::Source(source) => between(values, *op, *all, source.values(slots, ctx), ctx),
            }
        }
        Node::In { left, all, set } => {
            left.read(slots, packet);
            let values = left.values(slots, ctx);
            ask(values, *all, |item| {
                let value = values.get(item, ctx);
                set.iter().any(|(from, to)| match to {
                    None => from.holds(value, Op::AnyEq),
                    Some(to) => from.holds(value, Op::Ge) && to.holds(value, Op::Le),
                })
            })
        }
    }
}

/// Whether any value passes the test, or all do; `false` without a value.
#[inline]
fn ask(values: &Items, all: bool, test: impl Fn(&Item) -> bool) -> bool {
    if all {
        !values.items.is_empty() && values.items.iter().all(test)
    } else {
        values.items.iter().any(test)
    }
}

fn between(left: &Items, op: Op, all: bool, right: &Items, ctx: &Context<'_>) -> bool {
    if right.items.is_empty() {
        return false;
    }
    ask(left, all, |a| {
        let a = left.get(a, ctx);
        let mut pairs = right.items.iter().map(|b| a.compare(op, right.get(b, ctx)));
        if all { pairs.all(|holds| holds) } else { pairs.any(|holds| holds) }
    })
}

impl Source {
    /// Reads the slots that it uses, if they were left for later.
    fn read(&self, slots: &mut [Slot], packet: &Packet<'_>) {
        match &self.kind {
            SourceKind::Slot(index) => slots.get_mut(*index).into_iter().for_each(|slot| slot.read(packet)),
            SourceKind::Fixed(_) => {}
            SourceKind::Slice(of, _) | SourceKind::Negative(of) => of.read(slots, packet),
            SourceKind::Arithmetic(a, _, b) => {
                a.read(slots, packet);
                b.read(slots, packet);
            }
            SourceKind::Call(_, args) => args.iter().for_each(|arg| arg.read(slots, packet)),
        }
    }

    /// The values for the current packet.
    fn values<'v>(&'v mut self, slots: &'v [Slot], ctx: &Context<'_>) -> &'v Items {
        let out = &mut self.values;
        match &mut self.kind {
            SourceKind::Slot(index) => {
                // The compiler made both the slot and its index, so the slot exists.
                return slots.get(*index).map_or(out, |slot| &slot.values);
            }
            SourceKind::Fixed(literal) => {
                out.clear();
                literal.seen().into_iter().for_each(|seen| out.add(seen));
            }
            SourceKind::Slice(of, ranges) => {
                let of = of.values(slots, ctx);
                out.clear();
                for item in &of.items {
                    slice(of, item, ranges, ctx, out);
                }
            }
            SourceKind::Negative(of) => {
                let of = of.values(slots, ctx);
                out.clear();
                let numbers = of.items.iter().filter_map(|item| of.get(item, ctx).number());
                out.items.extend(numbers.map(|n| Item::Number(n.saturating_neg())));
            }
            SourceKind::Arithmetic(a, op, b) => {
                out.clear();
                let a = a.values(slots, ctx);
                let b = b.values(slots, ctx);
                for x in a.items.iter().map(|x| a.get(x, ctx)) {
                    for y in b.items.iter().map(|y| b.get(y, ctx)) {
                        match (*op, x.number(), y.number()) {
                            ('&', ..) if mask::apply(x, y, out) => {}
                            (_, Some(x), Some(y)) => {
                                out.items.extend(calculate(x, *op, y).map(Item::Number));
                            }
                            _ => {}
                        }
                    }
                }
            }
            SourceKind::Call(function, args) => {
                out.clear();
                call(*function, args, slots, ctx, out);
            }
        }
        out
    }
}

fn slice(of: &Items, item: &Item, ranges: &[super::tree::SliceRange], ctx: &Context<'_>, out: &mut Items) {
    let start = out.arena.len();
    let value = of.get(item, ctx);
    let whole = match (item, value) {
        // A slice of a protocol ends with the protocol's header.
        (Item::Layer { header, .. }, Seen::Bytes(bytes)) => {
            let end = bytes.len().min(*header as usize);
            cut(bytes.get(..end).unwrap_or(&[]), ranges, &mut out.arena)
        }
        (_, Seen::Bytes(bytes)) => cut(bytes, ranges, &mut out.arena),
        (_, Seen::Ipv4(ip, _)) => cut(&ip.to_be_bytes(), ranges, &mut out.arena),
        (_, Seen::Ipv6(ip, _)) => cut(&ip.to_be_bytes(), ranges, &mut out.arena),
        _ => false,
    };
    if whole {
        out.items.push(Item::Stored { start, end: out.arena.len() });
    } else {
        out.arena.truncate(start);
    }
}

fn calculate(x: i128, op: char, y: i128) -> Option<i128> {
    match op {
        '&' => Some(x & y),
        '+' => x.checked_add(y),
        '-' => x.checked_sub(y),
        '*' => x.checked_mul(y),
        '/' => x.checked_div(y),
        _ => x.checked_rem(y),
    }
}

fn call(function: Function, args: &mut [Source], slots: &[Slot], ctx: &Context<'_>, out: &mut Items) {
    for arg in args {
        let values = arg.values(slots, ctx);
        if function == Function::Count {
            if !values.items.is_empty() {
                out.items.push(Item::Number(values.items.len() as i128));
            }
            continue;
        }
        for item in &values.items {
            one(function, item, values.get(item, ctx), out);
        }
    }
    let numbers = out.items.iter().filter_map(|item| match item {
        Item::Number(n) => Some(*n),
        _ => None,
    });
    let chosen = match function {
        Function::Max => numbers.max(),
        Function::Min => numbers.min(),
        _ => return,
    };
    out.items.clear();
    out.items.extend(chosen.map(Item::Number));
}

fn one(function: Function, item: &Item, value: Seen<'_>, out: &mut Items) {
    let start = out.arena.len();
    match (function, value) {
        (Function::Len, Seen::Bytes(bytes)) => {
            let len = if let Item::Layer { header, .. } = item { *header as usize } else { bytes.len() };
            out.items.push(Item::Number(len as i128));
            return;
        }
        (Function::Width(octets), _) => {
            out.items.push(Item::Number(octets.into()));
            return;
        }
        (Function::Max | Function::Min, value) => {
            out.items.extend(value.number().map(Item::Number));
            return;
        }
        (Function::Abs, value) => {
            out.items.extend(value.number().map(|n| Item::Number(n.saturating_abs())));
            return;
        }
        (Function::Upper, Seen::Bytes(bytes)) => out.arena.extend(bytes.iter().map(u8::to_ascii_uppercase)),
        (Function::Lower, Seen::Bytes(bytes)) => out.arena.extend(bytes.iter().map(u8::to_ascii_lowercase)),
        // Writing to a vector cannot fail.
        (_, Seen::Number(n)) => drop(write!(out.arena, "{n}")),
        (_, Seen::Ipv4(ip, _)) => out.arena.ipv4(ip.into()),
        (_, Seen::Ipv6(ip, _)) => out.arena.ipv6(ip.into()),
        (_, Seen::Bytes(bytes)) => out.arena.extend_from_slice(bytes),
        (_, Seen::Double(_)) => return,
    }
    out.items.push(Item::Stored { start, end: out.arena.len() });
}
