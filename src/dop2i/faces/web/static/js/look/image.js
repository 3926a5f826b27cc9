// Where the cursor is on an image: its axes or its place on the sky, and the value that its colour stands for.
// The figure is complete without this; a click makes the page show the place larger.

const RAD = Math.PI / 180;
const DEG = 180 / Math.PI;

// The unit vector in native coordinates of a point of the projection plane (degrees); null outside of the map.
// Calabretta & Greisen, A&A 395 (2002) 1077, section 5; the same as core/quantities/projections.py.
export function nativeDirection(projection, x, y) {
  const angles = nativeAngles(projection, x, y);
  if (!angles || !angles.every(Number.isFinite)) return null;
  const [phi, theta] = [angles[0] * RAD, angles[1] * RAD];
  return [Math.cos(theta) * Math.cos(phi), Math.cos(theta) * Math.sin(phi), Math.sin(theta)];
}

function nativeAngles(projection, x, y) {
  const r = Math.hypot(x, y);
  const phi = Math.atan2(x, -y) * DEG;
  const within = (latitude) => (Math.abs(latitude) <= 90 ? latitude : NaN);
  const turn = (longitude) => (Math.abs(longitude) <= 180.000001 ? longitude : NaN);
  switch (projection) {
    case "TAN": return [phi, Math.atan2(DEG, r) * DEG];
    case "SIN": return [phi, Math.acos(r / DEG) * DEG];
    case "ARC": return [phi, within(90 - r)];
    case "STG": return [phi, 90 - 2 * Math.atan(r / (2 * DEG)) * DEG];
    case "ZEA": return [phi, 90 - 2 * Math.asin(r / (2 * DEG)) * DEG];
    case "CAR": return [turn(x), within(y)];
    case "CEA": return [turn(x), Math.asin(y / DEG) * DEG];
    case "MER": return [turn(x), 2 * Math.atan(Math.exp(y / DEG)) * DEG - 90];
    case "SFL":
    case "GLS": return [turn(x / Math.cos(within(y) * RAD)), y];
    case "AIT": {
      const z = Math.sqrt(1 - (x / (4 * DEG)) ** 2 - (y / (2 * DEG)) ** 2);
      if (!(2 * z * z >= 1)) return null;
      return [2 * Math.atan2((z * x) / (2 * DEG), 2 * z * z - 1) * DEG, Math.asin((z * y) / DEG) * DEG];
    }
    case "MOL": {
      const depth = Math.sqrt(2 - (y / DEG) ** 2);
      const sine = (Math.asin(y / (DEG * Math.SQRT2)) * 2) / Math.PI + (y * depth) / 180;
      return [turn((Math.PI * x) / (2 * depth)), Math.asin(sine) * DEG];
    }
    default: return null;
  }
}

// Longitude and latitude in degrees of a pixel counted from 0; null outside of the sky.
export function worldOf(sky, column, row) {
  const [dx, dy] = [column - sky.crpix[0], row - sky.crpix[1]];
  const [[a, b], [c, d]] = sky.cd;
  const native = nativeDirection(sky.projection, a * dx + b * dy, c * dx + d * dy);
  if (!native) return null;
  const [x, y, z] = [0, 3, 6].map((i) => sky.matrix.slice(i, i + 3).reduce((sum, m, j) => sum + m * native[j], 0));
  return [(((Math.atan2(y, x) * DEG) % 360) + 360) % 360, Math.atan2(z, Math.hypot(x, y)) * DEG];
}

// The value of a place of the colour bar (0 to 1); what levels_of in core/views/_colours.py turns round.
export function valueAt({ low, high, stretch }, share) {
  if (stretch === "logarithmic" && low > 0) return low * (high / low) ** share;
  if (stretch === "square root") share *= share;
  if (stretch === "asinh") share = Math.sinh(share * Math.asinh(10)) / 10;
  return low + share * (high - low);
}

function axisValue(axis, range, share) {
  if (axis.log && range[0] > 0) return range[0] * (range[1] / range[0]) ** share;
  return range[0] + share * (range[1] - range[0]);
}

