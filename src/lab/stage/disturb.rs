//! Sets the faults of a lab that is up. The named faults replace all earlier ones.
//!
//! The kernel's netem makes the cable's faults where the kernel has it and the faults allow it; else the cable is
//! replaced by one through a [relay](super::cable::relay).

use super::cable::faults::{Faults, Firewall, Weather};
use super::cable::relay::end_name;
use super::network::{
    self, Host, NetworkError, adapter, command_in, connect, hardware_address, labkit, run_ip, standing,
    start, until_up,
};
use crate::lab::definition::{self, Role};
use crate::programs::find;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The default MTU of the cable, in bytes.
const USUAL_MTU: u32 = 1500;

/// How the faults were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// On the adapters that were there before.
    InPlace,
    /// By a new cable through a relay: the adapters are new ones, and captures on the old ones have ended.
    LaidAnew,
}

/// A lab that is up.
struct Standing<'a> {
    name: &'a str,
    settings: &'a definition::Network,
    port: u16,
    hosts: [Host; 2],
}

/// Sets the faults of the lab `name`, which is up and whose receiver listens on TCP port `port`. Earlier faults end.
///
/// # Errors
/// If the lab is not up, or if a needed program is missing or fails; some of the faults may be in effect then.
pub fn apply(
    name: &str,
    settings: &definition::Network,
    port: u16,
    faults: &Faults,
) -> Result<Way, NetworkError> {
    let hosts = [standing(Role::Host, name)?, standing(Role::Guest, name)?];
    let lab = Standing { name, settings, port, hosts };
    let way = lab.weather(faults.weather)?;
    lab.mtu(faults.mtu.unwrap_or(USUAL_MTU))?;
    lab.offload(faults.no_offload)?;
    lab.firewall(faults.firewall)?;
    Ok(way)
}

impl Standing<'_> {
    fn weather(&self, weather: Weather) -> Result<Way, NetworkError> {
        if let Some(relay) = network::relay(self.name) {
            self.tell(relay, weather)?;
            return Ok(Way::InPlace);
        }
        if weather.is_fair() {
            self.without_netem();
            return Ok(Way::InPlace);
        }
        // netem reorders frames by sending some without the delay, so it needs a delay; the relay does not.
        if weather.reorder == 0.0 && self.netem(weather) {
            return Ok(Way::InPlace);
        }
        self.without_netem();
        self.through_relay(weather)?;
        Ok(Way::LaidAnew)
    }

    /// Sets netem on both adapters. Returns whether the kernel has it.
    fn netem(&self, weather: Weather) -> bool {
        let Weather { delay, loss, duplicate, .. } = weather;
        let mut words = vec!["netem".to_owned()];
        if !delay.is_zero() {
            words.extend(["delay".to_owned(), format!("{}us", delay.as_micros())]);
        }
        for (what, share) in [("loss", loss), ("duplicate", duplicate)] {
            if share > 0.0 {
                words.extend([what.to_owned(), format!("{}%", share * 100.0)]);
            }
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.hosts.iter().all(|host| {
            let start = ["qdisc", "replace", "dev", adapter(host.role), "root"];
            tool(host, "tc", &[&start[..], &words].concat()).is_ok()
        })
    }

    fn without_netem(&self) {
        for host in &self.hosts {
            // It fails where there is no netem, which is fine.
            let _ = tool(host, "tc", &["qdisc", "del", "dev", adapter(host.role), "root"]);
        }
    }

    /// Replaces the cable by two cables and a process that relays frames between them.
    fn through_relay(&self, weather: Weather) -> Result<(), NetworkError> {
        let ip = find("ip").ok_or(NetworkError::NoIp)?;
        let [host, _] = &self.hosts;
        let mut command = labkit();
        command.args(["lab", "__relay", "--beside", &host.pid.to_string(), "--stay", self.name]);
        command.args(["--weather", &weather.to_string()]).stdin(Stdio::null());
        let relay = start(command, "start the relay between the hosts")?.id() as i32;
        // Deleting one end of the direct cable deletes both.
        run_ip(host, &ip, &format!("link del {}", adapter(Role::Host)))?;
        for end in &self.hosts {
            self.half(end, relay, &ip)?;
        }
        self.hosts.iter().try_for_each(|end| until_up(end, &ip))?;
        // The relay's answer shows that it works.
        self.tell(relay, weather)
    }

    /// Lays the cable between one host and the relay.
    fn half(&self, end: &Host, relay: i32, ip: &Path) -> Result<(), NetworkError> {
        let (name, mac, far) = (adapter(end.role), hardware_address(end.role), end_name(end.role));
        run_ip(end, ip, &format!("link add {name} address {mac} type veth peer name {far} netns {relay}"))?;
        // The relay cannot send frames larger than its cable's MTU, so the host must not send several segments in one
        // frame (GSO).
        run_ip(end, ip, &format!("link set {name} gso_max_segs 1"))?;
        let inside = Host { role: end.role, pid: relay };
        run_ip(&inside, ip, &format!("link set {far} up"))?;
        let address = if end.role == Role::Host { self.settings.host } else { self.settings.guest };
        connect(end, ip, address, self.settings.prefix)
    }

    fn tell(&self, relay: i32, weather: Weather) -> Result<(), NetworkError> {
        let mut command = command_in(relay, "/proc/self/exe");
        command.args(["lab", "__relay", "--tell", "--weather", &weather.to_string()]);
        said_ok(command, "tell the relay between the hosts what to do")
    }

    fn mtu(&self, mtu: u32) -> Result<(), NetworkError> {
        let ip = find("ip").ok_or(NetworkError::NoIp)?;
        if let Some(relay) = network::relay(self.name) {
            for role in [Role::Host, Role::Guest] {
                // The relay's ends of the cables must carry all frames that the adapters send.
                let inside = Host { role, pid: relay };
                run_ip(&inside, &ip, &format!("link set {} mtu {}", end_name(role), mtu.max(USUAL_MTU)))?;
            }
        }
        self.hosts
            .iter()
            .try_for_each(|host| run_ip(host, &ip, &format!("link set {} mtu {mtu}", adapter(host.role))))
    }

    /// Switches offload on the adapters off, so that captures show segments as a cable carries them; or on again.
    fn offload(&self, off: bool) -> Result<(), NetworkError> {
        let state = if off { "off" } else { "on" };
        for host in &self.hosts {
            let name = adapter(host.role);
            let done = tool(host, "ethtool", &["-K", name, "tso", state, "gso", state, "gro", state]);
            if off && let Err(why) = done {
                let role = host.role.name();
                return Err(NetworkError::Missing(format!("cannot switch offload off on the {role}: {why}")));
            }
        }
        Ok(())
    }

    fn firewall(&self, firewall: Option<Firewall>) -> Result<(), NetworkError> {
        let [_, guest] = &self.hosts;
        if firewall.is_none() && find("nft").is_none() {
            return Ok(());
        }
        let verdict = match firewall {
            Some(Firewall::Reject) => "reject with icmpx type admin-prohibited",
            Some(Firewall::Drop) => "drop",
            Some(Firewall::Reset) => "reject with tcp reset",
            None => "accept",
        };
        // The first line makes the table if it does not exist, since deleting a missing table is an error.
        let mut rules = "table inet labkit {}\ndelete table inet labkit\n".to_owned();
        if firewall.is_some() {
            let port = self.port;
            rules.push_str(
                "table inet labkit {\nchain input {\ntype filter hook input priority 0; policy accept;\n",
            );
            rules.push_str(&format!("tcp dport {port} {verdict}\n}}\n}}\n"));
        }
        match (nft(guest, &rules), firewall) {
            (Err(why), Some(_)) => {
                Err(NetworkError::Missing(format!("cannot set up the guest's firewall: {why}")))
            }
            _ => Ok(()),
        }
    }
}

