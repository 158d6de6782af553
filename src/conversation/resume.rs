//! Going on in the middle: what one conversation is at some frame, kept and put into another tracker. So a frame can be
//! looked at again exactly as it was, without going through all the frames before it.

use super::key::Key;
use super::tcp::Stream;
use super::udp::UdpStream;
use super::{Clock, Tracker};
use super::{quic, reassembly};
use crate::dissect::protocols::http;

/// What carries a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Segments of TCP.
    Tcp,
    /// Datagrams of UDP.
    Udp,
}

/// All that a tracker knows of one conversation, from its beginning to some frame.
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
    /// The place of the conversation that took the last segment or datagram, quoted ones included. Conversations between
    /// the same ends have the same place, one after the other.
    pub fn place(&self, transport: Transport) -> u32 {
        match transport {
            Transport::Tcp => self.tcp.latest(),
            Transport::Udp => self.datagrams.streams.latest(),
        }
    }

    /// Bytes of unfinished messages that a [`Tracker::seed`] of this stream of TCP would copy.
    pub fn held(&self, stream: u32) -> usize {
        self.apps.conversation(stream).map_or(0, reassembly::Conversation::held)
    }

    /// What that conversation is now.
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

    /// Goes on with a conversation from there; what is known of it is forgotten.
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

    /// Says what the tracker cannot know, because it has not seen all frames: when the next one comes in relation to
    /// others, and the number of its conversation if that is new.
    pub fn expect(&mut self, clock: Clock, stream: u32) {
        self.clock = clock;
        self.tcp.number_next(stream);
        self.datagrams.streams.number_next(stream);
    }
}
