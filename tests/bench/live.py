#!/usr/bin/env python3
"""Measures how many frames tcpdump and labkit lose live, while tcpreplay sends over a veth pair as fast as it can.

    cargo build --release && sudo tests/bench/live.py [--frames 2000000] > table.md

Each program captures while tcpreplay --topspeed sends the same file, in network namespaces that are made and removed.
The rows go to a pipe; in the last run the reader takes nothing from it for ten seconds. `tcpreplay` and `ethtool` are needed.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import make_capture

PROJECT = pathlib.Path(__file__).resolve().parents[2]
NAME = f"lkb{os.getpid()}"
NEAR, FAR = f"{NAME}a", f"{NAME}b"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


@contextlib.contextmanager
def two_namespaces():
    """A veth pair between two namespaces; frames sent into `out` of one come in at `in` of the other."""
    try:
        for name in (NEAR, FAR):
            ip("netns", "add", name)
        ip("link", "add", "out", "netns", NEAR, "type", "veth", "peer", "name", "in", "netns", FAR)
        ip("-n", NEAR, "link", "set", "out", "up")
        ip("-n", FAR, "link", "set", "in", "up")
        time.sleep(0.5)
        yield
    finally:
        for name in (NEAR, FAR):
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)


def send(capture):
    """Sends the file, and returns frames per second by tcpreplay's own count."""
    command = ["ip", "netns", "exec", NEAR, "tcpreplay", "--topspeed", "--preload-pcap", "-i", "out", capture]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"tcpreplay failed: {done.stderr.strip()}")
    sent = re.search(r"Actual: (\d+) packets .* sent in ([\d.]+) seconds", done.stdout)
    return int(sent[1]), int(sent[1]) / float(sent[2])


def drain(pipe, pause, counted):
    """Reads rows from a pipe, after a pause, and counts them."""
    time.sleep(pause)
    while block := pipe.read(1 << 16):
        counted[0] += block.count(b"\n")


def run(command, capture, pause=0):
    """Captures with `command` while the file is sent; returns frames sent, their rate, rows printed, and messages."""
    full = ["ip", "netns", "exec", FAR, *command]
    with subprocess.Popen(full, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        rows, said = [0], []
        threads = [
            threading.Thread(target=drain, args=(child.stdout, pause, rows)),
            threading.Thread(target=lambda: said.append(child.stderr.read().decode(errors="replace"))),
        ]
        for thread in threads:
            thread.start()
        time.sleep(1)
        begun = time.monotonic()
        sent, rate = send(capture)
        # Time for the frames on their way, and until the end of the reader's pause.
        time.sleep(max(2, pause + 2 - (time.monotonic() - begun)))
        child.send_signal(signal.SIGINT)
        for thread in threads:
            thread.join()
        child.wait()
    return sent, rate, rows[0], said[0]


def frames_in(file):
    """Frames in a capture file, by walking its blocks."""
    size, count = os.path.getsize(file), 0
    with open(file, "rb") as capture:
        while capture.tell() < size:
            head = capture.read(8)
            count += int.from_bytes(head[:4], "little") == 6
            capture.seek(int.from_bytes(head[4:], "little") - 8, os.SEEK_CUR)
    return count


def row(what, sent, rate, kept, rows):
    lost = 100 * (sent - kept) / sent
    print(f"| {what} | {rate:,.0f} | {sent - kept:,} of {sent:,} ({lost:.1f} %) | {rows:,} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=2_000_000, help="frames of the file that is sent")
    parser.add_argument("--labkit", default=str(PROJECT / "target/release/labkit"))
    args = parser.parse_args()
    missing = [tool for tool in ("ip", "tcpreplay", args.labkit) if not shutil.which(tool)]
    if missing or os.geteuid() != 0:
        sys.exit(f"needs root and {', '.join(missing) or 'nothing else'}")
    capture = pathlib.Path(tempfile.gettempdir()) / f"labkit-bench-{args.frames}.pcapng"
    if not capture.exists():
        make_capture.make(capture, args.frames)
    print("| program | frames a second | frames lost | rows printed |\n|---|---|---|---|")
    with two_namespaces(), tempfile.TemporaryDirectory() as folder:
        if shutil.which("tcpdump"):
            sent, rate, rows, said = run(["tcpdump", "-n", "-i", "in", "tcp"], str(capture))
            lost = re.search(r"(\d+) packets dropped by kernel", said)
            row("`tcpdump -n`", sent, rate, sent - int(lost[1]), rows)
        for what, pause in (("`labkit sniff -w`", 0), ("`labkit sniff -w`, its list not read for 10 s", 10)):
            out = f"{folder}/{pause}.pcapng"
            sniff = [args.labkit, "sniff", "-i", "in", "--no-exchange", "-w", out, "tcp"]
            sent, rate, rows, said = run(sniff, str(capture), pause)
            row(what, sent, rate, frames_in(out), rows)
            print(said.strip(), file=sys.stderr)


if __name__ == "__main__":
    main()
