//! Other programs of this system, run for their output.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The path of a system program, also in the sbin folders, which ordinary users often do not have in their PATH;
/// `None` if there is none.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// The output of a program in the C locale. Fails with the first line of its error output if it fails, or with the
/// system's reason if it cannot be started.
pub(crate) fn output(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let done = Command::new(program).args(arguments).env("LC_ALL", "C").stdin(Stdio::null()).output();
    let done = done.map_err(|e| e.to_string())?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(said.lines().find(|l| !l.trim().is_empty()).unwrap_or("it failed silently").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_where_users_do_not_look() {
        assert!(find("sh").is_some());
        assert_eq!(find("no-such-program-anywhere"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_fails_is_quoted_with_its_first_line() {
        let shell = find("sh").unwrap();
        assert_eq!(output(&shell, &["-c", "echo out"]), Ok("out\n".into()));
        assert_eq!(output(&shell, &["-c", "echo one >&2; echo two >&2; exit 1"]), Err("one".into()));
    }
}
