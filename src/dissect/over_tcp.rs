//! Applications over TCP: which one a conversation speaks, where its messages end, and how they are decoded.
//!
//! A protocol over TCP has an [`Application`] in its row:
//! - `measure` says where the message at the beginning of the bytes ends, or how much more it needs. It changes
//!   nothing: the same bytes may be measured again and again while they grow.
//! - `decode` adds the layers of one message that `measure` found complete, and remembers in the [`Session`] what
//!   later messages depend on. It is called once for each message, in order.
//! - `is_likely` recognises the protocol by its first bytes, for ports that decide nothing.

use super::buffers::Work;
use super::facts::Tunnel;
use super::{Proto, Span};
use crate::direction::Direction;
use std::any::Any;
use std::fmt;

/// How a protocol is read from a TCP stream.
#[derive(Clone, Copy)]
pub(super) struct Application {
    /// Where the message at the beginning of the bytes ends.
    pub(super) measure: fn(&Input<'_>) -> Measure,
    /// Adds the layers of one whole message in a span of a source.
    pub(super) decode: fn(&mut Work<'_>, u8, Span, &mut Session),
    /// Whether the first bytes of a segment look like the protocol.
    pub(super) is_likely: Option<fn(&[u8]) -> bool>,
}

/// An application protocol that is carried by TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct App(Proto);

/// How much more a message needs before it is measured again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// This many bytes. Until they are there, the message is not measured again.
    Bytes(u32),
    /// The next segment, of any length.
    Segment,
    /// Everything until the sender closes its side.
    Fin,
}

/// What a message shows before it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: the frame is a plain TCP segment.
    Nothing,
    /// The Info column shows these bytes of the message, although its protocol is no layer of the frame.
    Line {
        /// Offset of the first byte to show.
        at: u32,
        /// How many bytes to show.
        len: u32,
    },
    /// The Info column shows this text, although the protocol is no layer of the frame.
    Text(&'static str),
    /// A layer of this protocol, without text in the Info column.
    Layer(Proto),
}

/// Where the message at the beginning of some bytes ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// After this many bytes: at least one, at most as many as there are.
    Complete(u32),
    /// Beyond these bytes.
    NeedMore(Need, Begun),
    /// The protocol takes all the bytes and shows nothing of them: no layer.
    Silent,
    /// Nowhere: the bytes are not of this protocol.
    Foreign,
}

/// Bytes that one side sent, beginning at the start of a message.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The bytes that are there so far.
    pub bytes: &'a [u8],
    /// Whether the snapshot length has cut them.
    pub cut: bool,
    /// Whether the sender closes its side after them.
    pub fin: bool,
    /// Whether more bytes may follow. If not, [`Measure::NeedMore`] means that the message takes all the bytes.
    pub may_wait: bool,
    /// The direction in which they were sent.
    pub direction: Direction,
    /// What earlier messages of the conversation said.
    pub session: &'a Session,
}

/// Cloning behind a trait object, so that a session can be kept as it was at some frame.
pub(super) trait Copied {
    /// A copy in a box of its own.
    fn copied(&self) -> Box<dyn Memory>;
}

impl<T: Memory + Clone> Copied for T {
    fn copied(&self) -> Box<dyn Memory> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Memory> {
    fn clone(&self) -> Self {
        // `self.copied()` would copy the box, and so call this function again.
        (**self).copied()
    }
}

/// What the two ends agreed on by the end of a first pass. Wireshark's window shows it with their first messages,
/// too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Version and cipher suite of TLS; 0 where none was agreed on.
    pub(super) tls: (u16, u16),
    /// Whether both ends have sent their version lines of SSH.
    pub(super) ssh: bool,
}

/// The memory of one protocol about one conversation.
pub(super) trait Memory: Any + fmt::Debug + Send + Sync + Copied {
    /// How many bytes it holds back until others arrive.
    fn held(&self) -> usize {
        0
    }

