//! The public header of Google's QUIC: what comes before the encrypted part of a packet.

use crate::dissect::reading::walk::{End, Step};

/// The first version with packets that hold a nonce of the server's.
const WITH_NONCE: u16 = 33;
/// The first version whose numbers are big-endian.
const BIG_ENDIAN: u16 = 39;
/// Length of a connection ID, in bytes.
const ID: usize = 8;
/// Length of the server's nonce, in bytes.
pub(super) const NONCE: usize = 32;

/// The layout of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Versions up to 43.
    Public,
    /// Version 46, which has the headers of a draft of RFC 9000.
    Long,
    Short,
    /// A server lists the versions that it speaks.
    Negotiation,
    /// A server does not know the connection.
    Reset,
}

/// What the conversation knows of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The number behind the Q of the version: 43 for Q043. 0 where it is not known.
    pub version: u16,
    /// Whether numbers are big-endian. It stays so when a server lists an older version.
    pub big_endian: bool,
    /// Whether the packet comes from the server.
    pub from_server: bool,
}

impl Known {
    /// The same, after a packet in the conversation.
    pub(super) fn with(self, bytes: &[u8]) -> Known {
        let version = begins(bytes).unwrap_or(self.version);
        Known { version, big_endian: self.big_endian || version >= BIG_ENDIAN, ..self }
    }
}

/// The public header of a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) form: Form,
    pub(super) flags: u8,
    /// The number of the version: the packet's own or the conversation's.
    pub(super) version: u16,
    big_endian: bool,
    /// Offset and value of the connection ID.
    pub(super) id: Option<(usize, u64)>,
    /// Offset of the version.
    pub(super) tag: Option<usize>,
    /// Offset of the server's nonce.
    pub(super) nonce: Option<usize>,
    /// Offset, length and value of the packet number.
    pub(super) number: Option<(usize, usize, u64)>,
    /// Offset of what follows the header.
    pub(super) after: usize,
    /// Whether the packet ends within the header.
    pub(super) is_cut: bool,
}

/// The length that the lowest two bits of flags or of a type stand for, in bytes.
pub(super) fn width(bits: u8) -> usize {
    [1, 2, 4, 6][usize::from(bits & 3)]
}

