//! Ring files: one file after the other, with a number and a time in its name; only the latest ones are kept.
//!
//! The process that captures has given up the right to make files when it needs the next one. Another process, the
//! keeper, makes and removes them. It parses no packets, and can only be asked for the next file of the name that it
//! was started with. It passes the open file over a socket.

use super::error::CaptureError;
use super::{output, privilege};
use jiff::Zoned;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The longest answer of the keeper, in bytes: a path, or an error with a path.
const LONGEST: usize = 16 << 10;

/// When a file is full, and how many files there are. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileLimits {
    /// Bytes of a file; the frame that exceeds the limit is its last.
    pub bytes: Option<u64>,
    /// Frames of a file.
    pub frames: Option<u64>,
    /// Time from a file's beginning to its end.
    pub time: Option<Duration>,
    /// Files that are kept; the oldest is removed when there would be one more.
    pub kept: Option<u32>,
    /// Files after which the capture ends.
    pub total: Option<u64>,
}

impl FileLimits {
    /// Whether a file ever becomes full.
    pub fn is_bounded(&self) -> bool {
        self.bytes.is_some() || self.frames.is_some() || self.time.is_some()
    }
}

/// The name of a file, with number and time before the ending, as in `lab_00001_20261129201500.pcapng`.
fn name(pattern: &Path, number: u64, time: &Zoned) -> PathBuf {
    let mut name = pattern.file_stem().unwrap_or_default().to_os_string();
    name.push(format!("_{number:05}_{}", time.strftime("%Y%m%d%H%M%S")));
    if let Some(ending) = pattern.extension() {
        name.push(".");
        name.push(ending);
    }
    pattern.with_file_name(name)
}

/// The keeper's main loop: makes a file for each byte from standard input, which is a socket, until its end. At most
/// `most` files are kept; without it, all are.
///
/// # Errors
/// If the socket fails.
pub fn keep(pattern: &Path, most: Option<u32>, force: bool) -> io::Result<()> {
    let socket = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    // Under sudo, the keeper makes the files as the user who called sudo. Root without sudo must stay root.
    if privilege::sudo_caller().is_some() || privilege::heir().is_none() {
        privilege::drop_rights();
    }
    let mut kept: VecDeque<PathBuf> = VecDeque::new();
    let mut number = 0;
    while (&socket).read(&mut [0])? > 0 {
        number += 1;
        // The oldest file is removed before the next one is made, so that there are never more than `most`.
        while most.is_some_and(|most| kept.len() >= most as usize) {
            // Removing fails if the user has moved the file away, which is fine.
            let _ = kept.pop_front().map(std::fs::remove_file);
        }
        let path = name(pattern, number, &Zoned::now());
        match output::create(&path, force) {
            Ok(file) => {
                answer(&socket, path.as_os_str(), Some(&file))?;
                kept.push_back(path);
            }
            Err(error) => answer(&socket, OsStr::new(&error.to_string()), None)?,
        }
    }
    Ok(())
}

/// Sends an open file with its path, or the reason why there is none: two bytes with the text's length, which carry the
/// file, then the text.
fn answer(mut socket: &File, text: &OsStr, file: Option<&File>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<_> = file.map(AsFd::as_fd).into_iter().collect();
    if !descriptors.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
    }
    let text = text.as_bytes();
    let text = text.get(..LONGEST).unwrap_or(text);
    let length = (text.len() as u16).to_be_bytes();
    sendmsg(socket, &[IoSlice::new(&length)], &mut control, SendFlags::empty())?;
    socket.write_all(text)
}

/// The capture's connection to the keeper, which ends when this is dropped.
#[derive(Debug)]
pub struct Keeper {
    socket: File,
}

impl Keeper {
    /// Starts the keeper with the rights that this process has now.
    ///
    /// # Errors
    /// If the process cannot be started.
    pub fn start(pattern: &Path, most: Option<u32>, force: bool) -> io::Result<Keeper> {
        let (own, other) = UnixStream::pair()?;
        let mut command = Command::new(privilege::executable());
        command.args(["sniff", "--keeper"]).arg(most.unwrap_or(0).to_string()).arg("-w").arg(pattern);
        if force {
            command.arg("--force");
        }
        command.stdin(Stdio::from(OwnedFd::from(other))).stdout(Stdio::null()).stderr(Stdio::null());
        // In its own process group, the keeper gets no Ctrl-C; it ends with the capture.
        command.process_group(0).spawn()?;
        Ok(Keeper { socket: File::from(OwnedFd::from(own)) })
    }

    /// The next file, and its path.
    ///
    /// # Errors
    /// If it cannot be made, or the keeper is gone.
    pub fn next_file(&mut self) -> Result<(File, PathBuf), CaptureError> {
        self.ask().map_err(|error| CaptureError::Ring(format!("cannot begin the next file: {error}")))?
    }

    fn ask(&self) -> io::Result<Result<(File, PathBuf), CaptureError>> {
        use io::ErrorKind::{BrokenPipe, ConnectionReset};
        let gone = || io::Error::other("the process that makes the files has ended");
        let known = |error: io::Error| match error.kind() {
            BrokenPipe | ConnectionReset => gone(),
            _ => error,
        };
        let mut socket = &self.socket;
        socket.write_all(b"n").map_err(known)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut length = [0; 2];
        let got = loop {
            match recvmsg(socket, &mut [IoSliceMut::new(&mut length)], &mut control, RecvFlags::empty()) {
                Err(rustix::io::Errno::INTR) => {}
                got => break got.map_err(|errno| known(errno.into()))?.bytes,
            }
        };
        if got < length.len() {
            return Err(gone());
        }
        let mut text = vec![0; u16::from_be_bytes(length).into()];
        socket.read_exact(&mut text).map_err(|_| gone())?;
        let file = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut files) => files.next(),
            _ => None,
        });
        Ok(match file {
            Some(file) => Ok((File::from(file), OsString::from_vec(text).into())),
            None => Err(CaptureError::Ring(String::from_utf8_lossy(&text).into_owned())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_time_stand_before_the_ending() {
        let time: Zoned = "2026-11-29T20:15:00[UTC]".parse().expect("a time");
        let of = |pattern| name(Path::new(pattern), 7, &time).display().to_string();
        assert_eq!(of("folder/lab.pcapng"), "folder/lab_00007_20261129201500.pcapng");
        assert_eq!(of("a.b.pcap"), "a.b_00007_20261129201500.pcap");
        assert_eq!(of("lab"), "lab_00007_20261129201500");
        assert_eq!(name(Path::new("x.pcap"), 123_456, &time).as_os_str(), "x_123456_20261129201500.pcap");
    }
}
