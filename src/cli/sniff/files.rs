//! `-b` and `-a` of `sniff`, in dumpcap's syntax: when a file is full, and whether that ends the capture.

use super::{Sniff, plan};
use crate::capture::ring::FileLimits;
use crate::cli::{UsageError, seconds};
use std::time::Duration;

/// A limit, given as `KEY:VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileLimit {
    /// `filesize`, in bytes.
    Bytes(u64),
    /// `packets`.
    Frames(u64),
    /// `duration`.
    Time(Duration),
    /// `files`.
    Files(u32),
}

/// The value of `-b`.
pub(super) fn ring(text: &str) -> Result<FileLimit, String> {
    limit(text, "filesize:KB, duration:SECONDS, packets:N or files:N, as in -b filesize:1000 -b files:5")
}

/// The value of `-a`; duration and packets have options of their own.
pub(super) fn autostop(text: &str) -> Result<FileLimit, String> {
    match limit(text, "filesize:KB, files:N, duration:SECONDS or packets:N, as in -a filesize:1000")? {
        limit @ (FileLimit::Bytes(_) | FileLimit::Files(_)) => Ok(limit),
        FileLimit::Frames(_) => Err("the option for that is -c N".into()),
        FileLimit::Time(_) => Err("the option for that is --seconds S".into()),
    }
}

fn limit(text: &str, known: &str) -> Result<FileLimit, String> {
    let unknown = || format!("it is one of {known}");
    let (key, value) = text.split_once(':').ok_or_else(unknown)?;
    let number = || {
        let number: Option<u32> = value.parse().ok().filter(|n| *n > 0);
        number.ok_or_else(|| format!("{key} takes a whole number above 0"))
    };
    Ok(match key {
        // A kilobyte has 1000 bytes here, as in dumpcap.
        "filesize" => FileLimit::Bytes(u64::from(number()?) * 1000),
        "packets" => FileLimit::Frames(number()?.into()),
        "duration" => FileLimit::Time(seconds(value)?),
        "files" => FileLimit::Files(number()?),
        _ => return Err(unknown()),
    })
}

/// The limits of the files, and whether `-b` asks for one file after the other.
pub(super) fn limits(args: &Sniff) -> Result<(FileLimits, bool), UsageError> {
    let mut limits = FileLimits::default();
    for limit in &args.ring {
        match *limit {
            FileLimit::Bytes(most) => limits.bytes = Some(most),
            FileLimit::Frames(most) => limits.frames = Some(most),
            FileLimit::Time(most) => limits.time = Some(most),
            FileLimit::Files(most) => limits.kept = Some(most),
        }
    }
    for limit in &args.autostop {
        match *limit {
            FileLimit::Bytes(most) => limits.bytes = Some(most),
            FileLimit::Files(most) => limits.total = Some(most.into()),
            FileLimit::Frames(_) | FileLimit::Time(_) => {}
        }
    }
    let wrong = |why: &str| Err(UsageError(why.to_owned()));
    let is_ring = !args.ring.is_empty();
    if is_ring && args.write.as_deref().is_none_or(plan::is_stdout) {
        return wrong(
            "-b writes one file after the other: name them with -w FILE, and each gets its number and time",
        );
    }
    if is_ring && !limits.is_bounded() {
        return wrong(
            "-b files:N says how many files are kept, not when one is full: add -b filesize:KB, -b duration:SECONDS or \
             -b packets:N",
        );
    }
    if limits.total.is_some() && !is_ring {
        return wrong("-a files:N counts the files that -b makes: add -b filesize:KB or -b duration:SECONDS");
    }
    if limits.bytes.is_some() && args.write.is_none() {
        return wrong("-a filesize:KB is about the file that -w names: add -w FILE");
    }
    Ok((limits, is_ring))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        sniff: Sniff,
    }

    fn of(line: &str) -> Result<(FileLimits, bool), String> {
        let line = Line::try_parse_from(line.split(' ')).map_err(|error| error.to_string())?;
        limits(&line.sniff).map_err(|error| error.to_string())
    }

    #[test]
    fn limits_of_files_are_dumpcaps() {
        let none = FileLimits::default();
        assert_eq!(of("sniff -w a.pcap"), Ok((none, false)));
        let ring = FileLimits { bytes: Some(2000), kept: Some(3), ..none };
        assert_eq!(of("sniff -w a.pcap -b filesize:2 -b files:3"), Ok((ring, true)));
        let timed = FileLimits { time: Some(Duration::from_millis(500)), total: Some(2), ..none };
        assert_eq!(of("sniff -w a.pcap -b duration:0.5 -a files:2"), Ok((timed, true)));
        assert_eq!(
            of("sniff -w a.pcap -a filesize:2"),
            Ok((FileLimits { bytes: Some(2000), ..none }, false))
        );
    }

    #[test]
    fn what_makes_no_sense_is_answered_with_what_does() {
        for (line, word) in [
            ("sniff -b filesize:2", "-w FILE"),
            ("sniff -w - -b filesize:2", "-w FILE"),
            ("sniff -w a.pcap -b files:2", "add -b filesize:KB"),
            ("sniff -w a.pcap -b size:2", "filesize:KB"),
            ("sniff -w a.pcap -b filesize:0", "a whole number above 0"),
            ("sniff -w a.pcap -a files:2", "the files that -b makes"),
            ("sniff -a filesize:2", "-w FILE"),
            ("sniff -w a.pcap -a duration:2", "--seconds S"),
        ] {
            let said = of(line).expect_err(line);
            assert!(said.contains(word), "{line}: {said}");
        }
    }
}
