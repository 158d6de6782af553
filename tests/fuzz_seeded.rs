//! The fuzzer's targets (`tests/fuzz/`) on a fixed set of inputs: the project's own files, and mutants of them that
//! depend only on their number. `LABKIT_FUZZ_ROUNDS=50` makes fifty times as many mutants.

#[path = "fuzz/targets.rs"]
mod targets;

use std::fs;
use std::io::{Cursor, Write as _};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The contents of the files below a folder whose names have this ending, in the order of their names.
fn files(folder: &Path, ending: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found.iter().map(|path| fs::read(path).expect("the file can be read")).collect()
}

/// Small captures: many short inputs find more than a few long ones.
fn captures() -> Vec<Vec<u8>> {
    let mut all = files(&project("captures"), ".pcapng");
    all.extend(files(&project("tests/recordings"), ".pcap"));
    all.retain(|bytes| bytes.len() < 30_000);
    all
}

fn filters() -> Vec<Vec<u8>> {
    let capture = fs::read(project("captures/capture1.pcapng")).expect("the capture is there");
    let text = fs::read_to_string(project("tests/filters.txt")).expect("the filters are there");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| [line.as_bytes(), b"\n", &capture].concat()).collect()
}

fn archives() -> Vec<Vec<u8>> {
    let parts = [("answers.md", "# Q1\nThree.\n"), ("communication.py", "print()\n")];
    let capture = fs::read(project("captures/capture1.pcapng")).expect("the capture is there");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let parts = parts.map(|(name, text)| (name, text.as_bytes()));
    for (name, bytes) in parts.into_iter().chain([("capture1.pcapng", capture.as_slice())]) {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file begins");
        zip.write_all(bytes).expect("it is written");
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes).expect("it is written");
    }
    let zip = zip.finish().expect("the archive ends").into_inner();
    vec![zip, tar.into_inner().and_then(|gz| gz.finish()).expect("the archive ends")]
}

/// Inputs of a target, and how many mutants of them are tried.
fn seeds(target: &str) -> (Vec<Vec<u8>>, u64) {
    let (mut all, rounds) = match target {
        "reader" => (captures(), 6_000),
        "details" => (captures(), 900),
        "conversations" => (captures(), 3_000),
        "filter" => (filters(), 2_500),
        "answers" => (captures(), 2_000),
        "sheet" => (files(&project("tests/check/sheets"), ".md"), 600),
        "archive" => (archives(), 400),
        other => panic!("{other} has no inputs"),
    };
    all.extend(files(&project("tests/fuzz/corpus").join(target), ""));
    (all, rounds)
}

/// Pseudo-random numbers, the same in each run (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// Changes a few places: bits, numbers at their limits, pieces left out, doubled, or taken from another input.
fn mutant(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(8) {
        let at = numbers.below(bytes.len());
        let end = (at + 1 + numbers.below(64)).min(bytes.len());
        match numbers.below(7) {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (end % 8)),
            1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = end as u8),
            2 => bytes.iter_mut().skip(at).take([1, 2, 4, 8][end % 4]).for_each(|byte| *byte = 0xff),
            3 => bytes.iter_mut().skip(at).take([1, 2, 4, 8][end % 4]).for_each(|byte| *byte = 0),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let piece = bytes.get(at..end).unwrap_or_default().to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let other = &seeds[numbers.below(seeds.len())];
                let from = numbers.below(other.len());
                let piece = other.get(from..(from + 64).min(other.len())).unwrap_or_default().to_vec();
                bytes.splice(at..end, piece);
            }
        }
    }
    if numbers.below(10) == 0 {
        bytes.truncate(numbers.below(bytes.len()));
    }
    bytes
}

/// Runs a target on its inputs as they are, and on their mutants.
fn try_all(name: &str) {
    let (_, target) = targets::TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    let (seeds, rounds) = seeds(name);
    assert!(seeds.len() > 1, "{name} has too few inputs");
    let times: u64 = std::env::var("LABKIT_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mutants = (0..rounds * times).map(|_| mutant(&seeds, &mut numbers));
    for (i, bytes) in seeds.iter().cloned().chain(mutants).enumerate() {
        if catch_unwind(|| target(&bytes)).is_err() {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzzed-{name}-{i}"));
            fs::write(&file, &bytes).expect("the input can be kept");
            panic!("{name} fails on its input {i}, which is kept in {}", file.display());
        }
    }
}

#[test]
fn every_target_has_a_test_and_a_program_of_its_own() {
    let manifest = fs::read_to_string(project("tests/fuzz/Cargo.toml")).expect("the fuzzer is there");
    for (name, _) in targets::TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(project(&format!("tests/fuzz/fuzz_targets/{name}.rs")).exists(), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), targets::TARGETS.len());
}

#[test]
fn each_target_has_a_corpus_that_is_small() {
    for (name, _) in targets::TARGETS {
        let corpus = files(&project("tests/fuzz/corpus").join(name), "");
        let bytes: usize = corpus.iter().map(Vec::len).sum();
        assert!(corpus.len() >= 10 && bytes < 400_000, "{name}: {} files, {bytes} bytes", corpus.len());
    }
}

#[test]
fn reader() {
    try_all("reader");
}

#[test]
fn details() {
    try_all("details");
}

#[test]
fn conversations() {
    try_all("conversations");
}

#[test]
fn filter() {
    try_all("filter");
}

#[test]
fn answers() {
    try_all("answers");
}

#[test]
fn sheet() {
    try_all("sheet");
}

#[test]
fn archive() {
    try_all("archive");
}
