// The grammar: from tokens to a tree. As `src/filter/parse.rs`. Binding, loosest first: `or`, `xor`, `and`, `not`,
// comparisons, `&`, `+ -`, `* / %`, unary minus.

const MAX_DEPTH = 100;
const MAX_LINKS = 500;
const KEYWORDS = new Set(["and", "or", "xor", "not", "in", "eq", "ne", "gt", "ge", "lt", "le", "contains", "matches", "any", "all",
  "any_eq", "any_ne", "all_eq", "all_ne", "bitand", "bitwise_and", "."]);
const OPERATORS = [[["===", "all_eq"], "==="], [["!==", "~=", "any_ne"], "!=="], [["==", "eq", "any_eq"], "=="],
  [["!=", "ne", "all_ne"], "!="], [[">=", "ge"], ">="], [["<=", "le"], "<="], [[">", "gt"], ">"], [["<", "lt"], "<"],
  [["contains"], "contains"], [["matches", "~"], "matches"]];

class Parser {
  constructor(tokens, input) {
    Object.assign(this, { tokens, input, end: input.length, next: 0, depth: 0, links: 0 });
  }

  whole() {
    const tree = this.or();
    if (this.next < this.tokens.length) throw this.leftOver(this.tokens[this.next]);
    return tree;
  }

  // The error about what stands behind a whole condition: a value behind a field lacks its comparison.
  leftOver(rest) {
    const before = this.tokens[this.next - 1];
    const isValue = rest.kind === "text" || (rest.kind === "word" && !KEYWORDS.has(rest.value) && !table.named.has(rest.value));
    const type = before?.kind === "word" ? table.named.get(before.value)?.kind.type : undefined;
    if (!isValue || type === undefined || before.value in about.fields || type === "protocol" || type === "label") return this.unexpected(rest);
    return new FilterError(rest.at, `a comparison is missing between ${before.value} and its value`).replace(this.input, `== ${this.input.slice(...rest.at)}`);
  }

  unexpected(token) {
    const error = new FilterError(token.at, "this was not expected here");
    return token.kind === "word" && token.value === "."
      ? error.advise("A filter ends without a full stop.")
      : error.advise("Conditions are joined by and, or; comparisons are ==, !=, >, <, contains, matches, in.");
  }

  // Takes the next token if it is one of these signs or words.
  take(...names) {
    const token = this.tokens[this.next];
    if (!token || !(token.kind === "sign" || token.kind === "word") || !names.includes(token.value)) return null;
    this.next += 1;
    return token.at;
  }

  expect(sign) {
    if (!this.take(sign)) throw this.missing(`a ${sign} is missing here`);
  }

  missing(what) {
    return new FilterError(this.tokens[this.next]?.at ?? [this.end, this.end], what);
  }

  deeper(parse) {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.missing(`more than ${MAX_DEPTH} levels of brackets`);
    const parsed = parse();
    this.depth -= 1;
    return parsed;
  }

  // Counts an operator, or a slice.
  link() {
    this.links += 1;
    if (this.links > MAX_LINKS) {
      const error = this.missing(`more than ${MAX_LINKS} operators`);
      throw error.advise("Many values of one field stand in a set, as in tcp.port in {80, 443, 8000..8100}.");
    }
  }

  joined(kind, names, inner) {
    let left = inner();
    while (this.take(...names)) {
      this.link();
      left = { kind, left, right: inner() };
    }
    return left;
  }

  or() {
    return this.joined("or", ["or", "||"], () => this.xor());
  }

  xor() {
    return this.joined("xor", ["xor", "^^"], () => this.and());
  }

  and() {
    return this.joined("and", ["and", "&&"], () => this.not());
  }

  not() {
    if (this.take("not", "!")) return { kind: "not", of: this.deeper(() => this.not()) };
    if (this.take("(")) {
      const inner = this.deeper(() => this.or());
      this.expect(")");
      return inner;
    }
    return this.comparison();
  }

  comparison() {
    const quantifier = this.take("any") ? "any" : this.take("all") ? "all" : null;
    const left = this.operand();
    if (this.take("in")) return { kind: "in", left, quantifier, set: this.set() };
    const before = this.next;
    if (this.take("not")) {
      if (this.take("in")) return { kind: "not", of: { kind: "in", left, quantifier, set: this.set() } };
      this.next = before;
    }
    let op = this.operator();
    if (!op) {
      if (quantifier) throw this.missing("any and all need a comparison");
      return { kind: "exists", of: left };
    }
    let middle = this.operand();
    let tree = { kind: "compare", left, ...op, quantifier, right: middle };
    // a < b < c is a < b and b < c.
    while ((op = this.operator())) {
      this.link();
      const right = this.operand();
      tree = { kind: "and", left: tree, right: { kind: "compare", left: middle, ...op, quantifier: null, right } };
      middle = right;
    }
    return tree;
  }

  operator() {
    for (const [names, op] of OPERATORS) {
      const opAt = this.take(...names);
      if (opAt) return { op, opAt };
    }
    return null;
  }

  set() {
    this.expect("{");
    const set = [];
    while (!this.take("}")) {
      const from = this.operand();
      set.push([from, this.take("..") ? this.operand() : null]);
      // Commas may be left out, as in older filters.
      this.take(",");
      if (this.next >= this.tokens.length) throw this.missing("the set has no end").advise("Close it with a }.");
    }
    if (set.length === 0) throw this.missing("the set is empty");
    return set;
  }

