//! Options of neighbour discovery: RFC 4861 section 4.6, RFC 4191 (routes), RFC 6275 (mobility), RFC 8106 (DNS),
//! RFC 8781 (NAT64 prefixes).

use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push as _, written};

pub(super) const SOURCE: u8 = 1;
pub(super) const TARGET: u8 = 2;
const PREFIX_INFORMATION: u8 = 3;
const REDIRECTED: u8 = 4;
const MTU_OPTION: u8 = 5;
const INTERVAL: u8 = 7;
const NONCE_OPTION: u8 = 14;
const ROUTE: u8 = 24;
const RDNSS_OPTION: u8 = 25;
const DNSSL_OPTION: u8 = 31;
const PREF64_OPTION: u8 = 38;

const TYPES: Names = &[
    (1, "Source link-layer address"),
    (2, "Target link-layer address"),
    (3, "Prefix information"),
    (4, "Redirected header"),
    (5, "MTU"),
    (6, "NBMA Shortcut Limit Option"),
    (7, "Advertisement Interval"),
    (8, "Home Agent Information"),
    (9, "Source Address List"),
    (10, "Target Address List"),
    (11, "CGA"),
    (12, "RSA Signature"),
    (13, "Timestamp"),
    (14, "Nonce"),
    (15, "Trust Anchor"),
    (16, "Certificate"),
    (17, "IP Address/Prefix Option"),
    (18, "New Router Prefix Information"),
    (19, "Link-layer Address"),
    (20, "Neighbor Advertisement Acknowledgment"),
    (23, "MAP"),
    (24, "Route Information"),
    (25, "Recursive DNS Server"),
    (26, "RA Flags Extension"),
    (27, "Handover Key Request"),
    (28, "Handover Key Reply"),
    (29, "Handover Assist Information"),
    (30, "Mobile Node Identifier Option"),
    (31, "DNS Search List Option"),
    (32, "Proxy Signature (PS)"),
    (33, "Address Registration Option"),
    (34, "6LoWPAN Context Option"),
    (35, "Authoritative Border Router"),
    (36, "6LoWPAN Capability Indication Option"),
    (37, "DHCP Captive-Portal"),
    (38, "PREF64 Option"),
    (138, "CARD Request"),
    (139, "CARD Reply"),
    (253, "RFC3692-style Experiment 1"),
    (254, "RFC3692-style Experiment 2"),
];
const SET: Names = crate::dissect::protocols::ipv4::SET;
pub(super) const PREFERENCES: Names = &[(0, "Medium"), (1, "High"), (2, "Reserved"), (3, "Low")];
const FOREVER: u64 = u32::MAX as u64;
/// Prefix lengths of NAT64, by their code (RFC 8781, section 4).
const PREF64_LENGTHS: [u8; 6] = [96, 64, 56, 48, 40, 32];

