// The filter box: a filter in the language of `-Y`, or a text that is looked for.

const box = document.getElementById("filter"), count = document.getElementById("count"), wrong = document.getElementById("wrong");
let asked = 0;

const QUANTIFIERS = new Set(["any", "all"]);
const COMPARISONS = /^(==|!=|>=|<=|===|!==|~=|<|>|=|eq|ne|gt|ge|lt|le|contains|matches|in|any_eq|any_ne|all_eq|all_ne)$/;

// Whether a text is meant as a filter: it begins with a known name or an operator, or compares something. Quotes around
// the whole make it a text in any case.
const isFilter = (text) => {
  if (text.startsWith('"') || text.startsWith("'")) return false;
  if (toDisplay(text) !== null) return true;
  const [first, second] = /^([A-Za-z0-9_.:-]*)\s*(===|!==|==|!=|~=|>=|<=|&&|\|\||[^\s\w"]|\w*)/.exec(text).slice(1);
  if (first === "") return /^(\(|!|-\s*[a-z]|\{)/.test(text);
  if (table.named.has(first) || first === "not" || (QUANTIFIERS.has(first) && second !== "")) return true;
  if (second === "(" && (FUNCTIONS.includes(first) || table.named.has(/\(\s*([\w.]*)/.exec(text)[1]))) return true;
  if (first.includes(".") && table.named.has(first.split(".")[0]) && !/^[0-9.]+$/.test(first)) return true;
  const joined = /^\S+\s*(?:and|or|xor|&&|\|\||\^\^)\s*(?:(?:not\b|!|\()\s*)*([\w.]+)/.exec(text);
  if (joined && table.named.has(joined[1])) return true;
  return COMPARISONS.test(second) && second !== "in" && text.slice(first.length).trim() !== second;
};

// The packets with a text in a column or in the payload; letters of either case are the same.
const search = async (text) => {
  const small = text.toLowerCase(), bytes = lower(utf8(text));
  const columns = new Map();
  for (const name of ["tcp", "udp"]) columns.set(name, await columnOf(name));
  const packet = new PacketView(columns, await allBytes()), passed = [];
  let unsure = 0;
  for (let index = 0; index < runs.length; index++) {
    packet.index = index;
    packet.wanting = false;
    const found = shownCells(index).some((cell) => cell.toLowerCase().includes(small)) || payloads(packet).some((payload) => lower(payload).includes(bytes));
    if (found) passed.push(index);
    else unsure += Number(packet.wanting);
  }
  return { passed, unsure };
};
const lower = (bytes) => bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

// What follows the header of the transport, or the whole frame where there is none; and what was put together.
const payloads = (packet) => {
  const headers = ["tcp", "udp"].flatMap((name) => packet.values({ name }));
  const parts = headers.map(({ layer }) => packet.bytes(layer.source, layer.start + layer.length));
  if (parts.length === 0) parts.push(packet.bytes(0, 0));
  for (let source = 1; source < runs[packet.index].length; source++) parts.push(packet.bytes(source, 0));
  return parts;
};

const decide = async (text) => {
  if (text === "") return { kind: "all", passed: rows.capture.map((_, index) => index), unsure: 0 };
  if (isFilter(text)) return { kind: "filter", ...(await run(compile(text))) };
  const bare = /^"([^]*?)"?$/.exec(text)?.[1] ?? text;
  return { kind: "text", ...(await search(bare)) };
};

const apply = async () => {
  const text = box.value.trim(), mine = ++asked;
  let result = null, error = null;
  try {
    result = await decide(text);
  } catch (why) {
    if (!(why instanceof FilterError)) throw why;
    error = why;
  }
  if (mine !== asked) return;
  say(text, result, error);
  if (result) {
    list.scrollTop = 0;
    show(result.passed);
    scrollToRow(chosen);
  }
  // Scripts from outside the page, such as tests, listen for this.
  const detail = error ? { text, error: [error.message, error.hint, error.corrected] } : { text, kind: result.kind, passed: result.passed };
  box.dispatchEvent(new CustomEvent("applied", { detail }));
};

const say = (text, result, error) => {
  box.setAttribute("aria-invalid", error !== null);
  // The previous result stays, so that a typing error does not empty the list. It is marked, since the box says something else.
  list.classList.toggle("stale", error !== null);
  wrong.replaceChildren();
  if (error) {
    count.textContent = words.stale();
    wrong.append(make("span", `${error.message}.`), ...(error.hint ? [" ", make("span", error.hint)] : []));
    if (error.corrected) {
      const button = make("button", error.corrected, { type: "button" });
      button.addEventListener("click", () => fill(error.corrected));
      wrong.append(` ${words.meant()} `, button, "?");
    }
    return;
  }
  const cut = result.unsure > 0 ? words.unsure(result.unsure) : "";
  const said = result.kind === "all" ? words.all(rows.capture.length) : words[result.kind](result.passed.length, rows.capture.length);
  count.textContent = said + cut;
  // A text that is found nowhere may have been meant as a field.
  const near = result.kind === "text" && result.passed.length === 0 ? misspelt(text) : null;
  if (near !== null) {
    const button = make("button", near.filter, { type: "button" });
    button.addEventListener("click", () => fill(near.filter));
    wrong.append(`${words.nearField(near.name)} ${words.meant()} `, button, "?");
  }
};

// The field whose name is nearest to what a text begins with, and the filter with it.
const misspelt = (text) => {
  const first = /^[A-Za-z][A-Za-z0-9_.-]{2,}/.exec(text)?.[0];
  const rest = first === undefined ? "" : text.slice(first.length);
  if (first === undefined || !/^\s*($|[=!<>~]|(eq|ne|gt|ge|lt|le|contains|matches|in|and|or)\b)/.test(rest)) return null;
  const name = table.named.has(first) ? null : nearest(first);
  return name === null ? null : { name, filter: name + rest };
};

const fill = (text) => {
  box.value = text;
  box.focus();
  return apply();
};
