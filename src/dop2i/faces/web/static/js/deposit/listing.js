// The list of a draft's files: folders open, files are deleted and replaced without the page being read anew.
import { ask, call, Refused } from "./calls.js";

const SELDOM = 10_000;

export class Listing {
  // `say(text)`: told to who cannot see it. `replace(path, file)`: sends another file under that name.
  constructor(section, { say, replace, changed }) {
    this.section = section;
    this.say = say;
    this.changed = changed;
    this.query = "";
    this.read = 0;
    this.asked = 0;
    section.addEventListener("click", (event) => this.click(event));
    section.addEventListener("submit", (event) => this.submit(event));
    const picker = section.querySelector("[data-replacement]");
    picker.addEventListener("change", () => {
      const [file] = picker.files;
      if (file) replace(picker.dataset.path, file);
      picker.value = "";
    });
    this.picker = picker;
  }

  click(event) {
    const link = event.target.closest("a[data-folder]");
    const button = event.target.closest("button[data-replace]");
    if (button) {
      this.picker.dataset.path = button.dataset.replace;
      this.picker.click();
    } else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const { folder, after } = link.dataset;
      this.open(new URLSearchParams({ folder, ...(after ? { after } : {}) }).toString());
    }
  }

  async open(query) {
    this.query = query;
    if (await this.refresh()) this.section.querySelector("#h-files").focus();
  }

  async submit(event) {
    const form = event.target;
    if (!("asks" in form.dataset)) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const buttons = [...this.section.querySelectorAll("[data-list] .btn-link, [data-list] summary")];
    const at = buttons.indexOf(event.submitter.closest("li")?.querySelector(".btn-link, summary"));
    try {
      const answer = await ask(this.section.dataset.post, { body });
      this.say(answer.words);
    } catch (error) {
      if (!(error instanceof Refused)) { form.removeAttribute("data-asks"); form.requestSubmit(event.submitter); return; }
      this.say(error.message);
    }
    await this.refresh();
    const left = [...this.section.querySelectorAll("[data-list] .btn-link, [data-list] summary")];
    (left[Math.min(Math.max(at, 0), left.length - 1)] ?? this.section.querySelector("#h-files")).focus();
    this.changed();
  }

  // The same, now and then while files arrive, unless somebody is busy in it.
  refreshSeldom() {
    const list = this.section.querySelector("[data-listing]");
    const used = list.contains(document.activeElement) || list.querySelector("details[open]");
    if (used || Date.now() - this.read < SELDOM) return;
    this.read = Date.now();
    this.refresh();
  }

  // Reads the list anew from the draft's page; false when that cannot be had now. An answer that comes after
  // another was asked for is left: it may be older than what is shown.
  async refresh() {
    const turn = ++this.asked;
    try {
      const page = await call("GET", `${this.section.dataset.href}?${this.query}`, { headers: { Accept: "text/html" } });
      const parsed = new DOMParser().parseFromString(await page.text(), "text/html");
      if (turn !== this.asked) return false;
      const restore = this.keepPlace();
      for (const part of ["[data-listing]", "[data-count]"]) {
        this.section.querySelector(part).replaceWith(parsed.querySelector(`#files ${part}`));
      }
      for (const hint of this.section.querySelectorAll("[data-needs-script]")) hint.hidden = false;
      restore();
      return true;
    } catch {
      return false;
    }
  }

  // What is open, and where the person is, stay so in the list that comes: found again by their names.
  keepPlace() {
    const list = this.section.querySelector("[data-listing]");
    const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent;
    const inside = list.contains(document.activeElement) ? document.activeElement : null;
    const here = inside && nameOf(inside);
    const open = new Set([...list.querySelectorAll("details[open] > summary")].map(nameOf));
    return () => {
      const fresh = this.section.querySelector("[data-listing]");
      for (const summary of fresh.querySelectorAll("summary")) {
        if (open.has(nameOf(summary))) summary.parentElement.open = true;
      }
      if (inside) [...fresh.querySelectorAll("a, button, summary")].find((one) => nameOf(one) === here)?.focus();
    };
  }
}
