//! Elements of ASN.1 with definite lengths (X.690), as certificates and SNMP have them: one after the other, nested
//! through their contents. Nothing is copied; an element that runs over the end of the bytes ends the list.

use std::fmt;

/// Tags that the dissectors look at.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const OCTETS: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTF8: u8 = 0x0c;
    pub(crate) const PRINTABLE: u8 = 0x13;
    pub(crate) const TELETEX: u8 = 0x14;
    pub(crate) const IA5: u8 = 0x16;
    pub(crate) const VISIBLE: u8 = 0x1a;
    pub(crate) const BMP: u8 = 0x1e;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
}

/// An element: its tag and its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// Offset of the tag in the outermost bytes.
    pub(crate) start: usize,
    /// Offset of the contents in the outermost bytes.
    pub(crate) at: usize,
    /// The contents.
    pub(crate) body: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements in the contents.
    pub(crate) fn inside(&self) -> Elements<'a> {
        Elements { rest: self.body, at: self.at }
    }

    /// The contents as a signed number; `None` beyond 64 bits.
    pub(crate) fn integer(&self) -> Option<i64> {
        let sign = if self.body.first()? & 0x80 != 0 { -1 } else { 0 };
        (self.body.len() <= 8).then(|| self.body.iter().fold(sign, |n, byte| n << 8 | i64::from(*byte)))
    }

    /// The contents as an unsigned number; `None` beyond 64 bits.
    pub(crate) fn unsigned(&self) -> Option<u64> {
        let digits = self.body.strip_prefix(&[0]).unwrap_or(self.body);
        (digits.len() <= 8).then(|| digits.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    /// Length of the whole element in bytes: tag, length and contents.
    pub(crate) fn len(&self) -> usize {
        self.at - self.start + self.body.len()
    }
}

/// Elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Elements<'a> {
        Elements { rest: bytes, at: 0 }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let [tag, first, more @ ..] = self.rest else { return None };
        let octets = usize::from(first & 0x7f);
        // Certificates and SNMP have neither tags above 30 nor indefinite lengths.
        if tag & 0x1f == 0x1f || octets > 4 && *first >= 0x80 || *first == 0x80 {
            return None;
        }
        let (len, header) = match first {
            0..0x80 => (octets, 2),
            _ => (more.get(..octets)?.iter().fold(0, |n, b| n << 8 | usize::from(*b)), 2 + octets),
        };
        let body = self.rest.get(header..header.checked_add(len)?)?;
        let element = Element { tag: *tag, start: self.at, at: self.at + header, body };
        self.at += header + len;
        self.rest = self.rest.get(header + len..)?;
        Some(element)
    }
}

/// An object identifier, shown as numbers with dots.
pub(crate) struct Oid<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut n, mut first) = (0u64, true);
        for byte in self.0 {
            n = n.saturating_mul(128).saturating_add(u64::from(byte & 0x7f));
            if byte & 0x80 != 0 {
                continue;
            }
            if std::mem::take(&mut first) {
                // The first number encodes the first two arcs (X.690, section 8.19.4).
                let arc = (n / 40).min(2);
                write!(f, "{arc}.{}", n - 40 * arc)?;
            } else {
                write!(f, ".{n}")?;
            }
            n = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_elements_know_where_they_lie() {
        let bytes = [0x30, 0x06, 0x02, 0x01, 0x05, 0x13, 0x01, b'a', 0x05, 0x00];
        let all: Vec<_> = Elements::new(&bytes).collect();
        assert_eq!(all.len(), 2);
        let inner: Vec<_> = all[0].inside().map(|e| (e.tag, e.start, e.at, e.body)).collect();
        assert_eq!(inner, [(2, 2, 4, &[5][..]), (tag::PRINTABLE, 5, 7, b"a")]);
        assert_eq!(all[1].len(), 2);
    }

    #[test]
    fn lengths_that_do_not_fit_end_the_list() {
        for bytes in [
            &[0x30u8, 0x05, 0x00][..],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x80, 0],
            &[0x1f, 1, 0],
            &[0x30],
        ] {
            assert_eq!(Elements::new(bytes).next(), None, "{bytes:x?}");
        }
    }
    #[test]
    fn numbers_have_a_sign_or_none() {
        let number = |bytes: &[u8]| Elements::new(bytes).next().map(|e| (e.integer(), e.unsigned()));
        assert_eq!(number(&[2, 2, 0xff, 0x38]), Some((Some(-200), Some(0xff38))));
        assert_eq!(number(&[2, 2, 0x00, 0xc8]), Some((Some(200), Some(200))));
        assert_eq!(number(&[2, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1]), Some((None, None)));
        assert_eq!(number(&[2, 0]), Some((None, Some(0))));
    }
}
