//! The thin binary: exit status and closed pipe, nothing else.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match labkit::cli::run() {
        Ok(status) => status,
        Err(error) if closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done if standard error is closed as well.
            let _ = writeln!(anstream::stderr(), "labkit: {error:#}");
            if error.is::<labkit::cli::UsageError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Whether whoever read our output has gone away, which is no error: `labkit replay big.pcapng | head`.
fn closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
