//! Message Queuing Telemetry Transport (`mqtt`): OASIS, versions 3.1, 3.1.1 and 5.0. Properties of version 5 are
//! skipped.

use crate::dissect::over_tcp::{Application, Begun, Input, Measure, Memory, Need, Session};
use crate::dissect::reading::layer::{show_as, unseen};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Line, Push, lazy};

const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const PUBCOMP: u8 = 7;
const SUBSCRIBE: u8 = 8;
const SUBACK: u8 = 9;
const UNSUBSCRIBE: u8 = 10;
const UNSUBACK: u8 = 11;
/// The version whose messages have properties.
const FIFTH: u8 = 5;

const TYPES: Names = &[
    (CONNECT as u64, "Connect Command"),
    (CONNACK as u64, "Connect Ack"),
    (PUBLISH as u64, "Publish Message"),
    (PUBACK as u64, "Publish Ack"),
    (5, "Publish Received"),
    (6, "Publish Release"),
    (PUBCOMP as u64, "Publish Complete"),
    (SUBSCRIBE as u64, "Subscribe Request"),
    (SUBACK as u64, "Subscribe Ack"),
    (UNSUBSCRIBE as u64, "Unsubscribe Request"),
    (UNSUBACK as u64, "Unsubscribe Ack"),
    (12, "Ping Request"),
    (13, "Ping Response"),
    (14, "Disconnect Req"),
    (15, "Authentication Exchange"),
];
const QOS: Names = &[
    (0, "At most once delivery (Fire and Forget)"),
    (1, "At least once delivery (Acknowledged deliver)"),
    (2, "Exactly once delivery (Assured Delivery)"),
    (3, "Reserved"),
];
const GRANTED: Names = &[
    (0, "At most once delivery (Fire and Forget)"),
    (1, "At least once delivery (Acknowledged deliver)"),
    (2, "Exactly once delivery (Assured Delivery)"),
    (0x80, "Failure"),
];
const VERSIONS: Names = &[(3, "MQTT v3.1"), (4, "MQTT v3.1.1"), (FIFTH as u64, "MQTT v5.0")];
const RETURNED: Names = &[
    (0, "Connection Accepted"),
    (1, "Connection Refused: unacceptable protocol version"),
    (2, "Connection Refused: identifier rejected"),
    (3, "Connection Refused: server unavailable"),
    (4, "Connection Refused: bad user name or password"),
    (5, "Connection Refused: not authorized"),
];
const SET: Names = &[(0, "Not set"), (1, "Set")];

