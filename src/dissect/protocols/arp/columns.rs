//! The columns Protocol and Info of an ARP packet.

use super::{Arp, REPLY, REQUEST, duplicate};
use crate::dissect::{Context, Layer};
use crate::text::{Line, Push};
use std::borrow::Cow;

/// The text of the Protocol column: the protocol that the operation belongs to.
pub(super) fn column(ctx: &Context<'_>, layer: &Layer) -> Cow<'static, str> {
    // A packet that cannot be read is listed as ARP.
    let family = match Arp::read(ctx.layer_bytes(layer)).map(|arp| arp.opcode) {
        Some(3 | 4) => "RARP",
        Some(5..=7) => "DRARP",
        Some(8 | 9) => "Inverse ARP",
        Some(11..=22) => "MARS",
        Some(23) => "MAPOS",
        _ => "ARP",
    };
    Cow::Borrowed(family)
}

pub(super) fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let Some(arp) = Arp::read(ctx.layer_bytes(layer)) else { return };
    let [sender_hw, sender, target_hw, target] = arp.addresses;
    match arp.opcode {
        _ if arp.is_announcement() => {
            out.text("ARP Announcement for ");
            arp.write_protocol(sender, out);
        }
        REQUEST if arp.is_gratuitous() => {
            out.text("Gratuitous ARP for ");
            arp.write_protocol(sender, out);
            out.text(" (Request)");
        }
        REPLY if arp.is_gratuitous() => {
            out.text("Gratuitous ARP for ");
            arp.write_protocol(sender, out);
            out.text(" (Reply)");
        }
        REQUEST => {
            out.text("Who has ");
            arp.write_protocol(target, out);
            if arp.is_probe() {
                out.text("? (ARP Probe)");
            } else {
                out.text("? Tell ");
                arp.write_protocol(sender, out);
            }
        }
        REPLY | 9 => {
            let (who, what) = (sender, sender_hw);
            if arp.opcode == REPLY {
                arp.write_protocol(who, out);
                out.text(" is at ");
                arp.write_hardware(what, out);
            } else {
                arp.write_hardware(what, out);
                out.text(" is at ");
                arp.write_protocol(who, out);
            }
        }
        3 | 5 | 8 => {
            out.text("Who is ");
            arp.write_hardware(target_hw, out);
            out.text("? Tell ");
            arp.write_hardware(sender_hw, out);
        }
        4 | 6 => {
            arp.write_hardware(target_hw, out);
            out.text(" is at ");
            arp.write_protocol(target, out);
        }
        opcode => rare(&arp, opcode, out),
    }
    duplicate::summarise(&arp, ctx.facts.arp, out);
}

/// Operations of protocols that are out of use.
fn rare(arp: &Arp<'_>, opcode: u16, out: &mut Line) {
    let text = match opcode {
        7 => "DRARP Error",
        10 => "ARP NAK",
        11 => "MARS request from ",
        12 => "MARS MULTI request from ",
        13 => "MARS MSERV request from ",
        14 => "MARS JOIN request from ",
        15 => "MARS LEAVE from ",
        16 => "MARS NAK from ",
        17 => "MARS UNSERV request from ",
        18 => "MARS SJOIN request from ",
        19 => "MARS SLEAVE from ",
        20 => "MARS grouplist request from ",
        21 => "MARS grouplist reply from ",
        22 => "MARS redirect map from ",
        23 => "MAPOS UNARP request from ",
        24 => "Experimental 1 ( opcode 24 )",
        25 => "Experimental 2 ( opcode 25 )",
        0 => "Reserved opcode 0",
        65535 => "Reserved opcode 65535",
        _ => "Unknown ARP opcode ",
    };
    out.text(text);
    if (11..=23).contains(&opcode) {
        let [hardware, protocol, ..] = arp.addresses;
        arp.write_hardware(hardware, out);
        out.text(" at ");
        arp.write_protocol(protocol, out);
    } else if opcode > 25 && opcode < 65535 {
        out.hex(opcode.into(), 4);
    }
}
