//! Capture filters (BPF), compiled by libpcap for live adapters and for the frames of saved files.

use crate::frame::{Frame, LinkType};
use crate::text::marked::Marked;
#[cfg(feature = "capture")]
pub(super) use engine::{COOKED_V2, error, link_type, message};
use engine::{Program, compile};
use std::fmt;
use std::ops::Range;

/// A capture filter that libpcap refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct BpfError {
    /// What was typed.
    pub expression: String,
    /// libpcap's message, which has no position.
    pub reason: String,
    /// The range of bytes in the expression that is wrong; empty at the end if something is missing; `None` if it is
    /// unknown.
    pub at: Option<Range<usize>>,
    /// Whether libpcap has judged the filter; false in builds without libpcap.
    pub judged: bool,
}

impl fmt::Display for BpfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.expression.replace(char::is_control, " ");
        let verdict = if self.judged { "is not valid" } else { "cannot be used" };
        write!(f, "the capture filter '{shown}' {verdict}: {}", self.reason)?;
        let Some(at) = &self.at else { return Ok(()) };
        write!(f, "\n{}", Marked { text: &self.expression, at: at.clone() })
    }
}

/// A capture filter for frames that were captured already.
///
/// libpcap uses the captured length as the length of the frame: `greater` and `less` are wrong for frames that the
/// snapshot length cut.
pub struct FrameFilter {
    expression: String,
    /// One program for each link type, because headers lie at different offsets; compiled at its first frame.
    programs: Vec<(LinkType, Program)>,
}

impl FrameFilter {
    /// Compiles `expression` for frames of link type `link`.
    ///
    /// # Errors
    /// If libpcap refuses the expression.
    pub fn new(expression: &str, link: LinkType) -> Result<FrameFilter, BpfError> {
        let mut filter = FrameFilter { expression: expression.to_owned(), programs: Vec::new() };
        filter.program(link)?;
        Ok(filter)
    }

    /// Whether the frame passes.
    ///
    /// # Errors
    /// When libpcap refuses the expression for the frame's link type, such as `ether host` without Ethernet.
    pub fn matches(&mut self, frame: &Frame<'_>) -> Result<bool, BpfError> {
        Ok(self.program(frame.link)?.filter(frame.bytes))
    }

    fn program(&mut self, link: LinkType) -> Result<&Program, BpfError> {
        let at = match self.programs.iter().position(|(l, _)| *l == link) {
            Some(at) => at,
            None => {
                self.programs.push((link, compile(&self.expression, link)?));
                self.programs.len() - 1
            }
        };
        Ok(&self.programs[at].1)
    }
}

#[cfg(feature = "capture")]
#[path = "bpf/libpcap.rs"]
mod engine;

#[cfg(not(feature = "capture"))]
#[path = "bpf/elsewhere.rs"]
mod engine;

#[cfg(all(test, feature = "capture"))]
mod tests {
    use super::*;
    use crate::frame::{FrameNo, Origin};

    fn frame(link: LinkType, bytes: &[u8]) -> Frame<'_> {
        let wire_len = bytes.len() as u32;
        Frame {
            no: FrameNo(1),
            time: None,
            precision: 9,
            link,
            wire_len,
            interface: 0,
            origin: Origin::default(),
            bytes,
        }
    }

    /// An IPv4 header with TCP ports 44150 and 65432 behind it.
    const PACKET: [u8; 40] = [
        0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 168, 56, 1, 192, 168, 56, 101, 0xac, 0x76, 0xff,
        0x98, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0, 0, 0, 0, 0, 0,
    ];

    #[test]
    fn one_filter_serves_frames_of_several_link_types() {
        let mut filter =
            FrameFilter::new("host 192.168.56.1 and tcp port 65432", LinkType::ETHERNET).unwrap();
        let mut ethernet = vec![0; 12];
        ethernet.extend([8, 0]);
        ethernet.extend(PACKET);
        assert_eq!(filter.matches(&frame(LinkType::ETHERNET, &ethernet)), Ok(true));
        assert_eq!(filter.matches(&frame(LinkType::RAW, &PACKET)), Ok(true));
        assert_eq!(filter.matches(&frame(LinkType::RAW, &PACKET[..10])), Ok(false));
        assert_eq!(filter.matches(&frame(LinkType::RAW, &[])), Ok(false));
    }

    #[test]
    fn a_bad_expression_is_shown_with_libpcaps_reason() {
        let said = FrameFilter::new("ip.addr == 1.2.3.4", LinkType::ETHERNET).err().unwrap().to_string();
        assert!(said.starts_with("the capture filter 'ip.addr == 1.2.3.4' is not valid: "), "{said}");
        let mark = "\n    ip.addr == 1.2.3.4\n    ^^^^^^^";
        assert!(said.ends_with(mark), "{said}");
        assert!(FrameFilter::new("tcp\0", LinkType::ETHERNET).is_err());
    }

    #[test]
    fn an_expression_that_does_not_fit_the_link_type_is_an_error_not_a_mismatch() {
        let mut filter = FrameFilter::new("ether host 02:00:00:00:00:01", LinkType::ETHERNET).unwrap();
        assert!(filter.matches(&frame(LinkType::RAW, &PACKET)).is_err());
    }
}
