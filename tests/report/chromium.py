"""Chromium without a window, controlled through a pipe (Chrome DevTools Protocol), so that no other program is needed."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

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
        # No sandbox: it does not work as root or in a container, and the page is our own.
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
            thrown = [e["params"]["exceptionDetails"] for e in self.events if e.get("method") == "Runtime.exceptionThrown"]
            if thrown:
                sys.exit(f"while waiting for {what}: {thrown[0]}")
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

    def key(self, name, shift=False):
        code = {"ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "End": 35, "Home": 36, "Tab": 9, "Enter": 13}[name]
        text = {"text": "\r"} if name == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, modifiers=8 * shift, **(text if kind == "keyDown" else {}))

    def screen(self, width, height=900, scale=1):
        """Sets the screen's size in CSS pixels; half of them at twice the scale is a zoom of 200 %."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def type(self, text):
        """Replaces the text in the filter box by typing."""
        self.js("(() => { const f = document.getElementById('filter'); f.focus(); f.select(); })()")
        if text:
            self("Input.insertText", text=text)
        else:
            self.js("(() => { const f = document.getElementById('filter'); f.value = ''; f.dispatchEvent(new Event('input')); })()")

    def go(self, page):
        self("Page.navigate", url=page.resolve().as_uri())

    def open(self, page):
        """Opens a page of `labkit report`, and waits until its script has begun."""
        self.go(page)
        self.wait("the page", "document.readyState === 'complete' && 'ready' in document.documentElement.dataset")

    def picture(self, path):
        path.write_bytes(base64.b64decode(self("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser():
    """A browser that ends with the `with` block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        page = Browser(profile)
        try:
            yield page
        finally:
            page.process.kill()
            page.process.wait()


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r}, expected {wanted!r}")
