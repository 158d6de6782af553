//! Other programs that tests call. A missing one is named in one line, with the package that holds it.

use std::path::PathBuf;
use std::process::Command;

/// The Debian packages of the programs whose package has another name.
const PACKAGES: &[(&str, &str)] = &[
    ("capinfos", "tshark"),
    ("mergecap", "tshark"),
    ("editcap", "tshark"),
    ("ip", "iproute2"),
    ("nsenter", "util-linux"),
    ("prlimit", "util-linux"),
    ("script", "bsdutils"),
    ("setpriv", "util-linux"),
    ("timeout", "coreutils"),
    ("unshare", "util-linux"),
];

/// A command that runs a program.
///
/// # Panics
/// If the program is not installed.
#[track_caller]
pub(crate) fn tool(name: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |folder: PathBuf| folder.join(name).is_file();
    if !std::env::split_paths(&path).any(is_there) {
        let package =
            PACKAGES.iter().find(|(program, _)| *program == name).map_or(name, |(_, package)| package);
        panic!("this test needs {name}, which is not installed: sudo apt-get install {package}");
    }
    Command::new(name)
}