crate::fields! {
    OPT = Field::new("icmpv6.opt", "ICMPv6 Option", Kind::Label);
    TYPE = Field::new("icmpv6.opt.type", "Type", Kind::Uint(8)).names(TYPES);
    LENGTH = Field::new("icmpv6.opt.length", "Length", Kind::Uint(8));
    RESERVED = Field::new("icmpv6.opt.reserved", "Reserved", Kind::Label);
    PADDING = Field::new("icmpv6.opt.padding", "Padding", Kind::Label);
    LINKADDR = Field::new("icmpv6.opt.linkaddr", "Link-layer address", Kind::Bytes).colons();
    SRC_LINKADDR = Field::new("icmpv6.opt.src_linkaddr", "Source Link-layer address", Kind::Bytes).colons().hidden();
    TARGET_LINKADDR = Field::new("icmpv6.opt.target_linkaddr", "Target Link-layer address", Kind::Bytes).colons().hidden();
    PREFIX_LENGTH = Field::new("icmpv6.opt.prefix.length", "Prefix Length", Kind::Uint(8));
    PREFIX_FLAG = Field::new("icmpv6.opt.prefix.flag", "Flag", Kind::Uint(8)).hex();
    PREFIX_L = Field::new("icmpv6.opt.prefix.flag.l", "On-link flag(L)", Kind::Bool).mask(0x80).names(SET);
    PREFIX_A = Field::new("icmpv6.opt.prefix.flag.a", "Autonomous address-configuration flag(A)", Kind::Bool).mask(0x40).names(SET);
    PREFIX_R = Field::new("icmpv6.opt.prefix.flag.r", "Router address flag(R)", Kind::Bool).mask(0x20).names(SET);
    PREFIX_RESERVED = Field::new("icmpv6.opt.prefix.flag.reserved", "Reserved", Kind::Uint(8)).mask(0x1f);
    VALID = Field::new("icmpv6.opt.prefix.valid_lifetime", "Valid Lifetime", Kind::Uint(32));
    PREFERRED = Field::new("icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime", Kind::Uint(32));
    PREFIX = Field::new("icmpv6.opt.prefix", "Prefix", Kind::Ipv6);
    ROUTE_FLAG = Field::new("icmpv6.opt.route_info.flag", "Flag", Kind::Uint(8)).hex();
    ROUTE_PREFERENCE =
        Field::new("icmpv6.opt.route_info.flag.route_preference", "Route Preference", Kind::Uint(8)).mask(0x18).names(PREFERENCES);
    ROUTE_RESERVED = Field::new("icmpv6.opt.route_info.flag.reserved", "Reserved", Kind::Uint(8)).mask(0xe7);
    ROUTE_LIFETIME = Field::new("icmpv6.opt.route_lifetime", "Route Lifetime", Kind::Uint(32));
    REDIRECTED_PACKET = Field::new("icmpv6.opt.redirected_packet", "Redirected Packet", Kind::Label);
    MTU = Field::new("icmpv6.opt.mtu", "MTU", Kind::Uint(32));
    ADVERTISEMENT_INTERVAL = Field::new("icmpv6.opt.advertisement_interval", "Advertisement Interval", Kind::Uint(32));
    NONCE = Field::new("icmpv6.opt.nonce", "Nonce", Kind::Bytes);
    RDNSS_LIFETIME = Field::new("icmpv6.opt.rdnss.lifetime", "Lifetime", Kind::Uint(32));
    RDNSS = Field::new("icmpv6.opt.rdnss", "Recursive DNS Servers", Kind::Ipv6);
    DNSSL_LIFETIME = Field::new("icmpv6.opt.dnssl.lifetime", "Lifetime", Kind::Uint(32));
    DNSSL = Field::new("icmpv6.opt.dnssl", "Domain Names", Kind::Text);
    PREF64_LIFETIME = Field::new("icmpv6.opt.pref64.scaled_lifetime", "Scaled Lifetime", Kind::Uint(16)).mask(0xfff8);
    PREF64_CODE = Field::new("icmpv6.opt.pref64.plc", "PLC (Prefix Length Code)", Kind::Uint(16)).hex().mask(0x0007);
    PREF64 = Field::new("icmpv6.opt.pref64.prefix", "Prefix", Kind::Ipv6);
}

/// Iterates over the options of a message: offset, type and data of each. It ends at the first that is damaged.
#[derive(Clone)]
pub(super) struct Options<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Options<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Options<'a> {
        Options { bytes, at: 0 }
    }

    /// Whether the list can be read to its end, or to an option with length 0, which ends it early.
    pub(super) fn is_whole(&self) -> bool {
        let mut all = self.clone();
        let sound = all.by_ref().all(|(_, kind, data)| is_sound(kind, data));
        let rest = all.bytes.get(all.at..).unwrap_or(&[]);
        sound && (rest.is_empty() || rest.u8(1) == Some(0))
    }

    /// Offset and length of the packet that a redirect quotes; `None` if it quotes none.
    pub(super) fn redirected(&self) -> Option<(usize, usize)> {
        let (at, _, data) = self.clone().find(|(_, kind, _)| *kind == REDIRECTED)?;
        Some((at + 8, data.len().checked_sub(6).filter(|n| *n > 0)?))
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (usize, u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let kind = self.bytes.u8(at)?;
        let len = usize::from(self.bytes.u8(at + 1)?) * 8;
        let data = self.bytes.get(at + 2..at + len)?;
        self.at = at + len;
        Some((at, kind, data))
    }
}

/// Whether the data of an option has the form that its type demands.
fn is_sound(kind: u8, data: &[u8]) -> bool {
    match kind {
        PREFIX_INFORMATION => data.len() >= 30,
        DNSSL_OPTION => {
            let mut names = data.get(6..).unwrap_or(&[]);
            while let Some((_, rest)) = name(names) {
                names = rest;
            }
            names.iter().all(|b| *b == 0)
        }
        _ => true,
    }
}

