// The files that are to be sent, and how far they are: counted as they change, so that a page of thousands costs nothing.

export class Items {
  constructor() {
    this.byPath = new Map();
    this.total = { files: 0, bytes: 0 };
    this.here = { files: 0, bytes: 0 };
    this.kept = 0;
    this.replaced = 0;
    this.failed = new Map();
  }

  // Makes an item of a found file, null where one of its name is on its way already.
  add({ path, file, fresh }) {
    const known = this.byPath.get(path);
    if (known?.state === "waiting") return null;
    if (known) this.drop(known);
    const item = { path, file, fresh, size: file.size, state: "waiting", sent: 0, upload: "", tries: 0, theirs: "" };
    this.byPath.set(path, item);
    this.total.files += 1;
    this.total.bytes += item.size;
    return item;
  }

  drop(item) {
    this.progress(item, 0);
    if (item.state === "here") this.here.files -= 1;
    this.total.files -= 1;
    this.total.bytes -= item.size;
    this.byPath.delete(item.path);
    this.failed.delete(item.path);
  }

  progress(item, bytes) {
    this.here.bytes += bytes - item.sent;
    item.sent = bytes;
  }

  arrived(item, { kept = false } = {}) {
    this.progress(item, item.size);
    item.state = "here";
    this.here.files += 1;
    if (kept) this.kept += 1;
    if (item.replaces) this.replaced += 1;
  }

  // `again`: whether it is worth trying once more. What is refused for its name never is.
  fail(item, why, { again = true } = {}) {
    this.progress(item, 0);
    item.state = "failed";
    this.failed.set(item.path, { item, why, again });
  }

  // Its content is another now.
  resize(item, file) {
    this.progress(item, 0);
    this.total.bytes += file.size - item.size;
    item.file = file;
    item.size = file.size;
  }

  // Those that may be tried again, as if they had never been.
  revive() {
    const items = [...this.failed.values()].filter(({ again }) => again).map(({ item }) => item);
    for (const item of items) {
      this.failed.delete(item.path);
      Object.assign(item, { state: "waiting", tries: 0 });
    }
    return items;
  }
}
