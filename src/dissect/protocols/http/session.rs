//! What earlier messages of a conversation say about later ones.

use super::head::{Head, Start, number};
use crate::dissect::Proto;
use crate::dissect::facts::{HttpFacts, Tunnel};
use crate::dissect::over_tcp::Memory;

/// What is known about an HTTP conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// A message was seen: what is none is the continuation of one.
    pub(super) seen: bool,
    /// The last request was HEAD.
    pub(super) asked_head: bool,
    /// The last request was CONNECT.
    pub(super) asked_connect: bool,
    tunnel: bool,
    /// What follows instead of HTTP, once the server has agreed to it.
    upgraded: Option<Proto>,
    /// What was said; most conversations on these ports say nothing that is HTTP.
    past: Option<Box<Past>>,
}

/// What earlier messages said.
#[derive(Clone, Debug, Default)]
struct Past {
    /// Where the last CONNECT wanted to go.
    target: Tunnel,
    /// Exchanges so far: requests, and responses that answer none.
    exchanges: u32,
    /// The newest exchange, and the one before.
    last: Exchange,
    before: Exchange,
    /// The whole URI of the last request.
    uri: Vec<u8>,
}

/// A request and its response, as far as they were seen. As in Wireshark, a response answers the newest request.
#[derive(Clone, Copy, Debug, Default)]
struct Exchange {
    /// Its frame and time.
    request: Option<(u64, i64)>,
    /// Its frame.
    response: Option<u64>,
}

/// The other end that a CONNECT names.
fn tunnel_to(target: &[u8]) -> Tunnel {
    let colon = target.iter().rposition(|b| *b == b':').unwrap_or(target.len());
    let (host, port) = target.split_at(colon);
    let port = port.get(1..).and_then(number).and_then(|n| u16::try_from(n).ok());
    Tunnel { host: host.to_vec(), port: port.unwrap_or(0) }
}

/// The protocol that an Upgrade names (RFC 9110, section 7.8); others are nothing but bytes.
fn named(upgrade: &[u8]) -> Proto {
    if upgrade.eq_ignore_ascii_case(b"websocket") { Proto::WebSocket } else { Proto::Data }
}

impl Memory for Session {
    fn upgraded(&self) -> Option<Proto> {
        self.upgraded
    }

    fn tunnel(&self) -> Option<&Tunnel> {
        self.past.as_ref().filter(|_| self.tunnel).map(|past| &past.target)
    }
}

impl Session {
    /// Takes the next message; what the conversation says about it.
    pub(super) fn message(&mut self, head: &Head<'_>, frame: u64, time: i64) -> HttpFacts {
        self.seen = true;
        let past = self.past.get_or_insert_default();
        match head.start {
            Some(Start::Request { method, uri, .. }) => {
                self.asked_head = method.bytes == b"HEAD";
                self.asked_connect = method.bytes == b"CONNECT";
                if head.notifies() {
                    let full = full_uri(method.bytes, head.host, uri.bytes);
                    past.uri = if full.is_empty() { uri.bytes.to_vec() } else { full.clone() };
                    return HttpFacts { uri: full, ..HttpFacts::default() };
                }
                past.target = if self.asked_connect { tunnel_to(uri.bytes) } else { Tunnel::default() };
                past.request(frame, time, full_uri(method.bytes, head.host, uri.bytes))
            }
            Some(Start::Response { .. }) => {
                self.tunnel |= head.code() == Some(200) && self.asked_connect;
                if head.code() == Some(101) {
                    self.upgraded = head.upgrade.map(named);
                }
                past.response(frame, time)
            }
            None => HttpFacts::default(),
        }
    }
}

impl Past {
    fn begin(&mut self) {
        self.exchanges += 1;
        self.before = std::mem::take(&mut self.last);
    }

    fn request(&mut self, frame: u64, time: i64, uri: Vec<u8>) -> HttpFacts {
        self.begin();
        self.last.request = Some((frame, time));
        if !uri.is_empty() {
            self.uri.clone_from(&uri);
        }
        let prev_request = self.before.request.map(|(frame, _)| frame);
        let number = self.exchanges;
        HttpFacts { is_request: true, number, of: number, uri, prev_request, ..HttpFacts::default() }
    }

    fn response(&mut self, frame: u64, time: i64) -> HttpFacts {
        // A second response to the same request, or one whose request was not captured.
        if self.exchanges == 0 || self.last.response.is_some() {
            self.begin();
        }
        self.last.response = Some(frame);
        HttpFacts {
            number: self.exchanges,
            of: self.exchanges,
            request: self.last.request.map(|(asked, at)| (asked, time - at)),
            uri: self.uri.clone(),
            prev_request: self.before.request.map(|(frame, _)| frame),
            prev_response: self.before.response,
            ..HttpFacts::default()
        }
    }
}

/// The whole URI of a request, where the host is known; CONNECT names nothing but a host.
fn full_uri(method: &[u8], host: Option<&[u8]>, uri: &[u8]) -> Vec<u8> {
    let absolute =
        uri.iter().position(|b| *b == b'/').is_some_and(|i| i > 0 && uri.get(i - 1) == Some(&b':'));
    match host {
        _ if absolute => uri.to_vec(),
        Some(_) if method == b"CONNECT" => uri.to_vec(),
        Some(host) => [b"http://", host, uri].concat(),
        None => Vec::new(),
    }
}
