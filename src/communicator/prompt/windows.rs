//! The console of the prompts on Windows.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Does nothing: Windows restores the console when a program ends.
pub(super) fn give_back_at_signals(_: Arc<AtomicBool>) -> io::Result<()> {
    Ok(())
}

/// Always true: every console can move the cursor.
pub(super) fn can_move_the_cursor() -> bool {
    true
}
