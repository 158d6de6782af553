//! The thin binary: exit status and closed pipe, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    match labkit::cli::run() {
        Ok(status) => status,
        Err(error) if closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            labkit::cli::complain(&without_numbers(&format!("{error:#}")));
            if error.is::<labkit::cli::UsageError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// The text without the numbers of system errors, as in "No such file or directory (os error 2)", which the standard
/// library appends.
fn without_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |done, part| match part.split_once(')') {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => done + rest,
        _ => done + " (os error " + part,
    })
}

/// Whether the reader of the output has closed it, which is no error: `labkit replay big.pcapng | head`.
fn closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
