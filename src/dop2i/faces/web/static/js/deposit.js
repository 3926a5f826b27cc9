// The pages where files are sent: what is dropped or chosen goes into the draft, and the page says how far it is.
// Without this script the forms send files the plain way.
import { becomePage, newDraft } from "./deposit/begin.js";
import { readToken } from "./deposit/calls.js";
import { entriesOf, filesOfDrop, filesOfHandles, filesOfList } from "./deposit/folder.js";
import { Found } from "./deposit/found.js";
import { Listing } from "./deposit/listing.js";
import { Panel } from "./deposit/panel.js";
import { allowed, forget, recall, remember } from "./deposit/resume.js";
import { Sending } from "./deposit/sending.js";
import { plural, say } from "./deposit/words.js";

const page = { section: null, panel: null, listing: null, found: null, sending: null, becoming: null, typed: false };

function speak(text) {
  const starting = document.querySelector("[data-starting]");
  const told = starting?.querySelector("[data-starting-words]") ?? document.querySelector("[data-told]");
  if (starting) starting.hidden = false;
  if (told) told.textContent = text;
}

function looking(count) {
  const now = Date.now();
  if (now - (looking.last ?? 0) < 200) return;
  looking.last = now;
  if (page.panel && !page.sending?.running) page.panel.looking(count);
  else if (!page.panel) speak(`${say("looking")}: ${plural("found", count)}`);
}

function sendingOf(section) {
  const { draft, state, held, announce, post } = section.dataset;
  const api = `/api/records/${draft}/draft`;
  const addresses = { state, held, announce, post, bundle: `${api}/files-bundle`, uploads: `${api}/uploads` };
  const sending = new Sending(draft, addresses, page.panel);
  sending.finished = finished;
  return sending;
}

async function finished(sending) {
  page.panel.end(sending);
  if (!sending.items.failed.size) forget(sending.draft);
  await page.listing.refresh();
  page.found.watch();
}

// What was left out is said, not hidden.
function leftOut(found) {
  const told = [];
  if (found.emptyFolders) told.push(plural("empty-folders", found.emptyFolders));
  if (found.litter) told.push(plural("litter", found.litter));
  for (const path of found.unreadable) page.panel.remark({ path }, say("unreadable"));
  page.panel.leftOut(told.join(" "));
}

// From the page where one begins to that of a new draft; false where that cannot be.
async function becomeDraft(form) {
  try {
    const draft = await newDraft(form, speak);
    await becomePage(draft.href);
    mount();
    return true;
  } catch (error) {
    speak(say("start-failed", { why: error.message }));
    page.becoming = null;
    return false;
  }
}

async function begin(found, handles = []) {
  if (!found.files.length) {
    speak([say("nothing"), found.emptyFolders ? plural("empty-folders", found.emptyFolders) : ""].join(" ").trim());
    return;
  }
  speak("");
  if (!page.section) {
    page.becoming ??= becomeDraft(document.getElementById("upload"));
    if (!(await page.becoming)) return;
  }
  leftOut(found);
  page.sending ??= sendingOf(page.section);
  page.sending.add(found.files);
  page.found.watch();
  remember(page.section.dataset.draft, handles);
}

async function dropped(event) {
  const carried = entriesOf(event.dataTransfer);
  begin(await filesOfDrop(carried, looking), carried.handles);
}

function submitted(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("drop" in form.dataset) || event.submitter?.name === "empty") return;
  const inputs = [...form.querySelectorAll("input[type=file]")];
  const chosen = inputs.flatMap((input) => [...input.files]);
  event.preventDefault();
  begin(filesOfList(chosen));
  for (const input of inputs) input.value = "";
}

async function offerResume(section) {
  const button = section.querySelector("[data-resume-go]");
  const handles = button ? await recall(section.dataset.draft) : null;
  if (!handles?.length) return;
  const go = async () => begin(await filesOfHandles(handles, looking), handles);
  if (await allowed(handles)) { go(); return; }
  section.querySelector("[data-resume-words]").textContent = say("go-on-with", { name: handles[0].name });
  section.querySelector("[data-resume]").hidden = false;
  button.addEventListener("click", async () => { if (await allowed(handles, { press: true })) go(); });
}

// The readers are done: a form that nobody has touched is read anew with what they found, another one offers it.
function settled({ more, taken }) {
  if (taken || !more) return;
  const idle = !page.typed && document.activeElement === document.body && !page.sending?.items.failed.size;
  if (idle) location.reload();
  else page.found.box.querySelector("[data-found-more]").hidden = false;
}

function mountDraft(section) {
  page.section = section;
  page.panel = Panel.moved(page.panel, document.getElementById("sending"));
  page.listing = new Listing(section, {
    say: speak,
    replace: (path, file) => begin({ ...filesOfList([]), files: [{ path, file, fresh: null }] }),
    changed: () => page.found.watch(),
  });
  page.found = new Found(section, {
    busy: () => Boolean(page.sending?.running),
    settled,
  });
  page.panel.parts.pause.addEventListener("click", () => (page.sending.paused ? page.sending.goOn() : page.sending.pause()));
  page.panel.parts.again.addEventListener("click", () => page.sending.again());
  document.getElementById("draft")?.addEventListener("input", () => { page.typed = true; });
  if (page.found.waiting) page.found.watch();
  offerResume(section);
}

function mount() {
  readToken();
  for (const hint of document.querySelectorAll("[data-needs-script]")) hint.hidden = false;
  for (const input of document.querySelectorAll("[data-directory]")) input.webkitdirectory = true;
  const section = document.querySelector("[data-files]");
  if (section) mountDraft(section);
}

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
const takes = () => document.querySelector("[data-drop]");

function over(event) {
  if (!carriesFiles(event) || !takes()) return;
  event.preventDefault();
  takes().classList.add("is-over");
}

addEventListener("dragover", over);
addEventListener("dragleave", (event) => { if (!event.relatedTarget) takes()?.classList.remove("is-over"); });
addEventListener("drop", (event) => {
  if (!carriesFiles(event) || !takes()) return;
  event.preventDefault();
  takes().classList.remove("is-over");
  dropped(event);
});
document.addEventListener("submit", submitted);
document.addEventListener("dop2i:files", () => page.listing?.refreshSeldom());
mount();
