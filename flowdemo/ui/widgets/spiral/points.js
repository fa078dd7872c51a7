// Dropping, dragging and choosing points with mouse, pen, finger and keys.

const NEAR = { mouse: 13, pen: 16, touch: 26 }; // CSS pixels within which a point is grabbed
const TAP = 8; // CSS pixels a finger may stray in a tap
const KEY_STEP = 0.05; // units; Shift makes it ten times as much
const FIRST_PLACES = [
  [0.25, 0],
  [-0.55, 0.65],
  [1.05, -0.65],
  [0.25, 0.9],
  [0.25, -0.9],
  [-0.9, -0.4],
  [1.4, 0.4],
  [0.25, 1.6],
];

// A place to hundredths of a unit, within what is seen.
function inView(x, y) {
  const { plane } = stage;
  const half = plane.width / 2 / plane.scale;
  return {
    x: toHundredths(clamp(x, VIEW.x - half, VIEW.x + half)),
    y: toHundredths(clamp(y, VIEW.y - VIEW.half, VIEW.y + VIEW.half)),
  };
}

function listenToPointer(state, canvas) {
  let held = null, // { id, dx, dy } while a point is dragged
    tap = null; // { id, x, y } while a finger may be dropping a point

  const inside = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function nearest(px, py, reach) {
    const { plane } = stage;
    const distances = state.points.map(({ x, y }) => Math.hypot(plane.toX(x) - px, plane.toY(y) - py));
    const least = Math.min(...distances);
    return least <= reach ? distances.indexOf(least) : -1;
  }

  const dropAt = (px, py) => act.drop(stage.plane.fromX(px), stage.plane.fromY(py));

  function hold(event, px, py) {
    const { x, y } = chosenPoint();
    held = { id: event.pointerId, dx: stage.plane.toX(x) - px, dy: stage.plane.toY(y) - py };
    canvas.setPointerCapture(event.pointerId);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary || !currentField()) return;
    const [px, py] = inside(event);
    const hit = nearest(px, py, NEAR[event.pointerType] ?? NEAR.mouse);
    if (hit < 0 && event.pointerType === "touch") return (tap = { id: event.pointerId, x: px, y: py });
    if (hit >= 0) act.choose(hit);
    else if (!dropAt(px, py)) return;
    hold(event, px, py);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = inside(event);
    if (tap && Math.hypot(px - tap.x, py - tap.y) > TAP) tap = null;
    if (held?.id !== event.pointerId) return showHand(canvas, nearest(px, py, NEAR.mouse) >= 0);
    act.move(stage.plane.fromX(px + held.dx), stage.plane.fromY(py + held.dy));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (tap?.id === event.pointerId) dropAt(tap.x, tap.y);
    if (tap || held) tellPoint();
    tap = held = null;
  });
  canvas.addEventListener("pointercancel", () => (tap = held = null));
  // A finger on a point drags it; anywhere else it scrolls the page.
  canvas.addEventListener(
    "touchstart",
    (event) => {
      const [px, py] = inside(event.touches[0]);
      if (event.touches.length === 1 && nearest(px, py, NEAR.touch) >= 0) event.preventDefault();
    },
    { passive: false },
  );
}

const showHand = (canvas, over) => canvas.classList.toggle("sp-over", over);

function tellPoint() {
  const point = chosenPoint();
  if (!point) return;
  const end = endsOf(pointRun(point));
  const outcome =
    state.direction === CLASSIFY
      ? `read as ${classText(end[2])}, label ${signedText(end[2])}`
      : `ends at ${placeText(end[0], end[1])}`;
  say(`Point ${state.chosen + 1} at ${placeText(point.x, point.y)}: ${outcome} in ${stepsText(state.steps)}.`);
}

// A point dropped without a pointer: at the first of some places that is free.
function dropByKey() {
  const taken = ([x, y]) => state.points.some((point) => Math.hypot(point.x - x, point.y - y) < 0.1);
  const free = FIRST_PLACES.find((at) => !taken(at)) ?? FIRST_PLACES[0];
  if (act.drop(...free)) tellPoint();
}

function nudge(event) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  const by = event.shiftKey ? 10 * KEY_STEP : KEY_STEP;
  const point = chosenPoint();
  if (!point) return dropByKey();
  act.move(point.x + dx * by, point.y + dy * by);
  tellPoint();
}

function cycle(by) {
  const count = state.points.length;
  if (!count) return;
  act.choose((state.chosen + by + count) % count);
  tellPoint();
}

// All keys work on the plane; Space also on the slider of t.
function listenToKeys(canvas, range) {
  const keys = {
    Enter: dropByKey,
    n: () => cycle(1),
    p: () => cycle(-1),
    Escape: () => act.choose(-1),
    " ": act.play,
    Delete: act.remove,
    Backspace: act.remove,
    r: () => (act.redraw(), tellPoint()),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !currentField()) return;
    if (event.key.startsWith("Arrow")) nudge(event);
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });
  range.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    act.play();
    event.preventDefault();
  });
}
