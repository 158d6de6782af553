//! Certificates (RFC 5280): issuer, validity, subject, key and signature.

use super::super::Flow;
use super::certificate_extensions::X509SAT;
use super::cursor::{Cursor, Hex, plural};
use super::der::{Element, Elements, tag};
use super::fields::*;
use super::oids::Oid;
use crate::field::{At, Field, Names, Value, Visit};
use crate::frame::Timestamp;
use std::fmt;

/// Versions of certificates.
pub(super) const VERSIONS: Names = &[(0, "v1"), (1, "v2"), (2, "v3")];

/// More parts of a name, or names of hosts, than any certificate needs.
pub(super) const MANY: usize = 64;

/// Attributes of names, by the contents of their object identifiers (RFC 4519, RFC 5280 appendix A, RFC 4524).
const ATTRIBUTES: [(&[u8], &str); 18] = [
    (&[0x55, 4, 3], "id-at-commonName"),
    (&[0x55, 4, 4], "id-at-surname"),
    (&[0x55, 4, 5], "id-at-serialNumber"),
    (COUNTRY_NAME, "id-at-countryName"),
    (&[0x55, 4, 7], "id-at-localityName"),
    (&[0x55, 4, 8], "id-at-stateOrProvinceName"),
    (&[0x55, 4, 9], "id-at-streetAddress"),
    (&[0x55, 4, 10], "id-at-organizationName"),
    (&[0x55, 4, 11], "id-at-organizationalUnitName"),
    (&[0x55, 4, 12], "id-at-title"),
    (&[0x55, 4, 13], "id-at-description"),
    (&[0x55, 4, 15], "id-at-businessCategory"),
    (&[0x55, 4, 17], "id-at-postalCode"),
    (&[0x55, 4, 42], "id-at-givenName"),
    (&[0x55, 4, 97], "id-at-organizationIdentifier"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "pkcs-9-at-emailAddress"),
    (&[9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "uid"),
    (&[9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "dc"),
];

const COUNTRY_NAME: &[u8] = &[0x55, 4, 6];

/// Shows a certificate of `len` bytes.
pub(super) fn show(c: &mut Cursor<'_, '_>, len: usize) -> Flow {
    let (base, bytes) = (c.here(len), c.peek(len));
    let whole = Elements::new(bytes).next().filter(|e| e.tag == tag::SEQUENCE);
    let signed = whole.and_then(|e| e.inside().next()).filter(|e| e.tag == tag::SEQUENCE);
    let parts = signed.and_then(Parts::read);
    let v = c.visitor();
    if !bytes.is_empty() {
        match &parts {
            Some(parts) => {
                let text = format_args!("Certificate: {} ({})", Hex(bytes), Name(parts.subject));
                v.line(&CERTIFICATE, base, Value::Bytes(bytes), text)?;
            }
            None => {
                v.line(&CERTIFICATE, base, Value::Bytes(bytes), format_args!("Certificate: {}", Hex(bytes)))?
            }
        }
    }
    if let (Some(parts), Some(signed)) = (parts, signed) {
        let mut show = Show { base, v };
        show.v.open();
        show.v.text(show.over(&signed), format_args!("signedCertificate"))?;
        show.v.open();
        show.parts(&parts)?;
        show.v.close();
        show.signature(whole.iter().flat_map(Element::inside).skip(1))?;
        show.v.close();
    }
    c.skip(len);
    Flow::Continue(())
}

/// A name of `len` bytes that is not part of a certificate.
pub(super) fn distinguished_name(c: &mut Cursor<'_, '_>, len: usize) -> Flow {
    let (base, bytes) = (c.here(len), c.peek(len));
    if let Some(name) = Elements::new(bytes).next() {
        let text = format_args!("Distinguished Name: ({})", Name(name));
        c.visitor().line(&DNAME, base, Value::None, text)?;
        c.open();
        Show { base, v: c.visitor() }.rdns(&name)?;
        c.close();
    }
    c.skip(len);
    Flow::Continue(())
}

/// The parts of a certificate that are shown.
struct Parts<'a> {
    version: Option<Element<'a>>,
    serial: Element<'a>,
    algorithm: Element<'a>,
    issuer: Element<'a>,
    validity: Element<'a>,
    subject: Element<'a>,
    key: Option<Element<'a>>,
    extensions: Option<Element<'a>>,
}

impl<'a> Parts<'a> {
    /// RFC 5280, section 4.1.
    fn read(signed: Element<'a>) -> Option<Parts<'a>> {
        let mut inside = signed.inside();
        let mut serial = inside.next()?;
        let mut version = None;
        if serial.tag == 0xa0 {
            version = serial.inside().next();
            serial = inside.next()?;
        }
        let algorithm = inside.next()?;
        let (issuer, validity, subject) = (inside.next()?, inside.next()?, inside.next()?);
        let key = inside.next();
        let extensions = inside.find(|e| e.tag == 0xa3).and_then(|e| e.inside().next());
        Some(Parts { version, serial, algorithm, issuer, validity, subject, key, extensions })
    }
}

/// Attributes of a name: identifier and value.
fn attributes<'a>(name: Element<'a>) -> impl Iterator<Item = (Element<'a>, Element<'a>, Element<'a>)> {
    let sets = name.inside().take(MANY).filter(|set| set.tag == tag::SET);
    sets.filter_map(|set| {
        let mut pair = set.inside().next()?.inside();
        Some((set, pair.next().filter(|id| id.tag == tag::OID)?, pair.next()?))
    })
}

/// The name of an attribute, if it is a known one.
fn attribute(id: &[u8]) -> Option<&'static str> {
    ATTRIBUTES.iter().find(|(oid, _)| *oid == id).map(|(_, name)| *name)
}

