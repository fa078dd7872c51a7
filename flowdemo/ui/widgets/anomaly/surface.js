// The surface with what is painted on it, on a canvas of its own pixels.

function createSurface() {
  const canvas = h("canvas", {
    class: "an-paint", tabindex: 0, role: "application", "aria-describedby": "an-painthelp",
    "aria-label": "Surface to paint on",
  }); // prettier-ignore
  const ring = svg("circle", { class: "an-ring", visibility: "hidden" });
  const halo = svg("circle", { class: "an-ringhalo", visibility: "hidden" });
  const marks = svg("svg", { class: "an-marks", preserveAspectRatio: "none", "aria-hidden": "true" }, halo, ring);
  const hint = h("p", { class: "an-empty", text: "Choose a surface, or drop a picture here" });
  const ghost = h("canvas", { class: "an-ghost", width: 1, height: 1, "aria-hidden": "true", hidden: true });
  const sheet = h("div", { class: "an-sheet" }, canvas, ghost, marks);
  const node = h("div", { class: "an-place an-square" }, sheet, hint);
  const cache = { base: null, strokes: [], pixels: null };
  let drawn = null,
    ghosted = null;

  // Pixels with all finished strokes; one stroke more is put on top of what is there.
  function pixels() {
    const { base, strokes } = state;
    const grown = cache.base === base && cache.strokes.every((stroke, i) => stroke === strokes[i]);
    if (!grown) Object.assign(cache, { base, strokes: [...strokes], pixels: paintAll(base, strokes) });
    else if (cache.strokes.length < strokes.length) {
      const next = copyOf(cache.pixels);
      for (const stroke of strokes.slice(cache.strokes.length)) applyStroke(next, stroke);
      Object.assign(cache, { strokes: [...strokes], pixels: next });
    }
    return cache.pixels;
  }

  function drawRing() {
    const { at, seen } = hands;
    for (const circle of [ring, halo]) {
      circle.setAttribute("visibility", seen && at ? "visible" : "hidden");
      if (at) dress(circle, { cx: at[0], cy: at[1], r: Math.max(sizeNow() / 2, 0.75) }, []);
    }
  }

  // The newest map over what is painted, for screens on which both cannot be seen at once.
  function drawGhost({ width, height }) {
    const map = state.ghost ? shownMap() : null;
    ghost.hidden = !map || map.width !== width || map.height !== height;
    if (ghost.hidden || ghosted === map) return;
    drawMap(ghost, map);
    ghosted = map;
  }

  function draw() {
    sheet.hidden = !state.base;
    hint.hidden = Boolean(state.base);
    if (!state.base) return;
    const { width, height } = state.base;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    sheet.style.setProperty("--ar", width / height);
    marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawRing();
    drawGhost(state.base);
    const now = pixels();
    if (drawn === now && !hands.stroke) return;
    const shown = hands.stroke ? copyOf(now) : now;
    if (hands.stroke) applyStroke(shown, hands.stroke);
    canvas.getContext("2d").putImageData(new ImageData(shown.data, width, height), 0, 0);
    drawn = hands.stroke ? null : now;
  }

  const hands = createHands(canvas);
  return { root: node, canvas, draw, picture: () => toCanvas(pixels()).toDataURL("image/png"), pixels };
}
