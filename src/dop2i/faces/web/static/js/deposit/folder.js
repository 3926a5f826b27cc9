// The files of what was dropped or chosen. Directory entries are read in batches, as the browser hands them out, and
// a few files are asked at a time: a folder of twenty thousand stays bearable.
import { litter } from "./words.js";

const ASKED_AT_ONCE = 64;
const folders = new Set(litter.folders);
const names = new Set(litter.files);

export function isLitter(name) {
  const lower = name.toLowerCase();
  const begins = litter.starts.some((start) => lower.startsWith(start));
  return names.has(lower) || begins || litter.ends.some((end) => lower.endsWith(end));
}

const inLitter = (path) => path.split("/").slice(0, -1).some((part) => folders.has(part));

// {files: [{path, file, fresh}], emptyFolders, litter, unreadable: [path]}. `fresh()` asks the disk again.
function collection() {
  return { files: [], emptyFolders: 0, litter: 0, unreadable: [] };
}

const fileOf = (entry) => new Promise((resolve, reject) => { entry.file(resolve, reject); });

async function childrenOf(entry) {
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!some.length) return found;
    found.push(...some);
  }
}

async function each(items, act) {
  const waiting = items[Symbol.iterator]();
  const lane = async () => { for (const item of waiting) await act(item); };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, lane));
}

async function walk(entries, before, found, tell) {
  await each(entries.filter((entry) => entry.isFile), async (entry) => {
    const path = before + entry.name;
    if (isLitter(entry.name)) { found.litter += 1; return; }
    try {
      const fresh = () => fileOf(entry);
      found.files.push({ path, file: await fresh(), fresh });
      tell(found.files.length);
    } catch {
      found.unreadable.push(path);
    }
  });
  for (const entry of entries.filter((one) => one.isDirectory)) {
    if (folders.has(entry.name)) { found.litter += 1; continue; }
    const inner = await childrenOf(entry).catch(() => null);
    if (!inner) found.unreadable.push(`${before}${entry.name}/`);
    else if (!inner.length) found.emptyFolders += 1;
    else await walk(inner, `${before}${entry.name}/`, found, tell);
  }
}

// What a drop carries. To be called while the event is handled: its items are gone afterwards.
export function entriesOf(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  // a promise that nobody keeps would be told as an error of the page
  const handles = items.map((item) => item.getAsFileSystemHandle?.()?.catch(() => null)).filter(Boolean);
  return { entries, handles, files: [...transfer.files] };
}

export async function filesOfDrop({ entries, files }, tell) {
  if (!entries.length) return filesOfList(files);
  const found = collection();
  // one folder alone: its own name is no part of the paths
  const alone = entries.length === 1 && entries[0].isDirectory;
  if (!alone) await walk(entries, "", found, tell);
  else {
    const inner = await childrenOf(entries[0]).catch(() => null);
    if (!inner) found.unreadable.push(entries[0].name);
    else if (!inner.length) found.emptyFolders += 1;
    else await walk(inner, "", found, tell);
  }
  return found;
}

// What an <input type=file> holds; of a chosen folder without the folder's own name.
export function filesOfList(list) {
  const found = collection();
  for (const file of list) {
    const path = file.webkitRelativePath ? file.webkitRelativePath.split("/").slice(1).join("/") : file.name;
    if (isLitter(file.name) || inLitter(path)) found.litter += 1;
    else found.files.push({ path, file, fresh: null });
  }
  return found;
}

// What lies in a folder that was remembered (a FileSystemDirectoryHandle), or a file that was.
export async function filesOfHandles(handles, tell) {
  const found = collection();
  const alone = handles.length === 1 && handles[0].kind === "directory";
  for (const handle of handles) {
    if (handle.kind === "directory") await walkHandle(handle, alone ? "" : `${handle.name}/`, found, tell);
    else await addHandle(handle, handle.name, found, tell);
  }
  return found;
}

async function walkHandle(folder, before, found, tell) {
  const files = [];
  let any = false;
  try {
    for await (const child of folder.values()) {
      any = true;
      if (child.kind === "file") files.push(child);
      else if (folders.has(child.name)) found.litter += 1;
      else await walkHandle(child, `${before}${child.name}/`, found, tell);
    }
  } catch {
    found.unreadable.push(before);
  }
  if (!any) found.emptyFolders += 1;
  await each(files, (child) => addHandle(child, before + child.name, found, tell));
}

async function addHandle(handle, path, found, tell) {
  if (isLitter(handle.name)) { found.litter += 1; return; }
  try {
    const fresh = () => handle.getFile();
    found.files.push({ path, file: await fresh(), fresh });
    tell(found.files.length);
  } catch {
    found.unreadable.push(path);
  }
}
