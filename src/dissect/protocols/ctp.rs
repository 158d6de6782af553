//! Configuration Test Protocol (`loop`): Ethernet's own echo (Digital, Intel and Xerox, "The Ethernet", version 2.0,
//! section 8). Its numbers are little-endian.

use crate::dissect::reading::layer::{show, unseen};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, name_of};
use crate::text::{Line, Push};

const REPLY: u16 = 1;
const FORWARD: u16 = 2;
const FUNCTIONS: Names = &[(REPLY as u64, "Reply"), (FORWARD as u64, "Forward Data")];

crate::fields! {
    SKIP = Field::new("loop.skipcount", "skipCount", Kind::Uint(16));
    RELEVANT = Field::new("loop.relevant_function", "Relevant function", Kind::Uint(16)).names(FUNCTIONS);
    FUNCTION = Field::new("loop.function", "Function", Kind::Uint(16)).names(FUNCTIONS);
    RECEIPT = Field::new("loop.receipt_number", "Receipt number", Kind::Uint(16));
    FORWARDING = Field::new("loop.forwarding_address", "Forwarding address", Kind::Mac);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, |w| message(w).map(drop)),
    summary,
    decode,
    ether_types: &[0x9000],
    ..Protocol::new("loop", "LOOP", "Configuration Test Protocol (loopback)")
};

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    match unseen(d.get(span), message) {
        Ok(Message { len, .. }) => match d.layer(Proto::Loop, span, len as u32) {
            Some(data) if data.len() > 0 => Next::Data(data),
            _ => Next::Done,
        },
        Err(_) => d.broken(Proto::Loop, span),
    }
}

/// What a walk over the functions of a message finds out.
struct Message {
    /// Octets before the data, functions included.
    len: usize,
}

/// The function that the next station has to carry out; earlier ones, which are done, are skipped.
fn relevant(w: &Walk<'_, '_>) -> Step<u16> {
    let skip = usize::from(w.bytes.u16_le(0).ok_or(End::Short)?);
    w.bytes.u16_le(2 + skip).ok_or(End::Short)
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let Ok(function) = unseen(ctx.layer_bytes(layer), |w| relevant(w)) else { return };
    match name_of(FUNCTIONS, function.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown function (");
            out.num(function);
            out.text(")");
        }
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step<Message> {
    let mut at = 2 + w.num_le(&SKIP, 0, 2)? as usize;
    w.num_le(&RELEVANT, at, 2)?;
    loop {
        let function = w.num_le(&FUNCTION, at, 2)?;
        at += 2;
        match function as u16 {
            REPLY => {
                w.num_le(&RECEIPT, at, 2)?;
                return Ok(Message { len: at + 2 });
            }
            FORWARD => {
                w.mac(&FORWARDING, at)?;
                at += 6;
            }
            _ => return Ok(Message { len: at }),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{cut, summary};
    use crate::frame::LinkType;

    #[test]
    fn the_function_behind_the_skipped_ones_is_named() {
        let forward = "000000000002 000000000001 9000 0000 0200 0a0027000001 0100 0700 64617461";
        let (path, info) = summary(LinkType::ETHERNET, forward);
        assert_eq!((path.as_str(), info.as_str()), ("eth:ethertype:loop:data", "Forward Data"));
        let reply = "000000000002 000000000001 9000 0800 0200 0a0027000001 0100 0700 64617461";
        assert_eq!(summary(LinkType::ETHERNET, reply).1, "Reply");
        let other = "000000000002 000000000001 9000 0000 0700";
        assert_eq!(
            summary(LinkType::ETHERNET, other),
            ("eth:ethertype:loop".into(), "Unknown function (7)".into())
        );
        assert_eq!(cut(LinkType::ETHERNET, forward, 20).1, "Forward Data Cut");
    }
}
