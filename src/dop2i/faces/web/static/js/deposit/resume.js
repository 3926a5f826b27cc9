// Remembers, where the browser can (Chromium), which folder was dropped on a draft: after the page was closed one press
// goes on, without dropping it again.
const STORE = "folders";

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("dop2i-deposit", 1);
    asked.addEventListener("upgradeneeded", () => asked.result.createObjectStore(STORE));
    asked.addEventListener("success", () => resolve(asked.result));
    asked.addEventListener("error", () => reject(asked.error));
  });
}

async function within(mode, act) {
  const base = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = base.transaction(STORE, mode);
      const asked = act(transaction.objectStore(STORE));
      transaction.addEventListener("complete", () => resolve(asked.result));
      transaction.addEventListener("error", () => reject(transaction.error));
      transaction.addEventListener("abort", () => reject(transaction.error));
    });
  } finally {
    base.close();
  }
}

// Whatever goes wrong here (a private window, no room) only means that the folder has to be dropped again.
const quietly = (promise, otherwise) => promise.catch(() => otherwise);

export async function remember(draft, handles) {
  const kept = (await Promise.all(handles)).filter(Boolean);
  if (!kept.length) return;
  const before = (await recall(draft)) ?? [];
  const same = await Promise.all(kept.map(async (handle) => {
    for (const known of before) if (await known.isSameEntry(handle)) return true;
    return false;
  }));
  const fresh = kept.filter((handle, at) => !same[at]);
  await quietly(within("readwrite", (store) => store.put([...before, ...fresh], draft)));
}

export function recall(draft) {
  return quietly(within("readonly", (store) => store.get(draft)), undefined);
}

export function forget(draft) {
  return quietly(within("readwrite", (store) => store.delete(draft)));
}

// Whether every folder may be read. With `press` the browser may ask the person.
export async function allowed(handles, { press = false } = {}) {
  for (const handle of handles) {
    const how = { mode: "read" };
    let state = await (handle.queryPermission?.(how) ?? "granted");
    if (state === "prompt" && press) state = await handle.requestPermission(how);
    if (state !== "granted") return false;
  }
  return true;
}
