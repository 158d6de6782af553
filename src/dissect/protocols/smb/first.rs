//! SMB, version 1 (`smb`): MS-CIFS, section 2.2.

use super::status;
use super::utf16;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, name_of};
use crate::text::{Line, Push};

pub(super) const MAGIC: &[u8; 4] = b"\xffSMB";
const HEADER: usize = 32;
const TRANSACTION: u8 = 0x25;
const TREE_CONNECT: u8 = 0x75;
/// Flags of the header.
const ANSWER: u8 = 0x80;
const UNICODE: u16 = 0x8000;
const NT_STATUS: u16 = 0x4000;
const MAIL_SLOT_OF_BROWSERS: &[u8] = b"\\MAILSLOT\\BROWSE\0";

const COMMANDS: Names = &[
    (0x00, "Create Directory"),
    (0x01, "Delete Directory"),
    (0x02, "Open"),
    (0x03, "Create"),
    (0x04, "Close"),
    (0x05, "Flush"),
    (0x06, "Delete"),
    (0x07, "Rename"),
    (0x08, "Query Information"),
    (0x09, "Set Information"),
    (0x0a, "Read"),
    (0x0b, "Write"),
    (0x10, "Check Directory"),
    (0x11, "Process Exit"),
    (0x12, "Seek"),
    (0x22, "Set Information2"),
    (0x23, "Query Information2"),
    (0x24, "Locking AndX"),
    (TRANSACTION as u64, "Trans"),
    (0x26, "Trans Secondary"),
    (0x2b, "Echo"),
    (0x2d, "Open AndX"),
    (0x2e, "Read AndX"),
    (0x2f, "Write AndX"),
    (0x32, "Trans2"),
    (0x33, "Trans2 Secondary"),
    (0x34, "Find Close2"),
    (0x70, "Tree Connect"),
    (0x71, "Tree Disconnect"),
    (0x72, "Negotiate Protocol"),
    (0x73, "Session Setup AndX"),
    (0x74, "Logoff AndX"),
    (TREE_CONNECT as u64, "Tree Connect AndX"),
    (0x80, "Query Information Disk"),
    (0x81, "Search"),
    (0xa0, "NT Trans"),
    (0xa1, "NT Trans Secondary"),
    (0xa2, "NT Create AndX"),
    (0xa4, "NT Cancel"),
    (0xa5, "NT Rename"),
];

crate::fields! {
    COMMAND = Field::new("smb.cmd", "SMB Command", Kind::Uint(8)).hex().names(COMMANDS);
    STATUS = Field::new("smb.nt_status", "NT Status", Kind::Uint(32)).hex().names(status::NAMES);
    FLAGS = Field::new("smb.flags", "Flags", Kind::Uint(8)).hex();
    FLAGS_2 = Field::new("smb.flags2", "Flags2", Kind::Uint(16)).hex();
    TREE = Field::new("smb.tid", "Tree ID", Kind::Uint(16));
    PROCESS = Field::new("smb.pid", "Process ID", Kind::Uint(16));
    USER = Field::new("smb.uid", "User ID", Kind::Uint(16));
    MULTIPLEX = Field::new("smb.mid", "Multiplex ID", Kind::Uint(16));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    ..Protocol::new("smb", "SMB", "SMB (Server Message Block Protocol)")
};

/// Adds the layer of a message, and the layer of an announcement that it carries to the browsers' mail slot.
pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) {
    let bytes = d.get(span);
    if bytes.len() < HEADER {
        d.broken(Proto::Smb, span);
        return;
    }
    let news = announcement(bytes);
    d.layer(Proto::Smb, span, span.len());
    if let Some(at) = news {
        super::super::browser::decode(d, span.skip(at as u32));
    }
}

/// Offset of the data of a transaction with the browsers' mail slot (MS-CIFS, section 2.2.4.33.1); `None` for any
/// other message.
fn announcement(bytes: &[u8]) -> Option<usize> {
    let words = usize::from(bytes.u8(HEADER)?);
    let asks = bytes.u8(4)? == TRANSACTION && bytes.u8(9)? & ANSWER == 0;
    let name = HEADER + 1 + 2 * words + 2;
    let to_browsers = bytes.get(name..)?.starts_with(MAIL_SLOT_OF_BROWSERS);
    let data = usize::from(bytes.u16_le(HEADER + 1 + 24)?);
    (asks && to_browsers && data < bytes.len()).then_some(data)
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let (Some(command), Some(flags)) = (bytes.u8(4), bytes.u8(9)) else { return };
    match name_of(COMMANDS, command.into()) {
        Some(name) => out.text(name),
        None => {
            let digits = crate::text::written(|line| line.hex(command.into(), 2)).to_uppercase();
            out.text("unknown-0x");
            out.text(digits.trim_start_matches("0X"));
        }
    }
    let answers = flags & ANSWER != 0;
    out.text(if answers { " Response" } else { " Request" });
    let error = bytes.u32_le(5).filter(|status| answers && *status != status::SUCCESS);
    if let Some(error) = error {
        out.text(", Error: ");
        out.text(name_of(status::NAMES, error.into()).unwrap_or("Unknown"));
    }
    if let Some(path) = tree(bytes).filter(|_| command == TREE_CONNECT && !answers) {
        out.text(", Path: ");
        out.decoded(path.as_bytes());
    }
}

/// The path in a request to connect to a tree (MS-CIFS, section 2.2.4.55.1).
fn tree(bytes: &[u8]) -> Option<String> {
    let words = usize::from(bytes.u8(HEADER)?);
    let password = usize::from(bytes.u16_le(HEADER + 1 + 6)?);
    let at = HEADER + 1 + 2 * words + 2 + password;
    if bytes.u16_le(10)? & UNICODE == 0 {
        let path = bytes.get(at..)?.split(|b| *b == 0).next()?;
        return Some(String::from_utf8_lossy(path).into_owned());
    }
    // Text in UTF-16 begins at an even offset of the message.
    let path = bytes.get(at.next_multiple_of(2)..)?;
    let end = path.chunks_exact(2).position(|unit| unit == [0, 0]).map_or(path.len(), |n| 2 * n);
    Some(utf16(path.get(..end)?))
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    w.get(0, HEADER)?;
    w.text(0, HEADER, format_args!("SMB Header"))?;
    w.open();
    w.num_le(&COMMAND, 4, 1)?;
    if w.bytes.u16_le(10).is_some_and(|flags| flags & NT_STATUS != 0) {
        w.num_le(&STATUS, 5, 4)?;
    }
    w.num_le(&FLAGS, 9, 1)?;
    w.num_le(&FLAGS_2, 10, 2)?;
    w.num_le(&TREE, 24, 2)?;
    w.num_le(&PROCESS, 26, 2)?;
    w.num_le(&USER, 28, 2)?;
    w.num_le(&MULTIPLEX, 30, 2)?;
    w.close();
    Ok(())
}
