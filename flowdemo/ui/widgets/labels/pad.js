// White ink on black. Strokes are kept as lines in a square of side 1, so that they can be undone and drawn at any size.

const PAD_SIDE = 560,
  SENT_SIDE = 280;
const BRUSHES = [
  [0.05, "Thin"],
  [0.08, "Medium"],
  [0.11, "Thick"],
];
const REST_MS = 600; // from lifting the pen to classifying

function createPad() {
  const canvas = h("canvas", {
    class: "lb-pad",
    width: PAD_SIDE,
    height: PAD_SIDE,
    role: "img",
    "aria-label": "Drawing pad, white on black; take a digit or choose a file where drawing is not possible",
  });
  const strokes = [];
  let brush = BRUSHES[1][0],
    stroke = null,
    pointer = null,
    timer = 0;

  const hint = h("p", { class: "lb-padhint", text: "Draw a digit here" });
  const brushes = createChoice("Brush", BRUSHES, () => brush, (size) => ((brush = size), touch()), "lb-seg lb-small");
  const undo = h("button", { type: "button", class: "lb-quiet", text: "Undo", onclick: () => change(() => strokes.pop()) });
  const clear = h("button", { type: "button", class: "lb-quiet", text: "Clear", onclick: () => change(empty) });
  const samples = h(
    "div",
    { class: "lb-samples", role: "group", "aria-label": "Take a digit" },
    h("span", { text: "Take one" }),
    ...DIGITS.map((_, digit) =>
      h("button", { type: "button", text: String(digit), title: `Put a ${digit} on the pad`, onclick: () => take(digit) }),
    ),
  );
  const tools = h("div", { class: "lb-tools" }, brushes.root, undo, clear);
  const place = h("div", { class: "lb-padplace" }, canvas, hint);

  function render(context, side) {
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
    Object.assign(context, { strokeStyle: "#fff", lineCap: "round", lineJoin: "round" });
    for (const { size, points } of strokes) {
      context.lineWidth = size * side;
      context.beginPath();
      points.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x * side, y * side));
      if (points.length === 1) context.lineTo(points[0][0] * side + 0.01, points[0][1] * side);
      context.stroke();
    }
  }

  function show() {
    render(canvas.getContext("2d"), PAD_SIDE);
    hint.hidden = strokes.length > 0;
  }

  function picture() {
    const small = h("canvas", { width: SENT_SIDE, height: SENT_SIDE });
    render(small.getContext("2d"), SENT_SIDE);
    return small.toDataURL("image/png");
  }

  const empty = () => strokes.splice(0);

  // After each change the drawing is the picture to classify.
  function change(edit) {
    clearTimeout(timer);
    edit();
    show();
    act.give(strokes.length ? { kind: "drawing", data: picture(), name: "your drawing" } : null);
    if (!strokes.length) return say("");
    if (state.auto) timer = setTimeout(() => state.mode === CLASSIFY && act.classify(), REST_MS);
  }

  function take(digit) {
    change(() => {
      empty();
      strokes.push(...DIGITS[digit].map((points) => ({ size: brush, points })));
    });
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  function down(event) {
    if (event.button !== 0 || !event.isPrimary || stroke) return;
    event.preventDefault();
    clearTimeout(timer);
    canvas.setPointerCapture(event.pointerId); // outside the pad the stroke goes on, and comes back in
    pointer = event.pointerId;
    stroke = { size: brush, points: [at(event)] };
    strokes.push(stroke);
    show();
  }

  function move(event) {
    if (!stroke || event.pointerId !== pointer) return;
    const coalesced = event.getCoalescedEvents?.() ?? []; // leaving them out would cut corners
    stroke.points.push(...(coalesced.length ? coalesced : [event]).map(at));
    show();
  }

  function up(event) {
    if (!stroke || event.pointerId !== pointer) return;
    stroke = null;
    change(() => event.type === "pointercancel" && strokes.pop());
  }

  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, up);
  show();

  function draw() {
    brushes.draw();
    undo.disabled = clear.disabled = !strokes.length;
  }

  function reset() {
    clearTimeout(timer);
    empty();
    show();
  }

  const again = () => change(() => {});
  return { place, tools, samples, draw, reset, again, wait: () => clearTimeout(timer), isEmpty: () => !strokes.length };
}
