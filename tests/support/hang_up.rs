//! SIGHUP for the programs that tests start.

use std::sync::{Arc, LazyLock, atomic::AtomicBool};

static HANDLED: LazyLock<()> = LazyLock::new(|| {
    signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::new(AtomicBool::new(false))).unwrap();
});

/// Lets SIGHUP reach the programs that are started from now on, also if the tests themselves were started with `nohup`:
/// a started program inherits an ignored signal as ignored, and a handled signal with its default action.
pub(crate) fn reaches_programs() {
    LazyLock::force(&HANDLED);
}
