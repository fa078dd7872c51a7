// Mouse, pen, finger and keys on the target.

const REACH = 30; // CSS pixels around the target in which a finger drags it; anywhere else it scrolls the page
const TAP = 8; // CSS pixels a finger may stray in a tap
const [FINE, COARSE] = [0.1, 1]; // units an arrow key moves, and with Shift

// A mouse takes the target to where it presses and drags it on; a finger drags it, or taps where it shall be.
function listenToPointer(canvas, paper) {
  let held = null; // { id, dx, dy } while the target is dragged
  let tap = null; // { id, x, y } while a finger may be placing it

  const inside = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const apart = (px, py) => [paper.toX(state.target[0]) - px, paper.toY(state.target[1]) - py];

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    const [px, py] = inside(event);
    const [dx, dy] = apart(px, py);
    const near = Math.hypot(dx, dy) <= REACH;
    if (!near && event.pointerType === "touch") return (tap = { id: event.pointerId, x: px, y: py });
    const grabbed = Math.hypot(dx, dy) <= 12 || event.pointerType === "touch";
    held = { id: event.pointerId, dx: grabbed ? dx : 0, dy: grabbed ? dy : 0 };
    if (!grabbed) act.move(...paper.place(px, py));
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = inside(event);
    if (tap && Math.hypot(px - tap.x, py - tap.y) > TAP) tap = null;
    if (held?.id !== event.pointerId) return canvas.classList.toggle("fl-over", Math.hypot(...apart(px, py)) <= 12);
    act.move(...paper.place(px + held.dx, py + held.dy));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (tap?.id === event.pointerId) act.move(...paper.place(tap.x, tap.y));
    if (tap || held) tellTarget();
    tap = held = null;
  });
  canvas.addEventListener("pointercancel", () => (tap = held = null));
  canvas.addEventListener(
    "touchstart",
    (event) => {
      if (event.touches.length === 1 && Math.hypot(...apart(...inside(event.touches[0]))) <= REACH) event.preventDefault();
    },
    { passive: false },
  );
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function listenToKeys(canvas) {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") act.play();
    else if (ARROWS[event.key]) {
      const by = event.shiftKey ? COARSE : FINE;
      act.move(...ARROWS[event.key].map((side, axis) => state.target[axis] + by * side));
      tellTarget();
    } else return;
    event.preventDefault();
  });
}
