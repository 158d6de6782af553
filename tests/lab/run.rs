//! `labkit lab run`.

use crate::harness::{Bench, NOBODY, Running, User, payload, stdout, tshark, users, wait_until};
use crate::tools::tool;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const HOST: &str = "192.168.56.1";
const GUEST: &str = "192.168.56.101";
const FIRST: &[u8] = b"Hello guest operating system";
const SECOND: &[u8] = b"Hello host operating system";
const RECEIPT: &[u8] = b"#<<END>>#";

/// The lines that `who` (host, guest, sniff) printed in the lab.
fn lines_of<'a>(output: &'a str, who: &str) -> Vec<&'a str> {
    let label = format!("{who:<5} │ ");
    output.lines().filter_map(|line| line.strip_prefix(&label)).collect()
}

/// Asserts what is true of every capture of the lab's own steps.
fn assert_is_the_labs(capture: &Path) {
    for (stream, from, to, message) in [(0, HOST, GUEST, FIRST), (1, GUEST, HOST, SECOND)] {
        assert_eq!(payload(capture, stream, from), message);
        assert_eq!(payload(capture, stream, to), RECEIPT);
        let first = tshark(
            capture,
            &format!("tcp.stream == {stream}"),
            &["ip.src", "ip.dst", "tcp.dstport", "tcp.flags"],
        );
        assert_eq!(first[0], format!("{from}\t{to}\t65432\t0x0002"), "a SYN opens it");
        let fins = tshark(capture, &format!("tcp.stream == {stream} && tcp.flags.fin == 1"), &["ip.src"]);
        assert_eq!(fins.len(), 2, "both sides close, and the capture has seen it");
        let last = tshark(capture, &format!("tcp.stream == {stream}"), &["tcp.flags", "tcp.len"]);
        assert_eq!(last.last().unwrap(), "0x0010\t0", "the last acknowledgment is in the capture");
    }
    assert_eq!(
        tshark(capture, "!tcp.port == 65432 || tcp.stream > 1 || tcp.analysis.flags", &["frame.number"])
            .len(),
        0
    );
    let adapters = tshark(capture, "frame", &["frame.interface_name"]);
    assert!(adapters.iter().all(|name| name == "enp0s3"), "{adapters:?}");
}

#[test]
fn a_run_shows_both_sides_and_leaves_a_capture_that_tshark_reads() {
    for &user in users() {
        let bench = Bench::new(user);
        let output = stdout(bench.labkit(&["lab", "run", "--out", "new/lab"]).output().unwrap());
        let receives = ["Waiting for message on port 65432", "Connected by", "Message:", "End of message."];
        let sends = ["Sending.", "Message sent successfully."];
        for (who, first, second) in
            [("guest", &receives[..], &sends[..]), ("host", &sends[..], &receives[..])]
        {
            let lines = lines_of(&output, who);
            let mut expected = first.iter().chain(second).peekable();
            for line in &lines {
                expected.next_if(|e| line.starts_with(**e));
            }
            assert_eq!(expected.next(), None, "{user:?}: missing among {lines:?}");
        }
        let capture = bench.dir.join("new/lab/capture1.pcapng");
        assert_is_the_labs(&capture);
        let frames = tshark(&capture, "frame", &["frame.number"]).len();
        let rows = lines_of(&output, "sniff").iter().filter(|l| l.contains(" → ")).count();
        assert_eq!(rows, frames, "every packet is listed: {output}");
        assert_eq!(bench.files("new/lab"), ["capture1.pcapng"]);
        assert_eq!(bench.files("."), ["labkit", "new"]);
        let owner = if user == User::Nobody { NOBODY } else { nix::unistd::geteuid().as_raw() };
        assert_eq!(std::fs::metadata(&capture).unwrap().uid(), owner);
        bench.assert_nothing_runs();
    }
}

