//! Distinguished Encoding Rules (X.690), as far as certificates need them: elements one after the other, nested by
//! looking into their contents. Nothing is copied; an element that does not fit ends the list.

/// Tags that are looked at.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 0x01;
    pub(in super::super) const OCTETS: u8 = 0x04;
    pub(in super::super) const OID: u8 = 0x06;
    pub(in super::super) const UTF8: u8 = 0x0c;
    pub(in super::super) const PRINTABLE: u8 = 0x13;
    pub(in super::super) const TELETEX: u8 = 0x14;
    pub(in super::super) const IA5: u8 = 0x16;
    pub(in super::super) const VISIBLE: u8 = 0x1a;
    pub(in super::super) const BMP: u8 = 0x1e;
    pub(in super::super) const UTC_TIME: u8 = 0x17;
    pub(in super::super) const GENERALIZED_TIME: u8 = 0x18;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;
}

/// An element: its tag and its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    /// Offset of the tag in the outermost bytes.
    pub(super) start: usize,
    /// Offset of the contents there.
    pub(super) at: usize,
    /// The contents.
    pub(super) body: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(super) fn inside(&self) -> Elements<'a> {
        Elements { rest: self.body, at: self.at }
    }

    /// Length with tag and length.
    pub(super) fn len(&self) -> usize {
        self.at - self.start + self.body.len()
    }
}

/// Elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Elements<'a> {
        Elements { rest: bytes, at: 0 }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let [tag, first, more @ ..] = self.rest else { return None };
        let octets = usize::from(first & 0x7f);
        // Tags above 30 and lengths that are not definite have no place in a certificate.
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
}
