//! Network Time Protocol (`ntp`): RFC 5905 for version 4, RFC 1305 for earlier versions.

mod fields;

use crate::dissect::reading::layer::{show_all, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::reading::wording::Lossy;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Value, Visit, name_of};
use crate::frame::Timestamp;
use crate::text::{Line, Push};
use fields::*;
use std::fmt;
use std::net::Ipv4Addr;

mod at {
    //! Offsets in the header (RFC 5905, figure 8).
    pub(in crate::dissect) const STRATUM: usize = 1;
    pub(in crate::dissect) const POLL: usize = 2;
    pub(in crate::dissect) const PRECISION: usize = 3;
    pub(in crate::dissect) const DELAY: usize = 4;
    pub(in crate::dissect) const DISPERSION: usize = 8;
    pub(in crate::dissect) const REFID: usize = 12;
    pub(in crate::dissect) const REFERENCE: usize = 16;
    pub(in crate::dissect) const ORIGIN: usize = 24;
    pub(in crate::dissect) const RECEIVE: usize = 32;
    pub(in crate::dissect) const TRANSMIT: usize = 40;
    pub(in crate::dissect) const EXTENSIONS: usize = 48;
}

/// The longest authentication code in octets, with the identifier of its key; longer bytes are an extension (RFC
/// 7822, section 7.5).
const MAX_MAC: usize = 24;

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,

    summary,
    decode,
    udp_ports: &[123],
    ..Protocol::new("ntp", "NTP", "Network Time Protocol")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    whole(d, Proto::Ntp, span, message)
}

/// A message in short, for the list: version and mode.
struct Gist<'a>(&'a [u8]);

impl fmt::Display for Gist<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.u8(0) else { return Ok(()) };
        let mode = match first & 7 {
            6 => "control",
            7 => "private",
            mode => name_of(MODES, mode.into()).unwrap_or("reserved"),
        };
        write!(f, "{}, {mode}", name_of(VERSIONS, u64::from(first >> 3 & 7)).unwrap_or("reserved"))
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    use std::io::Write as _;
    let bytes = ctx.layer_bytes(layer);
    // Writing to a vector cannot fail.
    let _ = write!(out, "{}", Gist(bytes));
    let (Some(first), Some(request)) = (bytes.u8(0), bytes.u8(3)) else { return };
    if first & 7 == 7 {
        out.text(if first & 0x80 != 0 { ", Response, " } else { ", Request, " });
        out.text(name_of(REQUESTS, request.into()).unwrap_or("Unknown"));
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, tree)
}

fn tree(w: &mut Walk<'_, '_>) -> Step {
    let bytes = w.bytes;
    let text = format_args!("{} ({})", PROTOCOL.field.label, Gist(bytes));
    w.line(&PROTOCOL.field, 0, bytes.len(), Value::Bytes(bytes), text)?;
    w.open();
    message(w)?;
    w.close();
    Ok(())
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let first = w.u8(0)?;
    let name = |names, n: u8| name_of(names, n.into()).unwrap_or("reserved");
    let (leap, version, mode) = (first >> 6, first >> 3 & 7, first & 7);
    let text = format_args!(
        "Flags: 0x{first:02x}, Leap Indicator: {}, Version number: {}, Mode: {}",
        name(LEAPS, leap),
        name(VERSIONS, version),
        name(MODES, mode)
    );
    w.line(&FLAGS, 0, 1, Value::Uint(first.into()), text)?;
    w.open();
    // In private messages these bits are other flags.
    if mode != 7 {
        w.num(&FLAGS_LI, 0)?;
    }
    w.num(&FLAGS_VN, 0)?;
    w.num(&FLAGS_MODE, 0)?;
    w.close();
    // Control and private messages have other forms; only their length is checked.
    match mode {
        6 => return w.get(0, 12).map(|_| ()),
        7 => return w.get(0, 8).map(|_| ()),
        _ => {}
    }
    clock(w)?;
    for (field, at) in
        [(&REFTIME, at::REFERENCE), (&ORG, at::ORIGIN), (&REC, at::RECEIVE), (&XMT, at::TRANSMIT)]
    {
        moment(w, field, at)?;
    }
    rest(w)
}

