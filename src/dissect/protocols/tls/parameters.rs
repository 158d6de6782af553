//! Transport parameters of QUIC, which each end announces in an extension of TLS (RFC 9000, section 18).

use crate::dissect::reading::walk::{End, Step, Walk};
use crate::field::{Field, Kind, Names, Value, name_of};

const ORIGINAL_ID: u64 = 0x00;
const IDLE_TIMEOUT: u64 = 0x01;
const SOURCE_ID: u64 = 0x0f;
const RETRY_ID: u64 = 0x10;
const NAMES: Names = &[
    (ORIGINAL_ID, "original_destination_connection_id"),
    (IDLE_TIMEOUT, "max_idle_timeout"),
    (0x02, "stateless_reset_token"),
    (0x03, "max_udp_payload_size"),
    (0x04, "initial_max_data"),
    (0x05, "initial_max_stream_data_bidi_local"),
    (0x06, "initial_max_stream_data_bidi_remote"),
    (0x07, "initial_max_stream_data_uni"),
    (0x08, "initial_max_streams_bidi"),
    (0x09, "initial_max_streams_uni"),
    (0x0a, "ack_delay_exponent"),
    (0x0b, "max_ack_delay"),
    (0x0c, "disable_active_migration"),
    (0x0d, "preferred_address"),
    (0x0e, "active_connection_id_limit"),
    (SOURCE_ID, "initial_source_connection_id"),
    (RETRY_ID, "retry_source_connection_id"),
    (0x11, "version_information"),
    (0x20, "max_datagram_frame_size"),
];

crate::fields! {
    TYPE = Field::new("tls.quic.parameter.type", "Type", Kind::Uint(64)).names(NAMES);
    LENGTH = Field::new("tls.quic.parameter.length", "Length", Kind::Uint(64));
    VALUE = Field::new("tls.quic.parameter.value", "Value", Kind::Bytes);
    ORIGINAL = Field::new("tls.quic.parameter.original_destination_connection_id", "original_destination_connection_id", Kind::Bytes);
    SOURCE = Field::new("tls.quic.parameter.initial_source_connection_id", "Initial Source Connection ID", Kind::Bytes);
    RETRY = Field::new("tls.quic.parameter.retry_source_connection_id", "Retry Source Connection ID", Kind::Bytes);
    TIMEOUT = Field::new("tls.quic.parameter.max_idle_timeout", "max_idle_timeout", Kind::Uint(64));
    PAYLOAD = Field::new("tls.quic.parameter.max_udp_payload_size", "max_udp_payload_size", Kind::Uint(64));
    DATA = Field::new("tls.quic.parameter.initial_max_data", "initial_max_data", Kind::Uint(64));
    DATA_LOCAL = Field::new("tls.quic.parameter.initial_max_stream_data_bidi_local", "initial_max_stream_data_bidi_local", Kind::Uint(64));
    DATA_REMOTE = Field::new("tls.quic.parameter.initial_max_stream_data_bidi_remote", "initial_max_stream_data_bidi_remote", Kind::Uint(64));
    DATA_UNI = Field::new("tls.quic.parameter.initial_max_stream_data_uni", "initial_max_stream_data_uni", Kind::Uint(64));
    STREAMS = Field::new("tls.quic.parameter.initial_max_streams_bidi", "initial_max_streams_bidi", Kind::Uint(64));
    STREAMS_UNI = Field::new("tls.quic.parameter.initial_max_streams_uni", "initial_max_streams_uni", Kind::Uint(64));
    EXPONENT = Field::new("tls.quic.parameter.ack_delay_exponent", "ack_delay_exponent", Kind::Uint(64));
    DELAY = Field::new("tls.quic.parameter.max_ack_delay", "max_ack_delay", Kind::Uint(64));
    IDS = Field::new("tls.quic.parameter.active_connection_id_limit", "Active Connection ID Limit", Kind::Uint(64));
    DATAGRAM = Field::new("tls.quic.parameter.max_datagram_frame_size", "max_datagram_frame_size", Kind::Uint(64));
}

/// The field of a parameter whose value is a number; `None` for parameters of other kinds.
fn number_of(kind: u64) -> Option<&'static Field> {
    Some(match kind {
        IDLE_TIMEOUT => &TIMEOUT,
        0x03 => &PAYLOAD,
        0x04 => &DATA,
        0x05 => &DATA_LOCAL,
        0x06 => &DATA_REMOTE,
        0x07 => &DATA_UNI,
        0x08 => &STREAMS,
        0x09 => &STREAMS_UNI,
        0x0a => &EXPONENT,
        0x0b => &DELAY,
        0x0e => &IDS,
        0x20 => &DATAGRAM,
        _ => return None,
    })
}

/// A number of variable length (RFC 9000, section 16), and how many octets it takes.
fn number(w: &Walk<'_, '_>, at: usize) -> Step<(u64, usize)> {
    let len = 1usize << (w.u8(at)? >> 6);
    Ok((w.number(at, len)? & (u64::MAX >> (66 - 8 * len as u32)), len))
}

/// Visits all parameters; they take the rest of the extension.
pub(super) fn all(w: &mut Walk<'_, '_>) -> Step {
    while w.left() > 0 {
        let (kind, first) = number(w, 0)?;
        let (len, second) = number(w, first)?;
        let len = usize::try_from(len).map_err(|_| End::Short)?;
        let at = first + second;
        let value = w.get(at, len)?;
        let name = name_of(NAMES, kind).unwrap_or("Unknown");
        w.group(at + len, format_args!("Parameter: {name} (len={len})"))?;
        w.value(&TYPE, 0, first, Value::Uint(kind))?;
        w.value(&LENGTH, first, second, Value::Uint(len as u64))?;
        w.up_to(&VALUE, at, len)?;
        if let Some(field) = number_of(kind) {
            w.value(field, at, len, Value::Uint(number(w, at)?.0))?;
        }
        match kind {
            ORIGINAL_ID => w.value(&ORIGINAL, at, len, Value::Bytes(value))?,
            SOURCE_ID => w.value(&SOURCE, at, len, Value::Bytes(value))?,
            RETRY_ID => w.value(&RETRY, at, len, Value::Bytes(value))?,
            _ => {}
        }
        w.close();
        w.skip(at + len);
    }
    Ok(())
}
