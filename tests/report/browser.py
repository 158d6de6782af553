#!/usr/bin/env python3
"""Opens a page of `labkit report` in a real browser without a window and uses it: clicks, keys, the filter, paper.

    tests/report/browser.py PAGE.html [--screenshots DIR]

PAGE is a report on `captures/capture1.pcapng`. Chromium is spoken to through a pipe (Chrome DevTools Protocol), so that
nothing but Chromium is needed. What does not behave ends the program with a message and exit status 1.
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60


class Browser:
    """One page of a browser."""

    def __init__(self, profile):
        program = next(filter(None, map(shutil.which, BROWSERS)), None)
        if program is None:
            sys.exit(f"none of {', '.join(BROWSERS)} is installed")
        to_us, self.to_browser = os.pipe()
        self.from_browser, from_us = os.pipe()
        # Chromium reads commands from descriptor 3 and writes answers to descriptor 4.
        # No sandbox: root may not have it, nor may a container, and the page is our own.
        command = [program, "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage",
                   "--no-first-run", "--window-size=1280,1000", f"--user-data-dir={profile}", "about:blank"]
        # Above 4, so that neither is overwritten by the other.
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate((to_us, from_us))]
        script = f"exec 3<&{high[0]} 4>&{high[1]}; exec \"$@\""
        self.process = subprocess.Popen(["bash", "-c", script, "bash", *command], pass_fds=high, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for fd in (to_us, from_us, *high):
            os.close(fd)
        self.number, self.rest, self.session = 0, b"", None
        self.events = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def read(self):
        while b"\0" not in self.rest:
            block = os.read(self.from_browser, 1 << 16)
            if not block:
                sys.exit("the browser has ended")
            self.rest += block
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def __call__(self, method, **params):
        """Sends a command and waits for its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def js(self, expression):
        """The value of an expression in the page."""
        result = self("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, what, expression):
        begun = time.monotonic()
        while not (value := self.js(expression)):
            if time.monotonic() - begun > PATIENCE:
                sys.exit(f"waited in vain: {what} ({expression})")
            time.sleep(0.05)
        return value

    def click(self, selector):
        place = self.js(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); if (!e) return null;"
                        "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
                        "return [r.left + Math.min(r.width - 2, 40), r.top + r.height / 2]; })()")
        if place is None:
            sys.exit(f"nothing to click at {selector}")
        for kind in ("mousePressed", "mouseReleased"):
            self("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def key(self, name):
        code = {"ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "End": 35, "Home": 36}[name]
        for kind in ("keyDown", "keyUp"):
            self("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def type(self, text):
        """Replaces what is in the filter box, as a hand would."""
        self.js("(() => { const f = document.getElementById('filter'); f.focus(); f.select(); })()")
        if text:
            self("Input.insertText", text=text)
        else:
            self.js("(() => { const f = document.getElementById('filter'); f.value = ''; f.dispatchEvent(new Event('input')); })()")

    def picture(self, path):
        path.write_bytes(base64.b64decode(self("Page.captureScreenshot", format="png")["data"]))


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r}, expected {wanted!r}")


CHOSEN = "document.querySelector('#rows [aria-selected=true] > span')?.textContent"
COUNT = "document.getElementById('count').textContent"
MARKED = "[...document.querySelectorAll('#bytes b.marked')].map((b) => b.dataset.byte)"
LINE = "document.querySelector('#details [aria-selected=true]')?.textContent"


def shown(browser, number):
    browser.wait(f"packet {number}", f"{CHOSEN} === '{number}' && document.querySelector('#details div')?.textContent.startsWith('Frame {number}:')")


def use(browser, screenshots):
    browser.wait("the list", "document.querySelectorAll('#rows .row').length > 10")
    expect("packets", browser.js(COUNT), "20 of 20 packets")
    shown(browser, 1)

    # A link in an answer shows its packet.
    browser.click("#answers a[href='#packet-0-4']")
    shown(browser, 4)

    # Protocols are folded; a second click opens one. A field marks its bytes: the source port are the first two of
    # TCP, at 34.
    for _ in range(2):
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
    browser.js("document.getElementById('list').focus()")
    browser.key("ArrowDown")
    shown(browser, 5)
    browser.key("End")
    shown(browser, 20)

    # The filter: comparisons, words, nonsense.
    for text, number in (("tcp.flags.syn == 1", 4), ("tcp.stream == 1 and not tcp.len > 0", 8), ("ip.src == 192.168.56.1", 10),
                         ("tcp.port != 65432", 0), ("tcp", 20), ("udp", 0), ("[PSH, ACK]", 4), ("(tcp.len > 9) || frame.number == 1", 3)):
        browser.type(text)
        expect(f"filter {text}", browser.js(COUNT), f"{number} of 20 packets")
    browser.type("tcp.prot == 1")
    expect("a wrong field", "not a field" in browser.js(COUNT), True)
    expect("a wrong field", browser.js("document.getElementById('filter').getAttribute('aria-invalid')"), "true")
    # A link leads to its packet although the filter hides it.
    browser.type("tcp.stream == 1")
    browser.click("#exchanges a[href='#packet-0-6']")
    shown(browser, 6)
    expect("the filter has gone", browser.js(COUNT), "20 of 20 packets")


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

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            browser("Page.navigate", url=args.page.resolve().as_uri())
            browser.wait("the page", "document.readyState === 'complete' && document.querySelector('#rows .row') !== null")
            if args.hostile:
                browser.wait("details", "document.querySelectorAll('#details div').length > 10")
                for i in range(browser.js("document.querySelectorAll('#rows .row').length")):
                    browser.click(f"#rows .row:nth-child({i + 1})")
                    browser.js("new Promise((done) => setTimeout(done, 50))")
                expect("what a payload has run", browser.js("window.pwned"), None)
                expect("elements from payloads", browser.js("document.querySelectorAll('img, iframe, object, main script[src]').length"), 0)
                expect("the payload as text", browser.js("document.body.innerText.includes('<script>')"), True)
                screenshots("hostile", browser)
            else:
                use(browser, screenshots)
                accessible(browser)
                paper = look(browser, screenshots)
                if args.screenshots:
                    (args.screenshots / "paper.pdf").write_bytes(paper)
            loud = [e for e in browser.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]
            expect("errors in the console", loud, [])
            asked = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
            expect("requests", [url for url in asked if not url.startswith(("file:", "data:", "about:", "blob:"))], [])
        finally:
            browser.process.kill()
            browser.process.wait()
    print("ok")


if __name__ == "__main__":
    main()
