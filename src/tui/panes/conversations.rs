//! All conversations of the capture; each leads to its first packet.

use super::{Kind, Line, Look, Pane};
use crate::conversation::Transport;
use crate::tui::index::Index;
use crate::tui::origin::Origin;
use crate::view::conversations::{Conversations, Transport as Kinds};
use std::collections::HashMap;

/// Makes the pane: the table of `labkit conversations`, whose rows lead somewhere.
pub(crate) fn make(origin: &Origin, first: &HashMap<(bool, u32), u32>) -> Result<Pane, String> {
    let mut lines = Vec::new();
    for (kind, tcp) in [(Kinds::Tcp, true), (Kinds::Udp, false)] {
        let mut text = Vec::new();
        super::read(origin, &mut Conversations::new(&mut text, &[kind]))?;
        for line in String::from_utf8_lossy(&text).lines() {
            let stream = line.split_whitespace().next().and_then(|word| word.parse::<u32>().ok());
            let frame = stream.and_then(|stream| first.get(&(tcp, stream)));
            let look = if stream.is_some() { Look::Plain } else { Look::Head };
            let line = Line::new(line, look);
            lines.push(match frame {
                Some(frame) => line.to(u64::from(*frame)),
                None => line,
            });
        }
    }
    Ok(Pane::new(Kind::Conversations, "Conversations", lines))
}

/// The first frame of each conversation: whether it is of TCP, and its number.
pub(crate) fn first_frames(index: &Index) -> HashMap<(bool, u32), u32> {
    let mut first = HashMap::new();
    for no in 1..=index.len() {
        if let Some((transport, stream)) = index.entry(no).and_then(|entry| entry.conversation()) {
            first.entry((transport == Transport::Tcp, stream)).or_insert(no);
        }
    }
    first
}
