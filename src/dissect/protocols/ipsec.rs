//! Authentication Header (`ah`, RFC 4302) and Encapsulating Security Payload (`esp`, RFC 4303).

use crate::dissect::protocols::ipv4::numbers::PROTOS;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Visit};
use crate::text::{Line, Push};

/// Octets of the Authentication Header before the integrity check value.
const AH_FIXED: usize = 12;

crate::fields! {
    NEXT = Field::new("ah.next_header", "Next header", Kind::Uint(8)).names(PROTOS);
    LENGTH = Field::new("ah.length", "Length", Kind::Uint(8));
    RESERVED = Field::new("ah.reserved", "Reserved", Kind::Bytes);
    SPI = Field::new("ah.spi", "AH SPI", Kind::Uint(32)).hex();
    SEQUENCE = Field::new("ah.sequence", "AH Sequence", Kind::Uint(32));
    ICV = Field::new("ah.icv", "AH ICV", Kind::Bytes);
}

/// The fields of ESP that are not encrypted.
mod encrypted {
    use crate::field::{Field, Kind};

    crate::fields! {
        SPI = Field::new("esp.spi", "ESP SPI", Kind::Uint(32)).hex_dec();
        SEQUENCE = Field::new("esp.sequence", "ESP Sequence", Kind::Uint(32));
    }
}

pub(in crate::dissect) static AH: Protocol = Protocol {
    fields: FIELDS,
    visit: visit_ah,

    summary: |ctx, layer, out| spi(ctx, layer, 4, "AH (SPI=", out), // Under IPv6 it is an extension header.
    depth: |ctx, layer| {
        usize::from(ctx.layers.around(layer, |_| true).is_some_and(|l| l.proto != Proto::Ipv4))
    },
    decode: ah,
    ip_protocols: &[51],
    ..Protocol::new("ah", "AH", "Authentication Header")
};

pub(in crate::dissect) static ESP: Protocol = Protocol {
    fields: encrypted::FIELDS,
    visit: visit_esp,

    summary: |ctx, layer, out| spi(ctx, layer, 0, "ESP (SPI=", out),
    decode: esp,
    ip_protocols: &[50],
    ..Protocol::new("esp", "ESP", "Encapsulating Security Payload")
};

pub(in crate::dissect) fn ah(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let (Some(next), Some(words)) = (bytes.u8(0), bytes.u8(1)) else { return d.broken(Proto::Ah, span) };
    // The length counts words of four octets, minus two (RFC 4302, section 2.2).
    let len = (u32::from(words) + 2) * 4;
    if bytes.len() < len as usize {
        return d.broken(Proto::Ah, span);
    }
    match d.layer(Proto::Ah, span, len) {
        Some(payload) => Next::IpProto(next, payload),
        None => Next::Done,
    }
}

pub(in crate::dissect) fn esp(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    if d.get(span).len() < 8 {
        return d.broken(Proto::Esp, span);
    }
    // The rest of the packet is encrypted.
    d.layer(Proto::Esp, span, span.len());
    Next::Done
}

fn spi(ctx: &Context<'_>, layer: &Layer, at: usize, label: &str, out: &mut Line) {
    if let Some(spi) = ctx.layer_bytes(layer).u32(at) {
        out.text(label);
        out.hex(spi.into(), 8);
        out.text(")");
    }
}

fn visit_ah(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        let bytes = w.bytes;
        w.uint(&NEXT, 0, 1)?;
        if let Some(words) = bytes.u8(1) {
            let len = (usize::from(words) + 2) * 4;
            w.uint_line(&LENGTH, 1, 1, format_args!("Length: {words} ({len} bytes)"))?;
            w.up_to(&RESERVED, 2, 2)?;
            w.uint(&SPI, 4, 4)?;
            w.uint(&SEQUENCE, 8, 4)?;
            w.up_to(&ICV, AH_FIXED, len.saturating_sub(AH_FIXED))?;
        }
        Ok(())
    })
}

fn visit_esp(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        w.uint(&encrypted::SPI, 0, 4)?;
        w.uint(&encrypted::SEQUENCE, 4, 4)?;
        Ok(())
    })
}
