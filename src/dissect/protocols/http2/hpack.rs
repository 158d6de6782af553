//! Header compression (HPACK, RFC 7541). A decoder of our own: the details say of each field how it was written and at
//! which place, a frame of a block is decoded as far as it goes, and the table is copied with its conversation, which the
//! crates for HPACK do not offer.

use super::huffman;
use crate::dissect::facts::{HeaderField, HeaderItem, Wording};
use std::collections::VecDeque;

/// Octets that a table may have before the other side says otherwise (RFC 9113, section 6.5.2).
const USUAL: usize = 4096;
/// No table is larger.
const MOST: usize = 1 << 20;
/// What an entry counts besides its octets (section 4.1).
const OVERHEAD: usize = 32;
/// Octets that wait for the rest of their field.
const MOST_WAITING: usize = 1 << 18;
/// Fields of one frame, and octets in them, that are shown: a short block can stand for a very long one.
const MOST_SHOWN: usize = 200;
const MOST_OCTETS: usize = 1 << 18;

/// Appendix A.
#[rustfmt::skip]
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// Why no field was read.
enum Fault {
    /// The rest of it is in the next frame.
    Short,
    /// It is none.
    Wrong,
}

/// A field that is in the table.
#[derive(Clone, Debug)]
struct Entry {
    name: Box<[u8]>,
    value: Box<[u8]>,
}

impl Entry {
    fn size(&self) -> usize {
        self.name.len() + self.value.len() + OVERHEAD
    }
}

/// What one side's header blocks are decoded with.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    /// The newest entry first.
    table: VecDeque<Entry>,
    /// Octets of all entries, as they count.
    size: usize,
    /// How many of them there may be.
    room: usize,
    /// The most that the other side allows.
    allowed: usize,
    /// The beginning of a field whose rest is in the next frame of the block.
    waiting: Vec<u8>,
    /// A block could not be decoded: what the table holds is not known any more.
    broken: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder {
            table: VecDeque::new(),
            size: 0,
            room: USUAL,
            allowed: USUAL,
            waiting: Vec::new(),
            broken: false,
        }
    }
}

impl Decoder {
    /// The other side allows a table of so many octets.
    pub(super) fn allow(&mut self, size: u32) {
        self.allowed = (size as usize).min(MOST);
        if self.room > self.allowed {
            self.resize(self.allowed);
        }
    }

    /// How many bytes of memory it holds.
    pub(super) fn held(&self) -> usize {
        self.size + self.waiting.len()
    }

    /// Forgets everything: later blocks cannot be decoded.
    pub(super) fn give_up(&mut self) {
        *self = Decoder { broken: true, ..Decoder::default() };
    }

