//! Findings about this machine's firewall: does it let the first packet of a connection to the lab's port in?
//!
//! The rules come from the kernel, through `nft` and `iptables-save`, independent of the tool that made them, and the
//! packet is followed through them. If its fate depends on something unknown, or on a rule that labkit does not
//! understand, the finding is "undecided".

mod iptables;
mod nft;
mod opening;
mod ruleset;
#[cfg(test)]
mod tests;

use super::{Finding, Question, Topic, ipv4};
use crate::capture::interfaces::{self, Interface, Kind};
use crate::programs;
use crate::text::harmless;
use opening::{Opening, Range, network, number};
use ruleset::{Answer, Fate, Judgement, Ruleset};
use std::fs;
use std::net::IpAddr;

/// The tool that manages the firewall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Firewalld,
    Ufw,
    Nft,
    Iptables,
}

/// Why the rules could not be read.
#[derive(Debug)]
enum Unread {
    /// Only root may read them.
    NoRight,
    /// The programs that show them are missing.
    NoProgram,
    /// The program failed.
    Failed(String),
}

/// The hooks, in order, that a packet from another machine passes.
const INCOMING: &[&str] = &["ingress", "prerouting", "input"];
/// The hooks, in order, that a packet from this machine passes.
const OUTGOING: &[&str] = &["output", "postrouting", "egress"];

/// The finding about incoming packets.
pub(super) fn look(question: &Question, adapters: &[Interface]) -> Vec<Finding> {
    if !cfg!(target_os = "linux") {
        return vec![elsewhere(question.port)];
    }
    let packet = incoming(question, adapters);
    let port = question.port;
    let finding = match rules(&packet) {
        Ok(rules) => judged(rules.judge(INCOMING), &rules, port),
        Err(why) => unread(&why, port),
    };
    vec![finding]
}

/// One line on why this machine's firewall blocks the port, with the command that opens it. `None` if the port is
/// open, or if that is not certain.
pub(crate) fn shut(port: u16) -> Option<String> {
    let question = Question { port, peer: None, patience: std::time::Duration::ZERO };
    let adapters = interfaces::list().ok()?;
    let rules = rules(&incoming(&question, &adapters)).ok()?;
    let Judgement::Shut { fate, rule } = rules.judge(INCOMING) else { return None };
    let tool = tool(&rules, &rule);
    Some(format!(
        "This machine's firewall keeps port {port} shut: {} {} connections from other machines. Open it: {}",
        harmless(&rule),
        verb(&fate),
        opens(tool, port, &rule)
    ))
}

/// The finding about packets to the peer, if this machine's firewall blocks them; else `None`.
pub(super) fn outgoing(question: &Question, adapters: &[Interface]) -> Option<Finding> {
    let packet = Opening { comes_in: false, ..incoming(question, adapters) };
    let Judgement::Shut { fate, rule } = rules(&packet).ok()?.judge(OUTGOING) else { return None };
    let says = format!(
        "this machine's own firewall {} what leaves for port {}: {}",
        verb(&fate),
        question.port,
        harmless(&rule)
    );
    let mend =
        "sudo nft -a list ruleset (or sudo iptables -L OUTPUT) shows the rule, nft delete rule takes it away";
    Some(Finding::obstacle(Topic::Peer, "own-firewall", says).mend(mend))
}

/// The known properties of the first packet from the peer, or without a peer from any machine in this machine's
/// networks.
fn incoming(question: &Question, adapters: &[Interface]) -> Opening {
    let towards = question.peer.and_then(|ip| interfaces::towards(IpAddr::V4(ip)));
    let through: Vec<&Interface> = match &towards {
        Some(one) => adapters.iter().filter(|a| a.name == one.name).collect(),
        None => adapters.iter().filter(|a| a.kind != Kind::Loopback && ipv4(a).next().is_some()).collect(),
    };
    let own = || through.iter().flat_map(|a| ipv4(a));
    let one = |ip| (number(ip), number(ip));
    let others: Vec<Range> = match question.peer {
        Some(peer) => vec![one(peer)],
        None => own().map(|(ip, prefix)| network(ip, prefix)).collect(),
    };
    Opening {
        comes_in: true,
        port: question.port,
        adapters: through.iter().map(|a| a.name.clone()).collect(),
        own: own().map(|(ip, _)| one(ip)).collect(),
        others,
    }
}

