//! The two filters of the command line as one gate: capture filter on the frame, display filter on the packet.

use super::UsageError;
use super::capture_filter::capture_error;
use super::input::say;
use crate::capture::bpf::{BpfError, FrameFilter};
use crate::filter::{Filter, saved};
use crate::frame::{Frame, LinkType};
use crate::packet::Packet;
use crate::pump::{Gate, Looks};
use anyhow::Context as _;
use std::borrow::Cow;

/// Passes a packet where both filters pass it.
pub(crate) struct Filters {
    capture: Option<FrameFilter>,
    display: Option<Filter>,
}

impl Filters {
    /// Takes the words of a capture filter, joined by blanks as tcpdump does, and a display filter.
    pub(crate) fn new(bpf: &[String], display: Option<&str>) -> anyhow::Result<Filters> {
        let expression = bpf.join(" ");
        let capture = match expression.trim() {
            "" => None,
            // This compiles it for the link type of nearly all captures; for other types it is compiled at their
            // first frame.
            text => Some(FrameFilter::new(text, LinkType::ETHERNET).map_err(|e| capture_error(&e))?),
        };
        Ok(Filters { capture, display: display.map(display_filter).transpose()? })
    }
}

/// A display filter in which each `@LABEL` is replaced by the saved filter.
pub(crate) fn filled_in(text: &str) -> anyhow::Result<Cow<'_, str>> {
    if !text.contains('@') {
        return Ok(Cow::Borrowed(text));
    }
    let Some(path) = saved::path() else {
        let why = format!("-Y names a saved filter, and {} where these are", saved::WHERE);
        return Err(UsageError(why).into());
    };
    let all = saved::load(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let filled = saved::expand(text, &all).map_err(|label| {
        UsageError(format!(
            "-Y: no filter is saved as `{label}` in {}; `labkit filter list` shows those that are",
            path.display()
        ))
    })?;
    Ok(Cow::Owned(filled))
}

/// The text of a valid display filter with saved ones filled in; an error if it is not valid.
pub(crate) fn checked_text(text: &str) -> anyhow::Result<String> {
    let filled = filled_in(text)?.into_owned();
    display_filter(&filled)?;
    Ok(filled)
}

/// Compiles a display filter; a wrong one is an error of the command line.
pub(crate) fn display_filter(text: &str) -> anyhow::Result<Filter> {
    let text = &*filled_in(text)?;
    Ok(Filter::compile(text).map_err(|e| UsageError(format!("-Y is no display filter: {e}")))?)
}

impl Gate for Filters {
    fn looks(&self) -> Looks {
        let early = self.display.as_ref().and_then(Filter::judge);
        Looks { at_frames: self.capture.is_some(), inside: self.display.is_some(), early }
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<bool, BpfError> {
        self.capture.as_mut().map_or(Ok(true), |filter| filter.matches(frame))
    }

    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        self.display.as_mut().is_none_or(|filter| filter.matches(packet))
    }

    fn forgotten(&mut self, conversations: u64) {
        say(format_args!(
            "labkit remembers a million conversations and forgot {conversations} older ones; if these went on, they \
             count as new ones. A capture filter keeps others out"
        ));
    }
}
