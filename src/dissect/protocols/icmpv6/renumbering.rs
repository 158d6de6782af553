//! Router renumbering (RFC 2894).

use crate::dissect::protocols::ipv4::SET;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Kind, Names, Value, name_of};
use std::net::Ipv6Addr;

const COMMAND: u8 = 0;
const RESULT: u8 = 1;

/// Octets before the parts: the header (RFC 2894, section 3.1).
const HEADER: usize = 16;
/// Octets of the parts of a command (section 3.2), and of a result (section 3.3).
const MATCH: usize = 24;
const USE: usize = 32;
const RESULT_LEN: usize = 24;

/// The longest prefix, in bits.
const LONGEST: u8 = 128;

const OPERATIONS: Names = &[(1, "Add"), (2, "Change"), (3, "Set Global")];

crate::fields! {
    SEQUENCE = Field::new("icmpv6.rr.sequence_number", "Sequence Number", Kind::Uint(32));
    SEGMENT = Field::new("icmpv6.rr.segment_number", "Segment Number", Kind::Uint(8));
    FLAG = Field::new("icmpv6.rr.flag", "Flags", Kind::Uint(8)).hex();
    FLAG_T = Field::new("icmpv6.rr.flag.t", "Test Command", Kind::Bool).mask(0x80).names(SET);
    FLAG_R = Field::new("icmpv6.rr.flag.r", "Result requested", Kind::Bool).mask(0x40).names(SET);
    FLAG_A = Field::new("icmpv6.rr.flag.a", "All Interfaces", Kind::Bool).mask(0x20).names(SET);
    FLAG_S = Field::new("icmpv6.rr.flag.s", "Site-specific", Kind::Bool).mask(0x10).names(SET);
    FLAG_P = Field::new("icmpv6.rr.flag.p", "Processed previously", Kind::Bool).mask(0x08).names(SET);
    FLAG_RSV = Field::new("icmpv6.rr.flag.rsv", "Reserved", Kind::Uint(8)).mask(0x07);
    MAX_DELAY = Field::new("icmpv6.rr.maxdelay", "Max Delay", Kind::Uint(16));
    MATCH_PART = Field::new("icmpv6.rr.pco.mp", "Match-Prefix Part", Kind::Label);
    OPCODE = Field::new("icmpv6.rr.pco.mp.opcode", "OpCode", Kind::Uint(8)).names(OPERATIONS);
    OP_LENGTH = Field::new("icmpv6.rr.pco.mp.oplength", "OpLength", Kind::Uint(8));
    ORDINAL = Field::new("icmpv6.rr.pco.mp.ordinal", "Ordinal", Kind::Uint(8)).hex();
    MATCH_LEN = Field::new("icmpv6.rr.pco.mp.matchlen", "MatchLen", Kind::Uint(8));
    MATCH_TOO_LONG = Field::new("icmpv6.rr.pco.mp.matchlen.gt128", "MatchLen is greater than 128", Kind::Label);
    MIN_LEN = Field::new("icmpv6.rr.pco.mp.minlen", "MinLen", Kind::Uint(8));
    MAX_LEN = Field::new("icmpv6.rr.pco.mp.maxlen", "MaxLen", Kind::Uint(8));
    MATCH_PREFIX = Field::new("icmpv6.rr.pco.mp.matchprefix", "MatchPrefix", Kind::Ipv6);
    USE_PART = Field::new("icmpv6.rr.pco.up", "Use-Prefix Part", Kind::Label);
    USE_LEN = Field::new("icmpv6.rr.pco.up.uselen", "UseLen", Kind::Uint(8));
    KEEP_LEN = Field::new("icmpv6.rr.pco.up.keeplen", "KeepLen", Kind::Uint(8));
    FLAG_MASK = Field::new("icmpv6.rr.pco.up.flagmask", "FlagMask", Kind::Uint(8)).hex();
    MASK_L = Field::new("icmpv6.rr.pco.up.flagmask.l", "On-link flag(L)", Kind::Bool).mask(0x80).names(SET);
    MASK_A = Field::new("icmpv6.rr.pco.up.flagmask.a", "Autonomous address-configuration flag(A)", Kind::Bool).mask(0x40).names(SET);
    MASK_RSV = Field::new("icmpv6.rr.pco.up.flagmask.reserved", "Reserved", Kind::Uint(8)).mask(0x3f);
    RA_FLAGS = Field::new("icmpv6.rr.pco.up.raflags", "RAFlags", Kind::Uint(8)).hex();
    VALID = Field::new("icmpv6.rr.pco.up.validlifetime", "Valid Lifetime", Kind::Uint(32));
    PREFERRED = Field::new("icmpv6.rr.pco.up.preferredlifetime", "Preferred Lifetime", Kind::Uint(32));
    USE_FLAG = Field::new("icmpv6.rr.pco.up.flag", "Flags", Kind::Uint(32)).hex();
    USE_V = Field::new("icmpv6.rr.pco.up.flag.v", "Decrement valid lifetime", Kind::Bool).mask(0x8000_0000).names(SET);
    USE_P = Field::new("icmpv6.rr.pco.up.flag.p", "Decrement preferred lifetime", Kind::Bool).mask(0x4000_0000).names(SET);
    USE_RSV = Field::new("icmpv6.rr.pco.up.flag.reserved", "Reserved", Kind::Uint(32)).mask(0x3fff_ffff);
    USE_PREFIX = Field::new("icmpv6.rr.pco.up.useprefix", "UsePrefix", Kind::Ipv6);
    RESULT_PART = Field::new("icmpv6.rr.rm", "Result Message", Kind::Label);
    RM_FLAG = Field::new("icmpv6.rr.rm.flag", "Flags", Kind::Uint(16)).hex();
    RM_RSV = Field::new("icmpv6.rr.rm.flag.reserved", "Reserved", Kind::Uint(16)).mask(0xfffc);
    RM_B = Field::new("icmpv6.rr.rm.flag.b", "Bounds", Kind::Bool).mask(0x0002).names(SET);
    RM_F = Field::new("icmpv6.rr.rm.flag.f", "Forbidden", Kind::Bool).mask(0x0001).names(SET);
    RM_ORDINAL = Field::new("icmpv6.rr.rm.ordinal", "Ordinal", Kind::Uint(8)).hex();
    MATCHED_LEN = Field::new("icmpv6.rr.rm.matchedlen", "MatchedLen", Kind::Uint(8));
    MATCHED_TOO_LONG = Field::new("icmpv6.rr.pco.mp.matchedlen.gt128", "MatchedLen is greater than 128", Kind::Label);
    INTERFACE = Field::new("icmpv6.rr.rm.interfaceindex", "InterfaceIndex", Kind::Uint(32));
    MATCHED_PREFIX = Field::new("icmpv6.rr.rm.matchedprefix", "MatchedPrefix", Kind::Ipv6);
}

