//! Internet Control Message Protocol (`icmp`): RFC 792, RFC 950, RFC 1256, RFC 1393, RFC 2521, RFC 8335.

mod details;

pub(in crate::dissect) use details::{Tie, answers};

use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, IcmpFacts, Layer, Next, Proto, Protocol, Span};
use crate::field::{Names, name_of};
use crate::frame::Timestamp;
use crate::text::{Line, Push};

mod at {
    //! Offsets in the message (RFC 792).
    pub(in crate::dissect) const TYPE: usize = 0;
    pub(in crate::dissect) const CODE: usize = 1;
    pub(in crate::dissect) const CHECKSUM: usize = 2;
    pub(in crate::dissect) const IDENT: usize = 4;
    pub(in crate::dissect) const SEQ: usize = 6;
}
const HEADER: u32 = 8;
/// Octets of the sending time that some programs put at the beginning of an echo request's data.
const DATA_TIME_LEN: u32 = 8;

const ECHO_REPLY: u8 = 0;
const UNREACHABLE: u8 = 3;
const SOURCE_QUENCH: u8 = 4;
const REDIRECT: u8 = 5;
const ECHO: u8 = 8;
const ADVERTISEMENT: u8 = 9;
const SOLICITATION: u8 = 10;
const TIME_EXCEEDED: u8 = 11;
const PARAMETER: u8 = 12;
const TIMESTAMP: u8 = 13;
const TIMESTAMP_REPLY: u8 = 14;
const INFORMATION: u8 = 15;
const INFORMATION_REPLY: u8 = 16;
const MASK: u8 = 17;
const MASK_REPLY: u8 = 18;
const EXTENDED_ECHO: u8 = 42;
const EXTENDED_REPLY: u8 = 43;

/// Names of the codes of a router advertisement: whether the agent (RFC 5944) routes common traffic.
const MOBILE: Names = &[(0, "Normal router advertisement"), (16, "Does not route common traffic")];

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: details::FIELDS,
    visit: details::visit,

    summary,
    nests: true,
    decode,
    ip_protocols: &[1],
    ..Protocol::new("icmp", "ICMP", "Internet Control Message Protocol")
};

/// The name of a message.
fn type_name(kind: u8, code: u8) -> &'static str {
    match kind {
        ECHO_REPLY => "Echo (ping) reply",
        1 | 2 => "Reserved",
        UNREACHABLE => "Destination unreachable",
        SOURCE_QUENCH => "Source quench (flow control)",
        REDIRECT => "Redirect",
        6 => "Alternate host address",
        ECHO => "Echo (ping) request",
        ADVERTISEMENT if matches!(code, 0 | 16) => "Mobile IP Advertisement",
        ADVERTISEMENT => "Router advertisement",
        SOLICITATION => "Router solicitation",
        TIME_EXCEEDED => "Time-to-live exceeded",
        PARAMETER => "Parameter problem",
        TIMESTAMP => "Timestamp request",
        TIMESTAMP_REPLY => "Timestamp reply",
        INFORMATION => "Information request",
        INFORMATION_REPLY => "Information reply",
        MASK => "Address mask request",
        MASK_REPLY => "Address mask reply",
        19 => "Reserved (for security)",
        30 => "Traceroute",
        31 => "Datagram Conversion Error",
        32 => "Mobile Host Redirect",
        33 => "IPv6 Where-Are-You",
        34 => "IPv6 I-Am-Here",
        35 => "Mobile Registration Request",
        36 => "Mobile Registration Reply",
        37 => "Domain Name Request",
        38 => "Domain Name Reply",
        39 => "SKIP",
        40 => "Photuris",
        41 => "Experimental mobility protocols",
        EXTENDED_ECHO => "Extended Echo request",
        EXTENDED_REPLY => "Extended Echo reply",
        _ => "Unknown ICMP (obsolete or malformed?)",
    }
}