/// All rules of the kernel, with their tests decided for the packet.
fn rules(packet: &Opening) -> Result<Ruleset, Unread> {
    let mut rules = Ruleset::default();
    let mut foreign = Vec::new();
    let nft = programs::find("nft");
    if let Some(nft) = &nft {
        let text = programs::output(nft, &["-j", "list", "ruleset"]).map_err(failed)?;
        rules = nft::read(&text, packet, &mut foreign).map_err(Unread::Failed)?;
    }
    // nft cannot show rules in full that iptables made with its own extensions; iptables-save can.
    if nft.is_none() || !foreign.is_empty() {
        match ["iptables-nft-save", "iptables-save"].iter().find_map(|p| programs::find(p)) {
            Some(save) => {
                let text = programs::output(&save, &[]).map_err(failed)?;
                rules.extend(iptables::read(&text, packet, ""));
            }
            None if nft.is_none() => return Err(Unread::NoProgram),
            // Without iptables-save, rules with extensions keep tests that labkit does not understand.
            None => {}
        }
    }
    rules.extend(legacy(packet)?);
    Ok(rules)
}

/// The rules of the kernel's legacy iptables tables, which nft does not show.
fn legacy(packet: &Opening) -> Result<Ruleset, Unread> {
    let tables = fs::read_to_string("/proc/self/net/ip_tables_names").unwrap_or_default();
    let save = programs::find("iptables-legacy-save").filter(|_| !tables.trim().is_empty());
    match save {
        Some(save) => {
            let text = programs::output(&save, &[]).map_err(failed)?;
            Ok(iptables::read(&text, packet, " (legacy)"))
        }
        None => Ok(Ruleset::default()),
    }
}

fn failed(said: String) -> Unread {
    let refused = ["not permitted", "ermission denied", "must be root"];
    if refused.iter().any(|r| said.contains(r)) { Unread::NoRight } else { Unread::Failed(said) }
}

fn judged(judgement: Judgement, rules: &Ruleset, port: u16) -> Finding {
    match judgement {
        Judgement::NoRules => {
            let says = format!("no firewall rule looks at what comes in: TCP {port} is let in");
            Finding::good(Topic::Firewall, "firewall-none", says)
        }
        Judgement::Open => {
            Finding::good(Topic::Firewall, "firewall-open", format!("the firewall's rules let TCP {port} in"))
        }
        Judgement::Shut { fate, rule } => {
            let id = match fate {
                Fate::Rejected(Answer::Reset) => "firewall-resets",
                Fate::Rejected(Answer::Icmp) => "firewall-rejects",
                _ => "firewall-drops",
            };
            let says = format!(
                "the firewall keeps TCP {port} shut: {} {} connections from other machines, which {}",
                harmless(&rule),
                verb(&fate),
                seen(&fate)
            );
            Finding::obstacle(Topic::Firewall, id, says).mend(opens(tool(rules, &rule), port, &rule))
        }
        Judgement::Undecided { rule } => {
            let says = format!(
                "whether the firewall lets TCP {port} in was not decided: it depends on {}",
                harmless(&rule)
            );
            Finding::undecided(Topic::Firewall, "firewall", says)
                .mend("ask from the other machine: labkit doctor --peer with this machine's address")
        }
    }
}

fn verb(fate: &Fate) -> &'static str {
    match fate {
        Fate::Rejected(Answer::Reset) => "resets",
        Fate::Rejected(Answer::Icmp) => "rejects",
        _ => "drops",
    }
}

/// What the other machine sees.
fn seen(fate: &Fate) -> &'static str {
    match fate {
        Fate::Rejected(Answer::Reset) => "see a RST, as from a port without a listener",
        Fate::Rejected(Answer::Icmp) => "see an ICMP error",
        _ => "see no answer at all",
    }
}

fn unread(why: &Unread, port: u16) -> Finding {
    let undecided = |why: String| {
        Finding::undecided(
            Topic::Firewall,
            "firewall",
            format!("whether the firewall lets TCP {port} in was not decided: {why}"),
        )
    };
    let active = active();
    let there = active.map_or("", |t| match t {
        Tool::Ufw => "; ufw is switched on",
        Tool::Firewalld => "; firewalld runs",
        Tool::Nft | Tool::Iptables => "",
    });
    match why {
        Unread::NoRight => {
            let finding = undecided(format!("only root may read its rules{there}")).mend(format!(
                "sudo {} doctor",
                harmless(&crate::capture::privilege::executable().display().to_string())
            ));
            match active {
                Some(tool) => finding.mend(format!("or open the port at once: {}", opens(tool, port, ""))),
                None => finding,
            }
        }
        Unread::NoProgram => {
            undecided(format!("neither nft nor iptables-save is installed to show its rules{there}"))
                .mend("sudo apt install nftables")
        }
        Unread::Failed(said) => undecided(harmless(said)),
    }
}

