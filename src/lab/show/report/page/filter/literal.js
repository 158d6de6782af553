// Literals: the value of a word or a string, given the type of the field that it is compared with. As
// `src/filter/literal.rs` and `src/filter/moment.rs`.

const U64 = (1n << 64n) - 1n;
const NUMBERS = new Set(["uint", "int", "bool", "double", "time", "duration"]);
const isNumber = (type) => NUMBERS.has(type.type);
const hasBytes = (type) => ["text", "bytes", "protocol"].includes(type.type);
// Whether `op` calculates with values of the type: times have no multiples, and only what has bits has masks.
const calculates = ({ type }, op) => {
  switch (type) {
    case "uint":
    case "int": return true;
    case "double": return op !== "&";
    case "duration": return op === "+" || op === "-";
    case "bytes": return op === "&";
    default: return false;
  }
};
const fits = (a, b) => {
  const bytes = (t) => hasBytes(t) || t.type === "mac";
  return (a.type === b.type && a.bits === b.bits) || (isNumber(a) && isNumber(b)) || (bytes(a) && bytes(b));
};

// How many octets a value of the type takes, as `len` counts them; null if that differs from value to value.
const octetsOf = ({ type, bits }) => {
  switch (type) {
    case "uint":
    case "int": return Math.ceil(bits / 8);
    case "ipv4": return 4;
    case "ipv6": return 16;
    case "text":
    case "bytes":
    case "protocol":
    case "mac": return null;
    default: return 0;
  }
};

// A word as it was typed, or the text of a string; and whether it was one.
const spelled = (operand) => {
  switch (operand.kind) {
    case "word": return [operand.value, false];
    case "text": return [fromUtf8(operand.value), true];
    case "char": return [String(operand.value), false];
    case "negative": return [`-${spelled(operand.of)[0]}`, false];
    default: return ["", false];
  }
};

const literal = (input, operand, type, field, op) => {
  const [text, isQuoted] = spelled(operand);
  const error = (message) => new FilterError(placeOf(operand), message);
  if (op === "matches") return pattern(operand, isQuoted, input);
  if (!isQuoted && text.endsWith(".") && type.type !== "ipv4") throw fullStop(input, operand, text, field);
  if (op === "contains") return { needle: literalBytes(input, operand, type) };
  const signed = (isNumber(type) && type.type !== "bool") || ["ipv4", "ipv6", "mac"].includes(type.type);
  if (operand.kind === "negative" && !signed) throw error(`${field?.name ?? "this"} has no values below zero`);
  const needless = isQuoted ? needlessQuotes(input, operand, text, type, field) : null;
  if (needless) throw needless;
  const name = field?.name ?? "this";
  const value = () => number(text) ?? named(field, text);
  switch (type.type) {
    case "uint": {
      const n = value();
      if (n === null) throw orPort(input, noNumber(operand, text, field), field, text);
      if (type.bits < 64 && n >= 1n << BigInt(type.bits))
        throw error(`${text} is too big for ${name}, whose greatest value is ${(1n << BigInt(type.bits)) - 1n}`);
      return n < 0n ? { beyond: true } : n;
    }
    case "int": {
      const n = value();
      if (n === null) throw noNumber(operand, text, field);
      return n;
    }
    case "bool": {
      const n = boolean(text) ?? named(field, text);
      if (n === null) throw error(`${quotedText(text)} is neither True nor False`).advise("Write 1 or 0, True or False.");
      return n;
    }
    case "double":
      if (!isFloat(text)) throw error(`${quotedText(text)} is no number`);
      return Number(text);
    case "duration": {
      const nanos = seconds(text);
      if (nanos === null) throw error(`${quotedText(text)} is no number of seconds`);
      return nanos;
    }
    case "time": return dated(operand, text);
    case "ipv4": return ipv4(input, operand, text);
    case "ipv6": {
      const [address, prefix] = withPrefix(text, 128);
      const ip = ipv6(address);
      if (ip === null || !(prefix <= 128)) throw error(`${quotedText(text)} is no IPv6 address`);
      return { ipv6: ip, bits: prefix };
    }
    case "text": return textBytes(operand);
    case "mac": return literalMac(input, operand, text);
    case "label": throw error(`${name} has no value to compare with: it is there or it is not`);
    default: return literalBytes(input, operand, type);
  }
};

