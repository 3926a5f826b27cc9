// "Zoom and hover": Plotly redraws the server's figure from its numbers, JSROOT draws the ROOT object itself, in place.
// The server's drawing stays, and comes back with one press.
import { colours, whenColoursChange } from "./colours.js";
import { library, styleThroughTheObjectModel } from "./libraries.js";

for (const place of document.querySelectorAll("[data-interactive]")) offer(place);

function offer(place) {
  const told = JSON.parse(place.dataset.interactive);
  const still = document.getElementById(place.dataset.instead);
  const plate = place.querySelector(".interactive-plot");
  const status = place.querySelector("[role=status]");
  const again = place.querySelector("[data-again]");
  let drawn = null;
  const show = (moving) => {
    plate.hidden = !moving;
    still.hidden = moving;
    for (const button of place.querySelectorAll("[data-draw]")) button.hidden = moving;
    for (const button of place.querySelectorAll("[data-moving]")) button.hidden = !moving || (button.dataset.moving && button.dataset.moving !== drawn?.kind);
  };
  const draw = async (kind) => {
    status.textContent = told.words.loading;
    plate.replaceChildren();
    plate.hidden = false;
    try {
      drawn = await { plotly: withPlotly, jsroot: withJsroot }[kind](plate, told);
      status.textContent = kind === "plotly" ? told.words.plotly : told.words.jsroot;
      show(true);
    } catch (problem) {
      console.warn(problem);
      show(false);
      status.textContent = told.words.failed;
    }
  };
  for (const button of place.querySelectorAll("[data-draw]")) button.addEventListener("click", () => draw(button.dataset.draw));
  again.addEventListener("click", () => { drawn?.stop(); drawn = null; show(false); status.textContent = ""; });
  for (const button of place.querySelectorAll("[data-act]")) button.addEventListener("click", () => drawn?.act(button.dataset.act));
  whenColoursChange(() => drawn?.recolour());
  place.hidden = false;
}

async function withPlotly(plate, told) {
  styleThroughTheObjectModel();
  const [answer, { plotOf, pixelsOf }] = await Promise.all([
    fetch(told.json, { credentials: "same-origin" }), import("./plots.js"), library("plotly/plotly-cartesian.min.js"),
  ]);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const figure = await answer.json();
  if (figure.kind === "image") figure.pixels = await pixelsOf(figure);
  const options = { displayModeBar: false, responsive: true, scrollZoom: false, showTips: false };
  const draw = () => {
    const { traces, layout } = plotOf(figure, colours(), told.words);
    return window.Plotly.react(plate, traces, layout, options);
  };
  await draw();
  return {
    kind: "plotly",
    stop: () => window.Plotly.purge(plate),
    recolour: draw,
    act: (what) => acts[what](plate),
  };
}

const acts = {
  whole: (plate) => window.Plotly.relayout(plate, { "xaxis.autorange": true, "yaxis.autorange": true }),
  nearer: (plate) => zoom(plate, 0.5),
  farther: (plate) => zoom(plate, 2),
  logarithm: (plate) => window.Plotly.relayout(plate, { "yaxis.type": plate.layout.yaxis.type === "log" ? "linear" : "log", "yaxis.autorange": true }),
};

function zoom(plate, factor) {
  const [low, high] = plate.layout.xaxis.range;
  const middle = (low + high) / 2, half = factor * (high - low) / 2;
  return window.Plotly.relayout(plate, { "xaxis.range": [middle - half, middle + half] });
}

async function withJsroot(plate, told) {
  styleThroughTheObjectModel();
  await library("jsroot/jsroot.min.js");
  const root = window.JSROOT;
  root.settings.ContextMenu = false;
  root.settings.ToolBar = false;
  root.settings.DarkMode = isDark();
  const file = await root.openFile(told.root.file);
  const object = withoutLatex(await file.readObject(told.root.object));
  const draw = async () => {
    root.cleanup(plate);
    root.settings.DarkMode = isDark();
    await root.draw(plate, object, told.root.option);
  };
  await draw();
  const observer = new ResizeObserver(() => root.resize(plate));
  observer.observe(plate);
  return { kind: "jsroot", stop: () => { observer.disconnect(); root.cleanup(plate); }, recolour: draw, act: () => {} };
}

// JSROOT fetches MathJax from elsewhere for a title that holds a backslash; ROOT's own marks do the same without.
function withoutLatex(object) {
  for (const part of [object, object.fXaxis, object.fYaxis, object.fZaxis, object.fHistogram?.fXaxis, object.fHistogram?.fYaxis]) {
    if (part?.fTitle?.includes("\\")) part.fTitle = part.fTitle.replace(/\\(cos|sin|tan|log|ln|exp)\b/g, "$1").replaceAll("$", "").replaceAll("\\", "#");
  }
  return object;
}

function isDark() {
  const probe = document.createElement("span");
  probe.style.color = "light-dark(rgb(255 255 255), rgb(0 0 0))";
  document.body.append(probe);
  const dark = getComputedStyle(probe).color === "rgb(0, 0, 0)";
  probe.remove();
  return dark;
}
