//! Errors of display filters: the input, a mark under the wrong part, and what was expected there.

use crate::text::marked::Marked;
use std::fmt;
use std::ops::Range;

/// A display filter that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FilterError {
    /// The filter as it was typed.
    pub input: String,
    /// Which bytes of it are wrong; empty at the end where something is missing.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What the user can do about it.
    pub hint: Option<String>,
    /// The filter that was probably meant.
    pub corrected: Option<String>,
}

impl FilterError {
    /// An error about the bytes `at`; [`Filter::compile`](super::Filter::compile) adds the input later.
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> FilterError {
        FilterError { input: String::new(), at, message: message.into(), hint: None, corrected: None }
    }

    /// With advice.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> FilterError {
        self.hint = Some(hint.into());
        self
    }

    /// With the part `at` replaced in what was probably meant.
    pub(super) fn replace(mut self, input: &str, with: &str) -> FilterError {
        let (before, after) = (input.get(..self.at.start), input.get(self.at.end..));
        self.corrected = before.zip(after).map(|(before, after)| format!("{before}{with}{after}"));
        self
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.message, Marked { text: &self.input, at: self.at.clone() })?;
        if let Some(hint) = &self.hint {
            write!(f, "\n{hint}")?;
        }
        if let Some(corrected) = &self.corrected {
            write!(f, "\nDid you mean:  {}", corrected.replace(char::is_control, " "))?;
        }
        Ok(())
    }
}