/// Runs a system program on a host. The error says why it failed, or what to install if it is missing.
fn tool(host: &Host, program: &str, arguments: &[&str]) -> Result<(), String> {
    let path = find(program).ok_or_else(|| missing(program))?;
    let mut command = host.command(&path.to_string_lossy());
    let out = command.args(arguments).env("LC_ALL", "C").stdin(Stdio::null()).output();
    let out = out.map_err(|error| format!("`{program}` cannot be run: {error}"))?;
    if out.status.success() { Ok(()) } else { Err(failed(program, &out.stderr)) }
}

fn missing(program: &str) -> String {
    let package = match program {
        "nft" => "nftables",
        "tc" => "iproute2",
        program => program,
    };
    format!("the command `{program}` is missing; install it, as in `sudo apt install {package}`")
}

fn failed(program: &str, said: &[u8]) -> String {
    format!("`{program}` failed: {}", String::from_utf8_lossy(said).trim().replace('\n', " "))
}

/// Loads nft rules on a host.
fn nft(host: &Host, rules: &str) -> Result<(), String> {
    let path = find("nft").ok_or_else(|| missing("nft"))?;
    let mut command = host.command(&path.to_string_lossy());
    command.args(["-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let run = || -> io::Result<std::process::Output> {
        let mut child = command.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(rules.as_bytes())?;
        }
        child.wait_with_output()
    };
    let mut run = run;
    let out = run().map_err(|error| format!("`nft` cannot be run: {error}"))?;
    if out.status.success() { Ok(()) } else { Err(failed("nft", &out.stderr)) }
}

/// Runs one of labkit's own commands; its failure becomes an error that begins with `what`.
fn said_ok(mut command: Command, what: &'static str) -> Result<(), NetworkError> {
    let system = |source| NetworkError::System { what, why: source };
    let out = command.stdin(Stdio::null()).output().map_err(system)?;
    if out.status.success() {
        return Ok(());
    }
    Err(system(io::Error::other(String::from_utf8_lossy(&out.stderr).trim().to_owned())))
}
