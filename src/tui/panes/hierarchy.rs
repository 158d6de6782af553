//! The pane with the protocol hierarchy: each protocol under the one that carries it, with frames and bytes.

use super::{Kind, Line, Look, Pane};
use crate::packet::Packet;
use crate::pump::Sink;
use crate::tui::origin::Origin;
use crate::view::narrow::middle;
use crate::view::statistics::hierarchy::Node;
use std::io;
use std::ops::ControlFlow;

/// Counts the protocols.
#[derive(Default)]
struct Count(Node);

impl Sink for Count {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.0.add(packet);
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes the pane.
pub(crate) fn make(origin: &Origin) -> Result<Pane, String> {
    let mut count = Count::default();
    super::read(origin, &mut count)?;
    let all = count.0.sum.packets.max(1) as f64;
    // Widths in columns of name, frames and bytes, and of the indentation of a level; the second form fits into 60
    // columns.
    let [lines, narrow] = [(44, 9, 13, 2), (32, 8, 11, 1)].map(|(wide, frames, bytes, step)| {
        let head = format!("{:<wide$} {:>frames$} {:>6} {:>bytes$}", "Protocol", "Frames", "%", "Bytes");
        let mut lines = vec![Line::new(head, Look::Head)];
        let done = count.0.walk("Frame", 0, &mut |name, depth, node| {
            let share = 100.0 * node.sum.packets as f64 / all;
            let label = middle(&format!("{}{name}", " ".repeat(step * depth)), wide);
            let (packets, size) = (node.sum.packets, node.sum.bytes);
            let text = format!("{label:<wide$} {packets:>frames$} {share:>6.1} {size:>bytes$}");
            lines.push(Line::new(text, Look::Plain).to(node.first.map_or(0, |first| first.0)));
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(()) = done;
        lines
    });
    let title = "Protocol hierarchy (each leads to its first packet)";
    Ok(Pane::new(Kind::Hierarchy, title, lines).or(narrow))
}
