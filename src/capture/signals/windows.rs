//! Ctrl-C on Windows, which asks a capture to end.

use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Whether Ctrl-C was pressed. Windows knows one handler in a process.
static PRESSED: Mutex<bool> = Mutex::new(false);
static WAKE: Condvar = Condvar::new();

/// While it exists, Ctrl-C does not end the process.
pub struct Signals(());

impl Signals {
    /// Takes over Ctrl-C.
    ///
    /// # Errors
    /// If another handler is installed.
    pub fn install() -> io::Result<Signals> {
        let press = || {
            *PRESSED.lock().unwrap_or_else(PoisonError::into_inner) = true;
            WAKE.notify_all();
        };
        ctrlc::set_handler(press).map_err(io::Error::other)?;
        Ok(Signals(()))
    }

    /// Discards the presses that have come so far, so that only a later one counts.
    pub fn forget(&self) {
        *PRESSED.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }

    /// Waits for Ctrl-C, at most `longest`, and returns whether it was pressed.
    pub fn wait(&self, longest: Duration) -> bool {
        let pressed = PRESSED.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = WAKE.wait_timeout_while(pressed, longest, |pressed| !*pressed);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
