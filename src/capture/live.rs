//! Live capture on an adapter, through libpcap.

use super::Interface;
use super::bpf::{self, BpfError};
use super::handover::origin;
use super::info::Section;
use super::interfaces::{self, ANY, Kind, State};
use super::privilege;
use super::resolution::Resolution;
use crate::frame::{Frame, FrameNo, LinkType, Timestamp};
use pcap::{Active, Capture, Inactive, Precision};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// The most bytes of a frame that are kept; no frame on Linux is longer.
pub const SNAPLEN: u32 = 262_144;

/// How long the kernel may collect frames before it wakes the program; rows must appear within 100 ms.
pub const GATHER: Duration = Duration::from_millis(20);

/// Size of the kernel's buffer, in bytes: it must hold the frames that arrive while the disk is busy.
const BUFFER: i32 = 64 << 20;

/// Why a capture could not be started, or why it ended.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The right to capture is missing.
    #[error(
        "cannot capture on '{interface}': the right to open a packet socket (CAP_NET_RAW) is missing. Either run \
         `sudo {} …`, or give this binary the right, once: `sudo setcap cap_net_raw,cap_net_admin=eip {}`",
        executable.display(), executable.display()
    )]
    NoRight {
        /// The adapter.
        interface: String,
        /// Full path of this executable.
        executable: PathBuf,
    },
    /// There is no such adapter.
    #[error("cannot capture on '{interface}': there is no such adapter here. There are: {present}")]
    Unknown {
        /// The name that the user gave.
        interface: String,
        /// The names of the adapters of this machine.
        present: String,
    },
    /// The adapter is switched off.
    #[error(
        "cannot capture on '{interface}': the adapter is down. Switch it on: `sudo ip link set {interface} up`"
    )]
    Down {
        /// The adapter.
        interface: String,
    },
    /// The capture filter is wrong.
    #[error(transparent)]
    Filter(#[from] BpfError),
    /// The adapter vanished or was switched off while frames were captured.
    #[error("the capture on '{interface}' ended: {reason}")]
    Lost {
        /// The adapter.
        interface: String,
        /// What happened to it.
        reason: String,
    },
    /// Anything else.
    #[error("cannot capture on '{interface}': {reason}")]
    Other {
        /// The adapter.
        interface: String,
        /// What libpcap or the system said.
        reason: String,
    },
}

/// The kernel's counts of a capture so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames that passed the filter, both handed out and dropped.
    pub received: u64,
    /// Frames of `received` that the kernel dropped because its buffer was full.
    pub dropped: u64,
    /// Frames that the adapter or its driver dropped.
    pub dropped_by_adapter: u64,
}

/// How an adapter is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The capture filter; `None` captures every frame.
    pub filter: Option<&'a str>,
    /// The most bytes of a frame that are kept, 1 to [`SNAPLEN`].
    pub snaplen: u32,
    /// Whether the adapter hands over frames for other machines, too.
    pub promiscuous: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { filter: None, snaplen: SNAPLEN, promiscuous: true }
    }
}

/// A running capture.
pub struct Live {
    capture: Capture<Active>,
    interface: Interface,
    loopback: bool,
    frames: u64,
    /// Last values of libpcap's two counters, which wrap at 32 bits; `dropped` are their sums.
    seen: (u32, u32),
    dropped: (u64, u64),
}

impl Live {
    /// Opens the adapter named `interface`, or all of them for `any`, and installs the filter before any frame is taken.
    ///
    /// # Errors
    /// Every variant of [`LiveError`] but [`LiveError::Lost`].
    pub fn open(interface: &str, options: &Options<'_>) -> Result<Live, LiveError> {
        let capture = activate(interface, options).map_err(|e| match refused(interface, &e) {
            // Without the right, a filter that no adapter would take is told first: it can be mended at once.
            refusal @ LiveError::NoRight { .. } => {
                options.filter.and_then(wrong_everywhere).map_or(refusal, LiveError::Filter)
            }
            refusal => refusal,
        })?;
        let mut capture = capture.setnonblock().map_err(|e| other(interface, &e))?;
        if interface == ANY {
            // Version 1, the default, does not say on which adapter a frame was seen. Old systems have no other.
            let _ = capture.set_datalink(bpf::COOKED_V2);
        }
        if let Some(expression) = options.filter {
            capture.filter(expression, true).map_err(|e| bpf::error(expression, &e))?;
        }
        let loopback = interfaces::find(interface).is_some_and(|i| i.kind == Kind::Loopback);
        let interface = describe(interface, options, &capture);
        Ok(Live { capture, interface, loopback, frames: 0, seen: (0, 0), dropped: (0, 0) })
    }

    /// The capture, with this index among the adapters of a capture file.
    #[must_use]
    pub fn numbered(mut self, index: u32) -> Live {
        (self.interface.index, self.interface.id) = (index, index);
        self
    }