/// Names of the codes of a message; `None` for messages that have only one code.
fn codes(kind: u8) -> Option<Names> {
    Some(match kind {
        UNREACHABLE => &[
            (0, "Network unreachable"),
            (1, "Host unreachable"),
            (2, "Protocol unreachable"),
            (3, "Port unreachable"),
            (4, "Fragmentation needed"),
            (5, "Source route failed"),
            (6, "Destination network unknown"),
            (7, "Destination host unknown"),
            (8, "Source host isolated"),
            (9, "Network administratively prohibited"),
            (10, "Host administratively prohibited"),
            (11, "Network unreachable for TOS"),
            (12, "Host unreachable for TOS"),
            (13, "Communication administratively filtered"),
            (14, "Host precedence violation"),
            (15, "Precedence cutoff in effect"),
        ],
        REDIRECT => &[
            (0, "Redirect for network"),
            (1, "Redirect for host"),
            (2, "Redirect for TOS and network"),
            (3, "Redirect for TOS and host"),
        ],
        6 => &[(0, "Alternate address for host")],
        ADVERTISEMENT => MOBILE,
        TIME_EXCEEDED => &[(0, "Time to live exceeded in transit"), (1, "Fragment reassembly time exceeded")],
        PARAMETER => &[(0, "Pointer indicates the error"), (1, "Required option missing"), (2, "Bad length")],
        40 => &[
            (0, "Bad SPI"),
            (1, "Authentication Failed"),
            (2, "Decompression Failed"),
            (3, "Decryption Failed"),
            (4, "Need Authentication"),
            (5, "Need Authorization"),
        ],
        EXTENDED_ECHO => &[(0, "No error")],
        EXTENDED_REPLY => &[
            (0, "No error"),
            (1, "Malformed Query"),
            (2, "No Such Interface"),
            (3, "No Such Table Entry"),
            (4, "Multiple Interfaces Satisfy Query"),
        ],
        _ => return None,
    })
}

/// Whether a message quotes the packet that caused it.
fn quotes(kind: u8) -> bool {
    matches!(kind, UNREACHABLE | SOURCE_QUENCH | REDIRECT | TIME_EXCEEDED | PARAMETER)
}

/// Whether messages of this type have an identifier and a sequence number.
fn has_ident(kind: u8) -> bool {
    matches!(kind, ECHO | ECHO_REPLY | TIMESTAMP..=MASK_REPLY)
}

/// The least length of a message of this type in octets, without the quoted packet.
fn least(kind: u8) -> usize {
    match kind {
        TIMESTAMP | TIMESTAMP_REPLY => 20,
        MASK | MASK_REPLY => 12,
        _ => HEADER as usize,
    }
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let Some(kind) = bytes.u8(at::TYPE).filter(|kind| bytes.len() >= least(*kind)) else {
        return d.broken(Proto::Icmp, span);
    };
    let has_data = quotes(kind) || matches!(kind, ECHO | ECHO_REPLY | ADVERTISEMENT);
    let is_echo = matches!(kind, ECHO | ECHO_REPLY) && !d.quoted;
    let len = match has_data {
        true if is_echo && data_time(bytes, d.time).is_some() => HEADER + DATA_TIME_LEN,
        true => HEADER,
        false => span.len(),
    };
    let Some(payload) = d.layer(Proto::Icmp, span, len) else { return Next::Done };
    if !quotes(kind) {
        return if has_data { Next::Data(payload) } else { Next::Done };
    }
    d.quoted = true;
    // With extensions, a field says how long the quoted packet is, in words of four octets (RFC 4884).
    let words = if matches!(kind, UNREACHABLE | TIME_EXCEEDED | PARAMETER) { bytes.u8(5) } else { None };
    let quoted = match u32::from(words.unwrap_or(0)) * 4 {
        len if len >= 20 && len < payload.len() => Span { end: payload.start + len, ..payload },
        _ => payload,
    };
    if quoted.len() == 0 { Next::Done } else { Next::Ip(quoted) }
}

/// The time at which ping sent a request: two numbers of 32 bits at the beginning of the data, seconds and
/// microseconds, in the sender's byte order. They count as a time if it is within a day of the frame's own time.
fn data_time(bytes: &[u8], captured: Option<Timestamp>) -> Option<Timestamp> {
    const DAY: i64 = 86_400_000_000_000;
    let (secs, micros) = (bytes.u32(8)?, bytes.u32(12)?);
    [(secs, micros), (secs.swap_bytes(), micros.swap_bytes())]
        .into_iter()
        .filter(|(_, micros)| *micros < 1_000_000)
        .map(|(secs, micros)| Timestamp::from_parts(secs.into(), i64::from(micros) * 1000))
        .find(|sent| captured.is_some_and(|time| time.since(*sent).saturating_abs() < DAY))
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let (Some(kind), Some(code), Some(_)) = (bytes.u8(at::TYPE), bytes.u8(at::CODE), bytes.u16(at::CHECKSUM))
    else {
        return;
    };
    // Wireshark reads the identifier first, so the Info column of a shorter message is empty.
    if bytes.len() < at::SEQ {
        return;
    }
    write_name(kind, code, out);
    if !has_ident(kind) || bytes.len() < HEADER as usize {
        return;
    }
    let (Some(id), Some(seq)) = (bytes.u16(at::IDENT), bytes.u16(at::SEQ)) else { return };
    out.text(" id=");
    out.hex(id.into(), 4);
    out.text(", seq=");
    out.num(seq);
    out.text("/");
    out.num(seq.swap_bytes());
    if let Some(ttl) = ttl(ctx, layer) {
        out.text(", ttl=");
        out.num(ttl);
    }
    write_match(ctx, layer, out);
}

