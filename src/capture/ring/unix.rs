//! The keeper: a process that makes ring files for another one. It parses no packets, and can only be asked for the next
//! file of the name that it was started with. It passes the open file over a socket.

use super::Ring;
use crate::capture::error::CaptureError;
use crate::capture::privilege;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
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

/// The longest answer of the keeper, in bytes: a path, or an error with a path.
const LONGEST: usize = 16 << 10;

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
    let mut ring = Ring::new(pattern, most, force);
    while (&socket).read(&mut [0])? > 0 {
        match ring.next_file() {
            Ok((file, path)) => answer(&socket, path.as_os_str(), Some(&file))?,
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
