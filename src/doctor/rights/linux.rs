//! Findings about the right to capture, about libpcap, and about the right to make the lab's two hosts.

use super::{Finding, Topic};
use crate::capture::bpf::FrameFilter;
use crate::capture::privilege;
use crate::frame::LinkType;
use crate::lab::stage::network;
use crate::programs;
use crate::text::harmless;
use nix::unistd::{Gid, Group, Uid, getgroups};
use std::fs;

/// The findings about rights.
pub(super) fn look(port: u16) -> Vec<Finding> {
    let capture = if privilege::may_capture() { may() } else { may_not() };
    vec![capture, libpcap(port), two_hosts()]
}

fn may() -> Finding {
    let why = if !Uid::effective().is_root() {
        "by the capability that this program or session was given"
    } else if !all_users_exist() {
        "as root of a user namespace: on the adapters of this namespace"
    } else if privilege::sudo_caller().is_some() {
        "through sudo; labkit gives the rights back once the adapter is open"
    } else {
        "as root; labkit gives the rights back once the adapter is open"
    };
    Finding::good(Topic::Rights, "may-capture", format!("you may capture here, {why}"))
}

/// Whether this is the initial user namespace, or one that maps all users.
fn all_users_exist() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().nth(2).and_then(|count| count.parse().ok()).is_none_or(|count: u64| count > 65_535)
}

fn may_not() -> Finding {
    let program = privilege::executable();
    let program = harmless(&program.display().to_string());
    let says = "you may not capture here: the right to open a packet socket (CAP_NET_RAW) is missing";
    let finding = |more: &str| Finding::obstacle(Topic::Rights, "may-not-capture", format!("{says}{more}"));
    if no_new_rights() {
        return finding(
            ", and this session may gain no rights (no_new_privs), so that neither sudo nor setcap helps",
        )
        .mend("open a terminal outside of this container, sandbox or editor, and try there");
    }
    let groups = groups();
    let is_in = |name: &str| groups.iter().any(|g| g == name);
    let mut finding = finding("").mend(format!("sudo {program} sniff …"));
    if !["sudo", "wheel", "admin"].iter().any(|g| is_in(g)) && programs::find("sudo").is_some() {
        finding
            .says
            .push_str("; you are in none of the groups that may use sudo, as far as their names tell");
    }
    finding =
        finding.mend(format!("or once and for all: sudo setcap cap_net_raw,cap_net_admin=eip {program}"));
    if is_in("wireshark") && programs::find("dumpcap").is_some() {
        finding = finding.mend(format!(
            "or, as you are in the group wireshark: dumpcap -q -i any -w - | {program} replay -"
        ));
    }
    finding
}

/// Whether exec can give this process no further rights (no_new_privs).
fn no_new_rights() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|l| l.split_whitespace().eq(["NoNewPrivs:", "1"]))
}

/// The names of the groups that this process is in.
fn groups() -> Vec<String> {
    let ids = getgroups().unwrap_or_default().into_iter().chain([Gid::effective()]);
    ids.filter_map(|id| Some(Group::from_gid(id).ok()??.name)).collect()
}

/// The finding about libpcap: whether it compiles the lab's capture filter.
fn libpcap(port: u16) -> Finding {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let file = maps.lines().find_map(|l| l.split_whitespace().last().filter(|f| f.contains("libpcap")));
    let file = file.map(|f| format!(" ({})", harmless(f))).unwrap_or_default();
    match FrameFilter::new(&format!("tcp port {port}"), LinkType::ETHERNET) {
        Ok(_) => Finding::good(Topic::Rights, "libpcap", format!("libpcap is there and works{file}")),
        Err(e) => Finding::obstacle(
            Topic::Rights,
            "libpcap",
            format!("libpcap{file} does not compile the lab's capture filter: {}", harmless(&e.to_string())),
        )
        .mend("sudo apt install --reinstall libpcap0.8"),
    }
}

/// The finding about `lab run` and `lab up`; makes a host to try, and ends it.
fn two_hosts() -> Finding {
    match network::available() {
        Ok(()) => {
            let says = "labkit lab run and labkit lab up can make their two hosts here";
            Finding::good(Topic::Rights, "two-hosts", says)
        }
        Err(e) => {
            let why = harmless(&e.to_string());
            Finding::note(
                Topic::Rights,
                "two-hosts",
                format!("labkit lab run cannot make its two hosts here: {why}"),
            )
            .mend("two machines do as well; or try it with sudo")
        }
    }
}
