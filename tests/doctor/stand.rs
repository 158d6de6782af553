//! A running lab that a test breaks, and doctor's findings about it.

use crate::harness::{Bench, Running, User, stdout, wait_until};
use serde_json::Value;
use std::process::Command;

/// Two hosts, which are taken down when this value is dropped.
pub(crate) struct Stand {
    bench: Bench,
    name: String,
}

/// The addresses of the two hosts.
pub(crate) const HOST: &str = "192.168.56.1";
pub(crate) const GUEST: &str = "192.168.56.101";

impl Stand {
    pub(crate) fn new(user: User) -> Stand {
        let bench = Bench::new(user);
        let name = bench.dir.file_name().unwrap().to_str().unwrap().to_owned();
        stdout(bench.labkit(&["lab", "up", "--name", &name]).output().unwrap());
        Stand { bench, name }
    }

    /// A command on one of the hosts.
    pub(crate) fn on(&self, role: &str, words: &[&str]) -> Command {
        let exec = ["lab", "exec", "--name", &self.name, role, "--"];
        self.bench.labkit(&[exec.as_slice(), words].concat())
    }

    /// Runs a command on one of the hosts; it must succeed.
    pub(crate) fn make(&self, role: &str, words: &str) {
        stdout(self.on(role, &["sh", "-c", words]).output().unwrap());
    }

    /// doctor's report on one of the hosts.
    pub(crate) fn doctor(&self, role: &str, more: &[&str]) -> Diagnosis {
        let words = [&["labkit", "doctor", "--format", "json"], more].concat();
        Diagnosis::of(self.on(role, &words))
    }

    /// Waits until doctor finds exactly these obstacles on a host.
    pub(crate) fn until(&self, role: &str, obstacles: &[&str]) {
        let what = format!("{obstacles:?} on the {role}");
        wait_until(&what, || (self.doctor(role, &[]).obstacles() == obstacles).then_some(()));
    }

    /// One of the tests' Python receivers on the guest, listening on `bind`.
    pub(crate) fn python_listens(&self, bind: &str) -> Running {
        let habits = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/habits.py");
        // A copy, because the user without rights may be unable to read the project's folder.
        let script = std::fs::read_to_string(habits).unwrap();
        let copy = self.bench.dir.join("communication.py");
        std::fs::write(&copy, script).unwrap();
        let copy = copy.to_str().unwrap();
        let command = self.on("guest", &["python3", copy, "receive", "confirms", "--bind", bind]);
        let mut running = Running::start(command);
        running.until("LISTENING");
        running
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = self.bench.labkit(&["lab", "down", "--name", &self.name]).output();
    }
}

/// The findings of one run.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    pub(crate) code: Option<i32>,
    report: Value,
}

impl Diagnosis {
    pub(crate) fn of(mut command: Command) -> Diagnosis {
        let output = command.output().unwrap();
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        let diagnosis = Diagnosis { code: output.status.code(), report };
        let obstacles = diagnosis.findings().iter().any(|f| f["verdict"] == "obstacle");
        assert_eq!(diagnosis.report["ready"], !obstacles, "{diagnosis:?}");
        assert_eq!(diagnosis.code, Some(i32::from(obstacles)), "{diagnosis:?}");
        diagnosis
    }

    pub(crate) fn findings(&self) -> &[Value] {
        self.report["findings"].as_array().unwrap()
    }

    /// The verdict and the sentence of the finding with this id.
    #[track_caller]
    pub(crate) fn finds(&self, id: &str) -> (&str, &str) {
        let found = self.findings().iter().find(|f| f["id"] == id);
        let found = found.unwrap_or_else(|| panic!("no {id} in {:#}", self.report));
        (found["verdict"].as_str().unwrap(), found["says"].as_str().unwrap())
    }

    /// The first remedy of the finding with this id.
    pub(crate) fn remedy(&self, id: &str) -> &str {
        let found = self.findings().iter().find(|f| f["id"] == id).unwrap();
        found["try"][0].as_str().unwrap()
    }

    /// The ids of all obstacles.
    pub(crate) fn obstacles(&self) -> Vec<&str> {
        let all = self.findings().iter().filter(|f| f["verdict"] == "obstacle");
        all.map(|f| f["id"].as_str().unwrap()).collect()
    }
}
