// Tab leads from part to part of the page, arrow keys from link to link within one (ARIA Authoring Practices, roving
// tabindex): a part is one stop, however many links it has. Without this script each link is a stop.

const moving = document.getElementById("moving");
const parts = new Map([...document.querySelectorAll("[data-stops]")].map((part) => [part, null]));
// After a click into a part, arrow keys scroll as usual.
let pointed = false;

const summaryOf = (details) => details.querySelector(":scope > summary");
// The innermost closed branch that an element is hidden in.
const closedAround = (element) => {
  const details = element.closest("details:not([open])");
  if (details === null || summaryOf(details) !== element) return details;
  return details.parentElement.closest("details:not([open])");
};
// The links of a picture repeat those of the table below it.
const stopsOf = (part) => [...part.querySelectorAll("a:not(svg a), summary, .wide")].filter((element) => closedAround(element) === null);

// Makes one element the stop of its part; on the way in a screen reader says how to move there.
const point = (part, element) => {
  const before = parts.get(part);
  if (before !== null) {
    before.tabIndex = -1;
    before.removeAttribute("aria-describedby");
  }
  element.tabIndex = 0;
  parts.set(part, element);
};

for (const part of parts.keys()) {
  for (const element of part.querySelectorAll("a, summary, .wide")) element.tabIndex = -1;
  const first = stopsOf(part)[0];
  if (!first) continue;
  point(part, first);
  first.setAttribute("aria-describedby", moving.id);
  part.addEventListener("focusin", (event) => {
    const element = event.target.closest("a:not(svg a), summary, .wide");
    if (element !== null && element !== parts.get(part)) point(part, element);
    moving.hidden = pointed;
  });
  part.addEventListener("focusout", (event) => {
    if (part.contains(event.relatedTarget)) return;
    moving.hidden = true;
    parts.get(part).setAttribute("aria-describedby", moving.id);
  });
  // If a stop is folded away, the heading that it is folded into becomes the stop.
  part.addEventListener("toggle", () => {
    for (let closed; (closed = closedAround(parts.get(part))) !== null; ) point(part, summaryOf(closed));
  }, true);
  part.addEventListener("keydown", (event) => {
    if (pointed || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1, ...(part.dataset.stops === "line" && { ArrowRight: 1, ArrowLeft: -1 }) }[event.key];
    const all = stopsOf(part), next = all[all.indexOf(parts.get(part)) + step];
    // Before the first and behind the last one the page scrolls, as it does with any arrow key.
    if (!step || !next) return;
    event.preventDefault();
    next.focus();
  });
}
addEventListener("pointerdown", () => (pointed = true), true);
addEventListener("keydown", (event) => {
  if (event.key === "Tab") pointed = false;
}, true);
