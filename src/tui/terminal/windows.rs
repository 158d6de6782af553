//! The console's end on Windows, where no shell suspends a program.

use std::io;

/// Calls `end` at Ctrl-Break; Ctrl-C is a key while the console hands over every key. A console whose window is closed
/// ends its programs by itself.
pub(super) fn watch(end: fn(i32) -> !) -> io::Result<()> {
    const INTERRUPTED: i32 = 2;
    ctrlc::set_handler(move || end(INTERRUPTED)).map_err(io::Error::other)
}

/// Nothing is suspended here.
pub(super) fn suspend() -> io::Result<()> {
    Ok(())
}
