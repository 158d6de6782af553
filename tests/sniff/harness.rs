//! A folder and a network for each test, and the functions that its scripts call.

use crate::network;
use crate::tools::tool;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

/// Functions for scripts, besides those of `network::WORDS`.
const PRELUDE: &str = r#"
# Whether a file is larger than so many bytes.
larger() { [ "$(stat -c %s "$1")" -gt "$2" ]; }

# Starts labkit sniff; its process is $SNIFF, its output rows, its remarks remarks.
sniff() { sniff_by "$LABKIT" sniff "$@"; }

# The same, by a command of one's own.
sniff_by() {
    rm -f rows remarks
    "$@" > rows 2> remarks &
    SNIFF=$!
    wait_for "capturing on" remarks
}

# Waits until it has ended, and checks its exit status.
ended() {
    status=0
    wait $SNIFF || status=$?
    if [ $status -ne "$1" ]; then echo "exit status $status: $(cat remarks)" >&2; exit 98; fi
}

# Ends it, and checks its exit status.
end_sniff() {
    kill -"${1:-INT}" $SNIFF
    ended "${2:-0}"
}

# Sends datagrams with these texts to the loopback address, where nobody listens.
datagrams() { for text in "$@"; do echo "$text" > /dev/udp/127.0.0.1/9999 || true; done; }

# Sends them without end, of a thousand bytes each, which begin with their number; for the background.
flood() {
    exec python3 -c '
import itertools, socket, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in itertools.count(1):
    out.sendto(b"%08d" % number + bytes(992), ("127.0.0.1", 9999))
    if number % 50 == 0:
        time.sleep(0.005)'
}

# The lab's first message, from host to guest.
message() {
    "$LABKIT" receive > received 2>&1 &
    RECEIVER=$!
    wait_for "Waiting for message" received
    on_host "$LABKIT" send --to 192.168.56.101 --message "$1" > sent
    wait $RECEIVER
}
"#;

/// A folder for one test, empty at first and removed in the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sniff-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// The text of a file in it.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(std::fs::read(self.0.join(name)).unwrap()).unwrap()
    }

    /// Runs a script in new network namespaces with the loopback adapter up, and returns what it prints.
    ///
    /// # Panics
    /// If the script fails.
    pub(crate) fn run(&self, script: &str) -> String {
        for name in ["script", "python3", "tshark"] {
            tool(name);
        }
        let mut command = network::script(&format!("{PRELUDE}\n{script}"), &[]);
        let output = command.current_dir(&self.0).stdin(Stdio::null()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(
            !err.contains("unshare failed"),
            "this test needs network namespaces: run it as root, or let users have them (sysctl kernel.unprivileged_userns_clone=1)"
        );
        assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
        out.into_owned()
    }

    /// tshark's output on a capture in the folder.
    pub(crate) fn tshark(&self, file: &str, arguments: &[&str]) -> String {
        output("tshark", &[&["-n", "-r", file], arguments].concat(), &self.0)
    }

    /// capinfos' output on a capture in the folder.
    pub(crate) fn capinfos(&self, file: &str) -> String {
        output("capinfos", &["-M", file], &self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn output(name: &str, arguments: &[&str], folder: &Path) -> String {
    let output = tool(name).args(arguments).current_dir(folder).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    let remarks: Vec<&str> = err.lines().filter(|l| !l.starts_with("Running as user")).collect();
    assert!(output.status.success() && remarks.is_empty(), "{name}: {remarks:?}");
    String::from_utf8(output.stdout).unwrap()
}
