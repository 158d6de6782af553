//! Simple Network Management Protocol (`snmp`): versions 1 (RFC 1157), 2c (RFC 1901, RFC 3416) and 3 (RFC 3412, RFC 3414).

use crate::dissect::reading::der::{Element, Elements, Oid, tag};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, plural, written};
use std::net::Ipv4Addr;

/// The version whose messages have security parameters.
const THIRD: i64 = 3;
/// The tag of the first kind of PDU; the others follow.
const FIRST_PDU: u8 = 0xa0;
const TRAP: u8 = 4;
const BULK: u8 = 5;
/// Tags of values (RFC 2578, section 7.1).
const ADDRESS: u8 = 0x40;
const COUNTER: u8 = 0x41;
const GAUGE: u8 = 0x42;
const TICKS: u8 = 0x43;
const OPAQUE: u8 = 0x44;
const COUNTER_64: u8 = 0x46;

const VERSIONS: Names = &[(0, "version-1"), (1, "v2c"), (2, "v2u"), (THIRD as u64, "snmpv3")];
const PDUS: Names = &[
    (0, "get-request"),
    (1, "get-next-request"),
    (2, "get-response"),
    (3, "set-request"),
    (TRAP as u64, "trap"),
    (BULK as u64, "getBulkRequest"),
    (6, "informRequest"),
    (7, "snmpV2-trap"),
    (8, "report"),
];
const ERRORS: Names = &[
    (0, "noError"),
    (1, "tooBig"),
    (2, "noSuchName"),
    (3, "badValue"),
    (4, "readOnly"),
    (5, "genErr"),
    (6, "noAccess"),
    (7, "wrongType"),
    (8, "wrongLength"),
    (9, "wrongEncoding"),
    (10, "wrongValue"),
    (11, "noCreation"),
    (12, "inconsistentValue"),
    (13, "resourceUnavailable"),
    (14, "commitFailed"),
    (15, "undoFailed"),
    (16, "authorizationError"),
    (17, "notWritable"),
    (18, "inconsistentName"),
];
const TRAPS: Names = &[
    (0, "coldStart"),
    (1, "warmStart"),
    (2, "linkDown"),
    (3, "linkUp"),
    (4, "authenticationFailure"),
    (5, "egpNeighborLoss"),
    (6, "enterpriseSpecific"),
];
const SECURITY: Names = &[(0, "Any"), (1, "V1"), (2, "V2C"), (3, "USM")];
const SET: Names = &[(0, "Not set"), (1, "Set")];

