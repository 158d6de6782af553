// What the reader does, and the links from the text to the packets.

// The links within the page.
const ownLinks = () => [...document.querySelectorAll('a[href^="#"]')];

list.addEventListener("keydown", (event) => {
  if (!(event.key in STEPS) || shown.length === 0) return;
  event.preventDefault();
  choose(shown[stepped(event.key, place.get(chosen) ?? -1, shown.length)]);
});
list.addEventListener("scroll", () => draw());
rowsElement.addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (row) choose(Number(row.dataset.index), { scroll: false });
});
detailsPane.addEventListener("keydown", (event) => {
  if (!(event.key in STEPS) && !["ArrowLeft", "ArrowRight", "Enter", " "].includes(event.key)) return;
  event.preventDefault();
  byteAt = null;
  treeKey(event.key);
});
detailsPane.addEventListener("click", (event) => {
  const element = event.target.closest("[data-line]");
  if (!element) return;
  const i = Number(element.dataset.line);
  if (lines[i].inner && (line === i || event.offsetX < lines[i].depth * 16 + 20)) setOpen(i, !lines[i].open);
  byteAt = null;
  chooseLine(i);
});
bytesPane.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -16, ArrowDown: 16 }[event.key];
  if (!step) return;
  event.preventDefault();
  byteKey(step);
});
bytesPane.addEventListener("click", (event) => {
  const element = event.target.closest("[data-byte]");
  if (element) chooseByte(element.dataset.byte);
});
box.addEventListener("input", apply);

const linked = (hash) => {
  const found = /^#packet-(\d+)-(\d+)$/.exec(hash);
  return found && rows.capture.findIndex((capture, index) => capture === Number(found[1]) && numberOf(index) === Number(found[2]));
};

// Shows a packet whatever the filter says, and goes there.
const goTo = async (index, field) => {
  if (!place.has(index)) await fill("");
  document.getElementById("packets").scrollIntoView();
  list.focus({ preventScroll: true });
  await choose(index, { field });
};
const unfold = (element) => {
  for (let closed; (closed = closedAround(element)) !== null; ) closed.open = true;
};
// What a link within the page does: it opens an answer, where keys go on from its heading, or shows a packet.
const wayTo = (hash, field = null) => {
  const answer = hash.startsWith("#answer-") ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
  if (answer !== null) {
    return () => {
      answer.open = true;
      answer.scrollIntoView();
      summaryOf(answer).focus({ preventScroll: true });
    };
  }
  const index = linked(hash);
  return index !== null && index >= 0 ? () => goTo(index, field) : null;
};
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  const go = link && wayTo(link.getAttribute("href"), link.dataset.field);
  if (!go || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  // Every click counts, also the second one on the same link; the browser's Back leads to where the link stands.
  history.replaceState({ link: ownLinks().indexOf(link), top: scrollY }, "");
  history.pushState(null, "", link.getAttribute("href"));
  go();
});
addEventListener("popstate", (event) => {
  const link = event.state && ownLinks()[event.state.link];
  if (!link) return wayTo(location.hash)?.();
  unfold(link);
  link.focus({ preventScroll: true });
  scrollTo(0, event.state.top);
});
// Paper has nothing to click on: what is folded is printed.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const element of folded) element.open = true;
  draw(true);
});
addEventListener("afterprint", () => {
  for (const element of folded) element.open = false;
  draw();
});
addEventListener("resize", () => draw());

const begin = async () => {
  [rows] = await Promise.all([json("rows"), readTable()]);
  runs = places(rows);
  drawHead();
  show(rows.capture.map((_, index) => index));
  await apply();
  await choose(shown[0]);
  await wayTo(location.hash)?.();
  document.documentElement.dataset.ready = "";
};
begin();
