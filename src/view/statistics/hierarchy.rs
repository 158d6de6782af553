//! The protocols in the capture, each under the protocol that carries it.

use super::{Sum, grid};
use crate::frame::FrameNo;
use crate::packet::Packet;
use crate::pump::{Needs, Sink};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// A protocol under the protocols that carry it.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Its packets, and their bytes.
    pub sum: Sum,
    /// The first packet; `None` if there is none.
    pub first: Option<FrameNo>,
    /// The protocols that it carries, by name.
    below: BTreeMap<&'static str, Node>,
}

impl Node {
    /// Counts a packet in the tree whose root is this node.
    pub fn add(&mut self, packet: &Packet<'_>) {
        let frame = packet.context.frame;
        let mut node = self;
        node.count(frame.no, frame.wire_len);
        let mut before = "";
        for layer in packet.context.layers.all().iter().filter(|layer| !layer.quoted) {
            let name = layer.proto.get().field.label;
            // Several messages of one protocol in a packet count once.
            if name != before {
                node = node.below.entry(name).or_default();
                node.count(frame.no, frame.wire_len);
            }
            before = name;
        }
    }

    fn count(&mut self, no: FrameNo, bytes: u32) {
        self.sum.add(bytes.into());
        let _ = self.first.get_or_insert(no);
    }

    /// Calls `visit` for this node and the nodes below it, those with the most packets first: name, depth, node.
    ///
    /// # Errors
    /// Errors of `visit`, which end the walk.
    pub fn walk<E>(
        &self,
        name: &str,
        depth: usize,
        visit: &mut dyn FnMut(&str, usize, &Node) -> Result<(), E>,
    ) -> Result<(), E> {
        visit(name, depth, self)?;
        let mut below: Vec<_> = self.below.iter().collect();
        below.sort_by_key(|(_, node)| std::cmp::Reverse(node.sum.packets));
        below.into_iter().try_for_each(|(name, node)| node.walk(name, depth + 1, visit))
    }
}

/// A sink that counts the protocols, and writes them at the end of the capture.
pub struct Hierarchy<W> {
    out: W,
    root: Node,
}

impl<W: Write> Hierarchy<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Hierarchy<W> {
        Hierarchy { out, root: Node::default() }
    }
}

impl<W: Write> Sink for Hierarchy<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.root.add(packet);
        Ok(ControlFlow::Continue(()))
    }

    fn needs(&self) -> Needs {
        Needs { streams: false, ..Needs::default() }
    }

    fn finish(&mut self) -> io::Result<()> {
        let all = self.root.sum.packets.max(1) as f64;
        let mut rows = Vec::new();
        self.root.walk("Frame", 0, &mut |name, depth, node| {
            let Sum { packets, bytes } = node.sum;
            rows.push(vec![
                format!("{}{name}", "  ".repeat(depth)),
                packets.to_string(),
                format!("{:.1}", 100.0 * packets as f64 / all),
                bytes.to_string(),
                node.first.map_or_else(|| "-".to_owned(), |first| first.to_string()),
            ]);
            io::Result::Ok(())
        })?;
        grid(&["Protocol", "Packets", "%", "Bytes", "First"], &rows, &mut self.out)?;
        self.out.flush()
    }
}
