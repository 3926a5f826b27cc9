// One key a decision, while a row has the focus and nothing is being typed.
import { edit } from "./rows.js";

let listening = false;

export function keys(draft) {
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    if (!(at instanceof Element) || at.matches("input, textarea, select, summary, a")) return;
    const row = at.closest("[data-row]");
    if (!row || !draft.form.contains(row)) return;
    const pressed = event.key === "Enter" && at === row ? "a" : event.key === "Backspace" ? "r" : event.key.length === 1 ? event.key.toLowerCase() : "";
    if (act(draft, row, pressed)) event.preventDefault();
  });
}

function act(draft, row, key) {
  const press = (verb) => {
    const button = row.querySelector(`button[value^="${verb}-"]`);
    button?.click();
    return Boolean(button);
  };
  switch (key) {
    case "a": return press("accept") || press("settle");
    case "r": return press("refuse");
    case "u": return press("undo");
    case "e": edit(row); return true;
    case "j": return move(draft.form, row, 1, () => true);
    case "k": return move(draft.form, row, -1, () => true);
    case "n": return move(draft.form, row, 1, (one) => one.dataset.state === "proposed" || one.dataset.state === "conflict");
    case "?": {
      const list = document.getElementById("keys");
      list.open = true;
      list.querySelector("summary").focus();
      return true;
    }
    default: return false;
  }
}

function move(form, row, step, wanted) {
  const all = [...form.querySelectorAll("[data-row][role=group]")];
  for (let place = all.indexOf(row) + step; all[place]; place += step) {
    if (wanted(all[place])) {
      all[place].focus();
      all[place].scrollIntoView({ block: "nearest" });
      return true;
    }
  }
  return true;
}
