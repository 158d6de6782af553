//! Files on Unix: pipes in the file system, and files that lose their names while they are written.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

/// How long the reader of a pipe may take to come.
const READER: Duration = Duration::from_secs(2);

/// From now on, a file that has reached the largest size that the process may write is an error of the write, and not the
/// end of the process (SIGXFSZ).
pub(super) fn survive_size_limit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where it cannot be had, the system's own way stays.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Default::default());
    });
}

/// Whether a file that is open has no name any more.
pub(super) fn is_removed(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.nlink() == 0)
}

/// Opens what is no file: a device, or a pipe, whose reader has a moment to come. The kernel would wait for it without end,
/// and Ctrl-C would not be heard.
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
