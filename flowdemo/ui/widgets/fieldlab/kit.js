// What the sections of the tab share: sliders, choices, canvases of whole device pixels, colours, numbers as text.

if (!document.getElementById("fd-fieldlab-style"))
  document.head.append(h("style", { id: "fd-fieldlab-style", text: STYLE }));

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (n) => (n < 0 ? "⁻" : "") + [...String(Math.abs(n))].map((digit) => SUPERSCRIPTS[digit]).join("");
const minus = (text) => text.replace("-", "−");
const fixed = (value, digits = 2) => minus(decimal(value, digits));

// Small and large numbers as 3.2 · 10⁻⁵, the others plainly.
function scaled(value) {
  if (!isNumber(value)) return NONE;
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power >= -3 && power < 4) return minus(value.toPrecision(power < -1 ? 2 : 3));
  return `${minus((value / 10 ** power).toFixed(1))} · 10${raised(power)}`;
}

// The same without zeros at the end, for values that a person sets.
const plainly = (value) => scaled(value).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

// Text in which _k is a subscript.
const rich = (text) => text.split(/_(\w)/).map((part, i) => (i % 2 ? h("sub", { text: part }) : part));
function setRich(node, text) {
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  node.replaceChildren(...rich(text));
}

// A slider with its name, its value as text, and one line on what it means.
function createSlider({ label, hint, min, max, step, text, set }) {
  const value = h("b");
  const range = h("input", {
    type: "range", class: "fl-range", min, max, step, "aria-label": label, title: hint,
    oninput: () => set(Number(range.value)),
  }); // prettier-ignore
  const root = h(
    "label",
    { class: "fl-slider", title: hint },
    h("span", { class: "fl-row" }, h("span", { text: label }), value),
    range,
  );
  function draw(now, disabled = false) {
    range.disabled = disabled;
    if (Number(range.value) !== now) range.value = String(now);
    range.style.setProperty("--at", (now - min) / (max - min));
    range.setAttribute("aria-valuetext", text(now));
    setText(value, text(now));
  }
  return { root, range, draw };
}

// One of several: [[key, text, title], …].
function createChoice(label, options, pick) {
  const nodes = options.map(([key, text, title]) =>
    h("button", { type: "button", text, title, onclick: () => pick(key) }),
  );
  return {
    root: h("div", { class: "fl-seg", role: "group", "aria-label": label }, ...nodes),
    draw: (now) => nodes.forEach((node, i) => node.setAttribute("aria-pressed", String(options[i][0] === now))),
  };
}

const quietButton = (text, title, onclick) =>
  h("button", { type: "button", class: "fl-quiet", text, title, onclick });

// A canvas that is drawn in CSS pixels and has exactly as many pixels as the screen gives it.
function createScreen(canvas, changed) {
  const screen = { width: 0, height: 0, ratio: 1, context: canvas.getContext("2d") };
  const pixels = (size, exact) => {
    const about = size * devicePixelRatio;
    return exact && Math.abs(exact - about) < 2 ? exact : Math.round(about);
  };
  const watcher = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (!width) return;
    const exact = entry.devicePixelContentBoxSize?.[0];
    canvas.width = pixels(width, exact?.inlineSize);
    canvas.height = pixels(height, exact?.blockSize);
    Object.assign(screen, { width, height, ratio: canvas.width / width });
    changed();
  });
  try {
    watcher.observe(canvas, { box: "device-pixel-content-box" });
  } catch {
    watcher.observe(canvas);
  }
  screen.clear = () => {
    screen.context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
    screen.context.clearRect(0, 0, screen.width, screen.height);
  };
  return screen;
}

// Width of an SVG in CSS pixels, so that its letters are as large as those around it.
function watchWidth(node, changed) {
  new ResizeObserver(([entry]) => entry.contentRect.width && changed(entry.contentRect)).observe(node);
}

const COLOURS = ["ink", "soft", "line", "edge", "card", "stage", "accent", "on"];

// Colours of the page's theme for canvases, read anew when the theme changes.
function watchColours(root, changed) {
  const read = () => {
    const style = getComputedStyle(root);
    const value = (name) => style.getPropertyValue(`--_${name}`).trim();
    const found = Object.fromEntries(COLOURS.map((name) => [name, value(name)]));
    changed({ ...found, classes: Array.from({ length: 8 }, (_, k) => value(`c${k}`)) });
  };
  new MutationObserver(read).observe(document.body, { attributeFilter: ["class"] });
  read();
}

const FONT = "Inter, system-ui, sans-serif";

// A table: nodes that are made once and whose texts change.
function createTable(caption, heads, rows) {
  const cells = rows.map(([, , columns = heads.length - 1]) => Array.from({ length: columns }, () => h("td")));
  const columns = heads.map((text) => (text ? h("th", { scope: "col", text }) : h("td")));
  const names = rows.map(([name, title]) => h("th", { scope: "row", text: name, title }));
  const root = h(
    "table",
    { class: "fl-table" },
    h("caption", { text: caption }),
    h("thead", {}, h("tr", {}, ...columns)),
    h("tbody", {}, ...rows.map((_, i) => h("tr", {}, names[i], ...cells[i]))),
  );
  return { root, cells, columns, names };
}