    /// The adapter as a capture file describes it, with the filter.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// Hands out at most `most` of the frames that are ready, and returns their number. Never waits.
    ///
    /// # Errors
    /// [`LiveError::Lost`] if the adapter no longer exists or was switched off.
    pub fn take(&mut self, most: usize, mut each: impl FnMut(&Frame<'_>)) -> Result<usize, LiveError> {
        let (link, interface, frames) = (self.interface.link, self.interface.index, &mut self.frames);
        let origin = origin(&self.interface);
        let taken = self.capture.dispatch(Some(most), |packet| {
            *frames += 1;
            let ts = packet.header.ts;
            // With `Precision::Nano`, tv_usec holds nanoseconds.
            #[allow(
                clippy::useless_conversion,
                reason = "the width of timeval differs from system to system"
            )]
            let time = Timestamp::from_parts(i64::from(ts.tv_sec), i64::from(ts.tv_usec));
            each(&Frame {
                no: FrameNo(*frames),
                time: Some(time),
                precision: 9,
                link,
                wire_len: packet.header.len,
                interface,
                origin,
                bytes: packet.data,
            });
        });
        match taken {
            Ok(n) => Ok(n),
            Err(pcap::Error::TimeoutExpired) => Ok(0),
            Err(e) => Err(self.lost(&e)),
        }
    }

    /// The kernel's counts so far.
    pub fn statistics(&mut self) -> Statistics {
        if let Ok(now) = self.capture.stats() {
            self.dropped.0 += u64::from(now.dropped.wrapping_sub(self.seen.0));
            self.dropped.1 += u64::from(now.if_dropped.wrapping_sub(self.seen.1));
            self.seen = (now.dropped, now.if_dropped);
        }
        // On the loopback adapter, the kernel counts each frame when it leaves and when it arrives, but libpcap hands
        // out only one of the two.
        let dropped = if self.loopback { self.dropped.0.div_ceil(2) } else { self.dropped.0 };
        Statistics { received: self.frames + dropped, dropped, dropped_by_adapter: self.dropped.1 }
    }

    /// The adapter's name.
    pub fn name(&self) -> String {
        self.interface.name.clone().unwrap_or_default()
    }

    fn lost(&self, error: &pcap::Error) -> LiveError {
        let interface = self.name();
        let reason = match interfaces::find(&interface) {
            None if interface != ANY => "the adapter has gone".to_owned(),
            Some(i) if i.state == State::Down => "the adapter was switched off".to_owned(),
            _ => bpf::message(error),
        };
        LiveError::Lost { interface, reason }
    }
}

#[cfg(unix)]
mod descriptor;

fn activate(interface: &str, options: &Options<'_>) -> Result<Capture<Active>, pcap::Error> {
    // `any` has no promiscuous mode, and the crate reports libpcap's warning about it as an error.
    let promiscuous = options.promiscuous && interface != ANY;
    match configure(interface, options)?.promisc(promiscuous).open() {
        Err(pcap::Error::PcapError(e)) if e.to_lowercase().contains("promisc") => {
            configure(interface, options)?.promisc(false).open()
        }
        opened => opened,
    }
}

fn configure(interface: &str, options: &Options<'_>) -> Result<Capture<Inactive>, pcap::Error> {
    Ok(Capture::from_device(interfaces::device(interface).as_str())?
        .timeout(GATHER.as_millis() as i32)
        .snaplen(options.snaplen as i32)
        .buffer_size(BUFFER)
        .precision(Precision::Nano))
}

/// The adapter as a capture file describes it.
fn describe(name: &str, options: &Options<'_>, capture: &Capture<Active>) -> Interface {
    let adapter = interfaces::find(name);
    let mut found = Interface::new(bpf::link_type(capture.get_datalink()));
    found.section = 1;
    found.snaplen = options.snaplen;
    found.resolution = Resolution::NANOS;
    found.name = Some(name.to_owned());
    found.filter = options.filter.map(str::to_owned);
    found.os = Section::of_this_machine().os;
    found.description = match &adapter {
        Some(adapter) => Some(adapter.description()),
        None => (name == ANY).then(|| "all adapters".to_owned()),
    };
    found.mac = adapter.as_ref().and_then(|a| a.mac);
    for (ip, prefix) in adapter.into_iter().flat_map(|a| a.addresses) {
        match ip {
            IpAddr::V4(ip) => found.ipv4.push((ip, mask(prefix))),
            IpAddr::V6(ip) => found.ipv6.push((ip, prefix)),
        }
    }
    found
}

/// The netmask with `bits` leading ones.
fn mask(prefix: u8) -> Ipv4Addr {
    Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0))
}

/// Why neither cable nor radio could use a capture filter; `None` if one of them can.
fn wrong_everywhere(filter: &str) -> Option<BpfError> {
    let error = |link| bpf::FrameFilter::new(filter, link).err();
    error(LinkType::RADIOTAP).and(error(LinkType::ETHERNET))
}

/// Why the adapter could not be opened. The crate drops libpcap's error numbers, and the texts differ between
/// versions, so this function looks up the facts.
fn refused(interface: &str, error: &pcap::Error) -> LiveError {
    let interface = interface.to_owned();
    let adapter = interfaces::find(&interface);
    if adapter.is_none() && interface != ANY {
        LiveError::Unknown { interface, present: interfaces::names() }
    } else if !privilege::may_capture() {
        LiveError::NoRight { interface, executable: privilege::executable() }
    } else if adapter.is_some_and(|i| i.state == State::Down) {
        LiveError::Down { interface }
    } else {
        other(&interface, error)
    }
}

fn other(interface: &str, error: &pcap::Error) -> LiveError {
    LiveError::Other { interface: interface.to_owned(), reason: bpf::message(error) }
}
