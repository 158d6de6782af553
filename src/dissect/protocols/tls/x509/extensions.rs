//! The extensions of a certificate (RFC 5280, section 4.2); those common in web certificates, with their contents.

use super::super::fields::*;
use super::super::sct;
use super::oids::{self, Name, Named, Oid};
use super::{MANY, Show};
use crate::dissect::Visited;
use crate::dissect::reading::der::{Element, tag};
use crate::dissect::reading::remark::{Group, Severity, remark};
use crate::dissect::reading::walk::Walk;
use crate::field::{Field, Kind, Value};
use crate::text::{Hex, plural};

/// Wireshark's dissectors for parts of certificates. Their names appear in `frame.protocols` and nowhere else.
pub(super) static X509SAT: Field = Field::new("x509sat", "", Kind::Protocol);
pub(super) static X509AF: Field = Field::new("x509af", "", Kind::Protocol);
static X509CE: Field = Field::new("x509ce", "", Kind::Protocol);
pub(super) static PKIX1_IMPLICIT: Field = Field::new("pkix1implicit", "", Kind::Protocol);
pub(super) static PKIX1_EXPLICIT: Field = Field::new("pkix1explicit", "", Kind::Protocol);
static NETSCAPE: Field = Field::new("ns_cert_exts", "", Kind::Protocol);
pub(super) static PKCS1: Field = Field::new("pkcs-1", "", Kind::Protocol);
static TLS: Field = Field::new("tls", "", Kind::Protocol);
pub(in super::super) static OCSP: Field = Field::new("ocsp", "", Kind::Protocol);

/// The extension with the timestamps of logs (RFC 6962, section 3.3): 1.3.6.1.4.1.11129.2.4.2.
const TIMESTAMPS: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2];

/// Whether a field is one of these dissectors.
pub(in super::super) fn is_part(field: &Field) -> bool {
    [&X509SAT, &X509AF, &X509CE, &PKIX1_IMPLICIT, &PKIX1_EXPLICIT, &NETSCAPE, &PKCS1, &TLS, &OCSP]
        .contains(&field)
}

/// Key usages, by their bits.
const USAGES: [&Field; 9] = [
    &USE_SIGNATURE,
    &USE_COMMITMENT,
    &USE_KEYS,
    &USE_DATA,
    &USE_AGREEMENT,
    &USE_CERTIFICATES,
    &USE_LISTS,
    &USE_ENCIPHER_ONLY,
    &USE_DECIPHER_ONLY,
];

/// Reasons for revocation, by their bits.
const EACH_REASON: [&Field; 9] = [
    &REASON_UNUSED,
    &REASON_KEY,
    &REASON_AUTHORITY,
    &REASON_AFFILIATION,
    &REASON_SUPERSEDED,
    &REASON_CESSATION,
    &REASON_HOLD,
    &REASON_PRIVILEGE,
    &REASON_ATTRIBUTES,
];

/// Purposes of Netscape's certificate types, by their bits.
const NS_TYPES: [&Field; 8] =
    [&NS_CLIENT, &NS_SERVER, &NS_MAIL, &NS_OBJECTS, &NS_RESERVED, &NS_CA, &NS_MAIL_CA, &NS_OBJECTS_CA];

/// Netscape's text extensions, by the last number of their identifiers.
const NS_TEXTS: [(u8, &Field); 7] = [
    (2, &NS_BASE_URL),
    (3, &NS_REVOCATION_URL),
    (4, &NS_CA_REVOCATION_URL),
    (7, &NS_RENEWAL_URL),
    (8, &NS_POLICY_URL),
    (12, &NS_SERVER_NAME),
    (13, &NS_COMMENT),
];

