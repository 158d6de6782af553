// Runs a filter over the packets. As `src/filter/eval.rs` and `src/filter/value.rs`. Numbers are BigInt, bytes are texts
// of one character a byte.

// The places in the list of the packets that pass, and the number of packets that the page has too few bytes of to decide.
const run = async ({ fields, program }) => {
  const columns = new Map();
  for (const name of fields) columns.set(name, await columnOf(name));
  const needsBytes = [...fields].some((name) => ["text", "bytes", "protocol", "mac", "ipv6"].includes(table.named.get(name).kind.type));
  const packet = new PacketView(columns, needsBytes ? await allBytes() : []);
  const passed = [], partial = new Set(rows.partial);
  let unsure = 0;
  for (let index = 0; index < runs.length; index++) {
    packet.index = index;
    packet.wanting = partial.has(index);
    if (holds(program, packet)) passed.push(index);
    unsure += Number(packet.wanting);
  }
  return { passed, unsure };
};

// One packet after the other, with the columns and bytes that a filter reads.
class PacketView {
  constructor(columns, blocks) {
    Object.assign(this, { columns, blocks, index: 0, wanting: false });
  }

  // A run of bytes from `start` on, as far as the page has them.
  bytes(source, start, length = Infinity) {
    const found = runs[this.index][source];
    if (!found) return "";
    const from = Math.min(found.start + start, found.end), end = Math.min(from + length, found.end);
    // The bytes behind the end of the run are not in the page.
    if (found.end - found.start < found.of && start + Math.min(length, found.of) > found.end - found.start) this.wanting = true;
    return (this.blocks[Math.floor(this.index / BLOCK)] ?? "").slice(from, end);
  }

  // The values of a field, or those in some of its layers.
  values({ name, layers = null }) {
    const { values, first, nth, of } = this.columns.get(name);
    let found = values.slice(first[this.index], first[this.index + 1]);
    if (layers !== null) {
      const inside = (_, i) => {
        const place = first[this.index] + i, number = nth?.[place] ?? 1;
        return layers.some((range) => hasLayer(range, number, number - (of?.[place] ?? 1) - 1));
      };
      found = found.filter(inside);
    }
    if (name === "frame") found.push({ layer: { source: 0, start: 0, length: runs[this.index][0].of } });
    return found.filter((item) => item !== null);
  }

  has(name) {
    if (name === "frame") return true;
    const { first } = this.columns.get(name);
    return first[this.index] < first[this.index + 1];
  }

  // A value in the form that comparisons use.
  seen(item) {
    if (typeof item !== "object") return item;
    if (item.layer) return this.bytes(item.layer.source, item.layer.start);
    if (item.ipv6 !== undefined) return typeof item.ipv6 === "bigint" ? item : { ipv6: bigEndian(this.seen(item.ipv6)), bits: 128 };
    if (item.ipv4 !== undefined) return { ipv4: item.ipv4, bits: item.bits ?? 32 };
    return this.bytes(item.source, item.start, item.length);
  }
}

// Whether a layer is in a range, by its number from 1 on, and by that from -1 on counted from the innermost.
const hasLayer = ({ from, length, to }, number, fromEnd) => {
  const place = from < 0 ? fromEnd : number;
  return to !== undefined ? from <= place && place <= to : place >= from && (length === null || place < from + length);
};

const bigEndian = (bytes) => [...bytes].reduce((n, c) => (n << 8n) | BigInt(c.charCodeAt(0)), 0n);
const networkOrder = (n, length) => Array.from({ length }, (_, i) => String.fromCharCode(Number((n >> BigInt(8 * (length - 1 - i))) & 255n))).join("");

// As a number, for arithmetic: bytes count as one number in network order; null where there is none.
const asNumber = (seen) => {
  if (typeof seen === "bigint") return seen;
  if (typeof seen === "number") return Number.isFinite(seen) ? BigInt(Math.trunc(seen)) : 0n;
  if (typeof seen === "string") return seen.length <= 8 ? bigEndian(seen) : null;
  return seen.ipv4 !== undefined ? BigInt(seen.ipv4) : null;
};