#[test]
fn the_run_ends_with_the_exchange_and_the_answers() {
    let bench = Bench::new(User::Me);
    let output = stdout(bench.labkit(&["lab", "run"]).output().unwrap());
    let at = |text: &str| output.find(text).unwrap_or_else(|| panic!("no {text:?} in {output}"));
    assert!(at("Step 1: the host sends “Hello guest operating system” to the guest") < at("Step 2"));
    assert!(at("Step 2") < at("The exchange") && at("The exchange") < at("The answers"));
    assert!(output[at("The answers")..].contains("Q9"));
    assert!(output.trim_end().ends_with("capture1.pcapng."));
}

#[test]
fn capinfos_finds_the_adapter_the_filter_and_the_statistics() {
    let bench = Bench::new(User::Me);
    stdout(bench.labkit(&["lab", "run"]).output().unwrap());
    let capture = bench.dir.join("capture1.pcapng");
    let said = stdout(tool("capinfos").arg(&capture).output().expect("capinfos is needed"));
    for expected in [
        "Name = enp0s3",
        "Filter string = host 192.168.56.1 and host 192.168.56.101 and tcp port 65432",
        "Number of stat entries = 1",
        "Strict time order:   True",
        "Capture application: labkit",
    ] {
        assert!(said.contains(expected), "no {expected:?} in {said}");
    }
}

/// Received and dropped in the interface statistics block of a pcapng file (block type 5, options 4 and 5).
fn statistics(capture: &Path) -> (Option<u64>, Option<u64>) {
    let bytes = std::fs::read(capture).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let mut at = 0;
    while word(at) != 5 {
        at += word(at + 4);
    }
    let (mut option, mut found) = (at + 20, (None, None));
    while bytes[option] != 0 {
        let value = |from: usize| Some(u64::from_le_bytes(bytes[from..from + 8].try_into().unwrap()));
        match bytes[option] {
            4 => found.0 = value(option + 4),
            5 => found.1 = value(option + 4),
            _ => {}
        }
        option += 4 + usize::from(bytes[option + 2]).next_multiple_of(4);
    }
    found
}

#[test]
fn tshark_and_capinfos_agree_with_labkit_on_what_a_run_captured() {
    let bench = Bench::new(User::Me);
    stdout(bench.labkit(&["lab", "run"]).output().unwrap());
    let capture = bench.dir.join("capture1.pcapng");
    let said = |words: &[&str]| stdout(bench.labkit(words).output().unwrap());

    let columns = ["frame.number", "_ws.col.Source", "_ws.col.Destination", "_ws.col.Protocol", "frame.len"];
    let fields = ["frame.time_epoch", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.flags", "tcp.len"];
    let packets: Vec<String> = said(&["replay", "--format", "jsonl", "capture1.pcapng"])
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let cell = |name: &str| row[name].to_string().replace('"', "");
            ["number", "source", "destination", "protocol", "length"].map(cell).join("\t")
        })
        .collect();
    assert_eq!(packets, tshark(&capture, "frame", &columns));
    let mut words = vec!["replay", "--format", "fields", "capture1.pcapng"];
    words.extend(fields.iter().flat_map(|field| ["-e", field]));
    assert_eq!(said(&words).lines().collect::<Vec<_>>(), tshark(&capture, "frame", &fields));

    let document: serde_json::Value =
        serde_json::from_str(&said(&["answer", "--format", "json", "capture1.pcapng"])).unwrap();
    for (stream, exchange) in document["exchanges"].as_array().unwrap().iter().enumerate() {
        let numbers = tshark(&capture, &format!("tcp.stream == {stream}"), &["frame.number"]);
        let own = exchange["frames"].as_array().unwrap().iter().map(ToString::to_string);
        assert_eq!(own.collect::<Vec<_>>(), numbers);
        for (part, side) in [("message", "client"), ("receipt", "server")] {
            let sent = payload(&capture, stream, exchange[side]["ip"].as_str().unwrap());
            assert_eq!(exchange[part]["text"].as_str().unwrap().as_bytes(), sent);
        }
    }
    let streams = tshark(&capture, "tcp.flags.syn == 1 && tcp.flags.ack == 0", &["tcp.stream"]);
    assert_eq!(document["exchanges"].as_array().unwrap().len(), streams.len());

    let infos = tool("capinfos").args(["-M", "-c"]).arg(&capture).output();
    let infos = stdout(infos.expect("capinfos is needed for this test"));
    assert!(infos.contains(&format!("Number of packets:   {}\n", packets.len())), "{infos}");
    // The kernel may have received packets that the lab did not read any more at its end, but never fewer than were
    // written.
    let (received, dropped) = statistics(&capture);
    assert!(received.is_some_and(|n| n >= packets.len() as u64), "{received:?}");
    assert_eq!(dropped, Some(0));
}