/// Appends the number of the frame with the other message of the exchange to the Info column.
pub(in crate::dissect) fn write_match(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let (words, frame) = match ctx.facts.icmp.filter(|_| !layer.quoted) {
        None => return,
        Some(IcmpFacts::Reply { request, .. }) => (" (request in ", request),
        Some(IcmpFacts::AnsweredIn(reply)) => (" (reply in ", reply),
        Some(IcmpFacts::Unanswered) => return out.text(" (no response found!)"),
        Some(IcmpFacts::ToMany { broadcast: true }) => return out.text(" (broadcast)"),
        Some(IcmpFacts::ToMany { broadcast: false }) => return out.text(" (multicast)"),
    };
    out.text(words);
    out.num(frame);
    out.text(")");
}

/// Appends the name of the message, padded to twenty characters, and the name of its code where there are several.
fn write_name(kind: u8, code: u8, out: &mut Line) {
    const COLUMN: usize = 20;
    let start = out.len();
    out.text(type_name(kind, code));
    out.resize(out.len().max(start + COLUMN), b' ');
    if let Some(codes) = codes(kind) {
        match name_of(codes, code.into()) {
            Some(name) => {
                out.text(" (");
                out.text(name);
            }
            None => {
                out.text(" (Unknown code: ");
                out.num(code);
            }
        }
        out.text(")");
    }
}

/// The time to live of the IPv4 header around a message.
fn ttl(ctx: &Context<'_>, layer: &Layer) -> Option<u8> {
    let ip = ctx.layers.around(layer, |p| matches!(p, Proto::Ipv4 | Proto::Ipv6))?;
    ctx.layer_bytes(ip).u8(8).filter(|_| ip.proto == Proto::Ipv4)
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{cut, summary};
    use crate::frame::LinkType;

    #[test]
    fn numbers_are_shown_in_both_byte_orders() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500005400010000400166a60a0000010a00000208008d561234010210111213141516171011121314151617101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
            ),
            (
                "eth:ethertype:ip:icmp:data".into(),
                "Echo (ping) request  id=0x1234, seq=258/513, ttl=64".into()
            )
        );
    }

    #[test]
    fn an_error_quotes_the_packet_but_speaks_for_itself() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500004400010000400166b60a0000010a0000020303111a000000004500002800090000400666c50a0000020a00000103e8005000000005000000005002200077a30000"
            ),
            ("eth:ethertype:ip:icmp:ip:tcp".into(), "Destination unreachable (Port unreachable)".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500005c000100004001669e0a0000010a0000020301fcfe000000004500004000010000400166ba0a0000020a00000103001124000000004500002400090000401166be0a0000020a00000103e80035001056196162636465666768"
            ),
            (
                "eth:ethertype:ip:icmp:ip:icmp:ip:udp:dns".into(),
                "Destination unreachable (Host unreachable)".into()
            )
        );
    }

    #[test]
    fn a_quoted_packet_that_ends_early_is_no_damage() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500003800010000400166c20a0000010a0000020303f8bf000000004500002800090000400666c50a0000020a00000103e8005000000005"
            ),
            ("eth:ethertype:ip:icmp:ip:tcp".into(), "Destination unreachable (Port unreachable)".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500001e00010000400166dc0a0000010a0000020301b7fe000000004500"
            ),
            ("eth:ethertype:ip:icmp:ip".into(), "Destination unreachable (Host unreachable)".into())
        );
    }

    #[test]
    fn a_message_that_ends_early_is() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500001900010000400166e10a0000010a0000020800f7fd00"
            ),
            ("eth:ethertype:ip:icmp".into(), " Malformed".into())
        );
        assert_eq!(
            cut(
                LinkType::ETHERNET,
                "02000000000202000000000108004500004400010000400166b60a0000010a0000020303111a000000004500002800090000400666c50a0000020a00000103e8005000000005000000005002200077a30000",
                38
            ),
            ("eth:ethertype:ip:icmp".into(), " Cut".into())
        );
    }
}
