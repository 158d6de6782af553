//! The messages of the handshake of Google's QUIC: a name, and values with tags of four letters.

use crate::dissect::reading::layer::unseen;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::field::{Field, Kind, Value};
use crate::frame::Timestamp;
use crate::text::{Line, Push};
use std::ops::Range;

crate::fields! {
    MESSAGE = Field::new("gquic.tag", "Tag", Kind::Text);
    COUNT = Field::new("gquic.tag_number", "Tag Number", Kind::Uint(16));
    PADDING = Field::new("gquic.padding", "Padding", Kind::Bytes);
    TAG = Field::new("gquic.tags", "Tag/value", Kind::Label);
    TYPE = Field::new("gquic.tag_type", "Tag Type", Kind::Text);
    END = Field::new("gquic.tag_offset_end", "Tag offset end", Kind::Uint(32));
    LENGTH = Field::new("gquic.tag_offset_length", "Tag length", Kind::Uint(32)).generated();
    VALUE = Field::new("gquic.tag_value", "Tag/value", Kind::Bytes);
    SNI = Field::new("gquic.tag.sni", "Server Name Indication", Kind::Text);
    PAD = Field::new("gquic.tag.pad", "Padding", Kind::Bytes);
    VERSION = Field::new("gquic.tag.version", "Version", Kind::Text);
    PDMD = Field::new("gquic.tag.pdmd", "Proof demand", Kind::Text);
    CCS = Field::new("gquic.tag.ccs", "Common certificate sets", Kind::Uint(64)).hex();
    UAID = Field::new("gquic.tag.uaid", "Client's User Agent ID", Kind::Text);
    STK = Field::new("gquic.tag.stk", "Source-address token", Kind::Bytes);
    SNO = Field::new("gquic.tag.sno", "Server nonce", Kind::Bytes);
    PROF = Field::new("gquic.tag.prof", "Proof (Signature)", Kind::Bytes);
    SCFG = Field::new("gquic.tag.scfg", "Server Config Tag", Kind::Text);
    SCFG_COUNT = Field::new("gquic.tag.scfg.number", "Number Server Config Tag", Kind::Uint(32));
    RREJ = Field::new("gquic.tag.rrej", "Reasons for server sending", Kind::Uint(32));
    CRT = Field::new("gquic.tag.crt", "Certificate chain", Kind::Bytes);
    AEAD = Field::new("gquic.tag.aead", "Authenticated encryption algorithms", Kind::Text);
    SCID = Field::new("gquic.tag.scid", "Server Config ID", Kind::Bytes);
    PUBS = Field::new("gquic.tag.pubs", "Public value", Kind::Uint(24)).dec_hex();
    KEXS = Field::new("gquic.tag.kexs", "Key exchange algorithms", Kind::Text);
    OBIT = Field::new("gquic.tag.obit", "Server orbit", Kind::Bytes);
    EXPY = Field::new("gquic.tag.expy", "Expiry", Kind::Uint(64));
    NONC = Field::new("gquic.tag.nonc", "Client nonce", Kind::Bytes);
    MSPC = Field::new("gquic.tag.mspc", "Max streams per connection", Kind::Uint(32));
    TCID = Field::new("gquic.tag.tcid", "Connection ID truncation", Kind::Uint(32)).dec_hex();
    SRBF = Field::new("gquic.tag.srbf", "Socket receive buffer", Kind::Uint(32)).dec_hex();
    ICSL = Field::new("gquic.tag.icsl", "Idle connection state", Kind::Uint(32)).dec_hex();
    SCLS = Field::new("gquic.tag.scls", "Silently close on timeout", Kind::Uint(32)).dec_hex();
    COPT = Field::new("gquic.tag.copt", "Connection options", Kind::Text);
    CCRT = Field::new("gquic.tag.ccrt", "Cached certificates", Kind::Bytes);
    IRTT = Field::new("gquic.tag.irtt", "Estimated initial RTT", Kind::Uint(32));
    CFCW = Field::new("gquic.tag.cfcw", "Initial session/connection", Kind::Uint(32));
    SFCW = Field::new("gquic.tag.sfcw", "Initial stream flow control", Kind::Uint(32));
    CETV = Field::new("gquic.tag.cetv", "Client encrypted tag-value", Kind::Bytes);
    XLCT = Field::new("gquic.tag.xlct", "Expected leaf certificate", Kind::Bytes);
    NONP = Field::new("gquic.tag.nonp", "Client Proof nonce", Kind::Bytes);
    CSCT = Field::new("gquic.tag.csct", "Signed cert timestamp", Kind::Bytes);
    RNON = Field::new("gquic.tag.rnon", "Public reset nonce proof", Kind::Uint(64));
    RSEQ = Field::new("gquic.tag.rseq", "Rejected Packet Number", Kind::Uint(64));
    CGST = Field::new("gquic.tag.cgst", "Congestion Control Feedback Type", Kind::Bytes);
    TBKP = Field::new("gquic.tag.tbkp", "Token Binding Key Params.", Kind::Text);
    CTIM = Field::new("gquic.tag.ctim", "Client Timestamp", Kind::Time);
    SMHL = Field::new("gquic.tag.smhl", "Support Max Header List (size)", Kind::Uint(64));
    MIDS = Field::new("gquic.tag.mids", "Max incoming dynamic streams", Kind::Uint(32));
    FHOL = Field::new("gquic.tag.fhol", "Force Head Of Line blocking", Kind::Uint(32));
    STTL = Field::new("gquic.tag.sttl", "Server Config TTL", Kind::Uint(64));
    QLVE = Field::new("gquic.tag.qlve", "Legacy Version Encapsulation", Kind::Bytes);
    EPID = Field::new("gquic.tag.epid", "Endpoint identifier", Kind::Text);
    SRST = Field::new("gquic.tag.srst", "Stateless Reset Token", Kind::Bytes);
    UNKNOWN = Field::new("gquic.tag.unknown", "Unknown tag", Kind::Bytes);
    UNDECODED = Field::new("gquic.tag.undecoded", "Dissector for (Google)QUIC Tag code not implemented, Contact Wireshark developers if you want this supported", Kind::Label);
}

