"""The lab's two hosts for recordings: `labkit lab up`, programs on both, and labkit's capture of their packets."""

import pathlib
import signal
import subprocess
import time

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"
HOST, GUEST, PORT = "192.168.56.1", "192.168.56.101", "65432"
ADAPTERS = {"host": "vboxnet0", "guest": "enp0s3"}
ADDRESSES = {"host": HOST, "guest": GUEST}
PATIENCE = 30
# States of /proc/net/tcp after which no packet of a connection comes any more: TIME_WAIT and LISTEN.
OVER = ("06", "0A")
RECORDINGS = {}


def recording(make):
    """Registers a function that makes a recording; its line in captures/README.md is its documentation."""
    RECORDINGS[make.__name__.replace("_", "-")] = make
    return make


class Failed(Exception):
    """A recording did not go as intended."""


def wait_until(what, ready):
    begun = time.monotonic()
    while not (result := ready()):
        if time.monotonic() - begun > PATIENCE:
            raise Failed(f"waited in vain for {what}")
        time.sleep(0.01)
    return result


class Talk:
    """A program that answers each line of input with a line."""

    def __init__(self, process):
        self.process = process

    def read(self):
        line = self.process.stdout.readline()
        if not line.startswith("ok"):
            raise Failed(line or "it ended")
        return line[2:].strip()

    def begin(self, order):
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()

    def __call__(self, order):
        self.begin(order)
        return self.read()


class Stage:
    """Two hosts, which are removed when the `with` block ends."""

    def __init__(self, labkit):
        self.labkit, self.name, self.programs = labkit, f"recording-{time.monotonic_ns()}", []

    def __enter__(self):
        subprocess.run([self.labkit, "lab", "up", "--name", self.name], check=True, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        subprocess.run([self.labkit, "lab", "down", "--name", self.name], stdout=subprocess.DEVNULL)
        for program in self.programs:
            program.wait()

    def command(self, on, *words):
        return [self.labkit, "lab", "exec", "--name", self.name, on, "--", *words]

    def do(self, on, *words, expect=0):
        """Runs a program to its end, and returns its output."""
        done = subprocess.run(self.command(on, *words), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != expect:
            raise Failed(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, on, *words, **streams):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **streams}
        program = subprocess.Popen(self.command(on, *words), text=True, **streams)
        self.programs.append(program)
        return program

    def talk(self, on, *words):
        return Talk(self.start(on, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE))

    def puppet(self, on):
        return self.talk(on, "python3", str(PEERS / "puppet.py"))

    def sockets(self, on):
        lines = self.do(on, "cat", "/proc/net/tcp").splitlines()[1:]
        wanted = f":{int(PORT):04X}"
        return [w[3] for w in map(str.split, lines) if w[1].endswith(wanted) or w[2].endswith(wanted)]

    def outstanding(self, on):
        """The number of bytes sent and not acknowledged, in all connections of one host."""
        lines = [line.split() for line in self.do(on, "cat", "/proc/net/tcp").splitlines()[1:]]
        return sum(int(words[4].split(":")[0], 16) for words in lines if words[3] != "0A")

    def receive(self, on, *options):
        """Starts labkit's receiver; returns once it listens."""
        receiver = self.start(on, "labkit", "receive", *options)
        wait_until("a listening receiver", lambda: "0A" in self.sockets(on))
        return receiver

    def send(self, on, text, *options, to=None, expect=0):
        other = "guest" if on == "host" else "host"
        to = to or ADDRESSES[other]
        self.do(on, "labkit", "send", "--to", to, f"--message={text}", *options, expect=expect)

    def exchange(self, sender, text):
        """One message with labkit on both sides."""
        receiver = self.receive("guest" if sender == "host" else "host")
        self.send(sender, text)
        if receiver.wait() != 0:
            raise Failed("the receiver failed")

    def settle(self):
        """Waits until no connection can send a packet any more."""
        wait_until("the end of all connections", lambda: all(
            state in OVER for on in ("host", "guest") for state in self.sockets(on)))

    def no_offload(self):
        """From now on the adapters carry what a real cable would: whole checksums, and no segment above the MTU."""
        for on, adapter in ADAPTERS.items():
            self.do(on, "ethtool", "-K", adapter, "tso", "off", "gso", "off", "gro", "off", "tx", "off")

    def router(self, on, address):
        """Makes a host forward packets to a new network that has no other machine."""
        self.do(on, "ip", "link", "add", "inside", "type", "veth", "peer", "name", "far")
        self.do(on, "ip", "address", "add", address, "dev", "inside")
        for adapter in ("inside", "far"):
            self.do(on, "ip", "link", "set", adapter, "up")
        self.do(on, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def slow_cable(self):
        """Puts a program between the two adapters that can delay and lose frames: `tests/peers/cable.py`."""
        cable = self.talk("guest", "unshare", "--net", "python3", str(PEERS / "cable.py"))
        cable.read()
        macs = {on: self.mac(on) for on in ADAPTERS}
        # Deleting one end deletes both.
        self.do("host", "ip", "link", "delete", ADAPTERS["host"])
        for on, adapter in ADAPTERS.items():
            peer = ["peer", "name", f"to-{on}", "netns", str(cable.process.pid)]
            self.do(on, "ip", "link", "add", adapter, "address", macs[on], "type", "veth", *peer)
            self.do(on, "ip", "address", "add", f"{ADDRESSES[on]}/24", "dev", adapter)
            self.do(on, "ip", "link", "set", adapter, "up")
        self.no_offload()
        cable("plug to-host to-guest")
        for on, adapter in ADAPTERS.items():
            wait_until("the cable", lambda: " state UP " in self.do(on, "ip", "-o", "link", "show", "dev", adapter))
        return cable

    def mac(self, on):
        return self.do(on, "ip", "-o", "link", "show", "dev", ADAPTERS[on]).split("link/ether ")[1].split()[0]

    def know_neighbours(self):
        """Each host knows the other's hardware address: no ARP while frames are lost or counted."""
        for on, other in (("host", "guest"), ("guest", "host")):
            self.do(on, "ip", "neighbour", "replace", ADDRESSES[other], "lladdr", self.mac(other),
                    "dev", ADAPTERS[on], "nud", "permanent")


class Sniff:
    """labkit's capture on one of the adapters, from its first to its last line."""

    def __init__(self, stage, file, on="guest", adapter=None, filter=None, context=False, roles=ADDRESSES):
        roles = ["--host", roles["host"], "--guest", roles["guest"]] if filter is None else []
        roles += ["--context"] if context else []
        words = ["labkit", "sniff", "-q", "--force", "-i", adapter or ADAPTERS[on], "-w", str(file), *roles]
        self.stage, self.on, self.words = stage, on, words + ([filter] if filter else [])

    def __enter__(self):
        self.program = self.stage.start(self.on, *self.words, stderr=subprocess.PIPE)
        line = self.program.stderr.readline()
        if "capturing on" not in line:
            raise Failed(line)
        return self

    def stop(self):
        self.program.send_signal(signal.SIGINT)
        rest = self.program.stderr.read()
        if self.program.wait() != 0:
            raise Failed(rest)

    def __exit__(self, kind, *_):
        if kind is None and self.program.poll() is None:
            self.stage.settle()
            self.stop()
