//! WireGuard (`wg`): the unencrypted parts of its messages (J. Donenfeld, "WireGuard: Next Generation Kernel Network
//! Tunnel", section 5.4). Its numbers are little-endian.

use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Next, Proto, Protocol};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const INITIATION: u8 = 1;
const RESPONSE: u8 = 2;
const COOKIE: u8 = 3;
const TRANSPORT: u8 = 4;
/// Octets before the encrypted packet of a transport message, and octets of its authentication tag.
const TRANSPORT_HEADER: usize = 16;
const TAG: usize = 16;
const TYPES: Names = &[
    (INITIATION as u64, "Handshake Initiation"),
    (RESPONSE as u64, "Handshake Response"),
    (COOKIE as u64, "Cookie Reply"),
    (TRANSPORT as u64, "Transport Data"),
];

crate::fields! {
    TYPE = Field::new("wg.type", "Type", Kind::Uint(8)).names(TYPES);
    RESERVED = Field::new("wg.reserved", "Reserved", Kind::Bytes);
    SENDER = Field::new("wg.sender", "Sender", Kind::Uint(32)).hex();
    RECEIVER = Field::new("wg.receiver", "Receiver", Kind::Uint(32)).hex();
    EPHEMERAL = Field::new("wg.ephemeral", "Ephemeral", Kind::Text);
    ENCRYPTED_STATIC = Field::new("wg.encrypted_static", "Encrypted Static", Kind::Label);
    ENCRYPTED_TIMESTAMP = Field::new("wg.encrypted_timestamp", "Encrypted Timestamp", Kind::Label);
    ENCRYPTED_EMPTY = Field::new("wg.encrypted_empty", "Encrypted Empty", Kind::Label);
    MAC_1 = Field::new("wg.mac1", "mac1", Kind::Bytes);
    MAC_2 = Field::new("wg.mac2", "mac2", Kind::Bytes);
    NONCE = Field::new("wg.nonce", "Nonce", Kind::Bytes);
    ENCRYPTED_COOKIE = Field::new("wg.encrypted_cookie", "Encrypted Cookie", Kind::Bytes);
    COUNTER = Field::new("wg.counter", "Counter", Kind::Uint(64));
    ENCRYPTED_PACKET = Field::new("wg.encrypted_packet", "Encrypted Packet", Kind::Label);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    decode: |d, span| {
        if is_message(d.get(span), span.len() as usize) {
            d.layer(Proto::WireGuard, span, span.len());
            return Next::Done;
        }
        Next::Data(span)
    },
    recognise: Some(|bytes, _, _| is_message(bytes, bytes.len())),
    ..Protocol::new("wg", "WireGuard", "WireGuard Protocol")
};

/// Whether a datagram of `len` octets has the type of a message, and a length that this type allows.
fn is_message(bytes: &[u8], len: usize) -> bool {
    match bytes.first() {
        Some(&INITIATION) => len == 148,
        Some(&RESPONSE) => len == 92,
        Some(&COOKIE) => len == 64,
        // The three reserved octets tell it from other encrypted datagrams.
        Some(&TRANSPORT) => len >= TRANSPORT_HEADER + TAG && bytes.get(1..4) == Some(&[0; 3]),
        _ => false,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(kind) = bytes.first().copied() else { return };
    let index = |out: &mut Line, name: &str, at: usize| {
        if let Some(index) = bytes.u32_le(at) {
            out.text(name);
            out.text(&format!("0x{index:08X}"));
        }
    };
    let len = (layer.end - layer.start) as usize;
    let kept_alive = kind == TRANSPORT && len == TRANSPORT_HEADER + TAG;
    out.text(if kept_alive { "Keepalive" } else { name_of(TYPES, kind.into()).unwrap_or("") });
    match kind {
        INITIATION => index(out, ", sender=", 4),
        RESPONSE => {
            index(out, ", sender=", 4);
            index(out, ", receiver=", 8);
        }
        _ => index(out, ", receiver=", 4),
    }
    if let Some(counter) = bytes.u64_le(8).filter(|_| kind == TRANSPORT) {
        out.text(", counter=");
        out.num(counter);
        if !kept_alive {
            out.text(", datalen=");
            out.num(len.saturating_sub(TRANSPORT_HEADER + TAG));
        }
    }
}

/// Visits a public key, shown in Base64 as WireGuard's tools write it.
fn key(w: &mut Walk<'_, '_>, at: usize) -> Step {
    let text = STANDARD.encode(w.get(at, 32)?);
    w.value(&EPHEMERAL, at, 32, Value::Text(text.as_bytes()))
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let kind = w.num(&TYPE, 0)? as u8;
    w.bytes(&RESERVED, 1, 3)?;
    let codes = match kind {
        INITIATION => {
            w.num_le(&SENDER, 4, 4)?;
            key(w, 8)?;
            w.label(&ENCRYPTED_STATIC, 40, 48)?;
            w.label(&ENCRYPTED_TIMESTAMP, 88, 28)?;
            116
        }
        RESPONSE => {
            w.num_le(&SENDER, 4, 4)?;
            w.num_le(&RECEIVER, 8, 4)?;
            key(w, 12)?;
            w.label(&ENCRYPTED_EMPTY, 44, 16)?;
            60
        }
        COOKIE => {
            w.num_le(&RECEIVER, 4, 4)?;
            w.bytes(&NONCE, 8, 24)?;
            return w.bytes(&ENCRYPTED_COOKIE, 32, 32);
        }
        _ => {
            w.num_le(&RECEIVER, 4, 4)?;
            w.num_le(&COUNTER, 8, 8)?;
            return w.label(&ENCRYPTED_PACKET, TRANSPORT_HEADER, w.left().saturating_sub(TRANSPORT_HEADER));
        }
    };
    w.bytes(&MAC_1, codes, 16)?;
    w.bytes(&MAC_2, codes + 16, 16)
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{datagram, over_ipv4, summary};
    use crate::frame::LinkType;

    fn message(body: &str) -> (String, String) {
        summary(LinkType::ETHERNET, &over_ipv4("4011", "0a000002", &datagram("9c40 9c41", body)))
    }

    #[test]
    fn messages_are_known_by_their_length_on_any_port() {
        let initiation = format!("01000000 ab332211 {}", "00".repeat(140));
        let expected = ("eth:ethertype:ip:udp:wg".into(), "Handshake Initiation, sender=0x112233AB".into());
        assert_eq!(message(&initiation), expected);
        assert_eq!(message(&format!("{initiation}00")).0, "eth:ethertype:ip:udp:data");
        let transport = format!("04000000 01000000 0700000000000000 {}", "00".repeat(16));
        assert_eq!(message(&transport).1, "Keepalive, receiver=0x00000001, counter=7");
        let more = message(&format!("{transport} 0000")).1;
        assert_eq!(more, "Transport Data, receiver=0x00000001, counter=7, datalen=2");
    }
}
