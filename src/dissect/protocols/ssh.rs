//! Secure Shell (`ssh`): RFC 4253, RFC 5656. The dissector reads what is not encrypted: the version lines, and the
//! key exchange until the packets are encrypted.

use crate::direction::Direction;
use crate::dissect::facts::{KeyExchange, SshFacts};
use crate::dissect::over_tcp::{Agreed, Application, Begun, Input, Measure, Memory, Need, Session};
use crate::dissect::reading::layer::show_all;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Line, Push};
use std::borrow::Cow;

const PORT: u16 = 22;
/// Octets of the length that begins a packet.
const LENGTH: usize = 4;
/// The longest packet in bytes that every implementation must support (RFC 4253, section 6.1).
const LONGEST: u32 = 35_000;

const INIT: u8 = 20;
const NEW_KEYS: u8 = 21;

const MESSAGES: Names = &[
    (1, "Disconnect"),
    (2, "Ignore"),
    (3, "Unimplemented"),
    (4, "Debug"),
    (5, "Service Request"),
    (6, "Service Accept"),
    (20, "Key Exchange Init"),
    (21, "New Keys"),
    (50, "User Authentication Request"),
    (51, "User Authentication Failure"),
    (52, "User Authentication Success"),
    (53, "User Authentication Banner"),
];
const GROUPS: Names = &[(30, "Diffie-Hellman Key Exchange Init"), (31, "Diffie-Hellman Key Exchange Reply")];
const GROUP_EXCHANGE: Names = &[
    (30, "Diffie-Hellman Group Exchange Request (Old)"),
    (31, "Diffie-Hellman Group Exchange Group"),
    (32, "Diffie-Hellman Group Exchange Init"),
    (33, "Diffie-Hellman Group Exchange Reply"),
    (34, "Diffie-Hellman Group Exchange Request"),
];
const CURVES: Names = &[
    (30, "Elliptic Curve Diffie-Hellman Key Exchange Init"),
    (31, "Elliptic Curve Diffie-Hellman Key Exchange Reply"),
];

crate::fields! {
    VERSION = Field::new("ssh.protocol", "Protocol", Kind::Text);
    PACKET_LENGTH = Field::new("ssh.packet_length", "Packet Length", Kind::Uint(32));
    PACKET_LENGTH_ENCRYPTED = Field::new("ssh.packet_length_encrypted", "Packet Length (encrypted)", Kind::Bytes);
    ENCRYPTED = Field::new("ssh.encrypted_packet", "Encrypted Packet", Kind::Bytes);
    PADDING_LENGTH = Field::new("ssh.padding_length", "Padding Length", Kind::Uint(8));
    MESSAGE_CODE = Field::new("ssh.message_code", "Message Code", Kind::Uint(8));
    COOKIE = Field::new("ssh.cookie", "Cookie", Kind::Bytes);
    KEX_LEN = Field::new("ssh.kex_algorithms_length", "kex_algorithms length", Kind::Uint(32));
    KEX = Field::new("ssh.kex_algorithms", "kex_algorithms string", Kind::Text);
    HOST_KEY_LEN = Field::new("ssh.server_host_key_algorithms_length", "server_host_key_algorithms length", Kind::Uint(32));
    HOST_KEY = Field::new("ssh.server_host_key_algorithms", "server_host_key_algorithms string", Kind::Text);
    CIPHER_UP_LEN = Field::new("ssh.encryption_algorithms_client_to_server_length", "encryption_algorithms_client_to_server length", Kind::Uint(32));
    CIPHER_UP = Field::new("ssh.encryption_algorithms_client_to_server", "encryption_algorithms_client_to_server string", Kind::Text);
    CIPHER_DOWN_LEN = Field::new("ssh.encryption_algorithms_server_to_client_length", "encryption_algorithms_server_to_client length", Kind::Uint(32));
    CIPHER_DOWN = Field::new("ssh.encryption_algorithms_server_to_client", "encryption_algorithms_server_to_client string", Kind::Text);
    MAC_UP_LEN = Field::new("ssh.mac_algorithms_client_to_server_length", "mac_algorithms_client_to_server length", Kind::Uint(32));
    MAC_UP = Field::new("ssh.mac_algorithms_client_to_server", "mac_algorithms_client_to_server string", Kind::Text);
    MAC_DOWN_LEN = Field::new("ssh.mac_algorithms_server_to_client_length", "mac_algorithms_server_to_client length", Kind::Uint(32));
    MAC_DOWN = Field::new("ssh.mac_algorithms_server_to_client", "mac_algorithms_server_to_client string", Kind::Text);
    COMPRESSION_UP_LEN = Field::new("ssh.compression_algorithms_client_to_server_length", "compression_algorithms_client_to_server length", Kind::Uint(32));
    COMPRESSION_UP = Field::new("ssh.compression_algorithms_client_to_server", "compression_algorithms_client_to_server string", Kind::Text);
    COMPRESSION_DOWN_LEN = Field::new("ssh.compression_algorithms_server_to_client_length", "compression_algorithms_server_to_client length", Kind::Uint(32));
    COMPRESSION_DOWN = Field::new("ssh.compression_algorithms_server_to_client", "compression_algorithms_server_to_client string", Kind::Text);
    LANGUAGES_UP_LEN = Field::new("ssh.languages_client_to_server_length", "languages_client_to_server length", Kind::Uint(32));
    LANGUAGES_UP = Field::new("ssh.languages_client_to_server", "languages_client_to_server string", Kind::Text);
    LANGUAGES_DOWN_LEN = Field::new("ssh.languages_server_to_client_length", "languages_server_to_client length", Kind::Uint(32));
    LANGUAGES_DOWN = Field::new("ssh.languages_server_to_client", "languages_server_to_client string", Kind::Text);
    FOLLOWS = Field::new("ssh.first_kex_packet_follows", "First KEX Packet Follows", Kind::Uint(8));
    RESERVED = Field::new("ssh.kex.reserved", "Reserved", Kind::Bytes);
    PADDING = Field::new("ssh.padding_string", "Padding String", Kind::Bytes);
    NUMBER = Field::new("ssh.seq_num", "Sequence number", Kind::Uint(32));
    DIRECTION = Field::new("ssh.direction", "Direction", Kind::Bool).names(&[(0, "client-to-server"), (1, "server-to-client")]).generated();
}

