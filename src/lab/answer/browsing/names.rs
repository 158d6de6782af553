//! Names that stay readable beside encrypted content: questions in DNS, server names and certificates in TLS.

use super::{Browsing, shown};
use crate::dissect::{Proto, ProtoSet, Visited};
use crate::field::{At, Field, Value, Visit};
use crate::packet::Packet;
use serde::Serialize;

/// Different names of one kind that are listed.
const MOST_NAMES: usize = 64;
/// Different certificates that are listed.
const MOST_CERTIFICATES: usize = 32;
/// Host names that are kept of one certificate.
const MOST_ALTERNATIVES: usize = 16;
/// The attribute commonName (X.520).
const COMMON_NAME: &[u8] = b"2.5.4.3";

/// A name and where it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Name {
    /// The name.
    pub name: String,
    /// Number of the first frame that has it.
    pub frame: u64,
    /// How many frames have it.
    pub frames: u64,
}

/// A certificate that was sent in the clear, as TLS 1.2 and older do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Number of the first frame that has it.
    pub frame: u64,
    /// Common name of the issuer; `None` if it has no common name.
    pub issuer: Option<String>,
    /// Common name of the subject; `None` if it has no common name.
    pub subject: Option<String>,
    /// Host names that it is valid for (subjectAltName), the first [`MOST_ALTERNATIVES`].
    pub hosts: Vec<String>,
}

/// Adds the names in a packet to `found`. Returns those in its DNS messages, where the search for words looks, too.
pub(super) fn read(packet: &Packet<'_>, found: &mut Browsing) -> Vec<Vec<u8>> {
    let mut names = Names::default();
    let protos = [Proto::Dns, Proto::Mdns, Proto::Llmnr, Proto::Tls];
    let wanted = protos.into_iter().fold(ProtoSet::default(), ProtoSet::with);
    let _ = packet.walk(wanted, &mut names);
    let frame = packet.context.frame.no.0;
    if !names.answer {
        let asked = names.dns.iter().filter(|n| n.1).map(|n| &n.0);
        asked.for_each(|name| add(&mut found.asked, name, frame, &mut found.further));
    }
    names.tls.iter().for_each(|name| add(&mut found.servers, name, frame, &mut found.further));
    for certificate in names.certificates {
        let known = found.certificates.iter().any(|c| {
            c.issuer == certificate.issuer && c.subject == certificate.subject && c.hosts == certificate.hosts
        });
        if found.certificates.len() >= MOST_CERTIFICATES {
            found.further += u64::from(!known);
        } else if !known {
            found.certificates.push(Certificate { frame, ..certificate });
        }
    }
    names.dns.into_iter().map(|n| n.0).collect()
}

fn add(list: &mut Vec<Name>, name: &[u8], frame: u64, further: &mut u64) {
    let name = shown(name);
    if let Some(known) = list.iter_mut().find(|n| n.name == name) {
        known.frames += 1;
    } else if list.len() < MOST_NAMES {
        list.push(Name { name, frame, frames: 1 });
    } else {
        *further += 1;
    }
}

#[derive(Default)]
struct Names {
    /// Each name, and whether it is in a question.
    dns: Vec<(Vec<u8>, bool)>,
    /// Whether the DNS message is a response.
    answer: bool,
    tls: Vec<Vec<u8>>,
    certificates: Vec<Certificate>,
    /// Whether the next string is a common name.
    common: bool,
    /// Whether the walk is in the subject's name; otherwise it is in the issuer's.
    subject: bool,
}

impl Names {
    fn text(&mut self, text: &[u8]) {
        let common = std::mem::take(&mut self.common);
        let Some(certificate) = self.certificates.last_mut().filter(|_| common) else { return };
        // The first name of each kind counts: names of the authorities that the server trusts may follow the
        // certificate.
        let name = if self.subject { &mut certificate.subject } else { &mut certificate.issuer };
        name.get_or_insert_with(|| shown(text));
    }
}

impl Visit for Names {
    fn field(&mut self, field: &'static Field, _: At, value: Value<'_>) -> Visited {
        match (field.name, value) {
            ("dns.flags.response", Value::Bool(response)) => self.answer = response,
            ("dns.qry.name", Value::Text(name)) => self.dns.push((name.to_vec(), true)),
            ("dns.resp.name" | "dns.cname", Value::Text(name)) => self.dns.push((name.to_vec(), false)),
            ("tls.handshake.extensions_server_name", Value::Text(name)) => self.tls.push(name.to_vec()),
            ("tls.handshake.certificate", _) => {
                self.certificates.push(Certificate::default());
            }
            ("x509if.rdnSequence", _) => self.subject = false,
            ("x509af.rdnSequence", _) => self.subject = true,
            ("x509if.oid" | "x509if.id", Value::Text(id)) => self.common = id == COMMON_NAME,
            ("x509ce.dNSName", Value::Text(host)) => {
                if let Some(certificate) = self.certificates.last_mut()
                    && certificate.hosts.len() < MOST_ALTERNATIVES
                {
                    certificate.hosts.push(shown(host));
                }
            }
            (name, Value::Text(text)) if name.starts_with("x509sat.") => self.text(text),
            _ => {}
        }
        Visited::Continue(())
    }
}
