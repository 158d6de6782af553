//! What the conversation knows about one HTTP message.

/// What the conversation adds to one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpFacts {
    /// Whether it is a request; otherwise it is a response.
    pub is_request: bool,
    /// Which exchange of the conversation it belongs to, from 1 (`http.request_number`, `http.response_number`); 0
    /// for a message that belongs to none.
    pub number: u32,
    /// How many exchanges the conversation has; in a single pass, how many were seen so far.
    pub of: u32,
    /// For a response: the frame with its request (`http.request_in`), and nanoseconds since it (`http.time`).
    pub request: Option<(u64, i64)>,
    /// The full URI of the request, or of the request that the response answers.
    pub uri: Vec<u8>,
    /// The frame with the request before (`http.prev_request_in`).
    pub prev_request: Option<u64>,
    /// The frame with the response before (`http.prev_response_in`).
    pub prev_response: Option<u64>,
    /// For a request: the frame with its response (`http.response_in`). This and the following two are known only
    /// after a first pass over the capture.
    pub response: Option<u64>,
    /// The frame with the next request (`http.next_request_in`).
    pub next_request: Option<u64>,
    /// For a response: the frame with the next one (`http.next_response_in`).
    pub next_response: Option<u64>,
}

/// The other end of a tunnel that CONNECT has opened (RFC 9110, section 9.3.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tunnel {
    /// Name or address of that end, as the client wrote it.
    pub host: Vec<u8>,
    /// Port of that end; 0 if the client wrote no number.
    pub port: u16,
}