/// The lists of a Key Exchange Init message, in their order (RFC 4253, section 7.1).
static LISTS: [[&Field; 2]; 10] = [
    [&KEX_LEN, &KEX],
    [&HOST_KEY_LEN, &HOST_KEY],
    [&CIPHER_UP_LEN, &CIPHER_UP],
    [&CIPHER_DOWN_LEN, &CIPHER_DOWN],
    [&MAC_UP_LEN, &MAC_UP],
    [&MAC_DOWN_LEN, &MAC_DOWN],
    [&COMPRESSION_UP_LEN, &COMPRESSION_UP],
    [&COMPRESSION_DOWN_LEN, &COMPRESSION_DOWN],
    [&LANGUAGES_UP_LEN, &LANGUAGES_UP],
    [&LANGUAGES_DOWN_LEN, &LANGUAGES_DOWN],
];

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    column_of: Some(|ctx, _| Cow::Borrowed(if facts(ctx).known { "SSHv2" } else { "SSH" })),
    tcp_ports: &[PORT],
    application: Some(Application {
        measure,
        decode,
        is_likely: Some(|bytes| bytes.starts_with(b"SSH-2.0-") || bytes.starts_with(b"SSH-1.")),
    }),
    ..Protocol::new("ssh", "SSH", "SSH Protocol")
};

/// What an SSH connection has said without encryption.
#[derive(Clone, Debug, Default)]
struct Connection {
    /// Which sides have sent their version line.
    greeted: [bool; 2],
    /// Which sides send encrypted packets.
    encrypted: [bool; 2],
    /// The key exchange algorithms that each side has offered.
    offered: [Vec<u8>; 2],
    kex: KeyExchange,
    /// How many unencrypted packets each side has sent.
    sent: [u32; 2],
}

impl Memory for Connection {
    fn held(&self) -> usize {
        self.offered.iter().map(Vec::len).sum()
    }

    fn agreed(&self, agreed: &mut Agreed) {
        agreed.ssh = self.greeted == [true; 2];
    }
}

/// One part of a message.
enum Part<'a> {
    /// The version line of a side.
    Version(&'a [u8]),
    /// An unencrypted packet, by its message number.
    Packet(u8),
    /// Encrypted bytes.
    Encrypted,
}