/// How a value is read.
enum Shape {
    /// As text or as bytes, whichever the field is.
    Whole,
    /// Text that the heading repeats.
    Said,
    /// Words of four letters; the heading names them, with their meanings where these are known.
    Words(&'static [(&'static str, &'static str)]),
    /// Words of four letters, which the heading repeats as they are.
    SaidWords,
    /// Words of four letters.
    PlainWords,
    /// Numbers of so many bytes, the lowest first.
    Numbers(usize),
    /// Numbers of three bytes, the lowest first; the first number has fewer if they do not fill the value.
    Threes,
    /// Seconds and their fraction.
    Time,
    /// Numbers of eight bytes, the highest first.
    BigNumbers,
    /// One number of four bytes, which the heading repeats.
    SaidNumber,
    /// A message within the message.
    Message,
}

/// A tag, its name, its field, and how its value is read.
type Tag = (&'static [u8; 4], &'static str, &'static Field, Shape);

const AEADS: &[(&str, &str)] = &[
    ("AESG", "AES-GCM with a 12-byte tag and IV"),
    ("S20P", "Salsa20 with Poly1305"),
    ("CC12", "Salsa20 with Poly1305"),
];
const EXCHANGES: &[(&str, &str)] = &[("C255", "Curve25519"), ("P256", "P-256")];

static TAGS: [Tag; 43] = [
    (b"PAD\0", "Padding", &PAD, Shape::Whole),
    (b"SNI\0", "Server Name Indication", &SNI, Shape::Said),
    (b"VER\0", "Version", &VERSION, Shape::SaidWords),
    (b"CCS\0", "Common Certificate Sets", &CCS, Shape::BigNumbers),
    (b"PDMD", "Proof Demand", &PDMD, Shape::Said),
    (b"UAID", "Client's User Agent ID", &UAID, Shape::Said),
    (b"STK\0", "Source Address Token", &STK, Shape::Whole),
    (b"SNO\0", "Server nonce", &SNO, Shape::Whole),
    (b"PROF", "Proof (Signature)", &PROF, Shape::Whole),
    (b"SCFG", "Server Config", &SCFG, Shape::Message),
    (b"RREJ", "Reasons for server sending", &RREJ, Shape::Numbers(4)),
    (b"CRT\xff", "Certificate chain", &CRT, Shape::Whole),
    (b"AEAD", "Authenticated encryption algorithms", &AEAD, Shape::Words(AEADS)),
    (b"SCID", "Server config ID", &SCID, Shape::Whole),
    (b"PUBS", "Public value", &PUBS, Shape::Threes),
    (b"KEXS", "Key exchange algorithms", &KEXS, Shape::Words(EXCHANGES)),
    (b"OBIT", "Server Orbit", &OBIT, Shape::Whole),
    (b"EXPY", "Expiry", &EXPY, Shape::Numbers(8)),
    (b"NONC", "Client Nonce", &NONC, Shape::Whole),
    (b"MSPC", "Max streams per connection", &MSPC, Shape::SaidNumber),
    (b"TCID", "Connection ID truncation", &TCID, Shape::Numbers(4)),
    (b"SRBF", "Socket receive buffer", &SRBF, Shape::Numbers(4)),
    (b"ICSL", "Idle connection state", &ICSL, Shape::Numbers(4)),
    (b"SCLS", "Silently close on timeout", &SCLS, Shape::Numbers(4)),
    (b"COPT", "Connection options", &COPT, Shape::PlainWords),
    (b"CCRT", "Cached certificates", &CCRT, Shape::Whole),
    (b"IRTT", "Estimated initial RTT", &IRTT, Shape::SaidNumber),
    (b"CFCW", "Initial session/connection", &CFCW, Shape::SaidNumber),
    (b"SFCW", "Initial stream flow control", &SFCW, Shape::SaidNumber),
    (b"CETV", "Client encrypted tag-value", &CETV, Shape::Whole),
    (b"XLCT", "Expected leaf certificate", &XLCT, Shape::Whole),
    (b"NONP", "Client Proof Nonce", &NONP, Shape::Whole),
    (b"CSCT", "Signed cert timestamp (RFC6962) of leaf cert", &CSCT, Shape::Whole),
    (b"RNON", "Public Reset Nonce Proof", &RNON, Shape::Numbers(8)),
    (b"RSEQ", "Rejected Packet Number", &RSEQ, Shape::Numbers(8)),
    (b"MIDS", "Max incoming dynamic streams", &MIDS, Shape::SaidNumber),
    (b"FHOL", "Force Head Of Line blocking", &FHOL, Shape::SaidNumber),
    (b"CGST", "Congestion Control Feedback Type", &CGST, Shape::Whole),
    (b"TBKP", "Token Binding Key Params", &TBKP, Shape::SaidWords),
    (b"CTIM", "Client Timestamp", &CTIM, Shape::Time),
    (b"SMHL", "Support Max Header List (size)", &SMHL, Shape::SaidNumber),
    (b"STTL", "Server Config TTL", &STTL, Shape::Numbers(8)),
    (b"QLVE", "Legacy Version Encapsulation", &QLVE, Shape::Whole),
];

/// A tag without the zero octets that fill it up.
pub(super) fn name(tag: &[u8]) -> &[u8] {
    let len = tag.iter().position(|b| *b == 0).unwrap_or(tag.len());
    tag.get(..len).unwrap_or(tag)
}

/// Bytes of the network as text.
fn shown(bytes: &[u8]) -> String {
    let mut line = Line::new();
    line.decoded(bytes);
    String::from_utf8_lossy(&line).into_owned()
}

/// Whether `bytes` begin with a message that is there in full.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    unseen(bytes, |w| message(w, "")).is_ok()
}

/// Visits a message at the beginning of the walk; `title` is what its name stands for.
pub(super) fn message(w: &mut Walk<'_, '_>, title: &str) -> Step {
    let tag = w.get(0, 4)?;
    let title = if title.is_empty() { String::new() } else { format!(" ({title})") };
    let text = shown(name(tag));
    w.line(&MESSAGE, 0, 4, Value::Text(name(tag)), format_args!("Tag: {text}{title}"))?;
    let count = w.num_le(&COUNT, 4, 2)?;
    w.bytes(&PADDING, 6, 2)?;
    values(w, 8..w.left(), count, true)
}

/// Visits `count` tags and their values in a part of a message: first comes a table of all tags with the ends of their
/// values, then the values. Only a message that is `outer` has messages as values, so that none is read again and again.
fn values(w: &mut Walk<'_, '_>, part: Range<usize>, count: u64, outer: bool) -> Step {
    let table = usize::try_from(count).ok().and_then(|n| n.checked_mul(8)).ok_or(End::Short)?;
    let data = part.start.checked_add(table).filter(|data| *data <= part.end).ok_or(End::Short)?;
    let mut begin = 0;
    for entry in (part.start..data).step_by(8) {
        let end = w.get(entry + 4, 4)?.u32_le(0).ok_or(End::Short)? as usize;
        let len = end.checked_sub(begin).filter(|_| end <= part.end - data).ok_or(End::Short)?;
        value(w, entry, (data + begin, len), outer)?;
        begin = end;
    }
    Ok(())
}

/// Visits one tag of the table at `at`, and its value.
fn value(w: &mut Walk<'_, '_>, at: usize, (start, len): (usize, usize), outer: bool) -> Step {
    let tag = w.get(at, 4)?;
    let known = TAGS.iter().find(|(name, ..)| name.as_slice() == tag);
    let bytes = w.get(start, len)?;
    let title = known.map_or("Unknown", |(_, title, ..)| title);
    let named = format!("{} ({title})", shown(name(tag)));
    let said = known.map_or(String::new(), |(.., read)| heading(read, bytes));
    w.line(&TAG, at, 8, Value::None, format_args!("Tag/value: {named} (l={len}){said}"))?;
    w.open();
    w.line(&TYPE, at, 4, Value::Text(name(tag)), format_args!("Tag Type: {named}"))?;
    w.num_le(&END, at + 4, 4)?;
    w.value(&LENGTH, start, len, Value::Uint(len as u64))?;
    w.bytes(&VALUE, start, len)?;
    match known {
        Some((.., Shape::Message)) if !outer => {}
        Some((.., field, read)) if len > 0 => content(w, field, read, (start, len))?,
        // Clients send it empty, to ask for the timestamps.
        Some((.., field, _)) if *field == &CSCT => w.bytes(field, start, 0)?,
        None if len > 0 => {
            w.bytes(&UNKNOWN, start, len)?;
            let message = format!(
                "Dissector for (Google) QUIC Tag {named} code not implemented, Contact Wireshark developers if you want this supported"
            );
            w.remark_beside(&UNDECODED, start, len, Severity::Note, Group::Undecoded, &message)?;
        }
        _ => {}
    }
    w.close();
    Ok(())
}

/// What the heading of a tag says of its value.
fn heading(read: &Shape, bytes: &[u8]) -> String {
    let words = || bytes.chunks(4).map(shown).collect::<Vec<_>>();
    match read {
        _ if bytes.is_empty() => String::new(),
        Shape::Said => format!(": {}", shown(bytes)),
        Shape::SaidWords => format!(": {}", words().join(", ")),
        Shape::Words(meanings) => {
            words().iter().map(|word| format!(", {}", meaning(meanings, word))).collect()
        }
        Shape::SaidNumber => bytes.u32_le(0).map_or(String::new(), |number| format!(": {number}")),
        _ => String::new(),
    }
}

fn meaning<'a>(meanings: &[(&str, &'a str)], word: &str) -> &'a str {
    meanings.iter().find(|(known, _)| *known == word).map_or("Unknown", |(_, meaning)| meaning)
}

