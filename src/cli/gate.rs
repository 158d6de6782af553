//! The two filters of the command line as one gate: capture filter on the frame, display filter on the packet.

use super::UsageError;
use super::input::say;
use crate::capture::bpf::{BpfError, FrameFilter};
use crate::frame::{Frame, LinkType};
use crate::packet::Packet;
use crate::pump::Gate;

/// Lets pass what both filters let pass.
pub(crate) struct Filters {
    capture: Option<FrameFilter>,
}

impl Filters {
    /// Takes the words of a capture filter, joined by blanks as tcpdump does.
    pub(crate) fn new(bpf: &[String]) -> anyhow::Result<Filters> {
        let expression = bpf.join(" ");
        let capture = match expression.trim() {
            "" => None,
            // Checked here for the link type that nearly all captures have; for others when their first frame comes.
            text => Some(FrameFilter::new(text, LinkType::ETHERNET).map_err(|e| UsageError(e.to_string()))?),
        };
        Ok(Filters { capture })
    }
}

impl Gate for Filters {
    fn frame(&mut self, frame: &Frame<'_>) -> Result<bool, BpfError> {
        self.capture.as_mut().map_or(Ok(true), |filter| filter.matches(frame))
    }

    fn packet(&mut self, _: &Packet<'_>) -> bool {
        true
    }

    fn looks_inside(&self) -> bool {
        false
    }

    fn forgotten(&mut self, conversations: u64) {
        say(format_args!(
            "a million conversations were remembered, {conversations} older ones forgotten; if they went on, they count \
             as new ones. A capture filter keeps others out"
        ));
    }
}
