// Pointer, touch and keys: all of them end in the functions of painter.js.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const TOOL_KEYS = { b: "brush", e: "erase", f: "fill", r: "box", i: "pick" };

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
