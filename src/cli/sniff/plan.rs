//! The capture that the arguments of `sniff` ask for: adapters, capture filter, file.

use super::{Sniff, files};
use crate::capture::adapters::Adapters;
use crate::capture::interfaces::{self, Interface, Kind, State};
use crate::capture::live::{Live, LiveError, Options};
use crate::capture::ring::FileLimits;
use crate::capture::store::{Heading, Store};
use crate::capture::{self, CaptureError};
use crate::cli::UsageError;
use crate::lab::definition::Role;
use std::io::{self, IsTerminal as _};
use std::net::IpAddr;
use std::path::Path;

/// The capture that the arguments ask for.
pub(super) struct Plan<'a> {
    pub(super) interfaces: Vec<String>,
    /// Why this adapter was chosen, if the user named none.
    why: Option<String>,
    pub(super) filter: Option<String>,
    /// The file to save frames in; `None` saves none.
    pub(super) path: Option<&'a Path>,
    /// The names `host` and `guest` for the addresses that the user gave.
    pub(super) names: Vec<(IpAddr, String)>,
    /// When a file is full, and how many are kept.
    pub(super) limits: FileLimits,
    /// Whether one file after the other is written (`-b`).
    pub(super) is_ring: bool,
    /// Whether standard output is free for rows and tables; otherwise the capture is written to it.
    pub(super) stdout_is_ours: bool,
    /// Whether `--host` or `--guest` without `--context` limits the filter to TCP on the lab's port, which leaves out
    /// ARP and ICMP.
    pub(super) without_context: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(args: &'a Sniff, port: u16) -> Result<Plan<'a>, UsageError> {
        if args.host.is_some() && args.host == args.guest {
            return Err(UsageError("--host and --guest name the same address; they are two machines".into()));
        }
        let roles_given = args.host.or(args.guest).is_some();
        if args.context && !roles_given {
            return Err(UsageError(
                "--context widens the filter that --host and --guest make; give the two addresses, too"
                    .into(),
            ));
        }
        let to_stdout = args.write.as_deref().is_some_and(is_stdout);
        if to_stdout && io::stdout().is_terminal() {
            return Err(UsageError(
                "-w - would write a capture to the terminal; redirect it, as in `labkit sniff -w - | tshark -r -`".into(),
            ));
        }
        let (limits, is_ring) = files::limits(args)?;
        let (interfaces, why) = match &args.interface[..] {
            [] => {
                let (adapter, why) = choose(args.host, args.guest)?;
                (vec![adapter.name], Some(why))
            }
            named => (named.to_vec(), None),
        };
        if let Some(twice) = interfaces.iter().enumerate().find(|(i, name)| interfaces[..*i].contains(name)) {
            return Err(UsageError(format!("-i {} is there twice; each frame would be, too", twice.1)));
        }
        let typed = args.bpf.join(" ");
        let filter = capture_filter((args.host, args.guest), port, args.context, &typed);
        let roles = [(args.host, Role::Host), (args.guest, Role::Guest)];
        let names = roles.iter().filter_map(|(ip, role)| Some(((*ip)?, role.name().to_owned()))).collect();
        let path = args.write.as_deref();
        let without_context = roles_given && !args.context;
        let stdout_is_ours = !to_stdout;
        Ok(Plan { interfaces, why, filter, path, names, limits, is_ring, stdout_is_ours, without_context })
    }

    /// Whether frames are saved to a file, not only passed on.
    pub(super) fn has_file(&self) -> bool {
        self.path.is_some_and(|path| !is_stdout(path))
    }

    pub(super) fn announcement(&self, adapters: &[capture::Interface]) -> String {
        let described =
            self.interfaces.iter().zip(adapters).map(|(name, adapter)| match &adapter.description {
                Some(description) => format!("{name} ({description})"),
                None => name.clone(),
            });
        let mut text = format!("capturing on {}", described.collect::<Vec<_>>().join(" and "));
        if let Some(why) = &self.why {
            text.push_str(&format!(", because {why}"));
        }
        if let Some(filter) = &self.filter {
            text.push_str(&format!("; capture filter: {filter}"));
        }
        text.push_str("; Ctrl-C ends it");
        text
    }

    /// Opens the adapters.
    pub(super) fn open(&self, args: &Sniff) -> Result<Adapters, LiveError> {
        let options = Options {
            filter: self.filter.as_deref(),
            snaplen: args.snapshot_length,
            promiscuous: !args.no_promiscuous,
        };
        let lives = self.interfaces.iter().map(|name| Live::open(name, &options));
        Ok(Adapters::new(lives.collect::<Result<_, _>>()?))
    }

    /// Makes the output file, and writes everything that is known before the first frame.
    pub(super) fn create(
        &self,
        path: &Path,
        force: bool,
        interfaces: Vec<capture::Interface>,
    ) -> Result<Store, CaptureError> {
        let heading = Heading { interfaces, names: self.names.clone() };
        match self.is_ring {
            true => Store::ring(path, self.limits, force, heading),
            false => Store::one(path, self.limits, force, heading),
        }
    }
}

