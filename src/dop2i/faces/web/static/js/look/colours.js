// The colours of the page's tokens as it shows them now, light or dark, for who draws without style sheets.
const NAMES = ["surface", "ink", "ink-2", "ink-3", "line", "line-strong", "plot-fill", "plot-line", "plot-grid",
  "cat-2", "cat-5"];

export function colours() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const found = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  found.series = [found["plot-line"], found["cat-2"], found["ink-3"], found["cat-5"]];
  return found;
}

export function whenColoursChange(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
}
