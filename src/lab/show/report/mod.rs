//! The write-up as one document: answers with their evidence, exchanges, filters, packets, and the captures they come
//! from.

mod head;
mod html;
mod markdown;
mod packets;
mod page;
mod words;

pub use head::{Answers, Head};
pub use packets::{Choice, MOST, Packets};

use crate::capture::info::Info;
use crate::filter::{between, to_capture};
use crate::frame::{FrameNo, Timestamp};
use crate::lab::answer::{self, Report};
use crate::lab::definition::Role;
use crate::lab::evidence::exchange::{Exchange, Side};
use crate::text::{Push as _, harmless, seconds, written};
use std::io::{self, Write};

/// The most exchanges that are drawn and tabulated.
const DRAWN: usize = 12;
/// The most exchanges that are named; further ones are only counted.
const EXCHANGES: usize = 50;

/// A capture that the write-up rests on.
pub struct Origin {
    /// The capture as the user named it.
    pub name: String,
    /// What the file says about itself.
    pub info: Info,
    /// Number of frames in it.
    pub frames: u64,
    /// Number of frames that the snapshot length cut.
    pub cut: u64,
    /// Times of its first and its last frame; `None` without times.
    pub span: Option<(Timestamp, Timestamp)>,
    /// SHA-256 of the file, in hexadecimal; `None` for standard input.
    pub sha256: Option<String>,
    /// Why it could not be read to its end; `None` if it was.
    pub damage: Option<String>,
}

/// Everything that a write-up holds.
pub struct Document<'a> {
    /// Heading.
    pub title: &'a str,
    /// Author and grades.
    pub head: Head,
    /// TCP port of the receiver.
    pub port: u16,
    /// Exchanges, answers and notes.
    pub report: &'a Report,
    /// The captures.
    pub origins: &'a [Origin],
    /// Their packets; empty for a format that does not show them.
    pub packets: Packets,
}

impl Document<'_> {
    /// Writes one self-contained HTML page.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn html(&self, out: &mut dyn Write) -> io::Result<()> {
        html::write(self, out)
    }

    /// Writes Markdown.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        markdown::write(self, out)
    }

    /// A text of the write-up's own, in the words of the lab.
    fn say(&self, text: &str) -> String {
        self.report.phrases.say(text)
    }

    /// The title of the page in a browser's tab: the author or the captures, then the heading.
    fn full_title(&self) -> String {
        let names: Vec<&str> = self.origins.iter().map(|o| o.name.as_str()).collect();
        let whose = self.head.name.as_deref().map_or_else(|| names.join(", "), harmless);
        format!("{whose} – {}", self.title)
    }

    /// Display filter and capture filter for the packets between host and guest, or client and server; `None` without
    /// an exchange.
    fn filters(&self) -> Option<(String, String)> {
        let x = self.report.exchanges.first()?;
        let (mut a, mut b) = (x.end(Side::Client).ip, x.end(Side::Server).ip);
        if self.report.roles.of(b) == Some(Role::Host) {
            (a, b) = (b, a);
        }
        let display = between(a, b, self.port)?;
        let capture = to_capture(&display)?;
        Some((display, capture))
    }

    /// The link to a frame; `None` if the page does not hold it.
    fn link(&self, capture: usize, frame: FrameNo) -> Option<String> {
        self.packets.has(capture, frame).then(|| format!("#packet-{capture}-{frame}"))
    }

    /// Name of an exchange's capture; empty if there is only one capture.
    fn capture_of(&self, x: &Exchange) -> &str {
        match self.origins {
            [_] => "",
            all => all.get(x.capture).map_or("", |o| o.name.as_str()),
        }
    }

    /// The place of a piece of evidence: its frame, and the capture if there are several.
    fn place(&self, proof: &answer::Proof) -> String {
        let frame = self.say(&words::frame(&proof.frame.to_string()));
        match self.origins {
            [_] => frame,
            all => format!("{}, {frame}", all.get(proof.capture).map_or("?", |o| &o.name)),
        }
    }
}

impl Origin {
    /// Facts about the capture, each with its label: format, machine, adapter, and what was lost; labkit's own words in
    /// the words of `say`.
    fn facts(&self, say: &dyn Fn(&str) -> String) -> Vec<(String, String)> {
        let format = if self.info.format.is_classic() { "pcap" } else { "pcapng" };
        let frames = say(&words::frames(self.frames, self.cut));
        let mut facts = vec![(words::FRAMES, frames), (words::FORMAT, format.into())];
        facts.extend(self.sha256.iter().map(|hash| (words::SHA_256, hash.clone())));
        facts.extend(self.span.map(|(first, last)| (words::CAPTURED, say(&span(first, last)))));
        let section = self.info.sections.first();
        let of =
            |get: fn(&crate::capture::info::Section) -> &Option<String>| section.and_then(|s| get(s).clone());
        facts.extend(of(|s| &s.hardware).map(|text| (words::MACHINE, text)));
        facts.extend(of(|s| &s.os).map(|text| (words::OPERATING_SYSTEM, text)));
        facts.extend(of(|s| &s.application).map(|text| (words::CAPTURED_WITH, text)));
        for i in self.info.interfaces.iter().take(16) {
            let mut text = i.name.clone().unwrap_or_else(|| say(&words::interface(i.id)));
            if let Some(description) = &i.description {
                text.push_str(&format!(" ({description})"));
            }
            if let Some(filter) = &i.filter {
                text.push_str(&say(words::WITH_FILTER).replace("{1}", filter));
            }
            facts.push((words::ADAPTER, text));
            let lost = i.statistics.map(|s| [s.dropped, s.os_dropped]);
            if let Some(lost) = lost.filter(|l| l.iter().any(Option::is_some)) {
                let lost = lost.iter().flatten().fold(0, |sum: u64, n| sum.saturating_add(*n));
                facts.push((words::DROPPED, say(&words::dropped(lost))));
            }
        }
        facts.extend(self.damage.iter().map(|text| (words::DAMAGED, text.replace('\n', " "))));
        // A capture may come from anywhere, so its texts are escaped.
        facts.into_iter().map(|(what, text)| (say(what), visible(&text))).collect()
    }
}

/// Beginning, end and length of the time in words.
fn span(first: Timestamp, last: Timestamp) -> String {
    let moment = |t: Timestamp| {
        let moment = jiff::Timestamp::from_nanosecond(t.nanos().into()).ok();
        moment.map_or_else(String::new, |m| m.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
    };
    words::span(&moment(first), &moment(last), &seconds(last.nanos().saturating_sub(first.nanos())))
}

/// Text escaped for a terminal.
fn visible(text: &str) -> String {
    written(|line| line.escaped(text.as_bytes()))
}
