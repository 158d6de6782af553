// The details and the bytes of the chosen packet.

const detailsPane = document.getElementById("details"), bytesPane = document.getElementById("bytes");
const summary = document.getElementById("summary"), byteStatus = document.getElementById("byte-status");
// The fields that the reader has opened or closed stay so from packet to packet.
const unfolded = new Map();
let lines = [], line = -1, contents = [], byteAt = null, wanted = 0;

const choose = async (index, { scroll = true, field = null } = {}) => {
  if (index === undefined || index < 0 || index >= rows.capture.length) return;
  const kept = lines[line]?.key;
  chosen = index;
  if (scroll) scrollToRow(index);
  draw();
  const mine = ++wanted;
  const [page, block] = await Promise.all([details(index), bytesOf(Math.floor(index / BLOCK))]);
  if (mine !== wanted) return;
  contents = page.titles.map(([title, length], source) => {
    const run = runs[index][source];
    const bytes = block.slice(run.start, run.end);
    const said = length > bytes.length ? words.beginning : words.whole;
    return { title: said(title, bytesInWords(length), bytes.length), bytes };
  });
  byteAt = null;
  showSummary(index);
  showDetails(page.lines);
  showBytes();
  offerFollow(index);
  const again = field === null ? lines.findIndex((l) => l.key === kept && !l.element.hidden) : lines.findIndex((l) => l.field === field);
  if (field !== null && again >= 0) reveal(again);
  else if (again >= 0) chooseLine(again);
};

const showSummary = (index) => {
  const texts = shownCells(index), names = [...(several ? [words.capture()] : []), ...about.headings];
  summary.replaceChildren(...names.map((name, i) => {
    const pair = make("div", "");
    pair.append(make("dt", name), make("dd", texts[i]));
    return pair;
  }));
};

