//! One run of the lab on one machine: two hosts, a capture on the guest's adapter, and the lab's steps with labkit's own
//! commands on both sides.

mod dialogue;
mod trial;

pub use trial::{Observation, Tryout};

use crate::capture::output::give_to_caller;
use crate::capture::signals::Signals;
use crate::lab::definition::{Lab, Role, Step};
use crate::lab::stage::actors::{ActorId, Lines, Screen, Stage, Wait};
use crate::lab::stage::network::{Network, NetworkError, adapter};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use trial::Cast;

/// How long to wait for steps that usually take a moment.
const MOMENT: Duration = Duration::from_secs(10);
/// Silence after which no more rows of the packet list are expected. It matters only for the screen.
const ROWS: Duration = Duration::from_millis(150);
/// The words that `sniff` prints once it captures.
const CAPTURING: &str = "capturing on";

/// What to run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// The folder that the lab was read from; `None` for the built-in lab.
    pub lab_dir: Option<PathBuf>,
    /// The folder in which the capture is left.
    pub out: PathBuf,
    /// Whether an existing capture may be replaced.
    pub force: bool,
    /// A program to try in place of labkit's own commands; `None` to use these.
    pub with: Option<Tryout>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Done {
    /// Path of the capture.
    pub capture: PathBuf,
    /// What was observed of the program that was tried; empty without one.
    pub seen: Vec<Observation>,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The lab's network could not be made.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The capture would replace an existing file.
    #[error("{} exists already and was not touched; --force replaces it, --out DIR writes elsewhere", .0.display())]
    Exists(PathBuf),
    /// The capture cannot be written in the folder.
    #[error("cannot leave the capture in {}: {why}; --out DIR names another folder", path.display())]
    Place {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// The user stopped it.
    #[error("the lab was stopped before its end; nothing was saved")]
    Interrupted,
    /// One of the processes failed; its own words were shown already.
    #[error("{what} failed ({how}): see its lines above; nothing was saved")]
    Failed {
        /// What it was to do.
        what: String,
        /// Its exit status, in words.
        how: String,
    },
    /// A step did not come in time.
    #[error("gave up after {} s: {what}; nothing was saved", after.as_secs())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long.
        after: Duration,
    },
    /// The system failed.
    #[error("cannot {what}: {why}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        why: io::Error,
    },
}

/// Runs the lab. A signal stops it. Network, processes and temporary files are removed in any case; the capture
/// appears only when it is complete.
///
/// # Errors
/// [`RunError`]; with [`NetworkError::Unavailable`] inside if this system cannot have the two hosts.
pub fn run<'a>(plan: &Plan<'_>, screen: Screen<'a>, signals: &'a Signals) -> Result<Done, RunError> {
    let mut place = Place::prepare(plan)?;
    let network = Network::make(&plan.lab.network, Some(&place.scratch))?;
    let mut stage = Stage::new(screen, signals);
    place.open()?;
    let mut play = Play { plan, network: &network, stage: &mut stage };
    play.heading(&Network::describe(plan.lab))?;
    let sniffer = play.start_sniffer(&place.scratch)?;
    let mut cast = plan.with.as_ref().map(Cast::new);
    for (i, step) in plan.lab.steps.iter().enumerate() {
        match &mut cast {
            Some(cast) => play.step_with(cast, i + 1, step)?,
            None => play.step(i + 1, step)?,
        }
    }
    if let Some(cast) = &mut cast {
        play.farewell(cast)?;
    }
    play.end_sniffer(sniffer)?;
    Ok(Done { capture: place.keep()?, seen: cast.map(|cast| cast.seen).unwrap_or_default() })
}

/// A run on its stage.
struct Play<'a, 's> {
    plan: &'a Plan<'a>,
    network: &'a Network,
    stage: &'a mut Stage<'s>,
}

impl Play<'_, '_> {
    fn heading(&mut self, text: &str) -> Result<(), RunError> {
        let text = self.plan.lab.phrases.say(text);
        self.stage.screen.heading(&text).map_err(|source| RunError::System { what: "print", why: source })
    }

