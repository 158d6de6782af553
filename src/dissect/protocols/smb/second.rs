//! SMB, versions 2 and 3 (`smb2`): MS-SMB2, section 2.2.

use super::files::{FileId, Files};
use super::{status, utf16};
use crate::dissect::over_tcp::Session;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Work};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, written};

pub(super) const MAGIC: &[u8; 4] = b"\xfeSMB";
const HEADER: usize = 64;
const SETUP: u16 = 1;
const TREE_CONNECT: u16 = 3;
const CREATE: u16 = 5;
const CLOSE: u16 = 6;
const READ: u16 = 8;
const WRITE: u16 = 9;
const ANSWER: u32 = 1;

const COMMANDS: Names = &[
    (0, "Negotiate Protocol"),
    (SETUP as u64, "Session Setup"),
    (2, "Session Logoff"),
    (TREE_CONNECT as u64, "Tree Connect"),
    (4, "Tree Disconnect"),
    (CREATE as u64, "Create"),
    (CLOSE as u64, "Close"),
    (7, "Flush"),
    (READ as u64, "Read"),
    (WRITE as u64, "Write"),
    (10, "Lock"),
    (11, "Ioctl"),
    (12, "Cancel"),
    (13, "KeepAlive"),
    (14, "Find"),
    (15, "Notify"),
    (16, "GetInfo"),
    (17, "SetInfo"),
    (18, "Break"),
];
/// Messages of NTLM in a session setup (MS-NLMP, section 2.2.1).
const NTLM: Names = &[(1, "NTLMSSP_NEGOTIATE"), (2, "NTLMSSP_CHALLENGE"), (3, "NTLMSSP_AUTH")];

crate::fields! {
    COMMAND = Field::new("smb2.cmd", "Command", Kind::Uint(16)).names(COMMANDS);
    STATUS = Field::new("smb2.nt_status", "NT Status", Kind::Uint(32)).hex().names(status::NAMES);
    FLAGS = Field::new("smb2.flags", "Flags", Kind::Uint(32)).hex();
    IS_ANSWER = Field::new("smb2.flags.response", "Response", Kind::Bool).width(32).mask(0x01);
    MESSAGE = Field::new("smb2.msg_id", "Message ID", Kind::Uint(64));
    PROCESS = Field::new("smb2.pid", "Process Id", Kind::Uint(32)).hex();
    TREE_ID = Field::new("smb2.tid", "Tree Id", Kind::Uint(32)).hex();
    SESSION = Field::new("smb2.sesid", "Session Id", Kind::Uint(64)).hex();
    TREE = Field::new("smb2.tree", "Tree", Kind::Text);
    FILE = Field::new("smb2.filename", "Filename", Kind::Text);
    READ_LENGTH = Field::new("smb2.read_length", "Read Length", Kind::Uint(32));
    WRITE_LENGTH = Field::new("smb2.write_length", "Write Length", Kind::Uint(32));
    OFFSET = Field::new("smb2.file_offset", "File Offset", Kind::Uint(64));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    repeats: true,
    ..Protocol::new("smb2", "SMB2", "SMB2 (Server Message Block Protocol version 2)")
};

/// The header of a message.
#[derive(Clone, Copy)]
struct Header {
    status: u32,
    command: u16,
    flags: u32,
    /// Distance to the next message of a chain, in bytes; 0 if there is none.
    next: usize,
    message: u64,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        bytes.get(..HEADER)?;
        Some(Header {
            status: bytes.u32_le(8)?,
            command: bytes.u16_le(12)?,
            flags: bytes.u32_le(16)?,
            next: bytes.u32_le(20)? as usize,
            message: bytes.u64_le(24)?,
        })
    }

    fn answers(&self) -> bool {
        self.flags & ANSWER != 0
    }

    fn failed(&self) -> bool {
        self.answers() && self.status != status::SUCCESS
    }
}

/// Adds a layer for each message of a chain (MS-SMB2, section 3.2.4.1.4).
pub(super) fn decode(work: &mut Work<'_>, source: u8, mut span: Span, session: &mut Session) {
    loop {
        let bytes = work.get(source, span);
        let Some(header) = Header::read(bytes) else {
            work.decoder(source).broken(Proto::Smb2, span);
            return;
        };
        let next = header.next as u32;
        let more = next >= HEADER as u32 && next < span.len();
        let own = if more { Span { end: span.start + next, ..span } } else { span };
        let file = file_of(work.get(source, own), &header, session.get_or_default());
        if work.decoder(source).layer(Proto::Smb2, own, own.len()).is_none() {
            return;
        }
        work.facts.smb_files.push(file.unwrap_or_default());
        if !more {
            return;
        }
        span = span.skip(next);
    }
}

/// The file ID in the body of a request or of a CREATE response (MS-SMB2, sections 2.2.14 to 2.2.21); `None` for
/// commands without one.
fn file_id(bytes: &[u8], header: &Header) -> Option<FileId> {
    let at = match (header.command, header.answers()) {
        (CREATE, true) => 64,
        (READ | WRITE, false) => 16,
        (CLOSE | 7, false) => 8,
        _ => return None,
    };
    bytes.get(HEADER + at..)?.first_chunk().copied()
}

