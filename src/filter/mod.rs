//! The display-filter language of Wireshark 4.0.
//!
//! A filter is compiled once, before the first packet: it is split into tokens, parsed, and checked against the types
//! of its fields. Evaluating it walks over only those protocols that it names, and allocates nothing once its buffers
//! have grown. Labkit accepts more than Wireshark 4.0: sets without commas, `xor` and `^^`, and the columns of the
//! list as fields (`_ws.col.info contains "SYN"`); [`traps()`] says so for a filter.

mod bpf;
mod column;
mod compile;
mod early;
mod error;
mod eval;
mod hints;
mod lex;
mod literal;
mod mask;
mod moment;
mod parse;
pub mod saved;
mod traps;
mod tree;
mod value;

pub use bpf::{between, to_capture, to_display};
pub use column::columns;
pub use early::{Judge, Verdict};
pub use error::FilterError;
pub use hints::nearest;
pub use traps::{Trap, capture_traps, traps};

use crate::packet::Packet;
use compile::{Compiler, Node, Slot};

/// A display filter, ready for use.
///
/// ```
/// use labkit::capture::Source;
/// use labkit::capture::reader::FileReader;
/// use labkit::conversation::Tracker;
/// use labkit::filter::Filter;
/// use labkit::packet::Packet;
/// use std::path::Path;
///
/// let mut filter = Filter::compile("tcp.flags.syn == 1 and tcp.flags.ack == 0")?;
/// let mut source = FileReader::open(Path::new("captures/capture1.pcapng"))?;
/// let mut tracker = Tracker::new();
/// let mut first_segments = 0;
/// while let Some(frame) = source.next()? {
///     let packet = Packet { context: tracker.track(&frame) };
///     first_segments += u32::from(filter.matches(&packet));
/// }
/// assert_eq!(first_segments, 2, "one SYN for each of the two exchanges");
///
/// let error = Filter::compile("ip.addr == 192.168.56").unwrap_err();
/// assert_eq!(error.corrected.as_deref(), Some("ip.addr == 192.168.56.0/24"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Filter {
    slots: Vec<Slot>,
    /// The condition; `None` for the empty filter, which lets everything pass.
    root: Option<Node>,
}

impl Filter {
    /// Compiles a filter.
    ///
    /// # Errors
    /// When the filter is wrong; the error names the place, and where possible the filter that was probably meant.
    pub fn compile(input: &str) -> Result<Filter, FilterError> {
        if input.trim().is_empty() {
            return Ok(Filter { slots: Vec::new(), root: None });
        }
        build(input).map_err(|error| FilterError {
            input: input.to_owned(),
            ..hints::or_capture_filter(input, error)
        })
    }

    /// Those parts of the filter that can decide before the conversation of a packet is known; `None` if there are
    /// none.
    pub fn judge(&self) -> Option<Judge> {
        Judge::of(&self.slots, self.root.as_ref()?)
    }

    /// Whether a packet passes.
    pub fn matches(&mut self, packet: &Packet<'_>) -> bool {
        let Some(root) = &mut self.root else { return true };
        eval::fill(&mut self.slots, packet);
        eval::holds(root, &mut self.slots, packet)
    }
}

fn build(input: &str) -> Result<Filter, FilterError> {
    let tokens = lex::lex(input)?;
    let expr = parse::parse(&tokens, input)?;
    let mut compiler = Compiler { input, slots: Vec::new() };
    let root = compiler.node(&expr)?;
    Ok(Filter { slots: compiler.slots, root: Some(root) })
}

#[cfg(test)]
mod tests;
