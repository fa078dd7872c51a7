// The painter. `mask.data` holds the class index of every pixel and is the only truth; colours, shares, the value
// for Python and the copy in sessionStorage are all derived from it.

const ui = {};
for (const node of element.querySelectorAll("[data-ref]")) ui[node.dataset.ref] = node;
const toolButtons = [...element.querySelectorAll("[data-tool]")];

const TOOL_KEYS = { b: "brush", e: "erase", f: "fill", r: "box", i: "pick" };
const NOTES = { box: "Drag from corner to corner", pick: "Click a pixel to choose its class" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

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
  if (!stroke) ui.numbersOn.checked ? showNumbers(ui.numbers, mask) : ui.numbers.replaceChildren();
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

// --- memory of this tab ----------------------------------------------------------------------------------------

function memoryKey() {
  const name = palette.name || entries.map((entry) => entry.name).join("|");
  return `flowdemo.painter/${props.label || ""}/${name}/${mask.width}x${mask.height}`;
}

// Storage may be full, or forbidden where the page is embedded; then the mask lives until the page is left.
const spare = (window.flowdemoPainterMemory ??= new Map());

function remember(url) {
  spare.set(memoryKey(), url);
  try {
    if (url) sessionStorage.setItem(memoryKey(), url);
    else sessionStorage.removeItem(memoryKey());
  } catch {}
}

function recall() {
  if (spare.has(memoryKey())) return spare.get(memoryKey());
  try {
    return sessionStorage.getItem(memoryKey());
  } catch {
    return null;
  }
}

// --- from Python -----------------------------------------------------------------------------------------------

function isSameSetup(setup) {
  return palette && setup.width === mask.width && setup.height === mask.height
    && JSON.stringify(setup.palette) === JSON.stringify(palette);
}

function configure(setup) {
  palette = setup.palette;
  entries = [...palette.classes, ...(palette.ignore ? [palette.ignore] : [])];
  background = palette.classes[0].index;
  Object.assign(mask, { width: setup.width, height: setup.height, protect: -1 });
  mask.data = new Uint8Array(setup.width * setup.height).fill(background);
  touched = false;
  history.reset();
  ui.canvas.width = setup.width;
  ui.canvas.height = setup.height;
  ui.canvas.setAttribute("aria-label",
    `Mask of ${setup.width} by ${setup.height} pixels. Arrows move, Space paints, question mark lists all keys.`);
  ui.stage.style.aspectRatio = `${setup.width} / ${setup.height}`;
  ui.overlay.setAttribute("viewBox", `0 0 ${setup.width} ${setup.height}`);
  image = context.createImageData(setup.width, setup.height);
  mixColours();
  chips.build(palette);
  buildProtect();
  ui.erase.title = `Erase (E): paint ${nameOf(background)}`;
  cursor = { x: setup.width >> 1, y: setup.height >> 1 };
  const shorter = Math.min(setup.width, setup.height);
  ui.size.max = Math.max(8, shorter >> 1);
  chooseSize(Math.max(1, Math.round(shorter / 16)));
  chooseTool("brush");
  chooseClass((palette.classes[1] || palette.classes[0]).index);
}

function buildProtect() {
  const options = [["Over everything", -1], ...entries.map(({ name, index }) => [`Over ${name} only`, index])];
  ui.protect.replaceChildren(...options.map(([text, index]) => {
    const option = document.createElement("option");
    option.value = index;
    option.textContent = text;
    return option;
  }));
}

function showPhoto(url) {
  const usable = typeof url === "string" && url.startsWith("data:image/");
  ui.photo.hidden = ui.photoRow.hidden = !usable;
  if (usable) ui.photo.src = url;
  else ui.photo.removeAttribute("src");
  blend();
}

function blend() {
  const share = ui.photo.hidden ? 0 : Number(ui.opacity.value);
  ui.opacityText.textContent = `${ui.opacity.value} %`;
  ui.canvas.style.opacity = 1 - share / 100;
}

// Takes over what Python set: another palette or size, a mask, a photo, a sentence. Without a mask the one last
// painted in this tab for the same palette and size comes back.
async function adopt() {
  const turn = ++adoptions;
  const { value } = props;
  const pushed = "underlay" in value; // else it is this painter's own, from before it was hidden
  dropStroke();
  if (!isSameSetup(value)) configure(value);
  ui.label.textContent = props.label || "";
  ui.label.hidden = !props.label;
  if (pushed || ui.photo.hidden) showPhoto(value.underlay);
  if (pushed) say(value.report);
  const indices = (await decodeFitting(value.mask)) || (await decodeFitting(recall()));
  if (turn !== adoptions) return;
  if (indices) {
    const before = mask.data.slice();
    mask.data.set(indices);
    if (touched) history.record(before, mask.data);
    touched = true;
  }
  publish(false);
}

// Indices of a mask that fits the present size and palette, or null.
async function decodeFitting(url) {
  if (!url) return null;
  try {
    const picture = await decodePng(url);
    const known = new Set(entries.map(({ index }) => index));
    const fits = picture.width === mask.width && picture.height === mask.height;
    return fits && picture.indices.every((index) => known.has(index)) ? picture.indices : null;
  } catch {
    return null;
  }
}

// --- files -----------------------------------------------------------------------------------------------------

async function loadFile(file) {
  if (!file) return;
  if (file.size > MAX_FILE_BYTES) return say("The file is larger than 4 MB; choose a smaller mask.", true);
  const turn = ++adoptions;
  say("Reading the mask …");
  try {
    const answer = await server.load_mask(await readAsUrl(file));
    if (turn !== adoptions) return;
    if (answer.error) return say(answer.error, true);
    const indices = await decodeFitting(answer.mask);
    if (!indices) return say("The model has changed meanwhile; load the mask again.", true);
    const before = mask.data.slice();
    mask.data.set(indices);
    history.record(before, mask.data);
    touched = true;
    publish();
    say(answer.report);
  } catch {
    say("The mask could not be sent; check the connection and try again.", true);
  }
}

function saveAs(kind) {
  const { width, height, data } = mask;
  const name = `mask_${width}x${height}`;
  if (kind === "legend") {
    const legend = { width, height, classes: palette.classes, ignore: palette.ignore || null };
    return download(`${name}_legend.json`, [JSON.stringify(legend, null, 2)], "application/json");
  }
  const table = kind === "palette" ? paletteBytes(entries) : null;
  download(`${name}_${kind}.png`, [encodePng(data, width, height, table)], "image/png");
}

// --- pointer ---------------------------------------------------------------------------------------------------

function pointOf(event) {
  const rect = ui.canvas.getBoundingClientRect();
  return {
    x: Math.floor(((event.clientX - rect.left) * mask.width) / rect.width),
    y: Math.floor(((event.clientY - rect.top) * mask.height) / rect.height),
  };
}

function onPointerDown(event) {
  if (event.button !== 0 || !event.isPrimary || stroke || corner) return;
  event.preventDefault();
  ui.canvas.focus({ preventScroll: true });
  cursor = pointOf(event);
  if (!isInside(cursor)) return;
  if (event.altKey || tool === "pick") return pickAt(cursor);
  if (tool === "fill") return fillAt(cursor, event.shiftKey || ui.everywhere.checked);
  // Outside the canvas the stroke goes on and comes back in, instead of ending at the border.
  ui.canvas.setPointerCapture(event.pointerId);
  if (tool === "box") showBox((corner = { ...cursor, pointer: event.pointerId }), cursor);
  else beginStroke(cursor, event.pointerId);
  showCursor(tool !== "box");
}

function onPointerMove(event) {
  // A browser may deliver several positions at once; leaving them out would cut corners.
  const coalesced = event.getCoalescedEvents?.() ?? [];
  const points = (coalesced.length ? coalesced : [event]).map(pointOf);
  cursor = points[points.length - 1];
  if (stroke?.pointer === event.pointerId) points.forEach(extendStroke);
  if (corner?.pointer === event.pointerId) showBox(corner, cursor);
  showCursor(event.pointerType !== "touch" || stroke !== null);
}

function onPointerUp(event) {
  if (stroke?.pointer === event.pointerId) {
    if (event.type === "pointerup") extendStroke(pointOf(event));
    endStroke();
  }
  if (corner?.pointer === event.pointerId) {
    const from = corner;
    dropStroke();
    if (event.type === "pointerup") edit(() => paintBox(mask, from, pointOf(event), chosen));
  }
  if (event.pointerType === "touch") showCursor(false);
}

// --- keyboard --------------------------------------------------------------------------------------------------

const typeDigit = createDigits((number) => palette.classes.some(({ index }) => index === number), chooseClass);

function moveCursor([dx, dy], event) {
  const by = event.ctrlKey ? 10 : 1;
  const next = {
    x: Math.min(Math.max(cursor.x + dx * by, 0), mask.width - 1),
    y: Math.min(Math.max(cursor.y + dy * by, 0), mask.height - 1),
  };
  const paints = event.shiftKey && (tool === "brush" || tool === "erase");
  if (paints && !stroke) beginStroke(cursor, null);
  cursor = next;
  if (paints) extendStroke(cursor);
  if (corner) showBox(corner, cursor);
  showCursor(true);
  ui.spoken.textContent = ui.where.textContent;
}

function actAtCursor(event) {
  if (!isInside(cursor)) return;
  if (tool === "pick") return pickAt(cursor);
  if (tool === "fill") return fillAt(cursor, event.shiftKey || ui.everywhere.checked);
  if (tool === "box") {
    if (!corner) return showBox((corner = { ...cursor, pointer: null }), cursor);
    const from = corner;
    dropStroke();
    return edit(() => paintBox(mask, from, cursor, chosen));
  }
  edit(() => paintDisc(mask, cursor.x, cursor.y, spans, paintValue()));
}

// True where the key was used on the canvas itself.
function canvasKey(event) {
  if (event.key in ARROWS) moveCursor(ARROWS[event.key], event);
  else if (event.key === " ") actAtCursor(event);
  else if (event.key === "Escape" && (stroke || corner)) dropStroke();
  else return false;
  return true;
}

// True for undo and redo.
function commandKey(event) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return false;
  travel(key === "y" || event.shiftKey ? "redo" : "undo");
  return true;
}

