//! The relay: a process between two cables, one to the host and one to the guest. It passes frames from one to the
//! other with the faults of its two [`Line`]s, and finishes the checksums that a real adapter would have finished.
//!
//! It runs in a network namespace of its own, with one end of each cable in it. To change the faults, a process
//! enters that namespace and connects to a socket whose name exists only there.

use super::checksum;
use super::faults::Weather;
use super::line::Line;
use crate::lab::definition::Role;
use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::SigSet;
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, bind, recvfrom, send, setsockopt,
    socket, sockopt,
};
use nix::sys::time::TimeSpec;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::time::{Duration, Instant};

/// The longest frame, in bytes, that is read; longer ones cannot be passed on.
const LONGEST: usize = 65_600;
/// The most frames that are read from one cable before the other one gets its turn.
const AT_ONCE: usize = 64;
/// Size of the kernel's buffer for frames that wait for the relay, in bytes.
const ROOM: usize = 8 << 20;
/// How long to wait for the cables to appear.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look for them.
const LOOK: Duration = Duration::from_millis(5);
/// The kind of frames that this machine itself has sent (`PACKET_OUTGOING`).
const OUTGOING: u8 = 4;

/// Name, in the relay's namespace, of the end of the cable to this host.
pub fn end_name(role: Role) -> &'static str {
    match role {
        Role::Host => "to-host",
        Role::Guest => "to-guest",
    }
}

fn address() -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name("labkit-cable")
}

/// Relays frames between the two cables in this process's network namespace until one of them is gone.
///
/// # Errors
/// If the cables do not appear, or the system gives no packet socket.
pub fn run(weather: Weather) -> io::Result<()> {
    let listener = UnixListener::bind_addr(&address()?)?;
    listener.set_nonblocking(true)?;
    let [host, guest] = [Role::Host, Role::Guest].map(|role| End::open(end_name(role)));
    // With the same seed, both directions would lose the same frames.
    let back = Weather { seed: weather.seed.map(|seed| seed.wrapping_add(1)), ..weather };
    let mut relay = Relay { ends: [host?, guest?], lines: [Line::new(weather), Line::new(back)] };
    relay.work(&listener)
}

/// Sets the faults of the relay in this process's network namespace from now on.
///
/// # Errors
/// If there is no relay, or it does not answer.
pub fn tell(weather: Weather) -> io::Result<()> {
    let begun = Instant::now();
    let stream = loop {
        match UnixStream::connect_addr(&address()?) {
            Ok(stream) => break stream,
            // The relay is still starting.
            Err(error) if begun.elapsed() > PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(LOOK),
        }
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    writeln!(&stream, "{weather}")?;
    let mut said = String::new();
    BufReader::new(&stream).read_line(&mut said)?;
    if said.trim() == "ok" { Ok(()) } else { Err(io::Error::other("the relay does not understand it")) }
}

/// A cable's end: a packet socket on its adapter.
struct End {
    socket: OwnedFd,
}

impl End {
    /// Waits until the adapter exists, and opens a socket for all its frames.
    fn open(name: &str) -> io::Result<End> {
        let begun = Instant::now();
        let link = loop {
            let found = getifaddrs()?.find(|a| a.interface_name == name).and_then(|a| a.address);
            if let Some(link) = found.as_ref().and_then(|address| address.as_link_addr()) {
                break *link;
            }
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("the cables did not come"));
            }
            std::thread::sleep(LOOK);
        };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll)?;
        // Without the right to the larger buffer, the usual one will do.
        let _ = setsockopt(&socket, sockopt::RcvBufForce, &ROOM)
            .or_else(|_| setsockopt(&socket, sockopt::RcvBuf, &ROOM));
        bind(socket.as_raw_fd(), &link)?;
        Ok(End { socket })
    }
}

struct Relay {
    /// The ends of the cables to host and guest.
    ends: [End; 2],
    /// The line from host to guest, and the line back.
    lines: [Line; 2],
}

impl Relay {
    fn work(&mut self, listener: &UnixListener) -> io::Result<()> {
        let mut buffer = vec![0; LONGEST];
        loop {
            let now = Instant::now();
            for from in 0..2 {
                if !self.pass_on(from, now) {
                    return Ok(());
                }
            }
            self.wait(listener)?;
            for from in 0..2 {
                if !self.take(from, &mut buffer) {
                    return Ok(());
                }
            }
            while let Ok((stream, _)) = listener.accept() {
                // A client that goes away again does not disturb the cable.
                let _ = self.listen(&stream);
            }
        }
    }

    /// Waits for a frame, for a client, or until a frame comes out of a line.
    fn wait(&self, listener: &UnixListener) -> io::Result<()> {
        let next = self.lines.iter().filter_map(Line::next).min();
        let left = next.map(|next| TimeSpec::from(next.saturating_duration_since(Instant::now())));
        let read = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut all =
            [read(self.ends[0].socket.as_fd()), read(self.ends[1].socket.as_fd()), read(listener.as_fd())];
        match ppoll(&mut all, left, None::<SigSet>) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the frames that wait at one end. Returns whether the cable is still there.
    fn take(&mut self, from: usize, buffer: &mut [u8]) -> bool {
        let (Some(end), Some(line)) = (self.ends.get(from), self.lines.get_mut(from)) else { return false };
        for _ in 0..AT_ONCE {
            match recvfrom::<LinkAddr>(end.socket.as_raw_fd(), buffer) {
                Ok((_, Some(sender))) if sender.pkttype() == OUTGOING => {}
                Ok((len, _)) => {
                    if let Some(frame) = buffer.get_mut(..len) {
                        checksum::finish(frame);
                        line.enter(Instant::now(), frame);
                    }
                }
                Err(Errno::EAGAIN | Errno::EINTR) => return true,
                // The adapter is down for a moment, as while its settings change.
                Err(Errno::ENETDOWN) => return self.still_there(from),
                Err(_) => return false,
            }
        }
        true
    }

    /// Sends the frames that have come out to the other cable. Returns whether it is still there.
    fn pass_on(&mut self, from: usize, now: Instant) -> bool {
        let (Some(other), Some(line)) = (self.ends.get(1 - from), self.lines.get_mut(from)) else {
            return false;
        };
        while let Some(frame) = line.leave(now) {
            match send(other.socket.as_raw_fd(), &frame, MsgFlags::empty()) {
                // A frame that is too long for the cable, or finds its queue full, is lost.
                Ok(_) | Err(Errno::EMSGSIZE | Errno::ENOBUFS | Errno::EAGAIN | Errno::EINTR) => {}
                Err(Errno::ENETDOWN) if self.still_there(1 - from) => return true,
                Err(_) => return false,
            }
        }
        true
    }

    fn still_there(&self, end: usize) -> bool {
        let role = if end == 0 { Role::Host } else { Role::Guest };
        getifaddrs().is_ok_and(|mut all| all.any(|a| a.interface_name == end_name(role)))
    }

    /// Reads new faults from a client, and answers it.
    fn listen(&mut self, stream: &UnixStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        let mut text = String::new();
        BufReader::new(stream).read_line(&mut text)?;
        let said = match Weather::parse(&text) {
            Some(weather) => {
                let [there, back] = &mut self.lines;
                there.change(weather);
                back.change(Weather { seed: weather.seed.map(|seed| seed.wrapping_add(1)), ..weather });
                "ok"
            }
            None => "what?",
        };
        let mut stream = stream;
        writeln!(stream, "{said}")
    }
}
