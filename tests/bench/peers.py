#!/usr/bin/env python3
"""How many peers `labkit receive` serves, and at what cost: the table of the README's section about peers.

    cargo build --release && tests/bench/peers.py [LABKIT]

Loopback only; each case is bounded in number and time. The senders are `tests/peers/crowd.py`. Memory and descriptors are
the highest values while a case ran.
"""

import json
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CASES = [
    ("one message", ["--at-once", "1"]),
    ("200 at once", ["--at-once", "200"]),
    ("10,000 one after the other", ["--in-turn", "10000"]),
    ("50 at once, among 3 silent ones", ["--silent", "3", "--at-once", "50"]),
    ("50 at once, among 200 silent ones", ["--silent", "200", "--at-once", "50"]),
    ("50 at once, among 100 hostile ones", ["--hostile", "100", "--at-once", "50"]),
    ("50 at once, among 400 silent ones, who are more than there are places", ["--silent", "400", "--at-once", "50"]),
]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Watch(threading.Thread):
    """Watches a process, and keeps its highest memory, descriptors and threads."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.proc, self.descriptors, self.threads, self.memory, self.over = pathlib.Path(f"/proc/{pid}"), 0, 0, 0, False

    def run(self):
        while not self.over:
            status = dict(line.split(":", 1) for line in (self.proc / "status").read_text().splitlines())
            self.memory = int(status["VmHWM"].split()[0])
            self.threads = max(self.threads, int(status["Threads"]))
            self.descriptors = max(self.descriptors, len(list((self.proc / "fd").iterdir())))
            time.sleep(0.02)


def case(labkit, name, arguments):
    port = free_port()
    receive = [labkit, "receive", "--bind", "127.0.0.1", "--port", str(port), "--count", "0"]
    receiver = subprocess.Popen(receive, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    receiver.stdout.readline()
    shown = threading.Thread(target=lambda: receiver.__dict__.update(text=receiver.stdout.read()))
    shown.start()
    watch = Watch(receiver.pid)
    watch.start()
    crowd = [sys.executable, str(ROOT / "tests/peers/crowd.py"), str(port), *arguments]
    got = json.loads(subprocess.run(crowd, stdout=subprocess.PIPE, check=True, timeout=600).stdout)
    watch.over = True
    watch.join()
    receiver.send_signal(signal.SIGINT)
    receiver.wait()
    shown.join()
    sent = sum(int(n) for flag, n in zip(arguments, arguments[1:]) if flag in ("--at-once", "--in-turn"))
    whole = receiver.text.count(b"#<<END>># end\nEnd of message.\n")
    print(f"| {name} | {sent} | {got['confirmed']} | {sent - whole} | {got['slowest']:.2f} s | {got['seconds']:.1f} s "
          f"| {watch.memory / 1024:.0f} MB | {watch.descriptors} | {watch.threads} |", flush=True)


def main():
    labkit = (sys.argv + [str(ROOT / "target/release/labkit")])[1]
    print("| peers | sent | confirmed once | not shown | slowest | all | memory | descriptors | threads |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, arguments in CASES:
        case(labkit, name, arguments)


if __name__ == "__main__":
    main()
