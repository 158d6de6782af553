//! The console's end on Windows, where no shell suspends a program.

use std::io;

/// Calls `end` at Ctrl-Break. Ctrl-C is a plain key in the console's raw mode. Closing the console's window ends its
/// programs without a call.
pub(super) fn watch(end: fn(i32) -> !) -> io::Result<()> {
    const INTERRUPTED: i32 = 2;
    ctrlc::set_handler(move || end(INTERRUPTED)).map_err(io::Error::other)
}

/// Does nothing.
pub(super) fn suspend() -> io::Result<()> {
    Ok(())
}
