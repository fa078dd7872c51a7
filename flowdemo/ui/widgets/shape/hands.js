// Mouse, touch, pen and keys on the mask: all of them stamp the round brush along lines.

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// { at: pixel under the brush, seen: whether its ring is shown, busy: a stroke is being drawn, strokes: counts stamps }
function createHands(canvas) {
  const hands = { at: { x: SIDE / 2, y: SIDE / 2 }, seen: false, busy: false, strokes: 0 };
  let before = null, // the mask as it was when the stroke began
    pointer = null; // that draws; null for the keys

  const inside = (value) => clamp(value, 0, SIDE - 1);

  function placeOf(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return { x: Math.floor(x * SIDE), y: Math.floor(y * SIDE) };
  }

  function stamp(from, to) {
    paintLine(mask, from, to, discSpans(state.brush.size), state.brush.erase ? 0 : TOP);
    hands.strokes++;
    hands.at = to;
    touch();
  }

  function begin(at, id) {
    before = mask.data.slice();
    pointer = id;
    hands.busy = true;
    stamp(at, at);
  }

  // A stroke that was not wanted leaves no trace.
  function end(keep = true) {
    if (!hands.busy) return;
    hands.busy = false;
    const after = mask.data.slice();
    mask.data.set(before);
    if (keep) edit(() => mask.data.set(after));
    hands.strokes++;
    touch();
  }

  function down(event) {
    if (event.button !== 0 || !event.isPrimary || hands.busy) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId); // outside the canvas the stroke goes on, and comes back in
    begin(placeOf(event), event.pointerId);
  }

  function move(event) {
    const coalesced = event.getCoalescedEvents?.() ?? []; // leaving them out would cut corners
    const places = (coalesced.length ? coalesced : [event]).map(placeOf);
    if (hands.busy && pointer === event.pointerId) for (const place of places) stamp(hands.at, place);
    else if (!hands.busy) hands.at = places.at(-1);
    hands.seen = event.pointerType !== "touch" || hands.busy;
    touch();
  }

  function up(event) {
    if (!hands.busy || pointer !== event.pointerId) return;
    if (event.pointerType === "touch") hands.seen = false;
    end(event.type === "pointerup");
  }

  function steer([dx, dy], event) {
    const by = event.ctrlKey ? 8 : 1;
    const to = { x: inside(hands.at.x + dx * by), y: inside(hands.at.y + dy * by) };
    if (event.shiftKey && !hands.busy) begin({ x: inside(hands.at.x), y: inside(hands.at.y) }, null);
    if (hands.busy && pointer === null) stamp(hands.at, to);
    hands.at = to;
    hands.seen = true;
    touch();
  }

  function dab() {
    if (hands.busy) return;
    hands.seen = true;
    begin(hands.at, null);
    end();
  }

  function command({ key, ctrlKey, metaKey, altKey, shiftKey }) {
    const letter = key.toLowerCase();
    if (key === "[" || key === "]") return act.size(state.brush.size + (key === "[" ? -1 : 1)), true;
    if ((ctrlKey || metaKey) && !altKey && (letter === "z" || letter === "y")) {
      if (letter === "y" || shiftKey) act.redo();
      else act.undo();
      return true;
    }
    if (ctrlKey || metaKey || altKey || (letter !== "b" && letter !== "e")) return false;
    act.brush({ erase: letter === "e" });
    return true;
  }

  function key(event) {
    if (event.key in MOVES) steer(MOVES[event.key], event);
    else if (event.key === " ") dab();
    else if (event.key === "Escape" && hands.busy) end(false);
    else if (hands.busy || !command(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  const leave = () => ((hands.seen = false), touch());
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, up);
  canvas.addEventListener("pointerleave", leave);
  canvas.addEventListener("keydown", key);
  canvas.addEventListener("keyup", (event) => event.key === "Shift" && pointer === null && end());
  canvas.addEventListener("blur", () => (pointer === null && end(), leave()));
  return hands;
}
