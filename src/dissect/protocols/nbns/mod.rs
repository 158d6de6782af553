//! NetBIOS Name Service (`nbns`): RFC 1002, section 4.2.

mod fields;

use super::dns::Name;
use crate::dissect::reading::layer::{show_all, unseen, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::reading::wording::{Escaped, Secs};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Value, Visit, name_of};
use crate::text::{Line, Push};
use fields::*;
use std::fmt::{self, Write as _};

const HEADER: usize = 12;

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,

    summary,
    decode,
    udp_ports: &[137],
    ..Protocol::new("nbns", "NBNS", "NetBIOS Name Service")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    whole(d, Proto::Nbns, span, |w| message(w).map(|_| ()))
}

/// A NetBIOS name: sixteen octets, each encoded as two letters, and a scope after them.
pub(in crate::dissect) struct NetbiosName {
    encoded: Name,
}

impl NetbiosName {
    /// The name at an offset of a message.
    pub(in crate::dissect) fn read(message: &[u8], at: usize) -> Step<NetbiosName> {
        Ok(NetbiosName { encoded: Name::read(message, at).ok_or(End::Short)? })
    }

    /// The sixteen octets and the scope; `None` if the name does not begin with 32 letters.
    fn decode(&self) -> Option<([u8; 16], &[u8])> {
        let text = self.encoded.text();
        let (letters, scope) = text.split_at_checked(32)?;
        let mut octets = [0; 16];
        for (octet, pair) in octets.iter_mut().zip(letters.chunks_exact(2)) {
            let nibble = |i: usize| pair.u8(i)?.checked_sub(b'A').filter(|n| *n < 26);
            // Letters behind P stand for no half octet; what they add to the other half stays.
            *octet = (nibble(0)? << 4) | nibble(1)?;
        }
        Some((octets, scope))
    }

    /// The service that the last octet of the name means; `None` for unknown ones.
    pub(in crate::dissect) fn service(&self) -> Option<&'static str> {
        Some(match self.decode()?.0[15] {
            0x00 => "Workstation/Redirector",
            0x01 => "Browser",
            0x03 => "Messenger service/Main name",
            0x06 => "RAS Server service",
            0x1b => "Domain Master Browser",
            0x1c => "Domain Controllers",
            0x1d => "Local Master Browser",
            0x1e => "Browser Election Service",
            0x1f => "NetDDE Service",
            0x20 => "Server service",
            0x21 => "RAS client service",
            0xbe => "Network Monitor Agent",
            0xbf => "Network Monitor Analyzer",
            _ => "Unknown",
        })
    }
}

impl fmt::Display for NetbiosName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((octets, scope)) = self.decode() else {
            return f.write_str(
                "Illegal NetBIOS name (1st character not between A and Z in first-level encoding)",
            );
        };
        write_name(octets.first_chunk::<15>().unwrap_or(&[b' '; 15]), f)?;
        write!(f, "<{:02x}>", octets[15])?;
        crate::dissect::reading::wording::Lossy(scope).fmt(f)
    }
}

/// Writes fifteen octets of a name without trailing blanks; octets that cannot be printed are in hexadecimal.
fn write_name(name: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in name.trim_ascii_end() {
        match byte {
            b' '..=b'~' => f.write_char(char::from(*byte))?,
            _ => write!(f, "<{byte:02x}>")?,
        }
    }
    Ok(())
}

fn type_name(ty: u16) -> &'static str {
    TYPE.name_of(ty.into()).unwrap_or("Unknown")
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(flags) = bytes.u16(2) else { return };
    let opcode = u64::from(flags >> 11 & 15);
    match FLAGS_OPCODE.name_of(opcode) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown operation (");
            out.num(opcode);
            out.text(")");
        }
    }
    if flags & 0x8000 != 0 {
        out.text(" response");
        if let Some(name) = FLAGS_RCODE.name_of(u64::from(flags & 15)).filter(|_| flags & 15 != 0) {
            out.text(", ");
            out.text(name);
        }
    }
    let mut listed = Listed { line: out, queries: 0 };
    // Entries are listed as far as they are there, even if the message is cut.
    let _ = unseen(bytes, |w| entries(w, &mut listed));
}