crate::fields! {
    FLAGS = Field::new("mqtt.hdrflags", "Header Flags", Kind::Uint(8)).hex();
    TYPE = Field::new("mqtt.msgtype", "Message Type", Kind::Uint(8)).mask(0xf0).names(TYPES);
    RESERVED = Field::new("mqtt.hdr_reserved", "Reserved", Kind::Uint(8)).mask(0x0f);
    DUP = Field::new("mqtt.dupflag", "DUP Flag", Kind::Bool).mask(0x08).names(SET);
    QOS_LEVEL = Field::new("mqtt.qos", "QoS Level", Kind::Uint(8)).mask(0x06).names(QOS);
    RETAIN = Field::new("mqtt.retain", "Retain", Kind::Bool).mask(0x01).names(SET);
    LEN = Field::new("mqtt.len", "Msg Len", Kind::Uint(64));
    NAME_LEN = Field::new("mqtt.proto_len", "Protocol Name Length", Kind::Uint(16));
    NAME = Field::new("mqtt.protoname", "Protocol Name", Kind::Text);
    VERSION = Field::new("mqtt.ver", "Version", Kind::Uint(8)).names(VERSIONS);
    CONNECT_FLAGS = Field::new("mqtt.conflags", "Connect Flags", Kind::Uint(8)).hex();
    HAS_USER = Field::new("mqtt.conflag.uname", "User Name Flag", Kind::Bool).mask(0x80).names(SET);
    HAS_PASSWORD = Field::new("mqtt.conflag.passwd", "Password Flag", Kind::Bool).mask(0x40).names(SET);
    WILL_RETAIN = Field::new("mqtt.conflag.retain", "Will Retain", Kind::Bool).mask(0x20).names(SET);
    WILL_QOS = Field::new("mqtt.conflag.qos", "QoS Level", Kind::Uint(8)).mask(0x18).names(QOS);
    HAS_WILL = Field::new("mqtt.conflag.willflag", "Will Flag", Kind::Bool).mask(0x04).names(SET);
    CLEAN = Field::new("mqtt.conflag.cleansess", "Clean Session Flag", Kind::Bool).mask(0x02).names(SET);
    CONNECT_RESERVED = Field::new("mqtt.conflag.reserved", "(Reserved)", Kind::Bool).mask(0x01).names(SET);
    KEEP_ALIVE = Field::new("mqtt.kalive", "Keep Alive", Kind::Uint(16));
    CLIENT_LEN = Field::new("mqtt.clientid_len", "Client ID Length", Kind::Uint(16));
    CLIENT = Field::new("mqtt.clientid", "Client ID", Kind::Text);
    WILL_TOPIC_LEN = Field::new("mqtt.willtopic_len", "Will Topic Length", Kind::Uint(16));
    WILL_TOPIC = Field::new("mqtt.willtopic", "Will Topic", Kind::Text);
    WILL_LEN = Field::new("mqtt.willmsg_len", "Will Message Length", Kind::Uint(16));
    WILL = Field::new("mqtt.willmsg", "Will Message", Kind::Bytes);
    USER_LEN = Field::new("mqtt.username_len", "User Name Length", Kind::Uint(16));
    USER = Field::new("mqtt.username", "User Name", Kind::Text);
    PASSWORD_LEN = Field::new("mqtt.passwd_len", "Password Length", Kind::Uint(16));
    PASSWORD = Field::new("mqtt.passwd", "Password", Kind::Text);
    ACK_FLAGS = Field::new("mqtt.conack.flags", "Acknowledge Flags", Kind::Uint(8)).hex();
    PRESENT = Field::new("mqtt.conack.flags.sp", "Session Present", Kind::Bool).mask(0x01).names(SET);
    CODE = Field::new("mqtt.conack.val", "Return Code", Kind::Uint(8)).names(RETURNED);
    REASON = Field::new("mqtt.connack.reason_code", "Reason Code", Kind::Uint(8));
    ID = Field::new("mqtt.msgid", "Message Identifier", Kind::Uint(16));
    TOPIC_LEN = Field::new("mqtt.topic_len", "Topic Length", Kind::Uint(16));
    TOPIC = Field::new("mqtt.topic", "Topic", Kind::Text);
    MESSAGE = Field::new("mqtt.msg", "Message", Kind::Bytes);
    ASKED = Field::new("mqtt.sub.qos", "Requested QoS", Kind::Uint(8)).names(QOS);
    GRANTED_QOS = Field::new("mqtt.suback.qos", "Granted QoS", Kind::Uint(8)).names(GRANTED);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    records: true,
    repeats: true,
    says_length: true,
    tcp_ports: &[1883],
    application: Some(Application { measure, decode, is_likely: None }),
    ..Protocol::new("mqtt", "MQTT", "MQ Telemetry Transport Protocol")
};

/// What an MQTT session remembers: the version that the client named; 0 before.
#[derive(Clone, Copy, Debug, Default)]
struct Talk {
    version: u8,
}

impl Memory for Talk {}

/// The Info column of a message that goes on in a later segment is empty.
const BEGUN: Begun = Begun::Text("");

/// The remaining length, in up to four octets of seven bits each, the lowest first; and how many octets it takes.
fn remaining(bytes: &[u8]) -> Result<(usize, usize), Missing> {
    let mut len = 0;
    for (place, octet) in bytes.iter().take(4).enumerate() {
        len |= usize::from(octet & 0x7f) << (7 * place);
        if octet & 0x80 == 0 {
            return Ok((len, place + 1));
        }
    }
    Err(if bytes.len() < 4 { Missing::More } else { Missing::Never })
}

/// Why a length cannot be read: more octets are needed, or it has too many.
enum Missing {
    More,
    Never,
}

fn measure(input: &Input<'_>) -> Measure {
    let Some(kind) = input.bytes.first().map(|first| first >> 4) else {
        return Measure::NeedMore(Need::Segment, BEGUN);
    };
    if name_of(TYPES, kind.into()).is_none() {
        return Measure::Foreign;
    }
    match remaining(input.bytes.get(1..).unwrap_or(&[])) {
        Ok((len, octets)) if 1 + octets + len <= input.bytes.len() => {
            Measure::Complete((1 + octets + len) as u32)
        }
        Ok((len, octets)) if input.may_wait => {
            let missing = 1 + octets + len - input.bytes.len();
            Measure::NeedMore(Need::Bytes(missing as u32), BEGUN)
        }
        Ok(_) => Measure::Complete(input.bytes.len() as u32),
        Err(Missing::More) => Measure::NeedMore(Need::Segment, BEGUN),
        Err(Missing::Never) => Measure::Foreign,
    }
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let bytes = work.get(source, span);
    if bytes.first().is_some_and(|first| first >> 4 == CONNECT) {
        let body = remaining(bytes.get(1..).unwrap_or(&[])).map_or(2, |(_, octets)| 1 + octets);
        let name = usize::from(bytes.u16(body).unwrap_or(0));
        let version = bytes.u8(body + 2 + name).unwrap_or(0);
        session.get_or_default::<Talk>().version = version;
    }
    let version = session.get::<Talk>().map_or(0, |talk| talk.version);
    work.facts.mqtt = version;
    let damaged = unseen(work.get(source, span), |w| message(w, version)) == Err(End::Short);
    let mut decoder = work.decoder(source);
    if decoder.layer(Proto::Mqtt, span, span.len()).is_some() && damaged {
        decoder.stop(Proto::Mqtt, span);
    }
}

