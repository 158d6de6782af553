#!/usr/bin/env python3
"""Types filters into the box of pages of `labkit report`, and compares the packets that pass with those of the binary.

    tests/report/filters.py EXPECTED.json

EXPECTED holds pages, and for each of them filters with the numbers of the frames that pass, or with the error: the
message, advice, and the filter that was probably meant.
"""

import json
import pathlib
import signal
import sys

from chromium import browser

APPLY = """(async (filters) => {
  const box = document.getElementById("filter");
  const results = [];
  for (const text of filters) {
    const applied = new Promise((done) => box.addEventListener("applied", (event) => done(event.detail), { once: true }));
    box.value = text;
    box.dispatchEvent(new Event("input"));
    results.push(await applied);
  }
  return results;
})"""


def said(outcome):
    return "no frame" if outcome == {"passed": []} else json.dumps(outcome, ensure_ascii=False)


def main():
    signal.alarm(240)
    differences, compared = [], 0
    for page, filters in json.loads(pathlib.Path(sys.argv[1]).read_text()).items():
        with browser() as chromium:
            chromium.open(pathlib.Path(page))
            found = chromium.js(f"{APPLY}({json.dumps([f['filter'] for f in filters])})")
            errors = [e for e in chromium.events if e.get("method") == "Runtime.exceptionThrown"]
        if errors:
            sys.exit(f"{page}: {errors[0]}")
        for wanted, result in zip(filters, found, strict=True):
            compared += 1
            # Places in the list count from 0, frames from 1.
            ours = {"error": result["error"]} if "error" in result else {"passed": [i + 1 for i in result["passed"]]}
            if result.get("kind") == "text":
                ours = {"text": True}
            theirs = {key: wanted[key] for key in ("passed", "error") if key in wanted}
            if ours != theirs:
                differences.append(f"{pathlib.Path(page).name}: {wanted['filter']}\n    page:   {said(ours)}\n    binary: {said(theirs)}")
    if differences:
        sys.exit(f"{len(differences)} of {compared} differ:\n" + "\n".join(differences[:40]))
    print(f"{compared} agree")


if __name__ == "__main__":
    main()
