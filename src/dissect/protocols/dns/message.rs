//! The parts of a message: header, questions and resource records (RFC 1035, section 4.1).

use super::fields::*;
use super::name::Name;
use super::names::{self, Type, class_name};
use super::records::{Item, gist_of, shows_owner};
use super::{HEADER, options, rdata};
use crate::dissect::Proto;
use crate::dissect::facts::DnsFacts;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::reading::wording::Lossy;
use crate::field::{Value, name_of};
use std::fmt;

/// Which of the three protocols a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// RFC 1035.
    Dns,
    /// RFC 6762: the first bit of a class is a flag.
    Mdns,
    /// RFC 4795: some flags have another meaning.
    Llmnr,
}

impl Dialect {
    pub(super) fn of(proto: Proto) -> Dialect {
        match proto {
            Proto::Mdns => Dialect::Mdns,
            Proto::Llmnr => Dialect::Llmnr,
            _ => Dialect::Dns,
        }
    }
}

/// How many entries the header of a message says that it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) questions: u16,
    /// Answers, authority and additional records; in an update (RFC 2136): prerequisites, updates and additional
    /// records.
    pub(super) sections: [u16; 3],
}

impl Counts {
    /// The number of records in all three sections.
    pub(super) fn records(self) -> u32 {
        self.sections.iter().map(|n| u32::from(*n)).sum()
    }
}

/// The counts of a message's header.
pub(super) fn header(bytes: &[u8]) -> Step<Counts> {
    let count = |at| bytes.u16(at).ok_or(End::Short);
    Ok(Counts { questions: count(4)?, sections: [count(6)?, count(8)?, count(10)?] })
}

/// A question: the name, type and class that are asked for.
pub(super) struct Question {
    pub(super) name: Name,
    pub(super) ty: u16,
    pub(super) class: u16,
    /// Offset of the first byte after the question.
    pub(super) end: usize,
}

impl Question {
    pub(super) fn read(bytes: &[u8], at: usize) -> Step<Question> {
        let name = Name::read(bytes, at).ok_or(End::Short)?;
        let fixed = at + name.used;
        let (ty, class) = bytes.u16(fixed).zip(bytes.u16(fixed + 2)).ok_or(End::Short)?;
        Ok(Question { name, ty, class, end: fixed + 4 })
    }
}

/// A resource record.
pub(super) struct Record {
    pub(super) name: Name,
    at: usize,
    pub(super) ty: u16,
    pub(super) class: u16,
    /// Offset of the record's data.
    pub(super) data: usize,
    /// Length of the record's data, as the record says.
    pub(super) len: usize,
}

impl Record {
    pub(super) fn read(bytes: &[u8], at: usize) -> Step<Record> {
        let name = Name::read(bytes, at).ok_or(End::Short)?;
        let fixed = at + name.used;
        let (ty, class) = bytes.u16(fixed).zip(bytes.u16(fixed + 2)).ok_or(End::Short)?;
        let len = usize::from(bytes.u16(fixed + 8).ok_or(End::Short)?);
        Ok(Record { name, at, ty, class, data: fixed + 10, len })
    }

    /// Offset of the first byte after the record; may lie beyond the message.
    pub(super) fn end(&self) -> usize {
        self.data + self.len
    }

    /// The values that sum up the record.
    pub(super) fn gist<'a>(&'a self, bytes: &'a [u8]) -> RecordGist<'a> {
        RecordGist { record: self, bytes, brief: false }
    }
}

/// The values that sum up a record, to be formatted for its heading or for the list.
pub(super) struct RecordGist<'a> {
    record: &'a Record,
    bytes: &'a [u8],
    brief: bool,
}

