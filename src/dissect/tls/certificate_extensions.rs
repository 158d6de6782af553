//! The extensions of a certificate (RFC 5280, section 4.2), those of the web's certificates with their contents.

use super::super::Flow;
use super::certificate::{MANY, Show};
use super::cursor::{Hex, plural};
use super::der::{Element, tag};
use super::fields::*;
use super::oids::{Name, Named, Oid};
use crate::field::{Field, Kind, Value};

/// The parts of Wireshark that take certificates apart: `frame.protocols` names them, nothing else does.
pub(super) static X509SAT: Field = Field::new("x509sat", "", Kind::Protocol);
static X509CE: Field = Field::new("x509ce", "", Kind::Protocol);
static PKIX1_IMPLICIT: Field = Field::new("pkix1implicit", "", Kind::Protocol);
static PKIX1_EXPLICIT: Field = Field::new("pkix1explicit", "", Kind::Protocol);
static TLS: Field = Field::new("tls", "", Kind::Protocol);
pub(super) static OCSP: Field = Field::new("ocsp", "", Kind::Protocol);

/// Whether a field stands for such a part.
pub(super) fn is_part(field: &Field) -> bool {
    [&X509SAT, &X509CE, &PKIX1_IMPLICIT, &PKIX1_EXPLICIT, &TLS, &OCSP].contains(&field)
}

/// Bytes of a number that a line shows.
const MOST_SHOWN: usize = 36;

/// Tags of the choices of a GeneralName that are shown: [1], [2] and [6], each an IA5String.
const MAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const URI: u8 = 0x86;

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

