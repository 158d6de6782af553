//! Real-Time Transport Protocol (`rtp`): RFC 3550, between ports that a session description (SDP) has named.

use crate::dissect::reading::layer::{show, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Next, Proto, Protocol};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, lazy};

const HEADER: usize = 12;
/// Payload types (RFC 3551, section 6).
const TYPES: Names = &[
    (0, "ITU-T G.711 PCMU"),
    (3, "GSM 06.10"),
    (4, "ITU-T G.723"),
    (5, "DVI4 8000 samples/s"),
    (6, "DVI4 16000 samples/s"),
    (7, "Experimental linear predictive encoding from Xerox PARC"),
    (8, "ITU-T G.711 PCMA"),
    (9, "ITU-T G.722"),
    (10, "16-bit uncompressed audio, stereo"),
    (11, "16-bit uncompressed audio, monaural"),
    (13, "Comfort noise"),
    (14, "MPEG-I/II Audio"),
    (15, "ITU-T G.728"),
    (18, "ITU-T G.729"),
    (26, "JPEG-compressed video"),
    (31, "ITU-T H.261"),
    (32, "MPEG-I/II Video"),
    (34, "ITU-T H.263"),
];
/// The first dynamic payload type: its meaning is in the session description.
const DYNAMIC: u8 = 96;
const VERSIONS: Names = &[(2, "RFC 1889 Version")];

crate::fields! {
    VERSION = Field::new("rtp.version", "Version", Kind::Uint(8)).mask(0xc0).names(VERSIONS);
    PADDING = Field::new("rtp.padding", "Padding", Kind::Bool).mask(0x20);
    EXTENSION = Field::new("rtp.ext", "Extension", Kind::Bool).mask(0x10);
    SOURCES = Field::new("rtp.cc", "Contributing source identifiers count", Kind::Uint(8)).mask(0x0f);
    MARKER = Field::new("rtp.marker", "Marker", Kind::Bool).mask(0x80);
    TYPE = Field::new("rtp.p_type", "Payload type", Kind::Uint(8)).mask(0x7f).names(TYPES);
    SEQUENCE = Field::new("rtp.seq", "Sequence number", Kind::Uint(16));
    TIMESTAMP = Field::new("rtp.timestamp", "Timestamp", Kind::Uint(32));
    SOURCE = Field::new("rtp.ssrc", "Synchronization Source identifier", Kind::Uint(32)).hex_dec();
    PAYLOAD = Field::new("rtp.payload", "Payload", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    decode: |d, span| {
        if d.get(span).u8(0).is_none_or(|first| first >> 6 != 2) {
            return Next::Data(span);
        }
        whole(d, Proto::Rtp, span, message)
    },
    ..Protocol::new("rtp", "RTP", "Real-Time Transport Protocol")
};

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let (Some(kind), Some(sequence)) = (bytes.u8(1), bytes.u16(2)) else { return };
    let (kind, marked) = (kind & 0x7f, kind & 0x80 != 0);
    out.text("PT=");
    match name_of(TYPES, kind.into()) {
        Some(name) => out.text(name),
        None => {
            out.text(if kind >= DYNAMIC { "DynamicRTP-Type-" } else { "Unknown RTP type " });
            out.num(kind);
        }
    }
    out.text(&format!(", SSRC=0x{:X}", bytes.u32(8).unwrap_or(0)));
    out.text(", Seq=");
    out.num(sequence);
    out.text(", Time=");
    out.num(bytes.u32(4).unwrap_or(0));
    out.text(if marked { ", Mark" } else { "" });
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    for field in [&VERSION, &PADDING, &EXTENSION] {
        w.num(field, 0)?;
    }
    let sources = w.num(&SOURCES, 0)? as usize;
    w.num(&MARKER, 1)?;
    let (kind, _) = w.read(&TYPE, 1)?;
    let name = lazy(|f| match name_of(TYPES, kind) {
        Some(name) => f.write_str(name),
        None => write!(f, "DynamicRTP-Type-{kind}"),
    });
    w.line(&TYPE, 1, 1, Value::Uint(kind), format_args!("Payload type: {name} ({kind})"))?;
    w.num(&SEQUENCE, 2)?;
    w.num(&TIMESTAMP, 4)?;
    w.num(&SOURCE, 8)?;
    let extended = w.u8(0)? & 0x10 != 0;
    let mut at = HEADER + 4 * sources;
    if extended {
        at += 4 + 4 * usize::from(w.u16(at + 2)?);
    }
    w.get(0, at)?;
    w.skip(at);
    w.take_up_to(&PAYLOAD, w.left())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::reading::layer::unseen;
    use crate::dissect::reading::walk::End;

    #[test]
    fn sources_and_an_extension_stand_before_the_payload() {
        let mut packet =
            vec![0x91, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 0xff];
        assert_eq!(unseen(&packet, message), Ok(()));
        packet.truncate(22);
        assert_eq!(unseen(&packet, message), Err(End::Short));
    }
}