/// The part of the Info column that lists questions and records.
struct Listed<'l> {
    line: &'l mut Line,
    queries: u32,
}

impl Listed<'_> {
    fn query(&mut self, ty: u16, name: &NetbiosName) {
        self.queries += 1;
        let _ = write!(Escaped(self.line), " {} {name}", type_name(ty));
    }

    /// Lists a record, unless the message has a question.
    fn record(&mut self, bytes: &[u8], ty: u16, data: usize) {
        if self.queries > 0 {
            return;
        }
        self.line.text(" ");
        self.line.text(type_name(ty));
        if let Some(ip) = bytes.ipv4(data + 2).filter(|_| ty == 32) {
            self.line.text(" ");
            self.line.ipv4(ip);
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, tree)
}

fn tree(w: &mut Walk<'_, '_>) -> Step {
    let bytes = w.bytes;
    let text = format_args!("{}", PROTOCOL.field.label);
    w.line(&PROTOCOL.field, 0, bytes.len(), Value::Bytes(bytes), text)?;
    w.open();
    message(w)?;
    w.close();
    Ok(())
}

/// Visits a whole message.
fn message(w: &mut Walk<'_, '_>) -> Step {
    w.u16(2)?;
    w.num(&ID, 0)?;
    flags(w)?;
    for (i, field) in [&COUNT_QUERIES, &COUNT_ANSWERS, &COUNT_AUTH_RR, &COUNT_ADD_RR].into_iter().enumerate()
    {
        w.num(field, 4 + 2 * i)?;
    }
    let mut nowhere = Line::new();
    entries(w, &mut Listed { line: &mut nowhere, queries: 1 })
}

fn flags(w: &mut Walk<'_, '_>) -> Step {
    let flags = w.u16(2)?;
    let opcode = FLAGS_OPCODE.name_of(u64::from(flags >> 11 & 15)).unwrap_or("Unknown");
    let response = flags & 0x8000 != 0;
    let word = |bit: u16, word: &'static str| if flags & bit != 0 { word } else { "" };
    let rcode = FLAGS_RCODE.name_of(u64::from(flags & 15)).unwrap_or("Unknown");
    let text = format_args!(
        "Flags: 0x{flags:04x}{}, Opcode: {opcode}{}{}{}{}{}{}{}",
        word(0x8000, ", Response"),
        if response { word(0x0400, ", Authoritative") } else { "" },
        word(0x0200, ", Truncated"),
        word(0x0100, ", Recursion desired"),
        if response { word(0x0080, ", Recursion available") } else { "" },
        word(0x0010, ", Broadcast"),
        if response { ", Reply code: " } else { "" },
        if response { rcode } else { "" },
    );
    w.line(&FLAGS, 2, 2, Value::Uint(flags.into()), text)?;
    w.open();
    let fields: &[&'static Field] = match response {
        true => &[
            &FLAGS_RESPONSE,
            &FLAGS_OPCODE,
            &FLAGS_AUTHORITATIVE,
            &FLAGS_TRUNCATED,
            &FLAGS_RECDESIRED,
            &FLAGS_RECAVAIL,
            &FLAGS_BROADCAST,
            &FLAGS_RCODE,
        ],
        false => &[&FLAGS_RESPONSE, &FLAGS_OPCODE, &FLAGS_TRUNCATED, &FLAGS_RECDESIRED, &FLAGS_BROADCAST],
    };
    for field in fields {
        w.num(field, 2)?;
    }
    w.close();
    Ok(())
}

