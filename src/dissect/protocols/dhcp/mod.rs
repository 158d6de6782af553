//! Dynamic Host Configuration Protocol (`dhcp`, RFC 2131), and the Bootstrap Protocol that it extends (RFC 951).

mod fields;
mod names;
mod options;
mod table;
mod values;

use crate::dissect::reading::layer::{show_all, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::reading::wording::Lossy;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited, Why};
use crate::field::{Field, Value, Visit, name_of};
use crate::text::{Hex, Line, Push};
use fields::*;
use std::borrow::Cow;
use std::fmt;

mod at {
    //! Offsets in the message (RFC 2131, figure 1).
    pub(in crate::dissect) const OP: usize = 0;
    pub(in crate::dissect) const HTYPE: usize = 1;
    pub(in crate::dissect) const HLEN: usize = 2;
    pub(in crate::dissect) const HOPS: usize = 3;
    pub(in crate::dissect) const XID: usize = 4;
    pub(in crate::dissect) const SECS: usize = 8;
    pub(in crate::dissect) const FLAGS: usize = 10;
    pub(in crate::dissect) const CIADDR: usize = 12;
    pub(in crate::dissect) const YIADDR: usize = 16;
    pub(in crate::dissect) const SIADDR: usize = 20;
    pub(in crate::dissect) const GIADDR: usize = 24;
    pub(in crate::dissect) const CHADDR: usize = 28;
    pub(in crate::dissect) const SNAME: usize = 44;
    pub(in crate::dissect) const FILE: usize = 108;
    pub(in crate::dissect) const COOKIE: usize = 236;
    pub(in crate::dissect) const OPTIONS: usize = 240;
}
const MAGIC: &[u8] = &[99, 130, 83, 99];

/// Length of a message of BOOTP (RFC 951), in octets.
const BOOTP_LEN: usize = 300;

/// The port of a PXE proxy, which only says where to boot from.
const PROXY_PORT: u16 = 4011;

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,

    summary,
    column_of: Some(column),
    damage: Some("DHCP/BOOTP"),
    decode,
    udp_ports: &[67, 68, 4011],
    ..Protocol::new("dhcp", "DHCP", "Dynamic Host Configuration Protocol")
};

/// The name in the list: DHCP for a message that has a message type (option 53), BOOTP for any other.
fn column(ctx: &Context<'_>, layer: &Layer) -> Cow<'static, str> {
    Cow::Borrowed(if message_type(ctx, layer).is_some() { PROTOCOL.column } else { "BOOTP" })
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    if bytes.len() < span.len() as usize && !options::end(bytes.get(at::OPTIONS..).unwrap_or(&[])) {
        return d.broken(Proto::Dhcp, span);
    }
    whole(d, Proto::Dhcp, span, message)
}

/// Whether the snapshot length has cut the options. The message type is unknown then, as a later option could replace
/// it.
fn is_cut(ctx: &Context<'_>) -> bool {
    ctx.layers.stop.is_some_and(|stop| stop.proto == Proto::Dhcp && stop.why == Why::Cut)
}

/// The type of a DHCP message (option 53); `None` if it has none before its options break off.
fn message_type(ctx: &Context<'_>, layer: &Layer) -> Option<u8> {
    let bytes = ctx.layer_bytes(layer);
    if is_cut(ctx) || bytes.get(at::COOKIE..at::OPTIONS) != Some(MAGIC) {
        return None;
    }
    let mut found = None;
    for (code, value) in options::Options::new(bytes.get(at::OPTIONS..)?) {
        // If the option appears more than once, the last one counts.
        if code == 53 {
            found = value.first().copied().or(found);
        }
    }
    found
}

/// The name of a message type.
struct MessageType(u8);

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name_of(names::MESSAGES, self.0.into()) {
            Some(name) => f.pad(name),
            None => write!(f, "Unknown Message Type (0x{:02x})", self.0),
        }
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    use std::io::Write as _;
    let bytes = ctx.layer_bytes(layer);
    let (Some(op), Some(xid)) = (bytes.u8(at::OP), bytes.u32(at::XID)) else { return };
    if let Some(ty) = message_type(ctx, layer) {
        if on_port(ctx, PROXY_PORT) {
            out.text("proxy");
        }
        // Writing to a vector cannot fail.
        let _ = write!(out, "DHCP {:<8} - Transaction ID 0x{xid:x}", MessageType(ty));
        return;
    }
    let len = usize::from(bytes.u8(at::HLEN).unwrap_or(0));
    let Some(address) = bytes.get(at::CHADDR..at::CHADDR + len.min(16)) else { return };
    match op {
        1 => {
            let mac = Hex::colons(address);
            let _ = write!(out, "Boot Request from {mac} ({mac})");
        }
        2 => out.text("Boot Reply"),
        _ => {
            out.text("Unknown BOOTP message type (");
            out.num(op);
            out.text(")");
        }
    }
}

/// Whether the datagram's source or destination port is `port`.
fn on_port(ctx: &Context<'_>, port: u16) -> bool {
    let udp = ctx.layers.rfind(Proto::Udp).map_or(&[][..], |udp| ctx.layer_bytes(udp));
    udp.u16(0) == Some(port) || udp.u16(2) == Some(port)
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let len = layer.end.saturating_sub(layer.start) as usize;
    show_all(ctx, layer, v, |w| tree(message_type(ctx, layer), is_cut(ctx).then_some(len), w))
}

