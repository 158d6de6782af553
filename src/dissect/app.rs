//! Applications over TCP: which one a conversation speaks, where its messages end, and how they are decoded.
//!
//! A dissector for a protocol over TCP provides three functions, and the matches below name them:
//! - `measure` says where the message at the beginning of the bytes ends, or how much more it needs. It is pure: the
//!   same bytes may be measured again and again while they grow.
//! - `decode` adds the layers of one whole message (`measure` has said so) and remembers in the [`Session`] what
//!   later messages depend on. It is called once a message, in order.
//! - a rule by which its messages are recognised where the port does not decide.

use super::buffers::Work;
use super::{Proto, Span};
use crate::dissect::protocols::{dns, http, tls};

/// An application protocol that is carried by TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum App {
    /// HTTP/1.x.
    Http,
    /// TLS, and SSL 3.0 before it.
    Tls,
    /// DNS, each message behind its length.
    Dns,
}

/// How much more a message needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// So many bytes; whatever they are, the message is not looked at again before they are there.
    Bytes(u32),
    /// The next segment, whatever its length; then the message is measured again.
    Segment,
    /// Everything until the sender closes its side.
    Fin,
}

/// What a message shows before it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: the frame is a plain TCP segment.
    Nothing,
    /// This part of its bytes is the Info column, although its protocol is not a layer of the frame.
    Line {
        /// Where the part begins.
        at: u32,
        /// How long it is.
        len: u32,
    },
    /// A layer of this protocol, without text in the Info column.
    Layer(Proto),
}

/// Where the message at the beginning of some bytes ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// After so many bytes; at least one, at most as many as there are.
    Complete(u32),
    /// Not among these bytes.
    NeedMore(Need, Begun),
    /// The protocol takes the rest of the bytes and has nothing to say about them: no layer.
    Silent,
    /// This is not the protocol.
    Foreign,
}

/// Bytes that one side sent, from the beginning of a message on.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The bytes, as far as they are there.
    pub bytes: &'a [u8],
    /// The sender closes its side after them.
    pub fin: bool,
    /// More may follow. If not, [`Measure::NeedMore`] is no answer: what is there is all there will be.
    pub may_wait: bool,
    /// What the conversation said before.
    pub session: &'a Session,
}

/// What the applications remember about one conversation.
#[derive(Debug, Default)]
pub struct Session {
    pub(super) http: http::Session,
    pub(super) tls: Option<Box<tls::Connection>>,
}

impl Session {
    /// What follows is another protocol inside a tunnel that HTTP has opened.
    pub fn tunnel(&self) -> Option<&http::Tunnel> {
        self.http.tunnel()
    }

    /// How many bytes wait here for others.
    pub(crate) fn held(&self) -> usize {
        self.tls.as_ref().map_or(0, |connection| connection.held())
    }

    /// Gives those bytes up.
    pub(crate) fn give_up(&mut self) {
        if let Some(connection) = &mut self.tls {
            connection.give_up();
        }
    }
}

impl App {
    /// The application that a port stands for.
    pub fn by_port(port: u16) -> Option<App> {
        match port {
            80 | 631 | 1900 | 2710 | 2869 | 3128 | 3132 | 3689 | 5985 | 8080 | 8088 | 11371 => {
                Some(App::Http)
            }
            324
            | 443
            | 465
            | 636
            | 802
            | 853
            | 993
            | 995
            | 1300
            | 2221
            | 2443
            | 3249..=3252
            | 3496
            | 5061
            | 5671
            | 5684
            | 5868
            | 8883
            | 11207
            | 19999
            | 27017 => Some(App::Tls),
            53 | 5353 => Some(App::Dns),
            _ => None,
        }
    }

    /// The application that the first bytes of a segment give away.
    pub fn by_content(bytes: &[u8]) -> Option<App> {
        if http::is_likely(bytes) {
            return Some(App::Http);
        }
        tls::is_likely(bytes).then_some(App::Tls)
    }

    /// The application of a new conversation: by its ports, the lower one first, or by what it says.
    pub fn choose(ports: (u16, u16), bytes: &[u8]) -> Option<App> {
        let (low, high) = (ports.0.min(ports.1), ports.0.max(ports.1));
        App::by_port(low).or_else(|| App::by_port(high)).or_else(|| App::by_content(bytes))
    }

    /// Where the message at the beginning of the bytes ends.
    pub fn measure(self, input: &Input<'_>) -> Measure {
        match self {
            App::Http => http::measure(input),
            App::Tls => tls::measure(input),
            App::Dns => dns::measure(input),
        }
    }

    /// Adds the layers of one whole message in `span` of `source`.
    pub(crate) fn decode(self, work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
        match self {
            App::Http => http::decode(work, source, span, &mut session.http),
            App::Tls => tls::decode(work, source, span, session.tls.get_or_insert_default()),
            App::Dns => dns::decode_stream_message(work, source, span),
        }
    }
}
