// Sends files into a draft: what the server holds stays, small files travel in bundles, large ones by tus, three
// requests at a time; the sha256 of each is compared with what the server computed of the bytes that came.
import { bundleOf, SMALL, takeBundle } from "./bundle.js";
import { ask, Cut, Refused, send, SignedOut, Stopped } from "./calls.js";
import { Gate } from "./gate.js";
import { sumOf } from "./hashing.js";
import { Items } from "./items.js";
import { sendLarge } from "./large.js";
import { announce, heldFiles, sorted, takeOut } from "./plan.js";
import { onlyTab } from "./tabs.js";
import { say } from "./words.js";

const AT_ONCE = 3;
const ANNOUNCED_AT_ONCE = 1000;
const BUNDLES_AT_ONCE = 2;
const TRIES = 3;
const COMPARED_AT_ONCE = 64;

// Whether the file still is what was chosen: the browser refuses to read one that changed on the disk.
const readable = (file) => (file.size ? file.slice(0, 1).arrayBuffer().then(() => true, () => false) : Promise.resolve(true));

export class Sending {
  // `addresses`: state, held, announce, post (of the page), bundle, uploads (of the API). `panel` shows it all.
  constructor(draft, addresses, panel) {
    this.draft = draft;
    this.addresses = addresses;
    this.panel = panel;
    this.items = new Items();
    this.small = [];
    this.large = [];
    this.same = [];
    this.going = new Set();
    this.bundles = 0;
    this.active = 0;
    this.planning = 0;
    this.plans = Promise.resolve();
    this.comparing = false;
    this.running = false;
    this.paused = false;
    this.stopper = new AbortController();
    this.tab = onlyTab(`dop2i-draft-${draft}`, () => this.panel.notice("other-tab"), () => this.panel.notice(""));
    this.gate = new Gate(addresses.state, (kind, details) => {
      this.panel.notice(kind, details);
      if (kind === "closed") this.pause();
    });
    this.version = 0;
    this.finished = () => {};
  }

  get busy() {
    return this.active > 0 || this.planning > 0 || this.comparing || Boolean(this.small.length + this.large.length + this.same.length);
  }

  add(found) {
    const fresh = [];
    for (const one of found) {
      const item = this.items.add({ ...one, path: one.path.normalize("NFC") });
      if (item && item.path.isWellFormed?.() === false) this.fail(item, say("bad-name"), { again: false });
      else if (item) fresh.push(item);
    }
    this.begin(fresh);
  }

  again() { this.begin(this.items.revive()); }

  begin(items) {
    this.planning += 1;
    this.running = true;
    this.panel.change(this);
    this.plans = this.plans.then(() => this.plan(items)).catch((error) => this.unplanned(items, error)).finally(() => {
      this.planning -= 1;
      this.pump();
    });
  }

  // Asks until the server answers; what it refuses is raised.
  async surely(act) {
    for (;;) {
      await this.gate.pass();
      try {
        const answer = await act();
        this.gate.good();
        return answer;
      } catch (error) {
        if (error instanceof Refused && error.status === 404) await this.gate.trouble(new SignedOut());
        else if (error instanceof Cut || error instanceof SignedOut) await this.gate.trouble(error);
        else throw error;
      }
    }
  }

  async plan(items) {
    await this.tab.mine();
    if (!this.version) this.version = (await this.surely(() => ask(this.addresses.state))).version;
    const made = sorted(items, await this.surely(() => heldFiles(this.addresses)));
    this.enqueue(made.going);
    this.same.push(...made.same);
    await this.replace(made.other);
    await this.announce(made.fresh);
  }

  unplanned(items, error) {
    const queued = new Set([...this.small, ...this.large, ...this.same]);
    for (const row of this.going) for (const item of row.items) queued.add(item);
    for (const item of items) if (item.state === "waiting" && !queued.has(item)) this.fail(item, error.message);
    if (!(error instanceof Refused)) this.unexpected(error);
  }

  // Other content takes the place of what is there.
  async replace(items, { counts = true } = {}) {
    if (!items.length) return;
    for (const item of items) item.replaces ||= counts;
    await this.surely(() => takeOut(this.addresses, items));
    await this.announce(items);
  }

