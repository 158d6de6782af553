#!/usr/bin/env python3
"""Measures `labkit check` on a class: makes hand-ins, each with a recording of its own and a sheet, and times the table.

    cargo build --release && tests/bench/hand_ins.py [--students 200] [--rounds 5] [--labkit target/release/labkit]

Half of the hand-ins are folders, half are archives; every tenth has a copy of another student's capture. The sheets are
those of tests/check/sheets/class in turn. Prints the median, the fastest and the slowest round, and the most memory.
"""

import argparse
import gzip
import io
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tarfile
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SHEETS = sorted(p for p in (PROJECT / "tests/check/sheets/class").iterdir() if p.suffix in (".md", ".txt", ".docx", ".odt") and p.stem != "README")


def recording(original, student):
    """The capture with other ephemeral ports and sequence numbers: another run of the same programs."""
    data, at, out = bytearray(original), 0, b""
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            captured = struct.unpack_from("<I", data, at + 20)[0]
            tcp = at + 28 + 14 + 20
            if captured >= 54 and data[at + 28 + 12:at + 28 + 14] == b"\x08\x00" and data[at + 28 + 23] == 6:
                source, target, seq, ack = struct.unpack_from(">HHII", data, tcp)
                source, target = (p if p == 65432 else 32768 + (p * 7 + student * 31) % 28000 for p in (source, target))
                shift = (student * 2654435761) % 2**32
                struct.pack_into(">HHII", data, tcp, source, target, (seq + shift) % 2**32, (ack + shift) % 2**32 if ack else 0)
        out += bytes(data[at:at + length])
        at += length
    return out


def make(folder, students):
    original = (PROJECT / "captures/capture1.pcapng").read_bytes()
    for n in range(students):
        sheet = SHEETS[n % len(SHEETS)]
        files = {
            "communication.py": b"print('hello')\n" * 200,
            "capture1.pcapng": recording(original, n - 1 if n % 10 == 9 else n),
            "answers" + sheet.suffix: sheet.read_bytes(),
        }
        name = f"student-{n:03}"
        if n % 2:
            with gzip.open(folder / f"{name}.tar.gz", "wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
                for path, content in files.items():
                    entry = tarfile.TarInfo(f"{name}/{path}")
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
        else:
            (folder / name).mkdir()
            for path, content in files.items():
                (folder / name / path).write_bytes(content)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--labkit", default=str(PROJECT / "target/release/labkit"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / "class"
        folder.mkdir()
        make(folder, args.students)
        times, most = [], 0
        for _ in range(args.rounds):
            begin = time.monotonic()
            process = subprocess.Popen([args.labkit, "check", str(folder), "--format", "json"], stdout=subprocess.PIPE)
            said = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            times.append(time.monotonic() - begin)
            most = max(most, usage.ru_maxrss)
            if os.waitstatus_to_exitcode(status) not in (0, 1) or said.count(b'"folder"') < args.students:
                sys.exit(f"labkit did not check all {args.students} hand-ins")
        print(f"{args.students} hand-ins: median {statistics.median(times):.2f} s, from {min(times):.2f} to {max(times):.2f} s, {most // 1024} MB")


if __name__ == "__main__":
    main()
