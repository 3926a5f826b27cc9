// The deposit form: saves by itself, decides with one key, completes what is typed. Without it buttons do the same.
import { Draft } from "./draft.js";
import { completions } from "./completions.js";
import { keys } from "./keys.js";
import { rows } from "./rows.js";

const form = document.querySelector("[data-draft-form]");

if (form) {
  const draft = new Draft(form);
  const prepare = () => { rows(draft); completions(form); keys(draft); };
  draft.drawn = prepare;
  prepare();
  draft.recall();
  draft.clock();

  // What the readers found meanwhile enters the form by itself, unless somebody is typing in it.
  document.addEventListener("dop2i:found", async (event) => {
    if (!event.detail.more || draft.busy()) return;
    event.preventDefault();
    await draft.refresh();
  });
  document.addEventListener("dop2i:session", (event) => { if (event.detail.state === "back") draft.back(); });
}
