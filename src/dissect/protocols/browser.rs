//! Microsoft Windows Browser Protocol (`browser`): which machines are there, and which of them keeps the list
//! (MS-BRWS, section 2.2). Its numbers are little-endian.

use crate::dissect::reading::layer::{show, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, plural};

const HOST: u8 = 1;
const REQUEST: u8 = 2;
const ELECTION: u8 = 8;
const BACKUP_LIST: u8 = 9;
const BECOME_BACKUP: u8 = 11;
const DOMAIN: u8 = 12;
const LOCAL_MASTER: u8 = 15;
/// Octets of the machine's name in an announcement.
const NAME: usize = 16;

const COMMANDS: Names = &[
    (HOST as u64, "Host Announcement"),
    (REQUEST as u64, "Request Announcement"),
    (ELECTION as u64, "Browser Election Request"),
    (BACKUP_LIST as u64, "Get Backup List Request"),
    (10, "Get Backup List Response"),
    (BECOME_BACKUP as u64, "Become Backup Browser"),
    (DOMAIN as u64, "Domain/Workgroup Announcement"),
    (13, "Master Announcement"),
    (14, "Reset Browser State Announcement"),
    (LOCAL_MASTER as u64, "Local Master Announcement"),
];
/// Bits of the server type, in the order in which they are listed.
const SERVERS: Names = &[
    (0x0000_0001, "Workstation"),
    (0x0000_0002, "Server"),
    (0x0000_0004, "SQL Server"),
    (0x0000_0008, "Domain Controller"),
    (0x0000_0010, "Backup Controller"),
    (0x0000_0020, "Time Source"),
    (0x0000_0040, "Apple Server"),
    (0x0000_0080, "Novell Server"),
    (0x0000_0100, "Domain Member Server"),
    (0x0000_0200, "Print Queue Server"),
    (0x0000_0400, "Dialin Server"),
    (0x0000_0800, "Xenix Server"),
    (0x0000_1000, "NT Workstation"),
    (0x0000_2000, "Windows for Workgroups"),
    (0x0000_8000, "NT Server"),
    (0x0001_0000, "Potential Browser"),
    (0x0002_0000, "Backup Browser"),
    (0x0004_0000, "Master Browser"),
    (0x0008_0000, "Domain Master Browser"),
    (0x0010_0000, "OSF"),
    (0x0020_0000, "VMS"),
    (0x0040_0000, "Windows 95 or above"),
    (0x0080_0000, "DFS server"),
    (0x4000_0000, "Local List Only"),
    (0x8000_0000, "Domain Enum"),
];

crate::fields! {
    COMMAND = Field::new("browser.command", "Command", Kind::Uint(8)).hex().names(COMMANDS);
    UPDATES = Field::new("browser.update_count", "Update Count", Kind::Uint(8));
    PERIOD = Field::new("browser.period", "Update Periodicity", Kind::Uint(32));
    SERVER = Field::new("browser.server", "Server Name", Kind::Text);
    MASTER = Field::new("browser.mb_server", "Master Browser Server Name", Kind::Text);
    OS_MAJOR = Field::new("browser.os_major", "OS Major Version", Kind::Uint(8));
    OS_MINOR = Field::new("browser.os_minor", "OS Minor Version", Kind::Uint(8));
    TYPE = Field::new("browser.server_type", "Server Type", Kind::Uint(32)).hex();
    MAJOR = Field::new("browser.proto_major", "Browser Protocol Major Version", Kind::Uint(8));
    MINOR = Field::new("browser.proto_minor", "Browser Protocol Minor Version", Kind::Uint(8));
    SIGNATURE = Field::new("browser.sig", "Signature", Kind::Uint(16)).hex();
    COMMENT = Field::new("browser.comment", "Host Comment", Kind::Text);
    ANSWER_TO = Field::new("browser.response_computer_name", "Response Computer Name", Kind::Text);
    ELECTION_VERSION = Field::new("browser.election.version", "Election Version", Kind::Uint(8));
    CRITERIA = Field::new("browser.election.criteria", "Election Criteria", Kind::Uint(32)).hex();
    UPTIME = Field::new("browser.uptime", "Uptime", Kind::Uint(32));
    COUNT = Field::new("browser.backup.count", "Backup List Requested Count", Kind::Uint(8));
    TOKEN = Field::new("browser.backup.token", "Backup Request Token", Kind::Uint(32));
    PROMOTED = Field::new("browser.browser_to_promote", "Browser to Promote", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    ..Protocol::new("browser", "BROWSER", "Microsoft Windows Browser Protocol")
};

/// Adds the layer of a message.
pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) {
    whole(d, Proto::Browser, span, message);
}

