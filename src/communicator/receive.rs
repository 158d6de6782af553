//! Receiving: one loop in one thread serves all connections, with bounded memory, so that no peer delays another.

use super::Settings;
use super::floor::Floor;
use super::peer::{Message, Peer};
use super::prompt::Console;
use super::wait::{Stop, is_shortage, reading, resting};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::time::Instant;

/// The command that names the program behind a port.
const WHO_LISTENS: &str = if cfg!(windows) { "netstat -abn" } else { "ss -ltnp" };

/// Why listening on the port failed.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error(
        "cannot receive on port {port}: another program of this machine listens there already. End it (perhaps a \
         receiver in another window; `{WHO_LISTENS}` names it), or choose another port with --port on both sides",
        port = .0.port()
    )]
    PortTaken(SocketAddrV4),
    /// The address is none of this machine's.
    #[error("cannot receive on {}: it is no address of this machine; `labkit interfaces` lists those that are", .0.ip())]
    NotOurAddress(SocketAddrV4),
    /// The port needs more rights, as one below 1024 does on Linux.
    #[error(
        "cannot receive on port {port}: ports below 1024 are for programs with root's rights. Choose one from 1024 \
         to 65535 with --port, on both sides",
        port = .0.port()
    )]
    Privileged(SocketAddrV4),
    /// Anything else that the system reports.
    #[error("cannot receive on {0}: {1}. Try another port with --port, or another address with --bind")]
    Other(SocketAddrV4, io::Error),
}

/// The most connections that are served at once. Each keeps at most the bytes of the longest message.
pub const MOST_PEERS: usize = 256;

/// The most connections that are accepted before the open ones get their turn.
const AT_ONCE: usize = 64;

/// Numbers of received messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages that were shown and confirmed.
    pub confirmed: u64,
    /// Messages that were shown and not confirmed: too long, endless, or their senders had gone.
    pub unconfirmed: u64,
}

impl Tally {
    /// All messages that came.
    pub fn messages(&self) -> u64 {
        self.confirmed + self.unconfirmed
    }

    fn add(&mut self, message: Option<Message>) {
        match message {
            Some(Message::Confirmed) => self.confirmed += 1,
            Some(Message::Unconfirmed) => self.unconfirmed += 1,
            None => {}
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.messages(), self.unconfirmed) {
            (0, _) => write!(f, "no message came"),
            (1, 0) => write!(f, "1 message came"),
            (1, _) => write!(f, "1 message came, and it was not confirmed"),
            (n, 0) => write!(f, "{n} messages came"),
            (n, lost) => write!(f, "{n} messages came, {lost} of them not confirmed"),
        }
    }
}

/// Begins to listen on the settings' address and port. A port that was in use a moment ago can be used again at once.
///
/// # Errors
/// If the system refuses the address or the port.
pub fn listen(settings: &Settings) -> Result<TcpListener, ListenError> {
    let at = SocketAddrV4::new(settings.bind, settings.port);
    let failed = |error| listen_error(error, at);
    // The standard library sets SO_REUSEADDR, except on Windows, where it would let two programs share the port.
    let listener = TcpListener::bind(at).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

fn listen_error(error: io::Error, at: SocketAddrV4) -> ListenError {
    match error.kind() {
        ErrorKind::AddrInUse => ListenError::PortTaken(at),
        ErrorKind::AddrNotAvailable => ListenError::NotOurAddress(at),
        ErrorKind::PermissionDenied if at.port() < 1024 => ListenError::Privileged(at),
        _ => ListenError::Other(at, error),
    }
}

/// Receives messages, shows and confirms them, until `wanted` have come or a signal stops it; without `wanted`, only
/// a signal does. Up to [`MOST_PEERS`] connections are served at once, and none waits for another. Connections that
/// close without a byte are reported, but not counted.
///
/// # Errors
/// If the dialogue's output fails, or the system cannot accept connections.
pub fn receive(
    console: &mut Console,
    settings: &Settings,
    listener: &TcpListener,
    wanted: Option<u64>,
) -> io::Result<Tally> {
    let hall = Hall {
        floor: Floor::new(console),
        settings,
        listener,
        wanted,
        peers: Vec::new(),
        tally: Tally::default(),
        accepted: 0,
        crowded: false,
    };
    hall.serve()
}

/// The receiver with all its open connections.
struct Hall<'a> {
    floor: Floor<'a>,
    settings: &'a Settings,
    listener: &'a TcpListener,
    wanted: Option<u64>,
    peers: Vec<Peer>,
    tally: Tally,
    /// Number of connections so far, from which the peers get their numbers.
    accepted: u64,
    /// Whether the system has no descriptors left for more connections until one closes.
    crowded: bool,
}

