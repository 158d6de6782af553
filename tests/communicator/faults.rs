//! Failures of a connection, each caused between two network namespaces, and what `send` says about them.
//!
//! Needs nft (nftables), iproute2 and python3.

use crate::harness::{Program, file};
use std::process::Command;

const GUEST: &str = "192.168.56.101";

/// Two hosts for one test, removed with it.
struct Hosts {
    name: String,
}

impl Hosts {
    fn new(name: &str) -> Hosts {
        let hosts = Hosts { name: format!("{name}-{}", std::process::id()) };
        hosts.lab("up", &[]);
        hosts
    }

    fn lab(&self, what: &str, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
        command.args(["lab", what, "--name", &self.name]).args(words);
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{words:?}: {said} (iproute2 and nftables are needed for this test)");
        String::from_utf8(done.stdout).unwrap()
    }

    /// Runs a program on a host, which must succeed.
    fn run(&self, on: &str, words: &[&str]) {
        self.lab("exec", &[&[on, "--"], words].concat());
    }

    fn start(&self, on: &str, words: &[&str]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
        Program::start(command.args(["lab", "exec", "--name", &self.name, on, "--"]).args(words))
    }

    /// Adds a firewall rule with this verdict for packets to the lab's port.
    fn shut(&self, on: &str, hook: &str, verdict: &str) {
        let chain = format!("chain inet lab {hook} {{ type filter hook {hook} priority 0; }}");
        let rule = format!("rule inet lab {hook} tcp dport 65432 {verdict}");
        self.run(on, &["nft", &format!("add table inet lab; add {chain}; add {rule}")]);
    }

    /// What `send` on the host writes to standard error; `send` must fail.
    fn fails(&self, to: &str, timeout: &str) -> String {
        let words = ["labkit", "send", "--to", to, "--message", "hello", "--timeout", timeout];
        let output = self.start("host", &words).finish();
        assert_eq!(output.code, 1, "{output:?}");
        assert_eq!(output.stdout, "Sending.\nMessage sending error. Message not sent.\n", "{output:?}");
        assert!(output.stderr.lines().count() <= 2, "{output:?}");
        output.stderr
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
        let _ = command.args(["lab", "down", "--name", &self.name]).output();
    }
}

/// Asserts that a message begins with one text and contains another.
fn says(said: &str, beginning: &str, part: &str) {
    assert!(said.starts_with(beginning) && said.contains(part), "{said}");
}

#[test]
fn a_firewall_that_rejects_is_named_with_what_opens_it() {
    for (verdict, meaning) in [
        ("reject with icmpx admin-prohibited", "ICMP communication administratively prohibited"),
        ("reject with icmpx port-unreachable", "ICMP port unreachable"),
        ("reject with icmpx host-unreachable", "ICMP host unreachable"),
        ("reject with icmp host-prohibited", "ICMP host administratively prohibited"),
    ] {
        let hosts = Hosts::new("rejects");
        hosts.shut("guest", "input", verdict);
        let said = hosts.fails(GUEST, "20");
        says(&said, "A firewall on 192.168.56.101 itself rejects TCP port 65432 (", meaning);
        for tool in ["firewall-cmd --add-port=65432/tcp", "ufw allow 65432/tcp", "nft insert rule", "Windows"]
        {
            assert!(said.contains(tool), "{tool}: {said}");
        }
    }
}

#[test]
fn a_refused_port_may_also_be_a_firewall_that_resets_or_a_receiver_on_localhost() {
    let expect = "192.168.56.101 refuses connections on port 65432 (RST)";
    let hosts = Hosts::new("resets");
    says(&hosts.fails(GUEST, "20"), expect, "no program listens on the port");
    let local = hosts.start("guest", &["labkit", "receive", "--bind", "127.0.0.1"]);
    local.wait_for("Waiting for message on port 65432\n");
    says(&hosts.fails(GUEST, "20"), expect, "listens on 127.0.0.1 alone");
    hosts.shut("guest", "input", "reject with tcp reset");
    says(&hosts.fails(GUEST, "20"), expect, "or a firewall resets");
}

#[test]
fn a_firewall_that_drops_is_told_from_a_machine_that_is_not_there() {
    let hosts = Hosts::new("drops");
    hosts.shut("guest", "input", "drop");
    let said = hosts.fails(GUEST, "1.5");
    says(
        &said,
        "No answer from 192.168.56.101 on port 65432 within 1.5 s",
        "it answered ARP as 08:00:27:00:00:65",
    );
    says(
        &hosts.fails("192.168.56.77", "20"),
        "No machine answers at 192.168.56.77",
        "nothing there answered ARP",
    );
    hosts.run("guest", &["ip", "link", "set", "enp0s3", "down"]);
    hosts.run("host", &["ip", "neighbour", "flush", "all"]);
    says(&hosts.fails(GUEST, "20"), "No machine answers at 192.168.56.101", "nothing there answered ARP");
}

