//! Labs that stay up: their hosts are found among the running processes, and ended.

use super::{Host, LOOK, NetworkError, PATIENCE};
use crate::lab::definition::Role;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Instant;

/// The host with this role in the lab `name` that [`Network::leave`](super::Network::leave) made.
///
/// # Errors
/// If there is no such host.
pub fn standing(role: Role, name: &str) -> Result<Host, NetworkError> {
    holders(name).into_iter().find(|h| h.role == role).ok_or_else(|| {
        let (option, named) = match name {
            DEFAULT_NAME => (String::new(), "the lab".to_owned()),
            name => (format!(" --name {name}"), format!("the lab `{name}`")),
        };
        let role = role.name();
        NetworkError::Missing(format!(
            "cannot reach the {role}: {named} is not up; `labkit lab up{option}` puts it up"
        ))
    })
}

/// Ends the hosts that [`Network::leave`](super::Network::leave) made, with all processes on them. Returns whether there were any.
///
/// # Errors
/// If processes do not end.
pub fn remove(name: &str) -> Result<bool, NetworkError> {
    let holders = holders(name);
    // Our own network must not be among them: a holder that has just started is still in the network of its starter.
    let ours = network_of(std::process::id() as i32);
    let all: Vec<i32> = holders.iter().map(|host| host.pid).chain(relay(name)).collect();
    let networks: Vec<_> =
        all.iter().filter_map(|pid| network_of(*pid)).filter(|n| Some(n) != ours.as_ref()).collect();
    let inside = || processes().filter(|&pid| network_of(pid).is_some_and(|n| networks.contains(&n)));
    for pid in all {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    let begun = Instant::now();
    while inside().next().is_some() {
        // Processes that do not end by themselves are killed.
        let signal = if begun.elapsed() < PATIENCE / 10 { Signal::SIGTERM } else { Signal::SIGKILL };
        for pid in inside() {
            let _ = kill(Pid::from_raw(pid), signal);
        }
        if begun.elapsed() > PATIENCE {
            return Err(NetworkError::Missing(
                "cannot take the lab down: a process on its hosts does not end".into(),
            ));
        }
        std::thread::sleep(LOOK);
    }
    Ok(!holders.is_empty())
}

/// The holders that stay, of this name and this user. They are found among the running processes, so the list is
/// never out of date.
pub(super) fn holders(name: &str) -> Vec<Host> {
    mine().filter_map(|pid| Some(Host { role: role_of(pid, name)?, pid })).collect()
}

/// The processes of this user.
fn mine() -> impl Iterator<Item = i32> {
    let is_mine =
        |pid: &i32| fs::metadata(format!("/proc/{pid}")).is_ok_and(|m| m.uid() == geteuid().as_raw());
    processes().filter(is_mine)
}

/// The role of the host that the process `pid` holds; `None` if it is no holder that stays, of this name.
fn role_of(pid: i32, name: &str) -> Option<Role> {
    match words_of(pid, name)?.get(1..4)? {
        [lab, hold, role] if lab == "lab" && hold == "__hold" => {
            [Role::Host, Role::Guest].into_iter().find(|r| r.name() == *role)
        }
        _ => None,
    }
}

/// The command line of the process `pid`; `None` unless it stays for the lab of this name.
fn words_of(pid: i32, name: &str) -> Option<Vec<String>> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<String> = std::str::from_utf8(&line).ok()?.split('\0').map(str::to_owned).collect();
    words.windows(2).any(|pair| pair == ["--stay", name]).then_some(words)
}

/// Number of the process that relays frames between the hosts of this lab; `None` without one.
pub(in crate::lab::stage) fn relay(name: &str) -> Option<i32> {
    mine().find(|pid| {
        let words = words_of(*pid, name);
        words.as_deref().and_then(|words| words.get(1..3)).is_some_and(|words| words == ["lab", "__relay"])
    })
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A path that identifies the network namespace of a process; `None` for other users' processes and for those that
/// have ended.
fn network_of(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

/// The command that takes the lab of this name down.
pub fn down_command(name: &str) -> String {
    if name == DEFAULT_NAME { "labkit lab down".into() } else { format!("labkit lab down --name {name}") }
}

/// The name of a lab for which the user gave none.
pub const DEFAULT_NAME: &str = "lab";