impl RecordGist<'_> {
    /// As the list shows it: the values without words.
    pub(super) fn brief(self) -> Self {
        RecordGist { brief: true, ..self }
    }

    fn item(&self, item: &Item, at: usize, f: &mut fmt::Formatter<'_>) -> Result<Option<usize>, fmt::Error> {
        let bytes = self.bytes;
        Ok(match item {
            Item::Ipv4 => bytes.ipv4(at).map(|ip| write!(f, "{ip}").map(|()| 4)).transpose()?,
            Item::Ipv6 => bytes.ipv6(at).map(|ip| write!(f, "{ip}").map(|()| 16)).transpose()?,
            Item::Num => bytes.u16(at).map(|n| write!(f, "{n}").map(|()| 2)).transpose()?,
            Item::Name => Name::read(bytes, at).map(|n| write!(f, "{n}").map(|()| n.used)).transpose()?,
            Item::Str => {
                let len = bytes.u8(at).map_or(0, usize::from);
                let text = bytes.get(at + 1..at + 1 + len);
                text.map(|t| write!(f, "{}", Lossy(t)).map(|()| 1 + len)).transpose()?
            }
        })
    }

    /// Whether the record has all its values; an incomplete list of them is not shown.
    fn complete(&self, items: &[(&str, Item)], mut at: usize) -> bool {
        items.iter().all(|(_, item)| {
            let len = match item {
                Item::Ipv4 => Some(4),
                Item::Ipv6 => Some(16),
                Item::Num => Some(2),
                Item::Name => Name::read(self.bytes, at).map(|n| n.used),
                Item::Str => self.bytes.u8(at).map(|n| 1 + usize::from(n)),
            };
            at += len.unwrap_or(0);
            len.is_some() && at <= self.bytes.len()
        })
    }
}

impl fmt::Display for RecordGist<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.record;
        if record.len == 0 || record.end() > self.bytes.len() {
            return Ok(());
        }
        if record.ty == 38 {
            return rdata::a6_gist(self.bytes, record, if self.brief { " " } else { ", addr " }, f);
        }
        if shows_owner(record.ty) && self.brief {
            return write!(f, " {}", record.name);
        }
        let gist = gist_of(record.ty);
        let mut at = record.data + gist.skip;
        if !self.complete(gist.items, at) {
            return Ok(());
        }
        for (word, item) in gist.items {
            if self.brief {
                f.write_str(" ")?;
            } else {
                write!(f, ", {word}")?;
            }
            match self.item(item, at, f)? {
                Some(len) => at += len,
                None => break,
            }
        }
        Ok(())
    }
}

/// A message, and the walk that visits it.
pub(super) struct Message<'w, 'a, 'v> {
    pub(super) w: &'w mut Walk<'a, 'v>,
    dialect: Dialect,
    /// How many questions and records the walk has reached; the data of the last one may be incomplete.
    pub(super) begun: u32,
}

impl<'w, 'a, 'v> Message<'w, 'a, 'v> {
    pub(super) fn new(w: &'w mut Walk<'a, 'v>, dialect: Dialect) -> Self {
        Message { w, dialect, begun: 0 }
    }

    /// Visits a whole message without what the conversation knows.
    pub(super) fn alone(mut self) -> Step {
        let end = self.visit(None)?;
        self.rest(end)
    }

    /// Visits the message as far as its records go, and returns the offset behind them; `facts` are what the
    /// conversation adds.
    pub(super) fn visit(&mut self, facts: Option<DnsFacts>) -> Step<usize> {
        let flags = self.w.u16(2)?;
        self.w.num(&ID, 0)?;
        let repeat = match facts {
            Some(DnsFacts::RepeatedQuery(frame)) => Some((
                &RETRANSMIT_REQUEST,
                format!("DNS query retransmission. Original request in frame {frame}"),
            )),
            Some(DnsFacts::RepeatedAnswer(frame)) => Some((
                &RETRANSMIT_RESPONSE,
                format!("DNS response retransmission. Original response in frame {frame}"),
            )),
            _ => None,
        };
        if let Some((field, text)) = repeat {
            self.w.remark(field, 0, 2, Severity::Warning, Group::Protocol, &text)?;
        }
        self.flags(flags)?;
        let update = flags >> 11 & 15 == 5;
        self.w.num(if update { &COUNT_ZONES } else { &COUNT_QUERIES }, 4)?;
        self.w.num(if update { &COUNT_PREREQUISITES } else { &COUNT_ANSWERS }, 6)?;
        self.w.num(if update { &COUNT_UPDATES } else { &COUNT_AUTH_RR }, 8)?;
        self.w.num(&COUNT_ADD_RR, 10)?;
        let counts = header(self.w.bytes)?;
        if flags >> 11 & 15 == 6 && counts.questions == 0 && counts.records() == 0 {
            options::stateful(self.w)?;
            return Ok(self.w.bytes.len());
        }
        let mut at = HEADER;
        if counts.questions > 0 {
            at = self.questions(counts.questions, if update { "Zone" } else { "Queries" }, at)?;
        }
        let titles = match update {
            true => ["Prerequisites", "Updates", "Additional records"],
            false => ["Answers", "Authoritative nameservers", "Additional records"],
        };
        for (title, count) in titles.into_iter().zip(counts.sections).filter(|(_, n)| *n > 0) {
            at = self.section(title, count, at)?;
        }
        Ok(at)
    }

