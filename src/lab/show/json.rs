//! `answer --format json`: the exchanges and the answers as one object.

use crate::lab::answer::browsing::Browsing;
use crate::lab::answer::{Answer, Report};
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::contradiction::Contradiction;
use crate::lab::evidence::errors::IcmpError;
use crate::lab::evidence::exchange::{Exchange, Side};
use crate::lab::evidence::vantage::{Pair, Vantage};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Document<'a> {
    lab: &'a str,
    captures: &'a [String],
    /// For each capture, the number of connections beyond the exchanges; left out if there are none.
    #[serde(skip_serializing_if = "none")]
    further: &'a [u64],
    exchanges: Vec<Row<'a>>,
    answers: Vec<AnswerRow<'a>>,
    /// Connections that two captures hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    same_connection: Vec<Same>,
    /// What each capture shows of browsing.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    browsing: &'a [Browsing],
}

#[derive(Serialize)]
struct Row<'a> {
    capture: usize,
    stream: u32,
    outcome: &'static str,
    client: End,
    server: End,
    /// Number of all packets; left out if all are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    packets: Option<usize>,
    frames: Vec<u64>,
    handshake: Vec<u64>,
    message: Text,
    receipt: Text,
    after_receipt: Text,
    marker: Vec<u64>,
    fin: Vec<u64>,
    rst: Vec<u64>,
    retransmitted: Vec<u64>,
    packets_before_message: Option<usize>,
    packets_before_receipt: Option<usize>,
    packets_between: Option<usize>,
    packets_after_receipt: Option<usize>,
    mss: Mss,
    max_payload: Option<u32>,
    first_fin: Option<&'static str>,
    contradicted: Vec<Why<'a>>,
    error: Option<Error>,
    findings: Vec<Habit<'a>>,
    missing: Vec<String>,
}

/// A packet that other packets prove false or without effect.
#[derive(Serialize)]
struct Why<'a> {
    frame: u64,
    why: &'a str,
}

/// An ICMP error about the connection.
#[derive(Serialize)]
struct Error {
    frame: u64,
    from: String,
    #[serde(rename = "type")]
    kind: u8,
    code: u8,
    says: String,
}

/// A finding about a program.
#[derive(Serialize)]
struct Habit<'a> {
    id: &'a str,
    frames: Vec<u64>,
    says: &'a str,
}

#[derive(Serialize)]
struct End {
    role: &'static str,
    ip: String,
    port: u16,
}

#[derive(Serialize)]
struct Text {
    frames: Vec<u64>,
    bytes: Option<u64>,
    text: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

#[derive(Serialize)]
struct Mss {
    client: Option<u16>,
    server: Option<u16>,
}

/// One connection in two captures; pairs hold the value of the first and of the second.
#[derive(Serialize)]
struct Same {
    captures: [usize; 2],
    streams: [u32; 2],
    clock_offset_ns: Option<i64>,
    travel_ns: Option<i64>,
    packets: Vec<Both>,
}

#[derive(Serialize)]
struct Both {
    from: &'static str,
    frames: [Option<u64>; 2],
    apart_ns: Option<i64>,
}

#[derive(Serialize)]
struct AnswerRow<'a> {
    id: &'a str,
    question: &'a str,
    answer: &'a str,
    rule: &'a str,
    evidence: Vec<Proof<'a>>,
    confidence: &'static str,
}

#[derive(Serialize)]
struct Proof<'a> {
    capture: usize,
    frame: u64,
    why: &'a str,
}

/// Writes the report as JSON, with a newline at its end.
///
/// # Errors
/// When the output cannot be written.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        lab: &report.lab,
        captures: &report.captures,
        further: &report.further,
        exchanges: report.exchanges.iter().map(|x| row(x, &report.roles)).collect(),
        answers: report.answers.iter().map(answer).collect(),
        same_connection: report.vantages.iter().filter_map(|v| same(report, v)).collect(),
        browsing: &report.browsing,
    };
    let json = serde_json::to_string_pretty(&document)?;
    out.write_all(plain(&json).as_bytes())?;
    out.write_all(b"\n")
}