/// Visits a message of type `ty`; `cut` is its length on the wire where the snapshot length has cut it.
fn tree(ty: Option<u8>, cut: Option<usize>, w: &mut Walk<'_, '_>) -> Step {
    let bytes = w.bytes;
    // The list's line is written first: without the client's address, which a request's line names, nothing is shown.
    let address = if w.u8(at::OP)? == 1 { usize::from(w.u8(at::HLEN)?).min(16) } else { 2 };
    w.get(0, at::CHADDR + address)?;
    let (field, value) = (&PROTOCOL.field, Value::Bytes(bytes));
    match ty {
        Some(ty) => {
            let text = format_args!("{} ({})", field.label, MessageType(ty));
            w.line(field, 0, bytes.len(), value, text)?;
        }
        None => w.line(field, 0, bytes.len(), value, format_args!("{}", field.label))?,
    }
    // Wireshark searches the options before it shows fields, and that search ends at the cut. It searches where options
    // were captured, or where the message is longer than one of BOOTP.
    if cut.is_some_and(|len| len > BOOTP_LEN || bytes.len() >= at::OPTIONS) {
        return Ok(());
    }
    w.open();
    message(w)?;
    w.close();
    Ok(())
}

/// Visits a whole message.
fn message(w: &mut Walk<'_, '_>) -> Step {
    w.num(&MESSAGE_TYPE, at::OP)?;
    w.num(&HW_TYPE, at::HTYPE)?;
    w.num(&HW_LEN, at::HLEN)?;
    w.num(&HOPS, at::HOPS)?;
    w.num(&ID, at::XID)?;
    // Some clients write this number little-endian; real clients do not wait for hours.
    let secs = w.u16(at::SECS)?;
    let secs = if secs > 0xff && secs & 0xff == 0 { secs.swap_bytes() } else { secs };
    w.value(&SECS, at::SECS, 2, Value::Uint(secs.into()))?;
    flags(w)?;
    w.ipv4(&IP_CLIENT, at::CIADDR)?;
    w.ipv4(&IP_YOUR, at::YIADDR)?;
    w.ipv4(&IP_SERVER, at::SIADDR)?;
    w.ipv4(&IP_RELAY, at::GIADDR)?;
    hardware_address(w)?;
    let overload = overload(w.bytes);
    let text = |w: &mut Walk<'_, '_>, field: &'static Field, at, len, name: &str, used: bool| {
        let bytes = w.get(at, len)?;
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(len);
        let text = bytes.get(..end).unwrap_or(bytes);
        if used {
            w.text(at, len, format_args!("{name} option overloaded by DHCP"))
        } else if text.is_empty() {
            w.line(field, at, len, Value::Text(text), format_args!("{} not given", field.label))
        } else {
            w.line(field, at, len, Value::Text(text), format_args!("{}: {}", field.label, Lossy(text)))
        }
    };
    text(w, &SERVER, at::SNAME, 64, "Server name", overload & 2 != 0)?;
    text(w, &FILE, at::FILE, 128, "Boot file name", overload & 1 != 0)?;
    if w.get(at::COOKIE, 4)? != MAGIC {
        // RFC 951 has 64 octets for vendors after the file name.
        return w.get(at::COOKIE, 64).map(|_| ());
    }
    let cookie = Value::Ipv4(w.bytes.ipv4(at::COOKIE).ok_or(End::Short)?);
    w.line(&COOKIE, at::COOKIE, 4, cookie, format_args!("Magic cookie: DHCP"))?;
    options::visit(w, at::OPTIONS)
}

fn flags(w: &mut Walk<'_, '_>) -> Step {
    let flags = w.u16(at::FLAGS)?;
    let kind = if flags & 0x8000 != 0 { ", Broadcast flag (Broadcast)" } else { " (Unicast)" };
    let text = format_args!("Bootp flags: 0x{flags:04x}{kind}");
    w.line(&FLAGS, at::FLAGS, 2, Value::Uint(flags.into()), text)?;
    w.open();
    w.num(&FLAGS_BC, at::FLAGS)?;
    w.num(&FLAGS_RESERVED, at::FLAGS)?;
    w.close();
    Ok(())
}

fn hardware_address(w: &mut Walk<'_, '_>) -> Step {
    let (ty, len) = (w.u8(at::HTYPE)?, usize::from(w.u8(at::HLEN)?));
    if len == 0 || len > 16 {
        return w.text(at::CHADDR, 16, format_args!("Client address not given"));
    }
    client_address(w, ty, at::CHADDR, len)?;
    if len < 16 {
        w.bytes(&HW_ADDR_PADDING, at::CHADDR + len, 16 - len)?;
    }
    Ok(())
}

/// A hardware address: a MAC address for Ethernet and IEEE 802, else plain bytes.
fn client_address(w: &mut Walk<'_, '_>, ty: u8, at: usize, len: usize) -> Step {
    match w.bytes.mac(at).filter(|_| matches!(ty, 1 | 6) && len == 6) {
        Some(mac) => w.value(&HW_MAC_ADDR, at, 6, Value::Mac(mac)),
        None => w.bytes(&HW_ADDR, at, len),
    }
}

/// Which of the two name fields hold options instead (option 52): 1 the boot file's, 2 the server's, 3 both; 0
/// neither.
fn overload(bytes: &[u8]) -> u8 {
    let mut options = options::Options::new(bytes.get(at::OPTIONS..).unwrap_or(&[]));
    let found = options.find(|(code, _)| *code == 52).and_then(|(_, value)| value.u8(0));
    found.filter(|_| bytes.get(at::COOKIE..at::OPTIONS) == Some(MAGIC)).unwrap_or(0)
}