crate::fields! {
    VERSION = Field::new("snmp.version", "version", Kind::Int(32)).names(VERSIONS);
    COMMUNITY = Field::new("snmp.community", "community", Kind::Text);
    MESSAGE_VERSION = Field::new("snmp.msgVersion", "msgVersion", Kind::Int(32)).names(VERSIONS);
    GLOBAL = Field::new("snmp.msgGlobalData_element", "msgGlobalData", Kind::Label);
    MESSAGE_ID = Field::new("snmp.msgID", "msgID", Kind::Uint(32));
    MAX_SIZE = Field::new("snmp.msgMaxSize", "msgMaxSize", Kind::Uint(32));
    FLAGS = Field::new("snmp.msgFlags", "msgFlags", Kind::Bytes);
    REPORTABLE = Field::new("snmp.v3.flags.report", "Reportable", Kind::Bool).mask(0x04).names(SET);
    ENCRYPTED = Field::new("snmp.v3.flags.crypt", "Encrypted", Kind::Bool).mask(0x02).names(SET);
    AUTHENTICATED = Field::new("snmp.v3.flags.auth", "Authenticated", Kind::Bool).mask(0x01).names(SET);
    MODEL = Field::new("snmp.msgSecurityModel", "msgSecurityModel", Kind::Uint(32)).names(SECURITY);
    ENGINE = Field::new("snmp.msgAuthoritativeEngineID", "msgAuthoritativeEngineID", Kind::Bytes);
    BOOTS = Field::new("snmp.msgAuthoritativeEngineBoots", "msgAuthoritativeEngineBoots", Kind::Uint(32));
    TIME = Field::new("snmp.msgAuthoritativeEngineTime", "msgAuthoritativeEngineTime", Kind::Uint(32));
    USER = Field::new("snmp.msgUserName", "msgUserName", Kind::Text);
    PROOF = Field::new("snmp.msgAuthenticationParameters", "msgAuthenticationParameters", Kind::Bytes);
    PRIVACY = Field::new("snmp.msgPrivacyParameters", "msgPrivacyParameters", Kind::Bytes);
    MESSAGE_DATA = Field::new("snmp.msgData", "msgData", Kind::Uint(32)).names(&[(0, "plaintext"), (1, "encryptedPDU")]);
    PLAINTEXT = Field::new("snmp.plaintext_element", "plaintext", Kind::Label);
    SECRET = Field::new("snmp.encryptedPDU", "encryptedPDU", Kind::Bytes);
    CONTEXT_ENGINE = Field::new("snmp.contextEngineID", "contextEngineID", Kind::Bytes);
    CONTEXT_NAME = Field::new("snmp.contextName", "contextName", Kind::Text);
    DATA = Field::new("snmp.data", "data", Kind::Uint(32)).names(PDUS);
    REQUEST_ID = Field::new("snmp.request_id", "request-id", Kind::Int(32));
    ERROR_STATUS = Field::new("snmp.error_status", "error-status", Kind::Int(32)).names(ERRORS);
    ERROR_INDEX = Field::new("snmp.error_index", "error-index", Kind::Int(32));
    NON_REPEATERS = Field::new("snmp.non_repeaters", "non-repeaters", Kind::Uint(32));
    REPETITIONS = Field::new("snmp.max_repetitions", "max-repetitions", Kind::Uint(32));
    BINDINGS = Field::new("snmp.variable_bindings", "variable-bindings", Kind::Uint(32));
    NAME = Field::new("snmp.name", "Object Name", Kind::Text);
    ENTERPRISE = Field::new("snmp.enterprise", "enterprise", Kind::Text);
    AGENT = Field::new("snmp.agent_addr", "agent-addr", Kind::Ipv4);
    GENERIC = Field::new("snmp.generic_trap", "generic-trap", Kind::Int(32)).names(TRAPS);
    SPECIFIC = Field::new("snmp.specific_trap", "specific-trap", Kind::Int(32));
    TIME_STAMP = Field::new("snmp.time_stamp", "time-stamp", Kind::Uint(32));
    NO_OBJECT = Field::new("snmp.noSuchObject", "noSuchObject", Kind::Label);
    NO_INSTANCE = Field::new("snmp.noSuchInstance", "noSuchInstance", Kind::Label);
    END_OF_VIEW = Field::new("snmp.endOfMibView", "endOfMibView", Kind::Label);
    INTEGER = Field::new("snmp.value.int", "Value (Integer32)", Kind::Int(64));
    OCTETS = Field::new("snmp.value.octets", "Value (OctetString)", Kind::Bytes);
    OBJECT = Field::new("snmp.value.oid", "Value (OID)", Kind::Text);
    NOTHING = Field::new("snmp.value.null", "Value (Null)", Kind::Label);
    IPV4 = Field::new("snmp.value.ipv4", "Value (IpAddress)", Kind::Ipv4);
    COUNTED = Field::new("snmp.value.counter", "Value (Counter32)", Kind::Uint(64));
    GAUGED = Field::new("snmp.value.g32", "Value (Gauge32)", Kind::Int(64));
    TIME_TICKS = Field::new("snmp.value.timeticks", "Value (Timeticks)", Kind::Uint(64));
    OPAQUE_VALUE = Field::new("snmp.value.opaque", "Value (Opaque)", Kind::Bytes);
    UNKNOWN = Field::new("snmp.value.unk", "Value (Unknown)", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    decode,
    udp_ports: &[161, 162],
    ..Protocol::new("snmp", "SNMP", "Simple Network Management Protocol")
};

/// The version of a message, and the elements after it; `None` if the bytes are no message of SNMP.
fn parts(bytes: &[u8]) -> Option<(i64, Elements<'_>)> {
    let message = Elements::new(bytes).next().filter(|message| message.tag == tag::SEQUENCE)?;
    let mut parts = message.inside();
    let version = parts.next().filter(|version| version.tag == tag::INTEGER)?;
    Some((version.integer()?, parts))
}

/// Decodes a message that is there in full. Cut messages and bytes that are no SNMP become plain data.
fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    if parts(bytes).is_none() {
        return Next::Data(span);
    }
    d.layer(Proto::Snmp, span, span.len());
    Next::Done
}

/// The PDU of a message; `None` if it cannot be read, because it is encrypted for example.
fn pdu_of<'a>(version: i64, parts: &mut Elements<'a>) -> Option<Element<'a>> {
    if version != THIRD {
        return parts.find(|part| part.tag & 0xe0 == FIRST_PDU);
    }
    let data = parts.nth(2).filter(|data| data.tag == tag::SEQUENCE)?;
    data.inside().nth(2)
}

