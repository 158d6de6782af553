//! Linux namespaces: how a process makes a network of its own, keeps it, and joins another process's. No other file
//! makes these system calls.
//!
//! A namespace lives as long as a process in it. So each host of the lab is a process that does nothing else, the
//! holder, and all programs on that host join the holder's namespaces. The namespaces have no names in the file
//! system, so nothing is left behind: when the holder ends for any reason, the kernel removes the network.
//!
//! A process with several threads may not enter a user namespace. Everything here runs in fresh processes, labkit's own
//! hidden commands, before they start a thread.

use crate::lab::definition::Role;
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getegid, geteuid, getppid, pause, sethostname, setsid};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a holder prints on its standard output once it has its namespaces; any other text is the reason why it has
/// not.
pub(super) const READY: &str = "ready";

/// How a host is made, and how long it lives.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Which of the two hosts; the role becomes the host name.
    pub role: Role,
    /// The process number of a holder whose user namespace the new host shares, so that a cable can join the two.
    pub beside: Option<i32>,
    /// Whether the host stays until it is killed. Otherwise it ends when standard input does, that is, when the
    /// process that started it is gone.
    pub stay: bool,
    /// A folder to remove when standard input ends.
    pub scratch: Option<PathBuf>,
}

/// Makes a host, prints on standard output whether that worked, and stays until the host's end.
///
/// # Errors
/// If standard output cannot be written, because its reader is gone.
pub fn hold(hold: &Hold) -> io::Result<()> {
    let made = begin(hold.beside);
    if made.is_ok() {
        let _ = sethostname(hold.role.name());
    }
    answer(&made)?;
    match made {
        Ok(()) if hold.stay => loop {
            pause();
        },
        Ok(()) => until_the_end_of_input(hold.scratch.as_deref()),
        Err(_) => Ok(()),
    }
}

/// Makes a network namespace of this process's own, for the cable between two hosts, in the user namespace of the
/// holder `beside`. Prints on standard output whether that worked, and returns the same.
///
/// # Errors
/// If standard output cannot be written, because its reader is gone.
pub fn between(beside: i32) -> io::Result<bool> {
    let made = begin(Some(beside));
    answer(&made)?;
    Ok(made.is_ok())
}

/// Leaves the session and the network of the process that started this one.
fn begin(beside: Option<i32>) -> Result<(), String> {
    // In a session of its own, this process gets no Ctrl-C from the terminal; the process that runs the lab gets it,
    // and ends this one in order.
    let _ = setsid();
    // With file capabilities (`setcap … labkit`), /proc/self would belong to root, and the maps could not be written.
    let _ = prctl::set_dumpable(true);
    beside.map_or(Ok(()), |pid| join(pid).map_err(|e| e.to_string())).and_then(|()| isolate())?;
    without_ipv6();
    Ok(())
}

fn answer(made: &Result<(), String>) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{}", made.as_ref().err().map_or(READY, String::as_str))?;
    out.flush()
}

/// Waits until the process at the other end of standard input is gone, and removes the folder that it may have left.
fn until_the_end_of_input(scratch: Option<&Path>) -> io::Result<()> {
    let mut buffer = [0; 64];
    while io::stdin().read(&mut buffer)? > 0 {}
    scratch.map_or(Ok(()), |dir| match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    })
}

/// Puts this process into a new network namespace, with the rights over it. The error is the reason why that is not
/// allowed.
///
/// A process with the rights of root does it directly; others make a user namespace first, in which they are root.
fn isolate() -> Result<(), String> {
    let network = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWUTS;
    if may_make_networks() {
        match unshare(network) {
            Ok(()) => return Ok(()),
            Err(Errno::EPERM) => {}
            Err(errno) => return Err(format!("a network namespace cannot be made: {}", reason(errno))),
        }
    }
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | network)
        .map_err(|errno| format!("a user namespace cannot be made: {}", reason(errno)))?;
    let map = |file: &str, text: String| {
        fs::write(format!("/proc/self/{file}"), text).map_err(|e| {
            let errno = e.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw);
            format!("a user namespace was made, but has no rights: {}", reason(errno))
        })
    };
    // An ordinary user must give up setgroups before mapping a group (user_namespaces(7)).
    map("setgroups", "deny".into())?;
    map("uid_map", format!("0 {uid} 1"))?;
    map("gid_map", format!("0 {gid} 1"))
}

/// Whether this process has the capabilities that are needed: CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN.
fn may_make_networks() -> bool {
    const NEEDED: u64 = 1 << 12 | 1 << 13 | 1 << 21;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|l| l.strip_prefix("CapEff:")).map(str::trim);
    effective.and_then(|set| u64::from_str_radix(set, 16).ok()).is_some_and(|set| set & NEEDED == NEEDED)
}

/// Why the system refuses namespaces, in words, with advice where there is any.
pub(super) fn reason(errno: Errno) -> String {
    let setting = |path: &str, value: &str| fs::read_to_string(path).is_ok_and(|s| s.trim() == value);
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        "AppArmor keeps user namespaces from ordinary users, as Ubuntu does since 23.10; sudo helps".into()
    } else if setting("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        "kernel.unprivileged_userns_clone is 0; sudo helps".into()
    } else if setting("/proc/sys/user/max_user_namespaces", "0") {
        "user.max_user_namespaces is 0; sudo may help".into()
    } else {
        match errno {
            Errno::ENOSPC | Errno::EUSERS => "the limits under /proc/sys/user are reached".into(),
            Errno::EINVAL | Errno::ENOSYS => "this kernel is built without them".into(),
            Errno::EPERM | Errno::EACCES => "the system forbids it, as containers do".into(),
            other => other.desc().to_lowercase(),
        }
    }
}

/// Switches IPv6 off for adapters to come: it would only add packets that the lab is not about. The lab works without
/// this setting, too, so a failure is ignored.
fn without_ipv6() {
    for which in ["all", "default"] {
        let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6"), "1");
    }
}

/// Moves this process into the namespaces of the holder `pid`.
fn join(pid: i32) -> io::Result<()> {
    // The user namespace comes first, because it gives the rights over the network.
    let kinds = [
        ("user", CloneFlags::CLONE_NEWUSER),
        ("net", CloneFlags::CLONE_NEWNET),
        ("uts", CloneFlags::CLONE_NEWUTS),
    ];
    let mut ways = Vec::new();
    for (name, kind) in kinds {
        let theirs = format!("/proc/{pid}/ns/{name}");
        // Joining the user namespace that this process is in already is an error.
        if fs::read_link(&theirs)? != fs::read_link(format!("/proc/self/ns/{name}"))? {
            ways.push((File::open(theirs)?, kind));
        }
    }
    for (namespace, kind) in ways {
        setns(namespace, kind)?;
    }
    Ok(())
}

/// Replaces this process by the command `program` on the host of the holder `pid`. With `parent`, the number of the
/// process that started this one, the command is killed when that process ends.
///
/// # Errors
/// If the host does not exist, or the command cannot be started. Without an error, this does not return.
pub fn enter(pid: i32, parent: Option<i32>, program: &str, arguments: &[String]) -> io::Result<()> {
    join(pid)?;
    if let Some(parent) = parent {
        // This comes after joining, because a change of rights resets it.
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        if getppid() != Pid::from_raw(parent) {
            return Err(io::Error::other("the process that started this host is gone"));
        }
    }
    Err(Command::new(program).args(arguments).exec())
}
