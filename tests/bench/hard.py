#!/usr/bin/env python3
"""Two tables of the README: how labkit, tshark and tcpdump read bad files, and how labkit, dumpcap and tcpdump capture while
the disk, the file, the adapter or the reader fails.

    cargo build --release && sudo tests/bench/hard.py [--mutants N] [--labkit LABKIT] [files] [faults]

Bad files are copies of this repository's recordings, cut and changed at random with a fixed seed. A program that ends by a
signal or with a panic's status has crashed; one that takes longer than ten seconds hangs. Each fault is caused in a new
network namespace, with the same datagrams.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HANG = 10
DATAGRAMS = 2000


def mutants(count):
    """Captures, and captures with bytes changed, doubled, removed or cut off."""
    chance = random.Random(65432)
    files = sorted((ROOT / "captures").glob("*.pcapng")) + sorted((ROOT / "tests/recordings").glob("*.pcap*"))
    originals = [data for data in (file.read_bytes() for file in files) if len(data) < 200_000]
    for number in range(count):
        data = bytearray(chance.choice(originals))
        for _ in range(chance.choice([1, 3, 10, 100])):
            at = chance.randrange(len(data))
            kind = chance.randrange(5)
            if kind == 0:
                data[at] = chance.randrange(256)
            elif kind == 1:
                data[at:at + 4] = chance.choice([b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\x01\0\0\0"])
            elif kind == 2:
                del data[at:at + chance.randrange(1, 40)]
            elif kind == 3:
                data[at:at] = data[at:at + chance.randrange(1, 400)]
            else:
                data[at] ^= 1 << chance.randrange(8)
            if len(data) < 30:
                break
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)):]
        yield number, bytes(data)


def run(command):
    """Exit status (negative: a signal; None: a hang) and peak memory in kilobytes."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    until = time.monotonic() + HANG
    while time.monotonic() < until:
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, used.ru_maxrss
        time.sleep(0.001)
    child.kill()
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = -9
    return None, used.ru_maxrss


def bad_files(labkit, count):
    programs = {
        "labkit replay -V -x": lambda file: [labkit, "replay", file, "-V", "-x"],
        "labkit answer": lambda file: [labkit, "answer", file],
        "labkit report": lambda file: [labkit, "report", file, "-o", "-"],
        "tshark -V -x": lambda file: ["tshark", "-n", "-r", file, "-V", "-x"],
        "tcpdump -nvvX": lambda file: ["tcpdump", "-nvvX", "-r", file],
    }
    seen = {name: [0, 0, 0, 0] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "bad.pcapng")
        for _, data in mutants(count):
            pathlib.Path(file).write_bytes(data)
            for name, command in programs.items():
                status, memory = run(command(file))
                crashed = status is not None and (status < 0 or status == 101)
                found = seen[name]
                found[0] += 1
                found[1] += crashed
                found[2] += status is None
                found[3] = max(found[3], memory)
    print("| program | bad files | crashes | hangs | peak memory |\n|---|---|---|---|---|")
    for name, (files, crashes, hangs, memory) in seen.items():
        print(f"| `{name}` | {files:,} | {crashes} | {hangs} | {memory / 1024:.0f} MB |", flush=True)


# --- faults -------------------------------------------------------------------------------------------------------


class Stand:
    """A capture on one adapter of a namespace, of the datagrams that are sent over the cable."""

    def __init__(self, folder, make):
        self.folder, self.file = folder, os.path.join(folder, "x.pcapng")
        sh("ip link add a0 type veth peer name b0; ip addr add 10.9.8.1/24 dev a0; ip link set a0 up; ip link set b0 up; "
           "ip neigh replace 10.9.8.2 lladdr 02:00:00:00:00:01 dev a0")
        self.sent = 0
        self.make = make

    def start(self, around=()):
        self.said = open(os.path.join(self.folder, "said"), "w+")
        command = [*around, *self.make(self.file)]
        self.program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.said, stdin=subprocess.DEVNULL)
        time.sleep(1)

    def send(self, count=DATAGRAMS):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for _ in range(count):
                try:
                    out.sendto(b"x" * 1000, ("10.9.8.2", 9999))
                    self.sent += 1
                except OSError:
                    pass
                if self.sent % 50 == 0:
                    time.sleep(0.005)
        time.sleep(1)

    def end(self):
        """Exit status, or None if the program did not end by itself; messages; readable frames; whether the file ends whole."""
        try:
            status = self.program.wait(timeout=3)
        except subprocess.TimeoutExpired:
            status = None
            self.program.send_signal(signal.SIGINT)
            try:
                self.program.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.program.kill()
        self.said.seek(0)
        said = self.said.read()
        read = subprocess.run(["tshark", "-n", "-r", self.file, "-T", "fields", "-e", "frame.number"],
                              capture_output=True, text=True)
        whole = "cut short" not in read.stderr and "appears to" not in read.stderr and os.path.exists(self.file)
        return status, said, len(read.stdout.splitlines()), whole