    /// Drops the bytes that it holds back.
    fn give_up(&mut self) {}

    /// Adds what both ends have agreed on so far.
    fn agreed(&self, _agreed: &mut Agreed) {}

    /// The protocol that both ends have agreed to change to; [`Proto::Data`] if labkit does not know it.
    fn upgraded(&self) -> Option<Proto> {
        None
    }

    /// The tunnel that the protocol has opened, through which another protocol follows.
    fn tunnel(&self) -> Option<&Tunnel> {
        None
    }
}

/// The memories of all protocols about one conversation, one for each protocol that has something to remember.
#[derive(Clone, Debug, Default)]
pub struct Session {
    memories: Vec<Box<dyn Memory>>,
}

impl Session {
    /// The memory of type `T`, which one protocol keeps; `None` if it has nothing yet.
    pub(super) fn get<T: Memory>(&self) -> Option<&T> {
        self.memories.iter().find_map(|m| (m.as_ref() as &dyn Any).downcast_ref())
    }

    /// As [`Session::get`]; adds an empty memory if there is none yet.
    pub(super) fn get_or_default<T: Memory + Default>(&mut self) -> &mut T {
        let known = self.memories.iter().position(|m| (m.as_ref() as &dyn Any).is::<T>());
        let at = known.unwrap_or_else(|| {
            self.memories.push(Box::new(T::default()));
            self.memories.len() - 1
        });
        let memory = self.memories[at].as_mut() as &mut dyn Any;
        memory.downcast_mut().expect("the type was looked at")
    }

    /// The tunnel that was opened in this conversation, if any.
    pub fn tunnel(&self) -> Option<&Tunnel> {
        self.memories.iter().find_map(|m| m.tunnel())
    }

    /// The protocol that both ends have agreed to change to; [`Proto::Data`] if labkit does not know it.
    pub(crate) fn upgraded(&self) -> Option<Proto> {
        self.memories.iter().find_map(|m| m.upgraded())
    }

    /// What both ends have agreed on so far.
    pub(crate) fn agreed(&self) -> Agreed {
        let mut agreed = Agreed::default();
        self.memories.iter().for_each(|m| m.agreed(&mut agreed));
        agreed
    }

    /// How many bytes all memories hold back until others arrive.
    pub(crate) fn held(&self) -> usize {
        self.memories.iter().map(|m| m.held()).sum()
    }

    /// Drops those bytes.
    pub(crate) fn give_up(&mut self) {
        self.memories.iter_mut().for_each(|m| m.give_up());
    }
}

impl App {
    /// The application that a TCP port names.
    pub fn by_port(port: u16) -> Option<App> {
        Proto::of_tcp_port(port).map(App)
    }

    /// The application that the first bytes of a segment look like.
    pub fn by_content(bytes: &[u8]) -> Option<App> {
        Proto::of_segment(bytes).map(App)
    }

    /// The application of a new conversation: the lower port decides, then the higher one, then the first bytes.
    pub fn choose(ports: (u16, u16), bytes: &[u8]) -> Option<App> {
        let (low, high) = (ports.0.min(ports.1), ports.0.max(ports.1));
        App::by_port(low).or_else(|| App::by_port(high)).or_else(|| App::by_content(bytes))
    }

    /// The application of a protocol; `None` if TCP does not carry it.
    pub(crate) fn of(proto: Proto) -> Option<App> {
        proto.get().application.map(|_| App(proto))
    }

    /// Where the message at the beginning of the bytes ends.
    pub fn measure(self, input: &Input<'_>) -> Measure {
        self.0.get().application.map_or(Measure::Foreign, |application| (application.measure)(input))
    }

    /// Adds the layers of one whole message in `span` of `source`.
    pub(crate) fn decode(self, work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
        if let Some(application) = self.0.get().application {
            (application.decode)(work, source, span, session);
        }
    }
}
