//! A large file is read by several threads; the output must be the same as from a pipe, which one thread reads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// All recordings of a folder one after the other, each as a section, repeated until the file is large.
fn large_of(folder: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("captures can be read")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "pcapng"));
    files.sort();
    let all: Vec<u8> = files.iter().flat_map(|path| fs::read(path).expect("a capture can be read")).collect();
    all.repeat((3 << 20) / all.len() + 1)
}

fn large() -> Vec<u8> {
    large_of("captures")
}

/// The frames of a classic capture, repeated until the file is large.
fn large_classic(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name);
    let bytes = fs::read(path).expect("the capture can be read");
    let (header, frames) = bytes.split_at(24);
    [header, &frames.repeat((3 << 20) / frames.len() + 1)].concat()
}

/// labkit's output on the same bytes as a file and through a pipe.
fn both(name: &str, bytes: &[u8], arguments: &[&str]) -> [Output; 2] {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.pcapng", std::process::id()));
    fs::write(&path, bytes).expect("the file can be written");
    let run = |file: &str, input: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
        command.arg(arguments[0]).arg(file).args(&arguments[1..]).stdin(input).output().expect("labkit runs")
    };
    let from_file = run(path.to_str().expect("UTF-8"), Stdio::null());
    let from_pipe = run("-", fs::File::open(&path).expect("the file is there").into());
    fs::remove_file(&path).expect("the file can be removed");
    [from_file, from_pipe]
}

#[track_caller]
fn same(name: &str, bytes: &[u8], arguments: &[&str]) -> String {
    let [file, pipe] = both(name, bytes, arguments);
    let text = String::from_utf8(file.stdout).expect("UTF-8");
    assert!(text.as_bytes() == pipe.stdout, "{arguments:?}: a file and a pipe give different output");
    assert_eq!(file.status.code(), pipe.status.code(), "{arguments:?}");
    text
}

#[test]
fn a_file_reads_as_a_pipe_does() {
    let bytes = large();
    let rows = same("list", &bytes, &["replay"]).lines().count();
    assert!(rows > 10_000, "{rows} rows are too few for many batches");
    same("jsonl", &bytes, &["replay", "--format", "jsonl", "-c", "6000"]);
    same("filter", &bytes, &["replay", "-Y", "tcp.analysis.flags or frame.time_delta_displayed > 1"]);
    #[cfg(feature = "capture")]
    same("bpf", &bytes, &["replay", "tcp port 65432 and host 192.168.56.1"]);
    same("conversations", &bytes, &["conversations"]);
    same("table", &bytes, &["replay", "-Y", "frame.comment or frame.interface_name", "-c", "300", "-V"]);
}

/// Filters that can be decided wholly, partly or not at all before the conversation is known.
const FILTERS: [&str; 16] = [
    "frame",
    "tcp contains \"e\"",
    "tcp.port == 443 and tcp.len > 0",
    "tcp.port in {80, 443} && !tcp.analysis.flags",
    "tcp.port == 80 and http.request",
    "tcp.srcport == 443 and tls.record",
    "not tcp.port == 65432",
    "tcp.port != 80 or dns",
    "tcp.port == 80 xor tcp.flags.syn == 1",
    "ip.addr == 192.168.56.1 and tcp.analysis.retransmission",
    "tcp.stream < 9 and tcp.port == 443",
    "udp.port == 53 or tcp.port == 53 or icmp",
    "icmp and tcp.port == 80",
    "tcp.len > 0 and (frame.time_delta_displayed > 0.001 or tcp.port == 80)",
    "tcp.port > 1024 and tcp.window_size_scalefactor > 1",
    "http.response or (tls and tcp.len < 500)",
];

#[test]
fn what_is_decided_early_is_what_would_be_decided_late() {
    let captures = [
        ("early", large()),
        ("early-recorded", large_of("tests/recordings")),
        ("early-exchanges", large_classic("exchanges.pcap")),
        ("early-errors", large_classic("errors.pcap")),
        ("early-segments", large_classic("segments.pcap")),
    ];
    for filter in FILTERS {
        let rows = captures.each_ref().map(|(name, bytes)| {
            let rows = same(name, bytes, &["replay", "-Y", filter]);
            let fields = ["-e", "frame.number", "-e", "tcp.stream", "-e", "tcp.analysis.flags"];
            let numbered = ["replay", "-Y", filter, "-c", "2000", "--format", "fields"];
            same(name, bytes, &[&numbered[..], &fields].concat());
            rows.lines().count()
        });
        assert!(rows.iter().sum::<usize>() > 0, "{filter} finds nothing");
    }
}

#[test]
fn a_limit_ends_the_list_in_the_middle_of_a_batch() {
    let bytes = large();
    for count in ["1", "127", "128", "129", "384", "385", "2500"] {
        let list = same("limit", &bytes, &["replay", "-c", count]);
        assert_eq!(list.lines().count().to_string(), count);
    }
}

#[test]
fn what_stands_before_the_damage_is_listed() {
    let bytes = large();
    for cut in [1, 13, 5000] {
        let [file, pipe] = both("cut", &bytes[..bytes.len() - cut], &["replay"]);
        assert!(file.stdout == pipe.stdout && !file.stdout.is_empty());
        let error = String::from_utf8(file.stderr).expect("UTF-8");
        assert!(file.status.code() == Some(1) && error.lines().count() == 2, "{error}");
        assert!(error.contains("the file ends in the middle of a block"), "{error}");
    }
}
