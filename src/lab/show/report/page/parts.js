// The packed parts of the page, and what they hold: rows, columns of fields, details, bytes.

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

const json = async (name) => (await unpack(name))?.json() ?? null;

// Bytes as a text of one character a byte, which JavaScript searches and compares fastest.
const characters = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
};

const BLOCK = 512;
const detailsOf = keeping(8, (block) => json(`details-${block}`));
const bytesOf = keeping(Infinity, async (block) => {
  const response = await unpack(`bytes-${block}`);
  return response ? characters(new Uint8Array(await response.arrayBuffer())) : "";
});
const allBytes = () => Promise.all(Array.from({ length: Math.ceil(runs.length / BLOCK) }, (_, block) => bytesOf(block)));

const at = (column, i) => (column !== null && typeof column === "object" && "each" in column ? column.each[i] : column);

// The lines of a packet's details, and the titles of its bytes.
const details = async (index) => {
  const block = Math.floor(index / BLOCK), inBlock = index % BLOCK;
  const [groups, bytes] = await Promise.all([detailsOf(block), bytesOf(block)]);
  const group = groups.find((g) => g.packets.includes(inBlock));
  const i = group.packets.indexOf(inBlock);
  const lines = group.depths.map((depth, line) => ({
    depth,
    field: group.fields[line] === null ? "" : table.fields[group.fields[line]].name,
    source: at(group.sources[line], i),
    start: at(group.starts[line], i),
    length: at(group.lengths[line], i),
  }));
  const own = ({ source, start, length }) => {
    const run = runs[index][source];
    return bytes.slice(run.start + start, Math.min(run.start + start + length, run.end));
  };
  const word = (column) => wordOf(group.columns[column], i, lines, own);
  lines.forEach((line, l) => {
    const text = group.texts[l];
    const form = text.which ? text.of[text.which[i]] : text;
    line.text = typeof form === "string" ? form : form.map((piece) => (typeof piece === "number" ? word(piece) : piece)).join("");
  });
  return { lines, titles: at(group.bytes, i) };
};

// A word of a text: from its column, or from the bytes of a line.
const wordOf = (column, i, lines, own) => {
  if (column.d) return String(column.d.slice(0, i + 1).reduce((sum, step) => sum + step, 0));
  if (column.k === undefined) return String(column[i]);
  const codes = [...own(lines[column.l])].map((c) => c.charCodeAt(0));
  const digits = codes.map((code) => code.toString(16).padStart(2, "0"));
  switch (column.k) {
    case "d": return String(BigInt(`0x${digits.join("")}`));
    case "4": return codes.join(".");
    case "m": return digits.join(":");
    case "X": return `0x${digits.join("")}`;
    default: return digits.join("").slice(0, column.n);
  }
};

// For each packet, its runs of bytes: where each begins and ends within the bytes of the block, and how many bytes it had.
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
  const { kinds, fields, of, named, lists } = await json("fields");
  const types = kinds.map(([code, words]) => {
    const [type, bits] = code.split(":");
    return { type, bits: Number(bits ?? 0), words };
  });
  const names = lists.map(([steps, words]) => () => {
    let last = 0n;
    const texts = words.split("\n");
    return steps.map((step, i) => [(last += BigInt(step)), texts[i]]);
  });
  const namesOf = new Map(named.map(([place, list]) => [place, list]));
  const all = fields.split("\n").map((name, place) => ({
    name,
    kind: types[of[place]],
    get names() {
      return namesOf.has(place) ? names[namesOf.get(place)]() : [];
    },
  }));
  const first = new Map();
  for (const field of all) if (!first.has(field.name)) first.set(field.name, field);
  table = { fields: all, named: first };
};

// The values of one field: `from` and `to` of each packet in `values`, and which occurrence of its protocol each is of.
const columnOf = keeping(64, async (name) => {
  // A column of the list has one text a packet.
  if (name in about.fields) return { values: rows.cells[about.fields[name]].map(utf8), first: rows.capture.map((_, i) => i).concat(rows.capture.length), nth: null, of: null };
  const found = (await few(""))[name] ?? (await json(`field-${name}`)) ?? { p: [], v: [] };
  if (found.like) {
    const { values, ...rest } = await columnOf(found.like);
    return { values: follows(values, found), ...rest };
  }
  const first = new Int32Array(rows.capture.length + 1), packets = [];
  let packet = 0;
  for (const step of found.p) {
    packet += step;
    packets.push(packet);
    first[packet + 1] += 1;
  }
  for (let i = 0; i < rows.capture.length; i++) first[i + 1] += first[i];
  const values = found.w ? inBytes(found.w, packets, await allBytes()) : readers[table.named.get(name).kind.type](found.v);
  return { values, first, nth: found.n ?? null, of: found.o ?? null };
});
const few = keeping(1, () => json("few"));

// Numbers that are computed from others: a constant is added to each, or each is a difference of two neighbours.
const follows = (values, { plus, first }) =>
  plus !== undefined ? values.map((n) => n + BigInt(plus)) : values.map((n, i) => (i === 0 ? BigInt(first) : n - values[i - 1]));

// Numbers that stand in the bytes of the packets: offset and length, once or for each.
const inBytes = (places, packets, blocks) => packets.map((packet, i) => {
  const [start, length] = places.length === 2 ? places : places.slice(2 * i, 2 * i + 2);
  const from = runs[packet][0].start + start, block = blocks[Math.floor(packet / BLOCK)];
  let number = 0;
  for (let k = from; k < from + length; k++) number = number * 256 + block.charCodeAt(k);
  return BigInt(number);
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
