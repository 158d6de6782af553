//! TCP options: RFC 9293 section 3.2, RFC 7323, RFC 2018.

use super::extensions::Extension;
use crate::dissect::reading::read::Read;

/// One option of a TCP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// End of the list (kind 0).
    End,
    /// Padding between options (kind 1).
    Nop,
    /// The largest segment that the sender of this SYN accepts, in bytes of payload (kind 2).
    Mss(u16),
    /// The shift count of the sender's later windows (kind 3).
    WindowScale(u8),
    /// The sender accepts selective acknowledgements (kind 4).
    SackPermitted,
    /// Received blocks, eight bytes each: left and right edge (kind 5).
    Sack(&'a [u8]),
    /// Value and echoed value of the timestamp (kind 8).
    Timestamps(u32, u32),
    /// A less common option: its kind and its content.
    Extension(u8, Extension<'a>),
    /// An unknown option: kind and data.
    Other(u8, &'a [u8]),
    /// A damaged option, after which the list cannot be read: kind, and the remaining bytes.
    Damaged(u8, &'a [u8]),
}

/// Iterates over the options of a header: offset, length in bytes and the option. It ends after the first that is
/// damaged.
#[derive(Clone)]
pub struct Options<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Options<'a> {
    /// Iterates over `bytes`, which follow the fixed header.
    pub fn new(bytes: &'a [u8]) -> Options<'a> {
        Options { bytes, at: 0 }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (usize, usize, TcpOption<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let rest = self.bytes.get(at..)?;
        let kind = *rest.first()?;
        if kind <= 1 {
            // As in Wireshark, reading goes on after the end of the list, where only zeros should follow.
            self.at = at + 1;
            return Some((at, 1, if kind == 0 { TcpOption::End } else { TcpOption::Nop }));
        }
        let len = usize::from(rest.u8(1).unwrap_or(0));
        let Some(data) = rest.get(2..len) else {
            self.at = self.bytes.len();
            return Some((at, rest.len(), TcpOption::Damaged(kind, rest)));
        };
        self.at = at + len;
        let option = match (kind, data.len()) {
            (2, 2) => data.u16(0).map(TcpOption::Mss),
            (3, 1) => data.u8(0).map(TcpOption::WindowScale),
            (4, 0) => Some(TcpOption::SackPermitted),
            (5, n) if n > 0 && n % 8 == 0 => Some(TcpOption::Sack(data)),
            (8, 8) => data.u32(0).zip(data.u32(4)).map(|(val, ecr)| TcpOption::Timestamps(val, ecr)),
            _ => Extension::read(kind, data).map(|option| TcpOption::Extension(kind, option)),
        };
        Some((at, len, option.unwrap_or(TcpOption::Other(kind, data))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(bytes: &[u8]) -> Vec<TcpOption<'_>> {
        Options::new(bytes).map(|(_, _, o)| o).collect()
    }

    #[test]
    fn the_options_of_a_linux_syn() {
        let syn = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 10];
        assert_eq!(
            options(&syn),
            [
                TcpOption::Mss(1460),
                TcpOption::SackPermitted,
                TcpOption::Timestamps(9, 0),
                TcpOption::Nop,
                TcpOption::WindowScale(10)
            ]
        );
    }

    #[test]
    fn an_unknown_option_does_not_hide_those_behind_it() {
        assert_eq!(options(&[99, 3, 7, 2, 4, 1, 0]), [TcpOption::Other(99, &[7]), TcpOption::Mss(256)]);
    }

    #[test]
    fn a_length_that_lies_ends_the_list_without_a_loop() {
        assert_eq!(options(&[3, 0, 3, 10]), [TcpOption::Damaged(3, &[3, 0, 3, 10])]);
        assert_eq!(options(&[8, 10, 1]), [TcpOption::Damaged(8, &[8, 10, 1])]);
        assert_eq!(options(&[2, 3, 5]), [TcpOption::Extension(2, Extension::Odd(2, &[5]))]);
    }
}
