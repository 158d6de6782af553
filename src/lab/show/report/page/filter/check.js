// From the tree to a program: names become columns of fields, words become literals, types are checked. As
// `src/filter/compile.rs`.

const FUNCTIONS = ["len", "count", "upper", "lower", "string", "max", "min", "abs"];
const UINT64 = { type: "uint", bits: 64 }, INT64 = { type: "int", bits: 64 }, TEXT = { type: "text", bits: 0 };

// The type of a difference between values of a type, which may be below zero.
const belowZero = (type) => (type.type === "uint" ? INT64 : type);

// A filter, ready to be run: the fields that it reads, and its program.
const compile = (input) => {
  try {
    const checker = new Checker(input);
    const program = checker.node(new Parser(lex(input), input).whole());
    return { fields: checker.fields, program };
  } catch (error) {
    throw error instanceof FilterError ? orCaptureFilter(input, error) : error;
  }
};

class Checker {
  constructor(input) {
    this.input = input;
    // Names of the fields whose columns are needed.
    this.fields = new Set();
  }

  node(tree) {
    switch (tree.kind) {
      case "or":
      case "xor":
      case "and": return { kind: tree.kind, left: this.node(tree.left), right: this.node(tree.right) };
      case "not": return { kind: "not", of: this.node(tree.of) };
      case "exists": return this.exists(tree.of);
      case "in": return this.set(tree);
      default: return this.compare(tree);
    }
  }

  exists(operand) {
    const typed = this.source(operand);
    if (typed === null) throw alone(this.input, operand);
    if (typed.field?.kind.type === "protocol" && operand.kind === "word") {
      // Remarks are no layers: each has a severity.
      if (typed.field.name === "_ws.expert") return { kind: "exists", source: this.slot("_ws.expert.severity", null).source };
      return { kind: "protocol", name: typed.field.name };
    }
    return { kind: ["slot", "slice"].includes(typed.source.kind) ? "exists" : "nonzero", source: typed.source };
  }

  compare({ left, op, opAt, quantifier, right }) {
    const typed = this.left(left);
    this.check(typed, left, op, opAt);
    const all = quantifier ? quantifier === "all" : op === "===" || op === "!=";
    const words = dashed(this.input, right, typed.type, op);
    if (words !== null) return { kind: "compare", left: typed.source, op, all, literal: words };
    const other = this.source(right);
    if (other === null) return { kind: "compare", left: typed.source, op, all, literal: literal(this.input, right, typed.type, typed.field, op) };
    if (op === "matches") throw new FilterError(placeOf(right), "matches needs a regular expression in double quotes");
    if (!fits(typed.type, other.type)) {
      const error = new FilterError(placeOf(right), "the two sides are of different types");
      throw orPort(this.input, error, typed.field, other.field?.name ?? "");
    }
    return { kind: "compare", left: typed.source, op, all, right: other.source };
  }

  check({ type, field }, operand, op, opAt) {
    const name = field?.name ?? "this";
    if (type.type === "label") {
      throw new FilterError([placeOf(operand)[0], opAt[1]], `${name} has no value to compare with: it is there or it is not`)
        .advise(`Write ${name} alone, or not ${name}.`);
    }
    const searches = op === "contains" || op === "matches";
    if (searches && !hasBytes(type) && type.type !== "mac") {
      throw new FilterError(opAt, `${name}${field ? ` (${field.kind.words})` : ""} cannot be searched`)
        .advise("contains and matches look into text and bytes; compare this with == or in.");
    }
  }

  set({ left, quantifier, set }) {
    const typed = this.left(left);
    if (typed.type.type === "label") throw new FilterError(placeOf(left), "this has no value that a set could hold");
    const one = (operand) => operand && literal(this.input, operand, typed.type, typed.field, "==");
    return { kind: "in", left: typed.source, all: quantifier === "all", set: set.map(([from, to]) => [one(from), one(to)]) };
  }

  // An operand that must have values of its own: a field, or something made of fields.
  left(operand) {
    const typed = this.source(operand);
    if (typed === null) throw noField(this.input, operand);
    return typed;
  }

  // An operand with values of its own; null for a literal.
  source(operand) {
    switch (operand.kind) {
      case "word": return this.slot(operand.value, null);
      case "layer":
        if (operand.of.kind !== "word") throw new FilterError(placeOf(operand), "only a field has layers");
        return this.slot(operand.of.value, operand.layers);
      case "slice": return this.slice(operand);
      case "call": return this.call(operand);
      case "negative": {
        const typed = this.source(operand.of);
        if (typed) calculable(typed, operand.of, "-");
        return typed && { source: { kind: "negative", of: typed.source }, type: belowZero(typed.type), field: null };
      }
      case "arithmetic": return this.arithmetic(operand);
      default: return null;
    }
  }