    /// Decodes the part of a block that one frame has; `last` if the block ends with it. Nothing of a block that is wrong
    /// is shown, nor anything after it.
    pub(super) fn decode(&mut self, part: &[u8], last: bool) -> Vec<HeaderItem> {
        let before = self.waiting.len();
        self.waiting.extend_from_slice(part);
        if self.broken || self.waiting.len() > MOST_WAITING {
            self.give_up();
            return Vec::new();
        }
        let bytes = std::mem::take(&mut self.waiting);
        let (mut at, mut octets, mut items) = (0, 0, Vec::new());
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match self.item(rest) {
                Ok((mut item, len)) => {
                    // Of what began in the frame before, the part in this one.
                    let start = at.saturating_sub(before);
                    item.place = (start as u32, (at + len - before - start) as u32);
                    at += len;
                    octets += item.octets();
                    if items.len() < MOST_SHOWN && octets <= MOST_OCTETS {
                        items.push(item);
                    }
                }
                Err(Fault::Short) if !last => break,
                Err(_) => {
                    self.give_up();
                    return Vec::new();
                }
            }
        }
        self.waiting = bytes.get(at..).unwrap_or(&[]).to_vec();
        items
    }

    /// The item at the beginning of a block, and how many octets it takes (section 6).
    fn item(&mut self, bytes: &[u8]) -> Result<(HeaderItem, usize), Fault> {
        let first = *bytes.first().ok_or(Fault::Short)?;
        let (wording, prefix) = match first {
            0x80.. => (Wording::Indexed, 7),
            0x40.. => (Wording::AddedToTable, 6),
            0x20.. => {
                let (size, len) = integer(bytes, 5)?;
                if size as usize > self.allowed {
                    return Err(Fault::Wrong);
                }
                self.resize(size as usize);
                return Ok((HeaderItem::table_size(size), len));
            }
            0x10.. => (Wording::NeverIndexed, 4),
            _ => (Wording::Plain, 4),
        };
        let (index, mut at) = integer(bytes, prefix)?;
        let known = if index > 0 { Some(self.get(index).ok_or(Fault::Wrong)?) } else { None };
        let (name, value) = match (wording, known) {
            (Wording::Indexed, known) => {
                let (name, value) = known.ok_or(Fault::Wrong)?;
                (name.to_vec(), value.to_vec())
            }
            (_, Some((name, _))) => {
                let name = name.to_vec();
                (name, text(bytes, &mut at)?.read()?)
            }
            (_, None) => {
                // Both must be there before either is read.
                let (name, value) = (text(bytes, &mut at)?, text(bytes, &mut at)?);
                (name.read()?, value.read()?)
            }
        };
        if wording == Wording::AddedToTable {
            self.add(&name, &value);
        }
        Ok((HeaderItem::field(HeaderField { name, value, wording, index }), at))
    }

    /// The name and the value at a place, counted from 1: the fixed ones first, then the newest.
    fn get(&self, index: u32) -> Option<(&[u8], &[u8])> {
        let at = (index as usize).checked_sub(1)?;
        match STATIC.get(at) {
            Some((name, value)) => Some((name.as_bytes(), value.as_bytes())),
            None => self.table.get(at - STATIC.len()).map(|entry| (&*entry.name, &*entry.value)),
        }
    }

    fn add(&mut self, name: &[u8], value: &[u8]) {
        let entry = Entry { name: name.into(), value: value.into() };
        // One that is larger than the table empties it (section 4.4).
        self.shrink(self.room.saturating_sub(entry.size()));
        if entry.size() <= self.room {
            self.size += entry.size();
            self.table.push_front(entry);
        }
    }

    fn resize(&mut self, room: usize) {
        self.room = room;
        self.shrink(room);
    }

    /// Drops the oldest entries until the others have no more than so many octets.
    fn shrink(&mut self, most: usize) {
        while self.size > most
            && let Some(entry) = self.table.pop_back()
        {
            self.size -= entry.size();
        }
    }
}

/// An integer whose first octet lends it so many bits, and how many octets it takes (section 5.1).
fn integer(bytes: &[u8], bits: u8) -> Result<(u32, usize), Fault> {
    let full = (1u32 << bits) - 1;
    let mut n = u64::from(u32::from(*bytes.first().ok_or(Fault::Short)?) & full);
    if n < u64::from(full) {
        return Ok((n as u32, 1));
    }
    for at in 1..6 {
        let octet = *bytes.get(at).ok_or(Fault::Short)?;
        n += u64::from(octet & 0x7f) << (7 * (at - 1));
        if octet & 0x80 == 0 {
            return Ok((u32::try_from(n).map_err(|_| Fault::Wrong)?, at + 1));
        }
    }
    Err(Fault::Wrong)
}

/// A string as it stands in a block.
struct Text<'a> {
    octets: &'a [u8],
    coded: bool,
}

impl Text<'_> {
    fn read(&self) -> Result<Vec<u8>, Fault> {
        if self.coded { huffman::decode(self.octets).ok_or(Fault::Wrong) } else { Ok(self.octets.to_vec()) }
    }
}

/// The string at `at`, which moves behind it (section 5.2).
fn text<'a>(bytes: &'a [u8], at: &mut usize) -> Result<Text<'a>, Fault> {
    let rest = bytes.get(*at..).unwrap_or(&[]);
    let coded = rest.first().is_some_and(|first| first & 0x80 != 0);
    let (len, start) = integer(rest, 7)?;
    let end = start + len as usize;
    let octets = rest.get(start..end).ok_or(Fault::Short)?;
    *at += end;
    Ok(Text { octets, coded })
}

#[cfg(test)]
mod tests;
