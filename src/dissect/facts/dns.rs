//! What the conversation knows about one DNS message.

/// How a message relates to earlier messages with the same ID between the same ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsFacts {
    /// The query repeats one of the last five seconds that has no answer yet: the frame of the first
    /// (`dns.retransmit_request_in`).
    RepeatedQuery(u64),
    /// The frame that answers the query (`dns.response_in`); known only after a first pass over the capture.
    AnsweredIn(u64),
    /// The answer to a query.
    Answer {
        /// The frame of the query (`dns.response_to`).
        query: u64,
        /// Nanoseconds since the query (`dns.time`).
        time: i64,
    },
    /// The query was answered before: the frame of the first answer (`dns.retransmit_response_in`).
    RepeatedAnswer(u64),
    /// An answer to a query that was not seen (`dns.unsolicited`).
    Unsolicited,
}
