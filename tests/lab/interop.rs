//! labkit's communicator against Python programs written from the handout, between the two hosts of the lab.
//!
//! In both directions, with one and 4096 characters, ASCII and three-byte UTF-8, over the plain cable and over one
//! that takes 5 ms each way.

use crate::harness::{Bench, PATIENCE, Running, User, stdout, users, wait_until};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const HOST: &str = "192.168.56.1";
const GUEST: &str = "192.168.56.101";
const PORT: &str = "65432";
/// The hosts' adapters and addresses.
const ENDS: [(&str, &str, &str); 2] = [("host", "vboxnet0", HOST), ("guest", "enp0s3", GUEST)];
const SUCCESS: &str = "Message sent successfully.";

/// Two hosts for one test, with the Python programs in their folder.
struct Stage {
    bench: Bench,
    name: String,
}

impl Stage {
    fn new(user: User) -> Stage {
        let bench = Bench::new(user);
        let name = bench.dir.file_name().unwrap().to_str().unwrap().to_owned();
        for program in ["peer.py", "cable.py"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(program);
            std::fs::copy(from, bench.dir.join(program)).unwrap();
        }
        let stage = Stage { bench, name };
        stdout(stage.bench.labkit(&["lab", "up", "--name", &stage.name]).output().unwrap());
        stage
    }

    /// A command that runs a program on one of the hosts.
    fn on(&self, host: &str, words: &[&str]) -> Command {
        self.bench.labkit(&[&["lab", "exec", "--name", &self.name, host, "--"], words].concat())
    }

    /// Runs a program on one of the hosts, which must succeed.
    fn run(&self, host: &str, words: &[&str]) -> String {
        stdout(self.on(host, words).output().unwrap())
    }

    /// The Python program in a role on one of the hosts.
    fn peer(&self, host: &str, role: &str, ip: &str, more: &[&str]) -> Command {
        self.on(host, &[&["python3", "peer.py", role, "--ip", ip, "--port", PORT], more].concat())
    }

    fn mac(&self, host: &str, adapter: &str) -> String {
        let line = self.run(host, &["ip", "-o", "link", "show", "dev", adapter]);
        line.split("link/ether ").nth(1).and_then(|l| l.split(' ').next()).unwrap().to_owned()
    }

    /// Puts a program between the two adapters, through which every frame takes 5 ms.
    fn slow_cable(&self) -> Cable {
        let mut cable = Cable::start(self.on("guest", &["unshare", "--net", "python3", "cable.py"]));
        let at = cable.child.id().to_string();
        let macs = ENDS.map(|(host, adapter, _)| self.mac(host, adapter));
        // Deleting one end deletes both.
        self.run("host", &["ip", "link", "delete", "vboxnet0"]);
        for ((host, adapter, ip), mac) in ENDS.into_iter().zip(&macs) {
            let (end, address) = (format!("to-{host}"), format!("{ip}/24"));
            self.run(
                host,
                &[
                    "ip", "link", "add", adapter, "address", mac, "type", "veth", "peer", "name", &end,
                    "netns", &at,
                ],
            );
            self.run(host, &["ip", "address", "add", &address, "dev", adapter]);
            self.run(host, &["ip", "link", "set", adapter, "up"]);
            // The program passes frames unchanged: so the system must fill in what it would leave to a network card.
            let off = ["tso", "off", "gso", "off", "gro", "off", "tx", "off"];
            self.run(host, &[&["ethtool", "-K", adapter], &off[..]].concat());
        }
        cable.order("plug to-host to-guest");
        cable.order("delay 5");
        for (host, adapter, _) in ENDS {
            wait_until("the slow cable", || {
                let line = self.run(host, &["ip", "-o", "link", "show", "dev", adapter]);
                line.contains(" state UP ").then_some(())
            });
        }
        cable
    }

    /// labkit sends `text` to the Python program, which reads until all of it is there, and must get it whole.
    fn labkit_sends(&self, text: &str) {
        let got = self.bench.dir.join("got");
        let _ = std::fs::remove_file(&got);
        let whole = text.len().to_string();
        let more = ["--out", "got", "--whole", &whole];
        let mut peer = Running::start(self.peer("guest", "receive", GUEST, &more));
        peer.until("READY");
        let said = self.run("host", &["labkit", "send", "--to", GUEST, "--message", text]);
        assert!(said.contains(SUCCESS), "{said}");
        let (said, errors, status) = peer.finish();
        assert_eq!(status, Some(0), "{said}{errors}");
        assert!(std::fs::read(&got).unwrap() == text.as_bytes(), "{} bytes arrive as sent", text.len());
    }