/// The kind of a part, and its length in octets.
type Part = (fn(&mut Walk<'_, '_>, usize, &'static Field) -> Step, usize);

/// The part at `at`; `None` behind the last one. `uses` says how many Use-Prefix Parts the current operation still has.
/// Wireshark takes everything behind the first Match-Prefix Part for Use-Prefix Parts; this follows the length that each
/// operation says, if it can be one.
fn part(bytes: &[u8], at: usize, uses: &mut Option<usize>) -> Option<Part> {
    if at >= bytes.len() {
        return None;
    }
    match (bytes.u8(1)?, *uses) {
        (RESULT, _) => Some((result, RESULT_LEN)),
        (COMMAND, Some(left @ 1..)) => {
            *uses = Some(left - 1);
            Some((use_part, USE))
        }
        (COMMAND, _) => {
            // The length counts in units of eight octets.
            let len = usize::from(bytes.u8(at + 1).unwrap_or(0)) * 8;
            let said = len.checked_sub(MATCH).filter(|said| said % USE == 0 && at + len <= bytes.len());
            *uses = Some(said.map_or(usize::MAX, |said| said / USE));
            Some((match_part, MATCH))
        }
        _ => None,
    }
}

/// Whether all parts of a message are there.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let (mut at, mut uses) = (HEADER, None);
    while let Some((_, len)) = part(bytes, at, &mut uses) {
        at += len;
    }
    bytes.len() >= HEADER && (at == bytes.len() || !matches!(bytes.u8(1), Some(COMMAND | RESULT)))
}

/// Visits the fields after the checksum.
pub(super) fn visit(w: &mut Walk<'_, '_>, reserved: &'static Field) -> Step {
    w.uint(&SEQUENCE, 4, 4)?;
    w.uint(&SEGMENT, 8, 1)?;
    super::details::flags(w, &FLAG, 9, 1, &[&FLAG_T, &FLAG_R, &FLAG_A, &FLAG_S, &FLAG_P])?;
    w.bits(&[&FLAG_T, &FLAG_R, &FLAG_A, &FLAG_S, &FLAG_P, &FLAG_RSV], 9, 1)?;
    w.uint(&MAX_DELAY, 10, 2)?;
    w.up_to(reserved, 12, 4)?;
    let (mut at, mut uses) = (HEADER, None);
    while let Some((visit, len)) = part(w.bytes, at, &mut uses) {
        visit(w, at, reserved)?;
        w.close();
        at += len;
    }
    Ok(())
}

/// Begins a part: its line, with `text` if the part is whole.
fn begin(w: &mut Walk<'_, '_>, field: &'static Field, at: usize, len: usize, text: &str) -> Step {
    let whole = w.bytes.len() >= at + len;
    let text = if whole { text } else { "" };
    w.line(field, at, len, Value::None, format_args!("{}{text}", field.label))?;
    w.open();
    Ok(())
}

/// The prefix at `at`, whose length in bits is at `len`.
fn prefix(w: &Walk<'_, '_>, at: usize, len: usize) -> String {
    let address = w.bytes.ipv6(at).unwrap_or(Ipv6Addr::UNSPECIFIED);
    format!("{address}/{}", w.bytes.u8(len).unwrap_or(0))
}

/// Visits the length of a prefix, with a remark if it is longer than an address.
fn length(w: &mut Walk<'_, '_>, field: &'static Field, at: usize, too_long: &'static Field) -> Step {
    w.uint(field, at, 1)?;
    match w.bytes.u8(at) {
        Some(len) if len > LONGEST => {
            w.remark(too_long, at, 1, Severity::Warning, Group::Protocol, too_long.label)
        }
        _ => Ok(()),
    }
}

fn match_part(w: &mut Walk<'_, '_>, at: usize, reserved: &'static Field) -> Step {
    let byte = |i: usize| w.bytes.u8(at + i).unwrap_or(0);
    let operation = byte(0);
    let known = name_of(OPERATIONS, operation.into());
    let name = known.map_or_else(|| format!("Unknown {operation}"), str::to_owned);
    let text = format!(": {name} {} ({}-{})", prefix(w, at + 8, at + 3), byte(4), byte(5));
    begin(w, &MATCH_PART, at, MATCH, &text)?;
    let known = known.unwrap_or("Unknown");
    w.uint_line(&OPCODE, at, 1, format_args!("OpCode: {known} ({operation})"))?;
    w.uint(&OP_LENGTH, at + 1, 1)?;
    w.uint(&ORDINAL, at + 2, 1)?;
    length(w, &MATCH_LEN, at + 3, &MATCH_TOO_LONG)?;
    w.uint(&MIN_LEN, at + 4, 1)?;
    w.uint(&MAX_LEN, at + 5, 1)?;
    w.up_to(reserved, at + 6, 2)?;
    w.ipv6(&MATCH_PREFIX, at + 8)
}

fn use_part(w: &mut Walk<'_, '_>, at: usize, _: &'static Field) -> Step {
    let text = format!(": {} (keep {})", prefix(w, at + 16, at), w.bytes.u8(at + 1).unwrap_or(0));
    begin(w, &USE_PART, at, USE, &text)?;
    w.uint(&USE_LEN, at, 1)?;
    w.uint(&KEEP_LEN, at + 1, 1)?;
    for (field, at) in [(&FLAG_MASK, at + 2), (&RA_FLAGS, at + 3)] {
        super::details::flags(w, field, at, 1, &[&MASK_L, &MASK_A])?;
        w.bits(&[&MASK_L, &MASK_A, &MASK_RSV], at, 1)?;
    }
    super::options::lifetime(w, &VALID, at + 4)?;
    super::options::lifetime(w, &PREFERRED, at + 8)?;
    super::details::flags(w, &USE_FLAG, at + 12, 4, &[&USE_V, &USE_P])?;
    w.bits(&[&USE_V, &USE_P, &USE_RSV], at + 12, 4)?;
    w.ipv6(&USE_PREFIX, at + 16)
}

fn result(w: &mut Walk<'_, '_>, at: usize, _: &'static Field) -> Step {
    let interface = w.bytes.u32(at + 4).unwrap_or(0);
    let text = format!(": {} (interface {interface})", prefix(w, at + 8, at + 3));
    begin(w, &RESULT_PART, at, RESULT_LEN, &text)?;
    super::details::flags(w, &RM_FLAG, at, 2, &[&RM_B, &RM_F])?;
    w.bits(&[&RM_RSV, &RM_B, &RM_F], at, 2)?;
    w.uint(&RM_ORDINAL, at + 2, 1)?;
    length(w, &MATCHED_LEN, at + 3, &MATCHED_TOO_LONG)?;
    w.uint(&INTERFACE, at + 4, 4)?;
    w.ipv6(&MATCHED_PREFIX, at + 8)
}
