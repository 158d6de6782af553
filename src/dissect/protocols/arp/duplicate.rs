//! Two machines with one IP address: which addresses of a packet are compared, and how a duplicate is shown.

use super::{Arp, DUPLICATE, DUPLICATE_FRAME, DUPLICATE_SECONDS, REPLY, REQUEST, is_zero};
use crate::dissect::protocols::ethernet::Mac;
use crate::dissect::reading::read::Read as _;
use crate::dissect::reading::remark::{Group, Severity, remark};
use crate::dissect::{ArpFacts, Context, Duplicate, Visited};
use crate::field::{At, Value, Visit};
use crate::text::{Line, Push};
use std::net::Ipv4Addr;

/// An IP address, and the hardware address of the machine that claims it.
pub(crate) type User = (Ipv4Addr, [u8; 6]);

/// The claims to IP addresses in a packet: the sender's in a request or a reply, and the target's in a reply that is
/// not gratuitous. An address of zeros and the hardware address of a group claim nothing.
pub(crate) fn users(bytes: &[u8]) -> [Option<User>; 2] {
    let Some(arp) = Arp::read(bytes) else { return [None, None] };
    if !matches!(arp.opcode, REQUEST | REPLY) || !arp.has_mac() || !arp.has_ipv4() {
        return [None, None];
    }
    let [sender_hw, sender, target_hw, target] = arp.addresses;
    let user = |hardware: &[u8], protocol: &[u8]| {
        let (mac, ip) = (hardware.mac(0)?, protocol.ipv4(0)?);
        let is_group = mac[0] & 1 != 0;
        let is_void = is_zero(&mac) || is_group || ip.is_unspecified();
        (!is_void).then_some((ip, mac))
    };
    let told = arp.opcode == REPLY && !arp.is_gratuitous();
    [user(sender_hw, sender), if told { user(target_hw, target) } else { None }]
}

/// Appends the remark to the Info column. Of a reply that is not gratuitous, only the target's address counts, as in
/// Wireshark.
pub(super) fn summarise(arp: &Arp<'_>, facts: Option<ArpFacts>, out: &mut Line) {
    let Some(facts) = facts else { return };
    let [_, sender, _, target] = arp.addresses;
    let told = arp.opcode == REPLY && !arp.is_gratuitous();
    let (found, address) = if told { (facts.target, target) } else { (facts.sender, sender) };
    if found.is_some() {
        out.text(" (duplicate use of ");
        arp.write_protocol(address, out);
        out.text(" detected!)");
    }
}

/// Visits, for each duplicate address, the earlier frame and how long ago it was.
pub(super) fn visit(ctx: &Context<'_>, bytes: &[u8], none: At, v: &mut dyn Visit) -> Visited {
    let Some(facts) = ctx.facts.arp else { return Visited::Continue(()) };
    for (user, found) in users(bytes).into_iter().zip([facts.sender, facts.target]) {
        if let (Some(user), Some(found)) = (user, found) {
            duplicate(user, found, none, v)?;
        }
    }
    Visited::Continue(())
}

fn duplicate((ip, mac): User, earlier: Duplicate, none: At, v: &mut dyn Visit) -> Visited {
    let (now, then) = (Mac(mac), Mac(earlier.mac));
    let frame = earlier.frame;
    v.text(
        none,
        format_args!(
            "[Duplicate IP address detected for {ip} ({now}) - also in use by {then} (frame {frame})]"
        ),
    )?;
    v.open();
    v.field(&DUPLICATE_FRAME, none, Value::Uint(frame))?;
    v.open();
    let message = format!("{} ({ip})", DUPLICATE.label);
    remark(&DUPLICATE, none, Severity::Warning, Group::Sequence, &message, v)?;
    v.close();
    v.field(&DUPLICATE_SECONDS, none, Value::Uint(earlier.seconds.into()))?;
    v.close();
    Visited::Continue(())
}

#[cfg(test)]
mod tests {
    use super::super::{Lookup, lookup};
    use super::*;

    fn arp(opcode: u8, sender: (u8, u8), target: (u8, u8)) -> Vec<u8> {
        let mut bytes = vec![0, 1, 8, 0, 6, 4, 0, opcode];
        for (mac, ip) in [sender, target] {
            bytes.extend([2, 0, 0, 0, 0, mac, 10, 0, 0, ip]);
        }
        bytes
    }

    #[test]
    fn a_request_speaks_for_its_sender_and_a_reply_for_both() {
        let ip = |last| Ipv4Addr::new(10, 0, 0, last);
        let (a, b) = ((ip(1), [2, 0, 0, 0, 0, 1]), (ip(2), [2, 0, 0, 0, 0, 2]));
        assert_eq!(users(&arp(1, (1, 1), (2, 2))), [Some(a), None]);
        assert_eq!(users(&arp(2, (1, 1), (2, 2))), [Some(a), Some(b)]);
        assert_eq!(users(&arp(2, (1, 1), (2, 1))), [Some(a), None], "gratuitous");
        assert_eq!(users(&arp(3, (1, 1), (2, 2))), [None, None], "RARP");
        let mut group = arp(2, (1, 1), (2, 2));
        group[8] |= 1;
        assert_eq!(users(&group), [None, Some(b)], "the sender is a group");
    }

    #[test]
    fn a_lookup_is_about_ipv4_over_ethernet() {
        let ip = |last| Ipv4Addr::new(10, 0, 0, last);
        assert_eq!(lookup(&arp(1, (1, 1), (2, 2))), Some(Lookup::Request(ip(1), ip(2))));
        assert_eq!(lookup(&arp(2, (1, 1), (2, 2))), Some(Lookup::Reply(ip(1), ip(2))));
        assert_eq!(lookup(&arp(3, (1, 1), (2, 2))), None, "RARP");
        let mut other = arp(1, (1, 1), (2, 2));
        other[2] = 0x86;
        assert_eq!((lookup(&other), lookup(&other[..20])), (None, None));
    }

    #[test]
    fn zeros_and_broadcast_claim_nothing() {
        let mut bytes = arp(2, (1, 1), (2, 2));
        bytes[8..14].fill(0xff);
        bytes[24..28].fill(0);
        assert_eq!(users(&bytes), [None, None]);
        assert_eq!(users(&bytes[..20]), [None, None]);
    }
}