// Degrees as hours or degrees, minutes and seconds.
export function sexagesimal(degrees, { hours = false, digits = 1 } = {}) {
  const sign = degrees < 0 ? "−" : hours ? "" : "+";
  const unit = 10 ** digits;
  const total = Math.round(Math.abs(hours ? degrees / 15 : degrees) * 3600 * unit);
  const seconds = total / unit;
  const two = (number) => String(number).padStart(2, "0");
  const [first, second] = [Math.floor(seconds / 3600) % (hours ? 24 : 360), Math.floor(seconds / 60) % 60];
  const rest = (seconds % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return hours ? `${two(first)}h ${two(second)}m ${rest}s` : `${sign}${two(first)}° ${two(second)}′ ${rest}″`;
}

function palette(hex) {
  const found = new Map();
  for (let i = 0; i < hex.length / 6; i += 1) found.set(Number.parseInt(hex.slice(6 * i, 6 * i + 6), 16), i);
  return found;
}

class Reader {
  constructor(figure) {
    this.figure = figure;
    this.facts = JSON.parse(figure.dataset.lookImage);
    this.image = figure.querySelector("img");
    this.line = figure.querySelector(".look-cursor");
    this.palette = palette(this.facts.colours);
    this.format = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumSignificantDigits: 6 });
    this.image.addEventListener("pointermove", (event) => this.show(event));
    this.image.addEventListener("pointerleave", () => { this.line.textContent = ""; });
    if (this.facts.zoom) {
      figure.classList.add("can-zoom");
      this.image.addEventListener("click", (event) => this.zoom(event));
    }
    this.line.hidden = false;
  }

  place(event) {
    const box = this.image.getBoundingClientRect();
    const within = (share) => Math.max(0, Math.min(0.999999, share));
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  }

  pixels() {
    if (!this.canvas && this.image.complete && this.image.naturalWidth) {
      this.canvas = document.createElement("canvas");
      this.canvas.width = this.image.naturalWidth;
      this.canvas.height = this.image.naturalHeight;
      this.context = this.canvas.getContext("2d", { willReadFrequently: true });
      this.context.drawImage(this.image, 0, 0);
    }
    return this.context;
  }

  value(across, down) {
    const context = this.palette.size ? this.pixels() : null;
    if (!context || this.facts.low === null) return "";
    const [x, y] = [Math.floor(across * this.canvas.width), Math.floor(down * this.canvas.height)];
    const [red, green, blue, alpha] = context.getImageData(x, y, 1, 1).data;
    if (!alpha) return "–";
    const level = this.palette.get((red << 16) | (green << 8) | blue);
    if (level === undefined) return "";
    const found = valueAt(this.facts, level / (this.palette.size - 1));
    const sign = level === 0 ? "≤" : level === this.palette.size - 1 ? "≥" : "≈";
    return `${this.facts.value.label} ${sign} ${this.format.format(Number(found.toPrecision(3)))} ${this.facts.value.unit}`.trim();
  }

  show(event) {
    const [across, down] = this.place(event);
    const { x, y, x_range: xs, y_range: ys, sky } = this.facts;
    const words = [];
    if (xs.length === 2 && ys.length === 2) {
      const [column, row] = [axisValue(x, xs, across), axisValue(y, ys, 1 - down)];
      const whole = this.facts.window.length > 0;
      const shown = (axis, value) => (whole && !axis.unit ? Math.round(value) : Number(value.toPrecision(5)));
      const said = (axis, value) => `${axis.label} ${this.format.format(shown(axis, value))} ${axis.unit}`.trim();
      if (x.label || y.label) words.push(said(x, column), said(y, row));
      const world = sky.projection ? worldOf(sky, column, row) : null;
      if (world) words.push(this.world(sky, world));
    }
    const value = this.value(across, down);
    if (value) words.push(value);
    this.line.textContent = words.join(" · ");
  }

  world(sky, [longitude, latitude]) {
    const degrees = `${sky.names[0]} ${longitude.toFixed(5)}°  ${sky.names[1]} ${latitude.toFixed(5)}°`.replace("-", "−");
    const equatorial = sky.names[0] === "RA";
    const hours = equatorial ? ` (${sexagesimal(longitude, { hours: true, digits: 2 })} ${sexagesimal(latitude)})` : "";
    const within = sky.within > 0.05 ? ` ± ${this.format.format(Number(sky.within.toPrecision(2)))}″` : "";
    return `${degrees}${hours}${within} ${sky.frame}`;
  }

  zoom(event) {
    const [across, down] = this.place(event);
    const [left, first, columns, rows] = this.facts.window;
    const target = new URL(this.facts.zoom, window.location.href);
    target.searchParams.set("x", String(Math.floor(left + across * columns)));
    target.searchParams.set("y", String(Math.floor(first + (this.facts.upward ? 1 - down : down) * rows)));
    target.searchParams.set("width", String(Math.max(16, Math.round(Math.max(columns, rows) / 2))));
    target.hash = "figure";
    window.location.assign(target);
  }
}

export function readImages(root = document) {
  for (const figure of root.querySelectorAll("[data-look-image]")) {
    if (!figure.dataset.lookRead) {
      figure.dataset.lookRead = "1";
      new Reader(figure);
    }
  }
}

if (typeof document !== "undefined") readImages();
