// What a person sees of the sending: one bar, counts, what travels now, what did not arrive. A few rows, never thousands.
import { left, number, plural, say, share, size, took } from "./words.js";

const REDRAW = 250;
const SPEAK = 15_000;
const WINDOW = 12_000;
// what a file costs beside its bytes, in bytes: without it the time left for many small files would jump about
const A_FILE = 30_000;
const PROBLEMS_SHOWN = 20;
const SVG = "http://www.w3.org/2000/svg";

function node(name, { className = "", text = "" } = {}) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

// A file's name as it is: names from right to left must not turn the line around.
function named(path) {
  const name = node("span", { className: "name" });
  name.append(node("bdi", { text: path }));
  return name;
}

export class Panel {
  constructor(section) {
    this.section = section;
    this.parts = Object.fromEntries([...section.querySelectorAll("*")].flatMap((element) =>
      Object.keys(element.dataset).map((name) => [name, element])));
    this.icons = [...this.parts.icons.content.children];
    this.brief = document.querySelector("[data-brief]");
    this.said = document.querySelector("[data-said]");
    this.samples = [];
    this.remarks = new Map();
    this.timer = 0;
    this.spoken = 0;
    this.begun = 0;
    this.held = "";
  }

  icon(at) { return this.icons[at].cloneNode(true); }

  // The same panel on a page that took the place of the one before.
  static moved(before, section) {
    const panel = new Panel(section);
    if (before) Object.assign(panel, { samples: before.samples, remarks: before.remarks, begun: before.begun });
    return panel;
  }

  looking(count) {
    this.section.hidden = false;
    this.parts.head.textContent = say("looking");
    this.parts.figures.textContent = plural("found", count);
  }

  leftOut(text) {
    this.parts.leftOut.textContent = text;
    this.parts.leftOut.hidden = !text;
  }

  remark(item, text) { this.remarks.set(item.path, text); }

  notice(kind, details = {}) {
    const { notice, noticeWords, noticeSignIn } = this.parts;
    const texts = {
      cut: () => say("cut", { n: details.wait }), busy: () => say("busy", details), failed: () => say("refused", details),
      "signed-out": () => say("signed-out"), "other-account": () => say("other-account"), closed: () => say("closed"),
      "other-tab": () => say("other-tab"),
    };
    const text = texts[kind]?.() ?? "";
    this.held = text;
    notice.hidden = !text;
    noticeWords.textContent = text;
    noticeSignIn.hidden = kind !== "signed-out" && kind !== "other-account";
    if (text) this.speak(text);
    else if (kind === "back") this.speak(say("back"));
    const session = (name) => name === "signed-out" || name === "other-account";
    const state = session(kind) ? "ended" : kind === "back" && session(details.from) ? "back" : "";
    if (state) document.dispatchEvent(new CustomEvent("dop2i:session", { detail: { state } }));
  }

  speak(text) {
    this.spoken = Date.now();
    this.said.textContent = text;
  }

  change(sending) {
    this.sending = sending;
    if (!this.timer) this.timer = setTimeout(() => { this.timer = 0; this.draw(); }, REDRAW);
  }

  draw() {
    const { sending } = this;
    const { items } = sending;
    if (!items.total.files && !sending.running) return;
    this.section.hidden = false;
    this.begun ||= Date.now();
    document.documentElement.toggleAttribute("data-sending", sending.running);
    const pace = this.pace(items);
    this.drawBar(sending, pace);
    this.drawRows(sending);
    this.drawProblems(items);
    this.drawControls(sending);
    if (sending.running && !this.held && Date.now() - this.spoken > SPEAK) this.speak(this.summary(items, pace));
    if (sending.running) this.change(sending);
  }

  // Files and bytes a second over the last seconds, and seconds left.
  pace(items) {
    const now = Date.now();
    this.samples.push({ at: now, files: items.here.files, bytes: items.here.bytes });
    while (this.samples.length > 2 && now - this.samples[0].at > WINDOW) this.samples.shift();
    const [first] = this.samples;
    const seconds = Math.max(0.25, (now - first.at) / 1000);
    const bytes = Math.max(0, items.here.bytes - first.bytes) / seconds;
    const files = Math.max(0, items.here.files - first.files) / seconds;
    const ahead = items.total.bytes - items.here.bytes + A_FILE * (items.total.files - items.here.files);
    const work = bytes + A_FILE * files;
    return { bytes, files, left: work > 0 && now - this.begun > 3000 ? ahead / work : 0 };
  }

  summary(items, pace) {
    const said = share(items.here.bytes, items.total.bytes);
    return pace.left ? `${said}, ${left(pace.left)}` : said;
  }

