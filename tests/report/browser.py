#!/usr/bin/env python3
"""Opens a page of `labkit report` in a real browser without a window and uses it: clicks, keys, the filter, paper.

    tests/report/browser.py PAGE.html [--screenshots DIR]

PAGE is a report on `captures/capture1.pcapng`. What does not behave ends the program with a message and exit status 1.
"""

import argparse
import base64
import pathlib
import signal
import sys

from chromium import PATIENCE, browser, expect

CHOSEN = "document.querySelector('#rows [aria-selected=true] > span')?.textContent"
COUNT = "document.getElementById('count').textContent"
MARKED = "[...document.querySelectorAll('#bytes b.marked')].map((b) => b.dataset.byte)"
WRONG = "document.getElementById('wrong').textContent"
TREE = "document.querySelector('#details [aria-selected=true]')"
LINE = "document.querySelector('#details [aria-selected=true]')?.textContent"


def shown(browser, number):
    browser.wait(f"packet {number}", f"{CHOSEN} === '{number}' && document.querySelector('#details div')?.textContent.startsWith('Frame {number}:')")


def use(browser, screenshots):
    browser.wait("the list", "document.querySelectorAll('#rows .row').length > 10")
    expect("packets", browser.js(COUNT), "All 20 packets")
    shown(browser, 1)
    click_through(browser, screenshots)
    filter_box(browser)
    links(browser)


def click_through(browser, screenshots):
    """Details, bytes and list, by mouse and by keyboard."""
    # The evidence is folded under its answer.
    expect("folded", browser.js("document.querySelectorAll('#answers details').length > 8 && !document.querySelector('#answers details[open]')"), True)
    browser.click("#answer-Q3 summary")
    browser.click("#answer-Q3 a[href='#packet-0-4']")
    shown(browser, 4)
    # The field that proves the claim is open and chosen, and a field marks its bytes: the source port are the first two
    # of TCP, at 34.
    browser.wait("the proof", f"{LINE}?.trim() === 'TCP payload (28 bytes)'")
    browser.click("#details div[title='tcp']")
    expect("bytes of tcp", len(set(browser.js(MARKED))), 32)
    browser.click("#details div[title='tcp.srcport']")
    expect("bytes of tcp.srcport", sorted(set(browser.js(MARKED))), ["0-34", "0-35"])
    # A byte shows its field: the ninth of the IPv4 header is the TTL.
    browser.click("#bytes b[data-byte='0-22']")
    expect("line of byte 22", browser.js(LINE).strip(), "Time to Live: 64")
    expect("its bytes", sorted(set(browser.js(MARKED))), ["0-22"])
    screenshots("light", browser)

    # By keyboard: the bytes, the details, the list.
    browser.js("document.getElementById('bytes').focus()")
    browser.key("ArrowRight")
    expect("next byte", browser.js(LINE).strip(), "Protocol: TCP (6)")
    browser.js("document.getElementById('details').focus()")
    browser.key("ArrowDown")
    expect("next line", browser.js(LINE).strip()[:15], "Header Checksum")
    # As in any tree: left leads to the branch, closes it; right opens it, and leads into it.
    browser.key("ArrowLeft")
    expect("the branch", browser.js(LINE)[:27], "Internet Protocol Version 4")
    browser.key("ArrowLeft")
    expect("closed", browser.js(f"{TREE}.getAttribute('aria-expanded')"), "false")
    browser.key("ArrowRight")
    expect("open", browser.js(f"{TREE}.getAttribute('aria-expanded')"), "true")
    browser.key("ArrowRight")
    expect("the first line inside", browser.js(LINE).strip(), "0100 .... = Version: 4")

    # What is open stays open, and the chosen field stays chosen, from packet to packet.
    browser.js("document.getElementById('list').focus()")
    browser.key("ArrowDown")
    shown(browser, 5)
    browser.wait("the same field", f"{LINE}?.trim() === '0100 .... = Version: 4'")
    expect("what is said of it", browser.js("document.getElementById('summary').innerText.includes('[ACK]')"), True)
    browser.key("End")
    shown(browser, 20)
    expect("the row that a screen reader is told", browser.js("document.getElementById(document.getElementById('list').getAttribute('aria-activedescendant'))?.getAttribute('aria-selected')"), "true")


def filter_box(browser):
    """Filters, texts and nonsense; which packets pass is for `filters.py`."""
    for text, says in (("tcp.flags.syn == 1", "Filter: 4 of 20 packets"), ("tcp.port != 65432", "Filter: 0 of 20 packets"),
                       ("tcp", "Filter: 20 of 20 packets"), ("[PSH, ACK]", "Text in columns and payload: 4 of 20 packets"),
                       ("GUEST OPERATING", "Text in columns and payload: 1 of 20 packets"),
                       ("operating system", "Text in columns and payload: 2 of 20 packets"), ("#<<END>>#", "Text in columns and payload: 2 of 20 packets"),
                       ('"tcp.port == 1"', "Text in columns and payload: 0 of 20 packets"), ("192.168.56.1", "Text in columns and payload: 20 of 20 packets"),
                       ("nothing of the kind", "Text in columns and payload: 0 of 20 packets")):
        browser.type(text)
        browser.wait(f"what the box says to {text}", f"{COUNT} === {says!r}")
    browser.type("tcp.stream == 1")
    browser.wait("a filter", f"{COUNT} === 'Filter: 10 of 20 packets'")
    # A slip is said, and leaves the rows.
    browser.type("ip.addr = 192.168.56.1")
    browser.wait("an error", f"{WRONG}.startsWith(\"'=' has no place here. A comparison is written ==.\")")
    expect("a wrong filter", browser.js("document.getElementById('filter').getAttribute('aria-invalid')"), "true")
    expect("greyed", browser.js("document.getElementById('list').classList.contains('stale')"), True)
    expect("the rows", browser.js("document.querySelectorAll('#rows .row').length"), 10)
    expect("who is told", browser.js("document.getElementById('wrong').getAttribute('role')"), "alert")
    browser.click("#wrong button")
    browser.wait("the filter that was meant", f"{COUNT} === 'Filter: 20 of 20 packets' && {WRONG} === ''")


