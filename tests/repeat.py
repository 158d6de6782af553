#!/usr/bin/env python3
"""Runs tests again and again, every second time while other programs keep all processors busy, and names those that failed.

    tests/repeat.py [--runs 20] [--busy 2] [-- CARGO-TEST-ARGUMENTS...]

Without arguments for cargo the whole suite runs; `-- --test sniff` or `-- --lib` runs a part of it. `--busy` is the
number of programs that compute meanwhile, the number of processors unless it is given. The output of a run that failed
is kept in target/repeat. Exit status 1 if any run failed.
"""

import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
KEPT = PROJECT / "target" / "repeat"


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="how often [default: 20]")
    parser.add_argument("--busy", type=int, default=os.cpu_count(), help="programs that compute in every second run")
    parser.add_argument("cargo", nargs="*", help="arguments of cargo test, behind --")
    return parser.parse_args()


class Load:
    """Programs that only compute, until the end of the `with` block."""

    def __init__(self, count):
        self.count, self.programs = count, []

    def __enter__(self):
        # Each ends by itself when this script ends, because its standard input is then closed.
        script = "import select, sys\nwhile not select.select([sys.stdin], [], [], 0)[0]: sum(range(1000))"
        for _ in range(self.count):
            self.programs.append(subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE))

    def __exit__(self, *_):
        for program in self.programs:
            program.stdin.close()
            program.wait()


def run(arguments, busy):
    """Runs the tests once; returns their output, the names of those that failed, and whether the run succeeded."""
    command = ["cargo", "test", "--no-fail-fast", *arguments]
    with Load(busy):
        done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    failed = re.findall(r"^test (.*) \.\.\. FAILED$", done.stdout, re.M)
    return done.stdout, failed, done.returncode == 0


def main():
    args = options()
    subprocess.run(["cargo", "test", "--no-run", "--quiet", *args.cargo], cwd=PROJECT, check=True)
    failures, bad = collections.Counter(), 0
    for number in range(1, args.runs + 1):
        busy = args.busy if number % 2 == 0 else 0
        begun = time.monotonic()
        output, failed, well = run(args.cargo, busy)
        load = f"{busy} busy programs" if busy else "no other load"
        took = time.monotonic() - begun
        print(f"run {number} of {args.runs}, {load}, {took:.0f} s: {'passed' if well else ', '.join(failed) or 'failed'}")
        sys.stdout.flush()
        if not well:
            bad += 1
            failures.update(failed or ["(no test by name: see the output)"])
            KEPT.mkdir(parents=True, exist_ok=True)
            (KEPT / f"run-{number}.txt").write_text(output)
    print(f"{args.runs - bad} of {args.runs} runs passed" + (f"; the output of the others is in {KEPT}" if bad else ""))
    for name, times in failures.most_common():
        print(f"{times} times: {name}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
