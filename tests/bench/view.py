#!/usr/bin/env python3
"""Measures `labkit view`: time to the first screen and to the end of the index, memory, and how soon a key is answered.

    cargo build --release && tests/bench/view.py [--frames 2000000 10000000] [--rounds 3] > table.md
    sudo tests/bench/view.py --live [--pps 100000] [--seconds 20]

Without --live: on files of these sizes, beside termshark and tshark, if these are installed. Each program runs on a
pseudo-terminal of 120 columns and 40 rows. "First screen" is when it shows the first packet; "whole" is when it has read the
whole file; memory is the most that the program and its children had together.
With --live: packets come in over a veth pair while the script presses keys (tcpreplay is needed).
"""

import argparse
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

import live
import make_capture

PROJECT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS, ROWS = 120, 40
# Seconds after which a measurement is given up.
PATIENCE = 300


def is_character(some):
    try:
        return len(some.decode()) == 1 and some[0] != 0x1B
    except UnicodeDecodeError:
        return False


class Screen:
    """As much of a terminal as `labkit view` needs: a program that draws only what has changed."""

    def __init__(self):
        self.rows = [[" "] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.rest = b""

    def show(self, output):
        # The output so far may end inside an escape sequence or a character.
        output = self.rest + output
        cut = re.search(rb"(\x1b[^A-Za-z]*|[\xc0-\xff][\x80-\xbf]{0,2})$", output)
        end = cut.start() if cut and not is_character(cut[0]) else len(output)
        output, self.rest = output[:end], output[end:]
        for part in re.finditer(rb"\x1b\[([?\d;]*)([A-Za-z])|([^\x1b]+)", output):
            numbers, letter, text = part.groups()
            if text:
                for character in text.decode(errors="replace"):
                    if character >= " " and self.row < ROWS and self.column < COLUMNS:
                        self.rows[self.row][self.column] = character
                        self.column += 1
            elif letter == b"H":
                row, _, column = numbers.partition(b";")
                self.row, self.column = int(row or 1) - 1, int(column or 1) - 1
            elif letter == b"J":
                self.rows = [[" "] * COLUMNS for _ in range(ROWS)]

    def text(self):
        return "\n".join("".join(row) for row in self.rows)


class Terminal:
    """A program on a pseudo-terminal, and its output so far."""

    def __init__(self, command, **environment):
        self.begun = time.monotonic()
        self.out = b""
        self.screen = Screen()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.environ.update(TERM="xterm-256color", **environment)
            os.execvp(command[0], command)

    def read(self, patience):
        """Reads the output that has come; whether there was any within `patience` seconds."""
        if not select.select([self.master], [], [], patience)[0]:
            return False
        try:
            output = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.out = (self.out + output)[-(1 << 20) :]
        self.screen.show(output)
        # Some programs ask what kind of terminal this is, and wait for an answer.
        if b"\x1b[6n" in self.out:
            self.out = self.out.replace(b"\x1b[6n", b"")
            os.write(self.master, b"\x1b[1;1R")
        return True

    def until(self, wanted, what):
        """Waits until `wanted` holds, and returns the seconds since the start of the program."""
        while not wanted():
            if time.monotonic() - self.begun > PATIENCE:
                self.end()
                raise TimeoutError(what)
            self.read(1)
        return time.monotonic() - self.begun

    def shows(self, text):
        return text in self.screen.text()

    def press(self, keys):
        os.write(self.master, keys)
        return time.monotonic()

    def family(self):
        """The ids of the program and of all processes that it has started."""
        found, fresh = set(), {self.pid}
        while fresh:
            found |= fresh
            fresh = {child for pid in fresh for child in children(pid)} - found
        return found

    def memory(self):
        """Resident memory of the program and its children together, in KB."""
        return sum(resident(pid) for pid in self.family())

    def end(self):
        family = self.family()
        for pid in family:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self.read(0.02)
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self.master)


def children(pid):
    try:
        tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        return {int(child) for task in tasks for child in (task / "children").read_text().split()}
    except OSError:
        return set()


def resident(pid):
    try:
        found = re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) if found else 0
    except OSError:
        return 0


