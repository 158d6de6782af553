//! The requirements on the capture, a function for each; those on single frames are in `frames`.

mod frames;

use super::Check;
use super::survey::Survey;
use crate::capture::info::Info;
use crate::dissect::protocols::tcp::Flags;
use crate::lab::definition::roles::{Known, Roles};
use crate::lab::definition::{Lab, Role, Step};
use crate::lab::evidence::errors::opens;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side, on_one_machine};
use std::net::IpAddr;

/// The capture that is checked, read to its end or to the first damage.
pub struct Subject<'a> {
    /// The lab that the capture should show.
    pub lab: &'a Lab,
    /// TCP port of the receiver.
    pub port: u16,
    /// Name of the file, quoted for a shell.
    pub file: &'a str,
    /// Format, interfaces and counters that the file states.
    pub info: &'a Info,
    /// The kinds of frames in it, by pairs of addresses.
    pub survey: &'a Survey,
    /// The conversations of the lab's port in it.
    pub exchanges: &'a [Exchange],
    /// Which address is the host, and which the guest.
    pub roles: &'a Roles,
    /// Why it could not be read to its end; `None` if it was.
    pub damage: Option<String>,
}

/// Checks all requirements; the verdicts come in the order in which faults are best mended.
pub fn check(s: &Subject<'_>) -> Vec<Check> {
    let found: Vec<Option<usize>> = s.lab.steps.iter().map(|step| s.find(step)).collect();
    let mut all = vec![s.format(), s.whole()];
    for (i, (step, at)) in s.lab.steps.iter().zip(&found).enumerate() {
        all.push(s.message(i + 1, step, *at));
    }
    if found.len() > 1 {
        all.push(s.order(&found));
    }
    for (i, at) in found.iter().enumerate() {
        all.push(s.receipt(i + 1, *at));
    }
    let shown = s.shown(&found);
    all.extend([s.handshakes(&shown), s.closes(&shown), s.nothing_else(), s.drops(&shown), s.uncut()]);
    for check in &mut all {
        check.says = s.lab.phrases.say(&check.says);
        check.todo = check.todo.take().map(|todo| s.lab.phrases.say(&todo));
    }
    all
}

