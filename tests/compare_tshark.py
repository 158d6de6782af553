#!/usr/bin/env python3
"""Compares labkit's packet list with that of tshark, column by column.

    python3 tests/compare_tshark.py [--labkit BINARY] [--filter TSHARK-FILTER] [--show N] FILE...

Prints agreement as N/M for each column, and each disagreement (at most N for each file). Exit status 1 if there are any.
`--filter` limits the comparison to the packets that tshark's display filter accepts.
"""

import argparse
import json
import subprocess
import sys

COLUMNS = ["source", "destination", "protocol", "length", "info", "path"]


def run(command):
    """The lines of a command's standard output; its status is ignored, since both programs fail after a damaged capture."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=600)
    return done.stdout.decode("utf-8", "replace").split("\n")


def from_tshark(path, display_filter):
    fields = ["frame.number", "_ws.col.Source", "_ws.col.Destination", "_ws.col.Protocol", "frame.len"]
    fields += ["_ws.col.Info", "frame.protocols"]
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=a"]
    for field in fields:
        command += ["-e", field]
    if display_filter:
        command += ["-Y", display_filter]
    rows = {}
    for line in run(command):
        cells = line.split("\t")
        if len(cells) == len(fields):
            rows[int(cells[0])] = dict(zip(COLUMNS, cells[1:]))
    return rows


def from_labkit(labkit, path):
    rows = {}
    for line in run([labkit, "replay", path, "--format", "jsonl"]):
        if line:
            row = json.loads(line)
            rows[row["number"]] = {column: str(row.get(column, "")) for column in COLUMNS}
    lines = run([labkit, "replay", path, "--format", "fields", "-e", "frame.number", "-e", "frame.protocols"])
    for line in lines:
        number, _, path_of = line.partition("\t")
        if number.isdigit() and int(number) in rows:
            rows[int(number)]["path"] = path_of
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--labkit", default="target/debug/labkit")
    parser.add_argument("--filter", default="")
    parser.add_argument("--show", type=int, default=10)
    options = parser.parse_args()
    same = dict.fromkeys(COLUMNS, 0)
    total = 0
    for path in options.files:
        theirs = from_tshark(path, options.filter)
        ours = from_labkit(options.labkit, path)
        shown = 0
        for number, row in theirs.items():
            total += 1
            mine = ours.get(number, {})
            for column in COLUMNS:
                if mine.get(column) == row[column]:
                    same[column] += 1
                elif shown < options.show:
                    shown += 1
                    print(f"{path}:{number} {column}\n    tshark {row[column]!r}\n    labkit {mine.get(column)!r}")
    for column in COLUMNS:
        print(f"{column}: {same[column]}/{total}")
    sys.exit(0 if all(n == total for n in same.values()) else 1)


if __name__ == "__main__":
    main()
