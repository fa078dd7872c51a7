// Elements and numbers as text. Foreign text enters through textContent or attributes only, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function dress(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

const h = (tag, attributes, ...children) => dress(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => dress(document.createElementNS(SVG, tag), attributes, children);

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// However often it is called, the work is done once a frame of the screen.
function onceAFrame(work) {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      work();
    });
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

const NONE = "–";
const decimal = (value, digits = 2) => (isNumber(value) ? value.toFixed(digits) : NONE);

function significant(value) {
  if (!isNumber(value)) return NONE;
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3);
}

function percent(share) {
  if (!isNumber(share)) return NONE;
  const value = 100 * share;
  if (value > 0 && value < 0.05) return "< 0.1 %";
  return `${value.toFixed(value >= 99.95 || value === 0 ? 0 : 1)} %`;
}

function duration(seconds) {
  if (!isNumber(seconds)) return NONE;
  if (seconds < 0.9995) return `${Math.round(1000 * seconds)} ms`;
  return `${seconds.toFixed(seconds < 99.5 ? 2 : 0)} s`;
}

// Iterations are whole, times are not.
function timeDigits(meta) {
  const { start = 0, end = 1 } = meta.time ?? {};
  return Math.abs(end - start) > 5 ? 0 : 2;
}

const timeText = (meta, t) => `${meta.time?.symbol ?? "t"} = ${decimal(t, timeDigits(meta))}`;

const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

const NOT_TAKEN = "The server could not take this in now; try once more."; // of a question that gets no answer

// Icons of the transport, drawn here: [path, view box side].
const ICONS = {
  play: "M4 2.5 L13 8 L4 13.5 Z",
  pause: "M3.5 2.5 H6.5 V13.5 H3.5 Z M9.5 2.5 H12.5 V13.5 H9.5 Z",
  back: "M11 3 L5 8 L11 13",
  next: "M5 3 L11 8 L5 13",
};

function icon(name) {
  const line = name === "back" || name === "next";
  const shape = svg("path", {
    d: ICONS[name],
    ...(line ? { fill: "none", stroke: "currentColor" } : { fill: "currentColor" }),
  });
  if (line) dress(shape, { "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" }, []);
  return svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: "fd-icon" }, shape);
}