impl Show<'_> {
    /// Visits the list of extensions.
    pub(super) fn extensions(&mut self, list: &Element<'_>) -> Visited {
        self.items(&EXTENSIONS, list)?;
        self.v.open();
        for extension in list.inside().take(MANY) {
            self.extension(&extension)?;
        }
        self.v.close();
        Visited::Continue(())
    }

    fn extension(&mut self, extension: &Element<'_>) -> Visited {
        let mut parts = extension.inside();
        let Some(id) = parts.next().filter(|id| id.tag == tag::OID) else { return Visited::Continue(()) };
        self.v.text(self.over(extension), format_args!("Extension ({})", Name(id.body)))?;
        self.v.open();
        self.oid(&EXTENSION_ID, &id)?;
        let mut next = parts.next();
        if let Some(critical) = next.filter(|e| e.tag == tag::BOOLEAN) {
            let set = critical.body.iter().any(|b| *b != 0);
            self.v.field(&CRITICAL, self.inside(&critical), Value::Bool(set))?;
            next = parts.next();
        }
        if let Some(value) = next.filter(|e| e.tag == tag::OCTETS).and_then(|e| e.inside().next()) {
            self.contents(id.body, &value)?;
        }
        self.v.close();
        Visited::Continue(())
    }

    pub(super) fn part(&mut self, field: &'static Field, e: &Element<'_>) -> Visited {
        self.v.unseen(field, self.over(e), Value::None)
    }

    fn contents(&mut self, id: &[u8], value: &Element<'_>) -> Visited {
        let part = match id {
            [0x55, 0x1d, ..] => &X509CE,
            // In Wireshark, the TLS dissector reads the timestamps of logs (RFC 6962).
            TIMESTAMPS => &TLS,
            [0x2b, 6, 1, 5, 5, 7, 1, 24] => &PKIX1_EXPLICIT,
            [0x2b, 6, 1, 5, 5, 7, ..] => &PKIX1_IMPLICIT,
            [0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, _] => &NETSCAPE,
            _ if oids::is_known(id) => return Visited::Continue(()),
            _ => return self.unsupported(value),
        };
        self.part(part, value)?;
        match id {
            TIMESTAMPS => self.timestamps(value),
            [0x55, 0x1d, 14] => self.v.field(&SUBJECT_KEY, self.inside(value), Value::Bytes(value.body)),
            [0x55, 0x1d, 15] => self.flags(&KEY_USAGE, &USAGES, value),
            [0x55, 0x1d, 17 | 18] => self.general_names(&GENERAL_NAMES, value),
            [0x55, 0x1d, 19] => self.basic_constraints(value),
            [0x55, 0x1d, 30] => self.name_constraints(value),
            [0x55, 0x1d, 31 | 46] => self.distribution_points(value),
            [0x55, 0x1d, 32] => self.policies(value),
            [0x55, 0x1d, 33] => self.policy_mappings(value),
            [0x55, 0x1d, 35] => self.authority_key(value),
            [0x55, 0x1d, 36] => self.policy_constraints(value),
            [0x55, 0x1d, 37] => self.purposes(value),
            [0x55, 0x1d, 54] => self.v.field(&SKIP, self.inside(value), Value::Uint(number(value.body))),
            [0x2b, 6, 1, 5, 5, 7, 1, 1] => self.access(value),
            [0x2b, 6, 1, 5, 5, 7, 1, 24] => self.features(value),
            [0x60, .., 1, 1] => self.flags(&NS_TYPE, &NS_TYPES, value),
            [0x60, .., n] => match NS_TEXTS.iter().find(|(known, _)| known == n) {
                Some((_, field)) => self.string(field, value),
                None => Visited::Continue(()),
            },
            _ => Visited::Continue(()),
        }
    }

    /// Visits an extension without a reader, with the remark that says so.
    pub(super) fn unsupported(&mut self, e: &Element<'_>) -> Visited {
        let at = self.over(e);
        self.v.text(at, format_args!("{}", UNSUPPORTED.label))?;
        self.v.open();
        remark(&UNSUPPORTED, at, Severity::Warning, Group::Undecoded, UNSUPPORTED.label, self.v)?;
        self.v.close();
        Visited::Continue(())
    }

    /// The timestamps of logs, in the form that TLS gives them (RFC 6962, section 3.3).
    fn timestamps(&mut self, value: &Element<'_>) -> Visited {
        let at = self.inside(value);
        let mut w = Walk::new(value.body, at.source, at.start, self.v);
        let result = sct::list(&mut w);
        w.finish(result)
    }

    /// The features of TLS that the server must support (RFC 7633).
    fn features(&mut self, value: &Element<'_>) -> Visited {
        self.items(&FEATURES, value)?;
        self.v.open();
        for feature in value.inside().take(MANY) {
            self.v.field(&FEATURE, self.inside(&feature), Value::Uint(number(feature.body)))?;
        }
        self.v.close();
        Visited::Continue(())
    }

    pub(super) fn oid(&mut self, field: &'static Field, id: &Element<'_>) -> Visited {
        let (numbers, label) = (Oid(id.body).to_string(), field.label);
        let text = format_args!("{label}: {}", Named(id.body));
        self.v.line(field, self.inside(id), Value::Text(numbers.as_bytes()), text)
    }

    /// Visits a heading with the number of items in it.
    pub(super) fn items(&mut self, field: &'static Field, list: &Element<'_>) -> Visited {
        let n = list.inside().count();
        let text = format_args!("{}: {n} item{}", field.label, plural(n));
        self.v.line(field, self.over(list), Value::Uint(n as u64), text)
    }

    /// Visits the number of unused bits at the end of a bit string, and returns the bits; `None` if the string is
    /// empty.
    pub(super) fn bit_string<'a>(&mut self, e: &Element<'a>) -> Option<&'a [u8]> {
        let (padding, bits) = e.body.split_first()?;
        let at = self.range(e.at, 1);
        // No visitor breaks the visit off here.
        let _ = self.v.field(&PADDING, at, Value::Uint((*padding).into()));
        Some(bits)
    }

    /// Visits a bit string whose bits are fields.
    fn flags(&mut self, field: &'static Field, each: &[&'static Field], e: &Element<'_>) -> Visited {
        let Some(bits) = self.bit_string(e) else { return Visited::Continue(()) };
        let at = self.range(e.at + 1, bits.len());
        self.v.field(field, at, Value::Bytes(bits))?;
        self.v.open();
        for (n, field) in each.iter().enumerate() {
            let byte = bits.get(n / 8).copied().unwrap_or(0);
            let at = self.range(e.at + 1 + (n / 8).min(bits.len().saturating_sub(1)), 1);
            self.v.field(field, at, Value::Bool(byte << (n % 8) & 0x80 != 0))?;
        }
        self.v.close();
        Visited::Continue(())
    }

    fn purposes(&mut self, value: &Element<'_>) -> Visited {
        self.items(&PURPOSES, value)?;
        self.v.open();
        for purpose in value.inside().take(MANY) {
            self.oid(&PURPOSE, &purpose)?;
        }
        self.v.close();
        Visited::Continue(())
    }

    fn basic_constraints(&mut self, value: &Element<'_>) -> Visited {
        let empty = if value.body.is_empty() { " [0 length]" } else { "" };
        self.v.text(self.over(value), format_args!("BasicConstraintsSyntax{empty}"))?;
        self.v.open();
        for e in value.inside().take(2) {
            let at = self.inside(&e);
            if e.tag == tag::BOOLEAN {
                self.v.field(&IS_AUTHORITY, at, Value::Bool(e.body.iter().any(|b| *b != 0)))?;
            } else {
                self.v.field(&PATH_LEN, at, Value::Uint(number(e.body)))?;
            }
        }
        self.v.close();
        Visited::Continue(())
    }

    fn authority_key(&mut self, value: &Element<'_>) -> Visited {
        self.v.text(self.over(value), format_args!("AuthorityKeyIdentifier"))?;
        self.v.open();
        for part in value.inside().take(3) {
            let at = self.inside(&part);
            match part.tag {
                0x80 => self.v.field(&KEY_IDENTIFIER, at, Value::Bytes(part.body))?,
                0xa1 => self.general_names(&KEY_ISSUER, &part)?,
                0x82 => {
                    let text = format_args!("{}: 0x{}", KEY_SERIAL.label, Hex::beginning(part.body));
                    self.v.line(&KEY_SERIAL, at, Value::Bytes(part.body), text)?;
                }
                _ => {}
            }
        }
        self.v.close();
        Visited::Continue(())
    }

    fn access(&mut self, value: &Element<'_>) -> Visited {
        self.items(&ACCESS, value)?;
        self.v.open();
        for description in value.inside().take(MANY) {
            self.v.text(self.over(&description), format_args!("AccessDescription"))?;
            self.v.open();
            let mut parts = description.inside();
            if let Some(method) = parts.next() {
                self.oid(&ACCESS_METHOD, &method)?;
            }
            if let Some(place) = parts.next() {
                self.general_name(&ACCESS_LOCATION, &place)?;
            }
            self.v.close();
        }
        self.v.close();
        Visited::Continue(())
    }

    /// The tags are `[0]` distributionPoint, in which `[0]` is fullName, `[1]` reasons and `[2]` cRLIssuer.
    fn distribution_point(&mut self, part: &Element<'_>) -> Visited {
        match part.tag {
            0xa0 => {
                let Some(full) = part.inside().next().filter(|e| e.tag == 0xa0) else {
                    return Visited::Continue(());
                };
                let text = format_args!("{}: fullName (0)", POINT_NAME.label);
                self.v.line(&POINT_NAME, self.over(&full), Value::Uint(0), text)?;
                self.v.open();
                self.general_names(&FULL_NAME, &full)?;
                self.v.close();
                Visited::Continue(())
            }
            0x81 => self.flags(&REASONS, &EACH_REASON, part),
            0xa2 => self.general_names(&LIST_ISSUER, part),
            _ => Visited::Continue(()),
        }
    }

    fn distribution_points(&mut self, value: &Element<'_>) -> Visited {
        self.items(&DISTRIBUTION_POINTS, value)?;
        self.v.open();
        for point in value.inside().take(MANY) {
            self.v.text(self.over(&point), format_args!("DistributionPoint"))?;
            self.v.open();
            for part in point.inside().take(3) {
                self.distribution_point(&part)?;
            }
            self.v.close();
        }
        self.v.close();
        Visited::Continue(())
    }
}

/// The value of an integer; only its last 64 bits count.
pub(super) fn number(body: &[u8]) -> u64 {
    body.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}
