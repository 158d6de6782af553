//! The answer about browsing: what the captures show of it, with the evidence.

use super::search::has;
use super::{Browsing, Certificate, Hit, Name, Place, Request, Word};
use crate::frame::FrameNo;
use crate::lab::answer::draft::{Draft, count};
use crate::lab::answer::{Confidence, Proof};

/// Names of one kind that the text lists; JSON has more.
const MOST_NAMES: usize = 12;

pub(in crate::lab::answer) const RULE: &str = "Count frames and bytes by what their conversation speaks, and search all payloads, as they were sent, put together and unpacked. TLS and QUIC hide the content, not the name of the server; QUIC is UDP, so a filter for TCP never shows it; `contains` is case sensitive.";

/// The answer where the captures were not searched for browsing.
pub(in crate::lab::answer) fn unread() -> Draft {
    let mut draft = Draft::new();
    draft.head =
        "Cannot tell here: the question has a capture of its own, which `labkit answer` reads.".into();
    draft
}

/// The answer from what was `found`, one entry for each of the `captures`, which are the names of the files.
pub(in crate::lab::answer) fn answer(captures: &[String], found: &[Browsing]) -> Draft {
    let mut draft = Draft::new();
    draft.head = head(found);
    if !found.iter().any(|b| b.is_any() || !b.words.is_empty()) {
        return draft;
    }
    for (i, b) in found.iter().enumerate() {
        let of = match captures.get(i).filter(|_| found.len() > 1) {
            Some(name) => format!("{name}: "),
            None => String::new(),
        };
        let mut lines = Lines { draft: &mut draft, of, capture: i };
        lines.shares(b);
        for word in &b.words {
            lines.word(b, word);
        }
        lines.request(b);
        lines.names(b);
        lines.material(b);
    }
    draft.evidence.sort_by_key(|p| (p.capture, p.frame.0));
    draft
}

impl Browsing {
    /// Whether a word may be in the capture without being readable: in encrypted, compressed or cut content.
    fn hides(&self) -> bool {
        let o = &self.obstacles;
        o.tls + o.quic + o.packed + o.cut > 0
    }
}

/// The first line: which words were found, and whether there is any HTTP.
fn head(found: &[Browsing]) -> String {
    let mut parts = Vec::new();
    let words = found.first().map_or(&[][..], |b| &b.words);
    for (i, word) in words.iter().enumerate() {
        let all = || found.iter().filter_map(|b| b.words.get(i));
        let (exact, other): (u64, u64) = (all().map(|w| w.found).sum(), all().map(|w| w.other_case).sum());
        let what = match (exact, other) {
            (0, 0) if found.iter().any(Browsing::hides) => {
                "cannot be found; some of the content cannot be read".to_string()
            }
            (0, 0) => "is not there".to_string(),
            (0, n) => format!("is there in other case only, in {}", frames(n)),
            (n, _) => format!("was found in {}", frames(n)),
        };
        parts.push(format!("“{}” {what}.", plain(&word.word)));
    }
    let requests: u64 = found.iter().map(|b| b.requests).sum();
    parts.push(match requests {
        0 if !found.iter().any(Browsing::is_any) && words.is_empty() => {
            "Cannot tell: no browsing (HTTP, TLS, QUIC) was captured.".into()
        }
        0 if !found.iter().any(Browsing::is_any) => "There is no browsing here: no HTTP, TLS or QUIC.".into(),
        0 => "There is no HTTP request in the clear: browsers try HTTPS first, and then send none.".into(),
        1 => "Each machine on the way can read one HTTP request.".into(),
        n => format!("Each machine on the way can read {n} HTTP requests."),
    });
    parts.join(" ")
}

/// Such as `1 frame`, `28 frames`.
fn frames(n: u64) -> String {
    count(n, "frame")
}

/// A word that the user looks for, escaped for a terminal.
fn plain(word: &str) -> String {
    super::shown(word.as_bytes())
}

/// Collects the lines and the evidence about one capture.
struct Lines<'d> {
    draft: &'d mut Draft,
    /// What each line begins with: the capture's name, where there are several captures; else nothing.
    of: String,
    capture: usize,
}

