//! Extensible Authentication Protocol (`eap`): RFC 3748.

use crate::dissect::reading::layer::{show, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, name_of};
use crate::text::{Line, Push};

const HEADER: usize = 4;
const REQUEST: u64 = 1;
const RESPONSE: u64 = 2;
const IDENTITY: u8 = 1;
const NOTIFICATION: u8 = 2;
const NAK: u8 = 3;
const MD5: u8 = 4;
const TLS: u8 = 13;
const TTLS: u8 = 21;
const PEAP: u8 = 25;

const CODES: Names = &[
    (REQUEST, "Request"),
    (RESPONSE, "Response"),
    (3, "Success"),
    (4, "Failure"),
    (5, "Initiate"),
    (6, "Finish"),
];
/// Method types (IANA, "EAP Method Types").
const TYPES: Names = &[
    (IDENTITY as u64, "Identity"),
    (NOTIFICATION as u64, "Notification"),
    (NAK as u64, "Legacy Nak (Response Only)"),
    (MD5 as u64, "MD5-Challenge EAP (EAP-MD5-CHALLENGE)"),
    (5, "One-Time Password EAP (EAP-OTP)"),
    (6, "Generic Token Card EAP (EAP-GTC)"),
    (TLS as u64, "TLS EAP (EAP-TLS)"),
    (17, "Cisco Wireless EAP / Lightweight EAP (EAP-LEAP)"),
    (18, "GSM Subscriber Identity Modules EAP (EAP-SIM)"),
    (TTLS as u64, "Tunneled TLS EAP (EAP-TTLS)"),
    (23, "UMTS Authentication and Key Agreement EAP (EAP-AKA)"),
    (PEAP as u64, "Protected EAP (EAP-PEAP)"),
    (26, "MS-Authentication EAP (EAP-MS-AUTH)"),
    (29, "MS-CHAP-v2 EAP (EAP-MS-CHAP-V2)"),
    (32, "Protected One-Time Password EAP (EAP-POTP)"),
    (43, "Flexible Authentication via Secure Tunneling EAP (EAP-FAST)"),
    (46, "Password Authenticated eXchange EAP (EAP-PAX)"),
    (47, "Pre-Shared Key EAP (EAP-PSK)"),
    (48, "Shared-secret Authentication and Key Establishment EAP (EAP-SAKE)"),
    (49, "Internet Key Exchange v2 EAP (EAP-IKEv2)"),
    (50, "UMTS Authentication and Key Agreement' EAP (EAP-AKA')"),
    (51, "Generalized Pre-Shared Key EAP (EAP-GPSK)"),
    (52, "Password EAP (EAP-pwd)"),
    (53, "Encrypted Key Exchange v1 EAP (EAP-EKEv1)"),
    (55, "Tunneled EAP protocol"),
    (254, "Expanded Type"),
    (255, "Experimental"),
];

crate::fields! {
    CODE = Field::new("eap.code", "Code", Kind::Uint(8)).names(CODES);
    ID = Field::new("eap.id", "Id", Kind::Uint(8));
    LEN = Field::new("eap.len", "Length", Kind::Uint(16));
    TYPE = Field::new("eap.type", "Type", Kind::Uint(8)).names(TYPES);
    DESIRED = Field::new("eap.desired_type", "Desired Auth Type", Kind::Uint(8)).names(TYPES);
    WHO = Field::new("eap.identity", "Identity", Kind::Text);
    NOTICE = Field::new("eap.notification", "Notification", Kind::Text);
    MD5_SIZE = Field::new("eap.md5.value_size", "EAP-MD5 Value-Size", Kind::Uint(8));
    MD5_VALUE = Field::new("eap.md5.value", "EAP-MD5 Value", Kind::Bytes);
    TLS_FLAGS = Field::new("eap.tls.flags", "EAP-TLS Flags", Kind::Uint(8)).hex();
    TLS_LENGTH = Field::new("eap.tls.flags.len_included", "Length Included", Kind::Bool).mask(0x80);
    TLS_MORE = Field::new("eap.tls.flags.more_fragments", "More Fragments", Kind::Bool).mask(0x40);
    TLS_START = Field::new("eap.tls.flags.start", "Start", Kind::Bool).mask(0x20);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    // In Wireshark, `frame.protocols` has no `eap`.
    unnamed: true,
    ..Protocol::new("eap", "EAP", "Extensible Authentication Protocol")
};

pub(super) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    whole(d, Proto::Eap, span, message)
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let (Some(code), Some(len)) = (bytes.u8(0), bytes.u16(2)) else { return };
    let unknown = |what: &str, value: u8, out: &mut Line| {
        out.text(what);
        out.hex(value.into(), 2);
        out.text(")");
    };
    match name_of(CODES, code.into()) {
        Some(name) => out.text(name),
        None => unknown("Unknown code (", code, out),
    }
    let asks = matches!(u64::from(code), REQUEST | RESPONSE) && usize::from(len) > HEADER;
    let Some(kind) = bytes.u8(HEADER).filter(|_| asks) else { return };
    out.text(", ");
    match name_of(TYPES, kind.into()) {
        Some(name) => out.text(name),
        None => unknown("Unknown type (", kind, out),
    }
}

/// A message (RFC 3748, section 4). Its own length counts, not the length of the packet that carries it.
fn message(w: &mut Walk<'_, '_>) -> Step {
    let code = w.num(&CODE, 0)?;
    w.num(&ID, 1)?;
    let len = w.num(&LEN, 2)? as usize;
    if !matches!(code, REQUEST | RESPONSE) || len <= HEADER {
        return Ok(());
    }
    let kind = w.num(&TYPE, HEADER)? as u8;
    let body = w.get(HEADER + 1, len - HEADER - 1)?.len();
    w.skip(HEADER + 1);
    match kind {
        IDENTITY => w.up_to(&WHO, 0, body),
        NOTIFICATION => w.up_to(&NOTICE, 0, body),
        NAK => (0..body).try_for_each(|at| w.num(&DESIRED, at).map(drop)),
        MD5 if body > 0 => {
            let size = w.num(&MD5_SIZE, 0)? as usize;
            if size >= body {
                return Err(End::Short);
            }
            w.up_to(&MD5_VALUE, 1, size)
        }
        TLS | TTLS | PEAP if body > 0 => {
            w.num(&TLS_FLAGS, 0)?;
            w.bits(&[&TLS_LENGTH, &TLS_MORE, &TLS_START], 0, 1)
        }
        _ => Ok(()),
    }
}