function letterKey(event) {
  // Brackets first: on many keyboards they need AltGr, which arrives as Ctrl + Alt.
  if (event.key === "[" || event.key === "]") return resize(event.key === "[" ? -1 : 1), true;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const key = event.key.toLowerCase();
  if (/^[0-9]$/.test(key)) typeDigit(key, event.timeStamp);
  else if (key in TOOL_KEYS) chooseTool(TOOL_KEYS[key]);
  else if (key === "v" && palette.ignore) chooseClass(palette.ignore.index);
  else return false;
  return true;
}

function onKeyDown(event) {
  // Text fields and lists keep their own keys.
  if (event.target.matches("input[type=search], select")) return;
  const used = (event.target === ui.canvas && canvasKey(event)) || commandKey(event)
    || (event.key === "?" && (help.toggle(ui.helpBox.hidden), true))
    || (ui.keysOn.checked && letterKey(event));
  if (!used) return;
  event.preventDefault();
  event.stopPropagation();
}

function endKeyStroke() {
  if (stroke && stroke.pointer === null) endStroke();
}

// --- wiring ----------------------------------------------------------------------------------------------------

const chips = createChips(ui.chips, ui.search, chooseClass, (index) => { mixColours(index); drawSoon(); });
const help = createPopover(ui.help, ui.helpBox);
const saving = createPopover(ui.save, ui.saveMenu);
fillShortcuts(ui.keyList);

