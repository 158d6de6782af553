//! Findings about the lab's port on this machine: is it free, which program has it, and can other machines reach that
//! program?

use super::{Finding, Topic};
use crate::sockets::{self, LISTEN, Owner, Socket, TIME_WAIT};
use crate::text::{beginning, harmless};
use std::net::{Ipv4Addr, TcpListener};

/// The findings about the port.
pub(super) fn look(port: u16) -> Vec<Finding> {
    match sockets::listed() {
        Some(all) => judge(port, &all, sockets::owners),
        None => vec![tried(port)],
    }
}

/// The finding on systems without a list of sockets: listens on the port for a moment to see whether it is free.
fn tried(port: u16) -> Finding {
    match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)) {
        Ok(_) => free(port, 0),
        Err(error) => {
            let says = format!(
                "port {port} cannot be had: {error}. That is fine if the receiver that you mean runs already"
            );
            let names = if cfg!(windows) { "netstat -abn" } else { "netstat -anv -p tcp" };
            Finding::obstacle(Topic::Port, "port-taken", says)
                .mend(format!("{names} names the program that has it"))
        }
    }
}

fn judge(port: u16, all: &[Socket], owners: impl Fn(u64) -> Vec<Owner>) -> Vec<Finding> {
    let here = || all.iter().filter(|s| s.port == port);
    let mut findings: Vec<Finding> =
        here().filter(|s| s.state == LISTEN).map(|s| taken(port, s, &owners(s.inode))).collect();
    if findings.is_empty() {
        findings.push(free(port, here().filter(|s| s.state == TIME_WAIT).count()));
    }
    findings
}

fn free(port: u16, waiting: usize) -> Finding {
    if waiting == 0 {
        return Finding::good(
            Topic::Port,
            "port-free",
            format!("port {port} is free: a receiver can have it"),
        );
    }
    let says = format!(
        "port {port} is free, but {waiting} of its connections closed here first and wait for strays, up to a minute \
         (TIME_WAIT): labkit can have it, a Python program without SO_REUSEADDR gets \"Address already in use\""
    );
    Finding::note(Topic::Port, "port-waits", says)
        .mend("in the program, before bind: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)")
        .mend("or wait a minute")
}

fn taken(port: u16, socket: &Socket, owners: &[Owner]) -> Finding {
    let who = match owners.first() {
        Some(owner) => format!("process {}, `{}`,", owner.pid, short(&harmless(&owner.command))),
        None => "a program of another user (sudo shows which)".into(),
    };
    let end = match owners.first() {
        Some(owner) => format!("kill {}", owner.pid),
        None => format!("sudo ss -ltnp 'sport = :{port}' names it"),
    };
    if socket.ip.is_loopback() {
        let says = format!(
            "port {port}: {who} listens on {} alone: other machines do not reach it: they see their connections refused",
            socket.ip
        );
        return Finding::obstacle(Topic::Port, "localhost-only", says)
            .mend("in the program: bind((\"\", port)), not bind((\"127.0.0.1\", port)) or bind((\"localhost\", port))")
            .mend(format!("or end it, for another one: {end}"));
    }
    let on = if socket.ip.is_unspecified() { "all addresses".into() } else { format!("{} alone", socket.ip) };
    let says = format!(
        "port {port} is taken: {who} listens there on {on}. That is fine if it is the receiver that you mean; another one \
         cannot begin"
    );
    Finding::obstacle(Topic::Port, "port-taken", says).mend(end)
}

/// A command line, shortened to fit one line.
fn short(command: &str) -> String {
    let shown = beginning(command, 120);
    if shown.len() < command.len() { format!("{shown}…") } else { shown.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn socket(ip: &str, state: u8) -> Socket {
        Socket { ip: ip.parse().unwrap(), port: 65_432, peer_port: 0, state, inode: 7 }
    }

    #[test]
    fn who_has_the_port_is_named_and_cannot_drive_the_terminal() {
        let owner = |_| vec![Owner { pid: 4711, command: "python3 \u{1b}[2Jx.py".into() }];
        let findings = judge(65_432, &[socket("::", LISTEN)], owner);
        assert_eq!((findings[0].id, findings[0].verdict), ("port-taken", Verdict::Obstacle));
        assert!(
            findings[0].says.contains("process 4711, `python3 \\x1b[2Jx.py`, listens there on all addresses")
        );
        let local = judge(65_432, &[socket("127.0.0.1", LISTEN)], |_| Vec::new());
        assert_eq!(local[0].id, "localhost-only");
        assert!(local[0].says.contains("a program of another user"), "{local:?}");
    }

    #[test]
    fn without_a_list_of_sockets_a_port_is_tried() {
        let taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_eq!((tried(port).id, tried(port).verdict), ("port-taken", Verdict::Obstacle));
        drop(taken);
        assert_eq!(tried(port).id, "port-free");
    }

    #[test]
    fn a_port_that_waits_for_strays_is_free_with_a_warning() {
        let none = |_| Vec::new();
        assert_eq!(judge(65_432, &[socket("10.0.0.1", TIME_WAIT)], none)[0].id, "port-waits");
        assert_eq!(judge(65_432, &[socket("10.0.0.1", 1)], none)[0].id, "port-free");
        assert_eq!(judge(5_000, &[socket("0.0.0.0", LISTEN)], none)[0].verdict, Verdict::Good);
    }
}
