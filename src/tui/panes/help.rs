//! The pane with all keys.

use super::{Kind, Line, Look, Pane};

/// Lines of the pane: an empty string and a heading, or keys and their effect.
pub(crate) const KEYS: &[(&str, &str)] = &[
    ("", "Moving"),
    ("↑ ↓ k j", "one line; PgUp PgDn and Ctrl-B Ctrl-F a page; Home End (or G) the ends"),
    ("Tab Shift-Tab", "the next pane, the previous one; a click chooses a pane, too"),
    ("g", "go to a frame number; g g the first"),
    ("[ ]", "previous and next packet of the same conversation"),
    ("", "Filters and search"),
    ("f", "display filter; Tab completes, ↑ ↓ earlier ones, Enter applies, Esc leaves"),
    ("1 … 9", "apply a saved filter; F2 saves the present one with a label and a comment"),
    ("= ! &", "filter for the value under the cursor; add it with not; add it with and"),
    ("p", "write that filter, without applying it yet"),
    ("Esc", "stop a filter that is still searching; then show all packets again"),
    (
        "/ n N",
        "search, also in a pane; next, previous. Tab while typing: list, details or bytes. In slashes: a regular expression",
    ),
    ("", "Details and bytes"),
    ("→ ← l h Enter", "unfold, fold, both; what is open stays open from packet to packet"),
    ("E C", "unfold all, fold all"),
    ("i", "names of fields"),
    ("s", "the next part of the bytes: frame, reassembled message"),
    ("", "Panes"),
    ("z", "the pane alone on the screen, and back"),
    ("+ -", "more, less room for the pane"),
    ("F", "follow the stream; x changes between text and hexadecimal, d between its sides"),
    ("L", "the ladder of the lab's exchanges"),
    ("S", "step through an exchange, packet by packet"),
    ("O H A", "conversations (= filters for one), protocol hierarchy, the lab's answers"),
    ("", "List"),
    ("m M", "mark the packet; go to the next marked one"),
    ("t T", "time format; time reference: times count from this packet"),
    ("c", "add a column; the name of one that is shown removes it"),
    ("< > , .", "the previous column, the next one; narrower, wider. 0 hides it"),
    ("", "Copy (to the terminal's clipboard, and to a file with --copy-to)"),
    ("y Y", "the value or line under the cursor; the whole row, or all of a pane"),
    ("b P", "the bytes in hexadecimal; the filter"),
    ("", "Capture"),
    ("x", "stop the capture, or start it again on the same adapter"),
    ("R", "restart: a new capture in the place of this one"),
    ("w o a", "save as pcapng; open a file; back to the adapters"),
    ("", "Program"),
    ("? q Ctrl-Z", "this page; quit; to the shell and back with fg"),
];

/// Makes the pane.
pub(crate) fn make() -> Pane {
    let line = |(keys, text): &(&str, &str)| {
        if keys.is_empty() {
            Line::new(*text, Look::Head)
        } else {
            let gap = 16_usize.saturating_sub(keys.chars().count());
            Line::new(format!("  {keys}{}  {text}", " ".repeat(gap)), Look::Plain)
        }
    };
    Pane::new(Kind::Help, "Keys", KEYS.iter().map(line).collect())
}
