// What is typed, in this browser's own store, until the server has it.
const SHORT = 300;
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "revision", "offered", "act"]);

const entriesOf = (form) => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !LEFT_OUT.has(name) && !/^(take|choose)-/.test(name));

export class Memory {
  constructor(key) {
    this.key = key;
    this.timer = 0;
  }

  keep(form) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keepNow(form), SHORT);
  }

  keepNow(form, submitted = false) {
    clearTimeout(this.timer);
    const kept = { revision: form.elements.namedItem("revision").value, submitted, values: entriesOf(form) };
    try { localStorage.setItem(this.key, JSON.stringify(kept)); } catch { /* the store is full or forbidden */ }
  }

  forget() {
    clearTimeout(this.timer);
    try { localStorage.removeItem(this.key); } catch { /* forbidden */ }
  }

  read() {
    try { return JSON.parse(localStorage.getItem(this.key)); } catch { return null; }
  }

  same(form, kept) {
    const plain = (values) => JSON.stringify(values.filter(([, value]) => value).map(([name, value]) => [name, value.replaceAll("\r\n", "\n")]).sort());
    return plain(entriesOf(form)) === plain(kept.values);
  }

  putBack(form, kept, more) {
    const values = new Map(kept.values);
    for (const [name, value] of values) {
      const row = name.match(/^(creator|related)-\d+-/);
      for (let tries = 0; row && value && !form.elements.namedItem(name) && tries < 300; tries += 1) more(row[1]);
      const field = form.elements.namedItem(name);
      if (!field) continue;
      if (field.type === "checkbox") field.checked = true;
      else field.value = value;
      field.closest?.("details")?.setAttribute("open", "");
    }
    for (const field of form.querySelectorAll("input[type=checkbox]")) if (!values.has(field.name)) field.checked = false;
  }
}
