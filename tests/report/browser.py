#!/usr/bin/env python3
"""Opens a page of `labkit report` in a real browser without a window and uses it: clicks, keys, the filter, paper.

    tests/report/browser.py PAGE.html [--screenshots DIR]

PAGE is a report on `captures/capture1.pcapng`. The first fault ends the program with a message and exit status 1.
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
    first_stop(browser)
    stops(browser)
    click_through(browser, screenshots)
    filter_box(browser)
    links(browser)
    every_proof(browser)
    ladder(browser)
    follow(browser)
    keyboard(browser)


def click_through(browser, screenshots):
    """Uses details, bytes and list, by mouse and by keyboard."""
    # The evidence is folded below its answer.
    expect("folded", browser.js("document.querySelectorAll('#answers details').length > 8 && !document.querySelector('#answers details[open]')"), True)
    expect("exchanges that are open", browser.js("[...document.querySelectorAll('.exchange')].map((e) => e.open)"), [True, False])
    browser.click("#glance a[href='#answer-Q3']")
    browser.wait("an answer that a link opens", "document.getElementById('answer-Q3').open")
    browser.click("#answer-Q3 .evidence summary")
    browser.click("#answer-Q3 a[href='#packet-0-4'][data-field]")
    shown(browser, 4)
    # The field that proves the claim is visible and chosen, and a field marks its bytes: the source port's are the first two
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

    # By keyboard in turn: the bytes, the details, the list.
    browser.js("document.getElementById('bytes').focus()")
    browser.key("ArrowRight")
    expect("next byte", browser.js(LINE).strip(), "Protocol: TCP (6)")
    expect("what a screen reader is told", browser.js("document.querySelector('[role=status]#byte-status').textContent"), "Byte 0017: 06, Protocol: TCP (6)")
    browser.js("document.getElementById('details').focus()")
    browser.key("ArrowDown")
    expect("next line", browser.js(LINE).strip()[:15], "Header Checksum")
    # As in other trees: left goes to the branch, then closes it; right opens it, then goes into it.
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
    """Types filters, texts and nonsense; `filters.py` tests which packets pass."""
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
    # A word that no packet has, and that is nearly a field's name.
    browser.type("tpc")
    browser.wait("the near name", f"{COUNT} === 'Text in columns and payload: 0 of 20 packets' && {WRONG}.startsWith('No field is called so; tcp is one.')")
    browser.click("#wrong button")
    browser.wait("the field that was meant", f"{COUNT} === 'Filter: 20 of 20 packets' && {WRONG} === ''")
    browser.type("tcp.stream == 1")
    browser.wait("a filter", f"{COUNT} === 'Filter: 10 of 20 packets'")
    # An error is shown, and does not change the rows.
    browser.type("ip.addr = 192.168.56.1")
    browser.wait("an error", f"{WRONG}.startsWith(\"'=' has no place here. A comparison is written ==.\")")
    expect("a wrong filter", browser.js("document.getElementById('filter').getAttribute('aria-invalid')"), "true")
    expect("greyed", browser.js("document.getElementById('list').classList.contains('stale')"), True)
    expect("the rows", browser.js("document.querySelectorAll('#rows .row').length"), 10)
    expect("who is told", browser.js("document.getElementById('wrong').getAttribute('role')"), "alert")
    browser.click("#wrong button")
    browser.wait("the filter that was meant", f"{COUNT} === 'Filter: 20 of 20 packets' && {WRONG} === ''")


def links(browser):
    """Follows links from answers and exchanges, also to packets that the filter hides, and back again."""
    browser.type("tcp.stream == 1")
    browser.wait("a filter", f"{COUNT} === 'Filter: 10 of 20 packets'")
    browser.click("#exchanges article:first-of-type .evidence summary")
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


def every_proof(browser):
    """Checks that each piece of evidence opens the field that it names."""
    proofs = browser.js("[...document.querySelectorAll('#answers a[data-field]')].map((a) => [a.getAttribute('href'), a.dataset.field])")
    expect("evidence", len(proofs) > 40, True)
    for place, (href, field) in enumerate(proofs):
        browser.js(f"document.querySelectorAll('#answers a[data-field]')[{place}].click()")
        shown(browser, int(href.rpartition("-")[2]))
        browser.wait(f"{field} of {href}", f"location.hash === {href!r} && {TREE}?.title === {field!r} && document.activeElement.id === 'list'")
        line = browser.js(f"(() => {{ const r = {TREE}.getBoundingClientRect(), p = document.getElementById('details').getBoundingClientRect(); return r.top >= p.top && r.bottom <= p.bottom; }})()")
        expect(f"{field} is seen", line, True)


def ladder(browser):
    """The ladder in words, its links, and its clock."""
    said = browser.js("[...document.querySelectorAll('#exchanges article:first-of-type .unseen li')].map((e) => e.textContent)")
    expect("arrows in words", len(said), 10)
    expect("the first arrow", said[0], "Frame 1, host to guest: The host asks the guest for a connection.")
    expect("who confirms", said[5], "Frame 6, guest to host: The guest confirms: its program has the message.")
    browser.js("document.querySelector('#exchanges svg a[href=\"#packet-0-6\"]').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))")
    shown(browser, 6)
    expect("links of the picture among the stops", browser.js("document.querySelectorAll('#exchanges svg a:not([tabindex=\"-1\"])').length"), 0)
    clocks = browser.js("[...document.querySelectorAll('#exchanges figcaption')].map((e) => e.textContent)")
    expect("what times count from", ["times count from frame 1." in clocks[0], "times count from frame 11." in clocks[1]], [True, True])
    expect("the list's clock", ["The list of packets counts from" in text for text in clocks], [False, True])
    phases = browser.js("[...new Set([...document.querySelectorAll('#exchanges td:first-child')].map((e) => e.textContent))].filter((t) => t)")
    expect("phases of the tables", phases, browser.js("[...new Set([...document.querySelectorAll('#exchanges .phase')].map((e) => e.textContent))]"))


def follow(browser):
    """The payload of a stream, which changes with the chosen packet."""
    browser.type("")
    browser.js("document.getElementById('list').focus()")
    browser.key("Home")
    shown(browser, 1)
    browser.wait("the button", "document.getElementById('follow').textContent === 'Follow TCP stream 0'")
    browser.click("#follow")
    browser.wait("the stream", "document.querySelectorAll('#stream pre').length === 2")
    text = browser.js("[...document.querySelectorAll('#stream pre, #stream .turn')].map((e) => e.textContent)")
    expect("both directions", text, ["host → guest, 28 bytes, frame 4", "Hello guest operating system", "guest → host, 9 bytes, frame 6", "#<<END>>#"])
    browser.js("document.getElementById('list').focus()")
    browser.key("End")
    browser.wait("the other stream", "document.querySelector('#stream pre')?.textContent === 'Hello host operating system'")
    browser.click("#stream a")
    shown(browser, 14)
    browser.click("#follow")
    browser.wait("closed", "document.getElementById('stream').hidden")
    # Addresses have the names of their machines.
    expect("named in the details", browser.js("document.querySelector('#details [title=\"ip.src\"]').textContent.trim()"), "Source Address: 192.168.56.101 (guest)")


def first_stop(browser):
    """Checks the link from the top of the page to the list."""
    browser.key("Tab")
    expect("the first stop", browser.js("document.activeElement.className"), "skip")
    expect("it is seen", browser.js("document.activeElement.getBoundingClientRect().top >= 0"), True)
    browser.key("Enter")
    browser.wait("the list has the focus", "document.activeElement.id === 'list'")


def stops(browser):
    """Goes to the list over the links to the parts, which are one stop. `stops.py` counts all stops."""
    browser.js("document.querySelector('.skip').focus()")
    browser.key("Tab")
    for _ in range(5):
        browser.key("ArrowRight")
    expect("the last part", browser.js("document.activeElement.getAttribute('href')"), "#packets")
    browser.key("Enter")
    browser.wait("the part", "location.hash === '#packets'")
    for _ in range(2):
        browser.key("Tab")
    expect("the stop behind the filter", browser.js("document.activeElement.id"), "list")


def keyboard(browser):
    """Checks which row and line a screen reader announces, by keyboard."""
    browser.js("document.getElementById('list').focus()")
    names = "['list', 'details'].map((id) => document.getElementById(document.getElementById(id).getAttribute('aria-activedescendant') ?? '')).map((e) => e === null ? null : e.getClientRects().length > 0 && e.getAttribute('aria-selected') === 'true')"
    for key in ("Home", "ArrowDown", "End", "ArrowUp"):
        browser.key(key)
        browser.wait(f"the row after {key}", f"{names}[0] === true")
    browser.js("document.getElementById('details').focus()")
    for key in ("Home", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft", "End"):
        browser.key(key)
        expect(f"the line after {key}", browser.js(f"{names}[1]"), True)
    # A branch that closes and hides the chosen line becomes the chosen line.
    browser.js("document.querySelector('#details [title=\"tcp.flags.ack\"]').click()")
    browser.click("#details div[title='tcp']")
    browser.click("#details div[title='tcp']")
    expect("the branch", browser.js(f"[{TREE}.title, {TREE}.getAttribute('aria-expanded'), {names}[1]].join()"), "tcp,false,true")
    browser.click("#details div[title='tcp']")


def sizes(browser, screenshots):
    """Narrow and wide screens, and a zoom of 200 %: no text is cut off, and no column is as narrow as a letter."""
    browser.js("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    for name, width, scale in (("390", 390, 1), ("800", 800, 1), ("zoomed", 640, 2), ("1280", 1280, 1)):
        browser.screen(width, scale=scale)
        browser.wait("the size", f"innerWidth === {width}")
        wide = browser.js("document.documentElement.scrollWidth")
        expect(f"width at {name}", wide <= width, True)
        narrow = browser.js("[...document.querySelectorAll('th, td, dt, dd, .answer p, figure, #details, #bytes')].filter((e) => e.textContent.length > 8 && e.getClientRects().length && e.getBoundingClientRect().width < 40).map((e) => e.textContent)")
        expect(f"narrow columns at {name}", narrow, [])
        height = browser.js("document.getElementById('filters').offsetHeight")
        expect(f"the filters at {name}", height < 500, True)
        for part in ("glance", "answers", "exchanges", "filters", "packets"):
            browser.js(f"document.getElementById('{part}').scrollIntoView()")
            screenshots(f"{part}-{name}", browser)
    browser("Emulation.clearDeviceMetricsOverride")
    browser.js("document.querySelectorAll('details').forEach((d) => (d.open = false))")


# The contrast ratio of two colours (WCAG 2.2, 1.4.3).
CONTRAST = """((e, over, property, pseudo) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = over;
  while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  const [a, b] = [light(getComputedStyle(e, pseudo)[property]), light(getComputedStyle(behind ?? document.body).backgroundColor)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
})"""


def contrast(browser, scheme):
    for what, element, over, prop, least in (
        ("the chosen row", "#rows [aria-selected=true]", "#rows [aria-selected=true]", "color", 4.5),
        ("a row", "#rows .row:not([aria-selected=true])", "#rows .row:not([aria-selected=true])", "color", 4.5),
        ("the chosen line", "#details [aria-selected=true]", "#details [aria-selected=true]", "color", 4.5),
        ("a placeholder", "#filter", "#filter", "color::placeholder", 4.5),
        ("the box", "#filter", "#filter", "borderTopColor", 3),
        ("the list's border", "#list", "#packets", "borderTopColor", 3),
        ("a link", "nav a", "nav a", "color", 4.5),
        ("a label of the ladder", "#exchanges svg .label", "#exchanges", "fill", 4.5),
        ("a link of the ladder", "#exchanges svg a text", "#exchanges", "fill", 4.5),
        ("an arrow", "#exchanges svg .arrow", "#exchanges", "stroke", 3),
    ):
        prop, _, pseudo = prop.partition("::")
        query = lambda s: f"document.querySelector({s!r})"
        found = browser.js(f"{CONTRAST}({query(element)}, {query(over)}, {prop!r}, {f'::{pseudo}' if pseudo else None!r})".replace("None", "null"))
        if found < least:
            sys.exit(f"{what} in {scheme}: {found:.2f}, at least {least} is needed")


def look(browser, screenshots):
    """The page's colours on light and dark screens and on paper."""
    back = "getComputedStyle(document.body).backgroundColor"
    seen = set()
    for scheme in ("light", "dark"):
        browser("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        seen.add(browser.js(back))
        contrast(browser, scheme)
        paper = "getComputedStyle(document.querySelector('#exchanges svg .paper') ?? document.querySelector('#exchanges svg')).backgroundColor"
        expect("one background", browser.js(paper) in (browser.js(back), "rgba(0, 0, 0, 0)"), True)
        browser.js("document.getElementById('packets').scrollIntoView()")
        screenshots(f"packets-{scheme}", browser)
        browser.js("document.querySelector('#exchanges').scrollIntoView()")
        screenshots(f"exchanges-{scheme}", browser)
    expect("backgrounds", len(seen), 2)
    # With the system's own colours, too, what is chosen and what is marked differs from the rest.
    browser("Emulation.setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"}])
    browser.js("document.querySelector('#bytes [data-byte=\"0-22\"]').click()")
    for chosen, other in (("#rows [aria-selected=true]", "#rows .row:not([aria-selected=true])"), ("#bytes b.marked", "#bytes b:not(.marked)"),
                          ("#details [aria-selected=true]", "#details div:not([aria-selected=true])")):
        backs = [browser.js(f"getComputedStyle(document.querySelector({selector!r})).backgroundColor") for selector in (chosen, other)]
        expect(f"{chosen} has a colour of its own", backs[0] != backs[1], True)
    browser("Emulation.setEmulatedMedia", media="print", features=[])
    expect("on paper", browser.js("[...document.querySelectorAll('.unseen, nav, .skip')].filter((e) => e.getClientRects().length).length"), 0)
    browser("Emulation.setEmulatedMedia", media="", features=[])
    paper = base64.b64decode(browser("Page.printToPDF", printBackground=True)["data"])
    expect("a PDF", paper[:5], b"%PDF-")
    return paper


