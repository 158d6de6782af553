//! Is a capture what the lab asks for: one verdict a requirement, with what to do where it is not met; and is
//! everything there that is handed in.

pub mod answers;
mod capture;
pub mod class;
mod folder;
mod inspect;
mod pack;
mod survey;
mod write;

pub use capture::{Subject, check, shell};
pub use folder::{Contents, contents};
pub use inspect::{Inspected, Request, SheetError, inspect, judge, sheet, sheet_bytes, sheet_of};
pub use pack::{PackError, pack};
pub use survey::{Survey, Surveyor, Talk};
pub use write::{json, text};

/// Whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The capture shows that it is.
    Met,
    /// The capture shows that it is not.
    NotMet,
    /// The capture does not show it either way.
    CannotTell,
    /// Nothing that has to be mended, but worth knowing.
    Note,
}

impl Verdict {
    /// The words for it, as in the text and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::NotMet => "not met",
            Verdict::CannotTell => "cannot tell",
            Verdict::Note => "note",
        }
    }
}

/// One requirement and what the capture says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Short name that stays the same, such as `receipt-1`.
    pub id: String,
    /// Whether it is met.
    pub verdict: Verdict,
    /// What the capture shows: no line breaks; nothing in it comes from a payload.
    pub says: String,
    /// What to do about it, with a command; only where the verdict is [`Verdict::NotMet`] or something would settle it.
    pub todo: Option<String>,
}

impl Check {
    fn met(id: impl Into<String>, says: impl Into<String>) -> Check {
        Check { id: id.into(), verdict: Verdict::Met, says: says.into(), todo: None }
    }

    fn not_met(id: impl Into<String>, says: impl Into<String>, todo: impl Into<String>) -> Check {
        Check { id: id.into(), verdict: Verdict::NotMet, says: says.into(), todo: Some(todo.into()) }
    }

    fn note(id: impl Into<String>, says: impl Into<String>) -> Check {
        Check { id: id.into(), verdict: Verdict::Note, says: says.into(), todo: None }
    }

    fn cannot_tell(id: impl Into<String>, why: impl Into<String>) -> Check {
        Check { id: id.into(), verdict: Verdict::CannotTell, says: why.into(), todo: None }
    }

    /// Whether it makes the whole fail.
    pub fn fails(&self) -> bool {
        self.verdict == Verdict::NotMet
    }
}
