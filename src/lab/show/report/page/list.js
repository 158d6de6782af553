// The list of packets. It holds only the rows that can be seen.

const HEIGHT = 22, SPARE = 12, ON_PAPER = 500;
const list = document.getElementById("list"), rowsElement = document.getElementById("rows");
const several = about.captures.length > 1;
let shown = [], chosen = -1, place = new Map();

const make = (tag, text, attributes = {}) => {
  const element = document.createElement(tag);
  // Contents of packets are inserted as text, and never as markup.
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

const cells = (index) => rows.cells.map((column) => column[index]);
const numberOf = (index) => Number(rows.cells[0][index]);
// An address with the role of its machine.
const withRole = (address) => (about.roles[address] ? `${address} (${about.roles[address]})` : address);
const shownCells = (index) => [
  ...(several ? [about.captures[rows.capture[index]]] : []),
  ...cells(index).map((cell, column) => (about.addresses.includes(column) ? withRole(cell) : cell)),
];

const drawHead = () => {
  const head = list.querySelector(".head");
  head.replaceChildren(...[...(several ? [words.capture()] : []), ...about.headings].map((text) => make("span", text, { role: "columnheader" })));
  list.classList.toggle("several", several);
  // Addresses are as wide as the longest one.
  const longest = about.addresses.flatMap((column) => rows.cells[column]).reduce((most, text) => Math.max(most, withRole(text).length), 15);
  list.style.setProperty("--address", `${Math.min(longest, 48)}ch`);
};

const show = (indices) => {
  shown = indices;
  place = new Map(indices.map((index, at) => [index, at]));
  list.setAttribute("aria-rowcount", shown.length + 1);
  draw();
};

const draw = (paper = false) => {
  const first = paper ? 0 : Math.max(0, Math.floor(list.scrollTop / HEIGHT) - SPARE);
  const last = Math.min(shown.length, paper ? ON_PAPER : first + Math.ceil(list.clientHeight / HEIGHT) + 2 * SPARE);
  const part = document.createDocumentFragment();
  for (let at = first; at < last; at++) {
    const index = shown[at];
    const row = make("div", "", { role: "row", id: `row-${index}`, "aria-rowindex": at + 2, "aria-selected": index === chosen });
    row.className = `row ${rows.class[index]}`;
    row.style.top = `${at * HEIGHT}px`;
    row.dataset.index = index;
    for (const text of shownCells(index)) row.append(make("span", text, { role: "gridcell", title: text }));
    part.append(row);
  }
  rowsElement.style.height = `${shown.length * HEIGHT}px`;
  rowsElement.replaceChildren(part);
  // Only a row that exists is named to a screen reader.
  const at = place.get(chosen);
  if (at !== undefined && at >= first && at < last) list.setAttribute("aria-activedescendant", `row-${chosen}`);
  else list.removeAttribute("aria-activedescendant");
  const left = paper && shown.length > ON_PAPER ? words.paper(ON_PAPER, shown.length) : "";
  document.getElementById("paper").textContent = left;
};

const scrollToRow = (index) => {
  const at = place.get(index);
  if (at === undefined) return;
  // The heading takes a row's place.
  const room = list.clientHeight - 2 * HEIGHT, top = at * HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top > list.scrollTop + room) list.scrollTop = top - room;
};

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };
const stepped = (key, at, length) => Math.max(0, Math.min(length - 1, (at < 0 ? -1 : at) + STEPS[key]));
