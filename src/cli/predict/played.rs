//! Sends one message in a temporary lab, and records it.

use crate::capture::Source as _;
use crate::cli::{Context, input};
use crate::lab::answer::{self, Capture};
use crate::lab::definition::Role;
use crate::lab::evidence::collect::Collector;
use crate::lab::evidence::exchange::Exchange;
use crate::lab::predict::Setting;
use crate::lab::stage::network::{Host, adapter, standing};
use crate::pump::{self, Open};
use anyhow::{Context as _, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long connections may take to close.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to sleep between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// A lab that is taken down when this value is dropped.
struct Lab {
    name: String,
    dir: Option<String>,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.command("down", &[]).output();
    }
}

impl Lab {
    fn command(&self, command: &str, rest: &[&str]) -> Command {
        let mut labkit = Command::new("/proc/self/exe");
        labkit.args(["lab", command, "--name", &self.name]).args(rest).stdin(Stdio::null());
        labkit
    }

    /// labkit on one of the hosts, with the same lab's definition.
    fn labkit(&self, on: Role, rest: &[&str]) -> Command {
        let mut command = self.command("exec", &[&[on.name(), "--", "labkit"], rest].concat());
        if let Some(dir) = &self.dir {
            command.args(["--lab", dir]);
        }
        command
    }

    fn host(&self, role: Role) -> anyhow::Result<Host> {
        Ok(standing(role, &self.name)?)
    }
}

/// Sends one message from host to guest, and returns the exchange that was recorded on the guest.
pub(super) fn play(context: &Context, setting: &Setting) -> anyhow::Result<Exchange> {
    let dir = context.lab_dir.as_deref().map(std::path::absolute).transpose()?;
    let name = format!("predict-{}", std::process::id());
    let lab = Lab { name, dir: dir.map(|dir| dir.display().to_string()) };
    let mtu = setting.mtu.to_string();
    let mut faults = vec!["--mtu", &mtu];
    if !setting.offload {
        faults.push("--no-offload");
    }
    finish(lab.command("up", &faults), "put the lab up")?;
    if !setting.timestamps {
        for role in [Role::Host, Role::Guest] {
            let off = "echo 0 > /proc/sys/net/ipv4/tcp_timestamps";
            finish(lab.command("exec", &[role.name(), "--", "sh", "-c", off]), "switch timestamps off")?;
        }
    }
    let folder = tempfile::TempDir::new().context("cannot make a folder for the capture")?;
    let file = folder.path().join("predicted.pcapng");
    record(context, &lab, setting, &file)?;
    read(context, &file)
}

/// Captures on the guest while the message is sent.
fn record(context: &Context, lab: &Lab, setting: &Setting, file: &Path) -> anyhow::Result<()> {
    let port = context.lab.communicator.port;
    let path = file.to_str().context("the folder for temporary files has a name that is no text")?;
    let filter = format!("tcp port {port}");
    let words = ["sniff", "-i", adapter(Role::Guest), "-w", path, "-q", "--no-exchange", &filter];
    let mut sniff = lab.labkit(Role::Guest, &words);
    let mut sniff =
        sniff.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("cannot start a capture")?;
    let remarks = sniff.stderr.take();
    let mut remarks = until(remarks, "capturing on").context("cannot capture in the lab")?;
    let mut receiver = lab.labkit(Role::Guest, &["receive"]);
    let receiver = receiver.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut receiver = receiver.context("cannot start the receiver")?;
    let output = receiver.stdout.take();
    let mut output = until(output, "Waiting for message").context("the receiver does not start")?;
    let to = context.lab.address(Role::Guest).to_string();
    let text = "x".repeat(setting.message as usize);
    finish(lab.labkit(Role::Host, &["send", "--to", &to, "--message", &text]), "send the message")?;
    let _ = output.read_to_end(&mut Vec::new());
    let _ = receiver.wait();
    let begun = Instant::now();
    let hosts = [lab.host(Role::Host)?, lab.host(Role::Guest)?];
    while !hosts.iter().all(|host| host.is_quiet(port)) && begun.elapsed() < PATIENCE {
        std::thread::sleep(LOOK);
    }
    end(&mut sniff, &mut remarks)
}

/// Ends a capture with SIGINT, and waits until the file is complete.
fn end(sniff: &mut Child, remarks: &mut impl Read) -> anyhow::Result<()> {
    kill(Pid::from_raw(sniff.id() as i32), Signal::SIGINT).context("cannot end the capture")?;
    let mut said = String::new();
    let _ = remarks.read_to_string(&mut said);
    let status = sniff.wait().context("cannot wait for the capture")?;
    ensure!(status.success(), "the capture failed: {}", said.trim());
    Ok(())
}

/// Reads lines until one contains `text`; the rest is still to be read.
fn until<R: Read>(from: Option<R>, text: &str) -> anyhow::Result<BufReader<R>> {
    let mut from = BufReader::new(from.context("it has no output")?);
    let mut said = String::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            bail!("it ended: {}", said.trim());
        }
        if line.contains(text) {
            return Ok(from);
        }
        said.push_str(&line);
    }
}

/// Runs a command to its end; fails unless it succeeds.
fn finish(mut command: Command, what: &str) -> anyhow::Result<()> {
    let out = command.output().with_context(|| format!("cannot {what}"))?;
    ensure!(out.status.success(), "cannot {what}: {}", String::from_utf8_lossy(&out.stderr).trim());
    Ok(())
}

/// The one exchange of the capture.
fn read(context: &Context, file: &Path) -> anyhow::Result<Exchange> {
    let port = context.lab.communicator.port;
    let mut source = input::open(file)?;
    let mut collector = Collector::new(port);
    pump::run(&mut source, &mut Open, None, &mut collector).map_err(input::pump_error)?;
    let names = source.info().names.clone();
    let capture = Capture { name: file.display().to_string(), evidence: collector.into_evidence(), names };
    let report = answer::report(&context.lab, port, vec![capture], (None, None));
    report.exchanges.into_iter().next().context("the capture has no exchange")
}