/// Escapes the characters that a terminal acts upon besides C0 controls, which JSON escapes itself. Such characters
/// occur inside strings only.
fn plain(json: &str) -> String {
    let acts = |c: char| matches!(c as u32, 0x7f..=0x9f | 0x061c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe007f);
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn none(further: &&[u64]) -> bool {
    further.iter().all(|n| *n == 0)
}

fn row<'a>(x: &'a Exchange, roles: &Roles) -> Row<'a> {
    let numbers = |positions: &[usize]| x.frames(positions).iter().map(|f| f.0).collect::<Vec<u64>>();
    let end = |side| {
        let end = x.end(side);
        End { role: roles.name(x, side), ip: end.ip.to_string(), port: end.port }
    };
    let mss = |side| x.offer(side).and_then(|o| o.mss);
    Row {
        capture: x.capture,
        stream: x.conversation.stream,
        outcome: x.outcome.name(),
        client: end(Side::Client),
        server: end(Side::Server),
        packets: (x.conversation.segments.left_out() > 0).then(|| x.count()),
        frames: x.conversation.segments.iter().map(|s| s.frame.0).collect(),
        handshake: numbers(&x.handshake),
        message: text(numbers(&x.message), x.length(Side::Client), x.text(Side::Client)),
        receipt: text(numbers(&x.receipt), x.receipt_len(), x.receipt_text()),
        after_receipt: text(numbers(&x.after_receipt), x.after_len(), x.after_text()),
        marker: numbers(&x.marker),
        fin: numbers(&x.fin),
        rst: numbers(&x.rst),
        retransmitted: numbers(&x.repeats),
        packets_before_message: x.before_message(),
        packets_before_receipt: x.before_receipt(),
        packets_between: x.between(),
        packets_after_receipt: x.packets_after_receipt(),
        mss: Mss { client: mss(Side::Client), server: mss(Side::Server) },
        max_payload: x.segment_room().map(|r| r.payload),
        first_fin: x.fin.first().and_then(|p| x.at(*p)).map(|s| x.side(s).name()),
        contradicted: x.contradicted.iter().map(|c| why(x, c)).collect(),
        error: x.error().map(|e| error(x, e, roles)),
        findings: x
            .findings
            .iter()
            .map(|f| Habit { id: f.id, frames: numbers(&f.positions), says: &f.says })
            .collect(),
        missing: x.missing(),
    }
}

fn why<'a>(x: &Exchange, c: &'a Contradiction) -> Why<'a> {
    Why { frame: x.at(c.position).map_or(0, |s| s.frame.0), why: &c.why }
}

fn error(x: &Exchange, e: &IcmpError, roles: &Roles) -> Error {
    let says = x.error_says(roles).unwrap_or_default();
    Error { frame: e.frame.0, from: e.from.to_string(), kind: e.kind, code: e.code, says }
}

fn text(frames: Vec<u64>, bytes: Option<u64>, kept: Option<Vec<u8>>) -> Text {
    let truncated = bytes.zip(kept.as_ref()).is_some_and(|(n, kept)| n > kept.len() as u64);
    let text = kept.map(|kept| {
        // The cut may have split a character, whose first bytes are left out.
        let kept = if truncated { whole_characters(&kept) } else { &kept };
        String::from_utf8_lossy(kept).into_owned()
    });
    Text { frames, bytes, truncated: truncated && text.is_some(), text }
}

/// `bytes` without the beginning of a character that is cut off at their end.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(e) if e.error_len().is_none() => bytes.get(..e.valid_up_to()).unwrap_or(bytes),
        _ => bytes,
    }
}

