//! IPv4 options: RFC 791, section 3.1; RFC 1108 (security), RFC 1063 (MTU), RFC 2113 (router alert).

use super::at;
use crate::dissect::reading::options::Options;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Layer, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use std::net::Ipv4Addr;

const EOL: u8 = 0;
const NOP: u8 = 1;
const RECORD_ROUTE: u8 = 7;
const MTU_PROBE: u8 = 11;
const MTU_REPLY: u8 = 12;
const TIME_STAMP: u8 = 68;
const SECURITY: u8 = 130;
const LOOSE_ROUTE: u8 = 131;
const STREAM_ID: u8 = 136;
const STRICT_ROUTE: u8 = 137;
const ROUTER_ALERT: u8 = 148;

/// Names of options for headings, by the whole type octet.
const HEADINGS: Names = &[
    (7, "Record Route"),
    (11, "MTU Probe"),
    (12, "MTU Reply"),
    (25, "Quick-Start"),
    (68, "Time Stamp"),
    (82, "Traceroute"),
    (130, "Security"),
    (131, "Loose Source Route"),
    (133, "Extended Security"),
    (134, "Commercial Security"),
    (136, "Stream ID"),
    (137, "Strict Source Route"),
    (148, "Router Alert"),
    (149, "Selective Directed Broadcast"),
];
const NUMBERS: Names = &[
    (0, "End of Option List (EOL)"),
    (1, "No-Operation (NOP)"),
    (2, "Security"),
    (3, "Loose source route"),
    (4, "Time stamp"),
    (5, "Extended security"),
    (6, "Commercial IP security option"),
    (7, "Record route"),
    (8, "Stream identifier"),
    (9, "Strict source route"),
    (10, "Experimental Measurement"),
    (11, "MTU probe"),
    (12, "MTU Reply"),
    (13, "Experimental Flow Control"),
    (14, "Experimental Access Control"),
    (15, "Ask Estrin"),
    (16, "IMI Traffic Descriptor"),
    (17, "Extended Internet Protocol"),
    (18, "Traceroute"),
    (19, "Address Extension"),
    (20, "Router Alert"),
    (21, "Selective Directed Broadcast"),
    (22, "Unassigned"),
    (23, "Dynamic Packet State"),
    (24, "Upstream Multicast Packet"),
    (25, "Quick-Start"),
    (30, "RFC 3692-style experiment"),
];
const CLASSES: Names = &[
    (0, "Control"),
    (1, "Reserved for future use"),
    (2, "Debugging and measurement"),
    (3, "Reserved for future use"),
];
const NO_YES: Names = &[(0, "No"), (1, "Yes")];
const FLAG_NAMES: Names =
    &[(0, "Time stamps only"), (1, "Time stamp and address"), (3, "Time stamps for prespecified addresses")];
const LEVELS: Names = &[
    (0x0000, "Unclassified"),
    (0xf135, "Confidential"),
    (0x789a, "EFTO"),
    (0xbc4d, "MMMM"),
    (0x5e26, "PROG"),
    (0xaf13, "Restricted"),
    (0xd788, "Secret"),
    (0x6bc5, "Top secret"),
];

