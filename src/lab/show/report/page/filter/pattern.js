// Regular expressions: the command line's dialect (bytes, ASCII, letters of either case) in JavaScript's. Bytes above 127
// are characters of the private area, which have neither case nor class.

const pattern = (operand, isQuoted, input) => {
  const text = fromUtf8(textBytes(operand));
  if (!isQuoted) throw new FilterError(placeOf(operand), "matches needs a regular expression in double quotes").replace(input, `"${text}"`);
  const fail = (why) => {
    throw new FilterError(placeOf(operand), `this is no regular expression: ${why}`);
  };
  const lack = (what) => {
    throw new FilterError(placeOf(operand), `this page has no ${what} in regular expressions`).advise("`labkit replay -Y` has them.");
  };
  return { pattern: new Translation(text, fail, lack).whole() };
};

const PRIVATE = 0xe000;
const shifted = (bytes) => (/[\x80-\xff]/.test(bytes) ? bytes.replace(/[\x80-\xff]/g, (c) => String.fromCharCode(PRIVATE + c.charCodeAt(0))) : bytes);
const matches = (expression, bytes) => expression.test(shifted(bytes));

const CLASSES = { d: "0-9", w: "0-9A-Za-z_", s: "\\t\\n\\v\\f\\r " };
const POSIX = { alnum: "0-9A-Za-z", alpha: "A-Za-z", ascii: "\\x00-\\x7f", blank: "\\t ", cntrl: "\\x00-\\x1f\\x7f", digit: "0-9", graph: "!-~",
  lower: "a-z", print: " -~", punct: "!-\\/:-@\\[-`{-~", space: "\\t\\n\\v\\f\\r ", upper: "A-Z", word: "0-9A-Za-z_", xdigit: "0-9A-Fa-f" };
const hexEscape = (code) => `\\u${(code > 127 ? PRIVATE + code : code).toString(16).padStart(4, "0")}`;

// Reads an expression once from its beginning to its end, and writes the same one in JavaScript's dialect.
class Translation {
  constructor(text, fail, lack) {
    Object.assign(this, { text, fail, lack, at: 0, flags: "i" });
  }

  whole() {
    const source = this.alternatives();
    if (this.at < this.text.length) this.fail("unopened group");
    return new RegExp(source, this.flags);
  }

  alternatives() {
    let out = "", last = false;
    while (this.at < this.text.length && this.text[this.at] !== ")") {
      const c = String.fromCodePoint(this.text.codePointAt(this.at));
      if (c === "|") {
        this.at += 1;
        out += "|";
        last = false;
      } else if ("*+?".includes(c) || c === "{") {
        if (!last) this.fail("repetition operator missing expression");
        out += this.repetition(c);
      } else {
        const atom = this.atom(c);
        out += atom;
        last = atom !== "";
      }
    }
    return out;
  }

  repetition(c) {
    let out = c;
    if (c === "{") {
      const found = /^\{(\s*[0-9]*\s*)(,(\s*[0-9]*\s*))?\}/.exec(this.text.slice(this.at));
      if (!found) this.fail(this.text.includes("}", this.at) ? "repetition quantifier expects a valid decimal" : "unclosed counted repetition");
      const [low, high] = [found[1].trim(), found[3]?.trim()];
      if (low === "" && !(high > "")) this.fail("repetition quantifier expects a valid decimal");
      if (high && Number(high) < Number(low)) this.fail("invalid repetition count range, the start must be <= the end");
      out = `{${low || 0}${found[2] === undefined ? "" : `,${high}`}}`;
      this.at += found[0].length;
    } else this.at += 1;
    if (this.text[this.at] === "?") {
      out += "?";
      this.at += 1;
    }
    // A repetition may be repeated, which JavaScript allows only for groups.
    if ("*+?{".includes(this.text[this.at] ?? " ")) this.lack("repetition of a repetition");
    return out;
  }

  atom(c) {
    if (c === "(") return this.group();
    if (c === "[") return this.set();
    if (c === "\\") return this.escape(false);
    this.at += c.length;
    if (c === ".") return this.flags.includes("s") ? "[^]" : "[^\\n]";
    if (c === "^" || c === "$") return c;
    return this.literal(c);
  }

  literal(c) {
    const bytes = utf8(c);
    const each = [...bytes].map((byte) => hexEscape(byte.charCodeAt(0))).join("");
    return bytes.length > 1 ? `(?:${each})` : each;
  }

