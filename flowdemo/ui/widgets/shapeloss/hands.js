// Mouse, pen, finger and arrow keys on the second shape.

const BESIDE = 16; // CSS pixels beside the shape from which a finger still takes it; farther off it scrolls the page
const [ONE, MANY] = [1, 8]; // pixels an arrow key moves, and with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function listenToPointer({ canvas, unit }) {
  let held = null; // { id, x, y, dx, dy }: where it was taken, and where the shape was then

  // Whether a place lies on the second shape or just beside it.
  function near(event) {
    const box = canvas.getBoundingClientRect();
    const [i, j] = [event.clientX - box.left, event.clientY - box.top].map((v) => clamp(Math.floor(v / unit()), 0, SIDE - 1));
    const { phi } = moved();
    return Boolean(phi) && phi[j * SIDE + i] * unit() > -BESIDE;
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary || state.second === BLANK) return;
    if (event.pointerType === "touch" && !near(event)) return;
    held = { id: event.pointerId, x: event.clientX, y: event.clientY, dx: state.dx, dy: state.dy };
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("sl-held");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held?.id !== event.pointerId) return;
    act.move(held.dx + (event.clientX - held.x) / unit(), held.dy + (event.clientY - held.y) / unit());
  });
  const release = () => {
    if (held) say(toldText());
    held = null;
    canvas.classList.remove("sl-held");
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener(
    "touchstart",
    (event) => {
      if (event.touches.length === 1 && near(event.touches[0])) event.preventDefault();
    },
    { passive: false },
  );
}

function listenToKeys(canvas) {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !ARROWS[event.key]) return;
    const [x, y] = ARROWS[event.key].map((side) => side * (event.shiftKey ? MANY : ONE));
    act.move(state.dx + x, state.dy + y);
    say(toldText());
    event.preventDefault();
  });
}
