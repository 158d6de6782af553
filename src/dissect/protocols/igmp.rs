//! Internet Group Management Protocol (`igmp`): RFC 988 (version 0), RFC 1112 (1), RFC 2236 (2), RFC 3376 (3).

use crate::dissect::reading::checksum;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Line, Push};
use std::borrow::Cow;

const QUERY: u8 = 0x11;
const REPORT_1: u8 = 0x12;
const REPORT_2: u8 = 0x16;
const LEAVE: u8 = 0x17;
const REPORT_3: u8 = 0x22;

const HEADER: usize = 8;
const QUERY_3: usize = 12;
const RECORD: usize = 8;

const TYPES: Names = &[
    (0x01, "Create Group Request"),
    (0x02, "Create Group Reply"),
    (0x03, "Join Group Request"),
    (0x04, "Join Group Reply"),
    (0x05, "Leave Group Request"),
    (0x06, "Leave Group Reply"),
    (0x07, "Confirm Group Request"),
    (0x08, "Confirm Group Reply"),
    (0x11, "Membership Query"),
    (0x12, "Membership Report"),
    (0x16, "Membership Report"),
    (0x17, "Leave Group"),
    (0x22, "Membership Report"),
];
const RECORD_TYPES: Names = &[
    (1, "Mode Is Include"),
    (2, "Mode Is Exclude"),
    (3, "Change To Include Mode"),
    (4, "Change To Exclude Mode"),
    (5, "Allow New Sources"),
    (6, "Block Old Sources"),
];
const SUPPRESS: Names =
    &[(0, "Do not suppress router side processing"), (1, "SUPPRESS router side processing")];