/// The text at the beginning of `bytes`, up to the first zero byte.
fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or(bytes)
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(command) = bytes.u8(0) else { return };
    match name_of(COMMANDS, command.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown command:");
            return out.hex(command.into(), 2);
        }
    }
    match command {
        HOST | DOMAIN | LOCAL_MASTER => {
            out.text(" ");
            out.decoded(until_zero(bytes.get(6..6 + NAME).unwrap_or(&[])));
            let kind = bytes.u32_le(24).unwrap_or(0);
            for bit in (0..32u32).filter(|bit| kind & 1 << bit != 0) {
                out.text(", ");
                match name_of(SERVERS, 1u64 << bit) {
                    Some(name) => out.text(name),
                    None => {
                        out.text("Unknown server type:");
                        out.num(bit);
                    }
                }
            }
        }
        REQUEST => {
            out.text(" ");
            out.decoded(until_zero(bytes.get(2..).unwrap_or(&[])));
        }
        _ => {}
    }
}

fn text(w: &mut Walk<'_, '_>, field: &'static Field, at: usize) -> Step {
    let text = until_zero(w.bytes.get(at..).unwrap_or(&[]));
    w.value(field, at, text.len(), Value::Text(text))
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    match w.num(&COMMAND, 0)? as u8 {
        command @ (HOST | DOMAIN | LOCAL_MASTER) => announcement(w, command),
        REQUEST => text(w, &ANSWER_TO, 2),
        ELECTION => {
            w.num(&ELECTION_VERSION, 1)?;
            w.num_le(&CRITERIA, 2, 4)?;
            w.open();
            w.num(&MAJOR, 3)?;
            w.num(&MINOR, 4)?;
            w.close();
            w.num_le(&UPTIME, 6, 4)?;
            text(w, &SERVER, 14)
        }
        BACKUP_LIST => {
            w.num(&COUNT, 1)?;
            w.num_le(&TOKEN, 2, 4).map(drop)
        }
        BECOME_BACKUP => text(w, &PROMOTED, 1),
        _ => Ok(()),
    }
}

/// Announcements (MS-BRWS, sections 2.2.1, 2.2.6 and 2.2.9).
fn announcement(w: &mut Walk<'_, '_>, command: u8) -> Step {
    w.num(&UPDATES, 1)?;
    let millis = u64::from(w.bytes.u32_le(2).ok_or(End::Short)?);
    let minutes = millis / 60_000;
    let line = format_args!("Update Periodicity: {minutes} minute{}", plural(minutes));
    w.line(&PERIOD, 2, 4, Value::Uint(millis), line)?;
    let name = until_zero(w.get(6, NAME)?);
    w.value(&SERVER, 6, NAME, Value::Text(name))?;
    w.num(&OS_MAJOR, 22)?;
    w.num(&OS_MINOR, 23)?;
    w.num_le(&TYPE, 24, 4)?;
    w.num(&MAJOR, 28)?;
    w.num(&MINOR, 29)?;
    w.num_le(&SIGNATURE, 30, 2)?;
    text(w, if command == DOMAIN { &MASTER } else { &COMMENT }, 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::reading::layer::unseen;

    #[test]
    fn an_announcement_must_be_whole() {
        let mut announcement = vec![HOST, 1, 0x60, 0xea, 0, 0];
        announcement.extend(b"CLIENT\0\0\0\0\0\0\0\0\0\0");
        announcement.extend([10, 0, 3, 0x10, 1, 0, 15, 1, 0x55, 0xaa, b'x', 0]);
        assert_eq!(unseen(&announcement, message), Ok(()));
        assert_eq!(unseen(&announcement[..30], message), Err(End::Short));
    }
}
