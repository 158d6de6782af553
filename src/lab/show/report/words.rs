//! The texts of the page, its script and the Markdown around answers, exchanges and packets. A lab may have other words:
//! each text is one of its phrases. Text in backticks is code on the page.

/// Links to the parts of the page, and their headings.
pub(super) const PARTS: [(&str, &str); 6] = [
    ("glance", "At a glance"),
    ("answers", "Answers"),
    ("exchanges", "Exchanges"),
    ("filters", "Filters"),
    ("captures", "Captures"),
    ("packets", "Packets"),
];

/// The heading of a part.
pub(super) fn heading(part: &str) -> &'static str {
    PARTS.iter().find(|(name, _)| *name == part).map_or("", |(_, heading)| heading)
}

/// The language, as HTML names it.
pub(super) const LANGUAGE: &str = "en";
pub(super) const PARTS_OF_THE_PAGE: &str = "Parts";
pub(super) const SKIP: &str = "Skip to the list of packets";
pub(super) const MOVING: &str =
    "Arrow keys up and down lead from link to link in this part of the page, Tab leads to the next part.";
pub(super) const QUESTION: &str = "Question";
pub(super) const SHOWS: &str = "What the capture shows";
pub(super) const CONFIDENCE: &str = "Confidence";
pub(super) const HANDED_IN: &str = "Handed in";
pub(super) const NOTHING_WRITTEN: &str = "Nothing was written.";
pub(super) const MISCONCEPTION: &str = "Misconception";
pub(super) const TO_LOOK_FOR: &str = "To look for";
pub(super) const NOTES: &str = "Notes";
pub(super) const LADDER: &str = "Ladder";
pub(super) const PLOT: &str = "Bytes over time";
pub(super) const PACKET_BY_PACKET: &str = "Packet by packet";
pub(super) const FILTERS_SAY: &str = "They let through the packets between the two hosts and nothing else.";
pub(super) const DISPLAY_FILTER: &str = "Display filter (Wireshark, labkit -Y)";
pub(super) const CAPTURE_FILTER: &str = "Capture filter (tcpdump, labkit sniff)";
pub(super) const NEEDS_SCRIPT: &str = "The list needs JavaScript; answers and exchanges above do not.";
pub(super) const UNABLE: &str = "The list is packed in this page, and this browser cannot unpack it: Chromium since version 80, Firefox since 113 and Safari since 16.4 can. Answers and exchanges above need no unpacking.";
pub(super) const FILTER: &str = "Filter";
pub(super) const OR_A_TEXT: &str = "or a text";
pub(super) const LIST: &str = "Packets";
pub(super) const COLUMNS_OF: &str = "Columns of the chosen packet";
pub(super) const DETAILS_OF: &str = "Details of the packet";
pub(super) const BYTES_OF: &str = "Bytes of the packet";
pub(super) const CONVERSATION_OF: &str = "Payload of the conversation";
pub(super) const KEYS: &str = "The box takes the display filters of Wireshark and of `labkit replay -Y`; anything else is looked for in columns and payload, and so is what stands in double quotes. Keys: arrows and Page up and down move in the list and in the details; left and right close and open a branch there, and move from byte to byte in the bytes. Links to a packet open the field that shows what is said; Back leads to the link again.";

/// What the script says, by the names that it has there; `{1}`, `{2}` … stand for what varies.
pub(super) const SCRIPT: [(&str, &str); 22] = [
    ("capture", "Capture"),
    ("byte", "1 byte"),
    ("bytes", "{1} bytes"),
    ("whole", "{1} ({2})"),
    ("beginning", "{1} ({2}, the first {3} are in this page)"),
    ("byteAt", "Byte {1}: {2}, {3}"),
    ("all", "All {1} packets"),
    ("filter", "Filter: {1} of {2} packets"),
    ("text", "Text in columns and payload: {1} of {2} packets"),
    ("unsure", "; of {1} more the page has too few bytes to say"),
    ("stale", "The list is that of the last filter."),
    ("meant", "Did you mean"),
    ("nearField", "No field is called so; {1} is one."),
    ("paper", "On paper the list ends after {1} of {2} packets; a filter chooses which ones."),
    ("follow", "Follow {1} stream {2}"),
    ("unfollow", "Close {1} stream {2}"),
    ("nothingToFollow", "This packet belongs to no stream"),
    ("turn", "{1} → {2}, {3}, "),
    ("frame", "frame {1}"),
    ("missing", "… {1} are not in this page …"),
    ("noPayload", "No payload in this stream."),
    ("more", "The rest of the stream is not shown here; labkit follow has all."),
];