def sh(script):
    subprocess.run(["sh", "-ec", script], check=True, stderr=subprocess.DEVNULL)


def limited(stand):
    stand.start(["prlimit", "--fsize=500000"])
    stand.send()


def full(stand):
    sh(f"mount -t tmpfs -o size=500k none {stand.folder}")
    stand.start()
    stand.send()


def removed(stand):
    stand.start()
    stand.send(DATAGRAMS // 2)
    shutil.copy(stand.file, stand.file + ".kept")
    os.remove(stand.file)
    stand.send(DATAGRAMS // 2)


def killed(stand):
    stand.start()
    stand.send()
    stand.program.kill()


def gone(stand):
    stand.start()
    stand.send(DATAGRAMS // 2)
    sh("ip link del a0")
    time.sleep(1)


def off_and_on(stand):
    stand.start()
    stand.send(DATAGRAMS // 2)
    sh("ip link set a0 down; ip link set a0 up; ip neigh replace 10.9.8.2 lladdr 02:00:00:00:00:01 dev a0")
    time.sleep(1)
    stand.send(DATAGRAMS // 2)


def without_reader(stand):
    os.mkfifo(stand.file)
    stand.start()
    time.sleep(4)


FAULTS = [
    ("the disk is full (500 kB)", full),
    ("the file may have 500 kB (RLIMIT_FSIZE)", limited),
    ("the file is removed meanwhile", removed),
    ("SIGKILL a second after the last frame", killed),
    ("the adapter is removed", gone),
    ("the adapter is switched off and on", off_and_on),
    ("a pipe that nothing reads", without_reader),
]


def one_fault(labkit, number, who):
    filters = ["udp", "and", "port", "9999"]
    programs = {
        "labkit": lambda file: [labkit, "sniff", "-q", "--no-exchange", "-i", "a0", "-w", file, *filters],
        "dumpcap": lambda file: ["dumpcap", "-q", "-i", "a0", "-w", file, "-f", " ".join(filters)],
        "tcpdump": lambda file: ["tcpdump", "-q", "-U", "-Z", "root", "-i", "a0", "-w", file, *filters],
    }
    name, make = FAULTS[number]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        stand = Stand(folder, programs[who])
        make(stand)
        if make is without_reader:
            ended = stand.program.poll()
            stand.program.kill()
            stand.said.seek(0)
            last = stand.said.read().strip().splitlines()[-1:]
            print("waits without a word" if ended is None else f"ends, exit {ended}: {last[0] if last else ''}"[:110])
            return
        status, said, frames, whole = stand.end()
        if make is killed:
            end = "ended by the kill"
        else:
            end = f"exit {status}" if status is not None else "goes on until Ctrl-C"
        counted = f", {stand.sent - frames} not in it" if stand.sent > frames else ""
        told = ""
        words = [w for w in ("File too large", "No space", "was removed", "has gone", "switched off", "file size limit",
                             "not enough", "disappeared", "no longer", "went down") if w in said]
        if words:
            lost = re.search(r"(\d+) lost", said)
            told = f"; says “{words[0]}”" + (f" and that {lost[1]} are lost" if lost else "")
        file = f"{frames} of {stand.sent} frames readable{counted}" if os.path.exists(stand.file) else "no file any more"
        print(f"{end}{told}; {file}{'' if whole or not os.path.exists(stand.file) else ', the last one cut'}")
        if make is full:
            sh(f"umount -l {folder}")


def faults(labkit):
    print("| fault | `labkit sniff -w` | `dumpcap` | `tcpdump -U -w` |\n|---|---|---|---|")
    for number, (name, _) in enumerate(FAULTS):
        cells = []
        for who in ("labkit", "dumpcap", "tcpdump"):
            command = ["unshare", "-n", "-m", sys.executable, __file__, "--labkit", labkit, "--one", f"{number}:{who}"]
            done = subprocess.run(command, capture_output=True, text=True)
            cells.append(done.stdout.strip() or f"not run: {done.stderr.strip().splitlines()[-1:]}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=[])
    parser.add_argument("--labkit", default=str(ROOT / "target/release/labkit"))
    parser.add_argument("--mutants", type=int, default=2000)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        number, who = args.one.split(":")
        return one_fault(args.labkit, int(number), who)
    what = args.what or ["files", "faults"]
    if "files" in what:
        bad_files(args.labkit, args.mutants)
    if "faults" in what:
        faults(args.labkit)


if __name__ == "__main__":
    main()
