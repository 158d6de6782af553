//! Datagram Transport Layer Security (`dtls`, RFC 6347): the messages of TLS, in numbered records, and in fragments
//! that fit into datagrams. The dissector reads the contents of hellos only.

use super::tls;
use crate::dissect::reading::layer::{show, unseen};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, written};
use std::borrow::Cow;

/// Octets of the header of a record.
const HEADER: usize = 13;
/// Octets of the header of a handshake message.
const MESSAGE: usize = 12;
const RANDOM: usize = 32;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const CONTENTS: Names = &[
    (CHANGE_CIPHER_SPEC as u64, "Change Cipher Spec"),
    (ALERT as u64, "Alert"),
    (HANDSHAKE as u64, "Handshake"),
    (APPLICATION_DATA as u64, "Application Data"),
    (24, "Heartbeat"),
    (25, "Connection ID"),
];
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const HELLO_VERIFY: u8 = 3;
const FIRST: u16 = 0xfeff;
const SECOND: u16 = 0xfefd;
const VERSIONS: Names = &[(FIRST as u64, "DTLS 1.0"), (SECOND as u64, "DTLS 1.2")];
const SERVER_NAME: u16 = 0;

crate::fields! {
    CONTENT = Field::new("dtls.record.content_type", "Content Type", Kind::Uint(8)).names(CONTENTS);
    RECORD_VERSION = Field::new("dtls.record.version", "Version", Kind::Uint(16)).hex().names(VERSIONS);
    EPOCH = Field::new("dtls.record.epoch", "Epoch", Kind::Uint(16));
    NUMBER = Field::new("dtls.record.sequence_number", "Sequence Number", Kind::Uint(64));
    LENGTH = Field::new("dtls.record.length", "Length", Kind::Uint(16));
    DATA = Field::new("dtls.app_data", "Encrypted Application Data", Kind::Bytes);
    LEVEL = Field::new("dtls.alert_message.level", "Level", Kind::Uint(8));
    DESCRIPTION = Field::new("dtls.alert_message.desc", "Description", Kind::Uint(8));
    TYPE = Field::new("dtls.handshake.type", "Handshake Type", Kind::Uint(8));
    MESSAGE_LENGTH = Field::new("dtls.handshake.length", "Length", Kind::Uint(24));
    MESSAGE_NUMBER = Field::new("dtls.handshake.message_seq", "Message Sequence", Kind::Uint(16));
    PART_OFFSET = Field::new("dtls.handshake.fragment_offset", "Fragment Offset", Kind::Uint(24));
    PART_LENGTH = Field::new("dtls.handshake.fragment_length", "Fragment Length", Kind::Uint(24));
    VERSION = Field::new("dtls.handshake.version", "Version", Kind::Uint(16)).hex().names(VERSIONS);
    RANDOM_VALUE = Field::new("dtls.handshake.random", "Random", Kind::Bytes);
    SESSION_LENGTH = Field::new("dtls.handshake.session_id_length", "Session ID Length", Kind::Uint(8));
    SESSION = Field::new("dtls.handshake.session_id", "Session ID", Kind::Bytes);
    COOKIE_LENGTH = Field::new("dtls.handshake.cookie_length", "Cookie Length", Kind::Uint(8));
    COOKIE = Field::new("dtls.handshake.cookie", "Cookie", Kind::Bytes);
    SUITES_LENGTH = Field::new("dtls.handshake.cipher_suites_length", "Cipher Suites Length", Kind::Uint(16));
    SUITE = Field::new("dtls.handshake.ciphersuite", "Cipher Suite", Kind::Uint(16)).hex();
    COMPRESSIONS_LENGTH = Field::new("dtls.handshake.comp_methods_length", "Compression Methods Length", Kind::Uint(8));
    EXTENSIONS_LENGTH = Field::new("dtls.handshake.extensions_length", "Extensions Length", Kind::Uint(16));
    EXTENSION = Field::new("dtls.handshake.extension.type", "Type", Kind::Uint(16));
    EXTENSION_LENGTH = Field::new("dtls.handshake.extension.len", "Length", Kind::Uint(16));
    NAME = Field::new("dtls.handshake.extensions_server_name", "Server Name", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, |w| each_record(w, record)),
    summary,
    column_of: Some(|ctx, _| {
        Cow::Borrowed(match ctx.facts.dtls {
            FIRST => "DTLSv1.0",
            SECOND => "DTLSv1.2",
            _ => "DTLS",
        })
    }),
    decode,
    recognise: Some(|bytes, _, _| is_dtls(bytes)),
    ..Protocol::new("dtls", "DTLS", "Datagram Transport Layer Security")
};

/// Whether a datagram consists of records and nothing else.
fn is_dtls(bytes: &[u8]) -> bool {
    let begins = bytes.u8(0).is_some_and(|kind| name_of(CONTENTS, kind.into()).is_some());
    begins && Records(bytes).all(|record| record.is_some())
}

