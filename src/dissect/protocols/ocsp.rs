//! Online Certificate Status Protocol (`ocsp`): RFC 6960, in bodies of HTTP.

use crate::dissect::reading::der::{Element, Elements, tag};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Protocol};
use crate::field::{Field, Kind, Names, Value};
use crate::text::{Line, Push};

/// The tag of the status in a response: an ENUMERATED (X.690).
const ENUMERATED: u8 = 0x0a;
/// Tags of a certificate's status (RFC 6960, section 4.2.1).
const GOOD: u8 = 0x80;
const REVOKED: u8 = 0xa1;
const UNKNOWN: u8 = 0x82;
/// The most elements of a message that are visited.
const MANY: usize = 64;

const STATUSES: Names = &[
    (0, "successful"),
    (1, "malformedRequest"),
    (2, "internalError"),
    (3, "tryLater"),
    (5, "sigRequired"),
    (6, "unauthorized"),
];
const CERTIFICATES: Names = &[(0, "good"), (1, "revoked"), (2, "unknown")];

crate::fields! {
    STATUS = Field::new("ocsp.responseStatus", "responseStatus", Kind::Uint(32)).names(STATUSES);
    SERIAL = Field::new("ocsp.serialNumber", "serialNumber", Kind::Bytes);
    CERTIFICATE = Field::new("ocsp.certStatus", "certStatus", Kind::Uint(32)).names(CERTIFICATES);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    media_types: &["application/ocsp-request", "application/ocsp-response"],
    ..Protocol::new("ocsp", "OCSP", "Online Certificate Status Protocol")
};

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let around = ctx.layers.before(layer).iter().rev().find_map(|l| (l.proto.get().content_type?)(ctx, l));
    let answers =
        around.is_some_and(|kind| kind.to_ascii_lowercase().starts_with(b"application/ocsp-response"));
    out.text(if answers { "Response" } else { "Request" });
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let mut left = MANY;
    Elements::new(w.bytes).try_for_each(|element| part(w, &element, &mut left))
}

/// Whether an element identifies a certificate: an algorithm, two hashes and a serial number (RFC 6960, section
/// 4.1.1).
fn is_certificate_id(element: &Element<'_>) -> bool {
    let tags = [tag::SEQUENCE, tag::OCTETS, tag::OCTETS, tag::INTEGER];
    element.tag == tag::SEQUENCE && element.inside().map(|part| part.tag).eq(tags)
}

/// Visits the fields in an element, and in the elements inside it.
fn part(w: &mut Walk<'_, '_>, element: &Element<'_>, left: &mut usize) -> Step {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return Ok(());
    }
    match element.tag {
        ENUMERATED => {
            let status = element.unsigned().unwrap_or(0);
            w.value(&STATUS, element.at, element.body.len(), Value::Uint(status))
        }
        // The response itself is wrapped in an octet string.
        tag::OCTETS if element.body.first() == Some(&tag::SEQUENCE) => {
            element.inside().try_for_each(|inner| part(w, &inner, left))
        }
        tag::SEQUENCE => {
            let parts: Vec<_> = element.inside().take(MANY).collect();
            match parts.as_slice() {
                [_, _, _, serial] if is_certificate_id(element) => {
                    w.value(&SERIAL, serial.at, serial.body.len(), Value::Bytes(serial.body))
                }
                [id, said, ..] if is_certificate_id(id) && matches!(said.tag, GOOD | REVOKED | UNKNOWN) => {
                    part(w, id, left)?;
                    let said_of_it = u64::from(said.tag & 0x0f);
                    w.value(&CERTIFICATE, said.start, said.len(), Value::Uint(said_of_it))
                }
                parts => parts.iter().try_for_each(|inner| part(w, inner, left)),
            }
        }
        tagged if tagged & 0xe0 == 0xa0 => element.inside().try_for_each(|inner| part(w, &inner, left)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::bytes;

    #[test]
    fn what_names_a_certificate_is_told_from_other_sequences() {
        let id = bytes("3012 3003 0601 2a 0402 aabb 0402 ccdd 0201 05 ");
        let first =
            |bytes: &[u8]| Elements::new(bytes).next().is_some_and(|element| is_certificate_id(&element));
        assert!(!first(&id), "its length does not fit");
        assert!(first(&bytes("3010 3003 06012a 0402aabb 0402ccdd 020105")));
        assert!(!first(&bytes("300c 3003 06012a 0402aabb 020105")));
    }
}
