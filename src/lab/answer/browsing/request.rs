//! The first HTTP request: its header fields, and what each of them gives away.

use super::search::ends;
use super::{Browsing, agent, shown};
use crate::dissect::{Proto, ProtoSet, Visited};
use crate::field::{At, Field, Value, Visit};
use crate::packet::Packet;
use serde::Serialize;

/// Header fields of the request that are kept.
const MOST_HEADERS: usize = 40;

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Its name, as it was sent.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What a reader on the path learns from it; `None` if that is nothing about the user.
    pub says: Option<String>,
}

/// An HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Number of the frame in which it ends.
    pub frame: u64,
    /// `tcp.stream`.
    pub stream: u32,
    /// Address and port of the sender.
    pub from: String,
    /// Address and port of the receiver.
    pub to: String,
    /// Method, such as GET.
    pub method: String,
    /// Target, as it was sent: path and query.
    pub target: String,
    /// Header fields, in the order of the request.
    pub headers: Vec<Header>,
}

/// Adds the HTTP messages of a packet to `found`: counts, and the first request.
pub(super) fn read(packet: &Packet<'_>, found: &mut Browsing) {
    let mut v = Messages { requests: 0, packed: false, keep: found.request.is_none(), request: None };
    let _ = packet.walk(ProtoSet::default().with(Proto::Http), &mut v);
    found.requests += v.requests;
    found.obstacles.packed += u64::from(v.packed);
    if let Some(mut request) = v.request {
        request.frame = packet.context.frame.no.0;
        request.stream = packet.context.facts.tcp.map_or(0, |t| t.stream);
        (request.from, request.to) = ends(packet);
        found.request = Some(request);
    }
}

struct Messages {
    requests: u64,
    packed: bool,
    /// Whether no request was kept before this packet.
    keep: bool,
    request: Option<Request>,
}

impl Visit for Messages {
    fn field(&mut self, field: &'static Field, _: At, value: Value<'_>) -> Visited {
        let Value::Text(text) = value else { return Visited::Continue(()) };
        // Of several requests in one frame, the first is described.
        let first = self.requests <= 1 && self.keep;
        match field.name {
            "http.request.method" => {
                self.requests += 1;
                if self.requests == 1 && self.keep {
                    self.request = Some(Request { method: shown(text), ..Request::default() });
                }
            }
            "http.request.uri" if first => {
                self.request.iter_mut().for_each(|r| r.target = shown(text));
            }
            "http.request.line" if first => {
                if let Some(request) = self.request.as_mut().filter(|r| r.headers.len() < MOST_HEADERS) {
                    request.headers.extend(header(text));
                }
            }
            "http.content_encoding" => {
                let known = ["gzip", "x-gzip", "deflate", "identity"];
                self.packed |= !known.iter().any(|k| text.eq_ignore_ascii_case(k.as_bytes()));
            }
            _ => {}
        }
        Visited::Continue(())
    }
}

fn header(line: &[u8]) -> Option<Header> {
    let colon = line.iter().position(|b| *b == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let value = value.get(1..)?.trim_ascii();
    let (name, says) = (shown(name), says(name, value));
    Some(Header { name, value: shown(value), says })
}

/// What a header field gives away to a reader on the path; `None` if that is nothing about the user.
fn says(name: &[u8], value: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    let fixed = match name.as_str() {
        "host" => "the site that is visited",
        "cookie" => {
            "what the site has stored in the browser: with a copy of it, anyone can pass for the user"
        }
        "authorization" | "proxy-authorization" => {
            "credentials; under Basic they are name and password, merely encoded in Base64"
        }
        "referer" | "origin" => "the page from which the user comes",
        "dnt" | "sec-gpc" => "that the user asks not to be tracked",
        "if-modified-since" | "if-none-match" => "that the page was visited before",
        "x-forwarded-for" | "forwarded" => "the address behind a proxy",
        "via" => "a proxy on the way",
        "upgrade-insecure-requests" => "that the browser would rather have TLS",
        "range" => "which part of a file is fetched",
        "accept-encoding" => {
            "which compression the reply may have: a compressed body hides words from `contains`"
        }
        "accept" => "which kinds of content the program takes; browsers differ in it",
        "from" => "an e-mail address",
        "user-agent" => return Some(agent::says(&String::from_utf8_lossy(value))),
        "accept-language" => return Some(language(&String::from_utf8_lossy(value))),
        name if name.starts_with("sec-ch-ua") => "browser and system, once more",
        _ => return None,
    };
    Some(fixed.to_string())
}

fn language(value: &str) -> String {
    let preferred = value.split([',', ';']).next().unwrap_or("").trim();
    let mut parts = preferred.split(['-', '_']);
    let (first, region) = (parts.next().unwrap_or(""), parts.next_back());
    match region {
        Some(region) => {
            format!(
                "the user's languages, first {}, and a hint at the country: {}",
                shown(first.as_bytes()),
                shown(region.as_bytes())
            )
        }
        None => format!("the user's languages, first {}", shown(first.as_bytes())),
    }
}
