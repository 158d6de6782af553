//! Virtual eXtensible Local Area Network (`vxlan`): RFC 7348, with the Group Policy Option. It carries Ethernet frames.

use crate::dissect::reading::layer::show;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Visit};

/// Octets of flags, group policy and network identifier.
const HEADER: u32 = 8;
/// GRE's number for an Ethernet frame.
const ETHERNET: u16 = 0x6558;

crate::fields! {
    FLAGS = Field::new("vxlan.flags", "Flags", Kind::Uint(16)).hex();
    FLAG_G = Field::new("vxlan.flag_g", "GBP Extension", Kind::Bool).mask(0x8000).width(16).names(&[(0, "Not defined"), (1, "Defined")]);
    FLAG_I = Field::new("vxlan.flag_i", "VXLAN Network ID (VNI)", Kind::Bool).mask(0x0800).width(16);
    FLAG_D = Field::new("vxlan.flag_d", "Don't Learn", Kind::Bool).mask(0x0040).width(16);
    FLAG_A = Field::new("vxlan.flag_a", "Policy Applied", Kind::Bool).mask(0x0008).width(16);
    RESERVED = Field::new("vxlan.flags_reserved", "Reserved(R)", Kind::Uint(16)).hex().mask(0x77b7);
    GBP = Field::new("vxlan.gbp", "Group Policy ID", Kind::Uint(16));
    VNI = Field::new("vxlan.vni", "VXLAN Network Identifier (VNI)", Kind::Uint(24));
    RESERVED8 = Field::new("vxlan.reserved8", "Reserved", Kind::Uint(8));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    decode,
    udp_ports: &[4789],
    ..Protocol::new("vxlan", "VXLAN", "Virtual eXtensible Local Area Network")
};

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    if d.get(span).len() < HEADER as usize {
        return d.broken(Proto::Vxlan, span);
    }
    match d.layer(Proto::Vxlan, span, HEADER) {
        Some(payload) => Next::Inner(ETHERNET, payload),
        None => Next::Done,
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        let flags = w.number(0, 2).unwrap_or(0);
        let mut set = String::new();
        for flag in [&FLAG_G, &FLAG_I, &FLAG_D, &FLAG_A] {
            if flags & flag.mask != 0 {
                set.push_str(", ");
                set.push_str(flag.label);
            }
        }
        w.uint_line(&FLAGS, 0, 2, format_args!("Flags: 0x{flags:04x}{set}"))?;
        w.bits(&[&FLAG_G, &FLAG_I, &FLAG_D, &FLAG_A, &RESERVED], 0, 2)?;
        w.uint(&GBP, 2, 2)?;
        w.uint(&VNI, 4, 3)?;
        w.uint(&RESERVED8, 7, 1)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn it_leads_to_the_frame_inside() {
        let inner = "0200000000020200000000010800\
                     4500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f";
        let outer = "0200000000120200000000110800\
                     450000530001000040110000c0000201c00002020fa012b5003f0000";
        let frame = format!("{outer}0800000000000700{inner}").replace(' ', "");
        let (path, info) = summary(LinkType::ETHERNET, &frame);
        let expected = "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:udp:data";
        assert_eq!((path.as_str(), info.as_str()), (expected, "40000 → 40001 Len=5"));
    }
}