/// The variable bindings of a PDU, which are its last part.
fn bindings<'a>(pdu: &Element<'a>) -> impl Iterator<Item = Element<'a>> {
    let list = pdu.inside().filter(|part| part.tag == tag::SEQUENCE).last();
    list.into_iter().flat_map(|list| list.inside())
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    use std::io::Write as _;
    let Some((version, mut parts)) = parts(ctx.layer_bytes(layer)) else { return };
    let Some(pdu) = pdu_of(version, &mut parts) else {
        if version == THIRD {
            out.text("encryptedPDU: privKey Unknown");
        }
        return;
    };
    let kind = pdu.tag & 0x1f;
    out.text(name_of(PDUS, kind.into()).unwrap_or(""));
    // Writing to a vector cannot fail.
    if let Some(enterprise) = pdu.inside().next().filter(|_| kind == TRAP) {
        let _ = write!(out, " {}", Named(enterprise.body));
    }
    for name in bindings(&pdu).filter_map(|binding| binding.inside().next()) {
        let _ = write!(out, " {}", Oid(name.body));
    }
}

/// An object identifier, shown with the name of its first number.
struct Named<'a>(&'a [u8]);

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers = Oid(self.0).to_string();
        match numbers.strip_prefix("1.") {
            Some(rest) => write!(f, "iso.{rest}"),
            None => f.write_str(&numbers),
        }
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let (version, mut parts) = parts(w.bytes).ok_or(End::Short)?;
    let first =
        Elements::new(w.bytes).next().and_then(|message| message.inside().next()).ok_or(End::Short)?;
    if version == THIRD {
        signed(w, &MESSAGE_VERSION, &first)?;
        return third(w, &mut parts);
    }
    signed(w, &VERSION, &first)?;
    let community = parts.next().ok_or(End::Short)?;
    text(w, &COMMUNITY, &community)?;
    match pdu_of(version, &mut parts) {
        Some(data) => pdu(w, &data),
        None => Ok(()),
    }
}

fn signed(w: &mut Walk<'_, '_>, field: &'static Field, element: &Element<'_>) -> Step {
    let value = element.integer().ok_or(End::Short)?;
    w.value(field, element.at, element.body.len(), Value::Int(value))
}

fn unsigned(w: &mut Walk<'_, '_>, field: &'static Field, element: &Element<'_>) -> Step {
    let value = element.unsigned().ok_or(End::Short)?;
    w.value(field, element.at, element.body.len(), Value::Uint(value))
}

fn text(w: &mut Walk<'_, '_>, field: &'static Field, element: &Element<'_>) -> Step {
    w.value(field, element.at, element.body.len(), Value::Text(element.body))
}

fn octets(w: &mut Walk<'_, '_>, field: &'static Field, element: &Element<'_>) -> Step {
    w.value(field, element.at, element.body.len(), Value::Bytes(element.body))
}

fn object(w: &mut Walk<'_, '_>, field: &'static Field, element: &Element<'_>) -> Step {
    let numbers = Oid(element.body).to_string();
    let line = format_args!("{}: {numbers} ({})", field.label, Named(element.body));
    w.line(field, element.at, element.body.len(), Value::Text(numbers.as_bytes()), line)
}

/// Visits a message of version 3 (RFC 3412, section 6; RFC 3414, section 2.4).
fn third(w: &mut Walk<'_, '_>, parts: &mut Elements<'_>) -> Step {
    let global = parts.next().ok_or(End::Short)?;
    w.line(&GLOBAL, global.at, global.body.len(), Value::None, format_args!("msgGlobalData"))?;
    w.open();
    let [id, size, flags, model] = next(&mut global.inside())?;
    unsigned(w, &MESSAGE_ID, &id)?;
    unsigned(w, &MAX_SIZE, &size)?;
    octets(w, &FLAGS, &flags)?;
    if !flags.body.is_empty() {
        w.bits(&[&REPORTABLE, &ENCRYPTED, &AUTHENTICATED], flags.at, 1)?;
    }
    unsigned(w, &MODEL, &model)?;
    w.close();
    let security = parts.next().ok_or(End::Short)?;
    let user = security.inside().next().ok_or(End::Short)?;
    let [engine, boots, time, name, proof, privacy] = next(&mut user.inside())?;
    octets(w, &ENGINE, &engine)?;
    unsigned(w, &BOOTS, &boots)?;
    unsigned(w, &TIME, &time)?;
    text(w, &USER, &name)?;
    octets(w, &PROOF, &proof)?;
    octets(w, &PRIVACY, &privacy)?;
    let data = parts.next().ok_or(End::Short)?;
    let secret = data.tag != tag::SEQUENCE;
    w.value(&MESSAGE_DATA, data.start, data.len(), Value::Uint(secret.into()))?;
    w.open();
    if secret {
        octets(w, &SECRET, &data)?;
    } else {
        let [engine, name, body] = next(&mut data.inside())?;
        w.line(&PLAINTEXT, data.start, data.len(), Value::None, format_args!("plaintext"))?;
        w.open();
        octets(w, &CONTEXT_ENGINE, &engine)?;
        text(w, &CONTEXT_NAME, &name)?;
        pdu(w, &body)?;
        w.close();
    }
    w.close();
    Ok(())
}

