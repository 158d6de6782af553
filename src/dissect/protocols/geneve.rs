//! Generic Network Virtualization Encapsulation (`geneve`): RFC 8926. It carries Ethernet frames, or packets named by
//! their EtherType.

use super::ethernet::types;
use crate::dissect::reading::layer::show_as;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Value, Visit};

/// Octets before the options.
const HEADER: usize = 8;

crate::fields! {
    VERSION = Field::new("geneve.version", "Version", Kind::Uint(8));
    FLAGS = Field::new("geneve.flags", "Flags", Kind::Uint(8)).hex();
    OAM = Field::new("geneve.flags.oam", "Operations, Administration and Management Frame", Kind::Bool).mask(0x80);
    CRITICAL = Field::new("geneve.flags.critical", "Critical Options Present", Kind::Bool).mask(0x40);
    RESERVED = Field::new("geneve.flags.reserved", "Reserved", Kind::Bool).mask(0x3f);
    PROTO_TYPE = Field::new("geneve.proto_type", "Protocol Type", Kind::Uint(16)).hex();
    VNI = Field::new("geneve.vni", "Virtual Network Identifier (VNI)", Kind::Uint(24));
    OPTIONS = Field::new("geneve.options", "Geneve Options", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    decode,
    udp_ports: &[6081],
    ..Protocol::new("geneve", "Geneve", "Generic Network Virtualization Encapsulation")
};

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let (Some(first), Some(kind)) = (bytes.u8(0), bytes.u16(2)) else { return d.broken(Proto::Geneve, span) };
    let header = HEADER + options_len(first);
    if bytes.len() < header {
        return d.broken(Proto::Geneve, span);
    }
    match d.layer(Proto::Geneve, span, header as u32) {
        Some(payload) => Next::Inner(kind, payload),
        None => Next::Done,
    }
}

/// Length of the options in bytes; the first octet has it in words of four.
fn options_len(first: u8) -> usize {
    usize::from(first & 0x3f) * 4
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let (first, kind) = (bytes.u8(0).unwrap_or(0), bytes.u16(2).unwrap_or(0));
    let (vni, options) = (bytes.u24(4).unwrap_or(0), options_len(first));
    let title = format_args!("{}, VNI: 0x{vni:06x}", PROTOCOL.field.label);
    show_as(ctx, layer, title, v, |w| {
        w.value(&VERSION, 0, 1, Value::Uint((first >> 6).into()))?;
        w.text(0, 1, format_args!("Length: {options} bytes"))?;
        let flags = w.number(1, 1)?;
        let set: String = [&OAM, &CRITICAL]
            .into_iter()
            .filter(|flag| flags & flag.mask != 0)
            .flat_map(|flag| [", ", flag.label])
            .collect();
        w.uint_line(&FLAGS, 1, 1, format_args!("Flags: 0x{flags:02x}{set}"))?;
        w.bits(&[&OAM, &CRITICAL, &RESERVED], 1, 1)?;
        let name = types::name(Some(kind)).unwrap_or("Unknown");
        w.uint_line(&PROTO_TYPE, 2, 2, format_args!("Protocol Type: {name} (0x{kind:04x})"))?;
        w.uint_line(&VNI, 4, 3, format_args!("{}: 0x{vni:06x} ({vni})", VNI.label))?;
        if options > 0 {
            let bytes = Value::Bytes(w.get(HEADER, options)?);
            w.line(&OPTIONS, HEADER, options, bytes, format_args!("Options: ({options} bytes)"))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn it_leads_to_what_is_inside_past_its_options() {
        let inner = "4500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f";
        let outer = "02000000001202000000001108004500004d0001000040110000c0000201c0000202";
        let frame = format!("{outer}c35017c10039000002400800000005000102800161626364{inner}");
        let (path, info) = summary(LinkType::ETHERNET, &frame);
        assert_eq!(
            (path.as_str(), info.as_str()),
            ("eth:ethertype:ip:udp:geneve:ip:udp:data", "40000 → 40001 Len=5")
        );
    }
}
