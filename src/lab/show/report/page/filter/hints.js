// Proposals for a filter that is wrong: the field, or the dialect that was probably meant. As `src/filter/hints.rs` and
// the first half of `src/filter/bpf.rs`.

const noField = (input, operand) => {
  if (operand.kind !== "word") return new FilterError(placeOf(operand), "the left side of a comparison must be a field");
  const { value, at } = operand;
  const error = new FilterError(at, `${value} is neither a field nor a protocol`);
  if (number(value) !== null || octets(value) !== null || ipv6(value) !== null)
    return error.advise("The left side of a comparison is a field, such as ip.addr or tcp.port.");
  const name = nearest(value);
  return name ? error.advise(`The nearest known name is ${name}.`).replace(input, name) : error.advise("`labkit replay --fields-list PATTERN` prints the fields that there are.");
};

// An error about an operand that stands alone, as a condition, and is no field.
const alone = (input, operand) => {
  if (operand.kind !== "word" && operand.kind !== "text") return noField(input, operand);
  const [text, isQuoted] = spelled(operand);
  const error = new FilterError(placeOf(operand), `${isQuoted ? "a text" : text} alone is neither a field nor a protocol`);
  const port = isQuoted ? null : service(text);
  const name = isQuoted || port !== null ? null : nearest(text);
  if (name !== null) return error.advise(`The nearest known name is ${name}.`).replace(input, name);
  const address = text.replace(/\.+$/, "");
  const rewrite =
    isQuoted ? `frame contains ${input.slice(...placeOf(operand))}`
    : octets(address) !== null ? `ip.addr == ${address}`
    : address.includes(".") && network(address) !== null ? `ip.addr == ${network(address)}`
    : ipv6(text) !== null ? `ipv6.addr == ${text}`
    : text.length === 17 && byteString(text)?.length === 6 ? `eth.addr == ${text}`
    : /^\+?[0-9]+$/.test(text) && Number(text) < 65536 ? `tcp.port == ${text}`
    : port !== null ? `tcp.port == ${port}`
    // A field was meant, and no known name is near.
    : /[._]/.test(text) && !/\s/.test(text) ? null
    : `frame contains "${text}"`;
  if (rewrite === null) return error.advise("`labkit replay --fields-list PATTERN` prints the fields that there are.");
  return error.advise("A condition names a field, or a protocol.").replace(input, rewrite);
};

// An error about an unquoted word that ends in a full stop, which Wireshark refuses, too.
const fullStop = (input, operand, text, field) => {
  const whole = text.replace(/\.+$/, "");
  const [start, end] = placeOf(operand);
  const meant = field?.name.startsWith("ip.") ? network(whole) : null;
  if (meant !== null) {
    // The whole comparison changes, the field's name with it.
    const name = input.slice(0, start).lastIndexOf(field.name);
    const error = new FilterError([name < 0 ? start : name, end], "a full stop has no place here")
      .advise(`${field.name} compares whole texts; a network is compared with ip.addr.`).replace(input, `ip.addr == ${meant}`);
    error.at = [start, end];
    return error;
  }
  return new FilterError([end - (text.length - whole.length), end], "a full stop has no place here")
    .advise("A filter ends without a full stop; text with one goes in double quotes.").replace(input, "");
};

// The error where a number or an address stands in quotes, which make it a text; null where a text is right.
const needlessQuotes = (input, operand, text, type, field) => {
  const whole = text.split("/")[0];
  if (["uint", "int", "bool"].includes(type.type) && named(field, text) !== null) return null;
  const found = {
    uint: ["a number", number(text) !== null],
    int: ["a number", number(text) !== null],
    bool: ["True or False", true],
    double: ["a number", isFloat(text)],
    duration: ["a number of seconds", isFloat(text)],
    ipv4: ["an IPv4 address", octets(whole) !== null],
    ipv6: ["an IPv6 address", ipv6(whole) !== null],
    mac: ["an Ethernet address", byteString(text) !== null],
  }[type.type];
  if (!found) return null;
  const error = new FilterError(placeOf(operand), `${field?.name ?? "this"} is ${found[0]}; in quotes it is a text`)
    .advise("Numbers and addresses stand without quotes, text in double quotes.");
  return found[1] ? error.replace(input, text) : orPort(input, error, field, text);
};

// The error, with the port's number where a word is the name of a service and a port was wanted.
const orPort = (input, error, field, text) => {
  const port = field?.name.endsWith("port") ? service(text) : null;
  return port === null ? error : error.advise(`Ports are numbers; ${text} has port ${port}.`).replace(input, String(port));
};

// The port that a service has by custom.
const SERVICES = { ftp: 21, ssh: 22, telnet: 23, smtp: 25, dns: 53, domain: 53, dhcp: 67, http: 80, www: 80, pop3: 110, ntp: 123, imap: 143,
  snmp: 161, https: 443, tls: 443, mdns: 5353 };
const service = (text) => (Object.hasOwn(SERVICES, text.toLowerCase()) ? SERVICES[text.toLowerCase()] : null);