    fn flags(&mut self, flags: u16) -> Step {
        let opcode = name_of(names::OPCODES, u64::from(flags >> 11 & 15)).unwrap_or("Unknown operation");
        let rcode = name_of(names::RCODES, u64::from(flags & 15)).unwrap_or("Unknown error");
        let response = flags & 0x8000 != 0;
        let value = Value::Uint(flags.into());
        if response {
            let text = format_args!("Flags: 0x{flags:04x} {opcode} response, {rcode}");
            self.w.line(&FLAGS, 2, 2, value, text)?;
        } else {
            self.w.line(&FLAGS, 2, 2, value, format_args!("Flags: 0x{flags:04x} {opcode}"))?;
        }
        self.w.open();
        self.w.num(&FLAGS_RESPONSE, 2)?;
        self.w.num(&FLAGS_OPCODE, 2)?;
        if self.dialect == Dialect::Llmnr {
            self.llmnr_flags(flags)?;
        } else {
            if response {
                self.w.num(&FLAGS_AUTHORITATIVE, 2)?;
            }
            self.w.num(&FLAGS_TRUNCATED, 2)?;
            self.w.num(&FLAGS_RECDESIRED, 2)?;
            if response {
                self.w.num(&FLAGS_RECAVAIL, 2)?;
            }
            self.w.num(&FLAGS_Z, 2)?;
            if response {
                self.w.num(&FLAGS_AUTHENTICATED, 2)?;
            } else if flags & 0x20 != 0 {
                let text = format_args!(".... .... ..1. .... = AD bit: Set");
                self.w.line(&FLAGS_AUTHENTICATED, 2, 2, Value::Bool(true), text)?;
            }
            self.w.num(&FLAGS_CHECKDISABLE, 2)?;
        }
        if response {
            self.w.num(&FLAGS_RCODE, 2)?;
        }
        self.w.close();
        Ok(())
    }

    fn llmnr_flags(&mut self, flags: u16) -> Step {
        let conflict = flags & 0x400 != 0;
        let meaning = match (flags & 0x8000 != 0, conflict) {
            (false, false) => "None",
            (false, true) => "The sender received multiple responses",
            (true, false) => "The name is considered unique",
            (true, true) => "The name is not considered unique",
        };
        let bit = u8::from(conflict);
        let text = format_args!(".... .{bit}.. .... .... = Conflict: {meaning}");
        self.w.line(&FLAGS_CONFLICT, 2, 2, Value::Bool(conflict), text)?;
        self.w.num(&FLAGS_TRUNCATED, 2)?;
        self.w.num(&FLAGS_TENTATIVE, 2)?;
        Ok(())
    }

    fn questions(&mut self, count: u16, title: &str, start: usize) -> Step<usize> {
        let w = &mut *self.w;
        w.text(start, 0, format_args!("{title}"))?;
        w.open();
        let mut at = start;
        for _ in 0..count {
            let question = Question::read(w.bytes, at)?;
            self.begun += 1;
            let Question { name, ty, class, end } = question;
            let (len, labels) = (name.text().len() as u64, name.labels() as u64);
            let (class, unicast) = split_class(self.dialect, class);
            let kind = match (self.dialect, unicast) {
                (Dialect::Mdns, true) => ", \"QU\" question",
                (Dialect::Mdns, false) => ", \"QM\" question",
                _ => "",
            };
            let text = format_args!("{name}: type {}, class {}{kind}", Type(ty), class_name(class));
            w.text(at, end - at, text)?;
            w.open();
            let text = format_args!("Name: {name}");
            w.line(&QRY_NAME, at, name.used, Value::Text(name.text()), text)?;
            w.value(&QRY_NAME_LEN, at, name.used, Value::Uint(len))?;
            w.value(&COUNT_LABELS, at, name.used, Value::Uint(labels))?;
            w.num(&QRY_TYPE, end - 4)?;
            if self.dialect == Dialect::Mdns {
                masked_class(w, &QRY_CLASS, end - 2, class)?;
                w.num(&QRY_QU, end - 2)?;
            } else {
                w.num(&QRY_CLASS, end - 2)?;
            }
            w.close();
            at = end;
        }
        w.close();
        Ok(at)
    }