def threads(pid):
    try:
        return {(task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}
    except OSError:
        return set()


def seat(labkit, capture):
    """`labkit view`: the file is whole when the thread that fills the index has ended."""
    terminal, most = Terminal([labkit, "view", capture]), 0
    first = terminal.until(lambda: terminal.shows("Details of packet 1"), "the first screen")
    while {"index"} & threads(terminal.pid):
        terminal.read(0.005)
        most = max(most, terminal.memory())
    whole = time.monotonic() - terminal.begun
    # The memory includes that of jumps to the end, to the middle, and back.
    for keys in (b"G", b"g1000\r", b"\x1b[H"):
        terminal.press(keys)
        while terminal.read(0.3) and time.monotonic() - terminal.begun < PATIENCE:
            most = max(most, terminal.memory())
    most = max(most, terminal.memory())
    terminal.end()
    return first, whole, most


def termshark(capture, home):
    """termshark: the file is whole when none of its tshark processes runs any more."""
    terminal = Terminal(["termshark", "-r", capture], XDG_CONFIG_HOME=home, XDG_CACHE_HOME=home, HOME=home)
    first = terminal.until(lambda: re.search(rb"192\.168\.\d+\.\d+", terminal.out), "termshark's first screen")
    most, quiet = 0, None
    while quiet is None or time.monotonic() - quiet < 2:
        terminal.read(0.02)
        most = max(most, terminal.memory())
        if children(terminal.pid):
            quiet = None
        elif quiet is None:
            quiet = time.monotonic()
        if time.monotonic() - terminal.begun > PATIENCE:
            break
    whole = (quiet or time.monotonic()) - terminal.begun
    terminal.end()
    return first, whole, most


def tshark(capture):
    """tshark's list: times of its first row and of its end."""
    begun, most = time.monotonic(), 0
    with subprocess.Popen(["tshark", "-n", "-r", capture], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        os.read(child.stdout.fileno(), 1)
        first = time.monotonic() - begun
        while os.read(child.stdout.fileno(), 1 << 16):
            most = max(most, resident(child.pid))
    return first, time.monotonic() - begun, most


def files(args):
    """The table of files."""
    programs = {"`labkit view`": lambda capture, _: seat(args.labkit, capture)}
    if shutil.which("termshark") and shutil.which("tshark"):
        programs["termshark"] = termshark
    if shutil.which("tshark"):
        programs["`tshark`, the list"] = lambda capture, _: tshark(capture)
    print("| frames | program | first screen | whole | memory |\n|---|---|---|---|---|")
    for frames in args.frames:
        capture = pathlib.Path(tempfile.gettempdir()) / f"labkit-bench-{frames}.pcapng"
        if not capture.exists():
            make_capture.make(capture, frames)
        for name, measure in programs.items():
            try:
                # Processes that the program has started may still write there.
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
                    runs = [measure(str(capture), home) for _ in range(args.rounds)]
            except TimeoutError:
                print(f"| {frames:,} | {name} | more than {PATIENCE} s | | |", flush=True)
                continue
            first, whole, memory = (statistics.median(figures) for figures in zip(*runs))
            print(f"| {frames:,} | {name} | {first:.3f} s | {whole:.2f} s | {memory / 1024:,.0f} MB |", flush=True)


def keys(args):
    """Presses keys while packets come in."""
    capture = pathlib.Path(tempfile.gettempdir()) / "labkit-bench-200000.pcapng"
    if not capture.exists():
        make_capture.make(capture, 200_000)
    loops = max(1, args.pps * args.seconds // 200_000)
    replay = ["tcpreplay", f"--pps={args.pps}", f"--loop={loops}", "--preload-pcap", "-i", "out", str(capture)]
    with live.two_namespaces():
        view = ["ip", "netns", "exec", live.FAR, args.labkit, "view", "-i", "in"]
        terminal = Terminal(view)
        terminal.until(lambda: terminal.shows("capturing"), "the capture")
        with subprocess.Popen(["ip", "netns", "exec", live.NEAR, *replay], stdout=subprocess.PIPE, text=True) as sender:
            terminal.until(lambda: terminal.shows("Details of packet"), "the first packet")
            waits = []
            while sender.poll() is None:
                for pressed, shown in ((b"?", "Ctrl-B Ctrl-F"), (b"\x1b", "Details of packet")):
                    begun = terminal.press(pressed)
                    while not terminal.shows(shown):
                        terminal.read(0.5)
                        if time.monotonic() - begun > PATIENCE:
                            sys.exit(f"no answer to {pressed!r}")
                    waits.append(1000 * (time.monotonic() - begun))
                # Reads the output that comes without a key.
                until = time.monotonic() + 0.1
                while time.monotonic() < until:
                    terminal.read(0.02)
            sent = re.search(r"Actual: (\d+) packets .* sent in ([\d.]+) seconds", sender.stdout.read())
        # Time for the frames on their way.
        until = time.monotonic() + 3
        while time.monotonic() < until:
            terminal.read(0.1)
        terminal.press(b"x")
        terminal.until(lambda: terminal.shows("received"), "the end of the capture")
        memory = terminal.memory()
        said = re.search(r"(\d+) frames? received, (\d+) dropped", terminal.screen.text())
        terminal.end()
    rate = int(sent[1]) / float(sent[2])
    waits.sort()
    print("| frames sent | a second | received | dropped | keys | median | slowest | memory |\n|---|---|---|---|---|---|---|---|")
    print(
        f"| {int(sent[1]):,} | {rate:,.0f} | {int(said[1]):,} | {int(said[2]):,} | {len(waits)} "
        f"| {statistics.median(waits):.1f} ms | {waits[-1]:.1f} ms | {memory / 1024:,.0f} MB |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, nargs="+", default=[2_000_000, 10_000_000], help="frames of the files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--live", action="store_true", help="press keys while packets come in; needs root")
    parser.add_argument("--pps", type=int, default=100_000, help="packets a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--labkit", default=str(PROJECT / "target/release/labkit"))
    args = parser.parse_args()
    if not shutil.which(args.labkit):
        sys.exit(f"there is no {args.labkit}; cargo build --release makes it")
    if args.live:
        if os.geteuid() != 0 or not shutil.which("tcpreplay"):
            sys.exit("--live needs root and tcpreplay")
        keys(args)
    else:
        files(args)


if __name__ == "__main__":
    main()