/// One attribute as text.
struct Pair<'a>(Element<'a>, Element<'a>);

impl fmt::Display for Pair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", attribute(self.0.body).unwrap_or("unknown"), String::from_utf8_lossy(self.1.body))
    }
}

/// A name as text: its attributes, the last one first.
struct Name<'a>(Element<'a>);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = attributes(self.0).collect();
        for (i, (_, id, value)) in all.iter().rev().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(f, "{comma}{}", Pair(*id, *value))?;
        }
        Ok(())
    }
}

/// Shows the elements of bytes that begin at `base`.
pub(super) struct Show<'v> {
    base: At,
    pub(super) v: &'v mut dyn Visit,
}

impl Show<'_> {
    pub(super) fn range(&self, start: usize, len: usize) -> At {
        At { start: self.base.start.saturating_add(start as u32), len: len as u32, ..self.base }
    }

    /// Where an element lies, its tag and length included.
    pub(super) fn over(&self, e: &Element<'_>) -> At {
        self.range(e.start, e.len())
    }

    /// Where its contents lie.
    pub(super) fn inside(&self, e: &Element<'_>) -> At {
        self.range(e.at, e.body.len())
    }

    /// What stands behind the signed part: the algorithm once more, and the signature.
    fn signature<'a>(&mut self, mut rest: impl Iterator<Item = Element<'a>>) -> Flow {
        if let Some(algorithm) = rest.next() {
            self.algorithm("algorithmIdentifier", &algorithm)?;
        }
        if let Some(signature) = rest.next()
            && let Some(bits) = self.bit_string(&signature)
        {
            let at = self.range(signature.at + 1, bits.len());
            self.v.field(&SIGNATURE_BITS, at, Value::Bytes(bits))?;
        }
        Flow::Continue(())
    }

    fn parts(&mut self, parts: &Parts<'_>) -> Flow {
        if let Some(version) = parts.version {
            let n = version.body.first().copied().unwrap_or(0);
            self.v.field(&CERT_VERSION, self.inside(&version), Value::Int(n.into()))?;
        }
        let text = format_args!("serialNumber: 0x{}", Hex(parts.serial.body));
        self.v.line(&SERIAL, self.inside(&parts.serial), Value::Bytes(parts.serial.body), text)?;
        self.algorithm("signature", &parts.algorithm)?;
        self.name("issuer", &RDN_SEQUENCE, &parts.issuer)?;
        self.v.text(self.over(&parts.validity), format_args!("validity"))?;
        self.v.open();
        for (what, time) in ["notBefore", "notAfter"].into_iter().zip(parts.validity.inside()) {
            self.time(what, &time)?;
        }
        self.v.close();
        self.name("subject", &SUBJECT_SEQUENCE, &parts.subject)?;
        if let Some(key) = parts.key {
            self.public_key(&key)?;
        }
        parts.extensions.map_or(Flow::Continue(()), |list| self.extensions(&list))
    }

    fn name(&mut self, what: &str, field: &'static Field, name: &Element<'_>) -> Flow {
        self.v.text(self.over(name), format_args!("{what}: rdnSequence (0)"))?;
        self.v.open();
        let n = attributes(*name).count();
        let text = format_args!("rdnSequence: {n} item{} ({})", plural(n), Name(*name));
        self.v.line(field, self.over(name), Value::Uint(n as u64), text)?;
        self.v.open();
        self.rdns(name)?;
        self.v.close();
        self.v.close();
        Flow::Continue(())
    }

    fn rdns(&mut self, name: &Element<'_>) -> Flow {
        for (set, id, value) in attributes(*name) {
            let text = format_args!("RDNSequence item: 1 item ({})", Pair(id, value));
            self.v.line(&RDN_ITEM, self.over(&set), Value::Uint(1), text)?;
            self.v.open();
            let text = format_args!("RelativeDistinguishedName item ({})", Pair(id, value));
            self.v.text(self.over(&set), text)?;
            self.v.open();
            if let Some(name) = attribute(id.body) {
                let number = Oid(id.body).to_string();
                let text = format_args!("Object Id: {number} ({name})");
                self.v.line(&OBJECT_ID, self.inside(&id), Value::Text(number.as_bytes()), text)?;
            }
            self.v.unseen(&X509SAT, self.over(&value), Value::None)?;
            self.value(&id, &value)?;
            self.v.close();
            self.v.close();
        }
        Flow::Continue(())
    }

    fn value(&mut self, id: &Element<'_>, value: &Element<'_>) -> Flow {
        let (field, choice): (&'static Field, _) = match value.tag {
            _ if id.body == COUNTRY_NAME => (&COUNTRY, None),
            tag::TELETEX => (&TELETEX, Some(0)),
            tag::PRINTABLE => (&PRINTABLE, Some(1)),
            tag::UTF8 => (&UTF8, Some(4)),
            tag::IA5 => (&IA5, None),
            _ => return Flow::Continue(()),
        };
        let at = self.inside(value);
        let Some(choice) = choice else { return self.v.field(field, at, Value::Text(value.body)) };
        self.v.text(at, format_args!("DirectoryString: {} ({choice})", field.label))?;
        self.v.open();
        self.v.field(field, at, Value::Text(value.body))?;
        self.v.close();
        Flow::Continue(())
    }

    fn time(&mut self, what: &str, time: &Element<'_>) -> Flow {
        let at = self.inside(time);
        let Some(moment) = Moment::read(time) else { return Flow::Continue(()) };
        let (name, choice) = if time.tag == tag::UTC_TIME { ("utcTime", 0) } else { ("generalizedTime", 1) };
        self.v.text(at, format_args!("{what}: {name} ({choice})"))?;
        self.v.open();
        if time.tag == tag::UTC_TIME {
            let text = moment.to_string();
            self.v.field(&UTC_TIME, at, Value::Text(text.as_bytes()))?;
        } else {
            self.v.field(&GENERALIZED_TIME, at, Value::Time(moment.timestamp()))?;
        }
        self.v.close();
        Flow::Continue(())
    }
}

