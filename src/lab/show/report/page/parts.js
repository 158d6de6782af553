// The packed parts of the page, and what they hold: rows, columns of fields, details, bytes.

const part = async (name) => {
  const element = document.getElementById(`part-${name}`);
  if (!element) return null;
  const packed = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
  return new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
};

// A function that asks for a thing once, and keeps the last `most` of them.
const keeping = (most, get) => {
  const kept = new Map();
  return (key) => {
    const there = kept.get(key) ?? get(key);
    kept.delete(key);
    kept.set(key, there);
    if (kept.size > most) kept.delete(kept.keys().next().value);
    return there;
  };
};

const json = async (name) => {
  const stream = await part(name);
  return stream && new Response(stream).json();
};

// Bytes as a text of one character a byte, which JavaScript searches and compares fastest.
const characters = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
};

const BLOCK = 256;
const detailsOf = keeping(8, (block) => json(`details-${block}`));
const bytesOf = keeping(Infinity, async (block) => {
  const stream = await part(`bytes-${block}`);
  return stream ? characters(new Uint8Array(await new Response(stream).arrayBuffer())) : "";
});

const at = (column, i) => (column !== null && typeof column === "object" && "each" in column ? (column.begin ?? "") + column.each[i] : column);
const plain = (column, i) => (column !== null && typeof column === "object" && "each" in column ? column.each[i] : column);

// The lines of a packet's details, and the titles of its bytes.
const details = async (index) => {
  const inBlock = index % BLOCK;
  const group = (await detailsOf(Math.floor(index / BLOCK))).find((g) => g.packets.includes(inBlock));
  const i = group.packets.indexOf(inBlock);
  const lines = group.depths.map((depth, line) => ({
    depth,
    field: group.fields[line] === null ? "" : table.fields[group.fields[line]].name,
    source: plain(group.sources[line], i),
    start: plain(group.starts[line], i),
    length: plain(group.lengths[line], i),
    text: at(group.texts[line], i),
  }));
  return { lines, titles: plain(group.bytes, i) };
};

// Of each packet, where its bytes stand in those of its block: two numbers a run, and how many there were.
const places = (rows) => {
  let end = 0;
  return rows.bytes.map((lengths, index) => {
    if (index % BLOCK === 0) end = 0;
    const runs = [];
    for (let i = 0; i < lengths.length; i += 2) {
      runs.push({ start: end, end: end + lengths[i], of: lengths[i + 1] });
      end += lengths[i];
    }
    return runs;
  });
};

// The table of all fields, by name; of several of one name the first counts.
let table = null;
const readTable = async () => {
  const { kinds, fields } = await json("fields");
  const types = kinds.map(([code, words]) => {
    const [type, bits] = code.split(":");
    return { type, bits: Number(bits ?? 0), words };
  });
  const all = fields.map(([name, kind, names]) => ({ name, kind: types[kind], names: names.map(([n, text]) => [BigInt(n), text]) }));
  const named = new Map();
  for (const field of all) if (!named.has(field.name)) named.set(field.name, field);
  table = { fields: all, named };
};

// The values of one field: `from` and `to` of each packet in `values`, and which occurrence of its protocol each is of.
const columnOf = keeping(64, async (name) => {
  // A column of the list has one text a packet.
  if (name in about.fields) return { values: rows.cells[about.fields[name]].map(utf8), first: rows.capture.map((_, i) => i).concat(rows.capture.length), nth: null, of: null };
  const found = (await json(`field-${name}`)) ?? { p: [], v: [] };
  const type = table.named.get(name).kind.type;
  const values = readers[type](found.v);
  const first = new Int32Array(rows.capture.length + 1);
  let packet = 0;
  for (const step of found.p) {
    packet += step;
    first[packet + 1] += 1;
  }
  for (let i = 0; i < rows.capture.length; i++) first[i + 1] += first[i];
  return { values, first, nth: found.n ?? null, of: found.o ?? null };
});

const steps = (stored) => {
  let last = 0n;
  return stored.map((step) => (last += BigInt(step)));
};
// Bytes: hexadecimal digits, or source, offset and length in the packet.
const stretches = (stored) => {
  const values = [];
  for (let i = 0; i < stored.length; i++) {
    if (stored[i] === null) values.push(null);
    else if (typeof stored[i] === "string") values.push(stored[i].replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16))));
    else {
      values.push({ source: stored[i], start: stored[i + 1], length: stored[i + 2] });
      i += 2;
    }
  }
  return values;
};
// Layers; null stands for a packet that was not decoded to its end.
const readers = {
  bool: steps, uint: steps, int: steps, time: steps, duration: steps,
  double: (stored) => stored.map((x) => x ?? NaN),
  label: (stored) => stored.map(() => 0n),
  ipv4: (stored) => stored.map((ip) => ({ ipv4: ip })),
  ipv6: (stored) => stretches(stored).map((bytes) => ({ ipv6: bytes })),
  text: stretches, bytes: stretches, mac: stretches,
  protocol: (stored) => stretches(stored).map((place) => (place === null ? null : { layer: place })),
};

let rows = null;
let runs = null;
