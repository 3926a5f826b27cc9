// A figure's JSON as traces and axes of Plotly, in the colours of the page.
export function plotOf(figure, colours, words) {
  const made = { distribution, curves, image }[figure.kind](figure, colours, words);
  return { traces: made.traces, layout: { ...shared(colours), ...made.layout } };
}

function shared(colours) {
  const font = { family: getComputedStyle(document.body).fontFamily, size: 13, color: colours["ink-3"] };
  return {
    font, paper_bgcolor: colours.surface, plot_bgcolor: colours.surface, dragmode: "zoom", hovermode: "closest",
    margin: { l: 64, r: 16, t: 16, b: 52 }, showlegend: false, bargap: 0,
    separators: document.documentElement.lang === "fr" ? ",\u202f" : ".,",
    hoverlabel: { font, bgcolor: colours.surface, bordercolor: colours["line-strong"] },
    legend: { orientation: "h", y: 1.12, font },
  };
}

function axis(told, colours, otherwise = "") {
  const { label = "", unit = "", logarithmic = false, labels = [] } = told ?? {};
  const name = label || otherwise;
  const made = {
    title: { text: escaped(unit && !name.includes("[") ? `${name} [${unit}]` : name), font: { color: colours.ink } },
    type: logarithmic ? "log" : "linear", gridcolor: colours["plot-grid"], linecolor: colours["line-strong"],
    zeroline: false, automargin: true, exponentformat: "power", minexponent: 4,
  };
  if (labels.length) Object.assign(made, { tickmode: "array", tickvals: labels.map((_, i) => i), ticktext: labels.map(escaped), type: "linear" });
  return made;
}

