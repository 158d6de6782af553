//! The highest number up to which one side's bytes may be acknowledged.

use crate::dissect::protocols::tcp::SeqNo;

/// The highest number that the other side can acknowledge if it has received only what the capture shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ceiling {
    /// It is unknown until this side leaves a gap or acknowledges something new.
    #[default]
    Unknown,
    /// It is this number.
    Known(SeqNo),
    /// It is this number, after it was unknown for a while.
    Found(SeqNo),
}

impl Ceiling {
    /// The number, if it is known.
    pub(super) fn number(self) -> Option<SeqNo> {
        match self {
            Ceiling::Unknown => None,
            Ceiling::Known(max) | Ceiling::Found(max) => Some(max),
        }
    }

    /// The ceiling after a segment at `seq`. The highest number of this side was `before`, and is `now`. `news` says
    /// that the segment acknowledges another number than the one before, `repeats` that it is a duplicate ACK.
    pub(super) fn after(
        self,
        seq: SeqNo,
        before: Option<SeqNo>,
        now: SeqNo,
        news: bool,
        repeats: bool,
    ) -> Ceiling {
        match (self, before) {
            (Ceiling::Unknown, None) => Ceiling::Known(now),
            // Everything up to the gap was captured.
            (Ceiling::Unknown, Some(next)) if seq.after(next) => Ceiling::Found(next),
            (Ceiling::Unknown, _) if news => Ceiling::Found(now),
            (Ceiling::Known(max) | Ceiling::Found(max), _) if max == seq && repeats => Ceiling::Unknown,
            (Ceiling::Known(max), _) if max == seq => Ceiling::Known(now),
            (Ceiling::Found(max), _) if max == seq => Ceiling::Found(now),
            (same, _) => same,
        }
    }

    /// The ceiling after a finding that an acknowledgement exceeds it; `next` is the highest number of this side.
    pub(super) fn exceeded(self, next: Option<SeqNo>) -> Ceiling {
        match (self, next) {
            // Another finding follows only if an acknowledgement exceeds that, too.
            (Ceiling::Known(max), Some(next)) if next != max => Ceiling::Known(next),
            _ => Ceiling::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_unknown_once_it_was_exceeded_and_found_behind_a_gap() {
        let (ten, thirty) = (SeqNo(10), SeqNo(30));
        let known = Ceiling::default().after(SeqNo(0), None, ten, true, false);
        assert_eq!(known, Ceiling::Known(ten));
        let unknown = known.exceeded(Some(ten));
        assert_eq!(unknown.number(), None);
        assert_eq!(unknown.after(ten, Some(ten), SeqNo(20), false, false), Ceiling::Unknown);
        let found = unknown.after(SeqNo(20), Some(ten), thirty, false, false);
        assert_eq!(found, Ceiling::Found(ten));
        assert_eq!(found.exceeded(Some(thirty)), Ceiling::Unknown);
    }

    #[test]
    fn it_is_told_again_where_more_was_sent_than_is_known_without_a_gap() {
        assert_eq!(Ceiling::Known(SeqNo(10)).exceeded(Some(SeqNo(57))), Ceiling::Known(SeqNo(57)));
        assert_eq!(Ceiling::Known(SeqNo(57)).exceeded(Some(SeqNo(57))), Ceiling::Unknown);
    }

    #[test]
    fn repeating_itself_at_the_ceiling_hides_it() {
        let at = SeqNo(10);
        assert_eq!(Ceiling::Known(at).after(at, Some(at), at, false, true), Ceiling::Unknown);
        assert_eq!(Ceiling::Unknown.after(at, Some(at), at, true, false), Ceiling::Found(at));
    }
}
