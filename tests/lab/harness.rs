//! A copy of labkit for each test, so that the test can find all its processes; and tshark's reading of captures.

use crate::tools::tool;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The longest wait: far longer than a slow machine needs, so that only a hang fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Calls `ready` until it returns `Some`, and returns the value; panics with `what` after [`PATIENCE`].
pub(crate) fn wait_until<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The user who runs labkit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// The user who runs the tests.
    Me,
    /// A user without rights; only root can switch to it.
    Nobody,
}

/// The user id of `nobody` on Debian and most other systems.
pub(crate) const NOBODY: u32 = 65534;

/// The users whose lab is tested: if root runs the tests, both; otherwise only that user.
pub(crate) fn users() -> &'static [User] {
    if nix::unistd::geteuid().is_root() { &[User::Me, User::Nobody] } else { &[User::Me] }
}

/// A folder with a copy of labkit in it. When it goes, no process of it may be left.
pub(crate) struct Bench {
    /// The folder, which all users may write to.
    pub(crate) dir: PathBuf,
    labkit: PathBuf,
    user: User,
}

impl Bench {
    pub(crate) fn new(user: User) -> Bench {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let no = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("labkit-test-{}-{no}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o777)).unwrap();
        let labkit = dir.join("labkit");
        // Copied by another process: if this one had the file open for writing, a process that another test starts
        // meanwhile would inherit it, and a file that is open for writing cannot be executed.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_labkit")).arg(&labkit).status().unwrap();
        assert!(copied.success());
        Bench { dir, labkit, user }
    }

    /// labkit with these arguments, in the folder.
    pub(crate) fn labkit(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(self.labkit.to_str().unwrap());
        command.args(arguments);
        command
    }

    /// A program as this bench's user.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = match self.user {
            User::Me => Command::new(program),
            User::Nobody => {
                let mut command = tool("setpriv");
                let id = NOBODY.to_string();
                command.args(["--reuid", &id, "--regid", &id, "--clear-groups", program]);
                command.env("HOME", &self.dir);
                command
            }
        };
        command.current_dir(&self.dir).env_remove("SUDO_UID").env_remove("SUDO_GID").stdin(Stdio::null());
        command
    }

    /// Ids of the processes that run this bench's labkit.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|e| e.file_name().to_str()?.parse().ok());
        pids.filter(|pid| std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == self.labkit))
            .collect()
    }

    /// The processes among them whose arguments contain this word.
    pub(crate) fn processes_with(&self, word: &str) -> Vec<i32> {
        let line = |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        self.processes().into_iter().filter(|pid| line(pid).split('\0').any(|w| w == word)).collect()
    }

    /// Waits until no process of this bench is left. The kernel then has none of its network namespaces either,
    /// because nothing else holds them.
    pub(crate) fn assert_nothing_runs(&self) {
        wait_until("the end of all processes", || self.processes().is_empty().then_some(()));
    }

    /// Names of the files in a folder of this bench.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.join(folder)).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|e| e.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        for pid in self.processes() {
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A running program whose output the test reads.
pub(crate) struct Running {
    pub(crate) child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) seen: String,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Running { child, out, seen: String::new() }
    }

    /// Reads lines until one contains `text`.
    pub(crate) fn until(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "no {text:?} in {}", self.seen);
            self.seen.push_str(&line);
        }
    }

    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    /// The process alone; its output is no longer read.
    pub(crate) fn into_child(self) -> Child {
        self.child
    }

    /// Waits for the end, and returns both output streams and the exit status, `None` after a signal.
    pub(crate) fn finish(mut self) -> (String, String, Option<i32>) {
        self.out.read_to_string(&mut self.seen).unwrap();
        let output = self.child.wait_with_output().unwrap();
        (self.seen, String::from_utf8(output.stderr).unwrap(), output.status.code())
    }
}

/// Standard output of a program that must succeed.
pub(crate) fn stdout(output: Output) -> String {
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{}: {out}\n{err}", output.status);
    out
}

/// tshark's fields of a capture: a line for each packet, separated by tabs.
pub(crate) fn tshark(capture: &Path, filter: &str, fields: &[&str]) -> Vec<String> {
    let mut command = tool("tshark");
    command.arg("-r").arg(capture).args(["-Y", filter, "-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    stdout(command.output().expect("tshark is needed for this test")).lines().map(str::to_owned).collect()
}

/// Payload of one direction of a conversation, as tshark sees it.
pub(crate) fn payload(capture: &Path, stream: usize, from: &str) -> Vec<u8> {
    let filter = format!("tcp.stream == {stream} && ip.src == {from} && tcp.len > 0");
    let hex = tshark(capture, &filter, &["tcp.payload"]).concat();
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}
