// What has to travel: the server tells what it holds, is told what will come, and refuses names it cannot keep.
import { ask } from "./calls.js";

const REMOVED_AT_ONCE = 200;

// name → {size, sha256, upload, offset}
export async function heldFiles(addresses) {
  const held = new Map();
  for (let after = ""; ;) {
    const page = await ask(`${addresses.held}?after=${encodeURIComponent(after)}`);
    for (const [key, size, sha256, upload, offset] of page.files) held.set(key, { size, sha256, upload, offset });
    if (!page.after) return held;
    after = page.after;
  }
}

export async function heldFile(addresses, path) {
  const page = await ask(`${addresses.held}?name=${encodeURIComponent(path)}`);
  const [found] = page.files;
  return found ? { size: found[1], sha256: found[2], upload: found[3], offset: found[4] } : null;
}

// Sorts items by what the server holds: nothing, a part, as many bytes (the sums will tell), other bytes.
export function sorted(items, held) {
  const made = { fresh: [], going: [], same: [], other: [] };
  for (const item of items) {
    const there = held.get(item.path);
    if (!there) made.fresh.push(item);
    else if (there.sha256) {
      item.theirs = there.sha256;
      (there.size === item.size ? made.same : made.other).push(item);
    } else if (there.size === item.size) {
      item.upload = there.upload;
      made.going.push(item);
    } else made.fresh.push(item);
  }
  return made;
}

// Tells the server what will come. {whole: Set of names that need no bytes, refused: Map of names to reasons}
export async function announce(addresses, items, sums = new Map()) {
  const json = items.map((item) => [item.path, item.size, sums.get(item) ?? ""]);
  const answer = await ask(addresses.announce, { json });
  return { whole: new Set(answer.whole), refused: new Map(answer.refused) };
}

// Takes files out of the draft: others of these names come in their place.
export async function takeOut(addresses, items) {
  for (let start = 0; start < items.length; start += REMOVED_AT_ONCE) {
    const names = items.slice(start, start + REMOVED_AT_ONCE).map((item) => ["delete", item.path]);
    const body = new URLSearchParams(names);
    await ask(addresses.post, { body });
  }
}