const sign = (a, b) => (a < b ? -1 : a > b ? 1 : a == b ? 0 : null);
// How two values are ordered; null where they are not.
const order = (a, b) => {
  const kinds = `${typeof a} ${typeof b}`;
  if (["bigint bigint", "string string", "number number"].includes(kinds)) return sign(a, b);
  if (kinds === "number bigint" || kinds === "bigint number") return sign(Number(a), Number(b));
  if (kinds === "string bigint" || kinds === "bigint string") {
    const [x, y] = [asNumber(a), asNumber(b)];
    return x === null || y === null ? null : sign(x, y);
  }
  const bits = Math.min(a.bits, b.bits);
  if (a?.ipv4 !== undefined && b?.ipv4 !== undefined) return sign(network4(a.ipv4, bits), network4(b.ipv4, bits));
  if (a?.ipv6 !== undefined && b?.ipv6 !== undefined) return sign(a.ipv6 >> BigInt(128 - bits), b.ipv6 >> BigInt(128 - bits));
  return null;
};
const network4 = (ip, bits) => Math.floor(ip / 2 ** (32 - bits));

const allows = (op, order) => {
  switch (op) {
    case "==":
    case "===": return order === 0;
    case "!=":
    case "!==": return order !== 0;
    case ">": return order === 1;
    case ">=": return order === 1 || order === 0;
    case "<": return order === -1;
    case "<=": return order === -1 || order === 0;
    default: return false;
  }
};
const related = (a, op, b) => (op === "contains" ? typeof a === "string" && typeof b === "string" && a.includes(b) : allows(op, order(a, b)));
const holdsLiteral = (literal, value, op) => {
  if (literal.beyond) return op === "!=";
  if (literal.needle !== undefined) return typeof value === "string" && value.includes(literal.needle);
  if (literal.pattern !== undefined) return typeof value === "string" && matches(literal.pattern, value);
  return related(value, op, literal);
};

// Whether any value passes, or all of them do; false without a value.
const ask = (items, all, test) => (all ? items.length > 0 && items.every(test) : items.some(test));

const holds = (node, packet) => {
  switch (node.kind) {
    case "or": return holds(node.left, packet) || holds(node.right, packet);
    case "and": return holds(node.left, packet) && holds(node.right, packet);
    case "xor": return holds(node.left, packet) !== holds(node.right, packet);
    case "not": return !holds(node.of, packet);
    case "protocol": return packet.has(node.name);
    case "exists": return valuesOf(node.source, packet).length > 0;
    case "nonzero": return valuesOf(node.source, packet).some((item) => !isZero(packet.seen(item)));
    case "in":
      return ask(valuesOf(node.left, packet), node.all, (item) => {
        const value = packet.seen(item);
        return node.set.some(([from, to]) => (to === null ? holdsLiteral(from, value, "==") : holdsLiteral(from, value, ">=") && holdsLiteral(to, value, "<=")));
      });
    default: return compares(node, packet);
  }
};

const compares = ({ left, op, all, literal, right }, packet) => {
  const items = valuesOf(left, packet);
  if (right === undefined) return ask(items, all, (item) => holdsLiteral(literal, packet.seen(item), op));
  const others = valuesOf(right, packet).map((item) => packet.seen(item));
  if (others.length === 0) return false;
  return ask(items, all, (item) => {
    const value = packet.seen(item);
    return all ? others.every((other) => related(value, op, other)) : others.some((other) => related(value, op, other));
  });
};

const numbersOf = (source, packet) => valuesOf(source, packet).map((item) => asNumber(packet.seen(item))).filter((n) => n !== null);

// The values of an operand for a packet.
const valuesOf = (source, packet) => {
  switch (source.kind) {
    case "slot": return packet.values(source);
    case "fixed": return [source.value];
    case "slice": return valuesOf(source.of, packet).map((item) => sliced(item, source.ranges, packet)).filter((part) => part !== null);
    case "negative": return numbersOf(source.of, packet).map((n) => -n);
    case "arithmetic": {
      const seen = (side) => valuesOf(side, packet).map((item) => packet.seen(item));
      const others = seen(source.right);
      return seen(source.left).flatMap((x) => others.map((y) => calculated(x, source.op, y))).filter((n) => n !== null);
    }
    default: return called(source, packet);
  }
};

