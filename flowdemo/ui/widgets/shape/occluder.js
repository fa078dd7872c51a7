// The rectangle that is taken for background: dragged as a whole or by its corner, with the mouse, touch or arrow keys.

const SMALLEST = 4; // pixels of a side

function createOccluder() {
  const body = h("button", { type: "button", class: "sh-occluder", title: "Occluder: drag it; arrow keys move it, with Shift they size it" });
  const corner = h("span", { class: "sh-corner", "aria-hidden": "true" });
  body.append(h("span", { class: "sh-occludername", text: "occluder", "aria-hidden": "true" }), corner);
  let held = null; // { pointer, x, y, box, sizing }

  function put([top, bottom, left, right], dx, dy, sizing) {
    if (sizing) {
      const box = [top, clamp(bottom + dy, top + SMALLEST, SIDE), left, clamp(right + dx, left + SMALLEST, SIDE)];
      return act.hide({ box });
    }
    const [x, y] = [clamp(dx, -left, SIDE - right), clamp(dy, -top, SIDE - bottom)];
    act.hide({ box: [top + y, bottom + y, left + x, right + x] });
  }

  body.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    body.setPointerCapture(event.pointerId);
    held = { pointer: event.pointerId, x: event.clientX, y: event.clientY, box: state.hidden.box, sizing: event.target === corner };
  });
  body.addEventListener("pointermove", (event) => {
    if (held?.pointer !== event.pointerId) return;
    const pixel = body.parentElement.clientWidth / SIDE;
    put(held.box, Math.round((event.clientX - held.x) / pixel), Math.round((event.clientY - held.y) / pixel), held.sizing);
  });
  for (const name of ["pointerup", "pointercancel"]) body.addEventListener(name, () => (held = null));
  body.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move) return;
    const by = event.ctrlKey ? 8 : 1;
    put(state.hidden.box, by * move[0], by * move[1], event.shiftKey);
    event.preventDefault();
    event.stopPropagation();
  });

  function draw() {
    body.hidden = !isFlow() || !state.hidden.on;
    const [top, bottom, left, right] = state.hidden.box;
    const share = (value) => `${(100 * value) / SIDE}%`;
    Object.assign(body.style, { top: share(top), left: share(left), width: share(right - left), height: share(bottom - top) });
    body.setAttribute("aria-label", `Occluder, ${right - left} × ${bottom - top} px at x ${left}, y ${top}; arrow keys move it, with Shift they size it`);
  }
  return { root: body, draw };
}