pub(super) fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The capture filter: the lab's traffic with the given addresses, with `context` also ARP and ICMP that explain a
/// failure; and the filter that the user typed restricts it. `None` without either.
fn capture_filter(
    (host, guest): (Option<IpAddr>, Option<IpAddr>),
    port: u16,
    context: bool,
    typed: &str,
) -> Option<String> {
    let given: Vec<IpAddr> = host.into_iter().chain(guest).collect();
    let typed = typed.trim();
    let Some(first) = given.first() else { return (!typed.is_empty()).then(|| typed.to_owned()) };
    let hosts = |word: &str| given.iter().map(|ip| format!("host {ip}")).collect::<Vec<_>>().join(word);
    let (both, either) = (hosts(" and "), hosts(" or "));
    // The parentheses are needed because `and` and `or` have the same precedence in capture filters.
    let lab = match (context, first) {
        (false, _) => format!("{both} and tcp port {port}"),
        // A router's error has the router as its source; the addresses of the failed packet are inside.
        (true, IpAddr::V4(_)) => format!(
            "(({both} and (tcp port {port} or arp or icmp)) or (icmp[icmptype] == icmp-unreach and ({either})))"
        ),
        // A neighbour solicitation goes to a multicast group, not to the neighbour's address.
        (true, IpAddr::V6(_)) => format!("(({both} and tcp port {port}) or (icmp6 and ({either})))"),
    };
    Some(if typed.is_empty() { lab } else { format!("{lab} and ({typed})") })
}

/// The adapter to capture on if the user names none, and the reason.
fn choose(host: Option<IpAddr>, guest: Option<IpAddr>) -> Result<(Interface, String), UsageError> {
    // One of the two may be this machine itself, which is reached through the loopback adapter; then the other
    // decides.
    let ways: Vec<(Interface, IpAddr)> =
        guest.into_iter().chain(host).filter_map(|ip| Some((interfaces::towards(ip)?, ip))).collect();
    let outside = ways.iter().find(|(adapter, _)| adapter.kind != Kind::Loopback);
    if let Some((adapter, ip)) = outside.or(ways.first()) {
        return Ok((adapter.clone(), format!("it leads to {ip}")));
    }
    if let Some(adapter) = interfaces::default_route() {
        return Ok((adapter, "the default route leads through it".into()));
    }
    let all = interfaces::list().unwrap_or_default();
    let up = |a: &&Interface| a.state == State::Up;
    let outside = all.iter().filter(up).find(|a| a.kind != Kind::Loopback);
    match outside.or_else(|| all.iter().find(up)) {
        Some(adapter) => Ok((adapter.clone(), "there is no default route, and it is up".into())),
        None => Err(UsageError(format!(
            "no adapter is up here; name one with -i. There are: {}",
            interfaces::names()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 56, 1)));
    const B: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 56, 101)));

    #[test]
    fn roles_become_a_capture_filter_and_what_was_typed_narrows_it() {
        let filter = |roles, port, typed| capture_filter(roles, port, false, typed);
        let lab = "host 192.168.56.1 and host 192.168.56.101 and tcp port 65432";
        assert_eq!(filter((A, B), 65432, "").as_deref(), Some(lab));
        let both = format!("{lab} and (icmp or tcp)");
        assert_eq!(filter((A, B), 65432, "icmp or tcp"), Some(both));
        assert_eq!(filter((None, B), 7, "").as_deref(), Some("host 192.168.56.101 and tcp port 7"));
        assert_eq!(filter((None, None), 7, " arp ").as_deref(), Some("arp"));
        assert_eq!(filter((None, None), 7, " "), None);
    }

    #[test]
    fn context_lets_through_what_explains_a_failure_in_either_version_of_ip() {
        let six = |last| Some(IpAddr::V6(std::net::Ipv6Addr::new(0xfd00, 0x56, 0, 0, 0, 0, 0, last)));
        let both = "host 192.168.56.1 and host 192.168.56.101";
        let either = "host 192.168.56.1 or host 192.168.56.101";
        let want = format!(
            "(({both} and (tcp port 7 or arp or icmp)) or (icmp[icmptype] == icmp-unreach and ({either}))) and (less 99)"
        );
        assert_eq!(capture_filter((A, B), 7, true, "less 99"), Some(want));
        let either = "host fd00:56::1 or host fd00:56::2";
        let want =
            format!("((host fd00:56::1 and host fd00:56::2 and tcp port 7) or (icmp6 and ({either})))");
        assert_eq!(capture_filter((six(1), six(2)), 7, true, ""), Some(want));
    }
}
