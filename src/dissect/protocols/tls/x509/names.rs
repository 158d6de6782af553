//! Distinguished names (RFC 5280, section 4.1.2.4), and the alternative names of a subject (section 4.2.1.6).

use super::super::fields::*;
use super::extensions::{X509AF, X509SAT};
use super::oids::{self, Named, Oid};
use super::{MANY, Show};
use crate::dissect::Visited;
use crate::dissect::reading::der::{Element, tag};
use crate::field::{Field, Value};
use crate::text::{MOST_IN_LINE, beginning, plural};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Attributes that allow only one kind of string, with that kind (X.520, RFC 4519, RFC 2985, guidelines for extended
/// validation). All other attributes leave the choice to the issuer.
const STRINGS: [(&str, u8, &Field); 7] = [
    ("2.5.4.5", tag::PRINTABLE, &PRINTABLE_ONLY),
    ("2.5.4.6", tag::PRINTABLE, &COUNTRY),
    ("2.5.4.46", tag::PRINTABLE, &PRINTABLE_ONLY),
    ("0.9.2342.19200300.100.1.1", tag::UTF8, &USER_ID),
    ("0.9.2342.19200300.100.1.25", tag::IA5, &IA5),
    ("1.2.840.113549.1.9.1", tag::IA5, &IA5),
    ("1.3.6.1.4.1.311.60.2.1.3", tag::PRINTABLE, &COUNTRY),
];

/// The attributes of a name: the set, the identifier and the value of each.
fn attributes<'a>(name: Element<'a>) -> impl Iterator<Item = (Element<'a>, Element<'a>, Element<'a>)> {
    let sets = name.inside().take(MANY).filter(|set| set.tag == tag::SET);
    sets.filter_map(|set| {
        let mut pair = set.inside().next()?.inside();
        Some((set, pair.next().filter(|id| id.tag == tag::OID)?, pair.next()?))
    })
}

/// One attribute, shown as text.
struct Pair<'a>(Element<'a>, Element<'a>);

impl fmt::Display for Pair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", oids::Name(self.0.body), text(&self.1))
    }
}

/// A string as text. A BMPString has two bytes for each character.
fn text(string: &Element<'_>) -> String {
    if string.tag != tag::BMP {
        return String::from_utf8_lossy(string.body).into_owned();
    }
    let units = string.body.chunks_exact(2).map(|pair| pair.iter().fold(0, |n, b| n << 8 | u16::from(*b)));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A name, shown as text: its attributes, the last one first.
pub(super) struct Name<'a>(pub(super) Element<'a>);

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

/// A line that is cut where Wireshark's buffer for growing lines ends; Wireshark puts no mark there, unlike in other
/// lines.
pub(super) struct Grown<'a>(pub(super) fmt::Arguments<'a>);

impl fmt::Display for Grown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(beginning(&self.0.to_string(), MOST_IN_LINE))
    }
}