/// Visits what the sender says about its clock.
fn clock(w: &mut Walk<'_, '_>) -> Step {
    let stratum = w.u8(at::STRATUM)?;
    let kind = match stratum {
        0 => "unspecified or invalid",
        1 => "primary reference",
        2..=15 => "secondary reference",
        16 => "unsynchronized",
        17.. => "reserved",
    };
    let text = format_args!("Peer Clock Stratum: {kind} ({stratum})");
    w.line(&STRATUM, at::STRATUM, 1, Value::Uint(stratum.into()), text)?;
    let poll = w.u8(at::POLL)?;
    let value = Value::Uint(poll.into());
    if (4..=17).contains(&poll) {
        let text = format_args!("Peer Polling Interval: {poll} ({} seconds)", 1u32 << poll);
        w.line(&PPOLL, at::POLL, 1, value, text)?;
    } else {
        w.line(&PPOLL, at::POLL, 1, value, format_args!("Peer Polling Interval: invalid ({poll})"))?;
    }
    let precision = w.u8(at::PRECISION)?;
    let seconds = f64::from(precision as i8).exp2();
    let text = format_args!("Peer Clock Precision: {seconds:.6} seconds");
    w.line(&PRECISION, at::PRECISION, 1, Value::Uint(precision.into()), text)?;
    for (field, at) in [(&ROOTDELAY, at::DELAY), (&ROOTDISPERSION, at::DISPERSION)] {
        let n = w.u32(at)?;
        let text = format_args!("{}: {:.6} seconds", field.label, f64::from(n) / 65536.0);
        w.line(field, at, 4, Value::Uint(n.into()), text)?;
    }
    let id = w.get(at::REFID, 4)?;
    w.line(
        &REFID,
        at::REFID,
        4,
        Value::Bytes(id),
        format_args!("Reference ID: {}", Reference { stratum, id }),
    )
}

/// The reference of the sender's clock: the code of a source (stratum 0 and 1), or the IPv4 address of its server.
struct Reference<'a> {
    stratum: u8,
    id: &'a [u8],
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        if self.stratum > 1 {
            return id.ipv4(0).unwrap_or(Ipv4Addr::UNSPECIFIED).fmt(f);
        }
        let letters = id.split(|b| *b == 0).next().unwrap_or(id);
        let name = match letters {
            b"" => "NULL",
            b"GPS" => "Global Position System",
            b"PPS" => "Generic pulse-per-second",
            b"LOCL" => "uncalibrated local clock",
            b"GOES" => "Geostationary Orbit Environment Satellite",
            b"GAL" => "Galileo Positioning System",
            b"DCF" => "LF Radio DCF77 Mainflingen, DE 77.5 kHz",
            b"MSF" => "LF Radio MSF Anthorn, UK 60 kHz",
            b"WWVB" => "LF Radio WWVB Fort Collins, CO 60 kHz",
            _ => return write!(f, "Unidentified reference source '{}'", Lossy(letters)),
        };
        f.write_str(name)
    }
}

/// Visits a time: seconds since 1900 (if the first bit is set) or since 2036, and a binary fraction.
fn moment(w: &mut Walk<'_, '_>, field: &'static Field, at: usize) -> Step {
    let (secs, fraction) = (w.u32(at)?, w.u32(at + 4)?);
    let era = if secs & 0x8000_0000 != 0 { -2_208_988_800 } else { 2_085_978_496 };
    let nanos = ((u64::from(fraction) * 1_000_000_000) >> 32) as i64;
    let value = Value::Time(Timestamp::from_parts(i64::from(secs) + era, nanos));
    if (secs, fraction) == (0, 0) {
        return w.line(field, at, 8, value, format_args!("{}: NULL", field.label));
    }
    w.value(field, at, 8, value)
}

/// Visits what follows the header: extensions, and the key identifier with the authentication code.
fn rest(w: &mut Walk<'_, '_>) -> Step {
    let end = w.bytes.len();
    let mut at = at::EXTENSIONS;
    while end - at > MAX_MAC {
        let len = usize::from(w.u16(at + 2)?);
        let value_len = len.checked_sub(4).ok_or(End::Short)?;
        w.value(&EXT, at, len, Value::None)?;
        w.open();
        w.num(&EXT_TYPE, at)?;
        w.num(&EXT_LENGTH, at + 2)?;
        w.bytes(&EXT_VALUE, at + 4, value_len)?;
        w.close();
        at += len;
    }
    if end - at >= 4 {
        w.bytes(&KEYID, at, 4)?;
        if end - at > 4 {
            w.bytes(&MAC, at + 4, end - at - 4)?;
        }
    }
    Ok(())
}