const ADDRESSES = new Set(["ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "arp.src.proto_ipv4", "arp.dst.proto_ipv4"]);
const showDetails = (all) => {
  const part = document.createDocumentFragment(), path = [], times = new Map();
  lines = all.map((l, i) => {
    const inner = (all[i + 1]?.depth ?? 0) > l.depth;
    // The same line of another packet: the same field, or text, at the same place under the same ones.
    path.length = l.depth;
    const name = `${path.join("/")}/${l.field || l.text.replace(/[0-9].*/, "")}`;
    times.set(name, (times.get(name) ?? 0) + 1);
    const key = `${name}#${times.get(name)}`;
    path.push(l.field || l.text.replace(/[0-9].*/, ""));
    const element = make("div", l.text, { role: "treeitem", id: `detail-${i}`, "aria-level": l.depth + 1, "aria-selected": false });
    element.style.paddingLeft = `${l.depth * 2}ch`;
    element.dataset.line = i;
    if (l.field) element.title = l.field;
    const role = ADDRESSES.has(l.field) && about.roles[l.text.split(" ").pop()];
    if (role) element.append(make("span", ` (${role})`, { class: "role" }));
    part.append(element);
    return { ...l, key, inner, open: unfolded.get(key) ?? l.depth > 0, element };
  });
  line = -1;
  detailsPane.removeAttribute("aria-activedescendant");
  detailsPane.replaceChildren(part);
  fold();
};

// Hides what stands under closed branches.
const fold = () => {
  let hidden = Infinity;
  for (const l of lines) {
    if (l.depth <= hidden) hidden = Infinity;
    l.element.hidden = l.depth > hidden;
    l.element.className = l.inner ? (l.open ? "open" : "closed") : "leaf";
    if (l.inner) l.element.setAttribute("aria-expanded", l.open);
    if (l.inner && !l.open && hidden === Infinity) hidden = l.depth;
  }
};
const setOpen = (i, open) => {
  lines[i].open = open;
  unfolded.set(lines[i].key, open);
  fold();
  // If the chosen line gets hidden, the branch that holds it is chosen.
  if (lines[line]?.element.hidden) chooseLine(i);
};
const parentOf = (i) => lines.findLastIndex((l, j) => j < i && l.depth < lines[i].depth);

const showBytes = () => {
  const part = document.createDocumentFragment();
  contents.forEach(({ title, bytes }, source) => {
    part.append(make("h3", title));
    for (let row = 0; row < bytes.length; row += 16) {
      const element = make("div", `${row.toString(16).padStart(4, "0")}  `, { class: "line" });
      const text = [];
      for (let i = row; i < row + 16; i++) {
        if (i < bytes.length) {
          const code = bytes.charCodeAt(i);
          element.append(byteElement(code.toString(16).padStart(2, "0"), source, i), i % 8 === 7 ? "  " : " ");
          text.push(byteElement(code >= 32 && code < 127 ? bytes[i] : ".", source, i));
        } else element.append(i % 8 === 7 ? "    " : "   ");
      }
      element.append(" ", ...text);
      part.append(element);
    }
  });
  bytesPane.replaceChildren(part);
};
const byteElement = (text, source, i) => {
  const element = make("b", text);
  element.dataset.byte = `${source}-${i}`;
  return element;
};

const mark = (source, start, length) => {
  bytesPane.querySelectorAll(".marked").forEach((b) => b.classList.remove("marked"));
  let first = null;
  for (let i = start; i < start + length; i++) {
    for (const b of bytesPane.querySelectorAll(`[data-byte="${source}-${i}"]`)) {
      b.classList.add("marked");
      first = first || b;
    }
  }
  if (first) bytesPane.scrollTop += first.getBoundingClientRect().top - bytesPane.getBoundingClientRect().top - bytesPane.clientHeight / 3;
};

const chooseLine = (i) => {
  if (!lines[i]) return;
  if (line >= 0) lines[line].element.setAttribute("aria-selected", false);
  line = i;
  const l = lines[i];
  l.element.setAttribute("aria-selected", true);
  detailsPane.setAttribute("aria-activedescendant", l.element.id);
  const box = l.element.getBoundingClientRect(), pane = detailsPane.getBoundingClientRect();
  if (box.top < pane.top) detailsPane.scrollTop += box.top - pane.top - box.height;
  else if (box.bottom > pane.bottom) detailsPane.scrollTop += box.bottom - pane.bottom + box.height;
  mark(l.source, l.start, l.length);
};

// Opens the branches above a line, and chooses it.
const reveal = (i) => {
  for (let up = parentOf(i); up >= 0; up = parentOf(up)) setOpen(up, true);
  chooseLine(i);
};

// The line for a byte is the innermost one that holds it.
const chooseByte = (name) => {
  const [source, at] = name.split("-").map(Number);
  let best = -1;
  lines.forEach((l, i) => {
    const holds = l.source === source && l.start <= at && at < l.start + l.length;
    if (holds && (best < 0 || l.length <= lines[best].length)) best = i;
  });
  byteAt = { source, at };
  if (best < 0) mark(source, at, 1);
  else reveal(best);
  // The bytes are one thing to a screen reader, so that it has to be told which one is chosen.
  const byte = contents[source].bytes.charCodeAt(at).toString(16).padStart(2, "0");
  byteStatus.textContent = words.byteAt(at.toString(16).padStart(4, "0"), byte, lines[best]?.text.trim() ?? "");
};

// Keys as in any tree: right opens a branch or goes into it, left closes it or goes to the one that it is in.
const treeKey = (key) => {
  const seen = lines.flatMap((l, i) => (l.element.hidden ? [] : [i]));
  if (key in STEPS) return chooseLine(seen[stepped(key, seen.indexOf(line), seen.length)]);
  const l = lines[line];
  if (!l) return;
  if (key === "ArrowRight" && l.inner) {
    if (l.open) chooseLine(line + 1);
    else setOpen(line, true);
  } else if (key === "ArrowLeft") {
    if (l.inner && l.open) setOpen(line, false);
    else chooseLine(parentOf(line));
  } else if ((key === "Enter" || key === " ") && l.inner) setOpen(line, !l.open);
};

const byteKey = (step) => {
  const l = lines[line];
  const from = byteAt ?? (l && l.length > 0 ? { source: l.source, at: l.start } : { source: 0, at: -step });
  const length = contents[from.source]?.bytes.length ?? 0;
  if (length > 0) chooseByte(`${from.source}-${Math.max(0, Math.min(length - 1, from.at + step))}`);
};