/// Visits the value of a tag as what it is.
fn content(w: &mut Walk<'_, '_>, field: &'static Field, read: &Shape, (start, len): (usize, usize)) -> Step {
    match read {
        Shape::Whole | Shape::Said => w.up_to(field, start, len),
        Shape::SaidWords | Shape::PlainWords | Shape::Words(_) => (0..len).step_by(4).try_for_each(|at| {
            let word = w.get(start + at, 4.min(len - at))?;
            match read {
                Shape::Words(meanings) => {
                    let (text, label) = (shown(word), field.label);
                    let meaning = meaning(meanings, &text);
                    let line = format_args!("{label}: {text} ({meaning})");
                    w.line(field, start + at, word.len(), Value::Text(word), line)
                }
                _ => w.value(field, start + at, word.len(), Value::Text(word)),
            }
        }),
        Shape::Numbers(width) => (0..len).step_by(*width).try_for_each(|at| {
            // What is left over is no number.
            if at + width <= len { w.num_le(field, start + at, *width).map(|_| ()) } else { Ok(()) }
        }),
        Shape::Threes => {
            let first = len % 3;
            if first > 0 {
                w.num_le(field, start, first)?;
            }
            (first..len).step_by(3).try_for_each(|at| w.num_le(field, start + at, 3).map(|_| ()))
        }
        Shape::Time => {
            let part = |at| w.get(at, 4)?.u32_le(0).ok_or(End::Short);
            let time = Timestamp::from_parts(part(start)?.into(), part(start + 4)?.into());
            w.value(field, start, 8, Value::Time(time))
        }
        Shape::BigNumbers => (0..len / 8).try_for_each(|n| w.uint(field, start + n * 8, 8)),
        Shape::SaidNumber => w.num_le(field, start, 4).map(|_| ()),
        Shape::Message => {
            let inner = w.get(start, 4)?;
            w.value(field, start, 4, Value::Text(name(inner)))?;
            let count = w.num_le(&SCFG_COUNT, start + 4, 4)?;
            values(w, start + 8..start + len, count, false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with one value.
    fn around(tag: &[u8; 4], inner: &[u8]) -> Vec<u8> {
        let len = (inner.len() as u32).to_le_bytes();
        [b"SCFG", &[1, 0, 0, 0], tag, &len, inner].concat()
    }

    #[test]
    fn a_message_within_a_message_within_a_message_is_not_read() {
        // As deep as a datagram allows.
        let deep = (0..4000).fold(Vec::new(), |inner, _| around(b"SCFG", &inner));
        assert!(is_whole(&deep));
        assert!(!is_whole(deep.get(..deep.len() - 1).unwrap()));
    }

    #[test]
    fn a_value_ends_with_the_message_it_is_in() {
        let inside = [&b"SCFG"[..], &[1, 0, 0, 0], b"STK\0", &[9, 0, 0, 0]].concat();
        let mut message = around(b"SCFG", &inside);
        message.extend([0; 9]);
        assert!(!is_whole(&message));
    }
}
