// Suggestions while one types, and an address without what is empty. Without it the page does the same.
document.getElementById("search")?.addEventListener("formdata", ({ formData }) => {
  const given = [...formData].filter(([, value]) => value !== "");
  for (const name of new Set(formData.keys())) formData.delete(name);
  for (const [name, value] of given) formData.append(name, value);
});

const bar = document.querySelector("[data-suggest]");
const box = bar?.querySelector("input");

if (box) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.labels?.[0]?.textContent ?? "");
  list.hidden = true;
  bar.append(list);
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-expanded", "false");
  box.setAttribute("aria-controls", list.id);
  let chosen = -1;
  let timer = 0;
  let asked = null;

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };

  const take = (item) => {
    box.value = item.dataset.q;
    close();
    box.focus();
    if (item.dataset.kind === "field") ask();
    else box.form.requestSubmit();
  };

  const show = (found) => {
    close();
    found.forEach((one, place) => {
      const item = document.createElement("li");
      item.id = `suggestion-${place}`;
      item.setAttribute("role", "option");
      item.dataset.q = one.q;
      item.dataset.kind = one.kind;
      const label = document.createElement(["word", "correction"].includes(one.kind) ? "span" : "code");
      label.textContent = one.label;
      item.append(label);
      if (one.count !== null) {
        const count = document.createElement("span");
        count.className = "num";
        count.textContent = one.count.toLocaleString(document.documentElement.lang);
        item.append(count);
      }
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(item);
      });
      list.append(item);
    });
    list.hidden = found.length === 0;
    box.setAttribute("aria-expanded", String(!list.hidden));
  };

  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const address = `${bar.dataset.suggest}?q=${encodeURIComponent(box.value)}`;
      const answer = await fetch(address, { signal: asked.signal });
      if (answer.ok) show((await answer.json()).suggestions);
    } catch {
      close();
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    if (box.value.trim()) timer = setTimeout(ask, 150);
    else close();
  });
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    const items = [...list.children];
    if (event.key === "Escape") close();
    if (list.hidden || !items.length) return;
    if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      take(items[chosen]);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
      items.forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
      box.setAttribute("aria-activedescendant", items[chosen].id);
    }
  });
}
