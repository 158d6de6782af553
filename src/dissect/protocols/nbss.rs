//! NetBIOS Session Service (`nbss`): RFC 1002, section 4.3. On port 445, SMB uses only its framing (MS-SMB2, section
//! 2.1).

use super::nbns::NetbiosName;
use super::smb;
use crate::dissect::over_tcp::{Application, Begun, Input, Measure, Need, Session};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Work};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push};

const HEADER: usize = 4;
const MESSAGE: u8 = 0x00;
const REQUEST: u8 = 0x81;
const NEGATIVE: u8 = 0x83;
/// Octets of an encoded name, with its length in front and its final zero.
const NAME: usize = 34;

const TYPES: Names = &[
    (MESSAGE as u64, "Session message"),
    (REQUEST as u64, "Session request"),
    (0x82, "Positive session response"),
    (NEGATIVE as u64, "Negative session response"),
    (0x84, "Retarget session response"),
    (0x85, "Session keep-alive"),
];
const ERRORS: Names = &[
    (0x80, "Not listening on called name"),
    (0x81, "Not listening for called name"),
    (0x82, "Called name not present"),
    (0x83, "Called name present, but insufficient resources"),
    (0x8f, "Unspecified error"),
];

crate::fields! {
    TYPE = Field::new("nbss.type", "Message Type", Kind::Uint(8)).hex().names(TYPES);
    LENGTH = Field::new("nbss.length", "Length", Kind::Uint(24));
    CALLED = Field::new("nbss.called_name", "Called name", Kind::Text);
    CALLING = Field::new("nbss.calling_name", "Calling name", Kind::Text);
    ERROR = Field::new("nbss.error_code", "Error code", Kind::Uint(8)).hex().names(ERRORS);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    repeats: true,
    tcp_ports: &[139, 445],
    application: Some(Application { measure, decode, is_likely: None }),
    ..Protocol::new("nbss", "NBSS", "NetBIOS Session Service")
};

/// The Info column of a message that goes on in a later segment.
const BEGUN: Begun = Begun::Text("Session message ");

/// The length after the header. It has 24 bits on port 445, and 17 in NetBIOS sessions, where the bits before are
/// zero.
fn length(bytes: &[u8]) -> Option<usize> {
    Some(bytes.u24(1)? as usize)
}

fn measure(input: &Input<'_>) -> Measure {
    let bytes = input.bytes;
    if bytes.first().is_some_and(|kind| name_of(TYPES, (*kind).into()).is_none()) {
        return Measure::Foreign;
    }
    let Some(len) = length(bytes) else { return Measure::NeedMore(Need::Segment, BEGUN) };
    match (HEADER + len).checked_sub(bytes.len()) {
        Some(missing @ 1..) => Measure::NeedMore(Need::Bytes(missing as u32), BEGUN),
        _ => Measure::Complete((HEADER + len) as u32),
    }
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let kind = work.get(source, span).first().copied();
    let Some(payload) = work.decoder(source).layer(Proto::Nbss, span, HEADER as u32) else { return };
    if kind == Some(MESSAGE) && payload.len() > 0 {
        smb::decode_message(work, source, payload, session);
    }
}

/// The name at `at` of a session request.
fn name(bytes: &[u8], at: usize) -> Option<NetbiosName> {
    NetbiosName::read(bytes, at).ok()
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    use std::io::Write as _;
    let bytes = ctx.layer_bytes(layer);
    let Some(kind) = bytes.u8(0) else { return };
    // The layer of SMB inside writes the Info column.
    if kind == MESSAGE && ctx.layers.after(layer).iter().any(|l| matches!(l.proto, Proto::Smb | Proto::Smb2))
    {
        return;
    }
    out.text(name_of(TYPES, kind.into()).unwrap_or(""));
    if kind == REQUEST
        && let (Some(called), Some(calling)) = (name(bytes, HEADER), name(bytes, HEADER + NAME))
    {
        // Writing to a vector cannot fail.
        let _ = write!(out, ", to {called} from {calling}");
    }
    if let Some(error) = bytes.u8(HEADER).filter(|_| kind == NEGATIVE) {
        out.text(", ");
        out.text(name_of(ERRORS, error.into()).unwrap_or("Unknown"));
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let kind = w.num(&TYPE, 0)? as u8;
    w.num(&LENGTH, 1)?;
    match kind {
        REQUEST => {
            for (field, at) in [(&CALLED, HEADER), (&CALLING, HEADER + NAME)] {
                if let Some(name) = name(w.bytes, at) {
                    let text = name.to_string();
                    let service = name.service().unwrap_or("Unknown");
                    let line = format_args!("{}: {text} ({service})", field.label);
                    w.line(field, at, NAME, Value::Text(text.as_bytes()), line)?;
                }
            }
            Ok(())
        }
        NEGATIVE => w.num(&ERROR, HEADER).map(drop),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::measured;

    #[test]
    fn a_message_ends_where_its_length_says() {
        assert_eq!(measured(measure, &[0x85, 0, 0, 0]), Measure::Complete(4));
        assert_eq!(measured(measure, &[0, 0, 0, 4, 0xfe]), Measure::NeedMore(Need::Bytes(3), BEGUN));
        assert_eq!(measured(measure, &[0, 0]), Measure::NeedMore(Need::Segment, BEGUN));
        assert_eq!(measured(measure, b"GET / HTTP/1.1\r\n"), Measure::Foreign);
    }
}
