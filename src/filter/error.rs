//! Errors of display filters: the input, marks under the wrong part, and what was expected there.

use crate::text::marked::Marked;
use std::fmt;
use std::ops::Range;

/// An error in a display filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FilterError {
    /// The filter as it was typed.
    pub input: String,
    /// The wrong part, in bytes of the input; empty at the end if something is missing there.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// Advice for the user.
    pub hint: Option<String>,
    /// The filter that the user probably meant.
    pub corrected: Option<String>,
}

impl FilterError {
    /// An error about the bytes `at`; [`Filter::compile`](super::Filter::compile) adds the input later.
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> FilterError {
        FilterError { input: String::new(), at, message: message.into(), hint: None, corrected: None }
    }

    /// Adds advice.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> FilterError {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the filter that the user probably meant: `input` with the part `at` replaced.
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