    fn section(&mut self, title: &str, count: u16, start: usize) -> Step<usize> {
        self.w.text(start, 0, format_args!("{title}"))?;
        self.w.open();
        let mut at = start;
        for _ in 0..count {
            let record = Record::read(self.w.bytes, at)?;
            self.begun += 1;
            self.w.get(record.data, record.len)?;
            self.record(&record)?;
            at = record.end();
        }
        self.w.close();
        Ok(at)
    }

    fn record(&mut self, record: &Record) -> Step {
        let (at, ty, name) = (record.at, record.ty, &record.name);
        let (class, flush) = split_class(self.dialect, record.class);
        let gist = record.gist(self.w.bytes);
        let len = record.end() - at;
        if ty == 41 {
            self.w.text(at, len, format_args!("{name}: type OPT"))?;
        } else {
            let flush = if flush { ", cache flush" } else { "" };
            let class = class_name(class);
            self.w.text(at, len, format_args!("{name}: type {}, class {class}{flush}{gist}", Type(ty)))?;
        }
        self.w.open();
        if ty == 33 {
            self.service_name(record)?;
        } else {
            let text = format_args!("Name: {name}");
            self.w.line(&RESP_NAME, at, name.used, Value::Text(name.text()), text)?;
        }
        let fixed = record.data - 10;
        self.w.num(&RESP_TYPE, fixed)?;
        if ty == 41 {
            rdata::opt_header(self.w, fixed, self.dialect == Dialect::Mdns)?;
        } else if self.dialect == Dialect::Mdns {
            masked_class(self.w, &RESP_CLASS, fixed + 2, class)?;
            self.w.num(&RESP_CACHE_FLUSH, fixed + 2)?;
        } else {
            self.w.num(&RESP_CLASS, fixed + 2)?;
        }
        if ty != 41 {
            self.w.secs(&RESP_TTL, fixed + 4)?;
        }
        self.w.num(&RESP_LEN, fixed + 8)?;
        if record.len > 0 {
            rdata::data(self.w, record)?;
        }
        self.w.close();
        Ok(())
    }

    /// Visits the owner of an SRV record: service, protocol and the remainder are fields of their own (RFC 2782).
    fn service_name(&mut self, record: &Record) -> Step {
        let mut parts = record.name.text().splitn(3, |b| *b == b'.');
        for field in [&SRV_SERVICE, &SRV_PROTO, &SRV_NAME] {
            let Some(part) = parts.next() else { break };
            let text = format_args!("{}: {}", field.label, Lossy(part));
            self.w.line(field, record.at, record.name.used, Value::Text(part), text)?;
        }
        Ok(())
    }

    /// Visits the bytes behind the last record, if there are any.
    pub(super) fn rest(&mut self, at: usize) -> Step {
        let len = self.w.bytes.len().checked_sub(at).ok_or(End::Short)?;
        if len == 0 {
            return Ok(());
        }
        self.w.text(at, len, format_args!("Extraneous Data ({len} bytes)"))?;
        self.w.open();
        self.w.bytes(&EXTRANEOUS_DATA, at, len)?;
        self.w.value(&EXTRANEOUS_LENGTH, at, len, Value::Int(len as i64))?;
        let text = EXTRANEOUS.label;
        self.w.remark_unseen(&EXTRANEOUS, at, len, Severity::Note, Group::Undecoded, text)?;
        self.w.close();
        Ok(())
    }
}

/// Splits a class from the flag that mDNS keeps in its first bit.
fn split_class(dialect: Dialect, class: u16) -> (u16, bool) {
    match dialect {
        Dialect::Mdns => (class & 0x7fff, class & 0x8000 != 0),
        _ => (class, false),
    }
}

/// A class of fifteen bits.
fn masked_class(w: &mut Walk<'_, '_>, field: &'static crate::field::Field, at: usize, class: u16) -> Step {
    let (a, b, c, d) = (class >> 12 & 7, class >> 8 & 15, class >> 4 & 15, class & 15);
    let name = class_name(class);
    let text = format_args!(".{a:03b} {b:04b} {c:04b} {d:04b} = Class: {name} (0x{class:04x})");
    w.line(field, at, 2, Value::Uint(class.into()), text)
}
