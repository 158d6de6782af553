//! `labkit answer --annotate` through the binary: packets that are evidence get comments, and nothing else changes.

#[path = "support/frames.rs"]
mod frames;
#[path = "support/tools.rs"]
mod tools;

use flate2::{Compression, write::GzEncoder};
use frames::Segment;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{PcapError, PcapNGReader};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tools::tool;

/// Whether the client sent it, flags, sequence and acknowledgement number, payload.
type Row = (bool, u8, u32, u32, &'static [u8]);

const EXCHANGE: [Row; 10] = [
    (true, 0x02, 100, 0, b""),
    (false, 0x12, 900, 101, b""),
    (true, 0x10, 101, 901, b""),
    (true, 0x18, 101, 901, b"Hello guest!!"),
    (false, 0x10, 901, 114, b""),
    (false, 0x18, 901, 114, b"#<<END>>#"),
    (true, 0x10, 114, 910, b""),
    (true, 0x11, 114, 910, b""),
    (false, 0x11, 910, 115, b""),
    (true, 0x10, 115, 911, b""),
];

fn frame(n: usize, (client, flags, seq, ack, payload): &Row) -> Vec<u8> {
    Segment::of_lab(n, *client, (*flags, *seq, *ack, payload)).with_size().frame()
}

/// Writes pcapng blocks in one byte order or the other.
struct Blocks {
    bytes: Vec<u8>,
    big: bool,
}

impl Blocks {
    fn n<const N: usize>(&self, v: u64) -> [u8; N] {
        let (little, big) = (v.to_le_bytes(), v.to_be_bytes());
        let part = if self.big { &big[8 - N..] } else { &little[..N] };
        part.try_into().unwrap()
    }

    fn option(&self, code: u64, value: &[u8]) -> Vec<u8> {
        let mut out = [self.n::<2>(code), self.n::<2>(value.len() as u64)].concat();
        out.extend(value);
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    fn block(&mut self, kind: u64, body: &[u8]) {
        let body = [body, &vec![0; body.len().next_multiple_of(4) - body.len()]].concat();
        let len = self.n::<4>(12 + body.len() as u64);
        let block = [&self.n::<4>(kind)[..], &len, &body, &len].concat();
        self.bytes.extend(block);
    }

    /// A section header that states a length in bytes; `u64::MAX` states none.
    fn section(&mut self, big: bool, length: u64) {
        self.big = big;
        let mut body = [&self.n::<4>(0x1A2B_3C4D)[..], &self.n::<2>(1), &self.n::<2>(0)].concat();
        body.extend(self.n::<8>(length));
        body.extend(self.option(4, b"a tool"));
        body.extend([0; 4]);
        self.block(0x0A0D_0D0A, &body);
    }

    fn interface(&mut self, resolution: u8) {
        let mut body = [&self.n::<2>(1)[..], &self.n::<2>(0), &self.n::<4>(0)].concat();
        body.extend(self.option(2, b"eth"));
        body.extend(self.option(9, &[resolution]));
        body.extend([0; 4]);
        self.block(1, &body);
    }

    fn packet(&mut self, interface: u64, time: u64, data: &[u8], options: &[u8]) {
        let len = data.len() as u64;
        let mut body = Vec::new();
        for v in [interface, time >> 32, time & 0xffff_ffff, len, len] {
            body.extend(self.n::<4>(v));
        }
        body.extend(data);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(options);
        self.block(6, &body);
    }

    fn simple(&mut self, data: &[u8]) {
        let body = [&self.n::<4>(data.len() as u64)[..], data].concat();
        self.block(3, &body);
    }

    /// Blocks that say nothing about packets, and one of an unknown type.
    fn others(&mut self, custom: bool) {
        let name =
            [&self.n::<2>(1)[..], &self.n::<2>(9), &[192, 168, 56, 1], b"host\0", &[0; 3], &[0; 4]].concat();
        self.block(4, &name);
        let counts = [&self.n::<4>(0)[..], &[0; 8], &self.option(4, &[1; 8]), &[0; 4]].concat();
        self.block(5, &counts);
        let private = [&self.n::<4>(32473)[..], b"anything"].concat();
        if custom {
            self.block(0xBAD, &private);
        }
        self.block(0x7777, b"unknown");
    }
}

/// Two sections, the first of which states its length: an exchange on two adapters, and one more in the other byte
/// order. tshark numbers custom blocks among the frames, so a file that is compared with tshark's reading has none.
fn made(first_is_big: bool, simple: bool, custom: bool) -> Vec<u8> {
    let section = |big: bool, blocks: &mut Blocks, ports_from: usize| {
        blocks.big = big;
        blocks.interface(9);
        blocks.interface(6);
        blocks.others(custom);
        for (i, row) in EXCHANGE.iter().enumerate() {
            let data = frame(i + ports_from, row);
            let (adapter, time) = (i as u64 % 2, [1_700_000_000_000_000_000, 1_700_000_000_000_000][i % 2]);
            let options = match i {
                // Flags, then a comment, and no end mark.
                3 => [blocks.option(2, &[0; 4]), blocks.option(1, b"mine")].concat(),
                5 => [blocks.option(1, b"first"), vec![0; 4]].concat(),
                _ => Vec::new(),
            };
            let time = time + i as u64 * 1_000_000;
            if simple && i == 4 {
                blocks.simple(&data)
            } else {
                blocks.packet(adapter, time, &data, &options)
            }
        }
        blocks.others(custom);
    };
    let mut body = Blocks { bytes: Vec::new(), big: first_is_big };
    section(first_is_big, &mut body, 0);
    let mut all = Blocks { bytes: Vec::new(), big: first_is_big };
    all.section(first_is_big, body.bytes.len() as u64);
    all.bytes.extend(body.bytes);
    all.section(!first_is_big, u64::MAX);
    section(!first_is_big, &mut all, 20);
    all.bytes
}

/// Byte order (whether big-endian), type and body of each block.
fn walk(bytes: &[u8]) -> Vec<(bool, u32, Vec<u8>)> {
    let (mut at, mut big, mut all) = (0, false, Vec::new());
    let number = |at: usize, big| {
        let n: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
        if big { u32::from_be_bytes(n) } else { u32::from_le_bytes(n) }
    };
    while at < bytes.len() {
        if bytes[at..].starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
            big = bytes[at + 8] == 0x1a;
        }
        let len = number(at + 4, big) as usize;
        assert_eq!(len % 4, 0);
        assert_eq!(number(at + len - 4, big) as usize, len);
        all.push((big, number(at, big), bytes[at + 8..at + len - 4].to_vec()));
        at += len;
    }
    all
}

/// A packet's fixed fields and data, and its options, each with code and value, without the end mark.
fn packet(big: bool, body: &[u8]) -> (Vec<u8>, Vec<(u16, Vec<u8>)>) {
    let short = |b: &[u8]| {
        let b: [u8; 2] = b[..2].try_into().unwrap();
        if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
    };
    let len: [u8; 4] = body[12..16].try_into().unwrap();
    let len = if big { u32::from_be_bytes(len) } else { u32::from_le_bytes(len) } as usize;
    let begin = 20 + len.next_multiple_of(4);
    let (mut options, mut at) = (Vec::new(), begin);
    while at < body.len() {
        let (code, len) = (short(&body[at..]), short(&body[at + 2..]) as usize);
        if code == 0 {
            assert_eq!((len, at + 4), (0, body.len()), "the mark stands at the end");
            break;
        }
        options.push((code, body[at + 4..at + 4 + len].to_vec()));
        at += 4 + len.next_multiple_of(4);
    }
    (body[..begin].to_vec(), options)
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("annotate-{name}"))
}

