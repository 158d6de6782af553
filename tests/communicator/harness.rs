//! Programs that run while a test talks to them: labkit itself, and the Python peers of `tests/peers`.

use crate::tools::tool;
pub(crate) use crate::wait::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, getsockname, setsockopt, socket, sockopt,
};
use nix::unistd::Pid;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A port reserved for this test. A socket that does not listen holds it until the process ends: a program that asks
/// for the port by its number can bind it, and the system gives it to no program that asks for any free port.
pub(crate) fn free_port() -> u16 {
    let kind = (AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC);
    let holder = socket(kind.0, kind.1, kind.2, None).unwrap();
    bind(holder.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, 0)).unwrap();
    // Set only now: with this option before `bind`, two holders could get the same port.
    setsockopt(&holder, sockopt::ReuseAddr, &true).unwrap();
    let port = getsockname::<SockaddrIn>(holder.as_raw_fd()).unwrap().port();
    std::mem::forget(holder);
    port
}

/// A new file with these bytes, in the folder that Cargo keeps for tests.
pub(crate) fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What a program printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Exit status; -1 after a signal.
    pub(crate) code: i32,
}

/// A program whose output can be read while it runs. Dropping this value kills the program.
pub(crate) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Arc<Mutex<Vec<u8>>>,
    stderr: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Program {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (stdout, out) = collect(child.stdout.take().unwrap());
        let (stderr, err) = collect(child.stderr.take().unwrap());
        let stdin = child.stdin.take();
        Program { child, stdin, stdout, stderr, readers: vec![out, err] }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout.lock().unwrap()).into_owned()
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().unwrap()).into_owned()
    }

    /// Waits until standard output ends with `text`.
    pub(crate) fn wait_for(&self, text: &str) {
        let what = || format!("{text:?} at the end of {:?} ({:?})", self.stdout(), self.stderr());
        wait_until(what, || self.stdout().ends_with(text).then_some(()));
    }

    /// Waits until standard error contains `text`.
    #[cfg_attr(not(feature = "capture"), allow(dead_code))]
    pub(crate) fn wait_for_error(&self, text: &str) {
        let what = || format!("{text:?} in {:?} ({:?})", self.stderr(), self.stdout());
        wait_until(what, || self.stderr().contains(text).then_some(()));
    }

    pub(crate) fn type_in(&mut self, text: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(text).unwrap();
    }

    pub(crate) fn interrupt(&self) {
        self.signal(Signal::SIGINT);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Closes the program's input and waits until it ends.
    pub(crate) fn finish(mut self) -> Output {
        drop(self.stdin.take());
        let mut child = &mut self.child;
        let status = wait_until(
            || "the program's end".into(),
            || Some(&mut child).and_then(|c| c.try_wait().unwrap()),
        );
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        Output { stdout: self.stdout(), stderr: self.stderr(), code: status.code().unwrap_or(-1) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end in a thread, into a buffer that can be read meanwhile.
pub(crate) fn collect(mut from: impl Read + Send + 'static) -> (Arc<Mutex<Vec<u8>>>, JoinHandle<()>) {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&bytes);
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            into.lock().unwrap().extend_from_slice(&buffer[..read]);
        }
    });
    (bytes, reader)
}

/// labkit with these arguments, on pipes.
pub(crate) fn labkit(args: &[&str]) -> Program {
    Program::start(Command::new(env!("CARGO_BIN_EXE_labkit")).args(args))
}

/// Runs labkit with these arguments and this input until it ends.
pub(crate) fn run(args: &[&str], input: &str) -> Output {
    let mut program = labkit(args);
    program.type_in(input.as_bytes());
    program.finish()
}

/// `labkit receive` on a port of its own, once it listens.
pub(crate) fn receiver(args: &[&str]) -> (Program, u16) {
    let port = free_port();
    let program = labkit(&[&["receive", "--bind", "127.0.0.1", "--port", &port.to_string()], args].concat());
    program.wait_for(&format!("Waiting for message on port {port}\n"));
    (program, port)
}

/// A Python peer in this role on the loopback address.
pub(crate) fn peer(role: &str, port: u16, args: &[&str]) -> Program {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/peer.py");
    let mut command = tool("python3");
    command.args([script, role, "--ip", "127.0.0.1", "--port", &port.to_string()]).args(args);
    Program::start(&mut command)
}

/// A Python receiver on a port of its own, once it listens.
pub(crate) fn python_receiver(args: &[&str]) -> (Program, u16) {
    let port = free_port();
    let program = peer("receive", port, args);
    program.wait_for("READY\n");
    (program, port)
}