#[test]
fn this_machines_own_firewall_is_not_taken_for_the_other_ones() {
    let hosts = Hosts::new("own");
    hosts.shut("host", "output", "reject with icmpx admin-prohibited");
    let said = hosts.fails(GUEST, "20");
    says(&said, "This machine's own firewall rejects TCP to 192.168.56.101", "nft list ruleset");
}

#[test]
fn addresses_that_no_machine_has_are_called_what_they_are() {
    let hosts = Hosts::new("places");
    for (to, what) in [
        ("192.168.56.255", "the broadcast address of the network on vboxnet0"),
        ("192.168.56.0", "the number of the network on vboxnet0"),
        ("255.255.255.255", "the broadcast address of every network"),
        ("224.0.0.251", "a multicast address"),
        ("240.0.0.1", "a reserved address"),
    ] {
        says(&hosts.fails(to, "20"), &format!("{to} is {what}"), "`labkit interfaces` there shows it");
    }
    let said = hosts.fails("10.9.9.9", "20");
    says(&said, "No route from this machine to 10.9.9.9", "It has 192.168.56.1 (vboxnet0).");
    hosts.run("host", &["ip", "link", "set", "vboxnet0", "down"]);
    says(&hosts.fails(GUEST, "20"), "No route from this machine to 192.168.56.101", "that the adapter");
}

#[test]
fn what_a_router_says_is_told_from_what_the_other_machine_says() {
    let hosts = Hosts::new("router");
    let far = "ip link add inside type veth peer name far && ip address add 192.168.57.1/24 dev inside && \
               ip link set inside up && ip link set far up && echo 1 > /proc/sys/net/ipv4/ip_forward";
    hosts.run("guest", &["sh", "-c", far]);
    for network in ["192.168.57.0/24", "192.168.58.0/24"] {
        hosts.run("host", &["ip", "route", "add", network, "via", GUEST]);
    }
    let at = "192.168.56.101";
    says(
        &hosts.fails("192.168.57.77", "20"),
        &format!("The router {at} finds no machine at 192.168.57.77"),
        "host unreachable",
    );
    says(
        &hosts.fails("192.168.58.77", "20"),
        &format!("The router {at} knows no way to 192.168.58.77"),
        "network unreachable",
    );
    // With a time to live of 1 the packets may pass no router, and one is on the way.
    hosts.run("host", &["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_default_ttl"]);
    says(&hosts.fails("192.168.57.77", "20"), "192.168.56.101 gave up the packets", "time exceeded");
    hosts.run("host", &["sh", "-c", "echo 64 > /proc/sys/net/ipv4/ip_default_ttl"]);
    hosts.shut("guest", "forward", "reject with icmpx admin-prohibited");
    let said = hosts.fails("192.168.57.77", "20");
    says(
        &said,
        &format!("A firewall on the way to 192.168.57.77, at {at}, rejects"),
        "administratively prohibited",
    );
}

#[test]
fn a_router_that_is_not_there_is_not_taken_for_a_neighbour() {
    let hosts = Hosts::new("gateway");
    hosts.run("host", &["ip", "route", "add", "192.168.57.0/24", "via", "192.168.56.7"]);
    let said = hosts.fails("192.168.57.77", "20");
    says(&said, "No way to 192.168.57.77: it is in none of this machine's networks", "the router");
}

#[test]
fn a_silent_capture_names_context_and_context_captures_the_error() {
    let hosts = Hosts::new("context");
    hosts.shut("guest", "input", "reject with icmpx admin-prohibited");
    let sniff = |more: &[&str]| {
        let roles = ["labkit", "sniff", "-i", "vboxnet0", "--host", "192.168.56.1", "--guest", GUEST];
        let program = hosts.start("host", &[&roles[..], more].concat());
        program.wait_for_error("Ctrl-C ends it\n");
        program
    };
    let silent = sniff(&["--seconds", "6"]).finish();
    assert!(silent.stderr.contains("--context shows ARP and ICMP too"), "{silent:?}");
    let path = file("context.pcapng", b"");
    let program = sniff(&["--context", "--force", "-w", path.to_str().unwrap(), "-c", "4"]);
    hosts.fails(GUEST, "20");
    let output = program.finish();
    assert!(output.stdout.contains("Who has 192.168.56.101?"), "{output:?}");
    assert!(
        output.stdout.contains("Destination unreachable (Communication administratively filtered)"),
        "{output:?}"
    );
    assert_eq!(output.code, 0, "{output:?}");
}
