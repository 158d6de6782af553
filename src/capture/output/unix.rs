//! Files on Unix: pipes in the file system, and files that are removed while they are written.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

/// How long to wait for the reader of a pipe.
const READER: Duration = Duration::from_secs(2);

/// From now on, writing beyond the largest file size allowed to the process is an error, and does not end the process
/// (SIGXFSZ).
pub(super) fn survive_size_limit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // If the handler cannot be installed, SIGXFSZ still ends the process.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Default::default());
    });
}

/// Whether an open file was removed.
pub(in crate::capture) fn is_removed(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.nlink() == 0)
}

/// Whether these are two files, and not one.
#[cfg(feature = "capture")]
pub(in crate::capture) fn are_two(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    (one.dev(), one.ino()) != (other.dev(), other.ino())
}

/// Opens a device or a pipe. For a pipe, this waits up to [`READER`] for a reader; the kernel would wait without end,
/// and Ctrl-C would not stop it.
pub(super) fn open_device(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.file_type().is_fifo() {
        return OpenOptions::new().write(true).open(path);
    }
    let until = Instant::now() + READER;
    loop {
        match OpenOptions::new().write(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path) {
            Err(error) if error.raw_os_error() == Some(Errno::ENXIO as i32) => {
                if Instant::now() >= until {
                    let nobody = "it is a pipe, and nothing reads from it";
                    return Err(io::Error::new(io::ErrorKind::NotConnected, nobody));
                }
                std::thread::sleep(READER / 100);
            }
            opened => {
                let file = opened?;
                fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
                return Ok(file);
            }
        }
    }
}
