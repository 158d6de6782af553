//! Each fault of `lab up` and `lab set` is caused, and then seen in captures of both hosts.

use crate::harness::{Bench, Running, User, stdout, tshark, users, wait_until};
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running lab for one test.
struct Standing {
    bench: Bench,
    name: String,
}

impl Standing {
    fn up(user: User, faults: &[&str]) -> Standing {
        let bench = Bench::new(user);
        let name = bench.dir.file_name().unwrap().to_str().unwrap().to_owned();
        let lab = Standing { bench, name };
        assert!(stdout(lab.lab("up", faults).output().unwrap()).starts_with("The lab is up"));
        lab
    }

    fn lab(&self, command: &str, rest: &[&str]) -> Command {
        self.bench.labkit(&[&["lab", command, "--name", &self.name], rest].concat())
    }

    fn set(&self, faults: &[&str]) -> String {
        stdout(self.lab("set", faults).output().unwrap())
    }

    fn on(&self, role: &str, command: &[&str]) -> Command {
        self.lab("exec", &[&[role, "--"], command].concat())
    }

    /// Captures on the hosts `roles` while `work` runs, and until all connections have ended; returns the captures,
    /// and the result of `work`.
    fn captured<T>(&self, roles: &[&str], work: impl FnOnce() -> T) -> (Vec<PathBuf>, T) {
        let mut sniffs = Vec::new();
        for role in roles {
            let adapter = if *role == "host" { "vboxnet0" } else { "enp0s3" };
            let script =
                format!("exec ./labkit sniff -i {adapter} -w {role}.pcapng --force -q --no-exchange 2>&1");
            let mut sniff = Running::start(self.on(role, &["sh", "-c", &script]));
            sniff.until("capturing on");
            sniffs.push(sniff);
        }
        let done = work();
        wait_until("the end of all connections", || {
            let states = ["host", "guest"].map(|role| {
                let list = stdout(self.on(role, &["cat", "/proc/net/tcp"]).output().unwrap());
                // Sockets in TIME_WAIT (06) and LISTEN (0A) send nothing more by themselves.
                list.lines()
                    .skip(1)
                    .all(|line| ["06", "0A"].contains(&line.split_whitespace().nth(3).unwrap_or("")))
            });
            (states == [true, true]).then_some(())
        });
        for sniff in sniffs {
            sniff.signal(Signal::SIGINT);
            let (said, _, status) = sniff.finish();
            assert_eq!(status, Some(0), "{said}");
        }
        (roles.iter().map(|role| self.bench.dir.join(format!("{role}.pcapng"))).collect(), done)
    }

    /// Sends a message from host to guest, and returns the receiver's output.
    fn message(&self, text: &str) -> String {
        let mut receiver = Running::start(self.on("guest", &["labkit", "receive"]));
        receiver.until("Waiting for message");
        let send = ["labkit", "send", "--to", "192.168.56.101", "--message", text];
        assert!(stdout(self.on("host", &send).output().unwrap()).contains("Message sent successfully."));
        let (received, _, status) = receiver.finish();
        assert_eq!(status, Some(0));
        received
    }

    /// Sends `n` numbered datagrams from host to guest, without pauses.
    fn datagrams(&self, n: usize) {
        let script = format!(
            "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
             for i in range({n}): s.sendto(b'datagram %03d' % i, ('192.168.56.101', 9))"
        );
        let done = self.on("host", &["python3", "-c", &script]).output().unwrap();
        stdout(done);
    }

    /// What `send`, which must fail, prints on both streams.
    fn fails(&self) -> String {
        let send = ["labkit", "send", "--to", "192.168.56.101", "--message", "in vain"];
        let out = self.on("host", &send).output().unwrap();
        assert_eq!(out.status.code(), Some(1));
        String::from_utf8_lossy(&out.stderr).into_owned()
    }

    fn down(self) {
        assert_eq!(stdout(self.lab("down", &[]).output().unwrap()), "The lab is down.\n");
        self.bench.assert_nothing_runs();
    }
}