/// An iterator over the records of a datagram; `None` as an item is a remainder that is no record.
struct Records<'a>(&'a [u8]);

#[derive(Clone, Copy)]
struct Record<'a> {
    kind: u8,
    version: u16,
    epoch: u16,
    body: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Option<Record<'a>>;

    fn next(&mut self) -> Option<Option<Record<'a>>> {
        if self.0.is_empty() {
            return None;
        }
        let record = Record::read(self.0);
        self.0 = record.and_then(|record| self.0.get(HEADER + record.body.len()..)).unwrap_or(&[]);
        Some(record)
    }
}

impl<'a> Record<'a> {
    fn read(bytes: &'a [u8]) -> Option<Record<'a>> {
        let (kind, version, epoch) = (bytes.u8(0)?, bytes.u16(1)?, bytes.u16(3)?);
        let len = usize::from(bytes.u16(11)?);
        let body = bytes.get(HEADER..HEADER + len)?;
        let known = name_of(CONTENTS, kind.into()).is_some() && matches!(version, FIRST | SECOND);
        known.then_some(Record { kind, version, epoch, body })
    }

    /// The handshake messages of the record, each from its header on; none where the record is encrypted.
    fn messages(&self) -> impl Iterator<Item = Message<'a>> {
        let mut rest = if self.kind == HANDSHAKE && self.epoch == 0 { self.body } else { &[] };
        std::iter::from_fn(move || {
            let message = Message::read(rest)?;
            rest = rest.get(MESSAGE + message.part.len()..)?;
            Some(message)
        })
    }
}

/// A handshake message, or a fragment of one (RFC 6347, section 4.2.2).
#[derive(Clone, Copy)]
struct Message<'a> {
    kind: u8,
    len: u32,
    offset: u32,
    part: &'a [u8],
}

