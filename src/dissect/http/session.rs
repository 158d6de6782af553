//! What earlier messages of a conversation say about later ones.

use super::head::{Head, Start, number};
use std::collections::VecDeque;

/// Requests that wait for their responses; more than this is no conversation.
const MOST_WAITING: usize = 64;

/// What is known about an HTTP conversation.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// A message was seen: what is none is the continuation of one.
    pub(super) seen: bool,
    /// The last request was HEAD.
    pub(super) asked_head: bool,
    /// The last request was CONNECT.
    pub(super) asked_connect: bool,
    /// The port that the last CONNECT named.
    asked_port: u16,
    tunnel: bool,
    requests: u32,
    responses: u32,
    last_request: Option<u64>,
    last_response: Option<u64>,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    frame: u64,
    time: i64,
    uri: Vec<u8>,
    previous: Option<u64>,
}

/// What the conversation adds to one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpFacts {
    /// The how manyth request or response it is (`http.request_number`, `http.response_number`).
    pub number: u32,
    /// For a response: the frame with its request (`http.request_in`), and nanoseconds since it (`http.time`).
    pub request: Option<(u64, i64)>,
    /// The full URI of the request, or of the request that the response answers.
    pub uri: Vec<u8>,
    /// The frame with the request before (`http.prev_request_in`).
    pub prev_request: Option<u64>,
    /// The frame with the response before (`http.prev_response_in`).
    pub prev_response: Option<u64>,
}

impl Session {
    /// The port at the other end of the tunnel that CONNECT has opened.
    pub(crate) fn tunnel(&self) -> Option<u16> {
        self.tunnel.then_some(self.asked_port)
    }

    /// Takes the next message; what the conversation says about it.
    pub(super) fn message(&mut self, head: &Head<'_>, frame: u64, time: i64) -> HttpFacts {
        self.seen = true;
        match head.start {
            Some(Start::Request { method, uri, .. }) => {
                self.asked_head = method.bytes == b"HEAD";
                self.asked_connect = method.bytes == b"CONNECT";
                let port = uri.bytes.rsplit(|b| *b == b':').next().and_then(number);
                self.asked_port = port.and_then(|n| u16::try_from(n).ok()).unwrap_or(0);
                self.request(frame, time, full_uri(head.host, uri.bytes))
            }
            Some(Start::Response { .. }) => self.response(head.code(), frame, time),
            None => HttpFacts::default(),
        }
    }

    fn request(&mut self, frame: u64, time: i64, uri: Vec<u8>) -> HttpFacts {
        self.requests += 1;
        let previous = self.last_request.replace(frame);
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(Waiting { frame, time, uri: uri.clone(), previous });
        }
        HttpFacts { number: self.requests, uri, prev_request: previous, ..HttpFacts::default() }
    }

    fn response(&mut self, code: Option<u16>, frame: u64, time: i64) -> HttpFacts {
        self.responses += 1;
        self.tunnel |= code == Some(200) && self.asked_connect;
        let prev_response = self.last_response.replace(frame);
        let facts = HttpFacts { number: self.responses, prev_response, ..HttpFacts::default() };
        match self.waiting.pop_front() {
            Some(asked) => HttpFacts {
                request: Some((asked.frame, time - asked.time)),
                uri: asked.uri,
                prev_request: asked.previous,
                ..facts
            },
            None => facts,
        }
    }
}

/// The whole URI of a request, where the host is known.
fn full_uri(host: Option<&[u8]>, uri: &[u8]) -> Vec<u8> {
    let absolute =
        uri.iter().position(|b| *b == b'/').is_some_and(|i| i > 0 && uri.get(i - 1) == Some(&b':'));
    match host {
        _ if absolute => uri.to_vec(),
        Some(host) => [b"http://", host, uri].concat(),
        None => Vec::new(),
    }
}