    /// labkit on one of the hosts, with the same lab.
    fn labkit(&self, role: Role, command: &str) -> Command {
        let mut labkit = self.network.host(role).command("/proc/self/exe");
        labkit.arg(command);
        if let Some(dir) = &self.plan.lab_dir {
            labkit.arg("--lab").arg(dir);
        }
        labkit
    }

    fn start(&mut self, label: &'static str, command: Command, kind: Lines) -> Result<ActorId, RunError> {
        self.stage
            .start(label, command, kind)
            .map_err(|source| RunError::System { what: "start labkit on a host", why: source })
    }

    /// Starts `sniff` on the guest's adapter, and waits until it captures.
    fn start_sniffer(&mut self, scratch: &Path) -> Result<ActorId, RunError> {
        let lab = self.plan.lab;
        self.heading(&format!("Capturing on the guest's adapter {}", adapter(Role::Guest)))?;
        let mut sniff = self.labkit(Role::Guest, "sniff");
        // The exchange is shown after the run, from the saved capture, so `sniff` need not show it.
        sniff.args(["--no-exchange", "-i", adapter(Role::Guest), "-w", &lab.network.capture]);
        for role in [Role::Host, Role::Guest] {
            sniff.args([format!("--{}", role.name()), lab.address(role).to_string()]);
        }
        sniff.current_dir(scratch);
        let sniffer = self.start("sniff", sniff, Lines::Rows)?;
        self.until("the capture did not start", MOMENT, |stage| {
            stage.has_said(sniffer, CAPTURING) || stage.ended(sniffer).is_some()
        })?;
        match self.stage.ended(sniffer) {
            Some(status) => Err(failed("the capture", status)),
            None => Ok(sniffer),
        }
    }

    /// Runs one step: from the start of the receiver to the connection's last packet.
    fn step(&mut self, number: usize, step: &Step) -> Result<(), RunError> {
        let lab = self.plan.lab;
        let port = lab.communicator.port;
        let (from, to) = (step.from, step.from.other());
        let message = quoted(&step.message);
        self.heading(&format!("Step {number}: the {} sends {message} to the {}", from.name(), to.name()))?;
        let receive = self.labkit(to, "receive");
        let receiver = self.start(to.name(), with(receive, &["--count", "1"]), Lines::Text)?;
        let receiving = self.network.host(to);
        self.until("the receiver did not start", MOMENT, |stage| {
            receiving.is_listening(port) || stage.ended(receiver).is_some()
        })?;
        if let Some(status) = self.stage.ended(receiver) {
            return Err(failed(&format!("receiving on the {}", to.name()), status));
        }
        let send = self.labkit(from, "send");
        let address = lab.address(to).to_string();
        // The option and its value are one argument, because a message may begin with a hyphen.
        let message = format!("--message={}", step.message);
        let sender = self.start(from.name(), with(send, &["--to", &address, &message]), Lines::Text)?;
        // The communicator keeps the deadline itself; this limit is for one that hangs. After the receipt, the
        // receiver may wait as long again for the sender to close.
        let longest = lab.communicator.timeout() * 2 + MOMENT;
        for (who, what) in [
            (sender, format!("sending from the {}", from.name())),
            (receiver, format!("receiving on the {}", to.name())),
        ] {
            self.until(&format!("{what} did not end"), longest, |stage| stage.ended(who).is_some())?;
            if let Some(status) = self.stage.ended(who).filter(|s| !s.success()) {
                return Err(failed(&what, status));
            }
        }
        let hosts = [Role::Host, Role::Guest].map(|role| self.network.host(role));
        self.until("the connection did not close", MOMENT, |_| hosts.iter().all(|h| h.is_quiet(port)))?;
        self.until("the packet list did not end", MOMENT, |stage| stage.silence() > ROWS)
    }

