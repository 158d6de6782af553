//! Multicast listener discovery: RFC 2710 (version 1), RFC 3810 (version 2).

use super::{QUERY, REPORT_V2};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Kind, Names, Value, name_of};

/// Octets of a query of version 1; longer queries are of version 2.
const VERSION_1: usize = 24;
const RECORD: usize = 20;

const RECORD_TYPES: Names = &[
    (1, "Include"),
    (2, "Exclude"),
    (3, "Changed to include"),
    (4, "Changed to exclude"),
    (5, "Allow new sources"),
    (6, "Block old sources"),
];

crate::fields! {
    DELAY = Field::new("icmpv6.mld.maximum_response_delay", "Maximum Response Delay [ms]", Kind::Uint(16));
    CODE = Field::new("icmpv6.mld.maximum_response_code", "Maximum Response Code", Kind::Uint(16));
    ADDRESS = Field::new("icmpv6.mld.multicast_address", "Multicast Address", Kind::Ipv6);
    FLAG = Field::new("icmpv6.mld.flag", "Flags", Kind::Uint(8)).hex();
    FLAG_S =
        Field::new("icmpv6.mld.flag.s", "Suppress Router-Side Processing", Kind::Bool).mask(0x08).names(crate::dissect::FALSE_TRUE);
    FLAG_QRV = Field::new("icmpv6.mld.flag.qrv", "QRV (Querier's Robustness Variable)", Kind::Uint(8)).mask(0x07);
    FLAG_RESERVED = Field::new("icmpv6.mld.flag.reserved", "Reserved", Kind::Uint(8)).mask(0xf0);
    QQI = Field::new("icmpv6.mld.qqi", "QQIC (Querier's Query Interval Code)", Kind::Uint(8));
    SOURCES = Field::new("icmpv6.mld.nb_sources", "Number of Sources", Kind::Uint(16));
    SOURCE = Field::new("icmpv6.mld.source_address", "Source Address", Kind::Ipv6);
    RECORDS = Field::new("icmpv6.mldr.nb_mcast_records", "Number of Multicast Address Records", Kind::Uint(16));
    MAR = Field::new("icmpv6.mldr.mar", "Multicast Address Record", Kind::Label);
    MAR_TYPE = Field::new("icmpv6.mldr.mar.record_type", "Record Type", Kind::Uint(8)).names(RECORD_TYPES);
    MAR_AUX_LEN = Field::new("icmpv6.mldr.mar.aux_data_len", "Aux Data Len", Kind::Uint(8));
    MAR_SOURCES = Field::new("icmpv6.mldr.mar.nb_sources", "Number of Sources", Kind::Uint(16));
    MAR_ADDRESS = Field::new("icmpv6.mldr.mar.multicast_address", "Multicast Address", Kind::Ipv6);
    MAR_SOURCE = Field::new("icmpv6.mldr.mar.source_address", "Source Address", Kind::Ipv6);
    MAR_AUX = Field::new("icmpv6.mldr.mar.auxiliary_data", "Auxiliary Data", Kind::Bytes);
}

/// Offset and length of each record in a report of version 2.
fn records(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 8;
    (0..bytes.u16(6).unwrap_or(0)).map_while(move |_| {
        let sources = usize::from(bytes.u16(at + 2)?);
        let len = RECORD + sources * 16 + usize::from(bytes.u8(at + 1)?) * 4;
        bytes.get(at..at + len)?;
        at += len;
        Some((at - len, len))
    })
}

/// Whether all records of a report of version 2 are there.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    records(bytes).count() == usize::from(bytes.u16(6).unwrap_or(0))
}

/// Visits the fields after the checksum of a message of this type.
pub(super) fn visit(w: &mut Walk<'_, '_>, kind: u8, reserved: &'static Field) -> Step {
    if kind == REPORT_V2 {
        return report(w, reserved);
    }
    let version_2 = kind == QUERY && w.bytes.len() > VERSION_1;
    w.uint(if version_2 { &CODE } else { &DELAY }, 4, 2)?;
    w.up_to(reserved, 6, 2)?;
    w.ipv6(&ADDRESS, 8)?;
    if !version_2 {
        return Ok(());
    }
    w.uint(&FLAG, 24, 1)?;
    w.bits(&[&FLAG_S, &FLAG_QRV, &FLAG_RESERVED], 24, 1)?;
    w.uint(&QQI, 25, 1)?;
    w.uint(&SOURCES, 26, 2)?;
    let sources = usize::from(w.bytes.u16(26).unwrap_or(0));
    (0..sources).take(w.bytes.len() / 16).try_for_each(|i| w.ipv6(&SOURCE, 28 + i * 16))
}

fn report(w: &mut Walk<'_, '_>, reserved: &'static Field) -> Step {
    w.up_to(reserved, 4, 2)?;
    w.uint(&RECORDS, 6, 2)?;
    for (at, len) in records(w.bytes) {
        let (kind, address) = (w.bytes.u8(at).unwrap_or(0), w.bytes.ipv6(at + 4));
        let name = name_of(RECORD_TYPES, kind.into()).unwrap_or("Unknown");
        let address = address.unwrap_or(std::net::Ipv6Addr::UNSPECIFIED);
        let text = format_args!("Multicast Address Record {name}: {address}");
        w.line(&MAR, at, len, Value::None, text)?;
        w.open();
        w.uint(&MAR_TYPE, at, 1)?;
        w.uint(&MAR_AUX_LEN, at + 1, 1)?;
        w.uint(&MAR_SOURCES, at + 2, 2)?;
        w.ipv6(&MAR_ADDRESS, at + 4)?;
        let sources = usize::from(w.bytes.u16(at + 2).unwrap_or(0));
        (0..sources).try_for_each(|i| w.ipv6(&MAR_SOURCE, at + RECORD + i * 16))?;
        let aux = usize::from(w.bytes.u8(at + 1).unwrap_or(0)) * 4;
        w.up_to(&MAR_AUX, at + RECORD + sources * 16, aux)?;
        w.close();
    }
    Ok(())
}
