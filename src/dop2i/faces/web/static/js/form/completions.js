// Fields that go on while one types: the combobox of the WAI-ARIA practices, with a list below the field.
const words = document.getElementById("form-words").dataset;
const WAIT = 180;
const FAR = 500;
let number = 0;

export function completions(form) {
  for (const box of form.querySelectorAll("textarea[data-complete][data-lines]")) liner(form, box);
  for (const box of form.querySelectorAll("input[data-complete]")) if (!box.dataset.combobox) new Combobox(form, box);
}

// Several lines cannot be a combobox: a field beside them completes one and adds it.
function liner(form, area) {
  if (area.dataset.liner) return;
  area.dataset.liner = "1";
  const input = document.createElement("input");
  input.className = "form-control mt-s1";
  input.dataset.complete = area.dataset.complete;
  input.setAttribute("aria-label", `+ ${area.labels?.[0]?.textContent ?? ""}`.trim());
  input.placeholder = "+";
  input.autocomplete = "off";
  const add = () => {
    const word = input.value.trim();
    if (!word) return;
    const lines = area.value.split("\n").filter((line) => line.trim());
    if (!lines.includes(word)) area.value = [...lines, word].join("\n");
    input.value = "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  input.addEventListener("taken", add);
  input.addEventListener("keydown", (event) => {
    // with a suggestion chosen, Enter takes that one, not what was typed so far
    if (event.key !== "Enter" || event.defaultPrevented || input.hasAttribute("aria-activedescendant")) return;
    event.preventDefault();
    add();
  });
  input.addEventListener("blur", add);
  area.after(input);
}

class Combobox {
  constructor(form, box) {
    this.form = form;
    this.box = box;
    this.chosen = -1;
    this.asked = null;
    this.timer = 0;
    box.dataset.combobox = "1";
    box.removeAttribute("list");
    number += 1;
    this.list = document.createElement("ul");
    this.list.id = `completions-${number}`;
    this.list.className = "completions";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", words.suggestions);
    box.after(this.list);
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-expanded", "false");
    box.setAttribute("aria-controls", this.list.id);
    box.addEventListener("input", () => this.typed());
    box.addEventListener("blur", () => this.close());
    box.addEventListener("keydown", (event) => this.key(event));
  }

  get separator() { return this.box.dataset.several === undefined ? "" : this.box.dataset.several || ","; }

  // The part that is being typed: after the last separator of a field that holds several.
  part() {
    const cut = this.separator ? this.box.value.lastIndexOf(this.separator) + 1 : 0;
    return { before: this.box.value.slice(0, cut), text: this.box.value.slice(cut).trim() };
  }

  typed() {
    clearTimeout(this.timer);
    const { text } = this.part();
    if (text.length < 2) return this.close();
    this.timer = setTimeout(() => this.ask(text, false), WAIT);
    return undefined;
  }

  async ask(text, far) {
    this.asked?.abort();
    this.asked = new AbortController();
    const query = new URLSearchParams({ kind: this.box.dataset.complete, q: text, ...(far ? { far: "1" } : {}) });
    try {
      const answer = await fetch(`${this.form.dataset.completeAt}?${query}`, { signal: this.asked.signal, headers: { Accept: "application/json" }, redirect: "manual" });
      if (!answer.ok) return this.close();
      const found = await answer.json();
      if (document.activeElement !== this.box) return undefined;
      this.show(found.completions);
      if (found.far && text.length > 2) this.timer = setTimeout(() => this.ask(text, true), FAR);
    } catch { /* another question is under way, or the server is away: typing goes on */ }
    return undefined;
  }

  show(found) {
    this.chosen = -1;
    this.box.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...found.map((one, place) => this.option(one, place)));
    this.list.hidden = !found.length;
    this.box.setAttribute("aria-expanded", String(Boolean(found.length)));
    const said = document.querySelector("[data-said]");
    if (said) said.textContent = found.length ? `${found.length} ${words.found}` : words.none;
  }

  option(one, place) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${place}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const label = document.createElement("span");
    label.textContent = one.label;
    const note = document.createElement("small");
    note.textContent = [one.note, { here: words.here, own: words.own, list: "" }[one.source] ?? one.source].filter(Boolean).join(" · ");
    item.append(label, note);
    item.taken = one;
    item.addEventListener("mousedown", (event) => { event.preventDefault(); this.take(one); });
    return item;
  }

  take(one) {
    const { before } = this.part();
    this.box.value = before ? `${before.trimEnd()} ${one.value}` : one.value;
    this.beside(one);
    this.close();
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(this.timer);
    this.box.dispatchEvent(new Event("taken"));
  }

  beside(one) {
    const row = this.box.closest("[data-complete-person]");
    if (!row) return;
    for (const name of ["given", "orcid", "affiliation"]) {
      const field = row.querySelector(`[data-part="${name}"]`);
      if (field && field !== this.box && one.fields[name] && !(name === "affiliation" && field.value)) field.value = one.fields[name];
    }
    const rors = row.querySelector("[data-ror]");
    if (rors && one.fields.ror) rors.value = [rors.value, `${one.value}\t${one.fields.ror}`].filter(Boolean).join("\n");
  }

  key(event) {
    const items = [...this.list.children];
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    }
    if (this.list.hidden || !items.length) return;
    if (event.key === "Enter" && this.chosen >= 0) {
      event.preventDefault();
      this.take(items[this.chosen].taken);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.chosen = (this.chosen + (event.key === "ArrowDown" ? 1 : -1) + items.length + (this.chosen < 0 && event.key === "ArrowUp" ? 1 : 0)) % items.length;
      items.forEach((item, place) => item.setAttribute("aria-selected", String(place === this.chosen)));
      this.box.setAttribute("aria-activedescendant", items[this.chosen].id);
      items[this.chosen].scrollIntoView({ block: "nearest" });
    }
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.hidden = true;
    this.list.replaceChildren();
    this.chosen = -1;
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }
}