/// A moment as certificates have it, to the second (RFC 5280, section 4.1.2.5).
struct Moment {
    year: i64,
    /// Month, day, hour, minute, second.
    rest: [i64; 5],
}

impl Moment {
    fn read(time: &Element<'_>) -> Option<Moment> {
        let digits = match time.tag {
            tag::UTC_TIME => 2,
            tag::GENERALIZED_TIME => 4,
            _ => return None,
        };
        let number = |at: usize, len: usize| {
            let text = time.body.get(at..at + len)?;
            text.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
        };
        // Two digits stand for 1950 to 2049.
        let year = match (number(0, digits)?, digits) {
            (n, 2) if n < 50 => 2000 + n,
            (n, 2) => 1900 + n,
            (n, _) => n,
        };
        let mut rest = [0; 5];
        for (i, slot) in rest.iter_mut().enumerate() {
            *slot = number(digits + 2 * i, 2)?;
        }
        Some(Moment { year, rest })
    }

    fn timestamp(&self) -> Timestamp {
        let [month, day, hour, minute, second] = self.rest;
        // Days since 1 March of year 0, so that the leap day comes last.
        let (y, m) = if month > 2 { (self.year, month - 3) } else { (self.year - 1, month + 9) };
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
        Timestamp::from_nanos(seconds.saturating_mul(1_000_000_000))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [month, day, hour, minute, second] = self.rest;
        write!(f, "{:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} (UTC)", self.year)
    }
}
