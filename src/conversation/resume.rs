//! Resuming in the middle: the state of one conversation at some frame, saved and set in another tracker. A frame can
//! so be shown again exactly as before, without going through all frames before it.

use super::key::Key;
use super::tcp::Stream;
use super::udp::UdpStream;
use super::{Clock, Tracker};
use super::{quic, reassembly};
use crate::dissect::protocols::http;

/// The transport of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Segments of TCP.
    Tcp,
    /// Datagrams of UDP.
    Udp,
}

/// The state of one conversation at some frame: all that a tracker knows about it.
#[derive(Clone)]
pub struct Seed {
    key: Key,
    state: State,
}

#[derive(Clone)]
enum State {
    Tcp(Box<Stream>, Option<Box<reassembly::Conversation>>),
    Udp(UdpStream, Option<http::Session>, Option<quic::Talk>),
}

impl Tracker {
    /// The slot of the conversation that took the last segment or datagram, quoted ones included. A new conversation
    /// between the same ends takes the slot of the one before.
    pub fn place(&self, transport: Transport) -> u32 {
        match transport {
            Transport::Tcp => self.tcp.latest(),
            Transport::Udp => self.datagrams.streams.latest(),
        }
    }

    /// How many bytes of incomplete messages a [`Tracker::seed`] of this TCP stream would copy.
    pub fn held(&self, stream: u32) -> usize {
        self.apps.conversation(stream).map_or(0, reassembly::Conversation::held)
    }

    /// The state of the conversation that took the last segment or datagram; `None` if there was none.
    pub fn seed(&self, transport: Transport) -> Option<Seed> {
        let (key, state) = match transport {
            Transport::Tcp => {
                let (key, stream) = self.tcp.latest_entry()?;
                let talk = self.apps.conversation(stream.index).cloned().map(Box::new);
                (*key, State::Tcp(Box::new(stream.clone()), talk))
            }
            Transport::Udp => {
                let (key, stream) = self.datagrams.streams.latest_entry()?;
                let (ssdp, quic) = (self.datagrams.ssdp.session(stream.index), self.quic.of(stream.index));
                (*key, State::Udp(*stream, ssdp.cloned(), quic.cloned()))
            }
        };
        Some(Seed { key, state })
    }

    /// Sets the conversation of `seed` to that state; what was known about it before is dropped.
    pub fn plant(&mut self, seed: &Seed) {
        match &seed.state {
            State::Tcp(stream, talk) => {
                self.apps.plant(stream.index, talk.as_deref());
                self.tcp.plant(&seed.key, (**stream).clone());
            }
            State::Udp(stream, session, quic) => {
                self.quic.plant(stream.index, quic.clone());
                self.datagrams.ssdp.plant(stream.index, session.clone());
                self.datagrams.streams.plant(&seed.key, *stream);
            }
        }
    }

    /// Sets what the tracker cannot know because it has not seen all frames: the times before the next frame, and the
    /// number that a new conversation gets.
    pub fn expect(&mut self, clock: Clock, stream: u32) {
        self.clock = clock;
        self.tcp.number_next(stream);
        self.datagrams.streams.number_next(stream);
    }
}