const dated = (operand, text) => {
  const nanos = moment(text);
  if (nanos === null) {
    throw new FilterError(placeOf(operand), `${quotedText(text)} is no date and time`).advise('Write it as "2026-11-23 02:24:00", in quotes.');
  }
  return nanos;
};
// An operand that the grammar reads as subtractions and that is a literal: a date without quotes, or bytes with dashes
// between them; null for others.
const dashed = (input, operand, type, op) => {
  if (operand.kind !== "arithmetic" || operand.op !== "-") return null;
  const text = input.slice(...placeOf(operand));
  if (type.type === "time") return dated(operand, text);
  if (!["bytes", "protocol", "mac"].includes(type.type) || op === "matches") return null;
  return literal(input, { kind: "word", value: text, at: placeOf(operand) }, type, null, op);
};

const isFloat = (text) => /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(text);
const noNumber = (operand, text, field) => {
  const error = new FilterError(placeOf(operand), `${quotedText(text)} is no number`);
  return field?.names.length > 0
    ? error.advise(`${field.name} has numbers, or names such as ${field.names.slice(0, 4).map(([, name]) => name).join(", ")}.`)
    : error.advise("Numbers are decimal, or hexadecimal as in 0x1f.");
};

// A number in decimal, hexadecimal (0x), binary (0b) or octal (0); null if it is none.
const number = (text) => {
  const negative = text.startsWith("-"), digits = negative ? text.slice(1) : text;
  const value =
    /^0[xX]\+?[0-9A-Fa-f]+$/.test(digits) ? BigInt(`0x${digits.slice(2).replace("+", "")}`)
    : /^0b[01]+$/.test(digits) ? BigInt(digits)
    : /^0[0-9]+$/.test(digits) ? (/^[0-7]+$/.test(digits) ? BigInt(`0o${digits}`) : null)
    : /^[0-9]+$/.test(digits) ? BigInt(digits)
    : null;
  return value === null || value > U64 ? null : negative ? -value : value;
};
// Upper and lower case are the same in names.
const named = (field, text) => {
  const lower = text.toLowerCase();
  return field?.names.find(([, name]) => name.toLowerCase() === lower)?.[0] ?? null;
};
const boolean = (text) => {
  if (text === "True" || text === "TRUE") return 1n;
  if (text === "False" || text === "FALSE") return 0n;
  const n = number(text);
  return n === null ? null : n === 0n ? 0n : 1n;
};

// Seconds with up to nine decimals, in nanoseconds.
const seconds = (text) => {
  const found = /^(-?)([0-9]*)(?:\.([^]*))?$/.exec(text);
  const fraction = (found?.[3] ?? "").slice(0, 9);
  if (!found || !isDigits(fraction) || (found[2] !== "" && BigInt(found[2]) > U64)) return null;
  const nanos = BigInt(found[2] || "0") * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
  return found[1] ? -nanos : nanos;
};

const withPrefix = (text, most) => {
  const slash = text.indexOf("/");
  if (slash < 0) return [text, most];
  const prefix = text.slice(slash + 1);
  return [text.slice(0, slash), /^\+?[0-9]+$/.test(prefix) ? Number(prefix) : NaN];
};
// The network that an address with fewer than four numbers stands for; null if it is none.
const network = (address) => {
  const parts = address.split(".").filter((part) => part !== "");
  if (parts.length < 1 || parts.length > 3 || !parts.every((part) => /^\+?[0-9]+$/.test(part) && Number(part) < 256)) return null;
  return `${[...parts, "0", "0", "0"].slice(0, 4).join(".")}/${parts.length * 8}`;
};
const octets = (text) => {
  const parts = text.split(".");
  const good = parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return good ? parts.reduce((ip, part) => ip * 256 + Number(part), 0) : null;
};

const ipv4 = (input, operand, text) => {
  const [address, prefix] = withPrefix(text, 32);
  const ip = octets(address);
  if (ip !== null && prefix <= 32) return { ipv4: ip, bits: prefix };
  const error = new FilterError(placeOf(operand), `${quotedText(text)} is no IPv4 address`);
  const whole = address.replace(/\.+$/, "");
  if (whole !== address && octets(whole) !== null) return raise(error.advise("A filter ends without a full stop.").replace(input, whole));
  if (!/^[0-9.]*$/.test(address)) return raise(error.advise("Names are not looked up here: write the address, as in 192.168.56.1."));
  const parts = address.split(".").filter((part) => part !== "");
  error.advise(`An IPv4 address has four numbers from 0 to 255; this has ${parts.length}. A whole network is written with its prefix length.`);
  const meant = network(address);
  if (meant !== null) error.replace(input, meant);
  return raise(error);
};
const raise = (error) => {
  throw error;
};

