//! RTP Control Protocol (`rtcp`; RFC 3550, section 6): what the ends of a call report about its sound, from the port
//! after that of RTP.

use crate::dissect::reading::layer::{show_all, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Next, Proto, Protocol};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push};

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const APPLICATION: u8 = 204;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;

const TYPES: Names = &[
    (192, "Full Intra-frame Request (H.261)"),
    (193, "Negative Acknowledgement (H.261)"),
    (194, "SMPTE time-code mapping"),
    (195, "Extended inter-arrival jitter report"),
    (200, "Sender Report"),
    (201, "Receiver Report"),
    (202, "Source description"),
    (203, "Goodbye"),
    (204, "Application specific"),
    (205, "Generic RTP Feedback"),
    (206, "Payload-specific Feedback"),
    (207, "Extended report (RFC 3611)"),
    (208, "AVB RTCP packet (IEEE1733)"),
    (209, "Receiver Summary Information"),
    (210, "Port Mapping"),
];
/// Kinds of feedback about a payload (RFC 4585, section 6.3; RFC 5104, section 4.3).
const FEEDBACK: Names =
    &[(1, "PLI"), (2, "SLI"), (3, "RPSI"), (4, "FIR"), (5, "TSTR"), (15, "ALFB"), (31, "Reserved")];
const VERSIONS: Names = &[(2, "RFC 1889 Version")];

const HEADER: usize = 4;
/// Length of a block about one source in a report.
const BLOCK: usize = 24;

crate::fields! {
    VERSION = Field::new("rtcp.version", "Version", Kind::Uint(8)).mask(0xc0).names(VERSIONS);
    PADDING = Field::new("rtcp.padding", "Padding", Kind::Bool).mask(0x20);
    REPORTS = Field::new("rtcp.rc", "Reception report count", Kind::Uint(8)).mask(0x1f);
    SOURCES = Field::new("rtcp.sc", "Source count", Kind::Uint(8)).mask(0x1f);
    SUBTYPE = Field::new("rtcp.app.subtype", "Subtype", Kind::Uint(8)).mask(0x1f);
    TYPE = Field::new("rtcp.pt", "Packet type", Kind::Uint(8)).names(TYPES);
    LENGTH = Field::new("rtcp.length", "Length", Kind::Uint(16));
    SENDER = Field::new("rtcp.senderssrc", "Sender SSRC", Kind::Uint(32)).hex_dec();
    MSW = Field::new("rtcp.timestamp.ntp.msw", "Timestamp, MSW", Kind::Uint(32));
    LSW = Field::new("rtcp.timestamp.ntp.lsw", "Timestamp, LSW", Kind::Uint(32));
    RTP_TIME = Field::new("rtcp.timestamp.rtp", "RTP timestamp", Kind::Uint(32));
    PACKETS = Field::new("rtcp.sender.packetcount", "Sender's packet count", Kind::Uint(32));
    OCTETS = Field::new("rtcp.sender.octetcount", "Sender's octet count", Kind::Uint(32));
    SOURCE = Field::new("rtcp.ssrc.identifier", "Identifier", Kind::Uint(32)).hex_dec();
    FRACTION = Field::new("rtcp.ssrc.fraction", "Fraction lost", Kind::Uint(8));
    LOST = Field::new("rtcp.ssrc.cum_nr", "Cumulative number of packets lost", Kind::Int(24));
    HIGHEST = Field::new("rtcp.ssrc.ext_high", "Extended highest sequence number received", Kind::Uint(32));
    JITTER = Field::new("rtcp.ssrc.jitter", "Interarrival jitter", Kind::Uint(32));
    LAST = Field::new("rtcp.ssrc.lsr", "Last SR timestamp", Kind::Uint(32));
    DELAY = Field::new("rtcp.ssrc.dlsr", "Delay since last SR timestamp", Kind::Uint(32));
    ITEM_TYPE = Field::new("rtcp.sdes.type", "Type", Kind::Uint(8));
    ITEM_LENGTH = Field::new("rtcp.sdes.length", "Length", Kind::Uint(32));
    ITEM_TEXT = Field::new("rtcp.sdes.text", "Text", Kind::Text);
    NAME = Field::new("rtcp.app.name", "Name (ASCII)", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show_all(ctx, layer, v, packets),
    summary,
    decode: |d, span| match d.get(span).u8(0) {
        Some(first) if first >> 6 == 2 && d.get(span).u8(1).is_some_and(is_type) => {
            whole(d, Proto::Rtcp, span, packets)
        }
        _ => Next::Data(span),
    },
    recognise: Some(recognise),
    repeats: true,
    ..Protocol::new("rtcp", "RTCP", "Real-time Transport Control Protocol")
};

/// Whether a datagram begins with a report, or with another packet that may stand first, and consists of words of 32
/// bits.
fn recognise(bytes: &[u8], _: u16, _: u16) -> bool {
    let kinds = [SENDER_REPORT, RECEIVER_REPORT, GOODBYE, APPLICATION, PAYLOAD_FEEDBACK];
    bytes.len().is_multiple_of(4)
        && matches!(bytes, [first, kind, ..] if first >> 6 == 2 && kinds.contains(kind))
}

/// Whether packets have this type. Bytes of another type behind a packet are none.
fn is_type(kind: u8) -> bool {
    matches!(kind, 192..=195 | 199..=210)
}

/// The packets of a datagram, each with its header and what its length says.
fn each(datagram: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let words = usize::from(rest.u16(2).filter(|_| rest.u8(1).is_some_and(is_type))?);
        let (packet, after) = rest.split_at(rest.len().min(HEADER + 4 * words));
        rest = after;
        Some(packet)
    })
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    for packet in each(ctx.layer_bytes(layer)) {
        let [first, kind, ..] = packet else { return };
        out.text(name_of(TYPES, (*kind).into()).unwrap_or("Unknown"));
        out.text("   ");
        let subtype = first & 0x1f;
        match *kind {
            APPLICATION => {
                out.text("( ");
                out.decoded(packet.get(8..12).unwrap_or(&[]));
                out.text(" ) subtype=");
                out.num(subtype);
            }
            PAYLOAD_FEEDBACK => {
                out.text(name_of(FEEDBACK, subtype.into()).unwrap_or("Unknown"));
                out.text("  ");
            }
            _ => {}
        }
    }
}

