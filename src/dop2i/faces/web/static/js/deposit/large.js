// One large file by tus 1.0, from where an earlier attempt stopped (another page, another day).
import { call, Refused, send, SignedOut } from "./calls.js";
import { heldFile } from "./plan.js";

const TUS = { "Tus-Resumable": "1.0.0" };
const PIECE = 1e9;
const TRIES = 60;

const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const rest = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

async function place(item, addresses, signal) {
  if (item.upload) {
    const state = await call("HEAD", `/api/uploads/${item.upload}`, { headers: TUS, signal });
    return Number(state.headers.get("Upload-Offset"));
  }
  const headers = { ...TUS, "Upload-Length": String(item.size), "Upload-Metadata": `key ${encode(item.path)}` };
  const made = await call("POST", addresses.uploads, { headers, signal });
  item.upload = new URL(made.headers.get("Location"), location.href).pathname.split("/").pop();
  return Number(made.headers.get("Upload-Offset") || 0);
}

async function sendFrom(item, offset, { signal, progress }) {
  progress(offset);
  while (offset < item.size) {
    const from = offset;
    const headers = { ...TUS, "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream" };
    const body = item.file.slice(from, from + PIECE);
    const told = (loaded) => progress(from + loaded);
    const answer = await send("PATCH", `/api/uploads/${item.upload}`, { headers, body, signal, progress: told });
    offset = Number(answer.getResponseHeader("Upload-Offset"));
    progress(offset);
  }
}

// The sha256 that the server has of the file once it is whole. Raises what `calls.js` raises; a Refused that is
// none of this file's fault (an upload that ended, another tab that sends the same file) is tried again here.
export async function sendLarge(item, addresses, { signal, progress }) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await sendFrom(item, await place(item, addresses, signal), { signal, progress });
      const there = await heldFile(addresses, item.path);
      if (there?.sha256) return there.sha256;
      item.upload = "";
    } catch (error) {
      if (!(error instanceof Refused) || attempt >= TRIES) throw error;
      if (error.status === 404 && !item.upload) throw new SignedOut();
      if (error.status !== 404 && error.status !== 409) throw error;
      const there = await heldFile(addresses, item.path);
      if (there?.sha256) return there.sha256;
      item.upload = there?.upload ?? "";
    }
    await rest(Math.min(5, attempt / 2));
  }
}
