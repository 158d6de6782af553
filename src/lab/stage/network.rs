//! The lab's network on one machine: two hosts, each with its own network stack, joined by a virtual cable.
//!
//! All programs on a host are separate processes, started through labkit's hidden commands (see
//! [`crate::lab::stage::namespace`]); the process that runs the lab keeps its own network.

mod standing;

use crate::lab::definition::{self, Lab, Role};
use crate::lab::stage::namespace::READY;
use crate::programs::find;
use crate::sockets::{self, LISTEN, TIME_WAIT};
use standing::holders;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(super) use standing::relay;
pub use standing::{DEFAULT_NAME, down_command, remove, standing};

/// How long to wait for operations of the system that usually take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to sleep between two looks at a condition.
pub(super) const LOOK: Duration = Duration::from_millis(10);

/// Why the lab's network could not be made, used or removed.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The system, or this user's rights on it, allows no network namespaces.
    #[error("{0}")]
    Unavailable(String),
    /// The program `ip`, which lays the cable, is missing.
    #[error(
        "cannot join the two hosts: the command `ip` is missing; install it, as in `sudo apt install iproute2`"
    )]
    NoIp,
    /// The program `ip` failed.
    #[error("cannot join the two hosts: `{command}` failed: {said}")]
    Ip {
        /// The command.
        command: String,
        /// What it printed.
        said: String,
    },
    /// The cable is laid, but does not come up.
    #[error("cannot join the two hosts: the adapter {0} does not come up")]
    Down(&'static str),
    /// A host or a program that is needed does not exist, or exists when it should not.
    #[error("{0}")]
    Missing(String),
    /// Another system call failed.
    #[error("cannot {what}: {why}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        why: io::Error,
    },
}

/// Name of a host's adapter, as students know it from VirtualBox's host-only network and from Ubuntu in a virtual
/// machine.
pub fn adapter(role: Role) -> &'static str {
    match role {
        Role::Host => "vboxnet0",
        Role::Guest => "enp0s3",
    }
}

/// Hardware address of a host's adapter, from VirtualBox's ranges, so that Wireshark names the vendor.
pub(super) fn hardware_address(role: Role) -> &'static str {
    match role {
        Role::Host => "0a:00:27:00:00:00",
        Role::Guest => "08:00:27:00:00:65",
    }
}

/// labkit itself, as a command. It works also after its file was replaced, as by a build.
pub(super) fn labkit() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("labkit");
    command
}

/// The command `program` in the namespaces of the process `pid`; it is killed when the process that starts it ends.
pub(super) fn command_in(pid: i32, program: &str) -> Command {
    let mut command = labkit();
    command.args(["lab", "__enter", "--pid", &pid.to_string()]);
    command.args(["--parent", &std::process::id().to_string(), "--", program]);
    command
}

/// A host: the process that keeps its namespaces alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// Which of the two hosts it is.
    pub role: Role,
    /// The holder's process number.
    pub pid: i32,
}

impl Host {
    /// The command `program` on this host; it is killed when the process that starts it ends.
    pub fn command(&self, program: &str) -> Command {
        command_in(self.pid, program)
    }

    /// One of the kernel's lists for this host, such as `net/tcp`; empty if it cannot be read.
    fn list(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.pid)).unwrap_or_default()
    }

    /// The kernel's list of this host's TCP sockets over IPv4.
    pub fn sockets(&self) -> String {
        self.list("net/tcp")
    }

    /// Whether a program listens on this TCP port, on IPv4.
    pub fn is_listening(&self, port: u16) -> bool {
        sockets::parse(&self.list("net/tcp")).any(|s| s.port == port && s.state == LISTEN)
    }

    /// Whether this host can send no more packets of connections with this TCP port: all are closed, or in TIME_WAIT.
    pub fn is_quiet(&self, port: u16) -> bool {
        sockets::parse(&self.list("net/tcp"))
            .all(|s| (s.port != port && s.peer_port != port) || [LISTEN, TIME_WAIT].contains(&s.state))
    }
}

/// A network of two hosts, which ends with this value or this process.
#[derive(Debug)]
pub struct Network {
    holders: [(Host, Child); 2],
}

impl Network {
    /// Makes the two hosts and joins them. When this process ends for any reason, the kernel removes the network, and
    /// the holder removes the folder `scratch`.
    ///
    /// # Errors
    /// [`NetworkError::Unavailable`] if there can be no namespaces; the others if joining the hosts fails.
    pub fn make(settings: &definition::Network, scratch: Option<&Path>) -> Result<Network, NetworkError> {
        Network::with(settings, |command| {
            if let Some(dir) = scratch {
                command.arg("--scratch").arg(dir);
            }
            command.stdin(Stdio::piped());
        })
    }

    /// Makes the two hosts as [`Network::make`] does, but they stay until [`remove`] is called with the same `name`.
    ///
    /// # Errors
    /// As [`Network::make`]; [`NetworkError::Missing`] if there are hosts of this name already.
    pub fn leave(settings: &definition::Network, name: &str) -> Result<(), NetworkError> {
        if !holders(name).is_empty() {
            let message =
                format!("cannot put the lab up: it is up already; `{}` ends it", down_command(name));
            return Err(NetworkError::Missing(message));
        }
        let network = Network::with(settings, |command| {
            command.args(["--stay", name]).stdin(Stdio::null());
        })?;
        network.forget();
        Ok(())
    }

    fn with(
        settings: &definition::Network,
        configure: impl Fn(&mut Command),
    ) -> Result<Network, NetworkError> {
        let host = hold(Role::Host, None, &configure)?;
        let beside = host.0.pid;
        let guest = match hold(Role::Guest, Some(beside), &configure) {
            Ok(guest) => guest,
            Err(error) => {
                end(host.1);
                return Err(error);
            }
        };
        let network = Network { holders: [host, guest] };
        network.join(settings)?;
        Ok(network)
    }

