//! Live capture. Capturing needs rights that decoding must not have, so there are two processes. The keeper has the
//! rights and parses no packets: it only runs `labkit sniff`, into a folder that was fixed when it started. The
//! viewer gives its rights up before it reads the first frame from a file there.

mod news;

pub(crate) use news::News;

use super::origin::Origin;
use crate::capture::privilege;
use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use tempfile::TempDir;

/// A request to the keeper, in one line of JSON.
#[derive(Debug, Serialize, Deserialize)]
enum Request {
    /// Capture on an adapter, with a capture filter, into the file of this number.
    Start { interface: String, bpf: Vec<String>, number: u32 },
    /// End the capture.
    Stop,
    /// Copy the capture into a new file of this name, in the folder where the keeper was started.
    Save { name: String },
}

/// A report of the keeper, in one line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// A line that the capture printed on standard error.
    Line(String),
    /// The capture of this number has ended, successfully if true.
    End(u32, bool),
    /// The number of bytes that were saved, or why saving failed.
    Saved(Result<u64, String>),
}

/// The file of the capture with this number.
fn file(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("capture{number}.pcapng"))
}

/// The keeper's main loop: handles requests from standard input until its end, and reports on standard output.
///
/// # Errors
/// If standard input cannot be read, or standard output cannot be written.
pub fn keep(folder: &Path) -> io::Result<()> {
    let mut running: Option<Pid> = None;
    let mut last = 0;
    for line in io::stdin().lock().lines() {
        let Ok(request) = serde_json::from_str::<Request>(&line?) else { continue };
        if let Request::Save { name } = &request {
            say(&Said::Saved(save(&file(folder, last), name).map_err(|error| error.to_string())));
            continue;
        }
        if let Some(pid) = running.take() {
            // It may have ended by itself.
            let _ = kill(pid, Signal::SIGINT);
        }
        if let Request::Start { interface, bpf, number } = request {
            last = number;
            running = match sniff(&interface, &bpf, &file(folder, number)) {
                Ok(child) => Some(Pid::from_raw(child.id() as i32)).inspect(|_| watch(child, number)),
                Err(error) => {
                    say(&Said::Line(format!("cannot start the capture: {error}")));
                    say(&Said::End(number, false));
                    None
                }
            };
        }
    }
    if let Some(pid) = running {
        let _ = kill(pid, Signal::SIGINT);
    }
    Ok(())
}

/// Copies a capture into a new file of the folder in which the keeper was started. The viewer may lack the right to
/// do so itself: started by root without sudo, it runs as a user who owns no folder. An attacker who has taken over
/// the viewer gains only this: a new file with a plain name that ends in .pcapng, with the capture as its content.
fn save(from: &Path, name: &str) -> io::Result<u64> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::PermissionDenied, why.to_owned());
    if !is_plain(name) {
        return Err(refused("only a name that ends in .pcapng, here, without a folder"));
    }
    let source = OpenOptions::new().read(true).custom_flags(OFlag::O_NOFOLLOW.bits()).open(from)?;
    let about = source.metadata()?;
    if !about.is_file() || about.nlink() != 1 {
        return Err(refused("the capture is not where it was"));
    }
    let mut target = OpenOptions::new().write(true).create_new(true).open(name)?;
    io::copy(&mut { source }, &mut target)
}

/// Whether a name is that of a pcapng file without a folder.
fn is_plain(name: &str) -> bool {
    let rest = name.strip_suffix(".pcapng").unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || "-_+ .".contains(c);
    !rest.is_empty() && !rest.starts_with('.') && rest.chars().all(plain)
}

fn sniff(interface: &str, bpf: &[String], file: &Path) -> io::Result<Child> {
    let mut command = Command::new(privilege::executable());
    command.args(["sniff", "--quiet", "--no-exchange", "-i", interface, "-w"]).arg(file).arg("--").args(bpf);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
}

/// Passes on the lines of a capture's standard error, and its end.
fn watch(mut child: Child, number: u32) {
    std::thread::spawn(move || {
        if let Some(errors) = child.stderr.take() {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                say(&Said::Line(line.strip_prefix("labkit: ").unwrap_or(&line).to_owned()));
            }
        }
        say(&Said::End(number, child.wait().is_ok_and(|status| status.success())));
    });
}

fn say(said: &Said) {
    if let Ok(line) = serde_json::to_string(said) {
        // Once the viewer is gone, standard input ends, too.
        let _ = writeln!(io::stdout(), "{line}");
    }
}

/// The viewer's connection to the keeper.
pub struct Keeper {
    requests: Box<dyn Write + Send>,
    said: Receiver<Said>,
    folder: TempDir,
    number: u32,
    /// Whether the keeper has the right to capture.
    may: bool,
}

impl Keeper {
    /// Starts the keeper with the rights that this process has now. Call [`privilege::drop_rights`] afterwards.
    ///
    /// # Errors
    /// If the folder for captures or the process cannot be made.
    pub fn start() -> io::Result<Keeper> {
        let folder = tempfile::Builder::new().prefix("labkit-").tempdir()?;
        if let Some(heir) = privilege::heir() {
            // If that user is not mapped in this user namespace, the owner stays, and this process keeps its ids, so
            // it can still read the folder.
            let _ = nix::unistd::chown(folder.path(), Some(heir.uid), Some(heir.gid));
        }
        let mut command = Command::new(privilege::executable());
        command.arg("view").arg("--keeper").arg(folder.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (send, said) = channel();
        std::thread::Builder::new().name("keeper".into()).spawn(move || {
            let lines = BufReader::new(answers).lines().map_while(Result::ok);
            for said in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                if send.send(said).is_err() {
                    break;
                }
            }
            let _ = child.wait();
        })?;
        let requests = Box::new(requests);
        Ok(Keeper { requests, said, folder, number: 0, may: privilege::may_capture() })
    }