/// The first domain name of a list, with dots, and the bytes after it; `None` at the padding or at a damaged name.
fn name(mut bytes: &[u8]) -> Option<(Line, &[u8])> {
    let mut text = Line::new();
    loop {
        // A larger number would be a compression pointer, which this option must not have (RFC 8106, section 5.2).
        let len = usize::from(bytes.u8(0).filter(|len| *len < 64)?);
        let label = bytes.get(1..1 + len)?;
        bytes = bytes.get(1 + len..)?;
        if len == 0 {
            return (!text.is_empty()).then_some((text, bytes));
        }
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend_from_slice(label);
    }
}

/// Visits all options from `start` on.
pub(super) fn visit(w: &mut Walk<'_, '_>, start: usize) -> Step {
    let bytes = w.bytes.get(start..).unwrap_or(&[]);
    for (at, kind, data) in Options::new(bytes) {
        let octets = data.len() + 2;
        let words = octets / 8;
        let text = written(|line| write_heading(kind, data, line));
        w.line(&OPT, start + at, octets, Value::None, format_args!("ICMPv6 Option ({text})"))?;
        w.open();
        w.uint(&TYPE, start + at, 1)?;
        w.uint_line(&LENGTH, start + at + 1, 1, format_args!("Length: {words} ({octets} bytes)"))?;
        contents(w, start + at + 2, kind, data)?;
        w.close();
    }
    Ok(())
}

/// Appends the name of an option and its main value.
fn write_heading(kind: u8, data: &[u8], out: &mut Line) {
    out.text(name_of(TYPES, kind.into()).unwrap_or("Unknown"));
    match kind {
        SOURCE | TARGET => {
            out.text(" : ");
            if let Some(mac) = data.mac(0) {
                out.mac(mac);
            }
        }
        PREFIX_INFORMATION => {
            out.text(" : ");
            if let (Some(len), Some(prefix)) = (data.u8(0), data.ipv6(14)) {
                out.ipv6(prefix);
                out.text("/");
                out.num(len);
            }
        }
        MTU_OPTION | INTERVAL => {
            out.text(" : ");
            out.num(data.u32(2).unwrap_or(0));
        }
        ROUTE => {
            let preference = u64::from(data.u8(1).unwrap_or(0) >> 3 & 3);
            out.text(" : ");
            out.text(name_of(PREFERENCES, preference).unwrap_or(""));
            out.text(" ");
            out.ipv6(prefix(data.get(6..).unwrap_or(&[])));
            out.text("/");
            out.num(data.u8(0).unwrap_or(0));
        }
        RDNSS_OPTION => {
            for at in (6..data.len()).step_by(16) {
                if let Some(ip) = data.ipv6(at) {
                    out.text(" ");
                    out.ipv6(ip);
                }
            }
        }
        DNSSL_OPTION => {
            let mut rest = data.get(6..).unwrap_or(&[]);
            while let Some((text, after)) = name(rest) {
                out.text(" ");
                out.extend_from_slice(&text);
                rest = after;
            }
        }
        _ => {}
    }
}

/// A prefix whose last octets are left out because they are zero.
fn prefix(bytes: &[u8]) -> std::net::Ipv6Addr {
    let mut octets = [0; 16];
    for (octet, byte) in octets.iter_mut().zip(bytes) {
        *octet = *byte;
    }
    octets.into()
}

fn contents(w: &mut Walk<'_, '_>, at: usize, kind: u8, data: &[u8]) -> Step {
    match kind {
        SOURCE | TARGET => {
            let own = if kind == SOURCE { &SRC_LINKADDR } else { &TARGET_LINKADDR };
            w.up_to(&LINKADDR, at, data.len())?;
            w.value(own, at, data.len(), Value::Bytes(data))
        }
        PREFIX_INFORMATION => prefix_information(w, at, data),
        REDIRECTED => {
            w.label(&RESERVED, at, 6)?;
            w.label(&REDIRECTED_PACKET, at + 6, data.len().saturating_sub(6))
        }
        MTU_OPTION | INTERVAL => {
            w.label(&RESERVED, at, 2)?;
            w.uint(if kind == INTERVAL { &ADVERTISEMENT_INTERVAL } else { &MTU }, at + 2, 4)
        }
        NONCE_OPTION => w.up_to(&NONCE, at, data.len()),
        ROUTE => route(w, at, data),
        RDNSS_OPTION => {
            w.label(&RESERVED, at, 2)?;
            lifetime(w, &RDNSS_LIFETIME, at + 2)?;
            (6..data.len()).step_by(16).try_for_each(|offset| w.ipv6(&RDNSS, at + offset))
        }
        DNSSL_OPTION => search_list(w, at, data),
        PREF64_OPTION => {
            w.uint(&PREF64_LIFETIME, at, 2)?;
            w.uint(&PREF64_CODE, at, 2)?;
            let ip = prefix(data.get(2..).unwrap_or(&[]));
            let code = usize::from(data.u8(1).unwrap_or(0) & 7);
            let len = PREF64_LENGTHS.get(code).copied().unwrap_or(0);
            let octets = data.len().saturating_sub(2);
            w.line(&PREF64, at + 2, octets, Value::Ipv6(ip), format_args!("Prefix: {ip}/{len}"))
        }
        _ => Ok(()),
    }
}

