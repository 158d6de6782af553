//! A network of its own for each test: scripts that run in fresh network namespaces, as root or as an ordinary user in a
//! user namespace. Everything is gone when the script ends.

use crate::tools::tool;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

/// What scripts can use. Waiting is for something to happen, never for time to pass, unless time is the subject; every
/// wait has a deadline far beyond what a busy machine needs.
const PRELUDE: &str = r#"
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# Runs a command until it succeeds.
until_ok() {
    for _ in $(seq 6000); do
        if "$@" > /dev/null 2>&1; then return; fi
        sleep 0.01
    done
    echo "in vain: $*" >&2
    exit 99
}

# Waits until a file contains a text.
wait_for() { until_ok grep -q -- "$1" "$2" || { cat "$2" >&2; exit 99; }; }

# Whether an adapter carries frames: the kernel notices a moment after both ends of a cable are up.
carries() { ip -o link show "$1" | grep -q ' state UP '; }

# Whether a file is larger than so many bytes.
larger() { [ "$(stat -c %s "$1")" -gt "$2" ]; }

# Starts labkit sniff; its process is $SNIFF, its output rows, its remarks remarks.
sniff() {
    rm -f rows remarks
    "$LABKIT" sniff "$@" > rows 2> remarks &
    SNIFF=$!
    wait_for "capturing on" remarks
}

# Ends it and checks its exit status.
end_sniff() {
    kill -"${1:-INT}" $SNIFF
    status=0
    wait $SNIFF || status=$?
    if [ $status -ne "${2:-0}" ]; then echo "exit status $status: $(cat remarks)" >&2; exit 98; fi
}

# Sends datagrams with these texts to the loopback address, where nobody listens.
datagrams() { for text in "$@"; do echo "$text" > /dev/udp/127.0.0.1/9999 || true; done; }

# Two hosts joined by a cable: this one is the guest.
two_hosts() {
    unshare -n sleep 1000 &
    HOST=$!
    until_ok eval '[ "$(readlink /proc/$HOST/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
    ip link add guest0 type veth peer name host0 netns $HOST
    ip addr add 192.168.56.101/24 dev guest0
    ip link set guest0 up
    on_host ip addr add 192.168.56.1/24 dev host0
    on_host ip link set host0 up
    until_ok carries guest0
    until_ok on_host bash -c "ip -o link show host0 | grep -q ' state UP '"
}
on_host() { nsenter --target $HOST --net "$@"; }

# The lab's first message, from host to guest.
message() {
    "$LABKIT" receive > received 2>&1 &
    RECEIVER=$!
    wait_for "Waiting for message" received
    on_host "$LABKIT" send --to 192.168.56.101 --message "$1" > sent
    wait $RECEIVER
}
"#;

/// A folder of its own, empty at first and removed in the end.
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

    /// Runs a script in network namespaces of its own, whose loopback adapter is up; what it prints.
    ///
    /// # Panics
    /// When it fails.
    pub(crate) fn run(&self, script: &str) -> String {
        for name in ["ip", "unshare", "nsenter", "script", "python3", "tshark"] {
            tool(name);
        }
        let mut command = tool("timeout");
        command.args(["300", "unshare", "--net"]);
        if !nix::unistd::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        let script = format!("{PRELUDE}\nip link set lo up\n{script}");
        let output = command
            .args(["bash", "-euc", &script])
            .current_dir(&self.0)
            .env("LABKIT", env!("CARGO_BIN_EXE_labkit"))
            .stdin(Stdio::null())
            .output()
            .expect("unshare is installed");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(
            !err.contains("unshare failed"),
            "this test needs network namespaces: run it as root, or let users have them (sysctl kernel.unprivileged_userns_clone=1)"
        );
        assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
        out.into_owned()
    }

    /// What tshark says about a capture in it.
    pub(crate) fn tshark(&self, file: &str, arguments: &[&str]) -> String {
        output("tshark", &[&["-n", "-r", file], arguments].concat(), &self.0)
    }

    /// What capinfos says about a capture in it.
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
