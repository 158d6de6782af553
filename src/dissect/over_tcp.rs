//! Applications over TCP: which one a conversation speaks, where its messages end, and how they are decoded.
//!
//! A protocol over TCP has an [`Application`] in its row:
//! - `measure` says where the message at the beginning of the bytes ends, or how much more it needs. It is pure: the
//!   same bytes may be measured again and again while they grow.
//! - `decode` adds the layers of one whole message (`measure` has said so) and remembers in the [`Session`] what
//!   later messages depend on. It is called once a message, in order.
//! - `is_likely` recognises its messages where the port does not decide.

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
    /// Whether the first bytes of a segment give the protocol away.
    pub(super) is_likely: Option<fn(&[u8]) -> bool>,
}

/// An application protocol that is carried by TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct App(Proto);

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
    /// This text in the Info column, although its protocol is not a layer of the frame.
    Text(&'static str),
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
    /// The snapshot length has cut them.
    pub cut: bool,
    /// The sender closes its side after them.
    pub fin: bool,
    /// More may follow. If not, [`Measure::NeedMore`] is no answer: what is there is all there will be.
    pub may_wait: bool,
    /// The direction in which they go.
    pub direction: Direction,
    /// What the conversation said before.
    pub session: &'a Session,
}

/// What can be kept as it is at some frame.
pub(super) trait Copied {
    /// The same once more.
    fn copied(&self) -> Box<dyn Memory>;
}

impl<T: Memory + Clone> Copied for T {
    fn copied(&self) -> Box<dyn Memory> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Memory> {
    fn clone(&self) -> Self {
        // Not that of the box, which would call this one again.
        (**self).copied()
    }
}

/// What the two ends have agreed on in the end, which Wireshark's window says of their first messages, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Version and cipher suite of TLS; 0 where there are none.
    pub(super) tls: (u16, u16),
    /// Both have said their versions of SSH.
    pub(super) ssh: bool,
}

/// What one protocol remembers about a conversation.
pub(super) trait Memory: Any + fmt::Debug + Send + Sync + Copied {
    /// How many bytes wait in it for others.
    fn held(&self) -> usize {
        0
    }

    /// Gives those bytes up.
    fn give_up(&mut self) {}

    /// Adds what both ends have agreed on.
    fn agreed(&self, _agreed: &mut Agreed) {}

    /// The protocol to which both ends have agreed to change; [`Proto::Data`] if that is unknown.
    fn upgraded(&self) -> Option<Proto> {
        None
    }

    /// The tunnel that the protocol has opened: what follows is another protocol.
    fn tunnel(&self) -> Option<&Tunnel> {
        None
    }
}

/// What the applications remember about one conversation: one memory a protocol that has said something.
#[derive(Clone, Debug, Default)]
pub struct Session {
    memories: Vec<Box<dyn Memory>>,
}

impl Session {
    /// The memory of the protocol that keeps a `T`.
    pub(super) fn get<T: Memory>(&self) -> Option<&T> {
        self.memories.iter().find_map(|m| (m.as_ref() as &dyn Any).downcast_ref())
    }

    /// As [`Session::get`], empty at first.
    pub(super) fn get_or_default<T: Memory + Default>(&mut self) -> &mut T {
        let known = self.memories.iter().position(|m| (m.as_ref() as &dyn Any).is::<T>());
        let at = known.unwrap_or_else(|| {
            self.memories.push(Box::new(T::default()));
            self.memories.len() - 1
        });
        let memory = self.memories[at].as_mut() as &mut dyn Any;
        memory.downcast_mut().expect("the type was looked at")
    }

    /// The tunnel through which what follows is another protocol.
    pub fn tunnel(&self) -> Option<&Tunnel> {
        self.memories.iter().find_map(|m| m.tunnel())
    }

    /// The protocol that follows the one before it in the same conversation; [`Proto::Data`] if that is unknown.
    pub(crate) fn upgraded(&self) -> Option<Proto> {
        self.memories.iter().find_map(|m| m.upgraded())
    }

    /// What both ends have agreed on so far.
    pub(crate) fn agreed(&self) -> Agreed {
        let mut agreed = Agreed::default();
        self.memories.iter().for_each(|m| m.agreed(&mut agreed));
        agreed
    }

    /// How many bytes wait here for others.
    pub(crate) fn held(&self) -> usize {
        self.memories.iter().map(|m| m.held()).sum()
    }

    /// Gives those bytes up.
    pub(crate) fn give_up(&mut self) {
        self.memories.iter_mut().for_each(|m| m.give_up());
    }
}

impl App {
    /// The application that a port stands for.
    pub fn by_port(port: u16) -> Option<App> {
        Proto::of_tcp_port(port).map(App)
    }

    /// The application that the first bytes of a segment give away.
    pub fn by_content(bytes: &[u8]) -> Option<App> {
        Proto::of_segment(bytes).map(App)
    }

    /// The application of a new conversation: by its ports, the lower one first, or by what it says.
    pub fn choose(ports: (u16, u16), bytes: &[u8]) -> Option<App> {
        let (low, high) = (ports.0.min(ports.1), ports.0.max(ports.1));
        App::by_port(low).or_else(|| App::by_port(high)).or_else(|| App::by_content(bytes))
    }

    /// The application of a protocol, if it is carried by TCP.
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