/// Visits a number of seconds; the largest number means infinity.
pub(super) fn lifetime(w: &mut Walk<'_, '_>, field: &'static Field, offset: usize) -> Step {
    match w.number(offset, 4)? {
        FOREVER => w.uint_line(field, offset, 4, format_args!("{}: Infinity ({FOREVER})", field.label)),
        n => w.uint_line(field, offset, 4, format_args!("{}: {n}", field.label)),
    }
}

fn prefix_information(w: &mut Walk<'_, '_>, at: usize, data: &[u8]) -> Step {
    w.uint(&PREFIX_LENGTH, at, 1)?;
    let flags = data.u8(1).unwrap_or(0);
    let named = [(0x80, &PREFIX_L), (0x40, &PREFIX_A), (0x20, &PREFIX_R)];
    let names: String =
        named.iter().filter(|(bit, _)| flags & bit != 0).flat_map(|(_, f)| [", ", f.label]).collect();
    w.uint_line(&PREFIX_FLAG, at + 1, 1, format_args!("Flag: 0x{flags:02x}{names}"))?;
    w.bits(&[&PREFIX_L, &PREFIX_A, &PREFIX_R, &PREFIX_RESERVED], at + 1, 1)?;
    lifetime(w, &VALID, at + 2)?;
    lifetime(w, &PREFERRED, at + 6)?;
    w.label(&RESERVED, at + 10, 4)?;
    w.ipv6(&PREFIX, at + 14)
}

fn route(w: &mut Walk<'_, '_>, at: usize, data: &[u8]) -> Step {
    w.uint(&PREFIX_LENGTH, at, 1)?;
    let flags = data.u8(1).unwrap_or(0);
    let name = name_of(PREFERENCES, u64::from(flags >> 3 & 3)).unwrap_or("");
    w.uint_line(&ROUTE_FLAG, at + 1, 1, format_args!("Flag: 0x{flags:02x}, Route Preference: {name}"))?;
    w.bits(&[&ROUTE_PREFERENCE, &ROUTE_RESERVED], at + 1, 1)?;
    lifetime(w, &ROUTE_LIFETIME, at + 2)?;
    let ip = prefix(data.get(6..).unwrap_or(&[]));
    w.value(&PREFIX, at + 6, data.len().saturating_sub(6), Value::Ipv6(ip))
}

fn search_list(w: &mut Walk<'_, '_>, at: usize, data: &[u8]) -> Step {
    w.label(&RESERVED, at, 2)?;
    lifetime(w, &DNSSL_LIFETIME, at + 2)?;
    let mut rest = data.get(6..).unwrap_or(&[]);
    let mut offset = at + 6;
    while let Some((text, after)) = name(rest) {
        let len = rest.len() - after.len();
        w.value(&DNSSL, offset, len, Value::Text(&text))?;
        offset += len;
        rest = after;
    }
    if rest.is_empty() {
        return Ok(());
    }
    w.value(&PADDING, offset, rest.len(), Value::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_zero_or_beyond_the_end_ends_the_list() {
        assert_eq!(Options::new(&[1, 0, 0, 0, 0, 0, 0, 0]).count(), 0);
        assert_eq!(Options::new(&[1, 5, 0, 0, 0, 0, 0, 0]).count(), 0);
        assert!(Options::new(&[1, 0, 0, 0, 0, 0, 0, 0]).is_whole());
        assert!(!Options::new(&[1, 5, 0, 0, 0, 0, 0, 0]).is_whole());
        assert!(!Options::new(&[1]).is_whole());
    }

    #[test]
    fn a_search_list_whose_label_runs_over_the_end_is_damaged() {
        assert!(is_sound(DNSSL_OPTION, &[0, 0, 0, 0, 0, 9, 1, b'a', 0, 0, 0, 0, 0, 0]));
        assert!(!is_sound(DNSSL_OPTION, &[0, 0, 0, 0, 0, 9, 63, b'a', b'b', 0, 0, 0, 0, 0]));
    }
}
