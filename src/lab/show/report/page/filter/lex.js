// The tokens of a display filter: words, numbers, strings and signs. As `src/filter/lex.rs`, and with its errors.

class FilterError extends Error {
  constructor(at, message) {
    super(message);
    this.at = at;
    this.hint = null;
    this.corrected = null;
  }

  advise(hint) {
    this.hint = hint;
    return this;
  }

  // What was probably meant: the part that is wrong is replaced.
  replace(input, by) {
    this.corrected = input.slice(0, this.at[0]) + by + input.slice(this.at[1]);
    return this;
  }
}

// A text with quotes around it, control characters made visible.
const quotedText = (text) => `"${visible(text, '"')}"`;
const quotedChar = (c) => `'${visible(c, "'")}'`;
const visible = (text, quote) =>
  [...text].map((c) => {
    if (c === "\\" || c === quote) return `\\${c}`;
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0" }[c];
    return short ?? (/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(c) ? `\\u{${c.codePointAt(0).toString(16)}}` : c);
  }).join("");

const utf8 = (text) => characters(new TextEncoder().encode(text));
const fromUtf8 = (bytes) => new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));

const SIGNS = ["===", "!==", "==", "!=", "~=", ">=", "<=", "&&", "||", "^^", "..", "(", ")", "{", "}", ",", ";", "!", "~", "<", ">",
  "&", "+", "-", "*", "/", "%", "#"];
const isWord = (c) => c !== undefined && (/[A-Za-z0-9_.:]/.test(c) || c > "\x7f");
const isDigits = (text) => /^[0-9]*$/.test(text);

const lex = (input) => {
  const tokens = [];
  let at = 0;
  const push = (kind, value, from, to) => {
    tokens.push({ kind, value, at: [from, to] });
    at = to;
  };
  while (at < input.length) {
    const c = input[at], start = at;
    if (/\s/.test(c)) at += 1;
    else if (c === '"') push("text", ...quoted(input, at, at, false));
    else if ((c === "r" || c === "R") && input[at + 1] === '"') push("text", ...quoted(input, at, at + 1, true));
    else if (c === "'") push("char", ...character(input, at));
    else if (c === "[") push("slice", ...slice(input, at));
    else if (isWord(c) && !input.startsWith("..", at)) {
      const end = word(input, at);
      push("word", input.slice(start, end), start, end);
    } else {
      const sign = SIGNS.find((s) => input.startsWith(s, at));
      if (!sign) throw stranger(input, at);
      push("sign", sign, at, at + sign.length);
    }
  }
  return tokens;
};

const stranger = (input, at) => {
  const c = String.fromCodePoint(input.codePointAt(at));
  const error = new FilterError([at, at + c.length], `${quotedChar(c)} has no place here`);
  if (c === "=") return error.advise("A comparison is written ==.").replace(input, "==");
  if (c === "|") return error.advise("“or” is written || or or.").replace(input, "||");
  if ("“”„‘’".includes(c)) return error.advise('Strings stand in plain double quotes, "…".').replace(input, '"');
  return error;
};

// The end of a run of word characters. A dash between two of them belongs to it, as in 3e-ae-27-11-fe-36; so does a slash
// between an address and a digit, as in 10.0.0.0/8. Two full stops end it, as in 1..5.
const word = (input, start) => {
  // In an Ethernet address no dash is a minus.
  if (/^[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){5}(?![0-9A-Za-z-])/.test(input.slice(start))) return start + 17;
  let at = start;
  for (; at < input.length; at++) {
    const c = input[at], soFar = input.slice(start, at);
    const inside =
      c === "." ? input[at + 1] !== "."
      : c === "-" ? isWord(input[at + 1]) && soFar !== "" && !isDigits(soFar)
      : c === "/" ? /[.:]/.test(soFar) && /^[0-9A-Fa-f:]/.test(soFar) && /[0-9]/.test(input[at + 1] ?? "")
      : isWord(c);
    if (!inside) break;
  }
  return at === start ? at + 1 : at;
};

// A quoted string whose first quote is at `open`: its bytes, and where it stands.
const quoted = (input, start, open, raw) => {
  let at = open + 1, text = "";
  for (;;) {
    if (at >= input.length) {
      throw new FilterError([open, input.length], "the string has no end").advise("Close it with a double quote.")
        .replace(input, `${input.slice(open)}"`);
    }
    const c = String.fromCodePoint(input.codePointAt(at));
    if (c === '"') return [text, start, at + 1];
    if (c === "\\" && raw && input[at + 1] === '"') {
      text += '\\"';
      at += 2;
    } else if (c === "\\" && !raw) {
      const [bytes, end] = escape(input, at);
      text += bytes;
      at = end;
    } else {
      text += utf8(c);
      at += c.length;
    }
  }
};

const SIMPLE = { "\\": "\\", '"': '"', "'": "'", a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r" };

// One escape, beginning at its backslash: its bytes, and where it ends.
const escape = (input, start) => {
  const rest = input.slice(start + 1);
  if (rest === "") throw new FilterError([start, input.length], "the string has no end").advise("Close it with a double quote.");
  const c = String.fromCodePoint(rest.codePointAt(0));
  if (c in SIMPLE) return [SIMPLE[c], start + 2];
  const [digits, radix, skip] =
    c === "x" ? [/^[0-9A-Fa-f]{0,2}/.exec(rest.slice(1))[0], 16, 2]
    : c === "u" ? [/^[0-9A-Fa-f]{0,4}/.exec(rest.slice(1))[0], 16, 2]
    : [/^[0-7]{0,3}/.exec(rest)[0], 8, 1];
  const value = digits === "" ? NaN : parseInt(digits, radix);
  const end = start + skip + digits.length;
  if (c === "u" && !Number.isNaN(value)) return [utf8(value >= 0xd800 && value < 0xe000 ? "\ufffd" : String.fromCharCode(value)), end];
  if (value < 256) return [String.fromCharCode(value), end];
  throw new FilterError([start, start + 1 + c.length], `\\${c} is no escape`).advise('Double the backslash, or write a raw string: r"…"')
    .replace(input, `\\\\${c}`);
};

const character = (input, start) => {
  let bytes = "", at = start + 1;
  if (input[at] === "\\") [bytes, at] = escape(input, at);
  else if (at < input.length) {
    const c = String.fromCodePoint(input.codePointAt(at));
    bytes = utf8(c);
    at += c.length;
  }
  if (bytes.length === 1 && input[at] === "'") return [bytes.charCodeAt(0), start, at + 1];
  const close = input.indexOf("'", start + 1);
  const end = close < 0 ? input.length : close + 1;
  const inside = input.slice(start + 1, end).replace(/'+$/, "");
  throw new FilterError([start, end], "single quotes hold one character").advise("Strings stand in double quotes.").replace(input, `"${inside}"`);
};

const slice = (input, start) => {
  const end = input.indexOf("]", start);
  if (end < 0) throw new FilterError([start, input.length], "the slice has no end").advise("Close it with a ].");
  return [input.slice(start + 1, end), start, end + 1];
};