pub(super) const ADDRESSES: &str = "Addresses";
pub(super) const A_FILTER: &str = "Filter";

// Labels of the facts about a capture.
pub(super) const FRAMES: &str = "Frames";
pub(super) const FORMAT: &str = "Format";
pub(super) const SHA_256: &str = "SHA-256";
pub(super) const CAPTURED: &str = "Captured";
pub(super) const MACHINE: &str = "Machine";
pub(super) const OPERATING_SYSTEM: &str = "Operating system";
pub(super) const CAPTURED_WITH: &str = "Captured with";
pub(super) const ADAPTER: &str = "Adapter";
pub(super) const DROPPED: &str = "Dropped";
pub(super) const DAMAGED: &str = "Damaged";

/// The number of frames, and how many of them were cut.
pub(super) fn frames(all: u64, cut: u64) -> String {
    if cut == 0 { all.to_string() } else { format!("{all}, {cut} of them cut") }
}

/// Beginning and end of a capture, and its length in seconds.
pub(super) fn span(first: &str, last: &str, seconds: &str) -> String {
    format!("from {first} to {last}, {seconds} s")
}

/// An adapter without a name.
pub(super) fn interface(id: u32) -> String {
    format!("interface {id}")
}

/// The text behind the name of an adapter with a capture filter, with `{1}` for the filter, which is not translated.
pub(super) const WITH_FILTER: &str = ", capture filter: {1}";

/// Frames that the capturing machine has lost.
pub(super) fn dropped(lost: u64) -> String {
    format!("{lost} frames, by the capturing machine's own count")
}

/// The frame of a piece of evidence.
pub(super) fn frame(no: &str) -> String {
    format!("frame {no}")
}

/// How many answers are right.
pub(super) fn score(right: usize, scored: usize) -> String {
    format!("{right} of {scored} answers that can be graded are right.")
}

/// The notice without any exchange.
pub(super) fn no_traffic(port: u16) -> String {
    format!("No TCP traffic of port {port}.")
}

/// How many connections have no table in the Markdown.
pub(super) fn without_table(n: usize) -> String {
    format!("{n} more connections have no table here.")
}

/// The line after the details of a packet with too many lines.
pub(super) fn more_lines(frame: &str) -> String {
    format!("More lines follow, which this page leaves out; labkit show FILE {frame} has them all")
}

/// Heading of the rule and the packets that an answer rests on.
pub(super) fn the_rule(packets: usize) -> String {
    match packets {
        0 => "The rule".into(),
        1 => "The rule, and the packet that proves it".into(),
        n => format!("The rule, and the {n} packets that prove it"),
    }
}

/// How many pieces of evidence are not listed, as HTML.
pub(super) fn more_evidence(n: usize) -> String {
    format!("… and {n} more; `labkit answer --format json` has all.")
}

/// Heading of the requirements on a capture.
pub(super) fn of_what_the_lab_asks(tally: &str) -> String {
    format!("{tally} of what the lab asks for")
}

/// Heading of the connections that are named but not drawn.
pub(super) fn further(n: usize) -> String {
    format!("{n} more connections")
}

/// How many connections are not even named.
pub(super) fn not_shown(n: usize) -> String {
    format!("{n} more connections are not shown here.")
}

/// The line above the table of the same connection in another capture.
pub(super) fn same_connection(name: &str) -> String {
    format!("The same connection in {name}:")
}

/// An arrow of a ladder in words: frame, sender, receiver.
pub(super) fn arrow(frame: &str, from: &str, to: &str) -> String {
    format!("Frame {frame}, {from} to {to}:")
}

/// How the times in the list differ from those in a ladder.
pub(super) fn clock(seconds: &str) -> String {
    format!("The list of packets counts from the first packet of the capture, {seconds} s earlier.")
}

/// How many packets are not in the list, and why.
pub(super) fn left_out(n: u64, most: usize) -> String {
    format!(
        "{n} packets are not in this list: a page holds {most}. Those that are evidence come first, then those of the lab's conversations, then the others from the start."
    )
}

/// How many packets' bytes the page holds only in part, and why, as HTML.
pub(super) fn cut(n: u64, kept: usize) -> String {
    format!(
        "Of {n} packets the page has only the beginning, {kept} bytes or more: it holds 2 MB of bytes, and beyond these whole packets only where they are evidence. `labkit show` has all."
    )
}
