//! Which protocols the capture holds, each under the one that carries it, with frames and bytes.

use super::{Kind, Line, Look, Pane};
use crate::packet::Packet;
use crate::pump::Sink;
use crate::tui::origin::Origin;
use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;

/// Frames and bytes of the protocols below one, and the first frame.
#[derive(Default)]
struct Node {
    frames: u64,
    bytes: u64,
    first: u64,
    below: BTreeMap<&'static str, Node>,
}

/// Counts.
#[derive(Default)]
struct Count(Node);

impl Sink for Count {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let bytes = u64::from(packet.context.frame.wire_len);
        let mut node = &mut self.0;
        node.count(bytes, packet.context.frame.no.0);
        let mut before = "";
        for layer in packet.context.layers.all().iter().filter(|layer| !layer.quoted) {
            let name = layer.proto.get().field.label;
            // Several messages of one protocol are one packet of it.
            if name != before {
                node = node.below.entry(name).or_default();
                node.count(bytes, packet.context.frame.no.0);
            }
            before = name;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Node {
    fn count(&mut self, bytes: u64, no: u64) {
        if self.frames == 0 {
            self.first = no;
        }
        self.frames += 1;
        self.bytes += bytes;
    }

    fn write(&self, name: &str, depth: usize, all: u64, lines: &mut Vec<Line>) {
        let share = 100.0 * self.frames as f64 / all.max(1) as f64;
        let label = format!("{}{name}", "  ".repeat(depth));
        let text = format!("{label:<44} {:>9} {share:>6.1} {:>13}", self.frames, self.bytes);
        lines.push(Line::new(text, Look::Plain).to(self.first));
        let mut below: Vec<_> = self.below.iter().collect();
        below.sort_by_key(|(_, node)| std::cmp::Reverse(node.frames));
        for (name, node) in below {
            node.write(name, depth + 1, all, lines);
        }
    }
}

/// Makes the pane.
pub(crate) fn make(origin: &Origin) -> Result<Pane, String> {
    let mut count = Count::default();
    super::read(origin, &mut count)?;
    let head = format!("{:<44} {:>9} {:>6} {:>13}", "Protocol", "Frames", "%", "Bytes");
    let mut lines = vec![Line::new(head, Look::Head)];
    count.0.write("Frame", 0, count.0.frames, &mut lines);
    Ok(Pane::new(Kind::Hierarchy, "Protocol hierarchy (each leads to its first packet)", lines))
}