def accessible(browser):
    """The page for screen readers: roles with names, one top heading, no heading level left out."""
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
    """Looks at every packet of a capture whose texts are scripts, and checks that none runs."""
    for row in range(browser.js("document.querySelectorAll('#rows .row').length")):
        browser.click(f"#rows .row:nth-child({row + 1})")
        shown(browser, row + 1)
    expect("what a payload has run", browser.js("window.pwned"), None)
    expect("elements from payloads", browser.js("document.querySelectorAll('img, iframe, object, main script[src]').length"), 0)
    expect("the payload as text", browser.js("document.body.innerText.includes('<script>')"), True)
    screenshots("hostile", browser)


def without_unpacking(browser, page):
    """In a browser that cannot unpack the packets, the page says so, and has its other parts."""
    gone = browser("Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream")["identifier"]
    browser.go(page)
    browser.wait("the notice", "document.getElementById('unable')?.getClientRects().length > 0")
    expect("the ladders", browser.js("document.querySelectorAll('#exchanges svg').length"), 2)
    browser("Page.removeScriptToEvaluateOnNewDocument", identifier=gone)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--hostile", action="store_true", help="only see whether the page does what it must not")
    parser.add_argument("--screenshots", type=pathlib.Path)
    args = parser.parse_args()
    # A hang ends with this signal.
    signal.alarm(PATIENCE * 3)

    def screenshots(name, browser):
        if args.screenshots:
            args.screenshots.mkdir(parents=True, exist_ok=True)
            browser.picture(args.screenshots / f"{name}.png")

    with browser() as page:
        if not args.hostile:
            without_unpacking(page, args.page)
        page.open(args.page)
        if args.hostile:
            hostile(page, screenshots)
        else:
            use(page, screenshots)
            accessible(page)
            sizes(page, screenshots)
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
