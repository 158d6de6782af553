//! Checks whether a capture and a hand-in are what the lab asks for: a verdict for each requirement, with what to do
//! where it is not met.

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
    /// The capture shows that the requirement is met.
    Met,
    /// The capture shows that the requirement is not met.
    NotMet,
    /// The capture shows neither.
    CannotTell,
    /// A remark that requires no action.
    Note,
}

impl Verdict {
    /// Its name, as in the text and in JSON.
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
    /// Short name that does not change between versions, such as `receipt-1`.
    pub id: String,
    /// Whether it is met.
    pub verdict: Verdict,
    /// What the capture shows, as a sentence without line breaks; nothing in it comes from a payload.
    pub says: String,
    /// What to do about it, with a command: where the verdict is [`Verdict::NotMet`], or where an action would settle
    /// it.
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

    /// Whether this verdict alone makes the capture or hand-in fail.
    pub fn fails(&self) -> bool {
        self.verdict == Verdict::NotMet
    }
}
