//! The terminal of the prompts on Unix.

use crate::communicator::wait::ending_signals;
use nix::sys::termios::{SetArg, tcgetattr, tcsetattr};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Restores the terminal's settings when a signal ends the program while a line is edited: the editor has switched
/// off the terminal's own echo and line editing, and waits for a key. At other times, `Interrupt` handles the signal.
pub(super) fn give_back_at_signals(editing: Arc<AtomicBool>) -> io::Result<()> {
    /// Switches bracketed paste off, which the editor has switched on, and begins a new line.
    const LEAVE: &[u8] = b"\x1b[?2004l\r\n";
    let before = tcgetattr(io::stdin())?;
    let mut signals = signal_hook::iterator::Signals::new(ending_signals())?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in &mut signals {
            if editing.load(Ordering::SeqCst) {
                let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &before);
                let _ = io::stdout().write_all(LEAVE).and_then(|()| io::stdout().flush());
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        }
    })?;
    Ok(())
}

/// Whether line editing works on this terminal; rustyline does not edit on the excluded ones either.
pub(super) fn can_move_the_cursor() -> bool {
    std::env::var("TERM").is_ok_and(|term| !matches!(term.as_str(), "" | "dumb" | "cons25" | "emacs"))
}
