//! IEEE 802.2 Logical Link Control (`llc`), with SNAP.

mod control;

use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited, join};
use crate::field::{Field, Kind, Names, Visit, name_of};
use crate::text::{Line, Push};
use control::Control;

const SNAP: u8 = 0xaa;
/// The control field of unnumbered information.
const UI: u8 = 0x03;
const CISCO: u32 = 0x00000c;

const SAPS: Names = &[
    (0x00, "NULL LSAP"),
    (0x01, "NULL LSAP"),
    (0x02, "LLC Sub-Layer Management"),
    (0x04, "SNA Path Control"),
    (0x06, "TCP/IP"),
    (0x08, "SNA"),
    (0x0c, "SNA"),
    (0x42, "Spanning Tree BPDU"),
    (0x7e, "ISO 8208 (X.25 over 802.2)"),
    (0x80, "XNS"),
    (0x98, "ARP"),
    (0xaa, "SNAP"),
    (0xbc, "Banyan Vines"),
    (0xe0, "NetWare"),
    (0xf0, "NetBIOS"),
    (0xf4, "IBM Net Management"),
    (0xfe, "ISO Network Layer"),
    (0xff, "Global LSAP"),
];
/// Cisco's protocols after a SNAP header.
const CISCO_PIDS: Names = &[
    (0x0104, "Port Aggregation Protocol"),
    (0x010b, "PVSTP+"),
    (0x0111, "UDLD"),
    (0x2000, "CDP"),
    (0x2003, "VTP"),
    (0x2004, "DTP"),
];
const IG: Names = &[(0, "Individual"), (1, "Group")];
const CR: Names = &[(0, "Command"), (1, "Response")];

crate::fields! {
    DSAP = Field::new("llc.dsap", "DSAP", Kind::Uint(8)).hex().names(SAPS);
    DSAP_IG = Field::new("llc.dsap.ig", "IG Bit", Kind::Bool).mask(0x01).names(IG);
    DSAP_SAP = Field::new("llc.dsap.sap", "SAP", Kind::Uint(8)).mask(0xfe);
    SSAP = Field::new("llc.ssap", "SSAP", Kind::Uint(8)).hex().names(SAPS);
    SSAP_CR = Field::new("llc.ssap.cr", "CR Bit", Kind::Bool).mask(0x01).names(CR);
    SSAP_SAP = Field::new("llc.ssap.sap", "SAP", Kind::Uint(8)).mask(0xfe);
    OUI = Field::new("llc.oui", "Organization Code", Kind::Uint(24)).hex();
    TYPE = Field::new("llc.type", "Type", Kind::Uint(16)).hex().names(crate::dissect::protocols::ethernet::types::ETHER_TYPES);
    CISCO_PID = Field::new("llc.cisco_pid", "PID", Kind::Uint(16)).hex().names(CISCO_PIDS);
    PID = Field::new("llc.pid", "Protocol ID", Kind::Uint(16)).hex();
}

static ALL_FIELDS: [&Field; FIELDS.len() + control::FIELDS.len()] = join(FIELDS, control::FIELDS);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL_FIELDS,
    visit,

    summary,
    decode,
    ether_types: &[0x8870],
    ..Protocol::new("llc", "LLC", "Logical-Link Control")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let (Some(dsap), Some(control)) = (bytes.u8(0), Control::read(bytes)) else {
        return d.broken(Proto::Llc, span);
    };
    let snap = bytes.starts_with(&[SNAP, SNAP, UI]);
    let len = 2 + control.len() + if snap { 5 } else { 0 };
    if bytes.len() < len {
        return d.broken(Proto::Llc, span);
    }
    let Some(payload) = d.layer(Proto::Llc, span, len as u32) else { return Next::Done };
    if snap {
        let oui = bytes.u32(2).unwrap_or(0) & 0x00ff_ffff;
        return match (oui, bytes.u16(6).unwrap_or(0)) {
            (0, ty) => Next::Inner(ty, payload),
            (CISCO, 0x010b) => (Proto::Stp.get().decode)(d, payload),
            (CISCO, 0x2000) => (Proto::Cdp.get().decode)(d, payload),
            _ => Next::Data(payload),
        };
    }
    match dsap {
        0x42 if control.has_data() => (Proto::Stp.get().decode)(d, payload),
        0x06 if control.has_data() => Next::Ip(payload),
        _ => Next::Data(payload),
    }
}

