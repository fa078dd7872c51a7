// The painter. `mask.data` holds the class index of every pixel and is the only truth; colours, shares, the value
// for Python and the copy in sessionStorage are all derived from it.

const ui = {};
for (const node of element.querySelectorAll("[data-ref]")) ui[node.dataset.ref] = node;
const toolButtons = [...element.querySelectorAll("[data-tool]")];

const NOTES = { box: "Drag from corner to corner", pick: "Click a pixel to choose its class" };

const mask = { width: 0, height: 0, data: new Uint8Array(0), protect: -1 };
const history = createHistory();
const context = ui.canvas.getContext("2d");

let palette = null;
let entries = []; // classes, then the ignore entry if there is one
let background = 0; // what Erase paints and Clear leaves: the first class
let chosen = 0;
let tool = "brush";
let spans = discSpans(1);
let touched = false; // false: nothing painted, the value for Python is an empty one
let stroke = null; // { before, last, value, pointer } while painting; pointer is null for the keyboard
let corner = null; // first corner of a box
let cursor = { x: 0, y: 0 };
let image = null;
let colours = new Uint32Array(256);
let frame = 0;
let adoptions = 0;

// --- what the visitor sees -------------------------------------------------------------------------------------

// Colour of each index as one 32-bit word in the byte order of canvas pixels; a peeked class stays, others fade.
function mixColours(peeked = null) {
  const bytes = new Uint8ClampedArray(colours.buffer);
  for (const { index, color } of entries) {
    bytes.set([...color, peeked === null || index === peeked ? 255 : 40], 4 * index);
  }
}

function draw() {
  frame = 0;
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) pixels[at] = colours[mask.data[at]];
  context.putImageData(image, 0, 0);
  chips.shares(countClasses(mask.data), mask.data.length);
  // Not while the pointer is down: numbers that jump about would only disturb.
  if (!stroke) showNumbers(ui.numbers, ui.numbersOn.checked ? regionPlaces(mask) : [], mask);
}

function drawSoon() {
  frame = frame || requestAnimationFrame(draw);
}

function say(text, isError = false) {
  ui.message.textContent = text || "";
  ui.message.classList.toggle("mp-error", isError);
}

function nameOf(index) {
  return entries.find((entry) => entry.index === index)?.name ?? String(index);
}

function showCursor(visible) {
  ui.cursor.setAttribute("visibility", visible ? "visible" : "hidden");
  ui.cursor.setAttribute("transform", `translate(${cursor.x} ${cursor.y})`);
  const inside = visible && cursor.x >= 0 && cursor.y >= 0 && cursor.x < mask.width && cursor.y < mask.height;
  const here = inside ? nameOf(mask.data[cursor.y * mask.width + cursor.x]) : "";
  ui.where.textContent = inside ? `${cursor.x}, ${cursor.y} · ${here}` : "";
}

function showBox(a, b) {
  ui.box.setAttribute("visibility", a ? "visible" : "hidden");
  if (!a) return;
  const place = {
    x: Math.min(a.x, b.x), y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x) + 1, height: Math.abs(a.y - b.y) + 1,
  };
  for (const rect of [ui.boxHalo, ui.boxEdge]) {
    for (const [name, number] of Object.entries(place)) rect.setAttribute(name, number);
  }
}

function refresh() {
  ui.undo.disabled = !history.canUndo;
  ui.redo.disabled = !history.canRedo;
  ui.hint.hidden = touched || stroke !== null;
  drawSoon();
}

// --- choices ---------------------------------------------------------------------------------------------------

function chooseClass(index) {
  chosen = index;
  chips.select(index);
  // A class is chosen in order to paint with it.
  if (tool === "erase" || tool === "pick") chooseTool("brush");
}

function chooseTool(name) {
  tool = name;
  corner = null;
  showBox(null);
  for (const button of toolButtons) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
  const sized = name === "brush" || name === "erase";
  ui.sizeRow.hidden = !sized;
  ui.everywhereRow.hidden = name !== "fill";
  ui.note.hidden = !(name in NOTES);
  ui.note.textContent = NOTES[name] || "";
  shapeCursor();
}

function chooseSize(size) {
  ui.size.value = size;
  spans = discSpans(Number(ui.size.value));
  ui.sizeText.textContent = `${ui.size.value} px`;
  shapeCursor();
}

function resize(by) {
  // Small brushes change by one pixel, large ones by about a tenth.
  const size = Number(ui.size.value);
  chooseSize(size + by * Math.max(1, Math.round(size / 10)));
}

function shapeCursor() {
  const outline = discOutline(tool === "brush" || tool === "erase" ? spans : discSpans(1));
  ui.halo.setAttribute("d", outline);
  ui.edge.setAttribute("d", outline);
}

// --- changing the mask -----------------------------------------------------------------------------------------

function paintValue() {
  return tool === "erase" ? background : chosen;
}

function beginStroke(point, pointer) {
  stroke = { before: mask.data.slice(), last: point, value: paintValue(), pointer };
  paintLine(mask, point, point, spans, stroke.value);
  refresh();
}

function extendStroke(point) {
  if (point.x === stroke.last.x && point.y === stroke.last.y) return;
  paintLine(mask, stroke.last, point, spans, stroke.value);
  stroke.last = point;
  drawSoon();
}

function endStroke() {
  const { before } = stroke;
  stroke = null;
  commit(before);
}

function dropStroke() {
  if (stroke) mask.data.set(stroke.before);
  stroke = corner = null;
  showBox(null);
  refresh();
}

// Runs `change` as one undoable step.
function edit(change) {
  const before = mask.data.slice();
  change();
  commit(before);
}

function commit(before) {
  if (!history.record(before, mask.data)) return refresh();
  touched = true;
  say("");
  publish();
}

function travel(step) {
  dropStroke();
  if (!history[step](mask.data)) return;
  touched = true;
  publish();
}

function clear() {
  dropStroke();
  const before = mask.data.slice();
  mask.data.fill(background);
  const changed = history.record(before, mask.data);
  touched = false;
  say(changed ? "Cleared; undo brings the mask back." : "");
  publish();
}

function fillAt(point, everywhere) {
  const source = mask.data[point.y * mask.width + point.x];
  edit(() => {
    if (everywhere) replaceClass(mask, source, chosen);
    else floodFill(mask, point.x, point.y, chosen);
  });
}

function pickAt(point) {
  chooseClass(mask.data[point.y * mask.width + point.x]);
}

function isInside({ x, y }) {
  return x >= 0 && y >= 0 && x < mask.width && y < mask.height;
}

// Hands the mask to Python; with `tell` also to this tab's memory and to those who listen for strokes.
function publish(tell = true) {
  const { width, height } = mask;
  const url = touched ? pngUrl(encodePng(mask.data, width, height)) : null;
  // With the palette in it, a painter that was hidden and is built again finds all it needs in its value.
  props.value = { mask: url, width, height, palette };
  refresh();
  if (!tell) return;
  remember(url);
  const counts = {};
  countClasses(mask.data).forEach((count, index) => { if (count) counts[index] = count; });
  trigger("stroke_end", { used: Object.keys(counts).map(Number), counts });
}
