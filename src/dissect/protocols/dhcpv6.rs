//! DHCP for IPv6 (`dhcpv6`): RFC 8415; DNS servers (RFC 3646).

use crate::dissect::reading::layer::{show_all, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::frame::Timestamp;
use crate::text::{Hex, Line, Push};
use std::io::Write as _;

const CLIENT_ID: u16 = 1;
const SERVER_ID: u16 = 2;
const ADDRESSES: u16 = 3;
const TEMPORARY: u16 = 4;
const ADDRESS: u16 = 5;
const REQUESTED: u16 = 6;
const PREFERENCE: u16 = 7;
const ELAPSED: u16 = 8;
const RELAYED: u16 = 9;
const STATUS: u16 = 13;
const DNS_SERVERS: u16 = 23;
const PREFIXES: u16 = 25;
const PREFIX: u16 = 26;

/// Relays' messages have another header: a hop count and two addresses.
const RELAY_FORWARD: u8 = 12;
const RELAY_REPLY: u8 = 13;

/// How many levels of options inside options are read.
const DEEPEST: u8 = 4;

const MESSAGES: Names = &[
    (1, "Solicit"),
    (2, "Advertise"),
    (3, "Request"),
    (4, "Confirm"),
    (5, "Renew"),
    (6, "Rebind"),
    (7, "Reply"),
    (8, "Release"),
    (9, "Decline"),
    (10, "Reconfigure"),
    (11, "Information-request"),
    (12, "Relay-forw"),
    (13, "Relay-reply"),
    (14, "Leasequery"),
    (15, "Leasequery-reply"),
    (16, "Leasequery-done"),
    (17, "Leasequery-data"),
    (18, "Reconfigure-request"),
    (19, "Reconfigure-reply"),
];
const OPTIONS: Names = &[
    (1, "Client Identifier"),
    (2, "Server Identifier"),
    (3, "Identity Association for Non-temporary Address"),
    (4, "Identity Association for Temporary Address"),
    (5, "IA Address"),
    (6, "Option Request"),
    (7, "Preference"),
    (8, "Elapsed time"),
    (9, "Relay Message"),
    (11, "Authentication"),
    (12, "Server unicast"),
    (13, "Status code"),
    (14, "Rapid Commit"),
    (15, "User Class"),
    (16, "Vendor Class"),
    (17, "Vendor-specific Information"),
    (18, "Interface-Id"),
    (19, "Reconfigure Message"),
    (20, "Reconfigure Accept"),
    (21, "SIP Server Domain Name List"),
    (22, "SIP Servers IPv6 Address List"),
    (23, "DNS recursive name server"),
    (24, "Domain Search List"),
    (25, "Identity Association for Prefix Delegation"),
    (26, "IA Prefix"),
    (27, "Network Information Server"),
    (28, "Network Information Server V2"),
    (29, "Network Information Server Domain Name"),
    (30, "Network Information Server V2 Domain Name"),
    (31, "Simple Network Time Protocol Server"),
    (32, "Lifetime"),
    (33, "BCMCS Server Domain"),
    (34, "BCMCS Servers IPv6 Address List"),
    (36, "Geoconf Civic Address"),
    (37, "Remote Identifier"),
    (38, "Subscriber Identifier"),
    (39, "Client Fully Qualified Domain Name"),
    (40, "PANA Agents IPv6 Address List"),
    (41, "Time Zone"),
    (42, "Time Zone Database"),
    (43, "Echo Request Option"),
    (44, "Leasequery Query"),
    (45, "Leasequery Client Data"),
    (46, "Client Last Transaction Time"),
    (47, "Leasequery Relay Data"),
    (48, "Leasequery Client Link Address List"),
    (49, "Home Network Identifier FQDN"),
    (50, "Visited Home Network Information"),
    (51, "LoST Server"),
    (52, "CAPWAP Access Controllers"),
    (53, "Relay-ID"),
    (54, "MoS IPv6 Address"),
    (55, "MoS Domain Name List"),
    (56, "NTP Server"),
    (57, "Access Network Domain Name"),
    (58, "SIP User Agent Configuration Service Domains"),
    (59, "Boot File URL"),
    (60, "Boot File Parameters"),
    (61, "Client System Architecture Type"),
    (62, "Client Network Interface Identifier"),
    (63, "Geolocation"),
    (64, "Dual-Stack Lite AFTR Name"),
    (65, "ERP Local Domain Name"),
    (66, "Relay-Supplied Options"),
    (67, "Prefix Exclude"),
    (68, "Virtual Subnet Selection"),
    (69, "Identified Home Network Information"),
    (70, "Unrestricted Home Network Information"),
    (71, "Home Network Prefix"),
    (72, "Home Agent Address"),
    (73, "Home Agent FQDN"),
    (74, "RDNSS Selection"),
    (75, "Kerberos Principal Name"),
    (76, "Kerberos Realm Name"),
    (77, "Kerberos Default Realm Name"),
    (78, "Kerberos KDC"),
    (79, "Client Link-Layer Address"),
    (80, "Link Address"),
    (81, "RADIUS"),
    (82, "SOL_MAX_RT"),
    (83, "INF_MAX_RT"),
    (84, "Address Selection"),
    (85, "Address Selection table"),
    (86, "PCP Server"),
    (87, "DHCPv4 Message"),
    (88, "DHCP 4o6 Servers Address"),
    (89, "S46 Rule"),
    (90, "S46 BR"),
    (91, "S46 DMR"),
    (92, "S46 IPv4/IPv6 Address Binding"),
    (93, "S46 Port Parameters"),
    (94, "S46 MAP-E Container"),
    (95, "S46 MAP-T Container"),
    (96, "S46 Lightweight 4over6 Container"),
    (97, "4rd Options"),
    (98, "4rd Mapping Rule"),
    (99, "4rd Non-Mapping Rule"),
    (100, "LQ Server Base Time"),
    (101, "LQ Server Query Start Time"),
    (102, "LQ Server Query End Time"),
    (103, "Captive Portal"),
];
const STATUSES: Names = &[
    (0, "Success"),
    (1, "UnspecFail"),
    (2, "NoAddrAvail"),
    (3, "NoBinding"),
    (4, "NotOnLink"),
    (5, "UseMulticast"),
    (6, "NoPrefixAvail"),
];
const DUIDS: Names = &[
    (1, "link-layer address plus time"),
    (2, "assigned by vendor based on Enterprise number"),
    (3, "link-layer address"),
    (4, "Universally Unique IDentifier (UUID)"),
];
const HARDWARE: Names = &[(1, "Ethernet")];

crate::fields! {
    TYPE = Field::new("dhcpv6.msgtype", "Message type", Kind::Uint(8)).names(MESSAGES);
    XID = Field::new("dhcpv6.xid", "Transaction ID", Kind::Uint(24)).hex();
    HOPS = Field::new("dhcpv6.hopcount", "Hopcount", Kind::Uint(8));
    LINK = Field::new("dhcpv6.linkaddr", "Link address", Kind::Ipv6);
    PEER = Field::new("dhcpv6.peeraddr", "Peer address", Kind::Ipv6);
    OPTION_NAME = Field::new("dhcpv6.option.type_str", "Option type", Kind::Text);
    OPTION = Field::new("dhcpv6.option.type", "Option", Kind::Uint(16)).names(OPTIONS);
    LENGTH = Field::new("dhcpv6.option.length", "Length", Kind::Uint(16));
    DUID = Field::new("dhcpv6.duid.bytes", "DUID", Kind::Bytes);
    DUID_TYPE = Field::new("dhcpv6.duid.type", "DUID Type", Kind::Uint(16)).names(DUIDS);
    DUID_TIME = Field::new("dhcpv6.duidllt.time", "DUID Time", Kind::Time);
    HARDWARE_TIMED = Field::new("dhcpv6.duidllt.hwtype", "Hardware type", Kind::Uint(16)).names(HARDWARE);
    ADDRESS_TIMED = Field::new("dhcpv6.duidllt.link_layer_addr", "Link-layer address", Kind::Mac);
    HARDWARE_TYPE = Field::new("dhcpv6.duidll.hwtype", "Hardware type", Kind::Uint(16)).names(HARDWARE);
    LINK_LAYER = Field::new("dhcpv6.duidll.link_layer_addr", "Link-layer address", Kind::Mac);
    IAID = Field::new("dhcpv6.iaid", "IAID", Kind::Bytes);
    T1 = Field::new("dhcpv6.iaid.t1", "T1", Kind::Uint(32));
    T2 = Field::new("dhcpv6.iaid.t2", "T2", Kind::Uint(32));
    IP = Field::new("dhcpv6.iaaddr.ip", "IPv6 address", Kind::Ipv6);
    PREFERRED = Field::new("dhcpv6.iaaddr.pref_lifetime", "Preferred lifetime", Kind::Uint(32));
    VALID = Field::new("dhcpv6.iaaddr.valid_lifetime", "Valid lifetime", Kind::Uint(32));
    PREFIX_PREFERRED = Field::new("dhcpv6.iaprefix.pref_lifetime", "Preferred lifetime", Kind::Uint(32));
    PREFIX_VALID = Field::new("dhcpv6.iaprefix.valid_lifetime", "Valid lifetime", Kind::Uint(32));
    PREFIX_LEN = Field::new("dhcpv6.iaprefix.pref_len", "Prefix length", Kind::Uint(8));
    PREFIX_ADDRESS = Field::new("dhcpv6.iaprefix.pref_addr", "Prefix address", Kind::Ipv6);
    WANTED = Field::new("dhcpv6.requested_option_code", "Requested Option code", Kind::Uint(16)).names(OPTIONS);
    PREFERENCE_VALUE = Field::new("dhcpv6.option_preference", "Pref-value", Kind::Uint(8));
    ELAPSED_TIME = Field::new("dhcpv6.elapsed_time", "Elapsed time", Kind::Uint(32));
    STATUS_CODE = Field::new("dhcpv6.status_code", "Status Code", Kind::Uint(16)).names(STATUSES);
    STATUS_MESSAGE = Field::new("dhcpv6.status_msg", "Status Message", Kind::Text);
    SERVER = Field::new("dhcpv6.dns_server", "DNS server address", Kind::Ipv6);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    decode: |d: &mut Decoder<'_, '_>, span: Span| -> Next {
        whole(d, Proto::Dhcpv6, span, |w| message(w, DEEPEST))
    },
    udp_ports: &[546, 547],
    ..Protocol::new("dhcpv6", "DHCPv6", "DHCPv6")
};

/// Iterates over options: offset of the value, type and value of each. It ends at the first option that is cut.
struct Options<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Options<'a> {
    type Item = (usize, u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, len) = (self.bytes.u16(self.at)?, usize::from(self.bytes.u16(self.at + 2)?));
        let at = self.at + 4;
        let value = self.bytes.get(at..at + len)?;
        self.at = at + len;
        Some((at, kind, value))
    }
}