    /// A keeper that a test plays: the test writes the file that [`Capture::file`] names, and sends the reports.
    #[cfg(test)]
    pub(crate) fn played() -> (Keeper, std::sync::mpsc::Sender<Said>) {
        let (send, said) = channel();
        let folder = tempfile::tempdir().unwrap();
        (Keeper { requests: Box::new(io::sink()), said, folder, number: 0, may: true }, send)
    }

    fn ask(&mut self, request: &Request) -> io::Result<()> {
        let line = serde_json::to_string(request)?;
        writeln!(self.requests, "{line}")?;
        self.requests.flush()
    }
}

/// A capture that runs, or has run.
pub(crate) struct Capture {
    keeper: Keeper,
    /// The adapter.
    pub(crate) interface: String,
    bpf: Vec<String>,
    /// Set once the file is complete.
    done: Arc<AtomicBool>,
    /// Whether the capture is running.
    pub(crate) running: bool,
    /// Whether its file was opened.
    opened: bool,
    /// Whether the user has saved its frames, or there are none to save.
    pub(crate) saved: bool,
    said: Vec<String>,
    /// Reports that came while waiting for another one.
    heard: VecDeque<Said>,
}

impl Capture {
    /// No capture yet, with a keeper for later ones.
    pub(crate) fn new(keeper: Keeper) -> Capture {
        Capture {
            keeper,
            interface: String::new(),
            bpf: Vec::new(),
            done: Arc::new(AtomicBool::new(true)),
            running: false,
            opened: true,
            saved: true,
            said: Vec::new(),
            heard: VecDeque::new(),
        }
    }

    /// Whether the keeper has the right to capture, determined before this process gave its own rights up.
    pub(crate) fn may(&self) -> bool {
        self.keeper.may
    }

    /// Starts to capture, and removes the file of the capture before.
    ///
    /// # Errors
    /// If the keeper is gone, in words.
    pub(crate) fn start(&mut self, interface: &str, bpf: &[String]) -> Result<(), String> {
        let last = self.file();
        self.keeper.number += 1;
        let number = self.keeper.number;
        let request = Request::Start { interface: interface.to_owned(), bpf: bpf.to_vec(), number };
        self.keeper.ask(&request).map_err(|error| format!("cannot capture any more: {error}"))?;
        // The capture before is either saved or not wanted.
        let _ = std::fs::remove_file(last);
        (self.interface, self.bpf) = (interface.to_owned(), bpf.to_vec());
        self.done.store(true, Ordering::Release);
        self.done = Arc::new(AtomicBool::new(false));
        (self.running, self.opened, self.saved) = (true, false, true);
        self.said.clear();
        Ok(())
    }

    /// Starts again, with the same adapter and filter.
    ///
    /// # Errors
    /// As [`Capture::start`].
    pub(crate) fn again(&mut self) -> Result<(), String> {
        let (interface, bpf) = (self.interface.clone(), self.bpf.clone());
        self.start(&interface, &bpf)
    }

    /// Asks for the end of the capture; the last frames may still come.
    pub(crate) fn stop(&mut self) {
        // If the keeper is gone, the capture has ended, too.
        let _ = self.keeper.ask(&Request::Stop);
    }

    /// Lets the keeper save the capture under a name in the folder where the keeper was started. Returns the bytes
    /// saved.
    ///
    /// # Errors
    /// If the keeper cannot save it, in words.
    pub(crate) fn save(&mut self, name: &str) -> Result<u64, String> {
        let gone = || "the process that captures is gone".to_owned();
        self.keeper.ask(&Request::Save { name: name.to_owned() }).map_err(|_| gone())?;
        loop {
            match self.keeper.said.recv().map_err(|_| gone())? {
                Said::Saved(saved) => return saved,
                other => self.heard.push_back(other),
            }
        }
    }

    /// The file that this capture is written to.
    pub(crate) fn file(&self) -> PathBuf {
        file(self.keeper.folder.path(), self.keeper.number)
    }

    /// The news since the last call.
    pub(crate) fn news(&mut self) -> News {
        let path = self.file();
        while let Some(said) = self.heard.pop_front().or_else(|| self.keeper.said.try_recv().ok()) {
            match said {
                Said::Saved(_) => {}
                Said::Line(line) => self.said.push(line),
                Said::End(number, _) if number != self.keeper.number => {}
                Said::End(_, well) => {
                    self.running = false;
                    self.done.store(true, Ordering::Release);
                    let last = self.said.last().cloned().unwrap_or_default();
                    if well && !self.opened {
                        break;
                    }
                    return News::Ended(last);
                }
            }
        }
        if !self.opened && std::fs::metadata(&path).is_ok_and(|m| m.len() > 0) {
            self.opened = true;
            self.saved = false;
            let name = format!("capture on {}", self.interface);
            return News::Begun(Origin::growing(&path, &name, self.done.clone()));
        }
        News::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_new_capture_file_here_is_saved_with_the_rights_of_the_keeper() {
        for name in ["capture1.pcapng", "My capture-2.pcapng", "später.pcapng"] {
            assert!(is_plain(name), "{name}");
        }
        for name in
            ["", ".pcapng", "a.pcap", "../a.pcapng", "/tmp/a.pcapng", "..pcapng", "a\n.pcapng", "a.pcapng/b"]
        {
            assert!(!is_plain(name), "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("capture1.pcapng");
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        assert!(save(&link, "never-written.pcapng").is_err(), "what a link leads to is no capture");
        assert!(!Path::new("never-written.pcapng").exists());
    }
}
