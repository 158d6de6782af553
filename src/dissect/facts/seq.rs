//! TCP sequence numbers, which wrap.

use std::ops::{Add, Sub};

/// A TCP sequence or acknowledgement number (RFC 9293, section 3.4). Numbers wrap at 2³², so only two numbers that
/// are less than 2³¹ apart have an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeqNo(pub u32);

impl SeqNo {
    /// Whether `self` comes before `other`.
    #[inline]
    pub const fn before(self, other: SeqNo) -> bool {
        (self.0.wrapping_sub(other.0) as i32) < 0
    }

    /// Whether `self` comes after `other`.
    #[inline]
    pub const fn after(self, other: SeqNo) -> bool {
        other.before(self)
    }

    /// Whether `self` is `other` or comes before it.
    #[inline]
    pub const fn up_to(self, other: SeqNo) -> bool {
        !other.before(self)
    }
}

/// The number that is `bytes` further on.
impl Add<u32> for SeqNo {
    type Output = SeqNo;
    fn add(self, bytes: u32) -> SeqNo {
        SeqNo(self.0.wrapping_add(bytes))
    }
}

/// The number that is `bytes` further back.
impl Sub<u32> for SeqNo {
    type Output = SeqNo;
    fn sub(self, bytes: u32) -> SeqNo {
        SeqNo(self.0.wrapping_sub(bytes))
    }
}

/// The distance from `base` to `self`, in bytes: the relative number.
impl Sub<SeqNo> for SeqNo {
    type Output = u32;
    fn sub(self, base: SeqNo) -> u32 {
        self.0.wrapping_sub(base.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_order_across_the_wrap() {
        let (last, first) = (SeqNo(u32::MAX), SeqNo(0));
        assert!(last.before(first) && first.after(last));
        assert_eq!(first - last, 1);
        assert_eq!(last + 28, SeqNo(27));
        assert!(first.up_to(first) && !first.before(first));
    }
}
