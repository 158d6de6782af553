//! `replay --live`: a capture that is still written.

use super::{Replay, Run};
use crate::capture::reader::FileReader;
use crate::capture::signals::Signals;
use crate::capture::tail::Ended;
use crate::capture::{CaptureError, Source};
use crate::cli::commentary::Comments;
use crate::cli::gate::Filters;
use crate::cli::input;
use anyhow::Context as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Reads a capture that still grows, until the limit of packets or a signal.
pub(super) fn read(args: &Replay, file: &Path, gate: &mut Filters, bpf: &[String]) -> anyhow::Result<()> {
    // Reading a pipe waits for more bytes anyway.
    if !file.is_file() {
        return once(args, input::open(file)?, gate, bpf, Comments::default());
    }
    let signals = Signals::install().context("cannot prepare for Ctrl-C")?;
    let ended = Arc::new(OnceLock::new());
    let opened = FileReader::follow(file, signals, ended.clone()).map_err(anyhow::Error::from);
    let done = opened.and_then(|source| once(args, source, gate, bpf, Comments::default()));
    let shown = file.display();
    match ended.get() {
        // A last block that is not complete yet is no damage.
        Some(Ended::Signal) => done.or_else(|error| match error.is::<CaptureError>() {
            true => Ok(()),
            false => Err(error),
        }),
        Some(Ended::Removed) => done.inspect(|()| input::say(format_args!("{shown} was removed"))),
        Some(Ended::Replaced) => done.inspect(|()| input::say(format_args!("{shown} was replaced"))),
        Some(Ended::Shortened) => done.inspect(|()| input::say(format_args!("{shown} was begun again"))),
        None => done,
    }
}

/// Lists or copies the packets of `source` in a single pass.
fn once<S: Source + Send>(
    args: &Replay,
    source: S,
    gate: &mut Filters,
    bpf: &[String],
    comments: Comments,
) -> anyhow::Result<()> {
    Run { args, gate, bpf, comments, hindsight: None }.read(source, None)
}