// The name of a field or protocol nearest to a word, if few changes lead to it.
const nearest = (text) => {
  const small = text.replace(/[A-Z]/g, (c) => c.toLowerCase());
  const length = utf8(small).length;
  if (length > 64) return null;
  const most = Math.min(Math.max(Math.floor(length / 4), 1), 4);
  let best = null;
  for (const name of table.named.keys()) {
    if (Math.abs(name.length - length) > most) continue;
    const far = distance(small, name);
    if (far <= most && (!best || far < best.far || (far === best.far && name < best.name))) best = { far, name };
  }
  return best?.name ?? null;
};

// How many letters must be changed, added, left out or swapped with their neighbour.
const distance = (a, b) => {
  let before = [], last = [...b, ""].map((_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const now = [i];
    for (let j = 1; j <= b.length; j++) {
      now[j] = Math.min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) now[j] = Math.min(now[j], before[j - 2] + 1);
    }
    [before, last] = [last, now];
  }
  return last[b.length];
};

const orCaptureFilter = (input, error) => {
  const display = toDisplay(input);
  if (display === null) return error;
  error.hint = "This is a capture filter; a display filter is needed here.";
  error.corrected = display;
  return error;
};

// The display filter with the meaning of a capture filter; null where the text is none, or has no such translation.
const toDisplay = (text) => {
  const words = text.replace(/[()!]/g, " $& ").split(/\s+/).filter((word) => word !== "");
  const reader = new CaptureFilter(words);
  const display = reader.or();
  // `tcp` alone belongs to both dialects; a text counts as a capture filter only if it is no display filter.
  return display !== null && reader.next === words.length && reader.typical ? display : null;
};

class CaptureFilter {
  constructor(words) {
    Object.assign(this, { words, next: 0, depth: 0, typical: false });
  }

  take(...words) {
    const found = words.includes(this.words[this.next]);
    this.next += Number(found);
    return found;
  }

  // In a capture filter `and` and `or` bind alike, from the left; in a display filter `and` binds first.
  or() {
    let text = this.not(), joinedByOr = false;
    while (text !== null) {
      const word = this.take("or", "||") ? "or" : this.take("and", "&&") ? "and" : null;
      if (word === null) return text;
      if (word === "and" && joinedByOr) text = `(${text})`;
      joinedByOr = word === "or";
      const right = this.not();
      text = right === null ? null : `${text} ${word} ${right}`;
    }
    return null;
  }

  not() {
    this.depth += 1;
    if (this.depth > 50) return null;
    let text;
    if (this.take("not", "!")) {
      const inner = this.not();
      text = inner === null ? null : `not ${inner}`;
    } else if (this.take("(")) {
      const inner = this.or();
      text = inner !== null && this.take(")") ? `(${inner})` : null;
    } else text = this.primitive();
    this.depth -= 1;
    return text;
  }

  primitive() {
    const names = { tcp: "tcp", udp: "udp", icmp: "icmp", icmp6: "icmpv6", arp: "arp", ip: "ip", ip6: "ipv6", igmp: "igmp" };
    const own = (word) => (word !== undefined && Object.hasOwn(names, word) ? names[word] : null);
    const protocol = own(this.words[this.next]);
    this.next += Number(protocol !== null);
    const direction = ["src", "dst"].find((word) => word === this.words[this.next]) ?? null;
    this.next += Number(direction !== null);
    this.typical ||= direction !== null;
    const kind = this.words[this.next] ?? "";
    if (["host", "net", "port", "portrange"].includes(kind)) {
      this.typical = true;
      this.next += 1;
      const value = this.words[this.next];
      if (value === undefined) return null;
      this.next += 1;
      return kind.startsWith("port") ? capturePorts(protocol, direction, value) : captureAddress(protocol, direction, promoted(kind, value));
    }
    if (direction !== null) {
      this.next += 1;
      return captureAddress(protocol, direction, promoted("host", kind));
    }
    return protocol;
  }
}

// The network that an address with fewer than four numbers means to libpcap. A host with one number stays as it is.
const promoted = (kind, value) => {
  const short = !value.endsWith(".") && !value.includes("/") && (kind === "net" || value.includes("."));
  return (short ? network(value) : null) ?? value;
};

const captureAddress = (protocol, direction, value) => {
  const [address, prefix] = withPrefix(value, 0);
  if (!(prefix < 256)) return null;
  const family = octets(address) !== null ? "ip" : ipv6(address) !== null ? "ipv6" : null;
  if (family === null) return null;
  const condition = `${family}.${direction ?? "addr"} == ${value}`;
  return protocol !== null && protocol !== family ? `${protocol} and ${condition}` : condition;
};

const capturePorts = (protocol, direction, value) => {
  const name = direction === null ? "port" : `${direction}port`;
  const numbers = value.includes("-") ? [value.slice(0, value.indexOf("-")), value.slice(value.indexOf("-") + 1)] : [value];
  if (!numbers.every((n) => /^\+?[0-9]+$/.test(n) && Number(n) < 65536)) return null;
  const [low, high] = numbers.map(Number);
  const set = high === undefined ? `== ${low}` : `in {${low}..${high}}`;
  if (protocol === "tcp" || protocol === "udp") return `${protocol}.${name} ${set}`;
  return protocol === null ? `(tcp.${name} ${set} or udp.${name} ${set})` : null;
};