for (const button of toolButtons) button.addEventListener("click", () => chooseTool(button.dataset.tool));
ui.undo.addEventListener("click", () => travel("undo"));
ui.redo.addEventListener("click", () => travel("redo"));
ui.clear.addEventListener("click", clear);
ui.size.addEventListener("input", () => chooseSize(ui.size.value));
ui.numbersOn.addEventListener("change", drawSoon);
ui.opacity.addEventListener("input", blend);
ui.protect.addEventListener("change", () => { mask.protect = Number(ui.protect.value); });
ui.saveMenu.addEventListener("click", (event) => {
  const kind = event.target.dataset.save;
  if (!kind) return;
  saveAs(kind);
  saving.toggle(false);
});

ui.load.addEventListener("click", () => ui.file.click());
ui.file.addEventListener("change", () => { loadFile(ui.file.files[0]); ui.file.value = ""; });
ui.stage.addEventListener("dragover", (event) => { event.preventDefault(); ui.stage.classList.add("mp-drop"); });
ui.stage.addEventListener("dragleave", () => ui.stage.classList.remove("mp-drop"));
ui.stage.addEventListener("drop", (event) => {
  event.preventDefault();
  ui.stage.classList.remove("mp-drop");
  loadFile(event.dataTransfer.files[0]);
});

ui.canvas.addEventListener("pointerdown", onPointerDown);
ui.canvas.addEventListener("pointermove", onPointerMove);
ui.canvas.addEventListener("pointerup", onPointerUp);
ui.canvas.addEventListener("pointercancel", onPointerUp);
ui.canvas.addEventListener("pointerleave", () => { if (!stroke) showCursor(false); });
// The plain wheel scrolls the page and Ctrl + wheel zooms it; neither is ours to take.
ui.canvas.addEventListener("wheel", (event) => {
  if (!event.altKey) return;
  event.preventDefault();
  resize(event.deltaY < 0 ? 1 : -1);
}, { passive: false });
ui.canvas.addEventListener("focus", () => {
  if (ui.canvas.matches(":focus-visible")) showCursor(true);
});
ui.canvas.addEventListener("blur", () => { endKeyStroke(); showCursor(false); });
ui.root.addEventListener("keydown", onKeyDown);
ui.root.addEventListener("keyup", (event) => { if (event.key === "Shift") endKeyStroke(); });

watch(["value", "label"], adopt);
adopt();