crate::fields! {
    VERSION = Field::new("igmp.version", "IGMP Version", Kind::Uint(8)).generated();
    TYPE = Field::new("igmp.type", "Type", Kind::Uint(8)).hex().names(TYPES);
    RESERVED = Field::new("igmp.reserved", "Reserved", Kind::Bytes);
    MAX_RESP = Field::new("igmp.max_resp", "Max Resp Time", Kind::Uint(8));
    CHECKSUM = Field::new("igmp.checksum", "Checksum", Kind::Uint(16)).hex();
    CHECKSUM_BAD = Field::new("igmp.bad_checksum", "Bad checksum", Kind::Label);
    CHECKSUM_STATUS =
        Field::new("igmp.checksum.status", "Checksum Status", Kind::Uint(8)).names(super::ipv4::CHECKSUM_STATES).generated();
    MADDR = Field::new("igmp.maddr", "Multicast Address", Kind::Ipv4);
    S = Field::new("igmp.s", "S", Kind::Bool).mask(0x08).names(SUPPRESS);
    QRV = Field::new("igmp.qrv", "QRV", Kind::Uint(8)).mask(0x07);
    QQIC = Field::new("igmp.qqic", "QQIC", Kind::Uint(8));
    NUM_SRC = Field::new("igmp.num_src", "Num Src", Kind::Uint(16));
    SADDR = Field::new("igmp.saddr", "Source Address", Kind::Ipv4);
    NUM_GRP_RECS = Field::new("igmp.num_grp_recs", "Num Group Records", Kind::Uint(16));
    RECORD_TYPE = Field::new("igmp.record_type", "Record Type", Kind::Uint(8)).names(RECORD_TYPES);
    AUX_DATA_LEN = Field::new("igmp.aux_data_len", "Aux Data Len", Kind::Uint(8));
    AUX_DATA = Field::new("igmp.aux_data", "Aux Data", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,

    summary,
    column_of: Some(column),
    silent: |ctx, layer| ctx.layer_bytes(layer).is_empty(),
    second_name: "igmp",
    decode,
    ip_protocols: &[2],
    ..Protocol::new("igmp", "IGMP", "Internet Group Management Protocol")
};

/// The version of a message; `None` for types that no version has.
fn version(bytes: &[u8]) -> Option<u8> {
    match bytes.u8(0)? {
        0..=0x10 => Some(0),
        QUERY if bytes.len() >= QUERY_3 => Some(3),
        QUERY if bytes.u8(1) == Some(0) => Some(1),
        QUERY => Some(2),
        REPORT_1 => Some(1),
        REPORT_2 | LEAVE => Some(2),
        REPORT_3 => Some(3),
        _ => None,
    }
}

/// The text of the Protocol column.
fn column(ctx: &Context<'_>, layer: &Layer) -> Cow<'static, str> {
    Cow::Borrowed(match version(ctx.layer_bytes(layer)) {
        Some(0) => "IGMPv0",
        Some(1) => "IGMPv1",
        Some(2) => "IGMPv2",
        Some(3) => "IGMPv3",
        _ => "IGMP",
    })
}

/// Offset and length of each record in a report.
fn records(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = HEADER;
    (0..bytes.u16(6).unwrap_or(0)).map_while(move |_| {
        let sources = usize::from(bytes.u16(at + 2)?);
        let len = RECORD + sources * 4 + usize::from(bytes.u8(at + 1)?) * 4;
        bytes.get(at..at + len)?;
        at += len;
        Some((at - len, len))
    })
}

/// Whether a message is there in full, including its lists.
fn is_whole(bytes: &[u8]) -> bool {
    match (version(bytes), bytes.u8(0)) {
        (None, kind) => kind.is_some(),
        (Some(0), _) => bytes.len() >= 20,
        (_, Some(REPORT_3)) => {
            bytes.len() >= HEADER && records(bytes).count() == usize::from(bytes.u16(6).unwrap_or(0))
        }
        (Some(3), _) => bytes.len() >= QUERY_3 + 4 * usize::from(bytes.u16(10).unwrap_or(0)),
        _ => bytes.len() >= HEADER,
    }
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    if !is_whole(bytes) {
        let next = d.broken(Proto::Igmp, span);
        if !bytes.is_empty() {
            d.layers.mark_twofold();
        }
        return next;
    }
    let known = version(bytes).is_some();
    if d.layer(Proto::Igmp, span, span.len()).is_some() && known {
        d.layers.mark_twofold();
    }
    Next::Done
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(kind) = bytes.u8(0) else { return };
    match name_of(TYPES, kind.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown Type:");
            out.hex(kind.into(), 2);
            return;
        }
    }
    if kind == REPORT_3 {
        return write_records(bytes, out);
    }
    let (Some(group), Some(version)) = (bytes.ipv4(4), version(bytes)) else { return };
    match kind {
        QUERY if version == 1 => {}
        QUERY if group.is_unspecified() => out.text(", general"),
        QUERY => {
            out.text(", specific for group ");
            out.ipv4(group);
            let sources = usize::from(bytes.u16(10).unwrap_or(0));
            if version == 3 && sources > 0 {
                out.text(if sources > 1 { ", sources {" } else { ", source {" });
                write_sources(bytes, QUERY_3, sources, out);
                out.text("}");
            }
        }
        REPORT_2 => {
            out.text(" group ");
            out.ipv4(group);
        }
        LEAVE => {
            out.text(" ");
            out.ipv4(group);
        }
        _ => {}
    }
}

fn write_sources(bytes: &[u8], at: usize, sources: usize, out: &mut Line) {
    for i in 0..sources {
        let Some(ip) = bytes.ipv4(at + i * 4) else { return };
        out.text(if i > 0 { ", " } else { "" });
        out.ipv4(ip);
    }
}

fn write_records(bytes: &[u8], out: &mut Line) {
    match bytes.u16(6) {
        Some(0) => out.text(" - General query"),
        Some(_) => records(bytes).for_each(|(at, _)| write_record(bytes, at, out)),
        None => {}
    }
}

fn write_record(bytes: &[u8], at: usize, out: &mut Line) {
    let (Some(kind), Some(sources), Some(group)) = (bytes.u8(at), bytes.u16(at + 2), bytes.ipv4(at + 4))
    else {
        return;
    };
    let verb = match (kind, sources) {
        (1 | 3, 0) => " / Leave group ",
        (1..=4, _) => " / Join group ",
        _ => " / Group ",
    };
    out.text(verb);
    out.ipv4(group);
    let what = match (kind, sources) {
        (1 | 3, 0) => return,
        (2 | 4, 0) => return out.text(" for any sources"),
        (1 | 3, 1) => " for source {",
        (1 | 3, _) => " for sources in {",
        (2 | 4, 1) => ", for source not {",
        (2 | 4, _) => ", for sources not in {",
        (5, 0) => return out.text(", ALLOW_NEW_SOURCES but no source specified (?)"),
        (5, 1) => ", new source {",
        (5, _) => ", new sources {",
        (6, 0) => return out.text(", BLOCK_OLD_SOURCES but no source specified (?)"),
        (6, 1) => ", block source {",
        (6, _) => ", block sources {",
        _ => return out.text(", unknown record type (?)"),
    };
    out.text(what);
    write_sources(bytes, at + RECORD, sources.into(), out);
    out.text("}");
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        let bytes = w.bytes;
        let (kind, version) = (bytes.u8(0).unwrap_or(0), version(bytes));
        if let Some(version) = version {
            w.value(&VERSION, 0, 0, Value::Uint(version.into()))?;
        }
        w.uint(&TYPE, 0, 1)?;
        match (version, bytes.u8(1)) {
            (Some(2), Some(code)) | (Some(3), Some(code)) if kind != REPORT_3 => {
                let tenths = max_response(code, version == Some(3));
                let (s_, t) = (tenths / 10, tenths % 10);
                w.uint_line(&MAX_RESP, 1, 1, format_args!("Max Resp Time: {s_}.{t} sec (0x{code:02x})"))?;
            }
            _ => w.up_to(&RESERVED, 1, 1)?,
        }
        checksum::show(w, layer, [&CHECKSUM, &CHECKSUM_STATUS, &CHECKSUM_BAD], 2, Some(0))?;
        match (kind, version) {
            (REPORT_3, _) => report(w)?,
            (_, Some(1..=3)) => {
                w.ipv4(&MADDR, 4)?;
                if version == Some(3) {
                    query(w)?;
                }
            }
            _ => {}
        }
        Ok(())
    })
}

