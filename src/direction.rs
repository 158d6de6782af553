//! The two directions of a conversation.

use std::ops::{Index, IndexMut};

/// The direction of a packet between the two ends of a conversation. The code that begins a conversation defines
/// which end is the first one. A direction is an index for arrays of two, which hold something for each end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the first end to the second.
    #[default]
    Forward,
    /// From the second end to the first.
    Backward,
}

impl Direction {
    /// Both directions, forward first.
    pub const BOTH: [Direction; 2] = [Direction::Forward, Direction::Backward];

    /// Forward for a packet that the first end sent, else backward.
    #[inline]
    pub fn from_first(sent_by_first: bool) -> Direction {
        if sent_by_first { Direction::Forward } else { Direction::Backward }
    }

    /// The opposite direction.
    #[inline]
    #[must_use]
    pub fn reverse(self) -> Direction {
        match self {
            Direction::Forward => Direction::Backward,
            Direction::Backward => Direction::Forward,
        }
    }

    /// The element for this direction, and then the element for the opposite one.
    #[inline]
    pub fn split<T>(self, both: &mut [T; 2]) -> [&mut T; 2] {
        let [first, second] = both;
        match self {
            Direction::Forward => [first, second],
            Direction::Backward => [second, first],
        }
    }
}

impl<T> Index<Direction> for [T; 2] {
    type Output = T;

    #[inline]
    fn index(&self, direction: Direction) -> &T {
        let [first, second] = self;
        match direction {
            Direction::Forward => first,
            Direction::Backward => second,
        }
    }
}

impl<T> IndexMut<Direction> for [T; 2] {
    #[inline]
    fn index_mut(&mut self, direction: Direction) -> &mut T {
        let [own, _] = direction.split(self);
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_is_the_place_of_its_sender() {
        let mut sent = [1, 2];
        sent[Direction::Backward] += 10;
        assert_eq!(Direction::BOTH.map(|d| sent[d]), [1, 12]);
        assert_eq!(Direction::BOTH.map(|d| sent[d.reverse()]), [12, 1]);
        assert_eq!(Direction::Backward.split(&mut sent), [&mut 12, &mut 1]);
    }
}
