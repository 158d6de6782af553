//! Options one after the other in a header: an octet with the type, an octet with the length, and the data.

use super::read::Read;

/// An iterator over the options of a header: offset, type and data of each. It ends before an option that runs over
/// the end.
#[derive(Clone)]
pub(in crate::dissect) struct Options<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Types up to this one are a single octet, without length and data.
    single: u8,
    /// The type that ends the list.
    last: Option<u8>,
    /// How many octets the length octet counts besides the data: 2 if it counts type and length, too.
    counted: usize,
}

impl<'a> Options<'a> {
    /// Options of IPv4 (RFC 791, section 3.1): the length counts the whole option, and type 0 ends the list.
    pub(in crate::dissect) const fn ipv4(bytes: &'a [u8]) -> Options<'a> {
        Options { bytes, at: 0, single: 1, last: Some(0), counted: 2 }
    }

    /// Options of an IPv6 header (RFC 8200, section 4.2), from `at` on: the length counts the data.
    pub(in crate::dissect) const fn ipv6(bytes: &'a [u8], at: usize) -> Options<'a> {
        Options { bytes, at, single: 0, last: None, counted: 0 }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (usize, u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let kind = self.bytes.u8(at)?;
        if kind <= self.single {
            self.at = if self.last == Some(kind) { self.bytes.len() } else { at + 1 };
            return Some((at, kind, &[]));
        }
        let len = usize::from(self.bytes.u8(at + 1)?).checked_sub(self.counted)?;
        let data = self.bytes.get(at + 2..at + 2 + len)?;
        self.at = at + 2 + len;
        Some((at, kind, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_lies_ends_the_list_without_a_loop() {
        assert_eq!(Options::ipv4(&[7, 0, 0, 0]).count(), 0);
        assert_eq!(Options::ipv4(&[7, 1, 0, 0]).count(), 0);
        assert_eq!(Options::ipv4(&[1, 7, 40, 4]).count(), 1);
        assert_eq!(Options::ipv6(&[58, 0, 0, 1, 9, 0], 2).count(), 1);
    }

    #[test]
    fn nothing_follows_the_end_of_the_list() {
        assert_eq!(Options::ipv4(&[1, 0, 1, 1]).count(), 2);
        assert_eq!(Options::ipv6(&[0, 0, 5, 0, 1, 0], 0).count(), 4);
    }
}
