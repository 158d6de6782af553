//! Domain names and their compression: RFC 1035, sections 3.1 and 4.1.4.

use crate::dissect::reading::read::Read;
use crate::dissect::reading::wording::Lossy;
use std::fmt;

/// The longest text of a name that is kept, in bytes; RFC 1035 allows 255 octets.
const MAX_TEXT: usize = 255;

/// The most pointers that are followed within one name: as many as a name can have labels. This bounds the work on a
/// loop.
const MAX_POINTERS: u32 = 127;

/// The texts for names that cannot be written.
const ROOT: &[u8] = b"<Root>";
const TOO_LONG: &[u8] = b"<Name too long>";
const LOOPS: &[u8] = b"<Name contains a pointer that loops>";

/// One name, decompressed, in a buffer of its own.
pub(in crate::dissect) struct Name {
    buffer: [u8; MAX_TEXT],
    len: usize,
    /// The text to show instead, for a name that cannot be written.
    instead: Option<&'static [u8]>,
    /// Octets that the name takes at its own place, its first pointer included.
    pub(in crate::dissect) used: usize,
}

impl Name {
    /// Reads the name at `at` of a message; `None` when it runs out of the message or has a label of an unknown kind.
    pub(in crate::dissect) fn read(message: &[u8], at: usize) -> Option<Name> {
        let mut name = Name { buffer: [0; MAX_TEXT], len: 0, instead: None, used: 0 };
        let mut pos = at;
        let (mut pointers, mut octets) = (0, 0);
        loop {
            let n = message.u8(pos)?;
            pos += 1;
            match n >> 6 {
                0 if n == 0 => break,
                0 => {
                    let label = message.get(pos..pos + usize::from(n))?;
                    pos += label.len();
                    octets += 1 + label.len();
                    name.push(label);
                }
                3 => {
                    let target = usize::from(n & 0x3f) << 8 | usize::from(message.u8(pos)?);
                    pos += 1;
                    if pointers == 0 {
                        name.used = pos - at;
                    }
                    pointers += 1;
                    octets += 2;
                    // The name is too long already; following the pointer would not change that, and could take long.
                    if name.instead.is_some() {
                        return Some(name);
                    }
                    // After as many octets as the message has, further reading would meet the same octets again.
                    if pointers > MAX_POINTERS || octets >= message.len() {
                        name.instead = Some(LOOPS);
                        return Some(name);
                    }
                    pos = target;
                }
                _ => return None,
            }
            if pointers > 0 && name.instead.is_some() {
                return Some(name);
            }
        }
        if pointers == 0 {
            name.used = pos - at;
        }
        Some(name)
    }

    fn push(&mut self, label: &[u8]) {
        let dot = usize::from(self.len > 0);
        match self.buffer.get_mut(self.len..self.len + dot + label.len()) {
            Some(room) => {
                if let Some((first, rest)) = room.split_first_mut().filter(|_| dot == 1) {
                    *first = b'.';
                    rest.copy_from_slice(label);
                } else {
                    room.copy_from_slice(label);
                }
                self.len += dot + label.len();
            }
            None => self.instead = Some(TOO_LONG),
        }
    }

    /// The name as text, unescaped: labels with dots between them, or the text for a name that cannot be written.
    pub(in crate::dissect) fn text(&self) -> &[u8] {
        match self.instead {
            Some(text) => text,
            None if self.len == 0 => ROOT,
            None => self.buffer.get(..self.len).unwrap_or(&[]),
        }
    }

    /// How many labels the text has (`dns.count.labels`).
    pub(in crate::dissect) fn labels(&self) -> usize {
        1 + self.text().iter().filter(|b| **b == b'.').count()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Lossy(self.text()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &[u8], at: usize) -> Option<(String, usize)> {
        Name::read(message, at).map(|n| (n.to_string(), n.used))
    }

    #[test]
    fn a_pointer_ends_the_name_where_it_stands() {
        let message = b"\x03www\x07example\x00\x04mail\xc0\x04";
        assert_eq!(read(message, 0), Some(("www.example".into(), 13)));
        assert_eq!(read(message, 13), Some(("mail.example".into(), 7)));
        assert_eq!(read(b"\0", 0), Some(("<Root>".into(), 1)));
    }

    #[test]
    fn loops_end() {
        assert_eq!(read(b"\x03www\xc0\x00", 0), Some(("<Name contains a pointer that loops>".into(), 6)));
        assert_eq!(read(b"\xc0\x00", 0), Some(("<Name contains a pointer that loops>".into(), 2)));
        assert_eq!(read(b"\xc0\x02\xc0\x00", 0), Some(("<Name contains a pointer that loops>".into(), 2)));
    }

    #[test]
    fn a_name_beyond_255_octets_is_skipped_as_a_whole() {
        let mut message = Vec::new();
        for _ in 0..6 {
            message.push(63);
            message.extend([b'a'; 63]);
        }
        message.push(0);
        assert_eq!(read(&message, 0), Some(("<Name too long>".into(), 385)));
    }

    #[test]
    fn a_name_that_runs_out_of_the_message_is_none() {
        for message in [&b"\x05abc"[..], b"\xc0", b"\x40\x00", b"\x80a\x00", b"\x03www"] {
            assert_eq!(read(message, 0), None, "{message:?}");
        }
        assert_eq!(read(b"\0\0\xc0\xff", 2), None);
    }
}