  drawBar(sending, pace) {
    const { items, running, paused } = sending;
    const { head, share: percent, bar, figures } = this.parts;
    const whole = !running && items.here.files === items.total.files;
    const part = whole ? 1 : items.total.bytes ? items.here.bytes / items.total.bytes : items.here.files / (items.total.files || 1);
    const shown = Math.min(whole ? 100 : 99, Math.floor(100 * part));
    if (paused) head.textContent = say("paused");
    else if (running) head.textContent = say(sending.active || !sending.comparing ? "sending" : "checking");
    else head.textContent = whole ? plural("all", items.total.files)
      : say("some-here", { n: number(items.here.files), total: number(items.total.files) });
    percent.textContent = whole ? "" : share(shown, 100);
    bar.setAttribute("aria-valuenow", String(shown));
    bar.firstElementChild.setAttribute("width", `${(100 * Math.min(1, part)).toFixed(1)}%`);
    bar.firstElementChild.setAttribute("class", whole ? "p-done" : "");
    const told = [say("files-of", { n: number(items.here.files), total: number(items.total.files) }),
      say("bytes-of", { n: size(items.here.bytes), total: size(items.total.bytes) })];
    if (!running) told.splice(0, 2, size(items.total.bytes), took(this.seconds()));
    else if (!paused && !this.held && sending.active) {
      if (pace.files >= 1) told.push(say("a-second", { n: number(pace.files) }));
      if (pace.bytes) told.push(say("bytes-a-second", { n: size(pace.bytes) }));
      if (pace.left) told.push(left(pace.left));
    }
    if (items.kept) told.push(plural("kept", items.kept));
    if (items.replaced) told.push(plural("replaced", items.replaced));
    figures.textContent = told.join(", ");
    if (this.brief) {
      this.brief.hidden = !running;
      this.brief.querySelector("[data-brief-words]").textContent = say("brief", { n: this.summary(items, pace) });
    }
  }

  seconds() {
    this.ended ??= Date.now();
    return (this.ended - this.begun) / 1000;
  }

  drawRows(sending) {
    const { rows } = this.parts;
    const going = [...sending.going];
    while (rows.children.length > going.length) rows.lastElementChild.remove();
    for (const [at, { items }] of going.entries()) {
      const [first] = items;
      const text = items.length > 1 ? say("bundle", { name: first.path, n: number(items.length - 1) }) : first.path;
      const sent = items.reduce((sum, item) => sum + item.sent, 0);
      const total = items.reduce((sum, item) => sum + item.size, 0);
      const row = rows.children[at] ?? this.row(rows);
      const [, name, figure, bar] = row.children;
      if (name.textContent !== text) name.firstElementChild.textContent = text;
      figure.textContent = share(sent, total);
      bar.firstElementChild.setAttribute("width", share(sent, total).replace(/\D/g, "") + "%");
    }
  }

  row(rows) {
    const row = node("li");
    const bar = document.createElementNS(SVG, "svg");
    bar.setAttribute("class", "progress");
    bar.setAttribute("aria-hidden", "true");
    bar.append(document.createElementNS(SVG, "rect"));
    bar.firstElementChild.setAttribute("height", "100%");
    row.append(this.icon(2), named(""), node("span", { className: "num" }), bar);
    rows.append(row);
    return row;
  }

  drawProblems(items) {
    const { problems, problemsHead, problemRows, again } = this.parts;
    const remarked = [...this.remarks].filter(([path]) => !items.failed.has(path));
    problems.hidden = !items.failed.size && !remarked.length;
    again.hidden = ![...items.failed.values()].some((failure) => failure.again);
    const mark = `${items.failed.size}/${this.remarks.size}`;
    if (problems.hidden || this.problemMark === mark) return;
    this.problemMark = mark;
    problemsHead.textContent = items.failed.size ? plural("problems", items.failed.size) : "";
    const all = [...[...items.failed].map(([path, { why }]) => [path, why, "ko"]), ...remarked.map(([path, why]) => [path, why, ""])];
    const shown = all.slice(0, PROBLEMS_SHOWN).map(([path, why, state]) => {
      const row = node("li", { className: state });
      row.append(this.icon(1), named(path), node("span"), node("span", { className: "note", text: why }));
      return row;
    });
    if (all.length > shown.length) {
      const more = node("li");
      more.append(node("span"), node("span", { className: "note", text: plural("more", all.length - shown.length) }));
      shown.push(more);
    }
    problemRows.replaceChildren(...shown);
  }

  drawControls(sending) {
    const { pause, pauseWords, closing } = this.parts;
    pause.hidden = !sending.running;
    pauseWords.textContent = say(sending.paused ? "go-on" : "pause");
    closing.textContent = sending.running ? say("stay") : "";
  }

  // Said once at the end.
  end(sending) {
    this.ended = Date.now();
    this.draw();
    const { items } = sending;
    const problems = items.failed.size ? ` ${plural("problems", items.failed.size)}` : "";
    this.speak(`${this.parts.head.textContent}.${problems}`);
  }
}