fn version(ctx: &Context<'_>) -> u8 {
    ctx.facts.app.map_or(0, |app| app.mqtt)
}

/// Writes the Info column: the name of the message, its packet identifier in parentheses, and its topics.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(first) = bytes.u8(0) else { return };
    let kind = first >> 4;
    if ctx.layers.before(layer).iter().any(|l| l.proto == Proto::Mqtt && !l.quoted) {
        out.text(", ");
    }
    out.text(name_of(TYPES, kind.into()).unwrap_or(""));
    let about = About::of(bytes, kind, first, version(ctx));
    if let Some(id) = about.id {
        out.text(" (id=");
        out.num(id);
        out.text(")");
    }
    for topic in about.topics {
        out.text(" [");
        out.decoded(topic);
        out.text("]");
    }
}

/// What the list shows about a message besides its name.
#[derive(Default)]
struct About<'a> {
    id: Option<u16>,
    topics: Vec<&'a [u8]>,
}

impl<'a> About<'a> {
    fn of(bytes: &'a [u8], kind: u8, first: u8, version: u8) -> About<'a> {
        let body = remaining(bytes.get(1..).unwrap_or(&[])).ok();
        let mut rest = body.and_then(|(_, octets)| bytes.get(1 + octets..)).unwrap_or(&[]);
        let mut about = About::default();
        match kind {
            PUBLISH => {
                about.topics.extend(text(rest));
                let after = about.topics.first().map_or(0, |topic| topic.len() + 2);
                about.id = rest.u16(after).filter(|_| first & 0x06 != 0);
            }
            PUBACK..=PUBCOMP | SUBACK | UNSUBSCRIBE | UNSUBACK => about.id = rest.u16(0),
            SUBSCRIBE => {
                about.id = rest.u16(0);
                rest = rest.get(2..).unwrap_or(&[]);
                if version == FIFTH
                    && let Ok((len, octets)) = remaining(rest)
                {
                    rest = rest.get(octets + len..).unwrap_or(&[]);
                }
                while let Some(topic) = text(rest) {
                    about.topics.push(topic);
                    rest = rest.get(topic.len() + 3..).unwrap_or(&[]);
                }
            }
            _ => {}
        }
        about
    }
}

/// A text with its length in front; `None` if it is cut.
fn text(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(2..2 + usize::from(bytes.u16(0)?))
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let kind = ctx.layer_bytes(layer).u8(0).map_or(0, |first| first >> 4);
    let name = name_of(TYPES, kind.into()).unwrap_or("");
    show_as(ctx, layer, format_args!("{}, {name}", PROTOCOL.field.label), v, |w| message(w, version(ctx)))
}

fn message(w: &mut Walk<'_, '_>, version: u8) -> Step {
    let first = w.u8(0)?;
    let kind = first >> 4;
    let name = name_of(TYPES, kind.into()).unwrap_or("");
    w.line(
        &FLAGS,
        0,
        1,
        Value::Uint(first.into()),
        format_args!("Header Flags: 0x{first:02x}, Message Type: {name}"),
    )?;
    let flags: &[&'static Field] =
        if kind == PUBLISH { &[&TYPE, &DUP, &QOS_LEVEL, &RETAIN] } else { &[&TYPE, &RESERVED] };
    w.bits(flags, 0, 1)?;
    let (len, octets) = remaining(w.get(1, w.left() - 1)?).map_err(|_| End::Short)?;
    w.value(&LEN, 1, octets, Value::Uint(len as u64))?;
    w.skip(1 + octets);
    w.get(0, len)?;
    match kind {
        CONNECT => connect(w),
        CONNACK => {
            w.num(&ACK_FLAGS, 0)?;
            w.bits(&[&PRESENT], 0, 1)?;
            w.num(if version == FIFTH { &REASON } else { &CODE }, 1).map(drop)
        }
        PUBLISH => publish(w, first & 0x06 != 0, version),
        PUBACK..=PUBCOMP | UNSUBACK => w.num(&ID, 0).map(drop),
        SUBSCRIBE | UNSUBSCRIBE => {
            w.num(&ID, 0)?;
            w.skip(2);
            properties(w, version)?;
            while w.left() > 0 {
                string(w, &TOPIC_LEN, &TOPIC)?;
                if kind == SUBSCRIBE {
                    w.take(&ASKED, 1)?;
                }
            }
            Ok(())
        }
        SUBACK => {
            w.num(&ID, 0)?;
            w.skip(2);
            properties(w, version)?;
            (0..w.left()).try_for_each(|at| w.num(&GRANTED_QOS, at).map(drop))
        }
        _ => Ok(()),
    }
}

/// Visits a text or bytes, and the length in front.
fn string(w: &mut Walk<'_, '_>, length: &'static Field, field: &'static Field) -> Step {
    let len = w.take(length, 2)?;
    w.get(0, len)?;
    w.take_up_to(field, len)
}

/// Skips the properties, which only version 5 has.
fn properties(w: &mut Walk<'_, '_>, version: u8) -> Step {
    if version == FIFTH {
        let (len, octets) = remaining(w.bytes).map_err(|_| End::Short)?;
        w.text(0, octets + len, format_args!("Properties"))?;
        w.skip(octets + len);
    }
    Ok(())
}

fn connect(w: &mut Walk<'_, '_>) -> Step {
    string(w, &NAME_LEN, &NAME)?;
    let version = w.take(&VERSION, 1)? as u8;
    let flags = w.u8(0)?;
    let names = lazy(|f| {
        let said = [(0x80, ", User Name Flag"), (0x40, ", Password Flag"), (0x20, ", Will Retain")];
        said.into_iter().filter(|(bit, _)| flags & bit != 0).try_for_each(|(_, name)| f.write_str(name))?;
        write!(f, ", QoS Level: {}", name_of(QOS, u64::from(flags >> 3 & 3)).unwrap_or(""))?;
        let rest = [(0x04, ", Will Flag"), (0x02, ", Clean Session Flag")];
        rest.into_iter().filter(|(bit, _)| flags & bit != 0).try_for_each(|(_, name)| f.write_str(name))
    });
    let line = format_args!("Connect Flags: 0x{flags:02x}{names}");
    w.line(&CONNECT_FLAGS, 0, 1, Value::Uint(flags.into()), line)?;
    w.bits(&[&HAS_USER, &HAS_PASSWORD, &WILL_RETAIN, &WILL_QOS, &HAS_WILL, &CLEAN, &CONNECT_RESERVED], 0, 1)?;
    w.skip(1);
    w.take(&KEEP_ALIVE, 2)?;
    properties(w, version)?;
    string(w, &CLIENT_LEN, &CLIENT)?;
    if flags & 0x04 != 0 {
        properties(w, version)?;
        string(w, &WILL_TOPIC_LEN, &WILL_TOPIC)?;
        string(w, &WILL_LEN, &WILL)?;
    }
    if flags & 0x80 != 0 {
        string(w, &USER_LEN, &USER)?;
    }
    if flags & 0x40 != 0 {
        string(w, &PASSWORD_LEN, &PASSWORD)?;
    }
    Ok(())
}

fn publish(w: &mut Walk<'_, '_>, numbered: bool, version: u8) -> Step {
    string(w, &TOPIC_LEN, &TOPIC)?;
    if numbered {
        w.take(&ID, 2)?;
    }
    properties(w, version)?;
    w.take_up_to(&MESSAGE, w.left())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::measured;

    #[test]
    fn a_message_ends_where_its_length_says() {
        assert_eq!(measured(measure, &[0xc0, 0, 0xd0]), Measure::Complete(2));
        let wait = Measure::NeedMore(Need::Bytes(2), BEGUN);
        assert_eq!(measured(measure, &[0x30, 4, 0, 1]), wait);
        assert_eq!(measured(measure, &[0x30, 0x80]), Measure::NeedMore(Need::Segment, BEGUN));
        assert_eq!(measured(measure, &[0x30, 0xff, 0xff, 0xff, 0xff]), Measure::Foreign);
        assert_eq!(measured(measure, &[0x00, 0]), Measure::Foreign);
    }

    #[test]
    fn topics_of_version_5_stand_behind_its_properties() {
        let subscribe = [0x82, 11, 0, 1, 2, 0x0b, 7, 0, 3, b'a', b'/', b'b', 1];
        let about = About::of(&subscribe, SUBSCRIBE, 0x82, FIFTH);
        assert_eq!((about.id, about.topics), (Some(1), vec![b"a/b".as_slice()]));
        assert_eq!(unseen(&subscribe, |w| message(w, FIFTH)), Ok(()));
    }
}
