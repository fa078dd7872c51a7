// Mouse, pen, finger and keys in the plane.

const NEAR = { mouse: 15, pen: 18, touch: 26 }; // CSS pixels within which a code or a start is grabbed
const TAP = 8; // CSS pixels a finger may stray in a tap
const [FINE, COARSE] = [0.02, 0.1]; // units an arrow key moves, and with Shift

const placeText = ([x, y]) => `${fixed(x)}, ${fixed(y)}`;

function tellHeld() {
  const { held, codes, starts } = state;
  if (!held) return;
  if (held.kind === "code") return say(`Code ${held.index} at ${placeText(codes[held.index])}.`);
  say(`Start at ${placeText(starts[held.index])}. ${startText(held.index)}`);
}

// What becomes of a start, in a sentence.
function startText(index) {
  if (state.mode === POPULATION) {
    const end = flowPaths(state.eta)[index].states.at(-1);
    return `In ${plural(state.steps, "step")} it ends at ${placeText(end)}, read as class ${nearest(state.codes, ...end).index}.`;
  }
  const { time, closest } = measure(targetPaths(state.eta)[index], state.codes, state.target);
  const arrival = time === null ? "does not arrive" : `is there at time ${fixed(time)}`;
  return `It comes within ${fixed(closest.distance)} of code ${closest.code} and ${arrival}.`;
}

function listenToPointer(view) {
  const { canvas } = view;
  let held = null, // { id, dx, dy } while something is dragged
    tap = null; // { id, x, y } while a finger may be dropping a start

  const inside = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  function hit(px, py, reach) {
    let found = null;
    const look = (kind) => ([x, y], index) => {
      const distance = Math.hypot(view.toX(x) - px, view.toY(y) - py);
      if (distance <= reach && distance < (found?.distance ?? Infinity)) found = { kind, index, distance };
    };
    state.codes.forEach(look("code"));
    state.starts.forEach(look("start"));
    return found;
  }
  function hold(event, px, py) {
    const [x, y] = items()[state.held.index];
    held = { id: event.pointerId, dx: view.toX(x) - px, dy: view.toY(y) - py };
    canvas.setPointerCapture(event.pointerId);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    const [px, py] = inside(event);
    const found = hit(px, py, NEAR[event.pointerType] ?? NEAR.mouse);
    if (!found && event.pointerType === "touch") return (tap = { id: event.pointerId, x: px, y: py });
    if (found) act.hold(found.kind, found.index);
    else act.drop(...view.place(px, py));
    hold(event, px, py);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = inside(event);
    if (tap && Math.hypot(px - tap.x, py - tap.y) > TAP) tap = null;
    if (held?.id !== event.pointerId) return canvas.classList.toggle("fl-over", Boolean(hit(px, py, NEAR.mouse)));
    act.move(...view.place(px + held.dx, py + held.dy));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (tap?.id === event.pointerId) act.drop(...view.place(tap.x, tap.y));
    if (tap || held) tellHeld();
    tap = held = null;
  });
  canvas.addEventListener("pointercancel", () => (tap = held = null));
  // A finger on a code or a start drags it; anywhere else it scrolls the page.
  canvas.addEventListener(
    "touchstart",
    (event) => {
      const [px, py] = inside(event.touches[0]);
      if (event.touches.length === 1 && hit(px, py, NEAR.touch)) event.preventDefault();
    },
    { passive: false },
  );
}

// A start dropped without a pointer: where it is farthest from codes and other starts.
function dropByKey() {
  const taken = [...state.codes, ...state.starts];
  let best = null;
  for (let i = 0; i < 121; i++) {
    const place = [i % 11, Math.floor(i / 11)].map((j) => -1 + j / 5);
    const { distance } = nearest(taken, ...place);
    if (distance > (best?.distance ?? 0)) best = { place, distance };
  }
  act.drop(...best.place);
  tellHeld();
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function nudge(event) {
  if (!state.held) return act.cycle(1);
  const by = event.shiftKey ? COARSE : FINE;
  const [x, y] = items()[state.held.index];
  act.move(x + by * STEPS[event.key][0], y + by * STEPS[event.key][1]);
  tellHeld();
}

function listenToKeys(canvas) {
  const keys = {
    Enter: dropByKey,
    n: () => act.cycle(1),
    p: () => act.cycle(-1),
    Escape: () => act.hold("code", -1),
    Delete: act.remove,
    Backspace: act.remove,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (STEPS[event.key]) nudge(event);
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });
}