crate::fields! {
    TYPE = Field::new("ip.opt.type", "Type", Kind::Uint(8));
    COPY = Field::new("ip.opt.type.copy", "Copy on fragmentation", Kind::Bool).mask(0x80).names(NO_YES);
    CLASS = Field::new("ip.opt.type.class", "Class", Kind::Uint(8)).mask(0x60).names(CLASSES);
    NUMBER = Field::new("ip.opt.type.number", "Number", Kind::Uint(8)).mask(0x1f).names(NUMBERS);
    LEN = Field::new("ip.opt.len", "Length", Kind::Uint(8));
    PTR = Field::new("ip.opt.ptr", "Pointer", Kind::Uint(8));
    SID = Field::new("ip.opt.sid", "Stream Identifier", Kind::Uint(16));
    MTU = Field::new("ip.opt.mtu", "MTU", Kind::Uint(16));
    ALERT = Field::new("ip.opt.ra", "Router Alert", Kind::Uint(16));
    OVERFLOW = Field::new("ip.opt.overflow", "Overflow", Kind::Uint(8)).mask(0xf0);
    FLAG = Field::new("ip.opt.flag", "Flag", Kind::Uint(8)).hex().mask(0x0f).names(FLAG_NAMES);
    STAMP = Field::new("ip.opt.time_stamp", "Time stamp", Kind::Uint(32));
    STAMP_ADDR = Field::new("ip.opt.time_stamp_addr", "Address", Kind::Ipv4);
    SEC = Field::new("ip.opt.sec_rfc791_sec", "Security", Kind::Uint(16)).hex().names(LEVELS);
    COMPARTMENTS = Field::new("ip.opt.sec_rfc791_comp", "Compartments", Kind::Uint(16));
    HANDLING = Field::new("ip.opt.sec_rfc791_hr", "Handling Restrictions", Kind::Text);
    CONTROL_CODE = Field::new("ip.opt.sec_rfc791_tcc", "Transmission Control Code", Kind::Text);
    RECORDED = Field::new("ip.rec_rt", "Recorded Route", Kind::Ipv4);
    EMPTY = Field::new("ip.empty_rt", "Empty Route", Kind::Ipv4);
    CURRENT = Field::new("ip.cur_rt", "Current Route", Kind::Ipv4);
    SOURCE_ROUTE = Field::new("ip.src_rt", "Source Route", Kind::Ipv4);
}

/// The final destination of a source-routed packet that has not reached it; else `None`. `bytes` are all options.
pub(super) fn final_destination(bytes: &[u8]) -> Option<Ipv4Addr> {
    let route = Options::ipv4(bytes).find(|(_, kind, _)| matches!(*kind, LOOSE_ROUTE | STRICT_ROUTE));
    let (_, _, data) = route?;
    // The pointer counts from the type octet, which is octet 1.
    let pointer = usize::from(data.u8(0)?);
    if pointer > data.len() + 2 {
        return None;
    }
    data.ipv4(data.len().checked_sub(4).filter(|last| *last >= 1)?)
}

pub(super) fn visit(bytes: &[u8], layer: &Layer, v: &mut dyn Visit) -> Visited {
    let end = (layer.payload.saturating_sub(layer.start) as usize).min(bytes.len());
    let Some(options) = bytes.get(at::OPTIONS..end).filter(|o| !o.is_empty()) else {
        return Visited::Continue(());
    };
    let mut w = Walk::over(bytes, layer, v);
    let result = fields(&mut w, options);
    w.finish(result)
}

fn fields(w: &mut Walk<'_, '_>, options: &[u8]) -> Step {
    let len = options.len();
    let named = || Options::ipv4(options).filter_map(|(_, kind, _)| name_of(HEADINGS, kind.into()));
    let names: String = named().flat_map(|name| [", ", name]).collect();
    w.text(at::OPTIONS, len, format_args!("Options: ({len} bytes){names}"))?;
    w.open();
    for (offset, kind, data) in Options::ipv4(options) {
        visit_option(w, at::OPTIONS + offset, kind, data)?;
    }
    w.close();
    Ok(())
}

fn visit_option(w: &mut Walk<'_, '_>, at: usize, kind: u8, data: &[u8]) -> Step {
    let len = if kind <= NOP { 1 } else { data.len() + 2 };
    match (kind, name_of(HEADINGS, kind.into())) {
        (EOL, _) => w.text(at, len, format_args!("IP Option - End of Options List (EOL)"))?,
        (NOP, _) => w.text(at, len, format_args!("IP Option - No-Operation (NOP)"))?,
        (ROUTER_ALERT, Some(name)) if data.len() >= 2 => {
            let alert = alert_text(data.u16(0).unwrap_or(0));
            w.text(at, len, format_args!("IP Option - {name} ({len} bytes): {alert}"))?;
        }
        (_, Some(name)) => w.text(at, len, format_args!("IP Option - {name} ({len} bytes)"))?,
        (_, None) => return w.text(at, len, format_args!("Unknown (0x{kind:02x}) ({len} bytes)")),
    }
    w.open();
    w.uint(&TYPE, at, 1)?;
    w.bits(&[&COPY, &CLASS, &NUMBER], at, 1)?;
    if kind > NOP {
        w.uint(&LEN, at + 1, 1)?;
        contents(w, at + 2, kind, data)?;
    }
    w.close();
    Ok(())
}

