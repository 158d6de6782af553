#!/usr/bin/env python3
"""Goes through pages of `labkit report` by keyboard alone: Tab from part to part, arrow keys within one.

    tests/report/stops.py PAGE.html …
"""

import pathlib
import signal
import sys

from chromium import browser, expect

# Stops from the top of the page to the list of packets, the list itself among them.
MOST = 10
# Elements have the place in the page for a name.
PLACE = "const place = (e) => [...document.querySelectorAll('*')].indexOf(e);"
HERE = f"""(() => {{ {PLACE} const e = document.activeElement, part = e.closest("[data-stops]");
  return {{ place: place(e), is: e.id || e.className || e.localName, part: part && place(part) }}; }})()"""
# What there is to reach: links, what opens and what scrolls, unless it is folded away. A picture's links stand in the
# table below it once more.
REACHABLE = f"""(() => {{ {PLACE} return [...document.querySelectorAll("[data-stops] :is(a:not(svg a), summary, .wide)")]
  .filter((e) => e.checkVisibility({{ contentVisibilityAuto: true }})).map(place); }})()"""
HINT = "document.getElementById('moving').getClientRects().length > 0"
CLEAR = """(() => { const r = document.activeElement.getBoundingClientRect(), h = document.getElementById('moving').getBoundingClientRect();
  return r.bottom > 0 && r.top < h.top; })()"""


def top(page):
    """As if the page had just been opened."""
    page.js("(() => { const b = document.body; b.tabIndex = -1; b.focus(); b.removeAttribute('tabindex'); scrollTo(0, 0); })()")


def tabs(page):
    """The stops from the top to the list."""
    top(page)
    stops = []
    while not stops or stops[-1]["is"] != "list":
        if len(stops) > 400:
            sys.exit(f"Tab does not lead to the list: {stops}")
        page.key("Tab")
        stops.append(page.js(HERE))
    return stops


def within(page):
    """Everything that arrow keys reach from the first thing in the part that has the focus, and back to it."""
    while True:
        before = page.js(HERE)
        page.key("ArrowUp")
        if page.js(HERE) == before:
            break
    ways = []
    for key in ("ArrowDown", "ArrowUp"):
        way = [page.js(HERE)]
        while True:
            page.key(key)
            now = page.js(HERE)
            if now == way[-1]:
                break
            expect(f"{key} stays in its part", now["part"], way[0]["part"])
            expect(f"{now} is seen", page.js(CLEAR), True)
            way.append(now)
        ways.append([stop["place"] for stop in way])
    expect("the way back", ways[1], ways[0][::-1])
    return ways[0]


def walk(page):
    """Few stops, whatever is folded, and nothing out of reach."""
    stops = tabs(page)
    if len(stops) > MOST:
        sys.exit(f"the list is {len(stops)} stops from the top: {stops}")
    top(page)
    reached = []
    for stop in stops:
        page.key("Tab")
        expect("the same stop", page.js(HERE)["part"], stop["part"])
        is_part = stop["part"] is not None
        expect(f"a hint at {stop}", page.js(HINT), is_part)
        if is_part:
            expect(f"told at {stop}", page.js("document.activeElement.getAttribute('aria-describedby')"), "moving")
            reached += within(page)
            expect("told once", page.js("document.querySelectorAll('[data-stops] [aria-describedby=moving]').length") <= len(stops), True)
    expect("what keys reach", sorted(reached), sorted(page.js(REACHABLE)))
    for _ in stops[1:]:
        page.key("Tab", shift=True)
    expect("backwards to the first", page.js("document.activeElement.className"), "skip")
    return len(stops)


def use(page):
    """What is opened, shown and closed by keys alone."""
    top(page)
    for _ in range(3):
        page.key("Tab")
    while not page.js("document.activeElement.matches('#glance a[href=\"#answer-Q3\"]')"):
        page.key("ArrowDown")
    heading = "document.activeElement.matches('#answer-Q3 > summary') && document.getElementById('answer-Q3').open"
    # Each time, also when the address is the same already.
    for _ in range(2):
        page.js("document.getElementById('answer-Q3').open = false")
        page.key("Enter")
        page.wait("the answer", heading)
        page.js("history.back()")
        page.wait("the link again", "document.activeElement.matches('#glance a[href=\"#answer-Q3\"]')")
    page.key("Enter")
    page.wait("the answer", heading)
    # Into it, to the evidence, to the packet, and back.
    while not page.js("document.activeElement.matches('#answer-Q3 .evidence summary')"):
        page.key("ArrowDown")
    page.key("Enter")
    page.wait("the evidence", "document.activeElement.parentElement.open")
    page.key("ArrowDown")
    link = page.js("document.activeElement.getAttribute('href')")
    expect("evidence", link.startswith("#packet-0-"), True)
    page.key("Enter")
    page.wait("the packet", f"document.activeElement.id === 'list' && location.hash === '{link}'")
    page.js("history.back()")
    page.wait("the link again", f"document.activeElement.matches('#answer-Q3 a[href=\"{link}\"]')")
    # What is folded away around the stop of a part leaves the part its stop.
    page.js("document.activeElement.blur()")
    page.js("document.getElementById('answer-Q3').open = false")
    page.wait("another stop", "document.querySelector('#answer-Q3 > summary').tabIndex === 0")
    expect("no other", page.js("document.querySelectorAll('#answers [tabindex=\"0\"]').length"), 1)


def by_mouse(page):
    """After a click arrow keys scroll, as anywhere."""
    page.click("#answers summary")
    before = page.js(HERE)
    page.key("ArrowDown")
    expect("where the focus is", page.js(HERE), before)
    expect("no hint", page.js(HINT), False)
    page.click("#answers summary")


def without_script(page, path):
    """Each link is a stop of its own."""
    page("Emulation.setScriptExecutionDisabled", value=True)
    page.go(path)
    page.wait("the page", "document.readyState === 'complete' && document.getElementById('list') !== null")
    expect("no hint", page.js(HINT), False)
    places = [stop["place"] for stop in tabs(page)]
    missing = [place for place in page.js(REACHABLE) if place not in places]
    expect("out of reach without a script", missing, [])
    page("Emulation.setScriptExecutionDisabled", value=False)


def main():
    signal.alarm(240)
    for path in map(pathlib.Path, sys.argv[1:]):
        with browser() as page:
            without_script(page, path)
            page.open(path)
            folded = walk(page)
            by_mouse(page)
            use(page)
            page.js("document.querySelectorAll('details').forEach((d) => (d.open = true))")
            print(f"{path.name}: the list is {folded} stops from the top, {walk(page)} with everything open")


if __name__ == "__main__":
    main()