/// Frames between two addresses: time, IP identification, TCP or UDP length.
fn frames(file: &Path, from: &str) -> Vec<(f64, String)> {
    let fields = ["frame.time_epoch", "ip.id", "ip.len", "tcp.seq_raw"];
    let lines = tshark(file, &format!("ip.src == {from} && !icmp"), &fields);
    let split = |line: &String| {
        let (time, rest) = line.split_once('\t').unwrap();
        (time.parse().unwrap(), rest.to_owned())
    };
    lines.iter().map(split).collect()
}

#[test]
fn a_slow_cable_keeps_order_times_and_checksums() {
    for &user in users() {
        let lab = Standing::up(user, &["--delay", "30ms"]);
        let text = "message of several segments ".repeat(120);
        let (files, received) = lab.captured(&["host", "guest"], || lab.message(&text));
        assert!(received.contains(text.trim_end()), "{received}");
        for (from, there, here) in
            [("192.168.56.1", &files[0], &files[1]), ("192.168.56.101", &files[1], &files[0])]
        {
            let (sent, arrived) = (frames(there, from), frames(here, from));
            let ids = |frames: &[(f64, String)]| frames.iter().map(|f| f.1.clone()).collect::<Vec<_>>();
            assert_eq!(ids(&sent), ids(&arrived), "all of them, in order");
            for (a, b) in sent.iter().zip(&arrived) {
                assert!(b.0 - a.0 >= 0.030, "{} took {} s", a.1, b.0 - a.0);
            }
            // Arriving frames have right checksums, and are no larger than a cable carries.
            let fields = ["-o", "tcp.check_checksum:TRUE"];
            let mut wrong = crate::tools::tool("tshark");
            wrong.arg("-r").arg(here).args(fields);
            wrong
                .args(["-Y", &format!("ip.src == {from} && (tcp.checksum.status != 1 || frame.len > 1514)")]);
            assert_eq!(stdout(wrong.output().unwrap()), "");
            assert!(arrived.len() >= 4, "{arrived:?}");
        }
        lab.down();
    }
}

#[test]
fn frames_are_lost_doubled_and_overtaken() {
    let lab = Standing::up(User::Me, &["--duplicate", "100%"]);
    // After a first message both hosts know each other's hardware address, and only the datagrams are on the cable.
    assert!(lab.message("first").contains("first"));
    let numbers = |faults: &[&str]| -> Vec<u32> {
        lab.set(faults);
        let (files, ()) = lab.captured(&["guest"], || {
            lab.datagrams(60);
            // A last message without faults arrives after all datagrams have.
            lab.set(&[]);
            lab.message("last");
        });
        let payloads = tshark(&files[0], "udp.dstport == 9 && !icmp", &["udp.payload"]);
        let text = |hex: &String| u32::from_str_radix(&hex[hex.len() - 6..], 16).unwrap();
        let digit = |code: u32| (code >> 16 & 0xf) * 100 + (code >> 8 & 0xf) * 10 + (code & 0xf);
        payloads.iter().map(|hex| digit(text(hex))).collect()
    };
    let all: Vec<u32> = (0..60).collect();
    assert_eq!(numbers(&[]), all);
    let twice = numbers(&["--duplicate", "100%"]);
    assert_eq!(twice, all.iter().flat_map(|n| [*n, *n]).collect::<Vec<_>>());
    let lost = numbers(&["--loss", "25%", "--seed", "1"]);
    assert!((25..58).contains(&lost.len()) && lost.is_sorted(), "{lost:?}");
    // `--loss` without a value loses 10 %.
    let lost = numbers(&["--loss", "--seed", "1"]);
    assert!((44..60).contains(&lost.len()) && lost.is_sorted(), "{lost:?}");
    assert_eq!(numbers(&["--loss", "100%"]), Vec::<u32>::new());
    let overtaken = numbers(&["--reorder", "50%", "--seed", "1"]);
    assert_eq!(overtaken.iter().copied().collect::<BTreeSet<_>>().len(), 60, "{overtaken:?}");
    let swapped = overtaken.windows(2).filter(|pair| pair[0] == pair[1] + 1).count();
    assert!((5..30).contains(&swapped), "{overtaken:?}");
    lab.down();
}

