//! The console of the prompts on Windows.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Windows takes the console back by itself when a program ends.
pub(super) fn give_back_at_signals(_: Arc<AtomicBool>) -> io::Result<()> {
    Ok(())
}

/// Every console can.
pub(super) fn can_move_the_cursor() -> bool {
    true
}