  group() {
    const rest = this.text.slice(this.at);
    if (/^\(\?<?[=!]/.test(rest)) this.fail("look-around, including look-ahead and look-behind, is not supported");
    const flags = /^\(\?([a-zA-Z-]*)([:)])/.exec(rest);
    const name = /^\(\?P?<([A-Za-z_][A-Za-z0-9_.]*)>/.exec(rest);
    if (flags) {
      if (/[^imsuxUR-]/.test(flags[1])) this.fail("unrecognized flag");
      // JavaScript has flags for a whole expression only: `i` is always on, `s` is accepted at the beginning.
      if (flags[2] === ")" && flags[1] === "") this.fail("repetition operator missing expression");
      if (/[^is]/.test(flags[1]) || (flags[1].includes("s") && (this.at > 0 || flags[2] === ":"))) this.lack("flags other than i, and s at the beginning,");
      if (flags[1].includes("s")) this.flags = "is";
      this.at += flags[0].length;
      if (flags[2] === ")") return "";
    } else if (name) this.at += name[0].length;
    else if (rest.startsWith("(?")) this.fail(rest.length === 2 ? "unclosed group" : "unrecognized flag");
    else this.at += 1;
    const inner = this.alternatives();
    if (this.text[this.at] !== ")") this.fail("unclosed group");
    this.at += 1;
    return `(?:${inner})`;
  }

  // An escape; inside a set the part of a set that it stands for.
  escape(inside) {
    const rest = this.text.slice(this.at + 1);
    if (rest === "") this.fail("incomplete escape sequence, reached end of pattern prematurely");
    const c = String.fromCodePoint(rest.codePointAt(0));
    const take = (length, out) => {
      this.at += 1 + length;
      return out;
    };
    const small = c.toLowerCase();
    if (small in CLASSES) {
      const set = CLASSES[small];
      if (inside && c !== small) return take(1, `\\${c}` === "\\S" ? "\\x00-\\x08\\x0e-\\x1f!-\\uffff" : `\\${c}`);
      return take(1, inside ? set : `[${c === small ? "" : "^"}${set}]`);
    }
    const simple = { n: "\\n", r: "\\r", t: "\\t", f: "\\f", v: "\\v", a: "\\x07" }[c];
    if (simple) return take(1, simple);
    if (!inside && (c === "b" || c === "B")) return /^b\{/i.test(rest) ? this.lack("\\b{…}") : take(1, `\\${c}`);
    if (!inside && c === "A") return take(1, "^");
    if (!inside && c === "z") return take(1, "$");
    const hex = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/.exec(rest) ?? /^u(?:([0-9A-Fa-f]{4})|\{([0-9A-Fa-f]+)\})/.exec(rest);
    if (hex) {
      const code = parseInt(hex[1] ?? hex[2], 16);
      if (code < 256 && c === "x") return take(hex[0].length, hexEscape(code));
      if (inside) this.fail("Unicode not allowed here");
      return take(hex[0].length, this.literal(String.fromCodePoint(code)));
    }
    if (/[0-9]/.test(c)) this.fail("backreferences are not supported");
    if (/[pP]/.test(c)) this.fail("Unicode not allowed here");
    if (/[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]/.test(c)) return take(1, hexEscape(c.charCodeAt(0)));
    return this.fail("unrecognized escape sequence");
  }

  // What stands between [ and ].
  set() {
    let out = "[";
    this.at += 1;
    if (this.text[this.at] === "^") {
      out += "^";
      this.at += 1;
    }
    let first = true;
    for (; this.text[this.at] !== "]" || first; first = false) {
      if (this.at >= this.text.length) this.fail("unclosed character class");
      const rest = this.text.slice(this.at);
      const posix = /^\[:(\^?)([a-z]+):\]/.exec(rest);
      if (posix && posix[2] in POSIX && !posix[1]) {
        out += POSIX[posix[2]];
        this.at += posix[0].length;
        continue;
      }
      if (/^(\[|&&|--|~~)/.test(rest)) this.lack("sets within sets");
      const low = this.member();
      if (this.text[this.at] === "-" && this.text[this.at + 1] !== "]" && this.at + 1 < this.text.length) {
        this.at += 1;
        const high = this.member();
        try {
          new RegExp(`[${low}-${high}]`);
        } catch {
          this.fail("invalid character class range, the start must be <= the end");
        }
        out += `${low}-${high}`;
      } else out += low;
    }
    this.at += 1;
    return `${out}]`;
  }

  member() {
    const c = String.fromCodePoint(this.text.codePointAt(this.at));
    if (c === "\\") return this.escape(true);
    if (c > "\x7f") this.fail("Unicode not allowed here");
    this.at += 1;
    return hexEscape(c.charCodeAt(0));
  }
}