    /// Ends `sniff`. All packets have arrived by now, and `sniff` writes all of them before it ends.
    fn end_sniffer(&mut self, sniffer: ActorId) -> Result<(), RunError> {
        self.stage
            .interrupt(sniffer)
            .map_err(|source| RunError::System { what: "end the capture", why: source })?;
        self.until("the capture did not end", MOMENT, |stage| stage.ended(sniffer).is_some())?;
        match self.stage.ended(sniffer) {
            Some(status) if !status.success() => Err(failed("the capture", status)),
            _ => Ok(()),
        }
    }

    fn until(
        &mut self,
        what: &str,
        longest: Duration,
        done: impl FnMut(&mut Stage<'_>) -> bool,
    ) -> Result<(), RunError> {
        let mut done = done;
        self.stage.until(longest, |stage| done(stage)).map_err(|wait| match wait {
            Wait::Interrupted => RunError::Interrupted,
            Wait::TimedOut => RunError::TimedOut { what: what.to_owned(), after: longest },
            Wait::System(source) => RunError::System { what: "print", why: source },
        })
    }
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

/// The beginning of a message in quotation marks, for a heading.
fn quoted(message: &str) -> String {
    const SHOWN: usize = 60;
    let rest = if message.chars().nth(SHOWN).is_some() { " …" } else { "" };
    let shown: String = message.chars().take(SHOWN).collect();
    format!("“{}{rest}”", shown.escape_debug())
}

fn failed(what: &str, status: std::process::ExitStatus) -> RunError {
    RunError::Failed { what: what.to_owned(), how: status.to_string() }
}

/// The place of the capture. It is written in a temporary folder beside its final path, and renamed once it is
/// complete, so a run that fails leaves an older capture as it was.
struct Place {
    target: PathBuf,
    scratch: PathBuf,
    /// The folders that this run made, the outermost first.
    made: Vec<PathBuf>,
    kept: bool,
}

impl Place {
    /// Checks whether the capture can be left there, without making anything.
    fn prepare(plan: &Plan<'_>) -> Result<Place, RunError> {
        let out = std::path::absolute(&plan.out)
            .map_err(|source| RunError::Place { path: plan.out.clone(), why: source })?;
        let target = out.join(&plan.lab.network.capture);
        match fs::symlink_metadata(&target) {
            Ok(there) if there.is_dir() => {
                return Err(RunError::Place { path: target, why: io::ErrorKind::IsADirectory.into() });
            }
            Ok(_) if !plan.force => return Err(RunError::Exists(plan.out.join(&plan.lab.network.capture))),
            _ => {}
        }
        let scratch = out.join(format!(".labkit-{}", std::process::id()));
        Ok(Place { target, scratch, made: Vec::new(), kept: false })
    }

    /// Makes the folders.
    fn open(&mut self) -> Result<(), RunError> {
        let scratch = self.scratch.clone();
        let out = scratch.parent().unwrap_or(Path::new("/"));
        let missing: Vec<&Path> = out.ancestors().take_while(|dir| !dir.exists()).collect();
        for dir in missing.into_iter().rev() {
            self.make(dir, 0o777)?;
        }
        self.make(&scratch, 0o700)
    }

    fn make(&mut self, dir: &Path, mode: u32) -> Result<(), RunError> {
        let made = DirBuilder::new().mode(mode).create(dir).and_then(|()| {
            self.made.push(dir.to_owned());
            give(dir)
        });
        made.map_err(|source| RunError::Place { path: dir.to_owned(), why: source })
    }

    /// Moves the capture to its final path, which it returns.
    fn keep(mut self) -> Result<PathBuf, RunError> {
        let file = self.scratch.join(self.target.file_name().unwrap_or_default());
        let kept = give(&file).and_then(|()| fs::rename(&file, &self.target));
        kept.map_err(|source| RunError::Place { path: self.target.clone(), why: source })?;
        self.kept = true;
        Ok(self.target.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.scratch);
        if !self.kept {
            // Only empty folders are removed: another program may have put a file into one.
            for dir in self.made.iter().rev() {
                let _ = fs::remove_dir(dir);
            }
        }
    }
}

/// Gives a file or folder that was made under sudo to the user who called sudo.
fn give(path: &Path) -> io::Result<()> {
    give_to_caller(&File::open(path)?)
}