// The result of an operator on two values: a number, or the bits that bytes or addresses have in common.
const calculated = (x, op, y) => {
  if (op === "&" && typeof x === "string" && typeof y === "string") return common(x, y);
  if (op === "&" && x?.ipv4 !== undefined && y?.ipv4 !== undefined) return { ipv4: Number(BigInt(x.ipv4) & BigInt(y.ipv4)) };
  if (op === "&" && x?.ipv6 !== undefined && y?.ipv6 !== undefined) return { ipv6: x.ipv6 & y.ipv6, bits: 128 };
  const [a, b] = [asNumber(x), asNumber(y)];
  return a === null || b === null ? null : calculate(a, op, b);
};
const common = (x, y) =>
  Array.from({ length: Math.min(x.length, y.length) }, (_, i) => String.fromCharCode(x.charCodeAt(i) & y.charCodeAt(i))).join("");

const isZero = (seen) => {
  if (typeof seen === "string") return /^\0*$/.test(seen);
  if (typeof seen !== "object") return Number(seen) === 0;
  return seen.ipv6 !== undefined ? seen.ipv6 === 0n : seen.ipv4 === 0;
};

const LIMIT = 1n << 127n;
const calculate = (x, op, y) => {
  if ((op === "/" || op === "%") && y === 0n) return null;
  const n = { "&": () => x & y, "+": () => x + y, "-": () => x - y, "*": () => x * y, "/": () => x / y, "%": () => x % y }[op]();
  return n >= -LIMIT && n < LIMIT ? n : null;
};

// The parts of a value that the ranges name; null when one of them lies outside.
const sliced = (item, ranges, packet) => {
  // A protocol's slice stops at the end of its header.
  let bytes = item.layer ? packet.bytes(item.layer.source, item.layer.start, item.layer.length) : packet.seen(item);
  if (bytes?.ipv4 !== undefined) bytes = networkOrder(BigInt(bytes.ipv4), 4);
  if (bytes?.ipv6 !== undefined) bytes = networkOrder(bytes.ipv6, 16);
  if (typeof bytes !== "string") return null;
  const place = (i) => (i < 0 ? bytes.length + i : i);
  let out = "";
  for (const { from, length, to } of ranges) {
    const start = place(from);
    // A negative length counts from the end, too.
    const end = to !== undefined ? place(to) + 1 : length === null ? bytes.length : length >= 0 ? start + length : bytes.length + length + 1;
    if (start < 0 || end > bytes.length || start >= end) return null;
    out += bytes.slice(start, end);
  }
  return out;
};

const called = ({ name, args, width }, packet) => {
  if (name === "count") return args.map((arg) => valuesOf(arg, packet).length).filter((n) => n > 0).map(BigInt);
  const items = args.flatMap((arg) => valuesOf(arg, packet));
  const numbers = () => items.map((item) => asNumber(packet.seen(item))).filter((n) => n !== null);
  switch (name) {
    case "len": return width !== null ? items.map(() => BigInt(width)) : items.map((item) => BigInt(item.layer ? item.layer.length : item.length ?? packet.seen(item).length));
    case "max": return numbers().reduce((most, n) => (most.length === 0 || n > most[0] ? [n] : most), []);
    case "min": return numbers().reduce((least, n) => (least.length === 0 || n < least[0] ? [n] : least), []);
    case "abs": return numbers().map((n) => (n < 0n ? -n : n));
    case "upper": return items.map((item) => packet.seen(item).replace(/[a-z]/g, (c) => c.toUpperCase()));
    case "lower": return items.map((item) => packet.seen(item).replace(/[A-Z]/g, (c) => c.toLowerCase()));
    default: return items.map((item) => asText(packet.seen(item))).filter((text) => text !== null);
  }
};

const asText = (seen) => {
  if (typeof seen === "bigint") return String(seen);
  if (typeof seen === "string") return seen;
  if (seen?.ipv4 !== undefined) return [24, 16, 8, 0].map((shift) => Math.floor(seen.ipv4 / 2 ** shift) % 256).join(".");
  return seen?.ipv6 !== undefined ? writtenIpv6(seen.ipv6) : null;
};

// An IPv6 address with its longest run of zeros left out.
const writtenIpv6 = (ip) => {
  const groups = Array.from({ length: 8 }, (_, i) => ((ip >> BigInt(16 * (7 - i))) & 0xffffn).toString(16));
  const runs = [...groups.join(":").matchAll(/\b0(?::0)+\b/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return groups.join(":");
  const [before, after] = [groups.join(":").slice(0, groups.join(":").indexOf(longest)), groups.join(":").slice(groups.join(":").indexOf(longest) + longest.length)];
  return `${before.replace(/:$/, "")}::${after.replace(/^:/, "")}`;
};
