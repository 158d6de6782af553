//! A network of its own for each test: scripts that run in fresh network namespaces, as root or as an ordinary user in a
//! user namespace. Everything is gone when the script ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What scripts can use. Waiting is for something to happen, never for time to pass, unless time is the subject.
const PRELUDE: &str = r#"
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# Waits until a file contains a text.
wait_for() {
    for _ in $(seq 3000); do
        if grep -q -- "$1" "$2" 2>/dev/null; then return; fi
        sleep 0.01
    done
    echo "in vain: '$1' in $2: $(cat "$2")" >&2
    exit 99
}

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
    until [ "$(readlink /proc/$HOST/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
    ip link add guest0 type veth peer name host0 netns $HOST
    ip addr add 192.168.56.101/24 dev guest0
    ip link set guest0 up
    on_host ip addr add 192.168.56.1/24 dev host0
    on_host ip link set host0 up
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
        let mut command = Command::new("timeout");
        command.args(["60", "unshare", "--net"]);
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
        assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
        out.into_owned()
    }

    /// What tshark says about a capture in it.
    pub(crate) fn tshark(&self, file: &str, arguments: &[&str]) -> String {
        tool("tshark", &[&["-n", "-r", file], arguments].concat(), &self.0)
    }

    /// What capinfos says about a capture in it.
    pub(crate) fn capinfos(&self, file: &str) -> String {
        tool("capinfos", &["-M", file], &self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tool(name: &str, arguments: &[&str], folder: &Path) -> String {
    let run = Command::new(name).args(arguments).current_dir(folder).output();
    let output = run.unwrap_or_else(|e| panic!("{name} is needed for this test: {e}"));
    let err = String::from_utf8_lossy(&output.stderr);
    let remarks: Vec<&str> = err.lines().filter(|l| !l.starts_with("Running as user")).collect();
    assert!(output.status.success() && remarks.is_empty(), "{name}: {remarks:?}");
    String::from_utf8(output.stdout).unwrap()
}