  // Some at a time: the first ones travel while the others are announced.
  async announce(items) {
    for (let start = 0; start < items.length; start += ANNOUNCED_AT_ONCE) {
      const some = items.slice(start, start + ANNOUNCED_AT_ONCE);
      for (const item of some) item.upload = "";
      const { refused } = await this.surely(() => announce(this.addresses, some));
      const taken = some.filter((item) => !refused.has(item.path));
      for (const item of some) if (refused.has(item.path)) this.fail(item, refused.get(item.path), { again: false });
      if (this.version > 1) await this.knownElsewhere(taken);
      else this.enqueue(taken);
    }
  }

  // In a new version a file may lie in the earlier one under another name: told by its sum, it is whole at once.
  async knownElsewhere(items) {
    for (let start = 0; start < items.length; start += COMPARED_AT_ONCE) {
      const some = items.slice(start, start + COMPARED_AT_ONCE);
      const sums = new Map();
      await Promise.all(some.map(async (item) => { await sumOf(item.file).then((sum) => sums.set(item, sum), () => {}); }));
      const told = some.filter((item) => sums.has(item));
      const { whole } = await this.surely(() => announce(this.addresses, told, sums));
      for (const item of told) if (whole.has(item.path)) this.arrived(item, { kept: true });
      this.enqueue(some.filter((item) => !whole.has(item.path)));
    }
  }

  enqueue(items) {
    for (const item of items) (item.size < SMALL && !item.upload ? this.small : this.large).push(item);
    this.pump();
  }

  pump() {
    while (!this.paused && this.active < AT_ONCE) {
      const task = this.next();
      if (!task) break;
      this.active += 1;
      task().catch((error) => this.unexpected(error)).finally(() => {
        this.active -= 1;
        this.pump();
      });
    }
    if (!this.paused && !this.comparing && this.same.length) this.compare();
    this.panel.change(this);
    if (this.running && !this.busy) {
      this.running = false;
      this.tab.free();
      this.panel.change(this);
      this.finished(this);
    }
  }

  next() {
    if (this.small.length && this.bundles < BUNDLES_AT_ONCE) {
      const items = takeBundle(this.small);
      return () => this.shown(items, () => this.bundle(items), { bundled: true });
    }
    const item = this.large.shift();
    return item ? () => this.shown([item], () => this.one(item)) : null;
  }

  // While it travels the panel has a row for it.
  async shown(items, act, { bundled = false } = {}) {
    const row = { items };
    this.going.add(row);
    if (bundled) this.bundles += 1;
    try {
      await act();
    } finally {
      this.going.delete(row);
      if (bundled) this.bundles -= 1;
    }
  }

  async bundle(chosen) {
    await this.gate.pass();
    if (this.paused) { this.small.unshift(...chosen); return; }
    const sums = new Map();
    await Promise.all(chosen.map((item) => sumOf(item.file).then((sum) => sums.set(item, sum), () => this.changed(item))));
    const items = chosen.filter((item) => sums.has(item));
    if (!items.length) return;
    const { blob, ends } = bundleOf(items);
    const options = { body: blob, headers: { "Content-Type": "application/x-tar" }, signal: this.stopper.signal };
    options.progress = (loaded) => this.bundleProgress(items, ends, loaded);
    let answer;
    try {
      answer = JSON.parse((await send("POST", this.addresses.bundle, options)).responseText);
    } catch (error) {
      for (const item of items) this.items.progress(item, 0);
      await this.bundleFailed(items, error);
      return;
    }
    this.gate.good();
    const theirs = new Map(answer.entries.map((entry) => [entry.key, entry.checksums.sha256]));
    for (const item of items) await this.verify(item, theirs.get(item.path), sums.get(item));
  }

  bundleProgress(items, ends, loaded) {
    let begins = 0;
    for (const [at, item] of items.entries()) {
      const part = Math.max(0, Math.min(1, (loaded - begins) / (ends[at] - begins)));
      this.items.progress(item, item.size * part);
      begins = ends[at];
    }
    this.panel.change(this);
  }