impl<'a> Message<'a> {
    fn read(bytes: &'a [u8]) -> Option<Message<'a>> {
        let (kind, len, offset) = (bytes.u8(0)?, bytes.u24(1)?, bytes.u24(6)?);
        let part = bytes.get(MESSAGE..MESSAGE + bytes.u24(9)? as usize)?;
        tls::handshake_name(kind)?;
        (u64::from(offset) + part.len() as u64 <= len.into()).then_some(Message { kind, len, offset, part })
    }

    fn is_whole(&self) -> bool {
        self.part.len() == self.len as usize
    }

    fn write(&self, out: &mut Line) {
        out.text(tls::handshake_name(self.kind).unwrap_or(""));
        if !self.is_whole() {
            let last = self.offset as usize + self.part.len() == self.len as usize;
            out.text(if last { " (Reassembled)" } else { " (Fragment)" });
        }
    }
}

/// The version of the connection after a datagram, given the version before; 0 as long as none is known. A client
/// offers versions, and its server chooses one.
pub(crate) fn version(mut known: u16, datagram: &[u8]) -> u16 {
    for record in Records(datagram).flatten() {
        let hello = record.messages().next();
        match hello.map(|message| (message.kind, message.part.u16(0))) {
            Some((CLIENT_HELLO, _)) => {}
            Some((SERVER_HELLO, Some(version))) => known = version,
            _ if known == 0 => known = record.version,
            _ => {}
        }
    }
    known
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    if unseen(d.get(span), |w| each_record(w, record)) == Err(End::Short) {
        return d.broken(Proto::Dtls, span);
    }
    d.layer(Proto::Dtls, span, span.len());
    Next::Done
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let start = out.len();
    let separate = |out: &mut Line| {
        if out.len() > start {
            out.text(", ");
        }
    };
    for record in Records(ctx.layer_bytes(layer)).flatten() {
        let mut messages = record.messages().peekable();
        if messages.peek().is_some() {
            for message in messages {
                separate(out);
                message.write(out);
            }
            continue;
        }
        separate(out);
        write_record(&record, out);
    }
}

fn write_record(record: &Record<'_>, out: &mut Line) {
    match (record.kind, record.body) {
        (ALERT, [level, description]) if record.epoch == 0 => tls::write_alert(*level, *description, out),
        (ALERT, _) => out.text("Encrypted Alert"),
        (HANDSHAKE, _) => out.text("Encrypted Handshake Message"),
        (24, _) => out.text("Encrypted Heartbeat"),
        (kind, _) => out.text(name_of(CONTENTS, kind.into()).unwrap_or("")),
    }
}

/// Walks over the records; each of them is confined to its own bytes.
fn each_record(w: &mut Walk<'_, '_>, one: impl Fn(&mut Walk<'_, '_>, Record<'_>) -> Step) -> Step {
    while w.left() > 0 {
        let record = Record::read(w.bytes).ok_or(End::Short)?;
        let len = HEADER + record.body.len();
        if record.kind == HANDSHAKE && record.epoch == 0 && record.body.len() < MESSAGE {
            return Err(End::Short);
        }
        w.within(len, |w| one(w, record))?;
    }
    Ok(())
}

fn record(w: &mut Walk<'_, '_>, record: Record<'_>) -> Step {
    let name = name_of(CONTENTS, record.kind.into()).unwrap_or("");
    w.group(w.left(), format_args!("DTLS Record Layer: {name}"))?;
    w.num(&CONTENT, 0)?;
    w.num(&RECORD_VERSION, 1)?;
    w.num(&EPOCH, 3)?;
    w.uint(&NUMBER, 5, 6)?;
    w.num(&LENGTH, 11)?;
    w.skip(HEADER);
    match record.kind {
        HANDSHAKE => record.messages().try_for_each(|message| handshake(w, &message))?,
        ALERT if record.epoch == 0 && record.body.len() == 2 => {
            w.num(&LEVEL, 0)?;
            w.num(&DESCRIPTION, 1)?;
        }
        APPLICATION_DATA => w.up_to(&DATA, 0, w.left())?,
        _ => {}
    }
    w.close();
    Ok(())
}

fn handshake(w: &mut Walk<'_, '_>, message: &Message<'_>) -> Step {
    let len = MESSAGE + message.part.len();
    let name = written(|line| message.write(line));
    w.group(len, format_args!("Handshake Protocol: {name}"))?;
    w.within(len, |w| {
        let name = tls::handshake_name(message.kind).unwrap_or("");
        w.uint_line(&TYPE, 0, 1, format_args!("Handshake Type: {name} ({})", message.kind))?;
        w.num(&MESSAGE_LENGTH, 1)?;
        w.num(&MESSAGE_NUMBER, 4)?;
        w.num(&PART_OFFSET, 6)?;
        w.num(&PART_LENGTH, 9)?;
        w.skip(MESSAGE);
        match message.kind {
            CLIENT_HELLO | SERVER_HELLO if message.is_whole() => hello(w, message.kind),
            HELLO_VERIFY if message.is_whole() => {
                w.take(&VERSION, 2)?;
                cookie(w)
            }
            _ => Ok(()),
        }
    })?;
    w.close();
    Ok(())
}

fn cookie(w: &mut Walk<'_, '_>) -> Step {
    let len = w.take(&COOKIE_LENGTH, 1)?;
    w.take_up_to(&COOKIE, len)
}

/// A ClientHello or HelloVerifyRequest (RFC 6347, section 4.3.2), or a ServerHello as in TLS.
fn hello(w: &mut Walk<'_, '_>, kind: u8) -> Step {
    w.take(&VERSION, 2)?;
    w.value(&RANDOM_VALUE, 0, RANDOM, Value::Bytes(w.get(0, RANDOM)?))?;
    w.skip(RANDOM);
    let len = w.take(&SESSION_LENGTH, 1)?;
    w.take_up_to(&SESSION, len)?;
    if kind == SERVER_HELLO {
        w.take(&SUITE, 2)?;
        w.skip(1);
    } else {
        cookie(w)?;
        let len = w.take(&SUITES_LENGTH, 2)?;
        w.within(len, |w| {
            while w.left() >= 2 {
                w.take(&SUITE, 2)?;
            }
            Ok(())
        })?;
        let methods = w.take(&COMPRESSIONS_LENGTH, 1)?;
        w.skip(methods);
    }
    if w.left() < 2 {
        return Ok(());
    }
    let len = w.take(&EXTENSIONS_LENGTH, 2)?;
    w.within(len, |w| {
        while w.left() >= 4 {
            let kind = w.u16(0)?;
            w.take(&EXTENSION, 2)?;
            let len = w.take(&EXTENSION_LENGTH, 2)?;
            w.within(len, |w| if kind == SERVER_NAME { server_name(w) } else { Ok(()) })?;
        }
        Ok(())
    })
}

/// The server name extension (RFC 6066, section 3): a list with one name.
fn server_name(w: &mut Walk<'_, '_>) -> Step {
    let len = usize::from(w.u16(3)?);
    w.string(&NAME, 5, len).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::bytes;

    #[test]
    fn a_datagram_is_nothing_but_records() {
        let record = bytes("17fefd 0001 000000000001 0002 aabb");
        assert!(is_dtls(&record));
        assert!(!is_dtls(&[record.as_slice(), b"x"].concat()));
        assert!(!is_dtls(&record[..14]));
        assert!(!is_dtls(&bytes("170303 0001 000000000001 0002 aabb")));
    }

    #[test]
    fn the_server_decides_about_the_version() {
        let offer = bytes("16feff 0000 000000000000 000e 01 000002 0000 000000 000002 fefd");
        assert_eq!(version(0, &offer), 0);
        let answer = bytes("16fefd 0000 000000000000 000e 02 000002 0000 000000 000002 fefd");
        assert_eq!(version(FIRST, &answer), SECOND);
        assert_eq!(version(0, &bytes("15feff 0000 000000000000 0002 0228")), FIRST);
    }
}