/// An iterator over the parts of some bytes, each with its length; `None` as an item is a part that is not there in
/// full.
struct Parts<'a> {
    bytes: &'a [u8],
    encrypted: bool,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Option<(Part<'a>, usize)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let found = part(self.bytes, self.encrypted);
        let Some((part, len)) = &found else {
            self.bytes = &[];
            return Some(None);
        };
        self.encrypted |= matches!(part, Part::Packet(NEW_KEYS));
        self.bytes = self.bytes.get(*len..).unwrap_or(&[]);
        Some(found)
    }
}

fn part(bytes: &[u8], encrypted: bool) -> Option<(Part<'_>, usize)> {
    if encrypted {
        return Some((Part::Encrypted, bytes.len()));
    }
    if bytes.starts_with(b"SSH-") {
        let len = bytes.iter().position(|b| *b == b'\n')? + 1;
        let line = bytes.get(..len - 1)?;
        return Some((Part::Version(line.strip_suffix(b"\r").unwrap_or(line)), len));
    }
    let length = bytes.u32(0)?;
    if !(2..=LONGEST).contains(&length) {
        return Some((Part::Encrypted, bytes.len()));
    }
    let len = LENGTH + length as usize;
    (len <= bytes.len()).then(|| (Part::Packet(bytes.u8(5).unwrap_or(0)), len))
}

fn measure(input: &Input<'_>) -> Measure {
    let known = input.session.get::<Connection>();
    let encrypted = known.is_some_and(|c| c.encrypted[input.direction]);
    let parts = Parts { bytes: input.bytes, encrypted };
    let whole: usize = parts.map_while(|part| part.map(|(_, len)| len)).sum();
    if whole > 0 {
        return Measure::Complete(whole as u32);
    }
    let need = match input.bytes.u32(0) {
        Some(length) if !input.bytes.starts_with(b"SSH-") => {
            Need::Bytes((length + LENGTH as u32).saturating_sub(input.bytes.len() as u32))
        }
        _ => Need::Segment,
    };
    Measure::NeedMore(need, Begun::Nothing)
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let connection: &mut Connection = session.get_or_default();
    let direction = work.direction;
    let facts = SshFacts {
        known: connection.greeted == [true; 2],
        encrypted: connection.encrypted[direction],
        kex: connection.kex,
        number: connection.sent[direction],
    };
    if work.facts.ssh.is_none() {
        work.facts.ssh = Some(facts);
    }
    let mut at = 0;
    let bytes = work.get(source, span);
    for (part, len) in (Parts { bytes, encrypted: facts.encrypted }).map_while(|part| part) {
        connection.sent[direction] += u32::from(matches!(part, Part::Packet(_)));
        match part {
            Part::Version(_) => connection.greeted[direction] = true,
            Part::Packet(INIT) => connection.init(direction, bytes.get(at..at + len).unwrap_or(&[])),
            Part::Packet(NEW_KEYS) => connection.encrypted[direction] = true,
            _ => {}
        }
        at += len;
    }
    work.decoder(source).layer(Proto::Ssh, span, span.len());
}

impl Connection {
    /// Notes which key exchange algorithms one side offers. Once both sides have offered theirs, the first that both
    /// have in common decides the family. The client's order should decide (RFC 4253, section 7.1), but the family is
    /// the same by either order.
    fn init(&mut self, direction: Direction, packet: &[u8]) {
        const LISTS_AT: usize = LENGTH + 2 + 16;
        let len = packet.u32(LISTS_AT).unwrap_or(0) as usize;
        let list = packet.get(LISTS_AT + 4..LISTS_AT + 4 + len).unwrap_or(&[]);
        self.offered[direction] = list.to_vec();
        let [own, other] = &self.offered;
        let common = own.split(|b| *b == b',').find(|name| other.split(|b| *b == b',').any(|o| o == *name));
        self.kex = common.map_or(KeyExchange::Unknown, family);
    }
}

/// The family of a key exchange algorithm, by its name.
fn family(name: &[u8]) -> KeyExchange {
    let begins = |text: &[u8]| name.starts_with(text);
    if begins(b"diffie-hellman-group-exchange") {
        KeyExchange::GroupExchange
    } else if begins(b"diffie-hellman") {
        KeyExchange::Group
    } else if begins(b"ecdh-") || begins(b"curve") || begins(b"sntrup") {
        KeyExchange::Curve
    } else {
        KeyExchange::Unknown
    }
}