/// Longest time to respond, in tenths of a second. Version 3 codes long times as floating-point numbers (RFC 3376,
/// section 4.1.1).
fn max_response(code: u8, floating: bool) -> u32 {
    if !floating || code < 128 {
        return code.into();
    }
    (u32::from(code & 15) | 16) << (u32::from(code >> 4 & 7) + 3)
}

fn query(w: &mut Walk<'_, '_>) -> Step {
    w.uint(&S, 8, 1)?;
    w.uint(&QRV, 8, 1)?;
    w.uint(&QQIC, 9, 1)?;
    w.uint(&NUM_SRC, 10, 2)?;
    sources(w, QUERY_3, usize::from(w.bytes.u16(10).unwrap_or(0)))
}

fn sources(w: &mut Walk<'_, '_>, at: usize, n: usize) -> Step {
    // The count may claim more addresses than there are bytes.
    (0..n.min(w.bytes.len() / 4)).try_for_each(|i| w.ipv4(&SADDR, at + i * 4))
}

fn report(w: &mut Walk<'_, '_>) -> Step {
    w.up_to(&RESERVED, 4, 2)?;
    w.uint(&NUM_GRP_RECS, 6, 2)?;
    for (at, len) in records(w.bytes) {
        let kind = w.bytes.u8(at).unwrap_or(0);
        let group = w.bytes.ipv4(at + 4).unwrap_or(std::net::Ipv4Addr::UNSPECIFIED);
        let name = name_of(RECORD_TYPES, kind.into()).unwrap_or("Unknown");
        w.text(at, len, format_args!("Group Record : {group}  {name}"))?;
        w.open();
        w.uint(&RECORD_TYPE, at, 1)?;
        w.uint(&AUX_DATA_LEN, at + 1, 1)?;
        w.uint(&NUM_SRC, at + 2, 2)?;
        w.ipv4(&MADDR, at + 4)?;
        let n = usize::from(w.bytes.u16(at + 2).unwrap_or(0));
        sources(w, at + RECORD, n)?;
        let aux = usize::from(w.bytes.u8(at + 1).unwrap_or(0)) * 4;
        w.up_to(&AUX_DATA, at + RECORD + n * 4, aux)?;
        w.close();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn every_version_is_known_by_its_shape() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500001c000100000102cfdd0a000001e00000011100000000000000"
            ),
            ("eth:ethertype:ip:igmp:igmp".into(), "Membership Query".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500001c000100000102cfdd0a000001e000000111640000ef010203"
            ),
            ("eth:ethertype:ip:igmp:igmp".into(), "Membership Query, specific for group 239.1.2.3".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "020000000002020000000001080045000028000100000102cfd10a000001e000000111640000ef0102030a7d00020101010102020202"
            ),
            (
                "eth:ethertype:ip:igmp:igmp".into(),
                "Membership Query, specific for group 239.1.2.3, sources {1.1.1.1, 2.2.2.2}".into()
            )
        );
    }

    #[test]
    fn records_say_who_joins_and_leaves() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500002c000100000102cfb80a000001e0000016220000000000000204000000ef01020303000000ef010101"
            ),
            (
                "eth:ethertype:ip:igmp:igmp".into(),
                "Membership Report / Join group 239.1.2.3 for any sources / Leave group 239.1.1.1".into()
            )
        );
    }

    #[test]
    fn a_report_that_ends_early_is_damage() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500001d000100000102cfc70a000001e0000016220000000000000104"
            ),
            ("eth:ethertype:ip:igmp:igmp".into(), "Membership Report Malformed".into())
        );
    }
}