/// The name of the file that a message is about.
fn file_of(bytes: &[u8], header: &Header, files: &mut Files) -> Option<String> {
    match (header.command, header.answers()) {
        (CREATE, false) => {
            let name = string(bytes, HEADER + 44)?;
            files.ask(header.message, name.clone());
            Some(name)
        }
        (CREATE, true) => {
            let file = file_id(bytes, header).filter(|_| !header.failed());
            files.answer(header.message, file).filter(|_| !header.failed())
        }
        _ => files.name(&file_id(bytes, header)?).map(str::to_owned),
    }
}

/// The text whose offset and length are at `at`.
fn string(bytes: &[u8], at: usize) -> Option<String> {
    let (start, len) = (usize::from(bytes.u16_le(at)?), usize::from(bytes.u16_le(at + 2)?));
    Some(utf16(bytes.get(start..start + len)?))
}

/// Type and bytes of the NTLM message in a session setup, if it has one.
fn ntlm(bytes: &[u8]) -> Option<(u32, &[u8])> {
    const SIGNATURE: &[u8] = b"NTLMSSP\0";
    let at = memchr::memmem::find(bytes.get(HEADER..)?, SIGNATURE)?;
    let message = bytes.get(HEADER + at..)?;
    Some((message.u32_le(SIGNATURE.len())?, message))
}

/// A text in an NTLM message; its length and its offset are at `at` (MS-NLMP, section 2.2.1.3).
fn ntlm_text(message: &[u8], at: usize) -> Option<String> {
    let (len, start) = (usize::from(message.u16_le(at)?), message.u32_le(at + 4)? as usize);
    Some(utf16(message.get(start..start.checked_add(len)?)?))
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    // The messages of the packet are one list, which the first of them writes.
    let all = ctx.layers.all().iter().filter(|l| l.proto == Proto::Smb2 && !l.quoted);
    if all.clone().next() != Some(layer) {
        return;
    }
    for (n, message) in all.enumerate() {
        let bytes = ctx.layer_bytes(message);
        let Some(header) = Header::read(bytes) else { continue };
        if n > 0 {
            out.text(";");
        }
        let file = ctx.facts.app.and_then(|app| app.smb_files.get(n)).map_or("", String::as_str);
        write_message(bytes, &header, file, out);
    }
}

fn write_message(bytes: &[u8], header: &Header, file: &str, out: &mut Line) {
    match name_of(COMMANDS, header.command.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("unknown-0x");
            let digits = written(|line| line.hex(header.command.into(), 2)).to_uppercase();
            out.text(digits.trim_start_matches("0X"));
        }
    }
    out.text(if header.answers() { " Response" } else { " Request" });
    if header.failed() {
        out.text(", Error: ");
        out.text(name_of(status::NAMES, header.status.into()).unwrap_or("Unknown"));
    }
    if let Some((kind, message)) = ntlm(bytes).filter(|_| header.command == SETUP) {
        out.text(", ");
        out.text(name_of(NTLM, kind.into()).unwrap_or("Unknown"));
        if kind == 3 {
            let [domain, user] = [28, 36].map(|at| ntlm_text(message, at).unwrap_or_default());
            out.text(", User: ");
            out.decoded(domain.as_bytes());
            out.text("\\");
            out.decoded(user.as_bytes());
        }
    }
    if header.answers() && header.command != CREATE {
        return;
    }
    if let Some(tree) = string(bytes, HEADER + 4).filter(|_| header.command == TREE_CONNECT) {
        out.text(" Tree: ");
        out.decoded(tree.as_bytes());
    }
    if matches!(header.command, READ | WRITE) {
        out.text(" Len:");
        out.num(bytes.u32_le(HEADER + 4).unwrap_or(0));
        out.text(" Off:");
        out.num(bytes.u64_le(HEADER + 8).unwrap_or(0));
    }
    if !file.is_empty() {
        out.text(" File: ");
        out.decoded(file.as_bytes());
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let bytes = w.bytes;
    let header = Header::read(bytes).ok_or(End::Short)?;
    w.text(0, HEADER, format_args!("SMB2 Header"))?;
    w.open();
    if header.answers() {
        w.num_le(&STATUS, 8, 4)?;
    }
    w.num_le(&COMMAND, 12, 2)?;
    w.num_le(&FLAGS, 16, 4)?;
    w.open();
    w.value(&IS_ANSWER, 16, 4, Value::Bool(header.answers()))?;
    w.close();
    w.num_le(&MESSAGE, 24, 8)?;
    w.num_le(&PROCESS, 32, 4)?;
    w.num_le(&TREE_ID, 36, 4)?;
    w.num_le(&SESSION, 40, 8)?;
    w.close();
    match (header.command, header.answers()) {
        (TREE_CONNECT, false) => text(w, &TREE, HEADER + 4),
        (CREATE, false) => text(w, &FILE, HEADER + 44),
        (READ | WRITE, false) => {
            let length = if header.command == READ { &READ_LENGTH } else { &WRITE_LENGTH };
            w.num_le(length, HEADER + 4, 4)?;
            w.num_le(&OFFSET, HEADER + 8, 8).map(drop)
        }
        _ => Ok(()),
    }
}

fn text(w: &mut Walk<'_, '_>, field: &'static Field, at: usize) -> Step {
    let text = string(w.bytes, at).ok_or(End::Short)?;
    let (start, len) = (w.bytes.u16_le(at).unwrap_or(0), w.bytes.u16_le(at + 2).unwrap_or(0));
    w.value(field, start.into(), len.into(), Value::Text(text.as_bytes()))
}