/// The next `N` elements; fails unless all of them are there.
fn next<'a, const N: usize>(elements: &mut Elements<'a>) -> Step<[Element<'a>; N]> {
    let found: Vec<_> = elements.take(N).collect();
    found.try_into().map_err(|_| End::Short)
}

/// Visits a PDU (RFC 3416, section 3), or a trap of version 1 (RFC 1157, section 4.1.6).
fn pdu(w: &mut Walk<'_, '_>, pdu: &Element<'_>) -> Step {
    let kind = pdu.tag & 0x1f;
    w.value(&DATA, pdu.start, pdu.len(), Value::Uint(kind.into()))?;
    w.open();
    w.text(pdu.start, pdu.len(), format_args!("{}", name_of(PDUS, kind.into()).unwrap_or("Unknown")))?;
    w.open();
    let mut parts = pdu.inside();
    if kind == TRAP {
        let [enterprise, agent, generic, specific, time] = next(&mut parts)?;
        object(w, &ENTERPRISE, &enterprise)?;
        let address: [u8; 4] = agent.body.try_into().map_err(|_| End::Short)?;
        w.value(&AGENT, agent.at, 4, Value::Ipv4(Ipv4Addr::from(address)))?;
        signed(w, &GENERIC, &generic)?;
        signed(w, &SPECIFIC, &specific)?;
        unsigned(w, &TIME_STAMP, &time)?;
    } else {
        let [id, first, second] = next(&mut parts)?;
        signed(w, &REQUEST_ID, &id)?;
        if kind == BULK {
            unsigned(w, &NON_REPEATERS, &first)?;
            unsigned(w, &REPETITIONS, &second)?;
        } else {
            signed(w, &ERROR_STATUS, &first)?;
            signed(w, &ERROR_INDEX, &second)?;
        }
    }
    let list = parts.next().ok_or(End::Short)?;
    let count = list.inside().count();
    let title = format_args!("variable-bindings: {count} item{}", plural(count));
    w.line(&BINDINGS, list.at, list.body.len(), Value::Uint(count as u64), title)?;
    w.open();
    list.inside().try_for_each(|binding| one_binding(w, &binding))?;
    w.close();
    w.close();
    w.close();
    Ok(())
}

fn one_binding(w: &mut Walk<'_, '_>, binding: &Element<'_>) -> Step {
    let [name, value] = next(&mut binding.inside())?;
    let numbers = Oid(name.body).to_string();
    let shown = written(|line| line.decoded(numbers.as_bytes()));
    w.text(binding.start, binding.len(), format_args!("{shown}"))?;
    w.open();
    object(w, &NAME, &name)?;
    match value.tag {
        tag::INTEGER => signed(w, &INTEGER, &value)?,
        tag::OCTETS => octets(w, &OCTETS, &value)?,
        tag::OID => object(w, &OBJECT, &value)?,
        tag::NULL => w.label(&NOTHING, value.at, 0)?,
        ADDRESS => match <[u8; 4]>::try_from(value.body) {
            Ok(address) => w.value(&IPV4, value.at, 4, Value::Ipv4(Ipv4Addr::from(address)))?,
            Err(_) => octets(w, &UNKNOWN, &value)?,
        },
        COUNTER | COUNTER_64 => unsigned(w, &COUNTED, &value)?,
        GAUGE => signed(w, &GAUGED, &value)?,
        TICKS => unsigned(w, &TIME_TICKS, &value)?,
        OPAQUE => octets(w, &OPAQUE_VALUE, &value)?,
        0x80 => w.label(&NO_OBJECT, value.at, 0)?,
        0x81 => w.label(&NO_INSTANCE, value.at, 0)?,
        0x82 => w.label(&END_OF_VIEW, value.at, 0)?,
        _ => octets(w, &UNKNOWN, &value)?,
    }
    w.close();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{datagram, over_ipv4, summary};
    use crate::frame::LinkType;

    fn message(body: &str) -> (String, String) {
        summary(LinkType::ETHERNET, &over_ipv4("4011", "0a000002", &datagram("9c40 00a1", body)))
    }

    #[test]
    fn what_is_asked_for_is_listed() {
        let get =
            "3026 020100 0406 7075626c6963 a019 0201 01 0201 00 0201 00 300e 300c 0608 2b06010201010100 0500";
        let expected = ("eth:ethertype:ip:udp:snmp".into(), "get-request 1.3.6.1.2.1.1.1.0".into());
        assert_eq!(message(get), expected);
        assert_eq!(message("3003 020103").1, "encryptedPDU: privKey Unknown");
    }

    #[test]
    fn what_is_cut_or_something_else_is_data() {
        assert_eq!(message("3026 020100 0406 7075").0, "eth:ethertype:ip:udp:data");
        assert_eq!(message("3003 040103").0, "eth:ethertype:ip:udp:data");
    }
}
