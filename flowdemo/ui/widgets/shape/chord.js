// Two ends to drag over the stage, or to move with arrow keys; a click on the stage moves them in turn.

const NAMES = ["A", "B"];

function createChord(place) {
  const under = svg("path", { class: "sh-chordhalo" }),
    line = svg("path", { class: "sh-chordline" }),
    bad = svg("path", { class: "sh-chordbad" });
  const marks = svg("svg", { class: "sh-marks", viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" }, under, line, bad);
  const ends = NAMES.map((name, k) => createEnd(name, k));
  const node = h("div", { class: "sh-chord" }, marks, ...ends.map((end) => end.root));
  const found = { map: null, key: "", chord: null };
  place.append(node);

  function pixelOf(event) {
    const box = place.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top].map((part, i) => Math.floor((part / [box.width, box.height][i]) * SIDE));
  }

  function createEnd(name, k) {
    const button = h("button", { type: "button", class: "sh-end", text: name });
    let held = null;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      held = event.pointerId;
    });
    button.addEventListener("pointermove", (event) => held === event.pointerId && act.end(k, pixelOf(event)));
    for (const type of ["pointerup", "pointercancel"]) button.addEventListener(type, () => (held = null));
    button.addEventListener("keydown", (event) => {
      const move = MOVES[event.key];
      if (!move) return;
      const by = event.shiftKey ? 8 : 1;
      act.end(k, state.ends[k].map((part, i) => part + by * move[i]));
      event.preventDefault();
      event.stopPropagation();
    });
    function draw() {
      const [x, y] = state.ends[k];
      Object.assign(button.style, { left: `${(100 * (x + 0.5)) / SIDE}%`, top: `${(100 * (y + 0.5)) / SIDE}%` });
      button.setAttribute("aria-label", `End ${name} of the chord, x ${x}, y ${y}`);
    }
    return { root: button, draw };
  }

  place.addEventListener("click", (event) => {
    if (!state.layers.chord || !shownMap() || event.target.closest("button")) return;
    act.end(state.next, pixelOf(event));
    state.next = 1 - state.next;
  });

  // What the tester found on the map that is shown; null while there is none.
  function chord() {
    const map = shownMap(),
      key = state.ends.join(" ");
    if (found.map !== map || found.key !== key) Object.assign(found, { map, key, chord: map && chordOf(map, ...state.ends) });
    return found.chord;
  }

  // The pieces of the line on which u is below the lower end.
  function badPieces({ values, floor }) {
    const [[ax, ay], [bx, by]] = state.ends,
      count = values.length - 1;
    const at = (i) => `${(ax + 0.5 + ((bx - ax) * i) / count).toFixed(2)} ${(ay + 0.5 + ((by - ay) * i) / count).toFixed(2)}`;
    return values.map((value, i) => (i < count && floor - Math.min(value, values[i + 1]) > LEVEL ? `M${at(i)}L${at(i + 1)}` : "")).join("");
  }

  function draw() {
    const now = state.layers.chord ? chord() : null;
    node.hidden = !now;
    if (!now) return;
    for (const end of ends) end.draw();
    const [a, b] = state.ends.map(([x, y]) => `${x + 0.5} ${y + 0.5}`);
    for (const path of [under, line]) path.setAttribute("d", `M${a}L${b}`);
    bad.setAttribute("d", badPieces(now));
  }
  return { draw, chord };
}