impl Hall<'_> {
    fn serve(mut self) -> io::Result<Tally> {
        // Room for one read, of a message or of bytes after it.
        let mut buffer = vec![0; self.settings.max_bytes + 1];
        self.wait_for_peers()?;
        while !(self.has_enough() && self.peers.is_empty()) {
            let (newcomers, ready) = match self.wait() {
                Ok(ready) => ready,
                Err(Stop::Interrupted) => return self.interrupted(),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Deadline) => (false, Vec::new()),
            };
            let open = self.peers.len();
            self.let_speak(&ready, &mut buffer)?;
            self.peers.retain(|peer| !peer.is_gone());
            self.crowded &= self.peers.len() == open;
            if open > 0 && self.peers.is_empty() && !self.has_enough() {
                self.wait_for_peers()?;
            }
            if newcomers && !self.has_enough() {
                self.admit()?;
            }
        }
        Ok(self.tally)
    }

    fn wait_for_peers(&mut self) -> io::Result<()> {
        self.floor.say(&format!("Waiting for message on port {}", self.settings.port))
    }

    fn has_enough(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.tally.messages() >= wanted)
    }

    /// Waits for work: whether there are new connections, and which peers are ready.
    fn wait(&mut self) -> Result<(bool, Vec<bool>), Stop> {
        let deadline = self.peers.iter().map(|peer| peer.deadline(self.settings)).min();
        let closed = self.has_enough() || self.crowded;
        let door = if closed { resting(self.listener) } else { reading(self.listener) };
        let all = std::iter::once(door).chain(self.peers.iter().map(Peer::wish));
        let mut ready = self.floor.console().interrupt().any(all, deadline)?;
        let newcomers = !ready.is_empty() && ready.remove(0);
        Ok((newcomers && !closed, ready))
    }

    /// Serves the peers that are ready, and those whose deadline has passed.
    fn let_speak(&mut self, ready: &[bool], buffer: &mut [u8]) -> io::Result<()> {
        for at in 0..self.peers.len() {
            let Some(peer) = self.peers.get_mut(at) else { break };
            let message = if ready.get(at) == Some(&true) {
                peer.ready(&mut self.floor, self.settings, buffer)?
            } else if peer.deadline(self.settings) <= Instant::now() {
                peer.expired(&mut self.floor, self.settings)?
            } else {
                continue;
            };
            let before = self.has_enough();
            self.tally.add(message);
            if self.has_enough() && !before {
                self.dismiss_those_who_wait()?;
            }
        }
        Ok(())
    }

    /// Ends the connections whose messages are not complete, after all messages that were asked for have come. They
    /// get no receipt.
    fn dismiss_those_who_wait(&mut self) -> io::Result<()> {
        for peer in self.peers.iter_mut().filter(|peer| peer.is_collecting()) {
            peer.dismiss(&mut self.floor, self.settings, "all messages that were waited for have come")?;
        }
        Ok(())
    }

    /// Accepts new connections.
    fn admit(&mut self) -> io::Result<()> {
        for _ in 0..AT_ONCE {
            match self.listener.accept() {
                Ok((stream, SocketAddr::V4(from))) if stream.set_nonblocking(true).is_ok() => {
                    self.welcome(stream, from)?;
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if gone(&error) => {}
                Err(error) if !self.peers.is_empty() && is_shortage(&error) => {
                    self.crowded = true;
                    return self.floor.note(&format!(
                        "No more than {} connections can be open here ({error}): further ones wait until one closes.",
                        self.peers.len()
                    ));
                }
                Err(error) => {
                    let text = format!("cannot accept a connection on port {}: {error}", self.settings.port);
                    return Err(io::Error::other(text));
                }
            }
        }
        Ok(())
    }

    fn welcome(&mut self, stream: TcpStream, from: SocketAddrV4) -> io::Result<()> {
        if self.peers.len() >= MOST_PEERS && !self.make_room()? {
            let why = format!("{from} was turned away: {MOST_PEERS} connections are open already.");
            return self.floor.note(&why);
        }
        self.accepted += 1;
        let peer = Peer::new(self.accepted, stream, from, self.settings);
        // If other peers are connected, the line that names this one comes with its message.
        if self.peers.is_empty() {
            peer.announce(&mut self.floor)?;
        }
        self.peers.push(peer);
        Ok(())
    }

    /// Ends one connection to make room: the oldest of those that have their receipt, else of those that have sent
    /// nothing. Returns whether there was one.
    fn make_room(&mut self) -> io::Result<bool> {
        let oldest = |since: fn(&Peer) -> Option<Instant>| {
            let all = self.peers.iter().enumerate();
            all.filter_map(|(at, peer)| Some((since(peer)?, at))).min().map(|(_, at)| at)
        };
        let Some(at) = oldest(Peer::staying_since).or_else(|| oldest(Peer::silent_since)) else {
            return Ok(false);
        };
        let mut peer = self.peers.swap_remove(at);
        let why = format!("{MOST_PEERS} connections are open, and another one wants to begin");
        peer.dismiss(&mut self.floor, self.settings, &why)?;
        Ok(true)
    }

    /// Ends all connections after a signal.
    fn interrupted(mut self) -> io::Result<Tally> {
        self.floor.console().leave_echo()?;
        let had_enough = self.has_enough();
        for peer in &mut self.peers {
            let why = "stopped before the message was over";
            let message = peer.dismiss(&mut self.floor, self.settings, why)?;
            if !had_enough {
                self.tally.add(message);
            }
        }
        if !had_enough {
            self.floor.note(&format!("Stopped; {}.", self.tally))?;
        }
        Ok(self.tally)
    }
}

/// Whether the error is about one connection that is gone already, so that the next can be accepted.
fn gone(error: &io::Error) -> bool {
    let kinds = [ErrorKind::Interrupted, ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset];
    kinds.contains(&error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn a_tally_counts_in_words() {
        let text = |confirmed, unconfirmed| Tally { confirmed, unconfirmed }.to_string();
        assert_eq!((text(0, 0).as_str(), text(1, 0).as_str()), ("no message came", "1 message came"));
        assert_eq!(text(0, 1), "1 message came, and it was not confirmed");
        assert_eq!(text(2, 1), "3 messages came, 1 of them not confirmed");
    }

    #[test]
    fn each_reason_why_nothing_can_be_received_says_what_to_do() {
        let at = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 80);
        let text = |kind: ErrorKind| listen_error(kind.into(), at).to_string();
        assert!(text(ErrorKind::AddrInUse).contains("another program"));
        assert!(text(ErrorKind::AddrNotAvailable).contains("10.0.0.9: it is no address of this machine"));
        assert!(text(ErrorKind::PermissionDenied).contains("below 1024"));
        assert!(text(ErrorKind::OutOfMemory).contains("10.0.0.9:80"));
    }
}
