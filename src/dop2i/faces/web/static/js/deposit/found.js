// What the readers found, as it goes: asked of the server while files arrive or wait to be read, told politely, and
// never put over what a person has typed.
import { ask } from "./calls.js";
import { number, plural, say, size } from "./words.js";

const OFTEN = 2000;
const SELDOM = 10_000;

export class Found {
  // `busy()`: whether files are on their way. `settled({more, taken})`: nothing is left to wait for; `more` answers are
  // not shown yet, `taken`: the form shows them by itself.
  constructor(section, { busy, settled }) {
    this.section = section;
    this.address = section.dataset.state;
    this.box = section.querySelector("[data-found]");
    this.described = Number(this.box.dataset.described || 0);
    this.fields = new Set(this.box.dataset.fields.split(" ").filter(Boolean));
    this.busy = busy;
    this.settled = settled;
    this.more = 0;
    this.taken = false;
    this.wake = () => {};
    this.pause = OFTEN;
    this.going = false;
    this.waiting = "waiting" in this.box.dataset;
  }

  // Asks until nothing is left to wait for.
  async watch() {
    this.pause = OFTEN;
    this.wake();
    if (this.going) return;
    this.going = true;
    do {
      await this.rest();
      if (!this.section.isConnected) break;
      if (document.hidden) continue;
      try {
        this.show(await ask(`${this.address}?read=${this.described}`));
      } catch {
        // who sends files says what is wrong with the way there; here it is only asked again
        this.pause = SELDOM;
      }
    } while (this.busy() || this.waiting);
    this.going = false;
    if (this.section.isConnected) this.settled({ more: this.more, taken: this.taken });
  }

  rest() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.pause);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }

  show(state) {
    if (!state.read) { this.waiting = false; return; }
    const { described, waiting, unreadable, formats } = state.read;
    const moved = described !== this.described || (state.files.count !== this.count && this.count !== undefined);
    this.pause = moved ? OFTEN : Math.min(SELDOM, this.pause * 1.3);
    this.count = state.files.count;
    this.described = described;
    this.waiting = waiting > 0;
    const kinds = formats.slice(0, 4).map(([label, n]) => `${label} ${number(n)}`).join(", ");
    const told = [plural("read", described) + (kinds ? ` (${kinds})` : "")];
    if (unreadable) told.push(plural("unread", unreadable));
    if (waiting) told.push(plural("waiting", waiting));
    this.box.hidden = !described && !waiting;
    this.box.querySelector("[data-found-words]").textContent = `${told.join(", ")}.`;
    this.section.querySelector("[data-waiting-words]")?.remove();
    const heading = this.section.querySelector("[data-count]");
    heading.textContent = `${plural("count", state.files.count)}, ${size(state.files.bytes)}`;
    document.dispatchEvent(new CustomEvent("dop2i:files", { detail: state.files }));
    if (state.fields) this.tell(state);
  }

  tell(state) {
    const fresh = state.fields.filter((name) => !this.fields.has(name));
    this.more += fresh.length;
    for (const name of fresh) this.fields.add(name);
    const detail = { ...state.read, answers: this.fields.size, fields: state.fields, more: fresh.length };
    const told = document.dispatchEvent(new CustomEvent("dop2i:found", { detail, cancelable: true }));
    this.taken ||= !told;
    if (!told) return;
    const link = this.box.querySelector("[data-found-link]");
    this.box.querySelector("[data-found-more]").hidden = !this.more || this.busy();
    link.textContent = plural("answers", this.more);
  }
}
