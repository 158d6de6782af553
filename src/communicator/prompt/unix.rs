//! The terminal of the prompts on Unix.

use crate::communicator::wait::ending_signals;
use nix::sys::termios::{SetArg, tcgetattr, tcsetattr};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Gives the terminal back as it was when a signal ends the program while a line is edited: the editor has switched off
/// what the terminal does by itself, and waits for a key. Everywhere else `Interrupt` sees the signal.
pub(super) fn give_back_at_signals(editing: Arc<AtomicBool>) -> io::Result<()> {
    /// Pasting is marked while a line is edited; this ends it, and the line.
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

/// Whether line editing works here; rustyline, too, leaves these terminals alone.
pub(super) fn can_move_the_cursor() -> bool {
    std::env::var("TERM").is_ok_and(|term| !matches!(term.as_str(), "" | "dumb" | "cons25" | "emacs"))
}
