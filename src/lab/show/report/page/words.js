// What the script says, in the words of the lab: texts of `words.rs`, each with blanks for what varies.

const about = JSON.parse(document.getElementById("about").textContent);
const filled = (text, parts) => text.replace(/\{([0-9])\}/g, (_, n) => parts[n - 1]);
const words = Object.fromEntries(Object.entries(about.words).map(([name, text]) => [name, (...parts) => filled(text, parts)]));
const bytesInWords = (n) => (n === 1 ? words.byte() : words.bytes(n));
