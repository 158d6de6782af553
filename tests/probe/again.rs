//! A program that takes or sends one message and ends: it is started again and again, as a student does during a
//! probe.

use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The program, restarted until this value is dropped.
pub(crate) struct Again {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Again {
    /// Starts what `command` makes, waits for its end, and starts it again.
    pub(crate) fn start(command: impl Fn() -> Command + Send + 'static) -> Again {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                let mut command = command();
                // Standard input stays open: a program that waits there for its user goes on waiting.
                command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
                let mut child = command.spawn().expect("the program can be started");
                let stdin = child.stdin.take();
                wait(&mut child, &told);
                drop(stdin);
            }
        });
        Again { stop, thread: Some(thread) }
    }
}

/// Waits until the program ends; kills it if `told` is set.
fn wait(child: &mut Child, told: &AtomicBool) {
    while child.try_wait().expect("a child can be asked").is_none() {
        if told.load(Ordering::Relaxed) {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for Again {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Runs these tests at the same time, because each of them waits most of its time; the panic names those that fail.
pub(crate) fn at_once(tests: &[(&'static str, fn())]) {
    let begin = |&(name, test): &(&'static str, fn())| {
        (name, std::thread::Builder::new().name(name.into()).spawn(test).expect("a thread"))
    };
    let begun: Vec<_> = tests.iter().map(begin).collect();
    let failed = begun.into_iter().filter_map(|(name, thread)| thread.join().is_err().then_some(name));
    let failed: Vec<&str> = failed.collect();
    assert!(failed.is_empty(), "these failed: {failed:?}");
}

/// A command that runs `tests/peers/habits.py` with these words, on this machine.
pub(crate) fn habit(words: &[&str]) -> Command {
    let mut python = crate::tools::tool("python3");
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/habits.py")).args(words);
    python
}

/// What a probe reports.
#[derive(Debug)]
pub(crate) struct Probed {
    pub(crate) code: Option<i32>,
    pub(crate) report: Value,
}

impl Probed {
    pub(crate) fn run(arguments: &[&str]) -> Probed {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
        command.arg("probe").args(arguments).args(["--format", "json"]);
        let output = command.output().unwrap();
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        Probed { code: output.status.code(), report }
    }

    pub(crate) fn trials(&self) -> &[Value] {
        self.report["trials"].as_array().unwrap()
    }

    /// The trials with this verdict.
    pub(crate) fn with(&self, verdict: &str) -> Vec<&str> {
        let all = self.trials().iter().filter(|t| t["verdict"] == verdict);
        all.map(|t| t["id"].as_str().unwrap()).collect()
    }

    /// The value `part` of the trial `id`, as text.
    #[track_caller]
    pub(crate) fn of(&self, id: &str, part: &str) -> &str {
        let trial = self.trials().iter().find(|t| t["id"] == id);
        trial.and_then(|t| t[part].as_str()).unwrap_or_else(|| panic!("no {part} of {id}: {:#}", self.report))
    }
}
