// The payload of a conversation, both directions in order, below the panes.

const streamPane = document.getElementById("stream"), followButton = document.getElementById("follow");
const MOST_FOLLOWED = 1 << 18;
let followed = null;

const valueAt = ({ values, first }, index) => (first[index] < first[index + 1] ? values[first[index]] : null);

// The stream that a packet belongs to: TCP's before UDP's.
const streamOf = async (index) => {
  for (const name of ["tcp", "udp"]) {
    const stream = valueAt(await columnOf(`${name}.stream`), index);
    if (stream !== null) return { name, stream };
  }
  return null;
};

const offerFollow = async (index) => {
  const of = await streamOf(index);
  if (index !== chosen) return;
  followButton.disabled = of === null && streamPane.hidden;
  const label = streamPane.hidden ? words.follow : words.unfollow;
  followButton.textContent = of === null ? words.nothingToFollow() : label(of.name.toUpperCase(), of.stream);
  if (!streamPane.hidden && of !== null) await showStream(of, index);
};

// Pieces of payload in the order in which they were sent; of bytes that were sent again the first ones count.
const piecesOf = async ({ name, stream }, capture) => {
  const columns = new Map();
  for (const field of [`${name}.stream`, `${name}.payload`, "data.data", "tcp.seq", "tcp.srcport", "udp.srcport", name]) columns.set(field, await columnOf(field));
  const packet = new PacketView(columns, await allBytes()), next = new Map(), pieces = [];
  for (let index = 0; index < rows.capture.length; index++) {
    if (rows.capture[index] !== capture || valueAt(columns.get(`${name}.stream`), index) !== stream) continue;
    packet.index = index;
    const place = packet.values({ name: `${name}.payload` })[0] ?? packet.values({ name: "data.data" })[0];
    if (!place) continue;
    let bytes = packet.seen(place), missing = 0;
    const length = place.length ?? bytes.length, cut = length - bytes.length;
    const [from, to] = [cells(index)[about.addresses[0]], cells(index)[about.addresses[1]]];
    if (name === "tcp") {
      const way = `${from} ${valueAt(columns.get("tcp.srcport"), index)}`, seq = Number(valueAt(columns.get("tcp.seq"), index));
      const due = next.get(way) ?? seq;
      if (seq + length <= due) continue;
      if (seq < due) bytes = bytes.slice(due - seq);
      missing = Math.max(0, seq - due);
      next.set(way, seq + length);
    }
    pieces.push({ index, from, to, bytes, missing, cut });
  }
  return pieces;
};

const nameOf = (address) => about.roles[address] ?? address;

const showStream = async (of, index) => {
  const key = `${rows.capture[index]} ${of.name} ${of.stream}`;
  if (followed === key) return;
  followed = key;
  const pieces = await piecesOf(of, rows.capture[index]);
  if (followed !== key) return;
  const part = document.createDocumentFragment();
  let text = null, before = null, shownBytes = 0;
  for (const piece of pieces) {
    if (shownBytes > MOST_FOLLOWED) {
      part.append(make("p", words.more()));
      break;
    }
    const way = `${piece.from} ${piece.to}`;
    if (piece.missing > 0) part.append(make("p", words.missing(bytesInWords(piece.missing))));
    if (way !== before || piece.missing > 0 || text === null) {
      const turn = make("p", words.turn(nameOf(piece.from), nameOf(piece.to), bytesInWords(piece.bytes.length + piece.cut)), { class: "turn" });
      turn.append(make("a", words.frame(numberOf(piece.index)), { href: `#packet-${rows.capture[piece.index]}-${numberOf(piece.index)}` }));
      text = make("pre", "", { class: before === null || way === `${pieces[0].from} ${pieces[0].to}` ? "one" : "other" });
      part.append(turn, text);
    }
    text.textContent += readable(piece.bytes);
    if (piece.cut > 0) part.append(make("p", words.missing(bytesInWords(piece.cut))));
    before = way;
    shownBytes += piece.bytes.length;
  }
  if (pieces.length === 0) part.append(make("p", words.noPayload()));
  streamPane.replaceChildren(part);
};

// The payload as text if it is valid UTF-8; otherwise other bytes than printable ASCII become \x escapes.
const readable = (bytes) => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
    return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (c) => (c === "\n" || c === "\t" ? c : `\\u{${c.codePointAt(0).toString(16)}}`));
  } catch {
    return bytes.replace(/[^\x20-\x7e\n\t]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
  }
};

followButton.addEventListener("click", async () => {
  streamPane.hidden = !streamPane.hidden;
  followButton.setAttribute("aria-expanded", !streamPane.hidden);
  followed = null;
  await offerFollow(chosen);
});