fn alert_text(value: u16) -> String {
    let name = if value == 0 { "Router shall examine packet" } else { "Reserved" };
    format!("{name} ({value})")
}

fn contents(w: &mut Walk<'_, '_>, at: usize, kind: u8, data: &[u8]) -> Step {
    match kind {
        RECORD_ROUTE => route(w, at, data, &EMPTY),
        LOOSE_ROUTE | STRICT_ROUTE => route(w, at, data, &SOURCE_ROUTE),
        TIME_STAMP => stamps(w, at, data),
        MTU_PROBE | MTU_REPLY => w.uint(&MTU, at, 2),
        STREAM_ID => w.uint(&SID, at, 2),
        ROUTER_ALERT if data.len() >= 2 => {
            let text = alert_text(data.u16(0).unwrap_or(0));
            w.uint_line(&ALERT, at, 2, format_args!("Router Alert: {text}"))
        }
        SECURITY if data.len() >= 9 => {
            w.uint(&SEC, at, 2)?;
            w.uint(&COMPARTMENTS, at + 2, 2)?;
            w.up_to(&HANDLING, at + 4, 2)?;
            w.up_to(&CONTROL_CODE, at + 6, 3)
        }
        _ => Ok(()),
    }
}

/// Visits a route. Routers before the pointer were passed; those from the pointer on are still ahead, and `coming` is
/// their field.
fn route(w: &mut Walk<'_, '_>, at: usize, data: &[u8], coming: &'static Field) -> Step {
    w.uint(&PTR, at, 1)?;
    let pointer = usize::from(data.u8(0).unwrap_or(0));
    for offset in (1..data.len()).step_by(4) {
        let Some(ip) = data.ipv4(offset) else { break };
        // The pointer counts from the type octet, which is octet 1; data begins at octet 3.
        let position = offset + 3;
        let at = at + offset;
        let field = if position < pointer { &RECORDED } else { coming };
        if position == pointer {
            let label = field.label;
            w.line(field, at, 4, Value::Ipv4(ip), format_args!("{label}: {ip} <- (next)"))?;
        } else {
            w.value(field, at, 4, Value::Ipv4(ip))?;
        }
    }
    Ok(())
}

fn stamps(w: &mut Walk<'_, '_>, at: usize, data: &[u8]) -> Step {
    w.uint(&PTR, at, 1)?;
    w.uint(&OVERFLOW, at + 1, 1)?;
    w.uint(&FLAG, at + 1, 1)?;
    let with_address = matches!(data.u8(1).unwrap_or(0) & 15, 1 | 3);
    for offset in (2..data.len()).step_by(if with_address { 8 } else { 4 }) {
        if with_address {
            w.ipv4(&STAMP_ADDR, at + offset)?;
            w.uint(&STAMP, at + offset + 4, 4)?;
        } else {
            w.uint(&STAMP, at + offset, 4)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_route_leads_to_its_last_address_until_it_is_used_up() {
        let route = [131, 11, 4, 1, 1, 1, 1, 2, 2, 2, 2, 0];
        assert_eq!(final_destination(&route), Some(Ipv4Addr::new(2, 2, 2, 2)));
        let used_up = [131, 11, 12, 1, 1, 1, 1, 2, 2, 2, 2, 0];
        assert_eq!(final_destination(&used_up), None);
        assert_eq!(final_destination(&[131, 3, 4, 0]), None);
    }
}