#[test]
fn a_capture_that_is_there_is_only_replaced_when_told_so() {
    let bench = Bench::new(User::Me);
    let capture = bench.dir.join("capture1.pcapng");
    std::fs::write(&capture, "mine").unwrap();
    let refused = bench.labkit(&["lab", "run"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(String::from_utf8(refused.stdout).unwrap(), "", "refused before anything starts");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("capture1.pcapng exists already") && said.contains("--force"), "{said}");
    assert_eq!(std::fs::read(&capture).unwrap(), b"mine");
    stdout(bench.labkit(&["lab", "run", "--force"]).output().unwrap());
    assert_is_the_labs(&capture);
}

#[test]
fn ctrl_c_leaves_nothing_and_an_older_capture_as_it_was() {
    for &user in users() {
        for (signal, at) in
            [(Signal::SIGINT, "Step 1"), (Signal::SIGTERM, "joined by"), (Signal::SIGINT, "[FIN, ACK]")]
        {
            let bench = Bench::new(user);
            std::fs::write(bench.dir.join("capture1.pcapng"), "mine").unwrap();
            let mut run = Running::start(bench.labkit(&["lab", "run", "--force"]));
            run.until(at);
            run.signal(signal);
            let (_, said, status) = run.finish();
            assert_eq!(status, Some(1), "{said}");
            assert!(said.contains("stopped before its end"), "{said}");
            // Its processes end before it does, so the test need not wait for them.
            assert_eq!(bench.processes(), [0; 0], "{user:?}, {signal} at {at}");
            assert_eq!(bench.files("."), ["capture1.pcapng", "labkit"]);
            assert_eq!(std::fs::read(bench.dir.join("capture1.pcapng")).unwrap(), b"mine");
        }
    }
}

#[test]
fn a_folder_that_a_stopped_run_made_goes_again() {
    let bench = Bench::new(User::Me);
    let mut run = Running::start(bench.labkit(&["lab", "run", "--out", "a/b"]));
    run.until("Step 1");
    run.signal(Signal::SIGINT);
    assert_eq!(run.finish().2, Some(1));
    assert_eq!(bench.files("."), ["labkit"]);
}

#[test]
fn even_kill_9_leaves_no_process_no_network_and_no_file() {
    for &user in users() {
        let bench = Bench::new(user);
        let mut run = Running::start(bench.labkit(&["lab", "run"]));
        run.until("Waiting for message");
        assert!(!bench.processes_with("__hold").is_empty());
        run.signal(Signal::SIGKILL);
        assert_eq!(run.finish().2, None);
        bench.assert_nothing_runs();
        assert_eq!(bench.files("."), ["labkit"]);
    }
}

#[test]
fn a_failure_half_way_is_a_failure_and_leaves_nothing() {
    let bench = Bench::new(User::Me);
    let mut run = Running::start(bench.labkit(&["lab", "run"]));
    run.until("Step 1");
    let sniffer = wait_until("the sniffer", || bench.processes_with("sniff").first().copied());
    kill(Pid::from_raw(sniffer), Signal::SIGKILL).unwrap();
    let (_, said, status) = run.finish();
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("the capture failed"), "{said}");
    assert_eq!(bench.processes(), [0; 0]);
    assert_eq!(bench.files("."), ["labkit"]);
}

#[test]
fn a_reader_that_goes_away_does_not_cost_the_capture() {
    let bench = Bench::new(User::Me);
    let mut run = Running::start(bench.labkit(&["lab", "run"]));
    run.until("Step 1");
    let mut child = run.into_child();
    assert!(child.wait().unwrap().success());
    assert_is_the_labs(&bench.dir.join("capture1.pcapng"));
}

