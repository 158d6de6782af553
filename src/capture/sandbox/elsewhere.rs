//! What stands in for the seccomp filter on systems that have none.

/// Why there is no sandbox: never shown, because none is expected here.
#[derive(Debug, thiserror::Error)]
#[error("no sandbox on this system")]
pub struct NoSandbox;

/// Confines nothing.
///
/// # Errors
/// None.
pub fn confine() -> Result<(), NoSandbox> {
    Ok(())
}
