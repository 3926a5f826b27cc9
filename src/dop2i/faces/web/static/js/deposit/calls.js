// Requests, and what their failures mean: try again, sign in, or give this file up.

export class Cut extends Error {
  // The server did not answer, or asks to wait: `wait` seconds, `why` in its words.
  constructor(message, wait = 0, why = "") { super(message); this.wait = wait; this.why = why; }
}
export class SignedOut extends Error {}
export class Refused extends Error {
  constructor(status, message) { super(message); this.status = status; }
}
export class Stopped extends Error {}

const SILENCE = 90_000;
let token = "";

export function useToken(value) {
  token = value;
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = value;
}

export function readToken() {
  token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? token;
}

function failure(status, problem, retryAfter) {
  const message = problem.detail || problem.title || String(status);
  if (status === 401 || status === 403) return new SignedOut(message);
  if (status === 408 || status === 429 || status >= 500) {
    const told = status === 429 || status === 507;
    return new Cut(message, Number(retryAfter) || (status === 507 ? 30 : 0), told ? message : "");
  }
  return new Refused(status, message);
}

export async function call(method, address, { headers = {}, body = null, signal = null } = {}) {
  const own = { "X-CSRFToken": token, Accept: "application/json", ...headers };
  let answer;
  try {
    answer = await fetch(address, { method, headers: own, body, signal, redirect: "manual", cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw new Stopped();
    throw new Cut(error.message);
  }
  if (answer.type === "opaqueredirect") throw new SignedOut();
  if (answer.ok) return answer;
  throw failure(answer.status, await answer.json().catch(() => ({})), answer.headers.get("Retry-After"));
}

export async function ask(address, options = {}) {
  const { json, ...others } = options;
  if (json !== undefined) {
    others.body = JSON.stringify(json);
    others.headers = { ...others.headers, "Content-Type": "application/json" };
  }
  const answer = await call(json === undefined && !others.body ? "GET" : "POST", address, others);
  try {
    return await answer.json();
  } catch (error) {
    throw new Cut(error.message);
  }
}

// Sends a body with its progress. A connection that is silent for a minute and a half counts as cut: after a closed
// lid it would hang for long.
export function send(method, address, { headers = {}, body, progress = () => {}, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let heard = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - heard > SILENCE) { request.abort(); end(reject, new Cut("silence")); }
    }, 5000);
    const end = (settle, value) => {
      clearInterval(watch);
      signal?.removeEventListener("abort", stop);
      settle(value);
    };
    const stop = () => { request.abort(); end(reject, new Stopped()); };
    if (signal?.aborted) { end(reject, new Stopped()); return; }
    signal?.addEventListener("abort", stop);
    request.open(method, address);
    const own = { "X-CSRFToken": token, Accept: "application/json", ...headers };
    for (const [name, value] of Object.entries(own)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => { heard = Date.now(); progress(event.loaded); });
    request.addEventListener("progress", () => { heard = Date.now(); });
    request.addEventListener("error", () => end(reject, new Cut("cut")));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) { end(resolve, request); return; }
      let problem = {};
      try { problem = JSON.parse(request.responseText); } catch { /* a page of a proxy */ }
      end(reject, failure(request.status, problem, request.getResponseHeader("Retry-After")));
    });
    request.send(body);
  });
}

export const encodeKey = (key) => key.split("/").map(encodeURIComponent).join("/");