#[test]
fn a_lossy_cable_delivers_in_the_end() {
    let lab = Standing::up(User::Me, &["--loss", "8%", "--delay", "2ms", "--seed", "11"]);
    let text = "x".repeat(4000);
    assert!(lab.message(&text).contains(&text));
    lab.down();
}

#[test]
fn a_small_mtu_makes_small_segments() {
    for &user in users() {
        let lab = Standing::up(user, &["--mtu", "600"]);
        let (files, received) = lab.captured(&["guest"], || lab.message(&"y".repeat(3000)));
        assert!(received.contains(&"y".repeat(3000)));
        let mss = tshark(&files[0], "tcp.flags.syn == 1", &["tcp.options.mss_val"]);
        assert_eq!(mss, ["560", "560"]);
        let said = lab.set(&[]);
        assert_eq!(said, "The network of the lab is whole.\n");
        let (files, _) = lab.captured(&["guest"], || lab.message("usual"));
        assert_eq!(tshark(&files[0], "tcp.flags.syn == 1", &["tcp.options.mss_val"]), ["1460", "1460"]);
        lab.down();
    }
}

#[test]
fn the_guests_firewall_rejects_drops_and_resets() {
    for &user in users() {
        let lab = Standing::up(user, &["--reject"]);
        let (files, said) = lab.captured(&["host"], || lab.fails());
        assert_eq!(tshark(&files[0], "icmp", &["icmp.type", "icmp.code"]), ["3\t13"]);
        assert!(said.contains("firewall"), "{said}");

        lab.set(&["--reset"]);
        let (files, _) = lab.captured(&["host"], || lab.fails());
        let flags = tshark(&files[0], "tcp", &["tcp.flags.str"]);
        assert_eq!(flags, ["··········S·", "·······A·R··"]);

        lab.set(&["--drop"]);
        let (files, ()) = lab.captured(&["host", "guest"], || {
            let connect = "import socket\ns = socket.socket()\ns.settimeout(2.5)\n\
                try: s.connect(('192.168.56.101', 65432))\nexcept TimeoutError: print('nothing')";
            let out = lab.on("host", &["python3", "-c", connect]).output().unwrap();
            assert_eq!(stdout(out), "nothing\n");
        });
        for file in &files {
            let flags = tshark(file, "tcp", &["tcp.flags.str"]);
            assert!(flags.len() >= 2 && flags.iter().all(|f| f == "··········S·"), "{flags:?}");
        }
        lab.set(&[]);
        assert!(lab.message("through").contains("through"));
        lab.down();
    }
}

#[test]
fn faults_that_contradict_or_have_no_unit_are_refused_and_a_lab_that_is_not_there_is_named() {
    let bench = Bench::new(User::Me);
    for (words, said) in [
        (&["up", "--delay", "20"][..], "a time with its unit is needed, as in 20ms"),
        (&["up", "--loss", "150%"], "a share from 0% to 100% is needed"),
        (&["set", "--reject", "--drop"], "cannot be used with"),
        (&["up", "--mtu", "10"], "10 is not in 68..=65535"),
    ] {
        let out = bench.labkit(&[&["lab"], words].concat()).output().unwrap();
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && error.contains(said), "{words:?}: {error}");
    }
    let out = bench.labkit(&["lab", "set", "--name", "nowhere", "--reject"]).output().unwrap();
    let error = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(
        error.contains("the lab `nowhere` is not up; `labkit lab up --name nowhere` puts it up"),
        "{error}"
    );
    let lab = Standing::up(User::Me, &[]);
    let out = lab.on("guest", &["nosuch"]).output().unwrap();
    let error = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(error.contains("cannot run `nosuch` on the lab's guest"), "{error}");
    lab.down();
}