fn facts(ctx: &Context<'_>) -> SshFacts {
    ctx.facts.app.and_then(|app| app.ssh).unwrap_or_default()
}

/// Whether the client has sent the packet: it goes to SSH's port, or comes from the higher port.
fn is_client(ctx: &Context<'_>) -> bool {
    let Some((_, header)) = ctx.tcp() else { return false };
    header.dstport == PORT || header.srcport != PORT && header.srcport > header.dstport
}

fn message_name(code: u8, kex: KeyExchange) -> &'static str {
    let own = match kex {
        KeyExchange::Group => GROUPS,
        KeyExchange::GroupExchange => GROUP_EXCHANGE,
        KeyExchange::Curve => CURVES,
        KeyExchange::Unknown => &[],
    };
    name_of(own, code.into()).or_else(|| name_of(MESSAGES, code.into())).unwrap_or("Unknown")
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let facts = facts(ctx);
    out.text(if is_client(ctx) { "Client: " } else { "Server: " });
    let parts = Parts { bytes: ctx.layer_bytes(layer), encrypted: facts.encrypted };
    for (n, (part, len)) in parts.map_while(|part| part).enumerate() {
        out.text(if n > 0 { ", " } else { "" });
        match part {
            Part::Version(line) => {
                out.text("Protocol (");
                out.decoded(line);
                out.text(")");
            }
            Part::Packet(code) => out.text(message_name(code, facts.kex)),
            Part::Encrypted => {
                out.text("Encrypted packet (len=");
                out.num(len);
                out.text(")");
            }
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, |w| message(w, facts(ctx), is_client(ctx)))
}

fn message(w: &mut Walk<'_, '_>, facts: SshFacts, client: bool) -> Step {
    let bytes = w.bytes;
    w.value(&PROTOCOL.field, 0, bytes.len(), Value::Bytes(bytes))?;
    w.open();
    let (mut at, mut number) = (0, facts.number);
    for (part, len) in (Parts { bytes, encrypted: facts.encrypted }).map_while(|part| part) {
        match part {
            Part::Version(line) => w.string(&VERSION, at, line.len()).map(|_| ())?,
            Part::Packet(code) => {
                packet(w, at, len, code, facts, number)?;
                number = number.wrapping_add(1);
            }
            Part::Encrypted => {
                let head = len.min(LENGTH);
                w.bytes(&PACKET_LENGTH_ENCRYPTED, at, head)?;
                if len > head {
                    w.bytes(&ENCRYPTED, at + head, len - head)?;
                }
            }
        }
        at += len;
    }
    w.value(&DIRECTION, 0, 0, Value::Bool(!client))
}

fn packet(w: &mut Walk<'_, '_>, at: usize, len: usize, code: u8, facts: SshFacts, number: u32) -> Step {
    w.text(at, len, format_args!("SSH Version 2"))?;
    w.open();
    w.num(&PACKET_LENGTH, at)?;
    let padding = w.num(&PADDING_LENGTH, at + 4)? as usize;
    w.text(at + 5, len.saturating_sub(5 + padding), format_args!("Key Exchange"))?;
    w.open();
    let name = message_name(code, facts.kex);
    w.line(
        &MESSAGE_CODE,
        at + 5,
        1,
        Value::Uint(code.into()),
        format_args!("Message Code: {name} ({code})"),
    )?;
    if code == INIT {
        init(w, at + 6)?;
    }
    w.close();
    if let Some(start) = (at + len).checked_sub(padding).filter(|start| *start > at + 5 && padding > 0) {
        w.bytes(&PADDING, start, padding)?;
    }
    w.value(&NUMBER, at + len, 0, Value::Uint(number.into()))?;
    w.close();
    Ok(())
}

fn init(w: &mut Walk<'_, '_>, mut at: usize) -> Step {
    w.text(at, 0, format_args!("Algorithms"))?;
    w.open();
    w.bytes(&COOKIE, at, 16)?;
    at += 16;
    for [length, list] in LISTS {
        let len = w.num(length, at)? as usize;
        at = at.checked_add(4).ok_or(End::Short)?;
        w.string(list, at, len)?;
        at = at.checked_add(len).ok_or(End::Short)?;
    }
    w.num(&FOLLOWS, at)?;
    w.bytes(&RESERVED, at + 1, 4)?;
    w.close();
    Ok(())
}
