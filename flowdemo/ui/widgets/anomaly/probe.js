// The value of the map under the pointer, or at a place that the keys move.

function createProbe(stage) {
  const node = h("p", { class: "an-read", "aria-live": "polite" });
  const { canvas, cross } = stage;
  let at = null; // pixel

  function point(event) {
    const box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * canvas.width),
      y = Math.floor(((event.clientY - box.top) / box.height) * canvas.height);
    move(x, y);
  }

  function move(x, y) {
    at = [clamp(x, 0, canvas.width - 1), clamp(y, 0, canvas.height - 1)];
    touch();
  }

  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "touch") return; // a tapped place stays
    at = null;
    touch();
  });
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS)) return;
    const [x, y] = at ?? [Math.floor(canvas.width / 2) - 1, Math.floor(canvas.height / 2)];
    const by = event.ctrlKey ? 8 : 1,
      [dx, dy] = ARROWS[event.key];
    move(x + dx * by, y + dy * by);
    event.preventDefault();
  });

  function draw() {
    const map = shownMap(),
      fits = map && at && at[0] < map.width && at[1] < map.height;
    cross.setAttribute("visibility", fits ? "visible" : "hidden");
    if (!fits) return setText(node, map ? "Point at the map, or tap it, to read a value." : "");
    const [x, y] = at;
    cross.setAttribute("d", `M${x - 4} ${y + 0.5}H${x - 1}M${x + 2} ${y + 0.5}H${x + 5}M${x + 0.5} ${y - 4}V${y - 1}M${x + 0.5} ${y + 2}V${y + 5}`);
    const level = map.values[y * map.width + x];
    const value = `${level === TOP ? "at least " : ""}${valueText(valueAt(level, state.run.meta.scale))}`;
    setText(node, `x ${x}, y ${y}: ${value}, ${level > thresholdLevel() ? "above" : "not above"} the threshold`);
  }
  return { root: node, draw };
}
