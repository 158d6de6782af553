//! The head of a message: its first line and its header fields, with their offsets (RFC 9112, sections 2 to 5).
//!
//! As in Wireshark, all that looks like a head is read as one; a strict parser would reject some of it.

use crate::dissect::reading::read::Read;

/// The methods of requests; a first line with another method is no request.
const METHODS: [&str; 41] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PATCH",
    "COPY",
    "MOVE",
    "MKCOL",
    "PROPFIND",
    "PROPPATCH",
    "LOCK",
    "UNLOCK",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "M-SEARCH",
    "POLL",
    "BCOPY",
    "BMOVE",
    "BDELETE",
    "BPROPFIND",
    "BPROPPATCH",
    "SEARCH",
    "REPORT",
    "CHECKOUT",
    "CHECKIN",
    "VERSION-CONTROL",
    "MERGE",
    "LABEL",
    "UPDATE",
    "MKWORKSPACE",
    "UNCHECKOUT",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "LINK",
    "RPC_IN_DATA",
    "RPC_OUT_DATA",
];

/// Methods that notify or subscribe instead of asking for content (General Event Notification Architecture).
const NOTIFICATIONS: [&[u8]; 3] = [b"NOTIFY", b"SUBSCRIBE", b"UNSUBSCRIBE"];

/// The first line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start<'a> {
    /// Method, target and version; the latter two may be missing.
    Request { method: Part<'a>, uri: Part<'a>, version: Part<'a> },
    /// Version, status code and phrase; the latter two may be missing.
    Response { version: Part<'a>, code: Part<'a>, phrase: Part<'a> },
}

/// Some bytes, and their offset in the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) at: usize,
    pub(super) bytes: &'a [u8],
}

/// A line: its text without the line end, and its length with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeadLine<'a> {
    pub(super) text: Part<'a>,
    pub(super) len: usize,
}

/// The line at `at`, which ends with a line feed, a carriage return or both; `None` if its end is not there.
pub(super) fn line(bytes: &[u8], at: usize) -> Option<HeadLine<'_>> {
    let rest = bytes.get(at..)?;
    let end = memchr::memchr2(b'\r', b'\n', rest)?;
    let len = match rest.get(end..)? {
        [b'\r', b'\n', ..] => end + 2,
        // A line feed may still come.
        [b'\r'] => return None,
        _ => end + 1,
    };
    let text = rest.get(..end)?;
    Some(HeadLine { text: Part { at, bytes: text }, len })
}

/// Offset of the first line: an empty line may come before it (RFC 9112, section 2.2).
pub(super) fn leading_crlf(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\r\n") && bytes.len() > 2 { 2 } else { 0 }
}

/// Reads a first line; `None` if it is not the first line of a message.
pub(super) fn start(text: Part<'_>) -> Option<Start<'_>> {
    let mut words = Words { at: text.at, rest: text.bytes };
    let first = words.next_word();
    if first.bytes.starts_with(b"HTTP/") {
        let code = words.next_word();
        return Some(Start::Response { version: first, code, phrase: words.remaining() });
    }
    // As in Wireshark, GET is a request even without a target; no other method is.
    let alone = first.bytes.len() == text.bytes.len() && first.bytes != b"GET";
    if alone || !METHODS.iter().any(|m| m.as_bytes() == first.bytes) {
        return None;
    }
    let uri = words.next_word();
    Some(Start::Request { method: first, uri, version: words.remaining() })
}

/// Whether bytes begin with a method and a blank.
pub(super) fn begins_request(bytes: &[u8]) -> bool {
    let rest = METHODS
        .iter()
        .find_map(|method| bytes.strip_prefix(method.as_bytes()).filter(|rest| rest.starts_with(b" ")));
    rest.is_some()
}

struct Words<'a> {
    at: usize,
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    fn next_word(&mut self) -> Part<'a> {
        let len = self.rest.iter().position(|b| *b == b' ').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(len);
        let part = Part { at: self.at, bytes: word };
        // A second blank belongs to the next word, which is empty then.
        let blank = usize::from(!rest.is_empty());
        self.at += len + blank;
        self.rest = rest.get(blank..).unwrap_or(&[]);
        part
    }

    fn remaining(&self) -> Part<'a> {
        Part { at: self.at, bytes: self.rest }
    }
}

/// Length of the head with its empty line, counted from the beginning of `bytes`; `None` if the empty line is not
/// there. A line without a colon ends the head early.
pub(super) fn head_len(bytes: &[u8]) -> Option<usize> {
    let begin = leading_crlf(bytes);
    let (mut at, mut end) = (begin, None);
    loop {
        let line = line(bytes, at)?;
        if line.text.bytes.is_empty() {
            return Some(end.unwrap_or(at + line.len));
        }
        if at > begin && !line.text.bytes.contains(&b':') {
            end.get_or_insert(at);
        }
        at += line.len;
    }
}