    /// The host with this role.
    pub fn host(&self, role: Role) -> Host {
        let [(host, _), (guest, _)] = &self.holders;
        if role == Role::Host { *host } else { *guest }
    }

    /// Lays the cable between the two, and gives each end its address.
    fn join(&self, settings: &definition::Network) -> Result<(), NetworkError> {
        let ip = find("ip").ok_or(NetworkError::NoIp)?;
        let (host, guest) = (self.host(Role::Host), self.host(Role::Guest));
        let (near, far) = (adapter(Role::Host), adapter(Role::Guest));
        let (near_mac, far_mac) = (hardware_address(Role::Host), hardware_address(Role::Guest));
        let cable = format!(
            "link add {near} address {near_mac} type veth peer name {far} address {far_mac} netns {}",
            guest.pid
        );
        run_ip(&host, &ip, &cable)?;
        for (end, address) in [(host, settings.host), (guest, settings.guest)] {
            connect(&end, &ip, address, settings.prefix)?;
        }
        [host, guest].iter().try_for_each(|end| until_up(end, &ip))
    }

    /// Gives the hosts up without ending them.
    fn forget(mut self) {
        for (_, child) in &mut self.holders {
            child.stdin.take();
        }
        std::mem::forget(self);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for (_, child) in &mut self.holders {
            let _ = child.kill();
        }
        for (_, child) in &mut self.holders {
            let _ = child.wait();
        }
    }
}

/// Checks whether hosts can be made on this system, by making one and ending it.
///
/// # Errors
/// [`NetworkError::Unavailable`] if there can be no namespaces; the others if something else fails.
pub fn available() -> Result<(), NetworkError> {
    let (_, child) = hold(Role::Host, None, |command| {
        command.stdin(Stdio::null());
    })?;
    end(child);
    Ok(())
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Starts a holder and waits until it has its namespaces.
fn hold(
    role: Role,
    beside: Option<i32>,
    configure: impl Fn(&mut Command),
) -> Result<(Host, Child), NetworkError> {
    let mut command = labkit();
    command.args(["lab", "__hold", role.name()]);
    if let Some(pid) = beside {
        command.args(["--beside", &pid.to_string()]);
    }
    configure(&mut command);
    let child = start(command, "start a host of the lab")?;
    Ok((Host { role, pid: child.id() as i32 }, child))
}

/// Starts a process with namespaces of its own, and waits until it has them.
pub(super) fn start(mut command: Command, what: &'static str) -> Result<Child, NetworkError> {
    let system = |source| NetworkError::System { what, why: source };
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(system)?;
    let mut said = String::new();
    let read = child.stdout.take().map_or(Ok(0), |out| BufReader::new(out).read_line(&mut said));
    match (read, said.trim()) {
        (Ok(_), READY) => Ok(child),
        (read, said) => {
            end(child);
            let nothing = || io::Error::other("it ended without a word");
            Err(match read {
                Ok(_) if !said.is_empty() => NetworkError::Unavailable(said.to_owned()),
                other => system(other.err().unwrap_or_else(nothing)),
            })
        }
    }
}

/// Configures one end of the cable: address, and link up.
pub(super) fn connect(end: &Host, ip: &Path, address: Ipv4Addr, prefix: u8) -> Result<(), NetworkError> {
    let name = adapter(end.role);
    run_ip(end, ip, "link set lo up")?;
    run_ip(end, ip, &format!("address add {address}/{prefix} dev {name}"))?;
    run_ip(end, ip, &format!("link set {name} up"))
}

/// Waits until the adapter is up; before that, the kernel drops all packets.
pub(super) fn until_up(end: &Host, ip: &Path) -> Result<(), NetworkError> {
    let begun = Instant::now();
    let name = adapter(end.role);
    loop {
        let state = ip_output(end, ip, &["-o", "link", "show", "dev", name])?;
        if state.contains(" state UP ") {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(NetworkError::Down(name));
        }
        std::thread::sleep(LOOK);
    }
}

pub(super) fn run_ip(host: &Host, ip: &Path, arguments: &str) -> Result<(), NetworkError> {
    ip_output(host, ip, &arguments.split(' ').collect::<Vec<_>>()).map(drop)
}

/// Runs `ip` on a host, and returns its output.
fn ip_output(host: &Host, ip: &Path, arguments: &[&str]) -> Result<String, NetworkError> {
    let output = host
        .command(&ip.to_string_lossy())
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| NetworkError::System { what: "run `ip`", why: source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ");
    // The kernel has namespaces, but denies the rights in them or has no virtual cables.
    if ["not permitted", "Permission denied", "not supported", "Unknown device type"]
        .iter()
        .any(|s| said.contains(s))
    {
        let why = format!("the kernel makes namespaces, but no cable between them ({said})");
        return Err(NetworkError::Unavailable(why));
    }
    Err(NetworkError::Ip { command: format!("ip {}", arguments.join(" ")), said })
}

impl Network {
    /// The network of a lab in one line.
    pub fn describe(lab: &Lab) -> String {
        let [host, guest] =
            [Role::Host, Role::Guest].map(|r| format!("{} {} ({})", r.name(), lab.address(r), adapter(r)));
        format!("{host} and {guest}, joined by a virtual cable")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_printed_once() {
        let failed = NetworkError::System { what: "run `ip`", why: io::ErrorKind::NotFound.into() };
        assert_eq!(format!("{:#}", anyhow::Error::from(failed)), "cannot run `ip`: entity not found");
    }
}
