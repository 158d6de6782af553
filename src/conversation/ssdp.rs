//! Messages of SSDP in their order, by conversation, because what is shown of a message depends on earlier ones.

use crate::dissect::HttpFacts;
use crate::dissect::protocols::http::{self, Session};
use rustc_hash::FxHashMap;

/// The most conversations that are remembered; a full table is emptied.
const MOST: usize = 10_000;

/// The conversations with messages of SSDP.
#[derive(Default)]
pub(super) struct Talks {
    sessions: FxHashMap<u32, Session>,
    /// What is known about the last message.
    latest: HttpFacts,
}

impl Talks {
    /// What is known about a stream; `None` if it had no message of SSDP.
    pub(super) fn session(&self, stream: u32) -> Option<&Session> {
        self.sessions.get(&stream)
    }

    /// Sets a stream to a state that was saved before.
    pub(super) fn plant(&mut self, stream: u32, session: Option<Session>) {
        match session {
            Some(session) => self.sessions.insert(stream, session),
            None => self.sessions.remove(&stream),
        };
    }

    /// Takes the next message of a UDP stream; `None` if it is no message of HTTP.
    pub(super) fn message(
        &mut self,
        stream: u32,
        frame: u64,
        time: i64,
        bytes: &[u8],
    ) -> Option<&mut HttpFacts> {
        if self.sessions.len() >= MOST {
            self.sessions.clear();
        }
        let is_new = !self.sessions.contains_key(&stream);
        let session = self.sessions.entry(stream).or_default();
        let message = http::datagram(session, bytes, frame, time);
        // A stream without any message of HTTP is not SSDP.
        if is_new && message.is_none() {
            self.sessions.remove(&stream);
        }
        self.latest = message?;
        Some(&mut self.latest)
    }
}