impl Show<'_> {
    /// Shows the list of extensions.
    pub(super) fn extensions(&mut self, list: &Element<'_>) -> Flow {
        self.items(&EXTENSIONS, list)?;
        self.v.open();
        for extension in list.inside().take(MANY) {
            self.extension(&extension)?;
        }
        self.v.close();
        Flow::Continue(())
    }

    fn extension(&mut self, extension: &Element<'_>) -> Flow {
        let mut parts = extension.inside();
        let Some(id) = parts.next().filter(|id| id.tag == tag::OID) else { return Flow::Continue(()) };
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
        Flow::Continue(())
    }

    fn part(&mut self, field: &'static Field, e: &Element<'_>) -> Flow {
        self.v.unseen(field, self.over(e), Value::None)
    }

    fn contents(&mut self, id: &[u8], value: &Element<'_>) -> Flow {
        let part = match id {
            [0x55, 0x1d, ..] => &X509CE,
            // Timestamps of logs (RFC 6962) are what TLS carries, too.
            [0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2] => &TLS,
            [0x2b, 6, 1, 5, 5, 7, ..] => &PKIX1_IMPLICIT,
            _ => return Flow::Continue(()),
        };
        self.part(part, value)?;
        match id {
            [0x55, 0x1d, 14] => self.v.field(&SUBJECT_KEY, self.inside(value), Value::Bytes(value.body)),
            [0x55, 0x1d, 15] => self.key_usage(value),
            [0x55, 0x1d, 17 | 18] => self.names(&GENERAL_NAMES, value),
            [0x55, 0x1d, 19] => self.basic_constraints(value),
            [0x55, 0x1d, 31] => self.distribution_points(value),
            [0x55, 0x1d, 32] => self.policies(value),
            [0x55, 0x1d, 35] => self.authority_key(value),
            [0x55, 0x1d, 37] => self.purposes(value),
            [0x2b, 6, 1, 5, 5, 7, 1, 1] => self.access(value),
            _ => Flow::Continue(()),
        }
    }

    pub(super) fn oid(&mut self, field: &'static Field, id: &Element<'_>) -> Flow {
        let (numbers, label) = (Oid(id.body).to_string(), field.label);
        let text = format_args!("{label}: {}", Named(id.body));
        self.v.line(field, self.inside(id), Value::Text(numbers.as_bytes()), text)
    }

    /// A heading with the number of what stands below it.
    fn items(&mut self, field: &'static Field, list: &Element<'_>) -> Flow {
        let n = list.inside().count();
        let text = format_args!("{}: {n} item{}", field.label, plural(n));
        self.v.line(field, self.over(list), Value::Uint(n as u64), text)
    }

    /// The unused bits at the end of a string of bits, and the string.
    pub(super) fn bit_string<'a>(&mut self, e: &Element<'a>) -> Option<&'a [u8]> {
        let (padding, bits) = e.body.split_first()?;
        let at = self.range(e.at, 1);
        // No visitor breaks off here.
        let _ = self.v.field(&PADDING, at, Value::Uint((*padding).into()));
        Some(bits)
    }

    fn key_usage(&mut self, value: &Element<'_>) -> Flow {
        let Some(bits) = self.bit_string(value) else { return Flow::Continue(()) };
        let at = self.range(value.at + 1, bits.len());
        self.v.field(&KEY_USAGE, at, Value::Bytes(bits))?;
        self.v.open();
        for (n, field) in USAGES.into_iter().enumerate() {
            let byte = bits.get(n / 8).copied().unwrap_or(0);
            let at = self.range(value.at + 1 + (n / 8).min(bits.len().saturating_sub(1)), 1);
            self.v.field(field, at, Value::Bool(byte << (n % 8) & 0x80 != 0))?;
        }
        self.v.close();
        Flow::Continue(())
    }

    fn purposes(&mut self, value: &Element<'_>) -> Flow {
        self.items(&PURPOSES, value)?;
        self.v.open();
        for purpose in value.inside().take(MANY) {
            self.oid(&PURPOSE, &purpose)?;
        }
        self.v.close();
        Flow::Continue(())
    }

    fn basic_constraints(&mut self, value: &Element<'_>) -> Flow {
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
        Flow::Continue(())
    }

    fn authority_key(&mut self, value: &Element<'_>) -> Flow {
        self.v.text(self.over(value), format_args!("AuthorityKeyIdentifier"))?;
        self.v.open();
        for key in value.inside().filter(|e| e.tag == 0x80) {
            self.v.field(&KEY_IDENTIFIER, self.inside(&key), Value::Bytes(key.body))?;
        }
        self.v.close();
        Flow::Continue(())
    }

    fn names(&mut self, field: &'static Field, list: &Element<'_>) -> Flow {
        self.items(field, list)?;
        self.v.open();
        for name in list.inside().take(4 * MANY) {
            let Some((field, choice)) = choice(&name) else { continue };
            let text = format_args!("GeneralName: {} ({choice})", field.label);
            self.v.line(&GENERAL_NAME, self.over(&name), Value::Uint(choice), text)?;
            self.v.open();
            self.v.field(field, self.inside(&name), Value::Text(name.body))?;
            self.v.close();
        }
        self.v.close();
        Flow::Continue(())
    }

    fn access(&mut self, value: &Element<'_>) -> Flow {
        self.items(&ACCESS, value)?;
        self.v.open();
        for description in value.inside().take(MANY) {
            self.v.text(self.over(&description), format_args!("AccessDescription"))?;
            self.v.open();
            let mut parts = description.inside();
            if let Some(method) = parts.next() {
                self.oid(&ACCESS_METHOD, &method)?;
            }
            if let Some((place, (field, n))) = parts.next().and_then(|e| Some((e, choice(&e)?))) {
                self.v.field(&ACCESS_LOCATION, self.over(&place), Value::Uint(n))?;
                self.v.open();
                self.v.field(field, self.inside(&place), Value::Text(place.body))?;
                self.v.close();
            }
            self.v.close();
        }
        self.v.close();
        Flow::Continue(())
    }

    fn distribution_points(&mut self, value: &Element<'_>) -> Flow {
        self.items(&DISTRIBUTION_POINTS, value)?;
        self.v.open();
        for point in value.inside().take(MANY) {
            self.v.text(self.over(&point), format_args!("DistributionPoint"))?;
            self.v.open();
            // [0] distributionPoint, within it [0] fullName.
            let names = point.inside().find(|e| e.tag == 0xa0);
            if let Some(full) = names.and_then(|e| e.inside().next()).filter(|e| e.tag == 0xa0) {
                self.v.text(self.over(&full), format_args!("distributionPoint: fullName (0)"))?;
                self.v.open();
                self.names(&FULL_NAME, &full)?;
                self.v.close();
            }
            self.v.close();
        }
        self.v.close();
        Flow::Continue(())
    }

    fn policies(&mut self, value: &Element<'_>) -> Flow {
        self.items(&POLICIES, value)?;
        self.v.open();
        for policy in value.inside().take(MANY) {
            self.v.text(self.over(&policy), format_args!("PolicyInformation"))?;
            self.v.open();
            let mut parts = policy.inside();
            if let Some(id) = parts.next() {
                self.oid(&POLICY, &id)?;
            }
            if let Some(qualifiers) = parts.next() {
                self.items(&QUALIFIERS, &qualifiers)?;
                self.v.open();
                for qualifier in qualifiers.inside().take(MANY) {
                    self.qualifier(&qualifier)?;
                }
                self.v.close();
            }
            self.v.close();
        }
        self.v.close();
        Flow::Continue(())
    }

    fn qualifier(&mut self, qualifier: &Element<'_>) -> Flow {
        self.v.text(self.over(qualifier), format_args!("PolicyQualifierInfo"))?;
        self.v.open();
        let mut parts = qualifier.inside();
        let (id, value) = (parts.next(), parts.next());
        if let Some(id) = id {
            self.oid(&QUALIFIER, &id)?;
        }
        if let Some((id, value)) = id.zip(value) {
            let is_notice = id.body == [0x2b, 6, 1, 5, 5, 7, 2, 2];
            self.part(if is_notice { &PKIX1_IMPLICIT } else { &PKIX1_EXPLICIT }, &value)?;
            if value.tag == tag::IA5 {
                self.v.field(&QUALIFIER_TEXT, self.inside(&value), Value::Text(value.body))?;
            }
        }
        self.v.close();
        Flow::Continue(())
    }

    /// Shows whose key it is: the algorithm, and of an RSA key its two numbers (RFC 8017, appendix A.1.1).
    pub(super) fn public_key(&mut self, key: &Element<'_>) -> Flow {
        self.v.text(self.over(key), format_args!("subjectPublicKeyInfo"))?;
        self.v.open();
        let mut parts = key.inside();
        let algorithm = parts.next();
        if let Some(algorithm) = algorithm {
            self.algorithm("algorithm", &algorithm)?;
        }
        let id = algorithm.and_then(|e| e.inside().next());
        let is_rsa = id.is_some_and(|id| id.body == [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
        if let Some(bits) = parts.next()
            && let Some((_, key)) = bits.body.split_first()
        {
            if !is_rsa {
                self.bit_string(&bits);
            }
            let start = bits.at + 1;
            self.v.field(&PUBLIC_KEY, self.range(start, key.len()), Value::Bytes(key))?;
            if is_rsa {
                self.rsa_key(&Element { tag: tag::SEQUENCE, start, at: start, body: key })?;
            }
        }
        self.v.close();
        Flow::Continue(())
    }

    fn rsa_key(&mut self, key: &Element<'_>) -> Flow {
        let mut numbers = key.inside().next().into_iter().flat_map(|pair| pair.inside());
        self.v.open();
        if let Some(modulus) = numbers.next() {
            let (shown, more) = match modulus.body.get(..MOST_SHOWN) {
                Some(first) if modulus.body.len() > MOST_SHOWN => (first, "…"),
                _ => (modulus.body, ""),
            };
            let text = format_args!("{}: 0x{}{more}", MODULUS.label, Hex(shown));
            self.v.line(&MODULUS, self.inside(&modulus), Value::Bytes(modulus.body), text)?;
        }
        if let Some(exponent) = numbers.next() {
            let value = Value::Int(number(exponent.body) as i64);
            self.v.field(&PUBLIC_EXPONENT, self.inside(&exponent), value)?;
        }
        self.v.close();
        Flow::Continue(())
    }

    /// An algorithm, by its identifier.
    pub(super) fn algorithm(&mut self, what: &str, algorithm: &Element<'_>) -> Flow {
        let Some(id) = algorithm.inside().next().filter(|e| e.tag == tag::OID) else {
            return Flow::Continue(());
        };
        self.v.text(self.over(algorithm), format_args!("{what} ({})", Name(id.body)))?;
        self.v.open();
        self.oid(&ALGORITHM_ID, &id)?;
        self.v.close();
        Flow::Continue(())
    }
}

/// The field of a GeneralName, and the number of its choice.
fn choice(name: &Element<'_>) -> Option<(&'static Field, u64)> {
    Some(match name.tag {
        MAIL => (&MAIL_NAME, 1),
        DNS => (&DNS_NAME, 2),
        URI => (&URI_NAME, 6),
        _ => return None,
    })
}

/// An integer that is not too long.
fn number(body: &[u8]) -> u64 {
    body.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}
