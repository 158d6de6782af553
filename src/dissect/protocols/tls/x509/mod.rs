//! Certificates (RFC 5280): issuer, validity, subject, key and signature.

mod extensions;
mod key;
mod names;
mod oids;
mod policies;

pub(super) use extensions::{OCSP, is_part};

use super::fields::*;
use crate::dissect::Visited;
use crate::dissect::reading::der::{Element, Elements, tag};
use crate::dissect::reading::walk::{Step, Walk, step};
use crate::field::{At, Field, Value, Visit};
use crate::frame::Timestamp;
use crate::text::Hex;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use names::{Grown, Name};

/// The most parts of a name, or names of hosts, that are visited; no real certificate has more.
const MANY: usize = 64;

/// Visits the certificate in the next `len` bytes, and goes past them.
pub(super) fn show(w: &mut Walk<'_, '_>, len: usize) -> Step {
    let (bytes, base) = (w.peek(len), w.at(0, len.min(w.left())));
    step(certificate(bytes, base, w.visitor()))?;
    w.skip(len);
    Ok(())
}

fn certificate(bytes: &[u8], base: At, v: &mut dyn Visit) -> Visited {
    let whole = Elements::new(bytes).next().filter(|e| e.tag == tag::SEQUENCE);
    let signed = whole.and_then(|e| e.inside().next()).filter(|e| e.tag == tag::SEQUENCE);
    let parts = signed.and_then(Parts::read);
    if !bytes.is_empty() {
        let (start, value) = (Hex::beginning(bytes), Value::Bytes(bytes));
        match &parts {
            Some(parts) => {
                let text = Grown(format_args!("Certificate: {start} ({})", Name(parts.subject)));
                v.line(&CERTIFICATE, base, value, format_args!("{text}"))?;
            }
            None => v.line(&CERTIFICATE, base, value, format_args!("Certificate: {start}"))?,
        }
    }
    let (Some(parts), Some(signed)) = (parts, signed) else { return Visited::Continue(()) };
    let mut show = Show { base, v };
    show.v.open();
    show.v.text(show.over(&signed), format_args!("signedCertificate"))?;
    show.v.open();
    show.parts(&parts)?;
    show.v.close();
    show.signature(whole.iter().flat_map(Element::inside).skip(1))?;
    show.v.close();
    Visited::Continue(())
}

/// Visits the name in the next `len` bytes, which is not part of a certificate, and goes past them.
pub(super) fn distinguished_name(w: &mut Walk<'_, '_>, len: usize) -> Step {
    let base = w.at(0, len.min(w.left()));
    if let Some(name) = Elements::new(w.peek(len)).next() {
        w.line(
            &DNAME,
            0,
            len.min(w.left()),
            Value::None,
            format_args!("Distinguished Name: ({})", Name(name)),
        )?;
        w.open();
        step(Show { base, v: w.visitor() }.rdns(&name))?;
        w.close();
    }
    w.skip(len);
    Ok(())
}

/// The parts of a certificate that are visited.
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
    /// Reads the parts of a certificate (RFC 5280, section 4.1); `None` if a required part is missing.
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

/// A visit of the elements in bytes that begin at `base`. It does without a [`Walk`], because a certificate is read
/// as a tree of elements that were checked and know their places.
struct Show<'v> {
    base: At,
    v: &'v mut dyn Visit,
}

impl Show<'_> {
    fn range(&self, start: usize, len: usize) -> At {
        At { start: self.base.start.saturating_add(start as u32), len: len as u32, ..self.base }
    }

    /// The place of an element, including its tag and length.
    fn over(&self, e: &Element<'_>) -> At {
        self.range(e.start, e.len())
    }

    /// The place of an element's contents.
    fn inside(&self, e: &Element<'_>) -> At {
        self.range(e.at, e.body.len())
    }

    /// Visits what follows the signed part: the algorithm, for the second time, and the signature.
    fn signature<'a>(&mut self, mut rest: impl Iterator<Item = Element<'a>>) -> Visited {
        if let Some(algorithm) = rest.next() {
            self.algorithm("algorithmIdentifier", &algorithm)?;
        }
        if let Some(signature) = rest.next()
            && let Some(bits) = self.bit_string(&signature)
        {
            let at = self.range(signature.at + 1, bits.len());
            self.v.field(&SIGNATURE_BITS, at, Value::Bytes(bits))?;
        }
        Visited::Continue(())
    }

    fn parts(&mut self, parts: &Parts<'_>) -> Visited {
        if let Some(version) = parts.version {
            let n = version.body.first().copied().unwrap_or(0);
            self.v.field(&CERT_VERSION, self.inside(&version), Value::Int(n.into()))?;
        }
        let text = format_args!("serialNumber: 0x{}", Hex::beginning(parts.serial.body));
        self.v.line(&SERIAL, self.inside(&parts.serial), Value::Bytes(parts.serial.body), text)?;
        self.algorithm("signature", &parts.algorithm)?;
        self.name(&ISSUER, &RDN_SEQUENCE, &parts.issuer)?;
        self.v.text(self.over(&parts.validity), format_args!("validity"))?;
        self.v.open();
        for (field, time) in [&NOT_BEFORE, &NOT_AFTER].into_iter().zip(parts.validity.inside()) {
            self.time(field, &time)?;
        }
        self.v.close();
        self.name(&SUBJECT, &SUBJECT_SEQUENCE, &parts.subject)?;
        if let Some(key) = parts.key {
            self.public_key(&key)?;
        }
        parts.extensions.map_or(Visited::Continue(()), |list| self.extensions(&list))
    }

    fn time(&mut self, field: &'static Field, time: &Element<'_>) -> Visited {
        let at = self.inside(time);
        let Some(moment) = moment(time) else { return Visited::Continue(()) };
        let (name, choice) = if time.tag == tag::UTC_TIME { ("utcTime", 0) } else { ("generalizedTime", 1) };
        let text = format_args!("{}: {name} ({choice})", field.label);
        self.v.line(field, self.over(time), Value::Uint(choice), text)?;
        self.v.open();
        if time.tag == tag::UTC_TIME {
            let text = moment.strftime("%Y-%m-%d %H:%M:%S (UTC)").to_string();
            self.v.field(&UTC_TIME, at, Value::Text(text.as_bytes()))?;
        } else if let Ok(zoned) = moment.to_zoned(TimeZone::UTC) {
            let nanos = i64::try_from(zoned.timestamp().as_nanosecond()).unwrap_or(i64::MAX);
            self.v.field(&GENERALIZED_TIME, at, Value::Time(Timestamp::from_nanos(nanos)))?;
        }
        self.v.close();
        Visited::Continue(())
    }
}

/// A time in a certificate, to the second (RFC 5280, section 4.1.2.5); `None` if it is of another form.
fn moment(time: &Element<'_>) -> Option<DateTime> {
    let digits = match time.tag {
        tag::UTC_TIME => 2,
        tag::GENERALIZED_TIME => 4,
        _ => return None,
    };
    let number = |at: usize, len: usize| {
        let text = time.body.get(at..at + len)?;
        text.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0')))
    };
    // Two digits mean the years 1950 to 2049.
    let year = match (number(0, digits)?, digits) {
        (n, 2) if n < 50 => 2000 + n,
        (n, 2) => 1900 + n,
        (n, _) => n,
    };
    let pair = |n: usize| number(digits + 2 * n, 2)?.try_into().ok();
    DateTime::new(year, pair(0)?, pair(1)?, pair(2)?, pair(3)?, pair(4)?, 0).ok()
}
