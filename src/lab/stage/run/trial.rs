//! Tries a student's program in the lab: starts it on a terminal, answers its prompts as a user would, and notes what
//! it does there. Its packets are in the capture.

mod voices;

use super::dialogue::{Prompt, last_lines, question, result};
use super::{MOMENT, Play, RunError, failed, quoted};
use crate::lab::definition::{Role, Step};
use crate::lab::stage::actors::{ActorId, Lines};
use crate::sockets::{self, LISTEN};
use std::fs::File;
use std::time::Duration;

/// Silence after which the output on a terminal counts as complete.
const SETTLED: Duration = Duration::from_millis(60);
/// The most prompts that a program may have before it sends.
const MOST_PROMPTS: usize = 8;
/// How many last lines are shown of a program that went wrong.
const LAST: usize = 6;

/// The program to try, and the hosts on which it runs.
#[derive(Clone, Debug)]
pub struct Tryout {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The hosts on which it runs; labkit's own commands run on the other.
    pub on: Vec<Role>,
}

/// An observation of a program in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The host on which it runs.
    pub role: Role,
    /// The step, from 1; 0 for the end of the run.
    pub step: usize,
    /// Whether it did as the handout asks.
    pub met: bool,
    /// What it did, escaped.
    pub what: String,
    /// The last lines that it printed, escaped; empty unless it went wrong.
    pub last: Vec<String>,
}

/// A program that went wrong, so that the step cannot go on.
struct Trouble {
    role: Role,
    what: String,
}

/// An error that ends the whole run, or trouble with one program.
enum Stop {
    Run(RunError),
    Program(Trouble),
}

impl From<RunError> for Stop {
    fn from(error: RunError) -> Stop {
        Stop::Run(error)
    }
}

/// A program on its terminal.
struct Voice {
    id: ActorId,
    terminal: File,
    /// Offset in its output at which the text since the last answer begins.
    from: usize,
    /// The text that was typed last, which the terminal echoes.
    typed: String,
    /// Whether its part in a step is over, and whether it then asked again or ended is not known yet.
    rests: bool,
}

/// The programs on their hosts, and the observations of them.
pub(super) struct Cast<'p> {
    tryout: &'p Tryout,
    voices: [Option<Voice>; 2],
    /// labkit's own processes in the step.
    own: Vec<ActorId>,
    pub(super) seen: Vec<Observation>,
}

impl<'p> Cast<'p> {
    pub(super) fn new(tryout: &'p Tryout) -> Cast<'p> {
        Cast { tryout, voices: [None, None], own: Vec::new(), seen: Vec::new() }
    }

    fn plays(&self, role: Role) -> bool {
        self.tryout.on.contains(&role)
    }

    fn voice(&mut self, role: Role) -> &mut Option<Voice> {
        let [host, guest] = &mut self.voices;
        if role == Role::Host { host } else { guest }
    }

    fn note(&mut self, role: Role, step: usize, met: bool, what: String, last: Vec<String>) {
        self.seen.push(Observation { role, step, met, what, last });
    }
}

impl Play<'_, '_> {
    /// Runs one step with the program on one side or on both. A program that goes wrong is noted, and started again
    /// for the next step.
    pub(super) fn step_with(
        &mut self,
        cast: &mut Cast<'_>,
        number: usize,
        step: &Step,
    ) -> Result<(), RunError> {
        let (from, to) = (step.from, step.from.other());
        let message = quoted(&step.message);
        self.heading(&format!("Step {number}: the {} sends {message} to the {}", from.name(), to.name()))?;
        match self.exchange(cast, number, step) {
            Ok(()) => Ok(()),
            Err(Stop::Run(error)) => Err(error),
            Err(Stop::Program(trouble)) => {
                let last = self.last_of(cast, trouble.role);
                cast.note(trouble.role, number, false, trouble.what, last);
                for role in [Role::Host, Role::Guest] {
                    self.end(cast, role);
                }
                for labkit in cast.own.drain(..) {
                    self.stage.kill(labkit);
                }
                Ok(())
            }
        }
    }

