// Formulas of a text set by KaTeX, which is loaded only where there are any. Without it their TeX is read as it is.
import { library, sheet, styleThroughTheObjectModel } from "./libraries.js";

const formulas = document.querySelectorAll(".tex");
if (formulas.length) {
  styleThroughTheObjectModel();
  await Promise.all([library("katex/katex.min.js"), sheet("katex/katex.min.css")]);
  const options = { throwOnError: false, strict: "ignore", trust: false, maxSize: 20, maxExpand: 300, output: "htmlAndMathml" };
  for (const formula of formulas) {
    const written = formula.textContent;
    try {
      window.katex.render(written, formula, { ...options, displayMode: formula.classList.contains("tex-display") });
      formula.classList.add("is-set");
    } catch {
      formula.textContent = written;
    }
  }
}
