//! Messages of SSDP between two ends, in their order: what is shown of each depends on those before it.

use crate::dissect::HttpFacts;
use crate::dissect::protocols::http::{self, Session};
use rustc_hash::FxHashMap;

/// So many conversations are remembered; then all of them are forgotten.
const MOST: usize = 10_000;

/// The conversations that speak SSDP.
#[derive(Default)]
pub(super) struct Talks {
    sessions: FxHashMap<u32, Session>,
    /// What is known about the latest message.
    latest: HttpFacts,
}

impl Talks {
    /// What is known of a stream.
    pub(super) fn session(&self, stream: u32) -> Option<&Session> {
        self.sessions.get(&stream)
    }

    /// Goes on with a stream as others left it.
    pub(super) fn plant(&mut self, stream: u32, session: Option<Session>) {
        match session {
            Some(session) => self.sessions.insert(stream, session),
            None => self.sessions.remove(&stream),
        };
    }

    /// Takes the next message of a UDP stream; `None` if it is none of HTTP's.
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
        // Whatever stands between two ends that have said nothing of HTTP's is not SSDP's.
        if is_new && message.is_none() {
            self.sessions.remove(&stream);
        }
        self.latest = message?;
        Some(&mut self.latest)
    }
}