/// The number in the name of a version, such as 43 in `Q043`; `None` for other versions of QUIC.
fn version(tag: &[u8]) -> Option<u16> {
    let [b'Q', b'0', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = tag else { return None };
    let number = u16::from(tens - b'0') * 10 + u16::from(ones - b'0');
    (20..50).contains(&number).then_some(number)
}

/// The version of a packet that begins a conversation; `None` if it is none of Google's QUIC.
pub(super) fn begins(bytes: &[u8]) -> Option<u16> {
    let flags = *bytes.first()?;
    match flags & 0xc0 {
        0 if flags & 9 == 9 => version(bytes.get(1 + ID..5 + ID)?),
        // 14 bytes: flags, version, lengths of the IDs, and one ID.
        0xc0 if bytes.len() > 5 + ID => version(bytes.get(1..5)?).filter(|version| *version == 46),
        _ => None,
    }
}

impl Header {
    /// Reads the header, as far as the packet goes; an error if there is nothing.
    pub(super) fn read(bytes: &[u8], known: Known) -> Step<Header> {
        let flags = *bytes.first().ok_or(End::Short)?;
        let known = known.with(bytes);
        let version = if known.version > 0 { known.version } else { WITH_NONCE };
        let mut header = Header {
            form: match flags & 0xc0 {
                0xc0 => Form::Long,
                0 if flags & 1 != 0 && known.from_server => Form::Negotiation,
                0 if flags & 2 != 0 => Form::Reset,
                0 => Form::Public,
                _ => Form::Short,
            },
            flags,
            version,
            big_endian: known.big_endian,
            id: None,
            tag: None,
            nonce: None,
            number: None,
            after: 1,
            is_cut: false,
        };
        header.is_cut = header.parts(bytes, known.from_server).is_err();
        Ok(header)
    }

    fn parts(&mut self, bytes: &[u8], from_server: bool) -> Step {
        match self.form {
            Form::Long => self.long(bytes, from_server),
            Form::Short => {
                if !from_server {
                    self.id(bytes)?;
                }
                self.number(bytes, usize::from(self.flags & 3) + 1)
            }
            _ => self.public(bytes, from_server),
        }
    }

    /// Whether the flags have a bit for a nonce, in place of the lower half of an ID's length.
    pub(super) fn has_nonce_bit(&self) -> bool {
        self.version >= WITH_NONCE
    }

    /// The number in the `len` bytes at `at`.
    pub(super) fn uint(&self, bytes: &[u8], at: usize, len: usize) -> Step<u64> {
        let bytes = at.checked_add(len).and_then(|end| bytes.get(at..end)).ok_or(End::Short)?;
        let add = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
        Ok(if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    fn id(&mut self, bytes: &[u8]) -> Step {
        self.id = Some((self.after, self.uint(bytes, self.after, ID)?));
        self.after += ID;
        Ok(())
    }

    fn number(&mut self, bytes: &[u8], len: usize) -> Step {
        self.number = Some((self.after, len, self.uint(bytes, self.after, len)?));
        self.after += len;
        Ok(())
    }

    /// Flags, ID, version, nonce and number.
    fn public(&mut self, bytes: &[u8], from_server: bool) -> Step {
        if self.flags & 8 != 0 {
            self.id(bytes)?;
        }
        if matches!(self.form, Form::Negotiation | Form::Reset) {
            return Ok(());
        }
        if self.flags & 1 != 0 {
            bytes.get(self.after..self.after + 4).ok_or(End::Short)?;
            self.tag = Some(self.after);
            self.after += 4;
        }
        if self.has_nonce_bit() && from_server && self.flags & 4 != 0 {
            bytes.get(self.after..self.after + NONCE).ok_or(End::Short)?;
            self.nonce = Some(self.after);
            self.after += NONCE;
        }
        self.number(bytes, width(self.flags >> 4))
    }

    /// Flags, version, the lengths of two IDs, one of them, and the number. The length is three less than that of the
    /// ID, whose first eight bytes are its value.
    fn long(&mut self, bytes: &[u8], from_server: bool) -> Step {
        let lengths = *bytes.get(5).ok_or(End::Short)?;
        self.tag = Some(1);
        let shorter = if from_server { lengths & 15 } else { lengths >> 4 };
        self.after = 6;
        self.id(bytes)?;
        self.after = 6 + usize::from(shorter) + 3;
        self.number(bytes, usize::from(self.flags & 3) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::bytes;

    #[test]
    fn a_version_of_google_begins_a_conversation() {
        let public = |version: &str| [&bytes("0d 0102030405060708")[..], version.as_bytes(), &[1]].concat();
        assert_eq!(begins(&public("Q025")), Some(25));
        assert_eq!(begins(&public("Q043")), Some(43));
        for other in ["Q019", "Q050", "Q100", "T050", "q043", "Q0"] {
            assert_eq!(begins(&public(other)), None, "{other}");
        }
        let long = |version: &str| [&[0xc3], version.as_bytes(), &bytes("50 0102030405060708")].concat();
        assert_eq!(begins(&long("Q046")), Some(46));
        assert_eq!(begins(&long("Q043")), None);
    }

    #[test]
    fn numbers_are_little_endian_up_to_version_36() {
        let packet = bytes("18 0102030405060708 0201 00");
        let read = |version| {
            let header = Header::read(&packet, Known { version, ..Known::default() }.with(&[])).ok()?;
            Some((header.id?.1, header.number?.2))
        };
        assert_eq!(read(25), Some((0x0807_0605_0403_0201, 0x0102)));
        assert_eq!(read(43), Some((0x0102_0304_0506_0708, 0x0201)));
    }

    #[test]
    fn a_servers_nonce_stands_before_the_number() {
        let packet = [&[0x04], [9; NONCE].as_slice(), &[7, 0]].concat();
        let number = |version, from_server| {
            Header::read(&packet, Known { version, from_server, ..Known::default() })
                .ok()
                .and_then(|h| h.number)
                .map(|n| n.2)
        };
        assert_eq!(number(43, true), Some(7));
        assert_eq!(number(43, false), Some(9));
        assert_eq!(number(25, true), Some(9));
    }
}