impl Show<'_> {
    /// Visits a name. `outer` is the field for its kind, and `field` counts its attributes.
    pub(super) fn name(
        &mut self,
        outer: &'static Field,
        field: &'static Field,
        name: &Element<'_>,
    ) -> Visited {
        let text = format_args!("{}: rdnSequence (0)", outer.label);
        self.v.line(outer, self.over(name), Value::Uint(0), text)?;
        self.v.open();
        let n = attributes(*name).count();
        let text = Grown(format_args!("rdnSequence: {n} item{} ({})", plural(n), Name(*name)));
        self.v.line(field, self.inside(name), Value::Uint(n as u64), format_args!("{text}"))?;
        self.v.open();
        self.rdns(name)?;
        self.v.close();
        self.v.close();
        Visited::Continue(())
    }

    pub(super) fn rdns(&mut self, name: &Element<'_>) -> Visited {
        for (set, id, value) in attributes(*name) {
            let text = format_args!("RDNSequence item: 1 item ({})", Pair(id, value));
            self.v.line(&RDN_ITEM, self.inside(&set), Value::Uint(1), text)?;
            self.v.open();
            let text = format_args!("RelativeDistinguishedName item ({})", Pair(id, value));
            self.v.text(self.inside(&set), text)?;
            self.v.open();
            self.oid(&OBJECT_ID, &id)?;
            self.value(&id, &value)?;
            self.v.close();
            self.v.close();
        }
        Visited::Continue(())
    }

    fn value(&mut self, id: &Element<'_>, value: &Element<'_>) -> Visited {
        let numbers = Oid(id.body).to_string();
        if !oids::is_known(id.body) {
            return self.unsupported(value);
        }
        let only = STRINGS.iter().find(|(id, ..)| *id == numbers);
        self.part(
            if only.is_some_and(|(.., field)| *field == &USER_ID) { &X509AF } else { &X509SAT },
            value,
        )?;
        if let Some((_, tag, field)) = only {
            return if value.tag == *tag { self.string(field, value) } else { Visited::Continue(()) };
        }
        let (field, choice): (&'static Field, _) = match value.tag {
            tag::TELETEX => (&TELETEX, 0),
            tag::PRINTABLE => (&PRINTABLE, 1),
            tag::BMP => (&BMP, 3),
            tag::UTF8 => (&UTF8, 4),
            _ => return Visited::Continue(()),
        };
        let line = format_args!("{}: {} ({choice})", DIRECTORY_STRING.label, field.label);
        self.v.line(&DIRECTORY_STRING, self.over(value), Value::Uint(choice), line)?;
        self.v.open();
        self.string(field, value)?;
        self.v.close();
        Visited::Continue(())
    }

    /// Visits a string of any kind.
    pub(super) fn string(&mut self, field: &'static Field, string: &Element<'_>) -> Visited {
        let at = self.inside(string);
        if string.tag == tag::BMP {
            return self.v.field(field, at, Value::Text(text(string).as_bytes()));
        }
        self.v.field(field, at, Value::Text(string.body))
    }

    /// Visits a list of general names.
    pub(super) fn general_names(&mut self, field: &'static Field, list: &Element<'_>) -> Visited {
        self.items(field, list)?;
        self.v.open();
        for name in list.inside().take(4 * MANY) {
            self.general_name(&GENERAL_NAME, &name)?;
        }
        self.v.close();
        Visited::Continue(())
    }

    /// Visits a general name, of the kind that its tag says.
    pub(super) fn general_name(&mut self, outer: &'static Field, name: &Element<'_>) -> Visited {
        let choice = u64::from(name.tag & 0x1f);
        let kinds = ["otherName", "rfc822Name", "dNSName", "x400Address", "directoryName", "ediPartyName"];
        let more = ["uniformResourceIdentifier", "iPAddress", "registeredID"];
        let Some(kind) = kinds.iter().chain(&more).nth(choice as usize) else { return Visited::Continue(()) };
        if outer == &ACCESS_LOCATION {
            self.v.field(outer, self.over(name), Value::Uint(choice))?;
        } else {
            let text = format_args!("{}: {kind} ({choice})", outer.label);
            self.v.line(outer, self.inside(name), Value::Uint(choice), text)?;
        }
        self.v.open();
        self.name_of_kind(choice, name)?;
        self.v.close();
        Visited::Continue(())
    }

    fn name_of_kind(&mut self, choice: u64, name: &Element<'_>) -> Visited {
        let at = self.inside(name);
        match choice {
            0 => self.other_name(name),
            1 => self.string(&MAIL_NAME, name),
            2 => self.string(&DNS_NAME, name),
            4 => match name.inside().next() {
                Some(directory) => self.name(&DIRECTORY_NAME, &RDN_SEQUENCE, &directory),
                None => Visited::Continue(()),
            },
            6 => self.string(&URI_NAME, name),
            7 => match (<[u8; 4]>::try_from(name.body), <[u8; 16]>::try_from(name.body)) {
                (Ok(v4), _) => self.v.field(&IPV4_NAME, at, Value::Ipv4(Ipv4Addr::from(v4))),
                (_, Ok(v6)) => self.v.field(&IPV6_NAME, at, Value::Ipv6(Ipv6Addr::from(v6))),
                _ => Visited::Continue(()),
            },
            8 => {
                let numbers = Oid(name.body).to_string();
                let text = format_args!("{}: {}", REGISTERED_ID.label, Named(name.body));
                self.v.line(&REGISTERED_ID, at, Value::Text(numbers.as_bytes()), text)
            }
            _ => Visited::Continue(()),
        }
    }

    /// Visits a name of a kind that an object identifier defines, such as a user's name in Microsoft's directory.
    fn other_name(&mut self, name: &Element<'_>) -> Visited {
        self.v.text(self.inside(name), format_args!("otherName"))?;
        self.v.open();
        let mut parts = name.inside();
        if let Some(id) = parts.next().filter(|e| e.tag == tag::OID) {
            self.oid(&OTHER_TYPE, &id)?;
            self.v.unseen(&X509SAT, self.over(&id), Value::None)?;
            if let Some(value) = parts.next().and_then(|e| e.inside().next()).filter(|e| e.tag == tag::UTF8) {
                self.string(&UTF8_ONLY, &value)?;
            }
        }
        self.v.close();
        Visited::Continue(())
    }
}
