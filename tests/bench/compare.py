#!/usr/bin/env python3
"""Measures labkit against the programs that do the same work, and prints a Markdown table.

    cargo build --release && tests/bench/compare.py [--frames 2000000] [--rounds 5] > table.md

All programs take turns on the same file, several rounds; the table has the median of the elapsed time, how many times faster
labkit was, and its greatest memory. A program that is not installed, or cannot do the work, is left out. Before each run
the script reads the capture once and syncs the disk, so that the programs are compared and not the disk.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import make_capture

PROJECT = pathlib.Path(__file__).resolve().parents[2]
TEXT, PORT = 'tcp contains "green eggs"', "tcp.port == 443 and tcp.len > 0"


def works(labkit, big, small, out):
    """Each kind of work: its name, labkit's command, the other programs' commands, the number of repetitions."""
    t = ["tshark", "-n", "-r"]
    yield "start: `--version`", [labkit, "--version"], [["tshark", "--version"], ["tcpdump", "--version"]], 10
    yield "a small capture", [labkit, "replay", small], [[*t, small], ["tcpdump", "-n", "-r", small]], 10
    reading = [["cat", big], ["capinfos", "-c", big], ["tcpdump", "-r", big, "-w", out]]
    yield "the list", [labkit, "replay", big], [["tcpdump", "-n", "-r", big], [*t, big], *reading], 1
    for text in (TEXT, PORT):
        # grep stops at the first matching line if its output is /dev/null, so it gets a pipe.
        grep = ["sh", "-c", 'grep -c -a "green eggs" "$0" | cat', big]
        yield f"`-Y '{text}'`", [labkit, "replay", big, "-Y", text], [[*t, big, "-Y", text], grep], 1
    bpf = "tcp port 443"
    copy = [labkit, "replay", big, "-w", out, "--force", bpf]
    yield f"`'{bpf}' -w`", copy, [["tcpdump", "-r", big, "-w", out, bpf]], 1
    for command in ("answer", "exchange", "conversations"):
        yield f"`{command}`", [labkit, command, big], [], 1


def settle(file):
    """Waits until all writes have reached the disk, and reads the file into the page cache."""
    os.sync()
    with open(file, "rb", buffering=0) as f:
        while f.read(1 << 20):
            pass


def measure(command, repeats):
    """Seconds for each run, and the largest resident set in bytes; None when the program fails."""
    begun = time.perf_counter()
    largest = 0
    for _ in range(repeats):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        largest = max(largest, usage.ru_maxrss * 1024)
        if child.returncode != 0:
            return None
    return (time.perf_counter() - begun) / repeats, largest


def rounds(file, commands, repeats, count):
    """Runs the commands on the file in turn; returns the median time and the largest memory of each that succeeds."""
    runs = {index: [] for index in range(len(commands))}
    for _ in range(count):
        for index, command in enumerate(commands):
            if index in runs:
                settle(file)
                result = measure(command, repeats)
                if result is None:
                    del runs[index]
                else:
                    runs[index].append(result)
    return {i: (statistics.median(t for t, _ in r), max(m for _, m in r)) for i, r in runs.items()}


def seconds(n):
    return f"{n:.2f} s" if n >= 0.1 else f"{n * 1000:.1f} ms"


def memory(n):
    return f"{n / (1 << 20):.0f} MiB"


def row(file, work, labkit, peers, repeats, count):
    """One row of the table, or None when labkit cannot do it."""
    peers = [peer for peer in peers if shutil.which(peer[0])]
    results = rounds(file, [labkit, *peers], repeats, count)
    if 0 not in results:
        return None
    own, most = results[0]
    cells = []
    for index, peer in enumerate(peers, 1):
        if index in results:
            taken, used = results[index]
            name = ("grep" if peer[0] == "sh" else peer[0]) + (" -w" if "-w" in peer else "")
            cells.append(f"{name} {seconds(taken)}, {memory(used)}: {taken / own:.1f} ×")
    return f"| {work} | {seconds(own)} | {memory(most)} | {' · '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=2_000_000, help="frames of the file that is made")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--file", help="measure this capture instead of making one")
    parser.add_argument("--labkit", default=str(PROJECT / "target/release/labkit"))
    parser.add_argument("--only", action="append", help="only work whose name contains this; may be given several times")
    args = parser.parse_args()
    if not shutil.which(args.labkit):
        sys.exit(f"{args.labkit}: there is no such program. `cargo build --release` makes it, or name one with --labkit")
    # The capture stays in the temporary folder, so that the next measurement need not make it again.
    folder = pathlib.Path(tempfile.gettempdir())
    big = pathlib.Path(args.file) if args.file else folder / f"labkit-bench-{args.frames}.pcapng"
    if not big.exists():
        part = big.with_suffix(f".{os.getpid()}")
        make_capture.make(part, args.frames)
        part.rename(big)
    small = PROJECT / "captures/capture1.pcapng"
    print(f"{big.stat().st_size / 1e6:.0f} MB, {args.rounds} rounds, {os.cpu_count()} processors\n")
    print("| work | labkit | its memory | others, and how many times faster labkit is |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as out:
        for work, labkit, peers, repeats in works(args.labkit, str(big), str(small), f"{out}/out.pcapng"):
            if args.only and not any(part in work for part in args.only):
                continue
            line = row(big, work, labkit, peers, repeats, args.rounds)
            if line:
                print(line, flush=True)


if __name__ == "__main__":
    main()
