//! Replaces libpcap's compiler in builds without libpcap.

use super::BpfError;
use crate::frame::LinkType;
use std::convert::Infallible;

/// A compiled filter, which cannot exist here.
pub(super) struct Program(Infallible);

impl Program {
    pub(super) fn filter(&self, _: &[u8]) -> bool {
        match self.0 {}
    }
}

/// Fails with the reason.
///
/// # Errors
/// Always.
pub(super) fn compile(expression: &str, _: LinkType) -> Result<Program, BpfError> {
    let reason =
        "this labkit was built without libpcap, which understands capture filters; -Y takes display filters";
    Err(BpfError { expression: expression.to_owned(), reason: reason.to_owned(), at: None, judged: false })
}

#[cfg(test)]
mod tests {
    use super::super::FrameFilter;
    use super::*;

    #[test]
    fn a_capture_filter_is_not_called_wrong_where_it_cannot_be_judged() {
        let said = FrameFilter::new("tcp port 80", LinkType::ETHERNET).err().unwrap().to_string();
        assert!(said.starts_with("the capture filter 'tcp port 80' cannot be used: "), "{said}");
        assert!(said.contains("-Y"), "{said}");
    }
}