fn saved(name: &str, bytes: &[u8]) -> PathBuf {
    std::fs::write(path(name), bytes).unwrap();
    path(name)
}

/// Annotates a file; returns the output's path, and for each frame the questions that it is evidence for.
fn annotate(file: &Path, name: &str) -> (PathBuf, BTreeMap<u64, BTreeSet<String>>) {
    let out = path(name);
    let _ = std::fs::remove_file(&out);
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    command.arg("answer").arg(file).args(["--format", "json", "--annotate"]).arg(&out);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let document: Value = serde_json::from_slice(&done.stdout).unwrap();
    let mut evidence: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for answer in document["answers"].as_array().unwrap() {
        for proof in answer["evidence"].as_array().unwrap() {
            let text =
                format!("labkit {}: {}", answer["id"].as_str().unwrap(), proof["why"].as_str().unwrap());
            evidence.entry(proof["frame"].as_u64().unwrap()).or_default().insert(text);
        }
    }
    assert!(!evidence.is_empty());
    (out, evidence)
}

fn tshark(file: &Path, args: &[&str]) -> String {
    let done = tool("tshark").arg("-r").arg(file).args(args).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Asserts that tshark sees comments at these frames only, and the rest as before.
fn agrees(before: &Path, after: &Path, evidence: &BTreeMap<u64, BTreeSet<String>>) {
    let commented =
        tshark(after, &["-Y", "frame.comment contains \"labkit Q\"", "-T", "fields", "-e", "frame.number"]);
    let commented: Vec<u64> = commented.lines().map(|n| n.parse().unwrap()).collect();
    assert_eq!(commented, evidence.keys().copied().collect::<Vec<_>>());
    let fields = [
        "frame.time_epoch",
        "frame.len",
        "frame.cap_len",
        "frame.interface_id",
        "frame.encap_type",
        "frame.protocols",
        "tcp.stream",
    ];
    let args: Vec<&str> =
        ["-x", "-T", "fields"].into_iter().chain(fields.iter().flat_map(|f| ["-e", f])).collect();
    assert_eq!(tshark(before, &args[1..]), tshark(after, &args[1..]));
    assert_eq!(tshark(before, &["-x"]), tshark(after, &["-x"]));
}

#[test]
fn wireshark_shows_comments_at_the_evidence_and_all_else_as_before() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/capture1.pcapng");
    let (out, evidence) = annotate(&file, "capture1.pcapng");
    agrees(&file, &out, &evidence);
    let details = tshark(&out, &["-V"]);
    for text in evidence.values().flatten() {
        assert!(details.contains(text.as_str()), "{text}");
    }
}