  arithmetic({ left, op, right }) {
    const a = this.source(left), b = this.source(right);
    const masked = op === "&" ? maskedType(a, b) : null;
    const side = (typed, operand) => (masked ? this.masked(typed, operand, masked) : this.number(typed, operand, op));
    const [x, y] = [side(a, left), side(b, right)];
    const type = masked ?? x.type ?? y.type ?? UINT64;
    return { source: { kind: "arithmetic", left: x.source, op, right: y.source }, type: op === "-" ? belowZero(type) : type, field: null };
  }

  // A side of a mask: a source, or a literal of the type of the other side.
  masked(typed, operand, type) {
    return typed ?? { source: { kind: "fixed", value: literal(this.input, operand, type, null, "==") } };
  }

  slot(name, layers) {
    const field = table.named.get(name);
    // A column of the list is in no layer.
    if (!field || (layers !== null && name in about.fields)) return null;
    this.fields.add(name);
    return { source: { kind: "slot", name, layers }, type: field.kind, field };
  }

  slice({ of, ranges, at }) {
    const typed = this.left(of);
    if (isNumber(typed.type) || typed.type.type === "label") {
      throw new FilterError(at, "only bytes, text and addresses have slices").advise("For the bits of a number write a mask, as in tcp.flags & 0x02.");
    }
    return { source: { kind: "slice", of: typed.source, ranges }, type: { type: "bytes", bits: 0 }, field: null };
  }

  call({ name, args, at }) {
    if (!FUNCTIONS.includes(name)) throw new FilterError(at, `there is no function ${name}`).advise(`The functions are ${FUNCTIONS.join(", ")}.`);
    const many = name === "max" || name === "min";
    if (args.length === 0 || (args.length > 1 && !many)) throw new FilterError(at, `${name} takes ${many ? "fields" : "one field"}`);
    let type = UINT64, width = null;
    const sources = args.map((arg) => {
      const typed = this.left(arg);
      const needed =
        ["upper", "lower"].includes(name) && typed.type.type !== "text" ? "text"
        : ["max", "min", "abs"].includes(name) && !isNumber(typed.type) ? "numbers"
        : null;
      if (needed) throw new FilterError(placeOf(arg), `${name} needs ${needed}`);
      ({ type } = typed);
      if (name === "len") width = octetsOf(type);
      return typed.source;
    });
    if (name === "len" || name === "count") type = UINT64;
    if (["upper", "lower", "string"].includes(name)) type = TEXT;
    return { source: { kind: "call", name, args: sources, width }, type, field: null };
  }

  // A side of an arithmetic expression: a source, or a number.
  number(typed, operand, op) {
    if (typed !== null) {
      calculable(typed, operand, op);
      // The result may exceed the field: 65535 + 1 is no mistake.
      const { type } = typed.type;
      const wide = ["uint", "bytes"].includes(type) ? UINT64 : type === "int" ? INT64 : typed.type;
      return { source: typed.source, type: wide };
    }
    return { source: { kind: "fixed", value: literal(this.input, operand, INT64, null, "==") }, type: null };
  }
}

// Refuses an operand whose type `op` cannot calculate with.
const calculable = ({ type, field }, operand, op) => {
  if (calculates(type, op)) return;
  const error = new FilterError(placeOf(operand), `${op} does not calculate with ${field?.name ?? "this"}${field ? ` (${field.kind.words})` : ""}`);
  if (type.type === "protocol") error.advise("Masks are for numbers and for slices, as in tcp.flags & 0x02 and tcp[13] & 0x02.");
  if (type.type === "bool") error.advise("A bit is compared, as in tcp.flags.syn == 1.");
  throw error;
};

// The type of `a & b`, if both are bytes or addresses of one type; null otherwise.
const maskedType = (a, b) => {
  const isMasked = (type) => ["bytes", "mac", "ipv4", "ipv6"].includes(type.type);
  if (a && b) {
    if (a.type.type === b.type.type) return isMasked(a.type) ? a.type : null;
    return isMasked(b.type) && fits(a.type, b.type) ? { type: "bytes", bits: 0 } : null;
  }
  const one = a ?? b;
  return one && isMasked(one.type) ? one.type : null;
};
