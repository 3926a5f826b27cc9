// Sends dropped or chosen files resumably (tus 1.0), three at a time. Without it the form sends them the plain way.
const words = document.getElementById("upload-words").dataset;
const TUS = { "Tus-Resumable": "1.0.0" };
const AT_ONCE = 3;
const TRIES = 6;
const SVG = "http://www.w3.org/2000/svg";

const form = document.querySelector("form[enctype]");
const zone = document.querySelector("[data-drop]");
const list = document.querySelector("[data-progress]");
const draftForm = document.getElementById("draft");
const csrf = form?.querySelector("[name=csrfmiddlewaretoken]").value;
let dirty = false;
draftForm?.addEventListener("input", () => { dirty = true; });

function size(bytes) {
  const french = document.documentElement.lang === "fr";
  const units = french ? ["o", "ko", "Mo", "Go", "To"] : ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  while (bytes >= 1000 && step < 4) { bytes /= 1000; step += 1; }
  const shown = bytes.toLocaleString(french ? "fr" : "en", { maximumFractionDigits: bytes < 100 && step ? 1 : 0 });
  return `${shown}\u00a0${units[step]}`;
}

function row(path, total) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = path;
  const figure = document.createElement("span");
  figure.className = "num";
  const bar = document.createElementNS(SVG, "svg");
  bar.setAttribute("class", "progress");
  bar.setAttribute("role", "img");
  const done = document.createElementNS(SVG, "rect");
  done.setAttribute("height", "100%");
  done.setAttribute("width", "0%");
  bar.append(done);
  const note = document.createElement("span");
  note.className = "note";
  item.append(document.createElement("span"), name, figure, bar, note);
  const show = (bytes) => {
    const share = total ? Math.min(100, (100 * bytes) / total) : 100;
    done.setAttribute("width", `${share.toFixed(1)}%`);
    bar.setAttribute("aria-label", `${Math.round(share)} %, ${path}`);
    figure.textContent = `${size(bytes)} ${words.of} ${size(total)}`;
  };
  show(0);
  note.textContent = words.waiting;
  return { item, show, say: (text) => { note.textContent = text; }, mark: (state) => { item.className = state; } };
}

const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

class Refused extends Error {}

async function call(method, address, headers) {
  const answer = await fetch(address, { method, headers: { ...TUS, "X-CSRFToken": csrf, ...headers } });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw new Refused(problem.detail || problem.title || answer.statusText);
  throw new Error(problem.detail || answer.statusText);
}

function send(address, offset, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", address);
    for (const [name, value] of Object.entries({ ...TUS, "X-CSRFToken": csrf, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" })) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progress(offset + event.loaded));
    request.addEventListener("load", () => (request.status < 300 ? resolve() : reject(new Error(String(request.status)))));
    request.addEventListener("error", () => reject(new Error("cut")));
    request.send(file.slice(offset));
  });
}

async function place(draft, path, file, memory) {
  const known = localStorage.getItem(memory);
  if (known) {
    const state = await fetch(known, { method: "HEAD", headers: TUS });
    if (state.ok) return { address: known, offset: Number(state.headers.get("Upload-Offset")) };
    localStorage.removeItem(memory);
  }
  const made = await call("POST", `/api/records/${draft}/draft/uploads`, { "Upload-Length": String(file.size), "Upload-Metadata": `key ${encode(path)}` });
  const address = new URL(made.headers.get("Location"), location.href).pathname;
  localStorage.setItem(memory, address);
  return { address, offset: Number(made.headers.get("Upload-Offset") || 0) };
}

async function upload(draft, { path, file }, shown) {
  const memory = `dop2i:${draft}:${path}:${file.size}:${file.lastModified}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      shown.say(words.sending);
      const { address, offset } = await place(draft, path, file, memory);
      shown.show(offset);
      if (offset < file.size) await send(address, offset, file, shown.show);
      localStorage.removeItem(memory);
      shown.show(file.size);
      shown.say(words.here);
      shown.mark("ok");
      return true;
    } catch (error) {
      if (error instanceof Refused || attempt === TRIES) {
        shown.say(`${words.failed} ${error.message}`);
        shown.mark("ko");
        return false;
      }
      shown.say(words.resume);
      await pause(Math.min(30000, 1000 * 2 ** attempt));
    }
  }
}

async function draftOf() {
  if (form.dataset.draft) return { id: form.dataset.draft, href: form.dataset.href };
  const made = await fetch(form.dataset.start, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": csrf } });
  if (!made.ok) throw new Error(made.statusText);
  return made.json();
}

async function sendAll(files) {
  if (!files.length) return;
  const heading = document.createElement("p");
  heading.className = "note";
  heading.textContent = words.close;
  const rows = document.createElement("ul");
  rows.className = "uploads list small";
  list.replaceChildren(heading, rows);
  const waiting = files.map((one) => {
    const shown = row(one.path, one.file.size);
    rows.append(shown.item);
    return { one, shown };
  });
  const draft = await draftOf();
  let whole = true;
  const next = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) whole = (await upload(draft.id, job.one, job.shown)) && whole;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  if (whole && !dirty) location.assign(draft.href);
}

async function inside(entry, prefix) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
    return [{ path: prefix + entry.name, file }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!some.length) break;
    for (const child of some) if (child.name !== ".git" && child.name !== ".DS_Store") found.push(...await inside(child, `${prefix}${entry.name}/`));
  }
  return found;
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const found = (await Promise.all(entries.map((entry) => inside(entry, "")))).flat();
  // one folder alone: its own name is not part of the paths
  const alone = entries.length === 1 && entries[0].isDirectory ? `${entries[0].name}/` : "";
  return found.map(({ path, file }) => ({ path: path.slice(alone.length), file }));
}

if (form && zone) {
  for (const hint of document.querySelectorAll("[data-needs-script]")) hint.hidden = false;
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    await sendAll(await dropped(event.dataTransfer));
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "empty" || event.submitter?.name === "delete") return;
    const chosen = [...form.querySelector("[type=file]").files];
    if (!chosen.length) return;
    event.preventDefault();
    sendAll(chosen.map((file) => ({ path: file.name, file })));
  });
}

// While readers are at work, look again: only as long as nobody has begun to type.
if (document.querySelector("[data-reading]")) {
  setTimeout(() => { if (!dirty && document.activeElement === document.body) location.reload(); }, 3000);
}