#[test]
fn every_block_survives_in_both_byte_orders() {
    let variants = [
        (false, false, "le.pcapng"),
        (true, false, "be.pcapng"),
        (false, true, "le-custom.pcapng"),
        (true, true, "be-custom.pcapng"),
    ];
    for (first_is_big, custom, name) in variants {
        let input = made(first_is_big, false, custom);
        let file = saved(&format!("in-{name}"), &input);
        let (out, evidence) = annotate(&file, name);
        let output = std::fs::read(&out).unwrap();
        let (before, after) = (walk(&input), walk(&output));
        assert_eq!(before.len(), after.len());
        let mut no = 0;
        for ((big, kind, old), (_, new_kind, new)) in before.iter().zip(&after) {
            assert_eq!(kind, new_kind);
            match kind {
                6 => {
                    no += 1;
                    let ((data, options), (new_data, new_options)) = (packet(*big, old), packet(*big, new));
                    assert_eq!(data, new_data);
                    let (kept, added) = new_options.split_at(options.len());
                    assert_eq!(kept, options, "frame {no}");
                    assert!(added.iter().all(|(code, _)| *code == 1));
                    let added: BTreeSet<String> =
                        added.iter().map(|(_, t)| String::from_utf8(t.clone()).unwrap()).collect();
                    assert_eq!(added, evidence.get(&no).cloned().unwrap_or_default(), "frame {no}");
                }
                0x0A0D_0D0A => assert_eq!((&old[..8], &old[16..]), (&new[..8], &new[16..])),
                _ => assert_eq!(old, new),
            }
        }
        assert_eq!(no, 20);
        if !custom {
            agrees(&file, &out, &evidence);
        }
        stated_length_is_right(first_is_big, &output);
        parses(&output);
    }
}

/// Asserts that the first section's stated length leads to the second section's header.
fn stated_length_is_right(big: bool, bytes: &[u8]) {
    let field: [u8; 8] = bytes[16..24].try_into().unwrap();
    let length = if big { u64::from_be_bytes(field) } else { u64::from_le_bytes(field) } as usize;
    let number: [u8; 4] = bytes[4..8].try_into().unwrap();
    let header = if big { u32::from_be_bytes(number) } else { u32::from_le_bytes(number) } as usize;
    assert_eq!(&bytes[header + length..header + length + 4], &[0x0a, 0x0d, 0x0d, 0x0a]);
}