/// The tool that manages the firewall, as far as the system's files show it; `None` if they do not.
fn active() -> Option<Tool> {
    let ufw = fs::read_to_string("/etc/ufw/ufw.conf").unwrap_or_default();
    if ufw.lines().any(|l| l.trim().eq_ignore_ascii_case("enabled=yes")) {
        return Some(Tool::Ufw);
    }
    let firewalld = ["/run/firewalld.pid", "/var/run/firewalld.pid", "/run/firewalld"];
    firewalld.iter().any(|f| fs::exists(f).unwrap_or(false)).then_some(Tool::Firewalld)
}

/// The tool that made a rule, by the names of its chain and table.
fn tool(rules: &Ruleset, rule: &str) -> Tool {
    let named =
        |word: &str| rules.chains.keys().any(|(table, chain)| table.contains(word) || chain.contains(word));
    match () {
        () if named("firewalld") => Tool::Firewalld,
        () if named("ufw-") => Tool::Ufw,
        () if rule.starts_with("the rule `") || ["INPUT", "PREROUTING"].iter().any(|c| rule.contains(c)) => {
            Tool::Iptables
        }
        () => Tool::Nft,
    }
}

/// The command of the tool that opens the port.
fn opens(tool: Tool, port: u16, rule: &str) -> String {
    match tool {
        Tool::Firewalld => firewalld(port, rule),
        // `ufw allow` would put the new rule behind the user's own rule that blocks, so `prepend` is needed.
        Tool::Ufw if rule.contains("ufw-user-input") => format!("sudo ufw prepend allow {port}/tcp"),
        Tool::Ufw => format!("sudo ufw allow {port}/tcp"),
        Tool::Iptables => format!("sudo iptables -I INPUT -p tcp --dport {port} -j ACCEPT"),
        Tool::Nft => {
            let (chain, table) = place(rule).unwrap_or(("input", "inet filter"));
            format!("sudo nft insert rule {} {} tcp dport {port} accept", harmless(table), harmless(chain))
        }
    }
}

/// firewalld's command. Its chains are named after its zones, and the command names the zone of the blocking rule:
/// without one, firewalld would open the port in the default zone, which may be another adapter's.
fn firewalld(port: u16, rule: &str) -> String {
    let (chain, table) = place(rule).unwrap_or_default();
    if table.ends_with("firewalld_policy_drop") {
        return "sudo firewall-cmd --panic-off".to_owned();
    }
    let Some(zone) = chain.strip_prefix("filter_IN_").map(harmless) else {
        return format!("sudo firewall-cmd --add-port={port}/tcp");
    };
    // Rules that deny, and those with a priority below 0, come before the open ports, so opening the port does not
    // help.
    match ["_deny", "_pre"].iter().find_map(|before| zone.strip_suffix(before)) {
        Some(zone) => format!(
            "sudo firewall-cmd --zone={zone} --list-rich-rules shows the rule, --remove-rich-rule='…' takes it away"
        ),
        None => {
            let zone = zone.strip_suffix("_post").unwrap_or(&zone);
            format!("sudo firewall-cmd --zone={zone} --add-port={port}/tcp")
        }
    }
}

/// The chain and the table in the words for a rule; `None` if they name none.
fn place(rule: &str) -> Option<(&str, &str)> {
    rule.split_once("the chain ").and_then(|(_, place)| place.split_once(" in table "))
}

/// The finding on systems whose rules labkit cannot read: the steps of the handout.
fn elsewhere(port: u16) -> Finding {
    let says = format!("whether the firewall lets TCP {port} in cannot be found out on this system");
    let finding = Finding::undecided(Topic::Firewall, "firewall", says);
    if cfg!(windows) { windows(finding, port) } else { macos(finding) }
}

fn macos(finding: Finding) -> Finding {
    finding.mend(
        "macOS: System Settings, Network, Firewall (before macOS 13: System Preferences, Security & Privacy, Firewall): off, or \
         Options, Add, the terminal's application, Allow incoming connections",
    )
}

/// Adds Windows' ways to open a port: a command, and the steps by hand.
fn windows(finding: Finding, port: u16) -> Finding {
    finding
        .mend(format!(
            "Windows, in a terminal that was started as administrator: netsh advfirewall firewall add rule name=labkit dir=in \
             action=allow protocol=TCP localport={port} (and delete rule name=labkit afterwards)"
        ))
        .mend(format!(
            "or Windows Defender Firewall, Advanced Settings, Inbound Rules, New Rule, Port, TCP, Specific Local Ports {port}, \
             Allow the Connection, Domain, Private and Public"
        ))
}