/// One header field: a line with a colon. As in Wireshark, a line that begins with a blank does not continue the
/// field before (RFC 9112, section 5.2, forbids sending such lines).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeaderField<'a> {
    /// The line with its line end.
    pub(super) whole: Part<'a>,
    /// The text before the colon.
    pub(super) name: &'a [u8],
    /// The text after the colon, without blanks at its beginning.
    pub(super) value: Part<'a>,
}

/// Whether all characters may appear in a name (RFC 9110, section 5.6.2).
pub(super) fn is_token(name: &[u8]) -> bool {
    name.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b))
}

impl HeaderField<'_> {
    /// Whether its name has only characters that a name may have.
    pub(super) fn has_legal_name(&self) -> bool {
        is_token(self.name)
    }

    /// Whether the field has this name; case does not count.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The header fields of a head that ends at `head`; the first one begins at `at`.
pub(super) fn header_fields(
    bytes: &[u8],
    mut at: usize,
    head: usize,
) -> impl Iterator<Item = HeaderField<'_>> {
    let bytes = bytes.get(..head).unwrap_or(bytes);
    std::iter::from_fn(move || {
        let line = line(bytes, at).filter(|line| line.text.bytes.contains(&b':'))?;
        let field = header_field(Part { at, bytes: bytes.get(at..at + line.len)? });
        at += line.len;
        Some(field)
    })
}

fn header_field(whole: Part<'_>) -> HeaderField<'_> {
    let end = whole.bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |i| i + 1);
    let colon = memchr::memchr(b':', whole.bytes);
    let name = colon.and_then(|c| whole.bytes.get(..c)).unwrap_or(&[]);
    let mut from = colon.map_or(0, |c| c + 1);
    while matches!(whole.bytes.u8(from), Some(b' ' | b'\t')) {
        from += 1;
    }
    let value = Part { at: whole.at + from, bytes: whole.bytes.get(from..end).unwrap_or(&[]) };
    HeaderField { whole, name, value }
}

/// The part of a head that decides about the body and about later messages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head<'a> {
    /// Length of the head in bytes, with the empty line after it and any before it.
    pub(super) len: usize,
    pub(super) start: Option<Start<'a>>,
    pub(super) content_length: Option<u64>,
    pub(super) content_type: Option<&'a [u8]>,
    pub(super) content_encoding: Option<&'a [u8]>,
    pub(super) chunked: bool,
    pub(super) host: Option<&'a [u8]>,
    /// The protocol to change to, from the Upgrade field.
    pub(super) upgrade: Option<&'a [u8]>,
}

impl<'a> Head<'a> {
    /// Reads the head at the beginning of `bytes`, as far as it is there; `None` if they do not begin with a first
    /// line.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Head<'a>> {
        let at = leading_crlf(bytes);
        let first = line(bytes, at)?;
        let start = start(first.text)?;
        let len = head_len(bytes).unwrap_or(bytes.len());
        let mut head = Head { len, start: Some(start), ..Head::default() };
        for field in header_fields(bytes, at + first.len, len) {
            head.note(&field);
        }
        Some(head)
    }

    fn note(&mut self, field: &HeaderField<'a>) {
        let value = field.value.bytes;
        if field.is("content-length") {
            self.content_length = number(value);
        } else if field.is("content-type") {
            self.content_type = Some(value);
        } else if field.is("content-encoding") {
            self.content_encoding = Some(value);
        } else if field.is("transfer-encoding") {
            self.chunked = value.get(..7).is_some_and(|v| v.eq_ignore_ascii_case(b"chunked"));
        } else if field.is("host") {
            self.host = Some(value);
        } else if field.is("upgrade") {
            self.upgrade = Some(value);
        }
    }

    /// Whether it is a request that notifies or subscribes.
    pub(super) fn notifies(&self) -> bool {
        matches!(self.start, Some(Start::Request { method, .. }) if NOTIFICATIONS.contains(&method.bytes))
    }

    /// The status code of a response.
    pub(super) fn code(&self) -> Option<u16> {
        match self.start {
            Some(Start::Response { code, .. }) => code_of(code.bytes),
            _ => None,
        }
    }
}

/// A status code: three digits.
pub(super) fn code_of(text: &[u8]) -> Option<u16> {
    number(text.get(..3)?).and_then(|n| u16::try_from(n).ok())
}

/// The decimal number at the beginning of `text`.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let digits = text.get(..digits).filter(|d| !d.is_empty())?;
    digits.iter().try_fold(0u64, |n, d| n.checked_mul(10)?.checked_add(u64::from(d - b'0')))
}