/// Where the options of a message begin.
fn header(bytes: &[u8]) -> usize {
    if matches!(bytes.u8(0), Some(RELAY_FORWARD | RELAY_REPLY)) { 34 } else { 4 }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    summarise(ctx.layer_bytes(layer), DEEPEST, out);
}

fn summarise(bytes: &[u8], depth: u8, out: &mut Line) {
    let Some(kind) = bytes.u8(0) else { return };
    out.text(name_of(MESSAGES, kind.into()).unwrap_or("Unknown"));
    out.text(" ");
    let relayed = matches!(kind, RELAY_FORWARD | RELAY_REPLY);
    if let (true, Some(link)) = (relayed, bytes.ipv6(2)) {
        out.text("L: ");
        out.ipv6(link);
        out.text(" ");
    } else if let Some(xid) = bytes.u24(1) {
        out.text("XID: ");
        out.hex(xid.into(), 6);
        out.text(" ");
    }
    options_in_short(bytes.get(header(bytes)..).unwrap_or(&[]), depth, out);
}

fn options_in_short(bytes: &[u8], depth: u8, out: &mut Line) {
    for (_, kind, value) in (Options { bytes, at: 0 }) {
        match kind {
            CLIENT_ID => {
                // Writing to a vector cannot fail.
                let _ = write!(out, "CID: {} ", Hex::plain(value));
            }
            ADDRESS => {
                if let Some(ip) = value.ipv6(0) {
                    out.text("IAA: ");
                    out.ipv6(ip);
                    out.text(" ");
                }
            }
            ADDRESSES | PREFIXES if depth > 0 => {
                options_in_short(value.get(12..).unwrap_or(&[]), depth - 1, out)
            }
            TEMPORARY if depth > 0 => options_in_short(value.get(4..).unwrap_or(&[]), depth - 1, out),
            RELAYED if depth > 0 => summarise(value, depth - 1, out),
            _ => {}
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, |w| message(w, DEEPEST))
}

fn message(w: &mut Walk<'_, '_>, depth: u8) -> Step {
    w.value(&PROTOCOL.field, 0, w.bytes.len(), Value::Bytes(w.bytes))?;
    w.open();
    body(w, 0, w.bytes.len(), depth)?;
    w.close();
    Ok(())
}

/// Visits a message from `at` to `end`.
fn body(w: &mut Walk<'_, '_>, at: usize, end: usize, depth: u8) -> Step {
    let kind = w.num(&TYPE, at)? as u8;
    if matches!(kind, RELAY_FORWARD | RELAY_REPLY) {
        w.num(&HOPS, at + 1)?;
        w.ipv6(&LINK, at + 2)?;
        w.ipv6(&PEER, at + 18)?;
        return options(w, at + 34, end, depth);
    }
    w.num(&XID, at + 1)?;
    options(w, at + 4, end, depth)
}

fn options(w: &mut Walk<'_, '_>, from: usize, end: usize, depth: u8) -> Step {
    let mut at = from;
    while at < end {
        let (kind, len) = (w.u16(at)?, usize::from(w.u16(at + 2)?));
        if at + 4 + len > end {
            return Err(End::Short);
        }
        let name = name_of(OPTIONS, kind.into()).unwrap_or("Unknown");
        w.line(&OPTION_NAME, at, 4 + len, Value::Text(name.as_bytes()), format_args!("{name}"))?;
        w.open();
        w.num(&OPTION, at)?;
        w.num(&LENGTH, at + 2)?;
        option(w, kind, at + 4, len, depth)?;
        w.close();
        at += 4 + len;
    }
    Ok(())
}

fn option(w: &mut Walk<'_, '_>, kind: u16, at: usize, len: usize, depth: u8) -> Step {
    let end = at + len;
    match (kind, len) {
        (_, 0) => Ok(()),
        (CLIENT_ID | SERVER_ID, 2..) => duid(w, at, len),
        (ADDRESSES | PREFIXES, 12..) if depth > 0 => {
            w.bytes(&IAID, at, 4)?;
            w.num(&T1, at + 4)?;
            w.num(&T2, at + 8)?;
            options(w, at + 12, end, depth - 1)
        }
        (TEMPORARY, 4..) if depth > 0 => {
            w.bytes(&IAID, at, 4)?;
            options(w, at + 4, end, depth - 1)
        }
        (ADDRESS, 24..) if depth > 0 => {
            w.ipv6(&IP, at)?;
            w.num(&PREFERRED, at + 16)?;
            w.num(&VALID, at + 20)?;
            options(w, at + 24, end, depth - 1)
        }
        (PREFIX, 25..) if depth > 0 => {
            w.num(&PREFIX_PREFERRED, at)?;
            w.num(&PREFIX_VALID, at + 4)?;
            w.num(&PREFIX_LEN, at + 8)?;
            w.ipv6(&PREFIX_ADDRESS, at + 9)?;
            options(w, at + 25, end, depth - 1)
        }
        (REQUESTED, _) => (at..end).step_by(2).try_for_each(|at| w.num(&WANTED, at).map(|_| ())),
        (PREFERENCE, 1) => w.num(&PREFERENCE_VALUE, at).map(|_| ()),
        (ELAPSED, 2) => {
            // The number counts hundredths of a second.
            let ms = u64::from(w.u16(at)?) * 10;
            w.line(&ELAPSED_TIME, at, 2, Value::Uint(ms), format_args!("Elapsed time: {ms}ms"))
        }
        (RELAYED, 4..) if depth > 0 => body(w, at, end, depth - 1),
        (STATUS, 2..) => {
            w.num(&STATUS_CODE, at)?;
            if len > 2 { w.string(&STATUS_MESSAGE, at + 2, len - 2).map(|_| ()) } else { Ok(()) }
        }
        (DNS_SERVERS, _) => (at..end).step_by(16).try_for_each(|at| w.ipv6(&SERVER, at)),
        _ => Ok(()),
    }
}

fn duid(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    w.bytes(&DUID, at, len)?;
    let kind = w.num(&DUID_TYPE, at)?;
    let (hardware, address, from) = match (kind, len) {
        (1, 14) => (&HARDWARE_TIMED, &ADDRESS_TIMED, 8),
        (3, 10) => (&HARDWARE_TYPE, &LINK_LAYER, 4),
        _ => return Ok(()),
    };
    w.num(hardware, at + 2)?;
    if kind == 1 {
        /// Seconds from 1970 to 2000, when the time in an identifier begins.
        const EPOCH: i64 = 946_684_800;
        let time = Timestamp::from_parts(EPOCH + i64::from(w.u32(at + 4)?), 0);
        w.value(&DUID_TIME, at + 4, 4, Value::Time(time))?;
    }
    let mac = w.bytes.mac(at + from).ok_or(End::Short)?;
    w.value(address, at + from, 6, Value::Mac(mac))
}