  async bundleFailed(items, error) {
    if (error instanceof Refused) {
      await this.bundleRefused(items, error);
      return;
    }
    const whole = await Promise.all(items.map((item) => readable(item.file)));
    this.small.unshift(...items.filter((item, at) => whole[at]));
    const changed = items.filter((item, at) => !whole[at]);
    for (const item of changed) await this.changed(item);
    if (!changed.length && !(error instanceof Stopped)) await this.gate.trouble(error);
  }

  // One of them is at fault, or some are here already (the answer was lost, or another browser sent them).
  async bundleRefused(items, error) {
    const made = sorted(items, await this.surely(() => heldFiles(this.addresses)));
    this.same.push(...made.same);
    if (made.other.length) await this.replace(made.other);
    const left = [...made.fresh, ...made.going];
    if (left.length < items.length) this.enqueue(left);
    else if (items.length === 1) this.fail(items[0], say("refused", { why: error.message }));
    else {
      const half = Math.ceil(items.length / 2);
      await this.bundle(items.slice(0, half));
      await this.bundle(items.slice(half));
    }
  }

  async one(item) {
    const sum = sumOf(item.file).then((value) => ({ value }), (error) => ({ error }));
    for (;;) {
      await this.gate.pass();
      if (this.paused) { this.large.unshift(item); return; }
      try {
        const progress = (bytes) => { this.items.progress(item, bytes); this.panel.change(this); };
        const theirs = await sendLarge(item, this.addresses, { signal: this.stopper.signal, progress });
        this.gate.good();
        const { value, error } = await sum;
        if (error) await this.changed(item, { there: true });
        else await this.verify(item, theirs, value);
        return;
      } catch (error) {
        if (error instanceof Refused) {
          this.fail(item, say("refused", { why: error.message }));
          return;
        }
        if (!(error instanceof Cut || error instanceof SignedOut || error instanceof Stopped)) throw error;
        if (!(await readable(item.file))) { await this.changed(item); return; }
        if (!(error instanceof Stopped)) await this.gate.trouble(error);
      }
    }
  }

  async verify(item, theirs, ours) {
    if (theirs === ours) { this.arrived(item); return; }
    item.tries += 1;
    if (item.tries >= TRIES) { this.fail(item, say("mismatch-end", { n: item.tries })); return; }
    this.panel.remark(item, say("mismatch", { theirs: (theirs ?? "–").slice(0, 12), ours: ours.slice(0, 12) }));
    this.items.progress(item, 0);
    await this.replace([item], { counts: false });
  }

  // It is no longer what was chosen: asked of the disk again where that is possible, else said. `there`: bytes arrived.
  async changed(item, { there = false } = {}) {
    item.tries += 1;
    const file = item.fresh && item.tries < TRIES ? await item.fresh().catch(() => null) : null;
    if (there) await this.surely(() => takeOut(this.addresses, [item]));
    if (!file) { this.fail(item, say(item.fresh ? "unreadable" : "changed"), { again: Boolean(item.fresh) }); return; }
    this.panel.remark(item, say("changed-again"));
    this.items.resize(item, file);
    await this.announce([item]);
  }

  async compare() {
    this.comparing = true;
    const some = this.same.splice(0, COMPARED_AT_ONCE);
    const other = [];
    try {
      await Promise.all(some.map(async (item) => {
        const sum = await sumOf(item.file).catch(() => "");
        if (sum === item.theirs) this.arrived(item, { kept: true });
        else if (sum) other.push(item);
        else await this.changed(item);
      }));
      await this.replace(other);
    } finally {
      this.comparing = false;
      this.pump();
    }
  }

  arrived(item, how) {
    this.items.arrived(item, how);
    this.panel.change(this);
  }

  fail(item, why, how) {
    this.items.fail(item, why, how);
    this.panel.change(this);
  }

  unexpected(error) {
    this.panel.notice("failed", { why: error.message });
    console.error(error);
  }

  pause() {
    this.paused = true;
    this.stopper.abort();
    this.tab.free();
    this.panel.change(this);
  }

  async goOn() {
    this.stopper = new AbortController();
    await this.tab.mine();
    this.paused = false;
    this.pump();
  }
}