    /// The Python program sends to labkit, and waits for the receipt.
    fn labkit_receives(&self, text: &str) {
        std::fs::write(self.bench.dir.join("message"), text).unwrap();
        let mut receiver = Running::start(self.on("guest", &["labkit", "receive"]));
        receiver.until("Waiting for message on port 65432");
        let sender = self.peer("host", "send", GUEST, &["--file", "message"]).output().unwrap();
        assert_eq!(stdout(sender), "ANSWER #<<END>>#\n");
        let (said, errors, status) = receiver.finish();
        assert_eq!(status, Some(0), "{said}{errors}");
        let expected = format!("Connected by ({HOST})\nMessage:\n{text}\nEnd of message.\n");
        assert!(said.ends_with(&expected), "{} bytes are shown as sent: {said}", text.len());
    }

    /// Sends to a Python program with further arguments; returns what `labkit send` says, its exit status, and the
    /// peer's output.
    fn send_to(&self, text: &str, more: &[&str]) -> (String, Option<i32>, String) {
        let mut peer = Running::start(self.peer("guest", "receive", GUEST, more));
        peer.until("READY");
        let send = ["labkit", "send", "--to", GUEST, "--message", text];
        let output = self.on("host", &send).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (said, output.status.code(), peer.finish().0)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.bench.labkit(&["lab", "down", "--name", &self.name]).output();
    }
}

/// A running `tests/peers/cable.py`. It ends with the hosts.
struct Cable {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Cable {
    fn start(mut command: Command) -> Cable {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut cable = Cable { child, orders, answers };
        cable.wait();
        cable
    }

    fn order(&mut self, line: &str) {
        writeln!(self.orders, "{line}").unwrap();
        self.wait();
    }

    fn wait(&mut self) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert_eq!(line, "ok\n", "the cable's program");
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs all exchanges over the present cable.
fn exchange_everything(stage: &Stage) {
    for text in ["x".to_owned(), "x".repeat(4096), "€".to_owned(), "€".repeat(4096)] {
        stage.labkit_sends(&text);
        stage.labkit_receives(&text);
    }
}

/// A receiver as in the handout reads once and confirms: by the protocol that is a success, even if it has read only
/// a part.
fn send_to_a_peer_that_reads_once(stage: &Stage) {
    let (said, status, peer) = stage.send_to(&"x".repeat(4096), &[]);
    assert!(said.contains(SUCCESS), "{said}");
    assert_eq!(status, Some(0));
    let got = peer.lines().find_map(|l| l.strip_prefix("GOT ")).unwrap().parse::<usize>().unwrap();
    assert!((1..=4096).contains(&got), "{got}");
}

fn send_to_a_peer_that_echoes(stage: &Stage) {
    for text in ["Would you like green eggs and ham?", "x", "#<<END>>"] {
        let (said, status, _) = stage.send_to(text, &["--answer", "echo", "--linger", "0.1"]);
        assert!(said.contains("Message receipt failed.") && !said.contains(SUCCESS), "{said}");
        assert_eq!(status, Some(1));
    }
}

fn talk(user: User) {
    let stage = Stage::new(user);
    exchange_everything(&stage);
    send_to_a_peer_that_reads_once(&stage);
    send_to_a_peer_that_echoes(&stage);
    let _cable = stage.slow_cable();
    let begun = Instant::now();
    stage.labkit_sends("x");
    // 5 ms there and back, for the handshake and for the message.
    assert!(begun.elapsed() >= Duration::from_millis(20), "the cable is not slow");
    assert!(begun.elapsed() < PATIENCE);
    exchange_everything(&stage);
    send_to_a_peer_that_reads_once(&stage);
    send_to_a_peer_that_echoes(&stage);
}

#[test]
fn labkit_and_python_understand_each_other() {
    talk(User::Me);
}

#[test]
fn labkit_and_python_understand_each_other_without_any_rights() {
    // If root does not run the tests, the test above has done this already.
    for &user in users().iter().filter(|u| **u == User::Nobody) {
        talk(user);
    }
}