/// Visits a service access point: the address in its upper seven bits, and its lowest bit.
fn sap(w: &mut Walk<'_, '_>, whole: &'static Field, bit: &'static Field, at: usize) -> Step {
    let Some(octet) = w.bytes.u8(at) else { return Ok(()) };
    let name = name_of(SAPS, (octet & 0xfe).into()).unwrap_or("Unknown");
    let (high, low) = (octet >> 4, octet >> 1 & 7);
    w.open();
    w.uint_line(whole, at, 1, format_args!("{high:04b} {low:03b}. = SAP: {name}"))?;
    w.uint(bit, at, 1)?;
    w.close();
    Ok(())
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let (Some(dsap), Some(ssap), Some(control)) = (bytes.u8(0), bytes.u8(1), Control::read(bytes)) else {
        return;
    };
    control.write(out);
    out.text("; DSAP ");
    write_sap(dsap, out);
    out.text(if dsap & 1 == 1 { " Group, SSAP " } else { " Individual, SSAP " });
    write_sap(ssap, out);
    out.text(if ssap & 1 == 1 { " Response" } else { " Command" });
}

fn write_sap(sap: u8, out: &mut Line) {
    match name_of(SAPS, (sap & 0xfe).into()) {
        Some(name) => out.text(name),
        None => out.hex((sap & 0xfe).into(), 2),
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        let bytes = w.bytes;
        w.uint(&DSAP, 0, 1)?;
        sap(w, &DSAP_SAP, &DSAP_IG, 0)?;
        w.uint(&SSAP, 1, 1)?;
        sap(w, &SSAP_SAP, &SSAP_CR, 1)?;
        if let Some(control) = Control::read(bytes) {
            control.visit(w)?;
        }
        if bytes.starts_with(&[SNAP, SNAP, UI]) {
            let organisation = w.number(3, 3).unwrap_or(0);
            let pid = match organisation as u32 {
                0 => &TYPE,
                CISCO => &CISCO_PID,
                _ => &PID,
            };
            match pid == &CISCO_PID {
                true => {
                    w.uint_line(&OUI, 3, 3, format_args!("Organization Code: 00:00:0c (Cisco Systems, Inc)"))?
                }
                false => w.uint(&OUI, 3, 3)?,
            }
            w.uint(pid, 6, 2)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn snap_and_tcp_ip_lead_to_ip() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "0200000000020200000000010029aaaa0300000008004500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("eth:llc:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000100240606034500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("eth:llc:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }

    #[test]
    fn numbered_frames_have_two_octets_of_control() {
        let info = |llc: &str| {
            let frame = format!("020000000002020000000001{:04x}{llc}", llc.len() / 2);
            summary(LinkType::ETHERNET, &frame)
        };
        let places = "; DSAP NULL LSAP Individual, SSAP NULL LSAP ";
        let expected = |control: &str, kind: &str| ("eth:llc".into(), format!("{control}{places}{kind}"));
        assert_eq!(info("00000509"), expected("S P, func=RNR, N(R)=4", "Command"));
        assert_eq!(info("00010509"), expected("S F, func=RNR, N(R)=4", "Response"));
        assert_eq!(info("0000060a"), expected("I, N(R)=5, N(S)=3", "Command"));
        assert_eq!(
            info("0001020b"),
            expected("I P, N(R)=5, N(S)=1", "Response"),
            "it is a command all the same"
        );
        assert_eq!(info("000143"), expected("U, func=RD", "Response"));
        assert_eq!(info("000043"), expected("U, func=DISC", "Command"));
    }

    #[test]
    fn control_fields_are_named() {
        assert_eq!(
            summary(LinkType::ETHERNET, "020000000002020000000001000342427f"),
            (
                "eth:llc".into(),
                "U P, func=SABME; DSAP Spanning Tree BPDU Individual, SSAP Spanning Tree BPDU Command".into()
            )
        );
        assert_eq!(
            summary(LinkType::ETHERNET, "02000000000202000000000100051213bf7878"),
            ("eth:llc:data".into(), "U F, func=XID; DSAP 0x12 Individual, SSAP 0x12 Response".into())
        );
    }
}