impl Subject<'_> {
    fn format(&self) -> Check {
        let id = "pcapng";
        if self.info.format.is_classic() {
            let todo = format!("`labkit replay {} -w converted.pcapng` writes it as pcapng.", self.file);
            return Check::not_met(id, "the file is classic pcap; the lab asks for pcapng.", todo);
        }
        let packed = if self.info.compressed { ", compressed with gzip" } else { "" };
        Check::met(id, format!("the file is pcapng{packed}."))
    }

    fn whole(&self) -> Check {
        let todo = "stop the capture before you copy the file, then copy it again; or capture anew.";
        match &self.damage {
            Some(why) => Check::not_met("readable", format!("reading stopped: {why}."), todo),
            None => Check::met("readable", "the file can be read to its end."),
        }
    }

    /// Index of the exchange that shows a step. Of several with its message, one in the right direction goes first,
    /// then a confirmed one; `None` without any.
    fn find(&self, step: &Step) -> Option<usize> {
        let says = |x: &Exchange| x.text(Side::Client).is_some_and(|t| says(&t, &step.message));
        let all = self.exchanges.iter().enumerate().filter(|(_, x)| says(x));
        all.min_by_key(|(i, x)| (self.sender(x) != Some(step.from), x.outcome != Outcome::Confirmed, *i))
            .map(|(i, _)| i)
    }

    fn sender(&self, x: &Exchange) -> Option<Role> {
        if on_one_machine(x).is_some() { None } else { self.roles.of(x.end(Side::Client).ip) }
    }

    fn get(&self, at: Option<usize>) -> Option<&Exchange> {
        self.exchanges.get(at?)
    }

    fn message(&self, n: usize, step: &Step, at: Option<usize>) -> Check {
        let id = format!("message-{n}");
        let (from, to) = (step.from.name(), step.from.other().name());
        let what = format!("\"{}\" from {from} to {to}", step.message);
        let send = format!("on the {from}: {}", self.send(step));
        let Some(x) = self.get(at) else { return self.no_message(id, &what, &send) };
        let frame = first_frame(x, &x.message);
        if let Some(ip) = on_one_machine(x) {
            let says = format!("{frame} has the text, but both ends are {ip}: one machine.");
            return Check::not_met(id, says, send);
        }
        match self.sender(x) {
            Some(role) if role == step.from && !x.client_is_proven => Check::met(
                id,
                format!("{what}: {frame}; no SYN shows who opened the connection, the ports do."),
            ),
            Some(role) if role == step.from => {
                let by = if self.roles.known == Known::Spoken {
                    " (host and guest follow from the messages; --host and --guest check the addresses)"
                } else {
                    ""
                };
                Check::met(id, format!("{what}: {frame}{by}."))
            }
            None if self.roles.known == Known::Given => {
                let (client, server) = (x.end(Side::Client).ip, x.end(Side::Server).ip);
                let says = format!(
                    "{frame} has the text, but {client} and {server} are not the host and the guest that you gave."
                );
                Check::not_met(
                    id,
                    says,
                    "correct --host and --guest; `labkit conversations` lists who talks.",
                )
            }
            Some(role) => {
                let ip = x.end(Side::Client).ip;
                let says =
                    format!("{frame} has the text, but the {} ({ip}) sends it, not the {from}.", role.name());
                Check::not_met(id, says, send)
            }
            None => Check::cannot_tell(
                id,
                format!(
                    "{frame} has the text, but nothing tells who is host and who guest; give --host and --guest."
                ),
            ),
        }
    }

    fn no_message(&self, id: String, what: &str, send: &str) -> Check {
        let unknown = self.exchanges.iter().filter(|x| !x.is_whole(Side::Client)).count();
        if unknown > 0 || self.damage.is_some() {
            let why = format!(
                "{what} is not among the messages that the capture holds whole, but it does not hold all of every message."
            );
            return Check::cannot_tell(id, why);
        }
        if let Some((says, todo)) = self.shut() {
            return Check::not_met(id, format!("{what} was not sent: {says}"), todo);
        }
        let says = match self.exchanges.len() {
            0 => format!("no packet of TCP port {}.", self.port),
            1 => format!("{what} is not what the one connection of port {} carries.", self.port),
            n => format!("{what} is not what any of the {n} connections of port {} carries.", self.port),
        };
        Check::not_met(id, says, format!("start the capture, then {send}"))
    }

    /// Where every attempt to connect failed: why, and what to do about it. `None` if a connection opened.
    fn shut(&self) -> Option<(String, String)> {
        let last = self.exchanges.last()?;
        if !self.exchanges.iter().all(|x| x.outcome.never_opened()) {
            return None;
        }
        let server = self.roles.name(last, Side::Server);
        let port = last.end(Side::Server).port;
        let opens = opens(port);
        Some(match last.outcome {
            Outcome::Rejected => {
                let frame = last.error().map_or(0, |e| e.frame.0);
                let says = last.error_says(self.roles).unwrap_or_default();
                (
                    format!("rejected in frame {frame}: {says}"),
                    last.error_todo(self.roles).unwrap_or_default(),
                )
            }
            Outcome::Refused => (
                format!("the {server} refuses port {port} ({}).", first_frame(last, &last.rst)),
                format!(
                    "start `labkit receive` on the {server}, bound to all addresses and not to 127.0.0.1 alone; if it runs, a firewall there resets: {opens}"
                ),
            ),
            _ => (
                format!("nothing answers the SYN ({}).", last.frames_text(&self.syns(last))),
                format!(
                    "a firewall on the {server} that drops packets looks like this, or a wrong address. Check the address, then on the {server} {opens}"
                ),
            ),
        })
    }

    /// Positions of the client's SYNs.
    fn syns(&self, x: &Exchange) -> Vec<usize> {
        let all = x.conversation.segments.iter().filter(|s| s.is(Flags::SYN));
        all.map(|s| s.position).collect()
    }

    fn send(&self, step: &Step) -> String {
        let to = self.ip(step.from.other()).map_or_else(|| "ADDRESS".into(), |ip| ip.to_string());
        format!("`labkit send --to {to} --message {}`.", shell(&step.message))
    }

    /// The address that has this role in the capture.
    fn ip(&self, role: Role) -> Option<IpAddr> {
        let ends = self.exchanges.iter().flat_map(|x| [x.end(Side::Client).ip, x.end(Side::Server).ip]);
        ends.into_iter().find(|ip| self.roles.of(*ip) == Some(role))
    }

    fn order(&self, found: &[Option<usize>]) -> Check {
        let firsts: Option<Vec<_>> = found
            .iter()
            .map(|at| self.get(*at).and_then(|x| x.frames(&x.message).first().copied()))
            .collect();
        let Some(firsts) = firsts else {
            return Check::cannot_tell("order", "not all messages are in the capture.");
        };
        if firsts.is_sorted() {
            return Check::met("order", "the messages come in the order of the lab.");
        }
        Check::not_met("order", "the messages come in another order than the lab asks for.", self.again())
    }

    fn receipt(&self, n: usize, at: Option<usize>) -> Check {
        let (id, marker) = (format!("receipt-{n}"), &self.lab.communicator.marker);
        let Some(x) = self.get(at) else {
            return Check::cannot_tell(id, format!("message {n} was not found, so neither was its receipt."));
        };
        let habits: Vec<&str> = x.findings.iter().map(|f| f.says.as_str()).collect();
        let todo = if habits.is_empty() {
            format!(
                "let the receiver answer {marker} and nothing else, as `labkit receive` does, and capture again."
            )
        } else {
            habits.join(" ")
        };
        match x.outcome {
            Outcome::Confirmed => {
                let also = if habits.is_empty() { String::new() } else { format!(" {}", habits.join(" ")) };
                Check::met(id, format!("{marker}: {}.{also}", first_frame(x, &x.receipt)))
            }
            Outcome::Forged => {
                let stories: Vec<&str> = x.contradicted.iter().map(|c| c.story.as_str()).collect();
                Check::not_met(id, stories.join(" "), self.again())
            }
            Outcome::Incomplete if !x.is_whole(Side::Server) => {
                let why = x.missing().into_iter().next().unwrap_or_default();
                let mut check =
                    Check::cannot_tell(id, format!("the capture does not show all that came back: {why}."));
                check.todo = Some(self.again());
                check
            }
            _ => Check::not_met(id, self.no_receipt(x), todo),
        }
    }

    /// Says what came back instead of a receipt.
    fn no_receipt(&self, x: &Exchange) -> String {
        let marker = &self.lab.communicator.marker;
        if x.outcome == Outcome::Reset {
            return format!(
                "{} resets the connection, and no receipt came.",
                first_frame(x, &x.effective_rst())
            );
        }
        if !x.marker.is_empty() {
            let frame = first_frame(x, &x.marker);
            return format!("{marker} does not come first: it stands in {frame}, behind other bytes.");
        }
        if x.half(Side::Server).has_data() {
            return format!("what came back is not {marker}: {}.", first_frame(x, &x.receipt));
        }
        format!("nothing came back: the message of {} was never confirmed.", first_frame(x, &x.message))
    }

    /// The connections whose beginning and end are checked: those of the steps, or all if no step was found.
    fn shown(&self, found: &[Option<usize>]) -> Vec<&Exchange> {
        let of_steps: Vec<_> = found.iter().filter_map(|at| self.get(*at)).collect();
        if of_steps.is_empty() { self.exchanges.iter().collect() } else { of_steps }
    }

    fn handshakes(&self, shown: &[&Exchange]) -> Check {
        let id = "handshakes";
        if shown.is_empty() {
            return Check::cannot_tell(id, "there is no connection.");
        }
        match shown.iter().find(|x| x.handshake.len() < 3) {
            None => Check::met(id, "SYN, SYN,ACK and ACK of each message's connection are there."),
            Some(x) => {
                let says = format!(
                    "the connection that begins with frame {} lacks {}.",
                    x.at(0).map_or(0, |s| s.frame.0),
                    lacking(x)
                );
                Check::not_met(id, says, self.again())
            }
        }
    }

    fn closes(&self, shown: &[&Exchange]) -> Check {
        let id = "closes";
        if shown.is_empty() {
            return Check::cannot_tell(id, "there is no connection.");
        }
        if let Some(x) = shown.iter().find(|x| x.outcome.never_opened()) {
            let says = format!("the connection of frame {} never opened.", x.at(0).map_or(0, |s| s.frame.0));
            let (_, todo) = self.shut().unwrap_or_else(|| (String::new(), self.again()));
            return Check::not_met(id, says, todo);
        }
        if let Some(x) = shown.iter().find(|x| !x.effective_rst().is_empty()) {
            let resets = x.effective_rst();
            let says = format!("{} resets the connection instead of closing it.", first_frame(x, &resets));
            let todo = "let both programs close the socket once everything was read, and capture again.";
            return Check::not_met(id, says, todo);
        }
        let open = |x: &&&Exchange| {
            x.fin.len() < 2 || ![Side::Client, Side::Server].into_iter().all(|s| x.half(s).fin_acked())
        };
        match shown.iter().find(open) {
            None => {
                Check::met(id, "each message's connection ends with a FIN of both sides, both acknowledged.")
            }
            Some(x) => {
                let first = x.at(0).map_or(0, |s| s.frame.0);
                let what = match x.fin.len() {
                    0 => "no FIN",
                    1 => "only one side's FIN",
                    _ => "both FINs, but not both acknowledged",
                };
                let says = format!("the connection that begins with frame {first} has {what}.");
                Check::not_met(id, says, self.again())
            }
        }
    }

    /// The command that captures the lab's traffic once more.
    fn again(&self) -> String {
        let ip = |role: Role, word: &str| self.ip(role).map_or_else(|| word.into(), |ip| ip.to_string());
        let (host, guest) = (ip(Role::Host, "HOST"), ip(Role::Guest, "GUEST"));
        let name = &self.lab.network.capture;
        format!(
            "Capture from before the first message until both programs have ended: `sudo labkit sniff --host {host} --guest {guest} -w {name} --force`."
        )
    }
}

/// Whether `text` is the message; programs such as nc send a line break after it.
fn says(text: &[u8], message: &str) -> bool {
    text.trim_ascii_end() == message.as_bytes().trim_ascii_end()
}

fn first_frame(x: &Exchange, positions: &[usize]) -> String {
    x.frames(positions).first().map_or_else(|| "no frame".into(), |f| format!("frame {}", f.0))
}

/// The packets of the handshake that are missing, as a phrase.
fn lacking(x: &Exchange) -> String {
    let has = |side: Side| {
        let syn = |p: &usize| x.at(*p).is_some_and(|s| s.is(Flags::SYN) && x.side(s) == side);
        x.handshake.iter().any(syn)
    };
    let parts = [
        (has(Side::Client), "the SYN"),
        (has(Side::Server), "the SYN,ACK"),
        (x.handshake_ack().is_some(), "the ACK that completes the handshake"),
    ];
    let names: Vec<_> = parts.iter().filter(|(there, _)| !there).map(|(_, name)| *name).collect();
    names.join(" and ")
}

/// A word quoted for a POSIX shell where it must be; control characters, which a terminal would act on, are left out.
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/,:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into();
    }
    let kept: String = word.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", kept.replace('\'', r"'\''"))
}