/// Asserts that another parser reads the file to its end.
fn parses(bytes: &[u8]) {
    let mut reader = PcapNGReader::new(1 << 16, bytes).unwrap();
    loop {
        match reader.next() {
            Ok((offset, _)) => reader.consume(offset),
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(e) => panic!("{e:?}"),
        }
    }
}

#[test]
fn a_simple_packet_block_stays_as_it_is() {
    let input = made(false, true, true);
    let file = saved("in-simple.pcapng", &input);
    let (out, _) = annotate(&file, "simple.pcapng");
    let output = std::fs::read(out).unwrap();
    let simple = |bytes: &[u8]| walk(bytes).into_iter().filter(|b| b.1 == 3).collect::<Vec<_>>();
    assert_eq!(simple(&input), simple(&output));
    assert_eq!(simple(&input).len(), 2);
    parses(&output);
}

#[test]
fn a_compressed_file_and_a_classic_one_are_annotated() {
    let input = made(false, false, false);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&input).unwrap();
    let plain = saved("in-plain.pcapng", &input);
    let packed = saved("in-packed.pcapng.gz", &packed.finish().unwrap());
    let (a, _) = annotate(&plain, "plain.pcapng");
    let (b, evidence) = annotate(&packed, "packed.pcapng");
    assert_eq!(std::fs::read(a).unwrap(), std::fs::read(&b).unwrap());
    agrees(&plain, &b, &evidence);

    for (magic, name) in [(0xa1b2_c3d4u32, "micros"), (0xa1b2_3c4d, "nanos")] {
        let mut classic = Vec::new();
        for word in [magic, 0x0004_0002, 0, 0, 262_144, 1] {
            classic.extend(word.to_le_bytes());
        }
        for (i, row) in EXCHANGE.iter().enumerate() {
            let data = frame(i, row);
            for word in [1_700_000_000, i as u32 * 1003, data.len() as u32, data.len() as u32] {
                classic.extend(word.to_le_bytes());
            }
            classic.extend(data);
        }
        let file = saved(&format!("in-{name}.pcap"), &classic);
        let (out, evidence) = annotate(&file, &format!("{name}.pcapng"));
        agrees_converted(&file, &out, &evidence);
    }
}

/// As [`agrees`]; a converted file has an interface, which the classic one has not.
fn agrees_converted(before: &Path, after: &Path, evidence: &BTreeMap<u64, BTreeSet<String>>) {
    let commented = tshark(after, &["-Y", "frame.comment", "-T", "fields", "-e", "frame.number"]);
    assert_eq!(
        commented.lines().map(|n| n.parse::<u64>().unwrap()).collect::<Vec<_>>(),
        evidence.keys().copied().collect::<Vec<_>>()
    );
    let args = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.encap_type"];
    assert_eq!(tshark(before, &args), tshark(after, &args));
    assert_eq!(tshark(before, &["-x"]), tshark(after, &["-x"]));
}

#[test]
fn nothing_is_overwritten_unasked_and_the_capture_never() {
    let input = made(false, false, false);
    let file = saved("in-refuse.pcapng", &input);
    let there = saved("there.pcapng", b"mine");
    let run = |out: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
        let done = command.arg("answer").arg(&file).arg("--annotate").arg(out).args(more).output().unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let (code, said) = run(&there, &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("exists already") && said.contains("--force"), "{said}");
    assert_eq!(std::fs::read(&there).unwrap(), b"mine");
    let (code, said) = run(&file, &["--force"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("is the capture itself"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), input);
    assert_eq!(run(&there, &["--force"]).0, Some(0));
    parses(&std::fs::read(&there).unwrap());
    assert_eq!(run(Path::new("/dev/null"), &["--force"]).0, Some(1));
    assert_eq!(run(&path("two.pcapng"), &[file.to_str().unwrap()]).0, Some(2));
    assert_eq!(run(Path::new("/nonexistent-folder/x.pcapng"), &[]).0, Some(1));
    let left = std::fs::read_dir(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let left = left.map(|f| f.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|n| n.starts_with("annotate-there") && n.contains("unfinished")).count(), 0);
}