/// Visits and lists questions and records.
fn entries(w: &mut Walk<'_, '_>, listed: &mut Listed<'_>) -> Step {
    let counts = [w.u16(4)?, w.u16(6)?, w.u16(8)?, w.u16(10)?];
    let titles = ["Queries", "Answers", "Authoritative nameservers", "Additional records"];
    let mut at = HEADER;
    for (section, (count, title)) in counts.into_iter().zip(titles).enumerate().filter(|(_, (n, _))| *n > 0) {
        w.text(at, 0, format_args!("{title}"))?;
        w.open();
        for _ in 0..count {
            at = if section == 0 { question(w, at, listed)? } else { record(w, at, listed)? };
        }
        w.close();
    }
    Ok(())
}

fn class_name(class: u16) -> &'static str {
    CLASS.name_of(class.into()).unwrap_or("Unknown")
}

fn question(w: &mut Walk<'_, '_>, at: usize, listed: &mut Listed<'_>) -> Step<usize> {
    let name = NetbiosName::read(w.bytes, at)?;
    let fixed = at + name.encoded.used;
    let (ty, class) = (w.u16(fixed)?, w.u16(fixed + 2)?);
    listed.query(ty, &name);
    let text = format_args!("{name}: type {}, class {}", type_name(ty), class_name(class));
    w.text(at, fixed + 4 - at, text)?;
    w.open();
    let used = name.encoded.used;
    let bare = name.to_string();
    let value = Value::Text(bare.as_bytes());
    match name.service() {
        Some(service) => w.line(&NAME, at, used, value, format_args!("Name: {name} ({service})"))?,
        None => w.line(&NAME, at, used, value, format_args!("Name: {name}"))?,
    }
    w.num(&TYPE, fixed)?;
    w.num(&CLASS, fixed + 2)?;
    w.close();
    Ok(fixed + 4)
}

fn record(w: &mut Walk<'_, '_>, at: usize, listed: &mut Listed<'_>) -> Step<usize> {
    let name = NetbiosName::read(w.bytes, at)?;
    let fixed = at + name.encoded.used;
    let (ty, class) = (w.u16(fixed)?, w.u16(fixed + 2)?);
    let len = usize::from(w.u16(fixed + 8)?);
    let data = fixed + 10;
    listed.record(w.bytes, ty, data);
    w.text(at, data + len - at, format_args!("{name}: type {}, class {}", type_name(ty), class_name(class)))?;
    w.open();
    let service = name.service().filter(|_| ty == 32);
    let full = match service {
        Some(service) => format!("{name} ({service})"),
        None => name.to_string(),
    };
    w.line(&NAME, at, name.encoded.used, Value::Text(full.as_bytes()), format_args!("Name: {full}"))?;
    w.num(&TYPE, fixed)?;
    w.num(&CLASS, fixed + 2)?;
    let ttl = u64::from(w.u32(fixed + 4)?);
    w.line(&TTL, fixed + 4, 4, Value::Uint(ttl), format_args!("Time to live: {}", Secs(ttl)))?;
    w.num(&DATA_LENGTH, fixed + 8)?;
    match ty {
        32 => (data..data + len).step_by(6).try_for_each(|at| address(w, at))?,
        33 => status(w, data, data + len)?,
        _ => w.bytes(&DATA, data, len)?,
    }
    w.close();
    Ok(data + len)
}

/// Visits one address of a name, and the type of its node.
fn address(w: &mut Walk<'_, '_>, at: usize) -> Step {
    let flags = w.u16(at)?;
    let node = NB_FLAGS_ONT.name_of(u64::from(flags >> 13 & 3)).unwrap_or("Unknown");
    let group = flags & 0x8000 != 0;
    let text = format_args!(
        "Name flags: 0x{flags:04x}{}, ONT: {node} ({node}, {})",
        if group { ", Name type" } else { "" },
        if group { "group" } else { "unique" }
    );
    w.line(&NB_FLAGS, at, 2, Value::Uint(flags.into()), text)?;
    w.open();
    w.num(&NB_FLAGS_GROUP, at)?;
    w.num(&NB_FLAGS_ONT, at)?;
    w.close();
    w.ipv4(&ADDR, at + 2)
}