    fn exchange(&mut self, cast: &mut Cast<'_>, number: usize, step: &Step) -> Result<(), Stop> {
        let (from, to) = (step.from, step.from.other());
        let receiver = self.begin_receiving(cast, to)?;
        let sender = self.begin_sending(cast, from, step)?;
        let longest = self.plan.lab.communicator.timeout() + MOMENT;
        match sender {
            Some(labkit) => self.labkit_ends(cast, number, from, labkit, "sending", longest)?,
            None => self.sender_says(cast, number, from)?,
        }
        match receiver {
            Some(labkit) => self.labkit_ends(cast, number, to, labkit, "receiving", longest)?,
            None => self.receiver_shows(cast, number, to, &step.message)?,
        }
        // A program that never closes does not stop the run; the capture shows it.
        let port = self.plan.lab.communicator.port;
        let hosts = [Role::Host, Role::Guest].map(|role| self.network.host(role));
        let _ = self.wait(MOMENT / 4, |_| hosts.iter().all(|h| h.is_quiet(port)))?;
        cast.voices.iter_mut().flatten().for_each(|voice| voice.rests = true);
        Ok(())
    }

    /// Starts receiving on a host. Returns labkit's process, or `None` if the program receives.
    fn begin_receiving(&mut self, cast: &mut Cast<'_>, to: Role) -> Result<Option<ActorId>, Stop> {
        let port = self.plan.lab.communicator.port;
        let host = self.network.host(to);
        if !cast.plays(to) {
            let mut receive = self.labkit(to, "receive");
            receive.args(["--count", "1"]);
            let receiver = self.start(to.name(), receive, Lines::Text)?;
            cast.own = vec![receiver];
            self.until("the receiver did not start", MOMENT, |stage| {
                host.is_listening(port) || stage.ended(receiver).is_some()
            })?;
            return match self.stage.ended(receiver) {
                Some(status) => Err(failed(&format!("receiving on the {}", to.name()), status).into()),
                None => Ok(Some(receiver)),
            };
        }
        let Prompt::Menu(menu) = self.asked(cast, to)? else {
            return Err(trouble(to, "it did not show its menu: it asked for something else"));
        };
        self.answer(cast, to, &menu.receive)?;
        let Some(id) = cast.voice(to).as_ref().map(|v| v.id) else { return Ok(None) };
        let listening = self.wait(MOMENT, |stage| host.is_listening(port) || stage.ended(id).is_some())?;
        if let Some(status) = self.stage.ended(id) {
            return Err(trouble(to, &format!("it ended when receiving was chosen from its menu ({status})")));
        }
        let all = host.sockets();
        let mut here = sockets::parse(&all).filter(|s| s.port == port && s.state == LISTEN).peekable();
        if !listening || here.peek().is_none() {
            return Err(trouble(
                to,
                &format!("it does not listen on port {port} after receiving was chosen from its menu"),
            ));
        }
        if here.all(|s| s.ip.is_loopback()) {
            return Err(trouble(
                to,
                "it listens on 127.0.0.1 alone: bind((\"\", port)) lets the other machine reach it",
            ));
        }
        Ok(None)
    }

    /// Starts sending on a host. Returns labkit's process, or `None` if the program sends.
    fn begin_sending(
        &mut self,
        cast: &mut Cast<'_>,
        from: Role,
        step: &Step,
    ) -> Result<Option<ActorId>, Stop> {
        let address = self.plan.lab.address(from.other()).to_string();
        if !cast.plays(from) {
            let mut send = self.labkit(from, "send");
            send.args(["--to", &address, &format!("--message={}", step.message)]);
            let sender = self.start(from.name(), send, Lines::Text)?;
            cast.own.push(sender);
            return Ok(Some(sender));
        }
        let (mut chosen, mut message, mut to) = (false, false, false);
        for _ in 0..MOST_PROMPTS {
            match self.asked(cast, from)? {
                Prompt::Menu(menu) if !chosen => {
                    chosen = true;
                    self.answer(cast, from, &menu.send)?;
                }
                Prompt::Message if !message => {
                    message = true;
                    self.answer(cast, from, &step.message)?;
                }
                Prompt::Address if !to => {
                    to = true;
                    self.answer(cast, from, &address)?;
                }
                Prompt::Menu(_) => {
                    return Err(trouble(from, "it came back to its menu before it had message and address"));
                }
                Prompt::Message => return Err(trouble(from, "it asks for the message again")),
                Prompt::Address => {
                    return Err(trouble(
                        from,
                        &format!("it asks for the address again, though {address} is one"),
                    ));
                }
            }
            if message && to {
                return Ok(None);
            }
        }
        Err(trouble(from, "it keeps asking, and sends nothing"))
    }

