// What the script says. The words around it are in `words.rs`.

const bytesInWords = (n) => `${n} ${n === 1 ? "byte" : "bytes"}`;
const words = {
  capture: "Capture",
  run: (title, length, kept) => `${title} (${bytesInWords(length)}${kept < length ? `, the first ${kept} are in this page` : ""})`,
  all: (n) => `All ${n} packets`,
  filter: (n, of) => `Filter: ${n} of ${of} packets`,
  text: (n, of) => `Text in columns and payload: ${n} of ${of} packets`,
  unsure: (n) => `; of ${n} more the page has too few bytes to say`,
  stale: "The list is that of the last filter.",
  meant: " Did you mean ",
  nearField: (near) => `No field is called so; ${near} is one. `,
  paper: (printed, of) => `On paper the list ends after ${printed} of ${of} packets; a filter chooses which ones.`,
  follow: (protocol, stream) => `Follow ${protocol} stream ${stream}`,
  unfollow: (protocol, stream) => `Close ${protocol} stream ${stream}`,
  nothingToFollow: "This packet belongs to no stream",
  turn: (from, to, n) => `${from} → ${to}, ${bytesInWords(n)}, `,
  frame: (n) => `frame ${n}`,
  missing: (n) => `… ${bytesInWords(n)} are not in this page …`,
  noPayload: "No payload in this stream.",
  more: "The rest of the stream is not shown here; labkit follow has all.",
};
