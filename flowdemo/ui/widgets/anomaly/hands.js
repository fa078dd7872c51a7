// Mouse, touch, pen and keys on the surface: all of them make strokes.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const TOOL_KEYS = { s: SCRATCH, b: BLOT, p: PATCH };

// { stroke: the unfinished one, at: place of the brush, seen: whether its ring is shown }
function createHands(canvas) {
  const hands = { stroke: null, at: null, seen: false };
  let pointer = null; // that draws; null for the keys

  function placeOf(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
  }

  function begin(at, id) {
    const { tool, tone, strength } = state.brush;
    hands.stroke = { tool, tone, strength, size: sizeNow(), points: [at] };
    pointer = id;
    cancelRest(); // no question while the pen is down
    touch();
  }

  function end(keep = true) {
    const { stroke } = hands;
    hands.stroke = null;
    if (stroke && keep) act.addStroke(stroke);
    else if (stroke) changed();
  }

  function down(event) {
    if (event.button !== 0 || !event.isPrimary || hands.stroke) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId); // outside the canvas the stroke goes on, and comes back in
    hands.at = placeOf(event);
    begin(hands.at, event.pointerId);
  }

  function move(event) {
    const found = event.getCoalescedEvents?.() ?? []; // leaving them out would cut corners
    const places = (found.length ? found : [event]).map(placeOf);
    hands.at = places[places.length - 1];
    hands.seen = event.pointerType !== "touch" || pointer === event.pointerId;
    if (hands.stroke && pointer === event.pointerId) hands.stroke.points.push(...places);
    touch();
  }

  function up(event) {
    if (!hands.stroke || pointer !== event.pointerId) return;
    if (event.pointerType === "touch") hands.seen = false;
    pointer = null;
    end(event.type === "pointerup");
  }

  function steer([dx, dy], event) {
    const by = event.ctrlKey ? 8 : 1;
    const [x, y] = hands.at ?? [canvas.width / 2, canvas.height / 2];
    hands.at ??= [x, y];
    if (event.shiftKey && !hands.stroke) begin(hands.at, null);
    hands.at = [clamp(x + dx * by, 0.5, canvas.width - 0.5), clamp(y + dy * by, 0.5, canvas.height - 0.5)];
    if (hands.stroke && pointer === null) hands.stroke.points.push(hands.at);
    hands.seen = true;
    touch();
  }

  function stamp() {
    hands.at ??= [canvas.width / 2, canvas.height / 2];
    hands.seen = true;
    if (hands.stroke) return;
    begin(hands.at, null);
    end();
  }

  function command(event) {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) {
      if (key === "y" || event.shiftKey) act.redo();
      else act.undo();
      return true;
    }
    if (event.key === "[" || event.key === "]") return act.size(sizeNow() + (event.key === "[" ? -1 : 1)), true;
    if (event.ctrlKey || event.metaKey || event.altKey || !(key in TOOL_KEYS)) return false;
    act.brush({ tool: TOOL_KEYS[key] });
    return true;
  }

  function key(event) {
    if (event.key in ARROWS) steer(ARROWS[event.key], event);
    else if (event.key === " ") stamp();
    else if (event.key === "Escape" && hands.stroke) end(false);
    else if (!command(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, up);
  canvas.addEventListener("pointerleave", () => ((hands.seen = false), touch()));
  canvas.addEventListener("keydown", key);
  canvas.addEventListener("keyup", (event) => event.key === "Shift" && pointer === null && end());
  canvas.addEventListener("blur", () => {
    if (pointer === null) end();
    hands.seen = false;
    touch();
  });
  return hands;
}
