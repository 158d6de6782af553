//! What a DNS message is to those before it.

/// How a message relates to those before it with the same ID between the same ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsFacts {
    /// A query that was asked before, and not long ago: the frame of the first (`dns.retransmit_request_in`).
    RepeatedQuery(u64),
    /// A query: the frame that answers it (`dns.response_in`), where later frames were looked at before.
    AnsweredIn(u64),
    /// The answer to a query.
    Answer {
        /// The frame of the query (`dns.response_to`).
        query: u64,
        /// Nanoseconds since the query (`dns.time`).
        time: i64,
    },
    /// An answer that was given before: the frame of the first (`dns.retransmit_response_in`).
    RepeatedAnswer(u64),
    /// An answer to a query that was not seen (`dns.unsolicited`).
    Unsolicited,
}