fn same(report: &Report, v: &Vantage) -> Option<Same> {
    let (a, b) = (report.exchanges.get(v.first)?, report.exchanges.get(v.second)?);
    let number = |x: &Exchange, at: Option<usize>| Some(x.at(at?)?.frame.0);
    let packet = |p: &Pair| Both {
        from: p.side.name(),
        frames: [number(a, p.first), number(b, p.second)],
        apart_ns: p.apart,
    };
    Some(Same {
        captures: [a.capture, b.capture],
        streams: [a.conversation.stream, b.conversation.stream],
        clock_offset_ns: v.clocks.map(|c| c.offset),
        travel_ns: v.clocks.and_then(|c| c.travel),
        packets: v.pairs.iter().map(packet).collect(),
    })
}

fn answer(a: &Answer) -> AnswerRow<'_> {
    let proofs = a.evidence.iter().map(|e| Proof { capture: e.capture, frame: e.frame.0, why: &e.why });
    AnswerRow {
        id: &a.id,
        question: &a.question,
        answer: &a.answer,
        rule: &a.rule,
        evidence: proofs.collect(),
        confidence: a.confidence.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::answer::{Capture, report};
    use crate::lab::definition::Lab;
    use crate::lab::evidence::handmade::{PORT, Wire};

    fn json(wire: &Wire) -> (String, serde_json::Value) {
        let capture = Capture { name: "a.pcapng".into(), evidence: wire.evidence(), names: Vec::new() };
        let mut out = Vec::new();
        write(&report(&Lab::built_in(), PORT, vec![capture], (None, None)), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let value = serde_json::from_str(&text).unwrap();
        (text, value)
    }

    #[test]
    fn an_exchange_has_exactly_these_keys_in_this_order() {
        let (text, _) = json(&Wire::whole(b"hi"));
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let expected = r##"{"lab":"unsecure-tcp","captures":["a.pcapng"],"exchanges":[{"capture":0,"stream":0,"outcome":"confirmed","client":{"role":"host","ip":"192.168.56.1","port":44150},"server":{"role":"guest","ip":"192.168.56.101","port":65432},"frames":[1,2,3,4,5,6,7,8,9,10],"handshake":[1,2,3],"message":{"frames":[4],"bytes":2,"text":"hi"},"receipt":{"frames":[6],"bytes":9,"text":"#<<END>>#"},"after_receipt":{"frames":[],"bytes":0,"text":""},"marker":[6],"fin":[8,9],"rst":[],"retransmitted":[],"packets_before_message":3,"packets_before_receipt":5,"packets_between":1,"packets_after_receipt":4,"mss":{"client":1460,"server":1460},"max_payload":1448,"first_fin":"client","contradicted":[],"error":null,"findings":[],"missing":[]}],"answers":[{"id":"Q1","question":"##;
        assert!(compact.starts_with(expected), "{compact}");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        let mut wire = Wire::new();
        let text = "€".repeat(6000);
        let (mut at, bytes) = (1, text.as_bytes());
        wire.open();
        for part in bytes.chunks(1448) {
            wire.c("A", at, 1, part);
            at += part.len() as u32;
        }
        let (_, v) = json(&wire);
        let message = &v["exchanges"][0]["message"];
        assert_eq!((&message["bytes"], &message["truncated"]), (&18_000.into(), &true.into()));
        assert_eq!(message["text"].as_str().unwrap().len(), 16_383);
    }

    #[test]
    fn no_character_that_a_terminal_acts_upon_gets_through() {
        let (text, v) = json(&Wire::whole("a\u{1b}\u{9b}\u{202e}b".as_bytes()));
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']));
        assert_eq!(v["exchanges"][0]["message"]["text"], "a\u{1b}\u{9b}\u{202e}b");
    }

    #[test]
    fn whatever_is_null_has_a_reason() {
        let mut refused = Wire::new();
        refused.c("S", 0, 0, b"").s("RA", 0, 1, b"");
        let mut late = Wire::new();
        late.talk(b"hi");
        for wire in [refused, late] {
            let (_, v) = json(&wire);
            assert!(!v["exchanges"][0]["missing"].as_array().unwrap().is_empty());
        }
    }
}