  operand() {
    return this.deeper(() => this.arithmetic([["&", "bitand", "bitwise_and"]], "&", () => this.sum()));
  }

  sum() {
    return this.arithmetic([["+"], ["-"]], null, () => this.product());
  }

  product() {
    let left = this.primary();
    for (;;) {
      const token = this.tokens[this.next];
      if (token?.kind !== "sign" || !["*", "/", "%"].includes(token.value)) return left;
      this.next += 1;
      this.link();
      left = { kind: "arithmetic", left, op: token.value, right: this.primary() };
    }
  }

  arithmetic(signs, name, inner) {
    let left = inner();
    for (;;) {
      const found = signs.find((names) => this.take(...names));
      if (!found) return left;
      this.link();
      left = { kind: "arithmetic", left, op: name ?? found[0], right: inner() };
    }
  }

  primary() {
    const token = this.tokens[this.next];
    if (!token) throw new FilterError([this.end, this.end], "the filter ends too early: something is missing here");
    this.next += 1;
    let operand = this.simple(token);
    if (this.take("#")) operand = { kind: "layer", of: operand, layers: this.layers() };
    for (let slice; (slice = this.tokens[this.next])?.kind === "slice"; ) {
      this.link();
      operand = { kind: "slice", of: operand, ranges: ranges(slice), at: slice.at };
      this.next += 1;
    }
    return operand;
  }

  simple({ kind, value, at }) {
    const following = this.tokens[this.next];
    const called = following?.kind === "sign" && following.value === "(";
    const token = { kind, value, at };
    if (kind === "word" && called && /^[A-Za-z]/.test(value) && !KEYWORDS.has(value)) return { kind: "call", name: value, args: this.args(), at };
    if (kind === "word" && !KEYWORDS.has(value)) return token;
    if (kind === "text" || kind === "char") return token;
    if (kind === "sign" && value === "+") return this.deeper(() => this.primary());
    if (kind === "sign" && value === "-") return { kind: "negative", of: this.deeper(() => this.primary()), at };
    if (kind === "sign" && value === "{") {
      const inner = this.operand();
      this.expect("}");
      return inner;
    }
    throw this.unexpected(token);
  }

  layers() {
    const slice = this.tokens[this.next];
    if (slice?.kind === "slice") {
      this.next += 1;
      return ranges(slice);
    }
    const negative = this.take("-") !== null;
    const token = this.tokens[this.next];
    const number = token?.kind === "word" && /^\+?[0-9]+$/.test(token.value) ? Number(token.value) : 0;
    if (!(number > 0)) throw this.missing("after # comes the number of a layer, from 1");
    this.next += 1;
    return [{ from: negative ? -number : number, length: 1 }];
  }

  args() {
    this.expect("(");
    const args = [];
    if (this.take(")")) return args;
    for (;;) {
      args.push(this.operand());
      if (!this.take(",")) {
        this.expect(")");
        return args;
      }
    }
  }
}

// Where an operand stands in the input.
const placeOf = (operand) => {
  switch (operand.kind) {
    case "slice":
    case "negative": {
      const of = placeOf(operand.of);
      return [Math.min(operand.at[0], of[0]), Math.max(operand.at[1], of[1])];
    }
    case "layer": return placeOf(operand.of);
    case "arithmetic": return [placeOf(operand.left)[0], placeOf(operand.right)[1]];
    default: return operand.at;
  }
};

// The parts of a slice: `from` and `length`, which is null to the end, or `from` and `to`.
const ranges = ({ value, at }) => value.split(",").map((part) => {
  const found = range(part.trim());
  if (!found) throw new FilterError(at, "this is no slice").advise("A slice is [start:length], [first-last], [start:] or [index]; several are joined by commas.");
  const [wrong, hint] = fault(found);
  if (wrong) throw new FilterError(at, `the slice ${part.trim()} ${wrong}`).advise(hint);
  return found;
});

// Why a range names no bytes of any value, and what to write instead; empty where it names some.
const fault = ({ from, length, to }) => {
  if (length !== undefined) {
    return length !== null && length <= 0
      ? ["has no bytes", "The number behind the colon is a length, from 1: [0:4] are the first four bytes."]
      : [];
  }
  if (from < 0 !== to < 0) return ["counts from both ends", "Both numbers count from the beginning, or both from the end, as in [-3--1]."];
  if (from >= to) return ["does not end behind its beginning", "The number behind the dash is the last byte, as in [0-3]; one byte alone is [0]."];
  return [];
};

const range = (part) => {
  const number = (text) => (/^[+-]?[0-9]+$/.test(text.trim()) ? Number(text) : NaN);
  const whole = (found) => (Object.values(found).some(Number.isNaN) ? null : found);
  const colon = part.indexOf(":");
  if (colon >= 0) {
    const [start, length] = [part.slice(0, colon).trim(), part.slice(colon + 1).trim()];
    return whole({ from: start === "" ? 0 : number(start), length: length === "" ? null : number(length) });
  }
  // The dash of a range is not the sign of the first number.
  const dash = part.indexOf("-", 1);
  if (dash > 0) return whole({ from: number(part.slice(0, dash)), to: number(part.slice(dash + 1)) });
  return whole({ from: number(part), length: 1 });
};