/// Visits a node status: the names of a node, and its counters.
fn status(w: &mut Walk<'_, '_>, start: usize, end: usize) -> Step {
    let names = w.num(&NUMBER_OF_NAMES, start)?;
    let mut at = start + 1;
    for _ in 0..names {
        node_name(w, at)?;
        at += 18;
    }
    if at + 6 > end {
        return Ok(());
    }
    let mac = w.bytes.mac(at).ok_or(End::Short)?;
    w.value(&UNIT_ID, at, 6, Value::Mac(mac))?;
    at += 6;
    for field in [
        &JUMPERS,
        &TEST_RESULT,
        &VERSION_NUMBER,
        &PERIOD_OF_STATISTICS,
        &NUM_CRCS,
        &NUM_ALIGNMENT_ERRORS,
        &NUM_COLLISIONS,
        &NUM_SEND_ABORTS,
        &NUM_GOOD_SENDS,
        &NUM_GOOD_RECEIVES,
        &NUMRETRANSMITS,
        &NUM_NO_RESOURCE_CONDITIONS,
        &NUMCOMMAND_BLOCKS,
        &NUMPENDING_SESSIONS,
        &MAX_NUM_PENDING_SESSIONS,
        &MAX_TOTAL_SESSIONS_POSSIBLE,
        &SESSION_DATA_PACKET_SIZE,
    ] {
        let width = match field.kind {
            Kind::Uint(bits) => usize::from(bits / 8),
            _ => 0,
        };
        if at + width > end {
            break;
        }
        w.num(field, at)?;
        at += width;
    }
    Ok(())
}

/// Visits one name in a node status: sixteen octets and flags.
fn node_name(w: &mut Walk<'_, '_>, at: usize) -> Step {
    let octets: &[u8; 16] = w.get(at, 16)?.first_chunk().ok_or(End::Short)?;
    let encoded = Encoded(octets);
    let name = octets.get(..15).unwrap_or(octets).trim_ascii_end();
    w.line(&NETBIOS_NAME, at, 16, Value::Text(name), format_args!("Name: {encoded}"))?;
    let flags = w.u16(at + 16)?;
    let word = |bit: u16, word: &'static str| if flags & bit != 0 { word } else { "" };
    let text = format_args!(
        "Name flags: 0x{flags:04x}{}, ONT: {}{}{}{}{}",
        word(0x8000, ", Name type"),
        name_of(NAME_FLAGS_ONT.names, u64::from(flags >> 13 & 3)).unwrap_or("Unknown"),
        word(0x1000, ", Name is being deregistered"),
        word(0x0800, ", Name is in conflict"),
        word(0x0400, ", Name is active"),
        word(0x0200, ", Permanent node name"),
    );
    w.line(&NAME_FLAGS, at + 16, 2, Value::Uint(flags.into()), text)?;
    w.open();
    for field in [
        &NAME_FLAGS_GROUP,
        &NAME_FLAGS_ONT,
        &NAME_FLAGS_DRG,
        &NAME_FLAGS_CNF,
        &NAME_FLAGS_ACT,
        &NAME_FLAGS_PRM,
    ] {
        w.num(field, at + 16)?;
    }
    w.close();
    Ok(())
}

/// Sixteen octets of a name that are not encoded as letters.
struct Encoded<'a>(&'a [u8; 16]);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = [0; 32];
        for (pair, octet) in letters.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[b'A' + (octet >> 4), b'A' + (octet & 15)]);
        }
        let mut message = Vec::with_capacity(34);
        message.push(32);
        message.extend_from_slice(&letters);
        message.push(0);
        let Ok(name) = NetbiosName::read(&message, 0) else { return Ok(()) };
        write!(f, "{name} ({})", name.service().unwrap_or("Unknown"))
    }
}
