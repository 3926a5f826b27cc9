// Libraries of others, loaded when a reader asks for them, under a policy that lets no page style itself inline:
// what they write as style attributes and style elements is set through the object model instead.
const VENDOR = new URL("../../vendor/", import.meta.url);
const loading = new Map();

export function library(path) {
  if (!loading.has(path)) {
    loading.set(path, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(path, VENDOR);
      script.addEventListener("load", () => resolve());
      script.addEventListener("error", () => { loading.delete(path); script.remove(); reject(new Error(path)); });
      document.head.append(script);
    }));
  }
  return loading.get(path);
}

export function sheet(path) {
  if (!loading.has(path)) {
    loading.set(path, new Promise((resolve) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = new URL(path, VENDOR);
      link.addEventListener("load", resolve);
      link.addEventListener("error", resolve);
      document.head.append(link);
    }));
  }
  return loading.get(path);
}

let styled = false;

export function styleThroughTheObjectModel() {
  if (styled) return;
  styled = true;
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (String(name).toLowerCase() === "style" && this.style) this.style.cssText = value;
    else set.call(this, name, value);
  };
  const setWithSpace = Element.prototype.setAttributeNS;
  Element.prototype.setAttributeNS = function (space, name, value) {
    if (!space && String(name).toLowerCase() === "style" && this.style) this.style.cssText = value;
    else setWithSpace.call(this, space, name, value);
  };
  for (const way of ["append", "appendChild", "prepend", "insertBefore"]) {
    const insert = Element.prototype[way] ?? Node.prototype[way];
    const owner = Object.hasOwn(Element.prototype, way) ? Element.prototype : Node.prototype;
    owner[way] = function (node, ...others) {
      if (node instanceof HTMLStyleElement && adopted(node)) return node;
      return insert.call(this, node, ...others);
    };
  }
}

function adopted(element) {
  const made = new CSSStyleSheet();
  made.replaceSync(element.textContent);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, made];
  Object.defineProperty(element, "sheet", { value: made });
  return true;
}
