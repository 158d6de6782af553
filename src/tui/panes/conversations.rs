//! The pane with all conversations of the capture; each leads to its first packet.

use super::{Kind, Line, Look, Pane};
use crate::conversation::Transport;
use crate::tui::index::{Index, Shared};
use crate::tui::origin::Origin;
use crate::view::conversations::{Conversations, Transport as Kinds};
use std::collections::HashMap;
use std::io;

/// First frame of each conversation. The key is whether it is TCP, and its number.
type First = HashMap<(bool, u32), u32>;

/// Makes the pane: the table of `labkit conversations`, whose rows lead to packets.
pub(crate) fn make(origin: &Origin, shared: &Shared) -> Result<Pane, String> {
    let mut sink = Conversations::new(io::sink(), &[Kinds::Tcp, Kinds::Udp]);
    super::read(origin, &mut sink)?;
    let first = first_frames(&shared.read());
    let (mut table, mut lines) = (Vec::new(), Vec::new());
    let written = sink.all.table(&mut table).and_then(|()| sink.all.lines(usize::MAX, &mut lines));
    written.map_err(|error| error.to_string())?;
    let [table, lines] = [table, lines].map(|text| leading(&String::from_utf8_lossy(&text), &first));
    Ok(Pane::new(Kind::Conversations, "Conversations", table).or(lines))
}

/// The lines of a text; each leads to the first packet of the conversation whose number it begins with.
fn leading(text: &str, first: &First) -> Vec<Line> {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let stream = words.next().and_then(|word| word.parse::<u32>().ok());
        let frame = stream.and_then(|stream| first.get(&(words.next() == Some(Kinds::Tcp.name()), stream)));
        let made = Line::new(line, if stream.is_some() { Look::Plain } else { Look::Head });
        frame.map_or(made.clone(), |frame| made.to(u64::from(*frame)))
    };
    text.lines().map(line).collect()
}

/// The first frame of each conversation.
fn first_frames(index: &Index) -> First {
    let mut first = HashMap::new();
    for no in 1..=index.len() {
        if let Some((transport, stream)) = index.entry(no).and_then(|entry| entry.conversation()) {
            first.entry((transport == Transport::Tcp, stream)).or_insert(no);
        }
    }
    first
}
