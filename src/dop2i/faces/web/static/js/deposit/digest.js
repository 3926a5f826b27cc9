// sha256 of a file: by the browser at once where it is small and the page is secure, else piece by piece.
import { sha256 } from "../../vendor/noble-hashes/sha2.js";

const AT_ONCE = 16 << 20;
const PIECE = 4 << 20;

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export async function digest(file) {
  if (file.size <= AT_ONCE && globalThis.crypto?.subtle) {
    return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())));
  }
  const running = sha256.create();
  for (let start = 0; start < file.size; start += PIECE) {
    running.update(new Uint8Array(await file.slice(start, start + PIECE).arrayBuffer()));
  }
  return hex(running.digest());
}