    /// Waits until labkit's own part of a step has ended.
    fn labkit_ends(
        &mut self,
        cast: &mut Cast<'_>,
        number: usize,
        role: Role,
        labkit: ActorId,
        what: &str,
        longest: Duration,
    ) -> Result<(), Stop> {
        self.wait(longest, |stage| stage.ended(labkit).is_some())?;
        match self.stage.ended(labkit) {
            Some(status) if status.success() => {}
            Some(_) => cast.note(
                role,
                number,
                false,
                format!("labkit, {what}, reported a failure: see its lines above"),
                Vec::new(),
            ),
            None => {
                self.stage.kill(labkit);
                cast.note(role, number, false, format!("labkit, {what}, waited in vain"), Vec::new());
            }
        }
        Ok(())
    }

    /// Notes what the program reports about the message that it sent.
    fn sender_says(&mut self, cast: &mut Cast<'_>, number: usize, from: Role) -> Result<(), Stop> {
        let longest = self.plan.lab.communicator.timeout() + MOMENT;
        let said = |text: &str| result(text).is_some() || question(text).is_some();
        if !self.until_it_says(cast, from, longest, said)? {
            let what =
                format!("it hangs: {} s after the message it has not said how it went", longest.as_secs());
            return Err(trouble(from, &what));
        }
        let text = self.since(cast, from);
        if let Some(again) = asks_again(&text) {
            let address = self.plan.lab.address(from.other());
            return Err(trouble(
                from,
                &format!("it asks for {again} again, after {address} and the message"),
            ));
        }
        match result(&text) {
            Some((true, line)) => cast.note(
                from,
                number,
                true,
                format!("it sent, and said: {}", crate::text::harmless(&line)),
                Vec::new(),
            ),
            Some((false, line)) => {
                let what = format!("it said that it failed: {}", crate::text::harmless(&line));
                cast.note(from, number, false, what, last_lines(&text, LAST));
            }
            None => {
                self.unless_crashed(cast, from)?;
                cast.note(from, number, false, "it did not say how it went".into(), last_lines(&text, LAST));
            }
        }
        Ok(())
    }

    /// Notes whether the program shows the message that it received.
    fn receiver_shows(
        &mut self,
        cast: &mut Cast<'_>,
        number: usize,
        to: Role,
        message: &str,
    ) -> Result<(), Stop> {
        let said = |text: &str| text.contains(message) || matches!(question(text), Some(Prompt::Menu(_)));
        let came = self.until_it_says(cast, to, MOMENT, said)?;
        let text = self.since(cast, to);
        if text.contains(message) {
            cast.note(to, number, true, "it received, and showed the whole message".into(), Vec::new());
            return Ok(());
        }
        self.unless_crashed(cast, to)?;
        if !came {
            return Err(trouble(to, "it hangs: the message came, and it shows nothing"));
        }
        cast.note(to, number, false, "it did not show the message".into(), last_lines(&text, LAST));
        Ok(())
    }

    /// Lets the programs leave through their menus, and ends those that do not.
    pub(super) fn farewell(&mut self, cast: &mut Cast<'_>) -> Result<(), RunError> {
        for role in [Role::Host, Role::Guest] {
            let Some(id) = cast.voice(role).as_ref().map(|v| v.id) else { continue };
            match self.between_steps(cast, role) {
                Ok(()) => {}
                Err(Stop::Run(error)) => return Err(error),
                Err(Stop::Program(trouble)) => {
                    let last = self.last_of(cast, role);
                    cast.note(role, 0, false, trouble.what, last);
                }
            }
            if self.stage.ended(id).is_none() {
                let left = match self.asked(cast, role) {
                    Ok(Prompt::Menu(menu)) => self.answer(cast, role, &menu.exit).map(|()| true),
                    Ok(_) => Ok(false),
                    Err(Stop::Run(error)) => return Err(error),
                    Err(Stop::Program(_)) => Ok(false),
                };
                let left =
                    matches!(left, Ok(true)) && self.wait(MOMENT / 2, |stage| stage.ended(id).is_some())?;
                let last = if left { Vec::new() } else { self.last_of(cast, role) };
                let what =
                    if left { "it left through its menu" } else { "it did not leave through its menu" };
                cast.note(role, 0, left, what.into(), last);
            }
            self.end(cast, role);
        }
        Ok(())
    }
}

/// What a program asks for again in its last line, instead of reporting the result; `None` if it does not.
fn asks_again(text: &str) -> Option<&'static str> {
    let last = text.lines().last().unwrap_or_default();
    match question(text) {
        _ if result(last).is_some() => None,
        Some(Prompt::Message) => Some("the message"),
        Some(Prompt::Address) => Some("the address"),
        Some(Prompt::Menu(_)) | None => None,
    }
}

fn trouble(role: Role, what: &str) -> Stop {
    Stop::Program(Trouble { role, what: what.to_owned() })
}
