//! Converts the time units of a capture file to nanoseconds (pcapng, option `if_tsresol`).

use crate::frame::Timestamp;

/// The unit in which an interface counts time, as the byte of `if_tsresol`: with the top bit 0, a negative power of 10;
/// with the top bit 1, a negative power of 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution(pub u8);

impl Resolution {
    /// Microseconds, the default of an interface without `if_tsresol`.
    pub const MICROS: Resolution = Resolution(6);
    /// Nanoseconds.
    pub const NANOS: Resolution = Resolution(9);

    /// The decimals with which Wireshark shows such times: 0, 1, 2, 3, 6 or 9, never more than were recorded.
    pub const fn precision(self) -> u8 {
        let digits = if self.0 & 0x80 == 0 { self.0 } else { ((self.0 & 0x7f) as u16 * 3 / 10) as u8 };
        match digits {
            0..=2 => digits,
            3..=5 => 3,
            6..=8 => 6,
            _ => 9,
        }
    }
}

/// Converts the times of one interface to timestamps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    scale: Scale,
    /// `if_tsoffset` in nanoseconds.
    offset: i128,
}

#[derive(Clone, Copy, Debug)]
enum Scale {
    /// Units of at least a nanosecond: nanoseconds in a unit.
    Times(u64),
    /// Units below a nanosecond: units in a nanosecond.
    Over(u64),
    /// Units of two to the power of minus this number, in seconds.
    Shift(u32),
}

impl Clock {
    /// The clock of an interface whose times begin `offset` seconds after the epoch.
    pub(super) fn new(resolution: Resolution, offset: i64) -> Self {
        let exponent = u32::from(resolution.0 & 0x7f);
        let scale = if resolution.0 & 0x80 != 0 {
            Scale::Shift(exponent)
        } else if exponent <= 9 {
            Scale::Times(10u64.pow(9 - exponent))
        } else {
            // From units of 10^-29 s on, 64 bits of them are less than a nanosecond.
            10u64.checked_pow(exponent - 9).map_or(Scale::Times(0), Scale::Over)
        };
        Clock { scale, offset: i128::from(offset) * 1_000_000_000 }
    }

    /// The time `units` after the clock's beginning; times that a [`Timestamp`] cannot hold become the nearest that
    /// it can.
    pub(super) fn time(&self, units: u64) -> Timestamp {
        let nanos = match self.scale {
            Scale::Times(each) => i128::from(units) * i128::from(each),
            Scale::Over(many) => i128::from(units / many),
            // At most 2^64 * 10^9 < 2^94.
            Scale::Shift(bits) => (i128::from(units) * 1_000_000_000) >> bits,
        };
        let nanos = nanos + self.offset;
        Timestamp::from_nanos(nanos.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(resolution: u8, offset: i64, units: u64) -> i64 {
        Clock::new(Resolution(resolution), offset).time(units).nanos()
    }

    #[test]
    fn powers_of_ten_and_of_two_become_nanoseconds() {
        assert_eq!(nanos(0, 0, 1_700_000_000), 1_700_000_000_000_000_000);
        assert_eq!(nanos(6, 0, 1_700_000_000_123_456), 1_700_000_000_123_456_000);
        assert_eq!(nanos(9, 0, 7), 7);
        assert_eq!(nanos(12, 0, 12_345_678_901_234_567_890), 12_345_678_901_234_567);
        assert_eq!(nanos(0x80 | 20, 0, 1_782_579_200_129_453), 1_700_000_000_123_456_001);
        assert_eq!(nanos(0x80 | 63, 0, 12_345_678_901_234_567_890), 1_338_521_188);
    }

    #[test]
    fn no_resolution_overflows() {
        for resolution in 0..=255 {
            for units in [0, 1, u64::MAX] {
                for offset in [i64::MIN, -1, 0, i64::MAX] {
                    nanos(resolution, offset, units);
                }
            }
        }
        assert_eq!(nanos(19, 0, u64::MAX), 1_844_674_407);
        assert_eq!(nanos(127, 0, u64::MAX), 0);
        assert_eq!(nanos(0xff, 0, u64::MAX), 0);
        assert_eq!(nanos(0, 0, u64::MAX), i64::MAX);
    }

    #[test]
    fn an_offset_may_be_negative() {
        assert_eq!(nanos(6, -100, 6), -99_999_994_000);
        // The earliest time that a timestamp can hold.
        assert_eq!(nanos(0, i64::MIN, 5), i64::MIN + 1);
    }

    #[test]
    fn digits_are_those_that_wireshark_shows() {
        let shown = |range: std::ops::RangeInclusive<u8>| {
            range.map(|r| Resolution(r).precision()).collect::<Vec<_>>()
        };
        assert_eq!(shown(0..=12), [0, 1, 2, 3, 3, 3, 6, 6, 6, 9, 9, 9, 9]);
        assert_eq!(shown(0x83..=0x8a), [0, 1, 1, 1, 2, 2, 2, 3]);
        assert_eq!(shown(0x93..=0x94), [3, 6]);
        assert_eq!(shown(0x9d..=0x9e), [6, 9]);
        assert_eq!(Resolution(0xff).precision(), 9);
    }
}