impl Lines<'_> {
    fn prove(&mut self, frame: u64, field: &'static str, why: String) {
        self.draft.evidence.push(Proof { capture: self.capture, frame: FrameNo(frame), why, field });
    }

    fn claim(&mut self, line: impl AsRef<str>, confidence: Confidence) {
        self.draft.claim(format!("{}{}", self.of, line.as_ref()), confidence);
    }

    /// Adds a line that the frames show.
    fn proven(&mut self, line: impl AsRef<str>) {
        self.claim(line, Confidence::Proven);
    }

    fn shares(&mut self, b: &Browsing) {
        let total: u64 = b.shares.iter().map(|(_, s)| s.bytes).sum();
        let share = |(speech, s): &(super::Speech, super::Share)| {
            let percent = s.bytes as f64 * 100.0 / total.max(1) as f64;
            format!("{} {}, {} ({percent:.1} %)", speech.name(), frames(s.frames), count(s.bytes, "byte"))
        };
        let shares: Vec<String> = b.shares.iter().map(share).collect();
        if !shares.is_empty() {
            self.proven(format!("By protocol: {}.", shares.join("; ")));
        }
    }

    fn word(&mut self, b: &Browsing, word: &Word) {
        let name = plain(&word.word);
        for hit in &word.hits {
            let field = if hit.tcp { "tcp.payload" } else { "udp.payload" };
            self.prove(hit.frame, field, format!("“{name}” {}", described(hit)));
        }
        let listed: Vec<String> =
            word.hits.iter().take(4).map(|h| format!("frame {} {}", h.frame, described(h))).collect();
        let total = word.found + word.other_case;
        let more = match total.saturating_sub(listed.len() as u64) {
            0 => String::new(),
            n => format!("; and in {n} more"),
        };
        let mut line = match total {
            0 if b.hides() => format!("“{name}”: cannot tell. {}", why_not(b)),
            0 => format!("“{name}” is not there: {}", why_not(b)),
            _ => format!("“{name}”: {}{more}.", listed.join("; ")),
        };
        if word.found == 0 && word.other_case > 0 {
            let plain = word.word.chars().all(|c| c.is_alphanumeric() || c == ' ');
            let pattern = if plain { &name } else { "…" };
            line.push_str(&format!(
                " `contains` is case sensitive, so `frame contains \"{name}\"` matches none of them; `frame matches \"(?i){pattern}\"` ignores case."
            ));
        }
        let named = b.asked.iter().chain(&b.servers).find(|n| has(&n.name, &word.word));
        if let Some(named) = named.filter(|_| total == 0) {
            line.push_str(&format!(" The name {} in frame {} has it.", named.name, named.frame));
        }
        let sure = if total == 0 && b.hides() { Confidence::CannotTell } else { Confidence::Proven };
        self.claim(line, sure);
    }

    fn request(&mut self, b: &Browsing) {
        let Some(r) = &b.request else { return };
        let line = format!("{} {}", r.method, r.target);
        self.prove(
            r.frame,
            "http.request.method",
            format!("the first HTTP request of {}: {line}", b.requests),
        );
        self.proven(format!(
            "The first HTTP request, frame {} (tcp.stream {}, {} to {}): {line}. Each machine on the way can read the path.",
            r.frame, r.stream, r.from, r.to
        ));
        for header in &r.headers {
            if let Some(says) = &header.says {
                self.proven(format!("{}: {} — gives away {says}.", header.name, header.value));
            }
        }
        self.silent(r);
    }

    /// Names the header fields that say nothing about the user, and those that people expect but that are absent.
    fn silent(&mut self, r: &Request) {
        let rest: Vec<&str> =
            r.headers.iter().filter(|h| h.says.is_none()).map(|h| h.name.as_str()).collect();
        if !rest.is_empty() {
            self.proven(format!("Headers that say little about the user: {}.", rest.join(", ")));
        }
        let wanted = ["User-Agent", "Accept-Language", "Cookie", "Referer"];
        let has = |name: &str| r.headers.iter().any(|h| h.name.eq_ignore_ascii_case(name));
        let absent: Vec<&str> = wanted.into_iter().filter(|name| !has(name)).collect();
        if !absent.is_empty() {
            self.proven(format!("Not in this request: {}.", absent.join(", ")));
        }
    }

    fn names(&mut self, b: &Browsing) {
        for (names, what, where_, field) in [
            (&b.asked, "Names asked for in DNS, in the clear", "DNS query for", "dns.qry.name"),
            (
                &b.servers,
                "Server names in TLS (SNI), in the clear although the content is not",
                "server name in TLS:",
                "tls.handshake.extensions_server_name",
            ),
        ] {
            if names.is_empty() {
                continue;
            }
            for name in names.iter().take(MOST_NAMES) {
                self.prove(name.frame, field, format!("{where_} {}", name.name));
            }
            self.proven(format!("{what}: {}.", list(names)));
        }
        for c in b.certificates.iter().take(MOST_NAMES) {
            let text = certificate(c);
            self.prove(c.frame, "tls.handshake.certificate", format!("certificate {text}"));
            self.proven(format!("Certificate in frame {}: {text}.", c.frame));
        }
        if b.certificates.is_empty() && b.obstacles.tls > 0 {
            self.claim(
                "No certificate can be read: TLS 1.3 encrypts it, and a resumed session sends none.",
                Confidence::Inferred,
            );
        }
        if b.further > 0 {
            self.draft
                .remark(format!("{}{} further names and certificates are not listed.", self.of, b.further));
        }
    }

    /// Names facts that may surprise and that the student's own opinion can rest on.
    fn material(&mut self, b: &Browsing) {
        if b.obstacles.quic > 0 {
            self.proven("QUIC runs over UDP: a filter such as tcp or tcp.port == 443 shows nothing of it, and its first packets, which name the server, are not opened here.");
        }
        if b.obstacles.cut > 0 {
            self.proven(format!(
                "The snapshot length has cut {}: capture whole frames to search all of them.",
                frames(b.obstacles.cut)
            ));
        }
    }
}