// Plotly reads a little HTML in words; these are a file's own.
function escaped(words) {
  return String(words).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function distribution(figure, colours, words) {
  const { edges = [], counts = [], errors = [] } = figure;
  const x = figure.x ?? {};
  const bars = {
    type: "bar", y: counts, marker: { color: colours["plot-fill"], line: { color: colours["plot-line"], width: counts.length > 300 ? 0 : 1 } },
    customdata: counts.map((_, i) => [edges[i], edges[i + 1]]),
    hovertemplate: `%{customdata[0]:.6~g} – %{customdata[1]:.6~g}<br><b>%{y:.6~g}</b><extra></extra>`,
  };
  if (x.labels?.length) {
    bars.x = x.labels.map((_, i) => i);
    bars.text = x.labels.map(escaped);
    bars.hovertemplate = "%{text}<br><b>%{y:.6~g}</b><extra></extra>";
  } else {
    bars.x = counts.map((_, i) => (edges[i] + edges[i + 1]) / 2);
    bars.width = counts.map((_, i) => edges[i + 1] - edges[i]);
  }
  if (errors.length === counts.length && counts.length <= 400) {
    bars.error_y = { type: "data", array: errors, color: colours["plot-line"], thickness: 1.2, width: 0 };
  }
  const names = words.names ?? [], over = figure.layers ?? [];
  if (over.length) bars.name = escaped(names[0] ?? figure.title);
  const traces = [bars, ...over.map((one, place) => steps(edges, one.counts ?? [], escaped(names[place + 1] ?? one.label), colours.series[place + 1]))];
  const layout = { xaxis: axis(x, colours, figure.title), yaxis: axis({ ...figure.y, label: words.counted, unit: "" }, colours, words.entries), showlegend: over.length > 0 };
  return { traces, layout };
}

// Another distribution in the same bins: dashed steps, without a body.
function steps(edges, counts, name, color) {
  return {
    type: "scatter", mode: "lines", name, x: edges, y: [...counts, counts.at(-1) ?? 0], line: { shape: "hv", dash: "dash", color, width: 2 },
    customdata: edges.map((low, i) => [low, edges[i + 1] ?? low]),
    hovertemplate: "%{customdata[0]:.6~g} – %{customdata[1]:.6~g}<br><b>%{y:.6~g}</b><extra>%{fullData.name}</extra>",
  };
}

function curves(figure, colours) {
  const traces = [];
  (figure.series ?? []).forEach((one, place) => {
    const colour = colours.series[place % colours.series.length];
    const dash = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"][place % 6];
    if (one.low?.length && one.high?.length) traces.push(...band(one, colour));
    const wide = (one.errors ?? []).filter((error) => /sys/i.test(error.label ?? ""));
    const thin = (one.errors ?? []).filter((error) => !wide.includes(error));
    for (const error of wide) traces.push(bars(one, error, colours["plot-fill"], 7));
    for (const error of thin) traces.push(bars(one, error, colour, 1.5));
    traces.push({
      type: "scatter", x: one.x, y: one.y, name: escaped(one.label || figure.y?.label || ""), mode: figure.points ? "markers" : "lines",
      marker: { color: colour, size: (one.x ?? []).length > 500 ? 3 : 7, symbol: place < colours.series.length ? "circle" : "diamond-open" }, line: { color: colour, width: 1.5, dash },
      error_x: widths(one, colour), hovertemplate: "%{x:.7~g}<br><b>%{y:.6~g}</b><extra>%{fullData.name}</extra>",
    });
  });
  const several = (figure.series ?? []).length > 1;
  return { traces, layout: { xaxis: axis(figure.x, colours, "x"), yaxis: axis(figure.y, colours, figure.title), showlegend: several } };
}

function bars(one, error, colour, thickness) {
  return {
    type: "scatter", x: one.x, y: one.y, mode: "markers", marker: { opacity: 0 }, showlegend: false, hoverinfo: "skip",
    error_y: { type: "data", symmetric: false, array: error.plus, arrayminus: error.minus, color: colour, thickness, width: 0 },
  };
}

function widths(one, colour) {
  if (!one.x_low?.length) return undefined;
  return {
    type: "data", symmetric: false, color: colour, thickness: 1.5, width: 0,
    array: one.x.map((x, i) => one.x_high[i] - x), arrayminus: one.x.map((x, i) => x - one.x_low[i]),
  };
}

function band(one, colour) {
  const edge = { type: "scatter", x: one.x, mode: "lines", line: { width: 0 }, showlegend: false, hoverinfo: "skip" };
  return [{ ...edge, y: one.low }, { ...edge, y: one.high, fill: "tonexty", fillcolor: colour.replace(/^rgb\((.*)\)$/, "rgba($1, .25)") }];
}

function image(figure, colours) {
  const { width, height, levels } = figure.pixels;
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const value = (share) => valueAt(figure, share);
  const x = span(figure.x_range, width), y = span(figure.y_range, height);
  const map = {
    type: "heatmap", z: levels, x, y, zmin: 0, zmax: 1, hoverongaps: false,
    colorscale: (figure.colours ?? ["#000000", "#ffffff"]).map((colour, i, all) => [i / (all.length - 1), colour]),
    customdata: levels.map((row) => row.map((share) => (share === null ? null : value(share)))),
    hovertemplate: "%{x:.6~g}, %{y:.6~g}<br><b>%{customdata:.4~g}</b><extra></extra>",
    colorbar: { thickness: 14, outlinewidth: 0, tickvals: shares, ticktext: shares.map((share) => Number(value(share).toPrecision(3)).toString()),
      title: { text: escaped(figure.value?.label ?? ""), side: "right" } },
  };
  return { traces: [map], layout: { xaxis: axis(figure.x, colours, "x"), yaxis: axis(figure.y, colours, "y") } };
}

function span(range, count) {
  const [low, high] = range?.length === 2 ? range : [0, count];
  return Array.from({ length: count }, (_, i) => low + (high - low) * (i + 0.5) / count);
}

function valueAt(figure, share) {
  const { low = 0, high = 1, stretch } = figure;
  if (stretch === "logarithmic" && low > 0) return low * (high / low) ** share;
  const linear = { "square root": share * share, asinh: Math.sinh(share * Math.asinh(10)) / 10 }[stretch] ?? share;
  return low + (high - low) * linear;
}

// The pixels of a plane, as shares of its colour scale, the lowest row first; null where nothing was measured.
export async function pixelsOf(figure) {
  const picture = new Image();
  picture.src = `data:image/png;base64,${figure.png}`;
  await picture.decode();
  const { width, height } = picture;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(picture, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  const places = new Map((figure.colours ?? []).map((colour, i, all) => [parseInt(colour.slice(1), 16), i / (all.length - 1)]));
  const levels = [];
  for (let row = height - 1; row >= 0; row -= 1) {
    const line = new Array(width);
    for (let column = 0; column < width; column += 1) {
      const at = 4 * (row * width + column);
      line[column] = data[at + 3] < 128 ? null : places.get((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]) ?? null;
    }
    levels.push(line);
  }
  return { width, height, levels };
}
