// The rows of the form: editors that open in place, lists that grow, one row in the order of the tab key.

export function rows(draft) {
  document.documentElement.classList.add("has-script");
  for (const row of draft.form.querySelectorAll("[data-row][role=group]")) {
    row.tabIndex = -1;
    row.addEventListener("focusin", () => current(draft.form, row));
    const editor = row.querySelector(":scope > .body > details.change");
    const button = row.querySelector("[data-change]");
    if (editor && button) {
      button.hidden = false;
      button.addEventListener("click", () => edit(row));
      editor.addEventListener("toggle", () => row.classList.toggle("is-editing", editor.open));
      editor.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        editor.open = false;
        row.focus();
      });
    }
  }
  const first = draft.form.querySelector("[data-row][data-state=proposed], [data-row][data-state=conflict]") ?? draft.form.querySelector("[data-row][role=group]");
  if (first) first.tabIndex = 0;
  for (const button of draft.form.querySelectorAll("button[value=add-creator], button[value=add-related], button[value^=remove-]")) {
    if (button.dataset.ready) continue;
    button.dataset.ready = "1";
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const kind = button.value.includes("related") ? "related" : "creator";
      if (button.value.startsWith("add-")) addRow(draft.form, kind)?.querySelector("input:not([type=hidden]), select").focus();
      else dropRow(button, kind);
      draft.changed(draft.form.elements.namedItem("title"));
      draft.drawn();
    });
  }
}

function current(form, row) {
  for (const other of form.querySelectorAll("[data-row][tabindex='0']")) other.tabIndex = -1;
  row.tabIndex = 0;
}

export function edit(row) {
  const editor = row.querySelector("details.change");
  if (!editor) {
    row.querySelector("input, textarea, select")?.focus();
    return;
  }
  editor.open = true;
  editor.querySelector("input:not([type=hidden]), textarea, select")?.focus();
}

// One more row of a list: the first one again, empty, with the next number.
export function addRow(form, kind) {
  const model = form.querySelector(`fieldset:has([name^="${kind}-"][name$="-${kind === "creator" ? "given" : "identifier"}"])`);
  if (!model) return null;
  const list = model.parentElement;
  const numbers = [...list.querySelectorAll(`[name^="${kind}-"]`)].map((one) => Number(one.name.split("-")[1]));
  const next = Math.max(...numbers) + 1;
  const made = model.cloneNode(true);
  const number = new RegExp(`^${kind}-\\d+-`);
  for (const one of made.querySelectorAll("[id], [name], [for], button[value]")) {
    for (const attribute of ["id", "name", "for"]) if (one.hasAttribute(attribute)) one.setAttribute(attribute, one.getAttribute(attribute).replace(number, `${kind}-${next}-`));
    if (one.matches("button")) { one.value = one.value.replace(/\d+$/, String(next)); delete one.dataset.ready; }
    if (one.matches("input")) { if (!one.name.endsWith("-kind")) { one.value = ""; one.setAttribute("value", ""); } else one.value = "personal"; }
    delete one.dataset.combobox;
    if (one.getAttribute("role") === "combobox") for (const attribute of ["role", "aria-expanded", "aria-controls", "aria-autocomplete", "aria-activedescendant"]) one.removeAttribute(attribute);
  }
  for (const box of made.querySelectorAll("[role=listbox]")) box.remove();
  made.querySelector("legend").textContent = made.querySelector("legend").textContent.replace(/\d+/, String(next + 1));
  [...list.querySelectorAll(":scope > fieldset")].at(-1).after(made);
  return made;
}

function dropRow(button, kind) {
  const row = button.closest("fieldset");
  const others = [...row.parentElement.querySelectorAll(":scope > fieldset")].filter((one) => one !== row);
  if (others.length) {
    row.remove();
    others.at(-1).querySelector("input:not([type=hidden]), select")?.focus();
  } else {
    for (const one of row.querySelectorAll(`input[name^="${kind}-"]:not([name$="-kind"])`)) one.value = "";
    row.querySelector("input:not([type=hidden])")?.focus();
  }
}
