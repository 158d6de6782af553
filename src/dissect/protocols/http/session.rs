//! What an HTTP conversation remembers for its later messages.

use super::head::{Head, Start, number};
use crate::dissect::Proto;
use crate::dissect::facts::{HttpFacts, Tunnel};
use crate::dissect::over_tcp::Memory;

/// The state of an HTTP conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// Whether a message was seen. From then on, bytes that are no message are the continuation of one.
    pub(super) seen: bool,
    /// Whether the last request was HEAD.
    pub(super) asked_head: bool,
    /// Whether the last request was CONNECT.
    pub(super) asked_connect: bool,
    tunnel: bool,
    /// The protocol that follows HTTP, once the server has agreed to the Upgrade.
    upgraded: Option<Proto>,
    /// What earlier messages said; `None` for most conversations on these ports, which are not HTTP.
    past: Option<Box<Past>>,
}

/// What earlier messages said.
#[derive(Clone, Debug, Default)]
struct Past {
    /// The destination of the last CONNECT.
    target: Tunnel,
    /// The number of exchanges so far: requests, and responses without a request.
    exchanges: u32,
    /// The last exchange, and the one before it.
    last: Exchange,
    before: Exchange,
    /// The full URI of the last request.
    uri: Vec<u8>,
}

/// A request and its response, as far as they were seen. As in Wireshark, a response answers the last request.
#[derive(Clone, Copy, Debug, Default)]
struct Exchange {
    /// Frame and time of the request.
    request: Option<(u64, i64)>,
    /// Frame of the response.
    response: Option<u64>,
}

/// The destination that a CONNECT names.
fn tunnel_to(target: &[u8]) -> Tunnel {
    let colon = target.iter().rposition(|b| *b == b':').unwrap_or(target.len());
    let (host, port) = target.split_at(colon);
    let port = port.get(1..).and_then(number).and_then(|n| u16::try_from(n).ok());
    Tunnel { host: host.to_vec(), port: port.unwrap_or(0) }
}

/// The protocol that an Upgrade field names (RFC 9110, section 7.8); plain data for any but WebSocket.
fn named(upgrade: &[u8]) -> Proto {
    let is = |name: &str| upgrade.eq_ignore_ascii_case(name.as_bytes());
    match () {
        () if is("websocket") => Proto::WebSocket,
        () if is("h2c") => Proto::Http2,
        () => Proto::Data,
    }
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
    /// Notes that the conversation goes on with HTTP/2.
    pub(super) fn begin_http2(&mut self) {
        self.upgraded = Some(Proto::Http2);
    }

    /// Notes the next message, and returns what the conversation says about it.
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
        // This is a second response to the same request, or a response whose request was not captured.
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

/// The full URI of a request; empty where the host is not known. For CONNECT it is the target alone.
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