/// Where a hit is, in brackets after its frame number.
fn described(hit: &Hit) -> String {
    let mut text = String::from("(");
    if let Some(stream) = hit.stream {
        text.push_str(&format!("{}.stream {stream}, ", if hit.tcp { "tcp" } else { "udp" }));
    }
    text.push_str(&format!("{} to {}", hit.from, hit.to));
    match hit.place {
        Place::Payload => {}
        Place::AcrossSegments => {
            text.push_str(", cut by segments, so `contains` finds it only in the reassembled message")
        }
        Place::Decoded => {
            text.push_str(", only after the body is unpacked, so `frame contains` does not find it")
        }
        Place::DnsName => text
            .push_str(", in a DNS name, where lengths stand instead of dots, so `contains` does not find it"),
    }
    if let Some(since) = hit.since {
        text.push_str(&format!(", message begun in frame {since}"));
    }
    if let Some(written) = &hit.written {
        text.push_str(&format!(", written “{written}”"));
    }
    if hit.repeated {
        text.push_str(", sent again");
    }
    text.push(')');
    text
}

/// Why a word that may be there was not found.
fn why_not(b: &Browsing) -> String {
    let o = &b.obstacles;
    let mut reasons = Vec::new();
    if o.tls > 0 {
        reasons.push(format!("{} carry TLS, whose content is encrypted", frames(o.tls)));
    }
    if o.quic > 0 {
        reasons.push(format!("{} carry QUIC, which is encrypted as well", frames(o.quic)));
    }
    if o.packed > 0 {
        let (n, s) = (o.packed, if o.packed == 1 { "y" } else { "ies" });
        reasons.push(format!("{n} HTTP bod{s} under a compression that is not unpacked here (br, zstd)"));
    }
    if o.cut > 0 {
        reasons.push(format!("{} were cut by the snapshot length", frames(o.cut)));
    }
    match reasons.is_empty() {
        true => "nothing here is encrypted or cut, and no packet and no whole HTTP message has it, in capitals or small letters.".into(),
        false => format!(
            "It is not in the bytes that can be read, in capitals or small letters; it may be in those that cannot: {}.",
            reasons.join("; ")
        ),
    }
}

fn list(names: &[Name]) -> String {
    let mut text: Vec<String> =
        names.iter().take(MOST_NAMES).map(|n| format!("{} (frame {})", n.name, n.frame)).collect();
    if names.len() > MOST_NAMES {
        text.push(format!("and {} more", names.len() - MOST_NAMES));
    }
    text.join(", ")
}

fn certificate(c: &Certificate) -> String {
    let mut text = format!("for {}", c.subject.as_deref().unwrap_or("a subject without a common name"));
    if !c.hosts.is_empty() {
        text.push_str(&format!(" (hosts {})", c.hosts.join(", ")));
    }
    if let Some(issuer) = &c.issuer {
        text.push_str(&format!(", issued by {issuer}"));
    }
    text
}