#[test]
fn without_namespaces_the_recorded_run_is_shown_and_says_so() {
    let bench = Bench::new(User::Me);
    let mut inside = bench.command("unshare");
    let script = "echo 0 > /proc/sys/user/max_net_namespaces && exec ./labkit lab run";
    let output = stdout(inside.args(["--user", "--map-root-user", "sh", "-c", script]).output().unwrap());
    let first = output.lines().next().unwrap();
    assert!(first.starts_with("RECORDED, not live") && first.contains("/proc/sys/user"), "{first}");
    assert!(output.contains("[PSH, ACK] Seq=1 Ack=1") && output.contains("The answers"), "{output}");
    assert_eq!(bench.files("."), ["labkit"], "what was not captured here is not left here");
}

#[test]
fn a_missing_ip_is_named_with_what_to_install() {
    let bench = Bench::new(User::Me);
    let mut inside = bench.command("unshare");
    let script = "for f in $(type -aP ip); do mount --bind /dev/null $f; done; exec ./labkit lab run";
    inside.args(["--user", "--map-root-user", "--mount", "bash", "-c", script]);
    let output = inside.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("`ip` is missing") && said.contains("iproute2"), "{said}");
    assert_eq!(bench.files("."), ["labkit"]);
}

#[test]
fn another_lab_has_its_own_port_addresses_and_messages() {
    let bench = Bench::new(User::Me);
    let built_in = include_str!("../../labs/unsecure-tcp/lab.toml");
    let long = "日".repeat(4096);
    let own = built_in
        .replace("65432", "4444")
        .replace("192.168.56.", "10.9.8.")
        .replace("Hello guest operating system", "--help")
        .replace("Hello host operating system", &long);
    std::fs::create_dir(bench.dir.join("mine")).unwrap();
    std::fs::write(bench.dir.join("mine/lab.toml"), own).unwrap();
    stdout(bench.labkit(&["lab", "run", "--lab", "mine", "--out", "out"]).output().unwrap());
    let capture = bench.dir.join("out/capture1.pcapng");
    assert_eq!(payload(&capture, 0, "10.9.8.1"), b"--help");
    assert_eq!(payload(&capture, 1, "10.9.8.101"), long.as_bytes());
    assert_eq!(payload(&capture, 1, "10.9.8.1"), RECEIPT);
}

#[test]
fn the_lab_in_german_runs_and_its_own_check_says_that_all_is_there() {
    let bench = Bench::new(User::Me);
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/labs/klartext");
    let said = stdout(bench.labkit(&["--lab", lab, "lab", "run", "--out", "lauf"]).output().unwrap());
    assert!(said.contains("│ Ende der Nachricht.") && said.contains("│ Nachricht zugestellt."), "{said}");
    // The explanation behind the run.
    for says in ["bestätigt, der Gast hat die Nachricht vom Gastgeber bestätigt (Strom 0)", "│ Bestätigung ┆"]
    {
        assert!(said.contains(says), "{says} is not in {said}");
    }
    let capture = bench.dir.join("lauf/aufnahme.pcapng");
    assert_eq!(payload(&capture, 2, "10.20.30.1"), "Es wird ein schöner Tag".as_bytes());
    assert_eq!(payload(&capture, 1, "10.20.30.1"), b"##ENDE##");
    let checked = stdout(bench.labkit(&["--lab", lab, "check", "lauf/aufnahme.pcapng"]).output().unwrap());
    assert!(checked.contains(" erfüllt, 0 nicht erfüllt"), "{checked}");
}

#[test]
fn under_sudo_files_and_folders_belong_to_the_caller() {
    if !nix::unistd::geteuid().is_root() {
        // Only root can give files to another user; for other users sudo plays no part.
        return;
    }
    let bench = Bench::new(User::Me);
    let id = NOBODY.to_string();
    let mut run = bench.labkit(&["lab", "run", "--out", "new"]);
    stdout(run.env("SUDO_UID", &id).env("SUDO_GID", &id).output().unwrap());
    for file in ["new", "new/capture1.pcapng"] {
        let metadata = std::fs::metadata(bench.dir.join(file)).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (NOBODY, NOBODY), "{file}");
    }
}