def links(browser):
    """Links from answers and exchanges: each time, whatever the filter hides, and back again."""
    browser.type("tcp.stream == 1")
    browser.wait("a filter", f"{COUNT} === 'Filter: 10 of 20 packets'")
    browser.click("#exchanges td a[href='#packet-0-6']")
    shown(browser, 6)
    expect("the filter has gone", browser.js(COUNT), "All 20 packets")
    expect("focus", browser.js("document.activeElement.id"), "list")
    browser.js("document.querySelectorAll('#answers details').forEach((d) => (d.open = true))")
    for _ in range(2):
        browser.key("Home")
        shown(browser, 1)
        browser.click("#answers a[href='#packet-0-6'][data-field='tcp.payload']")
        shown(browser, 6)
        browser.wait("the proof", f"{LINE}?.trim().startsWith('TCP payload (9 bytes)')")
        expect("its bytes", len(set(browser.js(MARKED))), 9)
    browser.js("history.back()")
    link = "document.activeElement.matches('#answers a[href=\"#packet-0-6\"][data-field=\"tcp.payload\"]')"
    seen = "(() => { const r = document.activeElement.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()"
    browser.wait("the link again", f"{link} && {seen}")


def look(browser, screenshots):
    """Light and dark, and paper."""
    back = "getComputedStyle(document.body).backgroundColor"
    seen = set()
    for scheme in ("light", "dark"):
        browser("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        seen.add(browser.js(back))
        browser.js("document.getElementById('packets').scrollIntoView()")
        screenshots(f"packets-{scheme}", browser)
        browser.js("document.querySelector('#exchanges').scrollIntoView()")
        screenshots(f"exchanges-{scheme}", browser)
    expect("backgrounds", len(seen), 2)
    paper = base64.b64decode(browser("Page.printToPDF", printBackground=True)["data"])
    expect("a PDF", paper[:5], b"%PDF-")
    return paper


def accessible(browser):
    """What a screen reader is told: roles with names, one heading at the top, no step left out."""
    tree = browser("Accessibility.getFullAXTree")["nodes"]
    named = {(n["role"]["value"], n.get("name", {}).get("value", "")) for n in tree if not n.get("ignored") and "role" in n}
    for wanted in (("grid", "Packets"), ("tree", "Details of the packet"), ("searchbox", "Filter"), ("main", "")):
        if not any(role == wanted[0] and name.startswith(wanted[1]) for role, name in named):
            sys.exit(f"a screen reader finds no {wanted}")
    levels = browser.js("[...document.querySelectorAll('main h1, main h2, main h3, main h4, header h1')].map((h) => Number(h.tagName[1]))")
    expect("the first heading", levels[0], 1)
    steps = [b - a for a, b in zip(levels, levels[1:])]
    expect("steps between headings", max(steps), 1)


def hostile(browser, screenshots):
    """Looks at every packet of a capture that wants to be a program."""
    for row in range(browser.js("document.querySelectorAll('#rows .row').length")):
        browser.click(f"#rows .row:nth-child({row + 1})")
        shown(browser, row + 1)
    expect("what a payload has run", browser.js("window.pwned"), None)
    expect("elements from payloads", browser.js("document.querySelectorAll('img, iframe, object, main script[src]').length"), 0)
    expect("the payload as text", browser.js("document.body.innerText.includes('<script>')"), True)
    screenshots("hostile", browser)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--hostile", action="store_true", help="only see whether the page does what it must not")
    parser.add_argument("--screenshots", type=pathlib.Path)
    args = parser.parse_args()
    # Whatever hangs ends with the test.
    signal.alarm(PATIENCE * 3)

    def screenshots(name, browser):
        if args.screenshots:
            args.screenshots.mkdir(parents=True, exist_ok=True)
            browser.picture(args.screenshots / f"{name}.png")

    with browser() as page:
        page.open(args.page)
        if args.hostile:
            hostile(page, screenshots)
        else:
            use(page, screenshots)
            accessible(page)
            paper = look(page, screenshots)
            if args.screenshots:
                (args.screenshots / "paper.pdf").write_bytes(paper)
        loud = [e for e in page.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]
        expect("errors in the console", loud, [])
        asked = [e["params"]["request"]["url"] for e in page.events if e.get("method") == "Network.requestWillBeSent"]
        expect("requests", [url for url in asked if not url.startswith(("file:", "data:", "about:", "blob:"))], [])
    print("ok")


if __name__ == "__main__":
    main()