// The bits of an IPv6 address; null if it is none.
const ipv6 = (text) => {
  const tail = /^(.*:)([0-9.]+\.[0-9.]+)$/.exec(text);
  if (tail) {
    const ip = octets(tail[2]);
    if (ip === null) return null;
    text = `${tail[1]}${Math.floor(ip / 65536).toString(16)}:${(ip % 65536).toString(16)}`;
  }
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const known = groups.flat();
  if (!known.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return null;
  if (halves.length === 1 ? known.length !== 8 : known.length > 7) return null;
  const zeros = Array(8 - known.length).fill("0");
  const all = halves.length === 1 ? known : [...groups[0], ...zeros, ...groups[1]];
  return all.reduce((ip, group) => (ip << 16n) | BigInt(`0x${group}`), 0n);
};

const textBytes = (operand) =>
  operand.kind === "text" ? operand.value : operand.kind === "char" ? String.fromCharCode(operand.value) : operand.kind === "word" ? utf8(operand.value) : "";

// Bytes: a string's, or pairs of hexadecimal digits with colons, dashes or full stops between them.
const literalBytes = (input, operand, type) => {
  if (operand.kind !== "word") return textBytes(operand);
  const { value, at } = operand;
  if (type.type === "text") return utf8(value);
  const bytes = byteString(value);
  if (bytes !== null) return bytes;
  const error = new FilterError(at, `${value} is neither a field nor bytes`);
  throw type.type === "mac"
    ? error.advise("An Ethernet address is written as 00:11:22:33:44:55.")
    : error.advise("Text stands in double quotes; bytes are written as 48:65:6c.").replace(input, `"${value}"`);
};

// The six bytes of an Ethernet address.
const literalMac = (input, operand, text) => {
  const bytes = literalBytes(input, operand, { type: "mac" });
  if (bytes.length === 6) return bytes;
  throw new FilterError(placeOf(operand), `${quotedText(text)} is too ${bytes.length < 6 ? "short" : "long"} for an Ethernet address`)
    .advise("An Ethernet address has six bytes; for some of them write a slice, as in eth.src[0:3] == 00:11:22.");
};

const pairs = (hex) => hex.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
const byteString = (text) => {
  if (text.startsWith("0x")) {
    const hex = text.slice(2);
    if (!/^[0-9A-Fa-f]+$/.test(hex) || BigInt(`0x${hex}`) > U64) return null;
    return pairs(hex.padStart(Math.min(Math.ceil(hex.length / 2), 8) * 2, "0").slice(-16));
  }
  // A last digit without a second one is a byte of its own.
  if (/^[0-9A-Fa-f]+$/.test(text)) return pairs(text.replace(/^((?:..)*)(.)$/, "$10$2"));
  const parts = text.split(/[:.-]/);
  if (!parts.every((part) => /^([0-9A-Fa-f]{1,2}|[0-9A-Fa-f]{4})$/.test(part))) return null;
  return pairs(parts.map((part) => (part.length === 1 ? `0${part}` : part)).join(""));
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

// Nanoseconds since 1970 of a moment in local time, in UTC where the text says so, or of a number of seconds.
const moment = (text) => {
  const clock = "(?:[T ](\\d{2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?)?";
  const iso = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})${clock}( UTC|Z|[+-]\\d{2}:?\\d{2})?$`, "i").exec(text);
  const told = new RegExp(`^([A-Za-z]{3}) +(\\d{1,2}), (\\d{4})${clock}( UTC|Z)?$`).exec(text);
  if (!iso && !told) return isFloat(text) ? fractional(text) : null;
  const [year, month, day] = iso ? [Number(iso[1]), Number(iso[2]) - 1, Number(iso[3])] : [Number(told[3]), MONTHS.indexOf(told[1].toLowerCase()), Number(told[2])];
  const [hours, minutes, secs, fraction, zone] = (iso ?? told).slice(4);
  const parts = [year, month, day, Number(hours ?? 0), Number(minutes ?? 0), Math.min(Number(secs ?? 0), 59)];
  const utc = new Date(Date.UTC(...parts));
  if (month < 0 || utc.getUTCMonth() !== month || utc.getUTCDate() !== day || parts[3] > 23 || parts[4] > 59) return null;
  let millis = zone ? utc.getTime() : new Date(...parts).getTime();
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? "");
  if (offset) millis -= (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000;
  return BigInt(millis) * 1_000_000n + BigInt((fraction ?? "").padEnd(9, "0"));
};
// Decimals go through a floating-point number, as on the command line.
const fractional = (text) => BigInt(Math.trunc(Number(text) * 1e9));
