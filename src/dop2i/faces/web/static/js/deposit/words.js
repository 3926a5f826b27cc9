// The page's words (a template of the page holds them in its language), and numbers as the reader writes them.
const words = document.getElementById("upload-words")?.dataset ?? {};
const french = document.documentElement.lang === "fr";
const language = french ? "fr" : "en";
const UNITS = french ? ["o", "ko", "Mo", "Go", "To", "Po"] : ["B", "kB", "MB", "GB", "TB", "PB"];

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

const camel = (name) => name.replace(/-(\w)/g, (whole, letter) => letter.toUpperCase());

// `say("cut", { n: 3 })` is the text of data-cut with its values.
export function say(name, values = {}) {
  return fill(words[camel(name)] ?? name, values);
}

// `plural("kept", 3)` chooses between data-kept-one and data-kept-many: French counts 0 with one, English with many.
export function plural(name, n, values = {}) {
  const one = french ? n < 2 : n === 1;
  return say(`${name}-${one ? "one" : "many"}`, { n: number(n), ...values });
}

export function number(value, digits = 0) {
  return value.toLocaleString(language, { maximumFractionDigits: digits });
}

export function size(bytes) {
  let step = 0;
  while (bytes >= 999.5 && step < UNITS.length - 1) { bytes /= 1000; step += 1; }
  return `${number(bytes, step && bytes < 99.5 ? 1 : 0)}\u00a0${UNITS[step]}`;
}

export function share(part, whole) {
  const percent = whole ? Math.floor((100 * part) / whole) : 100;
  return `${percent}${french ? "\u00a0" : "\u00a0"}%`;
}

export function left(seconds) {
  if (seconds < 60) return say("left-seconds", { n: number(Math.max(1, Math.round(seconds))) });
  if (seconds < 5400) return say("left-minutes", { n: number(Math.round(seconds / 60)) });
  return say("left-hours", { n: number(Math.floor(seconds / 3600)), m: number(Math.floor((seconds % 3600) / 60)) });
}

export function took(seconds) {
  const shown = seconds < 60 ? `${number(seconds, seconds < 10 ? 1 : 0)}\u00a0s` : `${number(seconds / 60, 1)}\u00a0min`;
  return say("in", { n: shown });
}

export const litter = JSON.parse(words.litter || '{"folders":[],"files":[],"starts":[],"ends":[]}');
