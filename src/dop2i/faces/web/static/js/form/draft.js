// One draft: what is typed is kept in this browser at once, and on the server a moment later.
import { Memory } from "./memory.js";
import { addRow } from "./rows.js";

const words = document.getElementById("form-words").dataset;
const AFTER = 2500;
const AGAIN = 15000;
const LARGEST_LAST = 60000;

export class Draft {
  constructor(form) {
    this.form = form;
    this.memory = new Memory(`dop2i:form:${form.dataset.person}:${form.dataset.record}`);
    this.dirty = false;
    this.stopped = false;
    this.changes = 0;
    this.saving = 0;
    this.timer = 0;
    this.last = Promise.resolve();
    this.drawn = () => {};
    document.addEventListener("input", (event) => { if (event.target.form === form) this.changed(event.target); });
    document.addEventListener("change", (event) => { if (event.target.form === form) this.changed(event.target); });
    form.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.leave(); else if (this.away) this.back(); });
    addEventListener("pagehide", () => this.leave());
    addEventListener("focus", () => { if (this.away) this.back(); });
    addEventListener("online", () => { if (this.dirty) this.soon(0); });
  }

  field(name) { return this.form.elements.namedItem(name); }

  get revision() { return this.field("revision").value; }

  // Somebody is typing, or something is not saved: the form must not be drawn again under their hands.
  busy() {
    const at = document.activeElement;
    return this.dirty || (this.form.contains(at) && at.matches("input, textarea, select"));
  }

  changed(target) {
    if (target.name.startsWith("take-") || target.name.startsWith("choose-")) return;
    this.changes += 1;
    this.dirty = true;
    this.memory.keep(this.form);
    this.tell(words.unsaved);
    this.soon(AFTER);
  }

  soon(after) {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.save("autosave"), after);
  }

  save(act) {
    clearTimeout(this.timer);
    this.saving += 1;
    this.last = this.last.then(() => this.send(act)).finally(() => { this.saving -= 1; });
    return this.last;
  }

  async send(act) {
    const seen = this.changes;
    const body = new URLSearchParams(new FormData(this.form));
    body.set("act", act);
    this.tell(words.saving);
    let answer;
    try {
      answer = await fetch(this.form.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
    } catch {
      return this.waits(words.failed);
    }
    const found = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
    if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") return this.waits(words.expired, true);
    if (!found) return this.waits(words.failed);
    if (answer.status === 409 && found.conflict) return this.collided(found);
    if (!answer.ok) return this.wrong(found);
    this.field("revision").value = found.revision;
    this.away = false;
    this.quiet();
    if (this.changes === seen) {
      this.dirty = false;
      this.memory.forget();
    } else {
      this.memory.keep(this.form);
      this.soon(AFTER);
    }
    this.draw(found);
    return true;
  }

  // The panel and, when it was sent, the whole form; the focus stays where it was.
  draw(found) {
    for (const name of ["side", "seen"]) {
      const place = document.querySelector(`[data-live="${name}"]`);
      if (place && found[name] !== undefined) this.replace(place, found[name]);
    }
    document.querySelector("[data-lead]").textContent = found.lead;
    document.querySelector("h1").textContent = found.title;
    if (found.body !== undefined) {
      this.replace(this.form.querySelector("[data-body]"), found.body);
      this.field("offered").value = found.offered;
      this.drawn();
    }
    this.clock();
  }

  replace(place, html) {
    const at = document.activeElement;
    const inside = place.contains(at) ? at : null;
    const opened = [...place.querySelectorAll("details.rest")].map((one) => one.open);
    place.innerHTML = html;
    place.querySelectorAll("details.rest").forEach((one, place_) => { one.open ||= opened[place_] ?? false; });
    if (!inside) return;
    const same = inside.id ? document.getElementById(inside.id) : inside.value ? place.querySelector(`button[value="${CSS.escape(inside.value)}"]`) : null;
    same?.focus({ preventScroll: true });
  }

  async refresh() {
    const answer = await fetch(this.form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok || this.busy()) return;
    const found = await answer.json();
    this.field("revision").value = found.revision;
    this.draw(found);
  }

  wrong(found) {
    this.warn(`${words.wrong} ${found.errors?.map((one) => one.message).join(" ") ?? found.detail ?? ""}`);
    return false;
  }

  collided(found) {
    this.stopped = true;
    this.memory.keep(this.form);
    this.field("revision").value = found.revision;
    const place = document.querySelector("[data-conflict]");
    document.getElementById("conflict")?.remove();
    place.innerHTML = found.conflict;
    this.warn(words.conflict);
    place.querySelector("#conflict").focus();
    return false;
  }

  // Not saved: kept here and sent again when the server, or the person, is back.
  waits(text, expired = false) {
    this.memory.keep(this.form);
    this.away = true;
    this.warn(text, expired);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.back(), AGAIN);
    return false;
  }

  async back() {
    try {
      const answer = await fetch(this.form.dataset.stand, { headers: { Accept: "application/json" }, redirect: "manual" });
      const found = answer.ok ? await answer.json() : null;
      if (found?.signed_in) {
        for (const one of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) one.value = found.token;
        this.away = false;
        if (this.dirty) await this.save("autosave");
        else this.quiet();
        return;
      }
    } catch { /* tried again below */ }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.back(), AGAIN);
  }

  // The page goes away: a last save that outlives it, small enough for the browser to send.
  leave() {
    if (!this.dirty || this.stopped || this.away) return;
    this.memory.keepNow(this.form);
    const body = new URLSearchParams(new FormData(this.form));
    body.set("act", "autosave");
    if (body.toString().length < LARGEST_LAST) fetch(this.form.action, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(() => {});
  }

  // What could not be saved the last time comes back; the revision it was typed on goes with it, so nothing is overwritten.
  recall() {
    const kept = this.memory.read();
    if (!kept) return;
    if ((kept.submitted && kept.revision !== this.revision) || this.memory.same(this.form, kept)) {
      this.memory.forget();
      return;
    }
    this.memory.putBack(this.form, kept, (kind) => addRow(this.form, kind));
    this.field("revision").value = kept.revision;
    this.dirty = true;
    this.changes += 1;
    this.warn(words.restored, false, () => { this.memory.forget(); this.dirty = false; this.stopped = true; location.reload(); });
    this.soon(AFTER);
  }

  async submitted(event) {
    const button = event.submitter;
    const act = button?.name === "act" ? button.value : "save";
    const mine = /^(accept|refuse|undo|settle|back|join|leave)-|^(save|accept-all)$/.test(act) && !button?.hasAttribute("data-plain");
    if (!mine) {
      clearTimeout(this.timer);
      if (this.saving) {
        // What is on its way changes the revision: to publish the one before it would be a conflict with oneself.
        event.preventDefault();
        if (await this.last) this.form.requestSubmit(button?.isConnected ? button : document.querySelector(`button[name="act"][value="${CSS.escape(act)}"]`));
        return;
      }
      this.stopped = true;
      this.memory.keepNow(this.form, true);
      return;
    }
    event.preventDefault();
    const row = button?.closest("[data-row]")?.dataset.row;
    if (await this.save(act) && row) this.decided(row, act);
  }

  // After a decision the next value that nobody has looked at has the focus.
  decided(name, act) {
    const rows = [...this.form.querySelectorAll("[data-row]")];
    const here = rows.findIndex((row) => row.dataset.row === name);
    const open = (row) => row.dataset.state === "proposed" || row.dataset.state === "conflict";
    const next = rows.slice(here + 1).find(open) ?? rows.find(open);
    const verb = act.startsWith("accept") ? words.accepted : act.startsWith("refuse") ? words.refused : "";
    this.say(`${verb} · ${rows.filter(open).length} ${words.remaining}`);
    const target = act.startsWith("undo") || act === "save" ? rows[here] : next ?? rows[here];
    (target?.matches("[tabindex]") ? target : target?.querySelector("input, textarea, select, button"))?.focus();
  }

  say(text) { document.querySelector("[data-said]").textContent = text; }

  tell(text) {
    const place = document.querySelector("[data-saved]");
    if (place) place.textContent = text;
  }

  warn(text, expired = false, discard = null) {
    const box = document.querySelector("[data-warning]");
    const acts = box.querySelector("[data-warning-acts]");
    box.querySelector("[data-warning-words]").textContent = text;
    acts.replaceChildren();
    if (expired) {
      const link = document.createElement("a");
      link.href = "/sign-in?next=/work";
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = words.signIn;
      acts.append(link);
    }
    if (discard) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm";
      button.textContent = words.discard;
      button.addEventListener("click", discard);
      acts.append(button);
    }
    box.hidden = false;
    this.tell(words.unsaved);
  }

  quiet() { document.querySelector("[data-warning]").hidden = true; }

  // The server writes the time in UTC; the reader's own clock is told instead.
  clock() {
    for (const one of document.querySelectorAll("time[data-clock]")) {
      const moment = new Date(one.dateTime);
      const today = moment.toDateString() === new Date().toDateString();
      const shown = moment.toLocaleString(document.documentElement.lang, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
      one.textContent = `${one.dataset.clock} ${shown}`;
    }
  }
}
