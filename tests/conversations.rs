//! `conversations` and `follow` on the recordings: figures and content are those of tshark, and what stands on the
//! terminal is told apart and harmless.

use assert_cmd::Command;
use predicates::prelude::*;
use std::path::{Path, PathBuf};

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "pcapng")).collect();
    files.sort();
    files
}

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}
