//! Server Message Block: version 1 (`smb`, MS-CIFS) with messages to mail slots, and versions 2 and 3 (`smb2`,
//! MS-SMB2). Of the bodies, only what the list shows is read.

mod files;
mod first;
mod second;
mod status;

pub(in crate::dissect) use first::PROTOCOL as FIRST;
pub(super) use first::decode as decode_first;
pub(in crate::dissect) use second::PROTOCOL as SECOND;

use crate::dissect::over_tcp::Session;
use crate::dissect::{Span, Work};

/// Adds the layers of a NetBIOS session message, if it is a message of SMB.
pub(super) fn decode_message(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    match work.get(source, span).first_chunk() {
        Some(first::MAGIC) => {
            decode_first(&mut work.decoder(source), span);
        }
        Some(second::MAGIC) => second::decode(work, source, span, session),
        _ => {}
    }
}

/// Text in little-endian UTF-16.
fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
