//! Routing Information Protocol (`rip`), versions 1 and 2: RFC 1058, RFC 2453, RFC 4822.

use crate::dissect::reading::layer::{show, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, lazy};
use std::borrow::Cow;

const HEADER: usize = 4;
/// Octets of one route entry.
const ROUTE: usize = 20;
const UNSPECIFIED: u16 = 0;
const IP: u16 = 2;
/// The address family of an entry with authentication data.
const AUTHENTICATION: u16 = 0xffff;
const PASSWORD: u16 = 2;
const KEYED_DIGEST: u16 = 3;
const COMMANDS: Names =
    &[(1, "Request"), (2, "Response"), (3, "Traceon"), (4, "Traceoff"), (5, "Vendor specific (Sun)")];
const VERSIONS: Names = &[(1, "RIPv1"), (2, "RIPv2")];
const FAMILIES: Names = &[(UNSPECIFIED as u64, "Unspecified"), (IP as u64, "IP")];
const AUTHENTICATIONS: Names =
    &[(1, "IP Route"), (PASSWORD as u64, "Simple Password"), (KEYED_DIGEST as u64, "Keyed Message Digest")];

crate::fields! {
    COMMAND = Field::new("rip.command", "Command", Kind::Uint(8)).names(COMMANDS);
    VERSION = Field::new("rip.version", "Version", Kind::Uint(8)).names(VERSIONS);
    FAMILY = Field::new("rip.family", "Address Family", Kind::Uint(16)).names(FAMILIES);
    TAG = Field::new("rip.route_tag", "Route Tag", Kind::Uint(16));
    ADDRESS = Field::new("rip.ip", "IP Address", Kind::Ipv4);
    MASK = Field::new("rip.netmask", "Netmask", Kind::Ipv4);
    NEXT_HOP = Field::new("rip.next_hop", "Next Hop", Kind::Ipv4);
    METRIC = Field::new("rip.metric", "Metric", Kind::Uint(16));
    AUTH_TYPE = Field::new("rip.auth.type", "Authentication type", Kind::Uint(16)).names(AUTHENTICATIONS);
    AUTH_PASSWORD = Field::new("rip.auth.passwd", "Password", Kind::Text);
    DIGEST_OFFSET = Field::new("rip.digest_offset", "Digest Offset", Kind::Uint(16));
    KEY_ID = Field::new("rip.key_id", "Key ID", Kind::Uint(8));
    AUTH_LENGTH = Field::new("rip.auth_data_len", "Auth Data Len", Kind::Uint(8));
    SEQUENCE = Field::new("rip.seq_num", "Seq num", Kind::Uint(32));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    column_of: Some(|ctx, layer| {
        let version = ctx.layer_bytes(layer).u8(1).unwrap_or(0);
        Cow::Borrowed(name_of(VERSIONS, version.into()).unwrap_or("RIP"))
    }),
    decode: |d, span| whole(d, Proto::Rip, span, message),
    udp_ports: &[520],
    ..Protocol::new("rip", "RIP", "Routing Information Protocol")
};

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let Some(command) = ctx.layer_bytes(layer).u8(0) else { return };
    match name_of(COMMANDS, command.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown command (");
            out.num(command);
            out.text(")");
        }
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    w.num(&COMMAND, 0)?;
    let version = w.num(&VERSION, 1)?;
    w.get(0, HEADER)?;
    w.skip(HEADER);
    while w.left() > 0 {
        if w.left() < ROUTE {
            return Err(End::Short);
        }
        match w.u16(0)? {
            AUTHENTICATION => authentication(w)?,
            family => route(w, family, version == 2)?,
        }
        w.skip(ROUTE);
    }
    Ok(())
}

/// A route (RFC 2453, section 4). In version 1, three of its fields must be zero (RFC 1058, section 3.1).
fn route(w: &mut Walk<'_, '_>, family: u16, second: bool) -> Step {
    let metric = w.u32(16)?;
    let address = w.bytes.ipv4(4).ok_or(End::Short)?;
    let what = lazy(|f| match family {
        UNSPECIFIED => write!(f, "Address not specified, Metric: {metric}"),
        IP => write!(f, "IP Address: {address}, Metric: {metric}"),
        _ => f.write_str("Unknown address family"),
    });
    w.text(0, ROUTE, format_args!("{what}"))?;
    w.open();
    if matches!(family, UNSPECIFIED | IP) {
        w.num(&FAMILY, 0)?;
    }
    if family == IP {
        if second {
            w.num(&TAG, 2)?;
        }
        w.ipv4(&ADDRESS, 4)?;
        if second {
            w.ipv4(&MASK, 8)?;
            w.ipv4(&NEXT_HOP, 12)?;
        }
    }
    if matches!(family, UNSPECIFIED | IP) {
        w.value(&METRIC, 16, 4, Value::Uint(metric.into()))?;
    }
    w.close();
    Ok(())
}

/// An entry with authentication data (RFC 2453, section 4.1; RFC 4822, section 2).
fn authentication(w: &mut Walk<'_, '_>) -> Step {
    let kind = w.u16(2)?;
    let name = name_of(AUTHENTICATIONS, kind.into()).unwrap_or("Unknown");
    w.text(0, ROUTE, format_args!("Authentication: {name}"))?;
    w.open();
    w.num(&AUTH_TYPE, 2)?;
    match kind {
        PASSWORD => {
            let field = w.get(4, 16)?;
            let text = field.split(|b| *b == 0).next().unwrap_or(field);
            w.value(&AUTH_PASSWORD, 4, 16, Value::Text(text))?;
        }
        KEYED_DIGEST => {
            w.num(&DIGEST_OFFSET, 4)?;
            w.num(&KEY_ID, 6)?;
            w.num(&AUTH_LENGTH, 7)?;
            w.num(&SEQUENCE, 8)?;
        }
        _ => {}
    }
    w.close();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{cut, datagram, over_ipv4, summary};
    use crate::frame::LinkType;

    fn message(body: &str) -> String {
        over_ipv4("4011", "e0000009", &datagram("0208 0208", body))
    }

    #[test]
    fn routes_are_read_to_the_end_and_a_part_of_one_is_an_error() {
        let route = "0002 0000 0a010000 ffff0000 00000000 00000001";
        let (path, info) = summary(LinkType::ETHERNET, &message(&format!("0202 0000 {route} {route}")));
        assert_eq!((path.as_str(), info.as_str()), ("eth:ethertype:ip:udp:rip", "Response"));
        assert_eq!(summary(LinkType::ETHERNET, &message("0102 0000")).1, "Request");
        assert_eq!(summary(LinkType::ETHERNET, &message("0b02 0000")).1, "Unknown command (11)");
        assert_eq!(summary(LinkType::ETHERNET, &message("0202 0000 0002 0000")).1, "Response Malformed");
        assert_eq!(cut(LinkType::ETHERNET, &message(&format!("0202 0000 {route}")), 60).1, "Response Cut");
    }
}
