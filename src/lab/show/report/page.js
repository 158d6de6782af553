"use strict";
// The packet list, the details and the bytes of one packet, and the filter box.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const names = read("names"), columns = read("columns"), all = read("data");
  const HEIGHT = 22, BLOCK = 64, SPARE = 12;
  const list = document.getElementById("list"), rows = document.getElementById("rows");
  const details = document.getElementById("details"), bytes = document.getElementById("bytes");
  const box = document.getElementById("filter"), count = document.getElementById("count");
  const several = names.length > 1;
  let shown = all.map((_, i) => i), chosen = -1, page = null, lines = [], line = -1;

  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    // Only ever text: what packets hold is never read as markup.
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const cells = (r) => [...(several ? [names[r.capture]] : []), ...columns.map(([name]) => r[name])];
  const head = list.querySelector(".head");
  for (const text of [...(several ? ["Capture"] : []), ...columns.map(([, heading]) => heading)])
    head.append(make("span", text, { role: "columnheader" }));
  list.classList.toggle("several", several);

  // The list holds only the rows that can be seen.
  const draw = (whole = false) => {
    const first = whole ? 0 : Math.max(0, Math.floor(list.scrollTop / HEIGHT) - SPARE);
    const last = whole ? shown.length : Math.min(shown.length, first + Math.ceil(list.clientHeight / HEIGHT) + 2 * SPARE);
    const part = document.createDocumentFragment();
    for (let i = first; i < last; i++) {
      const index = shown[i], r = all[index];
      const row = make("div", "", { role: "row", id: `row-${index}`, "aria-rowindex": i + 2, "aria-selected": index === chosen });
      row.className = `row ${r.class}`;
      row.style.top = `${i * HEIGHT}px`;
      row.dataset.index = index;
      for (const text of cells(r)) row.append(make("span", text, { role: "gridcell" }));
      part.append(row);
    }
    rows.style.height = `${shown.length * HEIGHT}px`;
    rows.replaceChildren(part);
    list.setAttribute("aria-rowcount", shown.length + 1);
    if (chosen >= 0) list.setAttribute("aria-activedescendant", `row-${chosen}`);
  };

  const blocks = new Map();
  const unpack = (number) => {
    if (!blocks.has(number)) blocks.set(number, (async () => {
      const packed = Uint8Array.from(atob(document.getElementById(`block-${number}`).textContent), (c) => c.charCodeAt(0));
      const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
      return JSON.parse(await new Response(stream).text());
    })());
    if (blocks.size > 32) blocks.delete(blocks.keys().next().value);
    return blocks.get(number);
  };

  const choose = async (index, scroll = true) => {
    if (index === undefined || !all[index]) return;
    chosen = index;
    const at = shown.indexOf(index);
    if (scroll && at >= 0) {
      const room = list.clientHeight - 2 * HEIGHT, top = at * HEIGHT;
      if (top < list.scrollTop) list.scrollTop = top;
      else if (top > list.scrollTop + room) list.scrollTop = top - room;
    }
    draw();
    const wanted = (await unpack(Math.floor(index / BLOCK)))[index % BLOCK];
    if (chosen !== index) return;
    page = wanted;
    showDetails();
    showBytes();
  };

  const showDetails = () => {
    const part = document.createDocumentFragment();
    lines = page.details.map(([depth, source, start, len, field, text], i) => {
      const inner = (page.details[i + 1] || [0])[0] > depth;
      const element = make("div", text, { role: "treeitem", id: `detail-${i}`, "aria-level": depth + 1, "aria-selected": false });
      element.style.paddingLeft = `${depth * 2}ch`;
      element.dataset.line = i;
      if (field) element.title = field;
      part.append(element);
      return { depth, source, start, len, inner, open: depth > 0, element };
    });
    line = -1;
    details.replaceChildren(part);
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

  const showBytes = () => {
    const part = document.createDocumentFragment();
    page.bytes.forEach(([title, hex], source) => {
      part.append(make("h3", title));
      for (let row = 0; row < hex.length / 2; row += 16) {
        const element = make("div", `${row.toString(16).padStart(4, "0")}  `, { class: "line" });
        const ends = Math.min(row + 16, hex.length / 2), text = [];
        for (let i = row; i < row + 16; i++) {
          if (i < ends) {
            const pair = hex.substr(i * 2, 2), code = parseInt(pair, 16);
            element.append(byte(pair, source, i), i % 8 === 7 ? "  " : " ");
            text.push(byte(code >= 32 && code < 127 ? String.fromCharCode(code) : ".", source, i));
          } else element.append(i % 8 === 7 ? "    " : "   ");
        }
        element.append(" ", ...text);
        part.append(element);
      }
    });
    bytes.replaceChildren(part);
  };
  const byte = (text, source, i) => {
    const element = make("b", text);
    element.dataset.byte = `${source}-${i}`;
    return element;
  };

  const mark = (source, start, len) => {
    bytes.querySelectorAll(".marked").forEach((b) => b.classList.remove("marked"));
    let first = null;
    for (let i = start; i < start + len; i++)
      for (const b of bytes.querySelectorAll(`[data-byte="${source}-${i}"]`)) { b.classList.add("marked"); first = first || b; }
    if (first) first.scrollIntoView({ block: "nearest" });
  };

  const chooseLine = (i, focus = true) => {
    if (!lines[i]) return;
    if (line >= 0) lines[line].element.setAttribute("aria-selected", false);
    line = i;
    const l = lines[i];
    l.element.setAttribute("aria-selected", true);
    details.setAttribute("aria-activedescendant", l.element.id);
    if (focus) l.element.scrollIntoView({ block: "nearest" });
    mark(l.source, l.start, l.len);
  };

  // The line for a byte is the innermost one that holds it, and its branches are opened.
  const chooseByte = (name) => {
    const [source, at] = name.split("-").map(Number);
    let best = -1;
    lines.forEach((l, i) => {
      const holds = l.source === source && l.start <= at && at < l.start + l.len;
      if (holds && (best < 0 || l.len <= lines[best].len)) best = i;
    });
    if (best < 0) return mark(source, at, 1);
    for (let i = best, depth = lines[best].depth; i >= 0 && depth > 0; i--)
      if (lines[i].depth < depth) { lines[i].open = true; depth = lines[i].depth; }
    fold();
    chooseLine(best);
  };

  // Filter: words and comparisons, `and`, `or`, `not`, brackets; anything else is searched for as text.
  const NUMBERS = {
    "frame.number": (r) => [r.number], "frame.len": (r) => [r.length], "frame.time_relative": (r) => [Number(r.time)],
    "tcp.stream": (r) => (has(r, "tcp") ? [r.stream] : []), "udp.stream": (r) => (has(r, "udp") ? [r.stream] : []),
    "tcp.len": (r) => [r.payload], "tcp.flags": (r) => [r.flags],
    "tcp.port": (r) => (has(r, "tcp") ? r.ports : []), "udp.port": (r) => (has(r, "udp") ? r.ports : []),
    "tcp.srcport": (r) => (has(r, "tcp") ? [r.ports[0]] : []), "tcp.dstport": (r) => (has(r, "tcp") ? [r.ports[1]] : []),
    "udp.srcport": (r) => (has(r, "udp") ? [r.ports[0]] : []), "udp.dstport": (r) => (has(r, "udp") ? [r.ports[1]] : []),
  };
  ["fin", "syn", "reset", "push", "ack", "urg"].forEach((name, bit) => {
    NUMBERS[`tcp.flags.${name}`] = (r) => (r.flags === null ? [] : [(r.flags >> bit) & 1]);
  });
  const TEXTS = { "_ws.col.info": (r) => [r.info], "_ws.col.protocol": (r) => [r.protocol], "frame.protocols": (r) => [r.protocols] };
  for (const ip of ["ip", "ipv6"]) {
    TEXTS[`${ip}.addr`] = (r) => (has(r, ip) ? [r.source, r.destination] : []);
    TEXTS[`${ip}.src`] = (r) => (has(r, ip) ? [r.source] : []);
    TEXTS[`${ip}.dst`] = (r) => (has(r, ip) ? [r.destination] : []);
  }
  const has = (r, name) => r.protocols.split(":").includes(name);
  const compare = (op, a, b) =>
    ({ "==": a === b, "!=": a !== b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b, contains: String(a).includes(b) })[op];
  const WORDS = { eq: "==", ne: "!=", lt: "<", gt: ">", le: "<=", ge: ">=", "&&": "and", "||": "or", "!": "not" };
  const PROTOCOLS = new Set(all.flatMap((r) => r.protocols.split(":")).concat(["tcp", "udp", "ip", "ipv6", "arp", "icmp", "dns", "http", "tls", "eth", "frame"]));

  const parse = (text) => {
    const tokens = text.match(/"[^"]*"|&&|\|\||[=!<>]=|[<>!()]|[^\s()!<>=&|"]+/g) || [];
    let at = 0;
    const next = () => { const t = tokens[at++]; return t === undefined ? t : WORDS[t.toLowerCase()] || t; };
    const peek = () => { const t = tokens[at]; return t === undefined ? t : WORDS[t.toLowerCase()] || t; };
    const or = () => { let a = and(); while (peek() === "or") { next(); const l = a, r = and(); a = (p) => l(p) || r(p); } return a; };
    const and = () => { let a = not(); while (peek() === "and") { next(); const l = a, r = not(); a = (p) => l(p) && r(p); } return a; };
    const not = () => {
      if (peek() === "not") { next(); const a = not(); return (p) => !a(p); }
      if (peek() === "(") { next(); const a = or(); if (next() !== ")") throw new Error("a bracket is not closed"); return a; }
      return test();
    };
    const test = () => {
      const name = next();
      if (name === undefined) throw new Error("something is missing at the end");
      const op = ["==", "!=", "<", ">", "<=", ">=", "contains"].includes(peek()) ? next() : null;
      const values = NUMBERS[name] || TEXTS[name];
      if (!op) {
        if (name === "tcp.analysis.flags") return (r) => r.analysis;
        if (values) return (r) => values(r).some((v) => v !== null && v !== undefined);
        if (PROTOCOLS.has(name)) return (r) => has(r, name);
        throw new Error(`${name} is not a field that this box knows; labkit replay -Y knows all of them`);
      }
      if (!values) throw new Error(`${name} is not a field that this box knows; labkit replay -Y knows all of them`);
      let value = next();
      if (value === undefined) throw new Error(`a value is missing after ${op}`);
      if (NUMBERS[name] && op !== "contains") {
        value = { true: 1, false: 0 }[value.toLowerCase()] ?? Number(value);
        if (Number.isNaN(value)) throw new Error(`${name} is a number`);
      } else value = value.replace(/^"|"$/g, "");
      return (r) => {
        const there = values(r).filter((v) => v !== null && v !== undefined);
        // As in Wireshark: != only where none is equal.
        return op === "!=" ? there.length > 0 && there.every((v) => v !== value) : there.some((v) => compare(op, v, value));
      };
    };
    const filter = or();
    if (at < tokens.length) throw new Error(`${tokens[at]} does not fit here`);
    return filter;
  };

  const apply = () => {
    const text = box.value.trim();
    let test = () => true, wrong = "";
    const looksLikeFilter = /[=<>!()]|&&|\|\||\b(and|or|not|contains)\b/.test(text) || PROTOCOLS.has(text) || text in NUMBERS || text in TEXTS || text === "tcp.analysis.flags";
    if (text && looksLikeFilter) {
      try { test = parse(text); } catch (error) { wrong = error.message; }
    } else if (text) {
      const small = text.toLowerCase();
      test = (r) => cells(r).some((cell) => String(cell).toLowerCase().includes(small));
    }
    box.setAttribute("aria-invalid", Boolean(wrong));
    if (!wrong) {
      shown = all.flatMap((r, i) => (test(r) ? [i] : []));
      list.scrollTop = 0;
      draw();
    }
    count.textContent = wrong || `${shown.length} of ${all.length} packets`;
  };

  const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };
  list.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || shown.length === 0) return;
    event.preventDefault();
    const at = shown.indexOf(chosen);
    choose(shown[Math.max(0, Math.min(shown.length - 1, (at < 0 ? -1 : at) + STEPS[event.key]))]);
  });
  details.addEventListener("keydown", (event) => {
    const visible = lines.flatMap((l, i) => (l.element.hidden ? [] : [i])), l = lines[line];
    if (event.key in STEPS && visible.length > 0) {
      event.preventDefault();
      const at = visible.indexOf(line);
      return chooseLine(visible[Math.max(0, Math.min(visible.length - 1, (at < 0 ? -1 : at) + STEPS[event.key]))]);
    }
    if (!l || !["ArrowLeft", "ArrowRight", "Enter", " "].includes(event.key)) return;
    event.preventDefault();
    l.open = event.key === "ArrowRight" || (event.key !== "ArrowLeft" && !l.open);
    fold();
  });
  bytes.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -16, ArrowDown: 16 }[event.key];
    if (!step || !page) return;
    event.preventDefault();
    const l = lines[line], source = l && l.len > 0 ? l.source : 0;
    const from = Number(bytes.dataset.at ?? (l && l.len > 0 ? l.start : -step));
    const last = page.bytes[source][1].length / 2 - 1;
    bytes.dataset.at = Math.max(0, Math.min(last, from + step));
    chooseByte(`${source}-${bytes.dataset.at}`);
  });
  list.addEventListener("scroll", () => draw());
  rows.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) choose(Number(row.dataset.index), false);
  });
  details.addEventListener("click", (event) => {
    const element = event.target.closest("[data-line]");
    if (!element) return;
    const i = Number(element.dataset.line);
    if (lines[i].inner && (line === i || event.offsetX < lines[i].depth * 16 + 20)) { lines[i].open = !lines[i].open; fold(); }
    delete bytes.dataset.at;
    chooseLine(i);
  });
  bytes.addEventListener("click", (event) => {
    const element = event.target.closest("[data-byte]");
    if (element) { bytes.dataset.at = element.dataset.byte.split("-")[1]; chooseByte(element.dataset.byte); }
  });
  box.addEventListener("input", apply);
  // A link to a packet shows it, whatever the filter says.
  const follow = () => {
    const named = /^#packet-(\d+)-(\d+)$/.exec(location.hash);
    if (!named) return;
    const index = all.findIndex((r) => r.capture === Number(named[1]) && r.number === Number(named[2]));
    if (index < 0) { count.textContent = "That packet is not in this list."; }
    else {
      if (!shown.includes(index)) { box.value = ""; apply(); }
      choose(index);
    }
    document.getElementById("packets").scrollIntoView();
  };
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => draw(shown.length <= 500));
  addEventListener("afterprint", () => draw());
  addEventListener("resize", () => draw());
  apply();
  choose(shown[0]);
  follow();
})();