fn packets(w: &mut Walk<'_, '_>) -> Step {
    while w.left() > 0 {
        if w.left() < HEADER || !is_type(w.u8(1)?) {
            return Ok(());
        }
        let (kind, len) = (w.u8(1)?, HEADER + 4 * usize::from(w.u16(2)?));
        let name = name_of(TYPES, kind.into()).unwrap_or("Unknown");
        let label = PROTOCOL.field.label;
        let all = w.peek(len);
        w.line(&PROTOCOL.field, 0, all.len(), Value::Bytes(all), format_args!("{label} ({name})"))?;
        w.open();
        let after = w.left().saturating_sub(len);
        packet(w, kind)?;
        w.skip(w.left().saturating_sub(after));
        w.close();
    }
    Ok(())
}

fn packet(w: &mut Walk<'_, '_>, kind: u8) -> Step {
    w.num(&VERSION, 0)?;
    w.num(&PADDING, 0)?;
    let counted = match kind {
        SENDER_REPORT | RECEIVER_REPORT => &REPORTS,
        DESCRIPTION | GOODBYE => &SOURCES,
        _ => &SUBTYPE,
    };
    let count = match kind {
        SENDER_REPORT..=APPLICATION => w.num(counted, 0)?,
        _ => 0,
    };
    w.num(&TYPE, 1)?;
    w.num(&LENGTH, 2)?;
    w.skip(HEADER);
    match kind {
        SENDER_REPORT | RECEIVER_REPORT => {
            w.take(&SENDER, 4)?;
            if kind == SENDER_REPORT {
                for field in [&MSW, &LSW, &RTP_TIME, &PACKETS, &OCTETS] {
                    w.take(field, 4)?;
                }
            }
            (0..count).try_for_each(|_| block(w))
        }
        DESCRIPTION => (0..count).try_for_each(|_| chunk(w)),
        GOODBYE => (0..count).try_for_each(|_| w.take(&SOURCE, 4).map(|_| ())),
        TRANSPORT_FEEDBACK | PAYLOAD_FEEDBACK => w.take(&SENDER, 4).map(|_| ()),
        APPLICATION => {
            w.take(&SOURCE, 4)?;
            w.string(&NAME, 0, 4).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// What a report says about one source.
fn block(w: &mut Walk<'_, '_>) -> Step {
    w.num(&SOURCE, 0)?;
    w.num(&FRACTION, 4)?;
    w.uint(&LOST, 5, 3)?;
    for (field, at) in [(&HIGHEST, 8), (&JITTER, 12), (&LAST, 16), (&DELAY, 20)] {
        w.num(field, at)?;
    }
    w.skip(BLOCK);
    Ok(())
}

/// The items that describe one source; a type of 0 ends them, and the next chunk begins at a word of 32 bits.
fn chunk(w: &mut Walk<'_, '_>) -> Step {
    let before = w.left();
    w.take(&SOURCE, 4)?;
    while w.num(&ITEM_TYPE, 0)? != 0 {
        w.uint(&ITEM_LENGTH, 1, 1)?;
        let len = usize::from(w.u8(1)?);
        w.string(&ITEM_TEXT, 2, len)?;
        w.skip(2 + len);
    }
    w.skip(1);
    let used = before - w.left();
    w.skip(w.left().min(used.next_multiple_of(4) - used));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::reading::layer::unseen;
    use crate::dissect::reading::walk::End;

    #[test]
    fn packets_follow_each_other_and_have_all_that_they_count() {
        let mut bytes = vec![0x80, RECEIVER_REPORT, 0, 1, 0, 0, 0x12, 0x34];
        bytes.extend([0x81, DESCRIPTION, 0, 3, 0, 0, 0x12, 0x34, 1, 4, b'a', b'@', b'b', b'c', 0, 0]);
        assert_eq!(unseen(&bytes, packets), Ok(()));
        assert_eq!(each(&bytes).count(), 2);
        bytes[0] = 0x81;
        assert_eq!(unseen(&bytes, packets), Err(End::Short), "a report without its block");
    }

    #[test]
    fn a_description_is_not_recognised_without_a_report_before_it() {
        assert!(recognise(&[0x80, 200, 0, 1, 0, 0, 0, 1], 1, 2));
        for bytes in [&[0x80, 202, 0, 0][..], &[0x80, 200, 0, 0, 0], &[0x40, 200, 0, 0], &[]] {
            assert!(!recognise(bytes, 1, 2), "{bytes:?}");
        }
    }
}
