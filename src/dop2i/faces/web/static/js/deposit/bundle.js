// Many small files in one request: a tar made of headers and of the files themselves, which the browser reads when it
// sends them. Names above 100 bytes travel in a pax header (POSIX.1-2001, pax interchange format).
const BLOCK = 512;
const encoder = new TextEncoder();

export const SMALL = 4 << 20;
export const BUNDLE_BYTES = 16e6;
export const BUNDLE_FILES = 400;

function header(name, size, kind) {
  const block = new Uint8Array(BLOCK);
  const put = (at, text) => block.set(typeof text === "string" ? encoder.encode(text) : text, at);
  const octal = (value, digits) => `${value.toString(8).padStart(digits, "0")}\0`;
  put(0, name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(0, 11));
  put(148, "        ");
  put(156, kind);
  put(257, "ustar\0" + "00");
  put(148, `${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
  return block;
}

const padding = (size) => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

function paxRecord(path) {
  const body = encoder.encode(` path=${path}\n`);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  const record = new Uint8Array(length);
  record.set(encoder.encode(String(length)));
  record.set(body, String(length).length);
  return record;
}

// `items`: {path, file}. The parts of a Blob, and where each file ends in it.
export function bundleOf(items) {
  const parts = [];
  const ends = [];
  let at = 0;
  const add = (part, size) => { parts.push(part); at += size; };
  for (const { path, file } of items) {
    const name = encoder.encode(path);
    if (name.length > 100) {
      const record = paxRecord(path);
      add(header("././@PaxHeader", record.length, "x"), BLOCK);
      add(record, record.length);
      const rest = padding(record.length);
      add(rest, rest.length);
    }
    add(header(name.length > 100 ? `long-name-${ends.length}` : name, file.size, "0"), BLOCK);
    add(file, file.size);
    const rest = padding(file.size);
    add(rest, rest.length);
    ends.push(at);
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return { blob: new Blob(parts), ends };
}

// Takes from the front of `waiting` as many as one request carries.
export function takeBundle(waiting, most = BUNDLE_FILES) {
  let count = 0;
  let bytes = 0;
  while (count < waiting.length && count < most && (count === 0 || bytes + waiting[count].size <= BUNDLE_BYTES)) {
    bytes += waiting[count].size;
    count += 1;
  }
  return waiting.splice(0, count);
}
