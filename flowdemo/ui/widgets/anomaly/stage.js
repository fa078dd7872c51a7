// The map over the surface, with outlines of what is above the threshold, of the known defect and of the strokes.

function createStage() {
  const canvas = h("canvas", { class: "an-map", tabindex: 0, role: "img", "aria-label": "Map of disagreement over the surface" });
  const lines = Object.fromEntries(["truth", "strokes", "threshold"].map((kind) => [kind, createOutline(kind)]));
  const cross = svg("path", { class: "an-cross", visibility: "hidden" });
  const groups = Object.values(lines).map(({ root: group }) => group);
  const marks = svg("svg", { class: "an-marks", preserveAspectRatio: "none", "aria-hidden": "true" }, ...groups, cross);
  const sheet = h("div", { class: "an-sheet" }, canvas, marks);
  const empty = h("p", { class: "an-empty" });
  const node = h("div", { class: "an-place an-wide" }, sheet, empty);
  const colours = h("canvas", { width: 1, height: 1 });
  let drawn = {};

  function drawOutlines(run, map, level) {
    const { width, height } = map,
      { outlines, base, strokes } = state;
    const inside = (at) => map.values[at] > level;
    lines.threshold.draw(outlines.threshold, [map, level], () => outline(width, height, inside));
    const { truth } = run;
    const known = outlines.truth && truth && truth.width === width && truth.height === height;
    lines.truth.draw(known, [truth], () => outline(width, height, (at) => truth.values[at] > 127));
    const fits = outlines.strokes && base && base.width === width && base.height === height;
    lines.strokes.draw(fits, [base, strokes.length, strokes[strokes.length - 1]], () => {
      const mask = paintedMask(strokes, width, height);
      return outline(width, height, (at) => mask[at] === 1);
    });
  }

  function drawPixels(run, map) {
    const key = { run: run.pixels, map, opacity: state.opacity };
    if (Object.keys(key).every((name) => key[name] === drawn[name])) return;
    drawn = key;
    if (canvas.width !== map.width || canvas.height !== map.height)
      Object.assign(canvas, { width: map.width, height: map.height });
    drawMap(colours, map);
    const context = canvas.getContext("2d");
    context.globalAlpha = 1;
    context.drawImage((run.canvas ??= toCanvas(run.pixels)), 0, 0, map.width, map.height);
    context.globalAlpha = state.opacity;
    context.drawImage(colours, 0, 0);
  }

  function draw() {
    const { run } = state,
      map = shownMap();
    const here = Boolean(run && (map || drawn.map)); // until a map is there, the one before stays
    sheet.hidden = !here;
    empty.hidden = here;
    const waits = state.job || state.coming || rest;
    setText(empty, waits ? "The map forms here." : state.base ? "Press Analyse: the map appears here." : "Choose a surface: its map appears here.");
    if (!run) drawn = {};
    if (!map) return;
    sheet.style.setProperty("--ar", map.width / map.height);
    marks.setAttribute("viewBox", `0 0 ${map.width} ${map.height}`);
    drawPixels(run, map);
    drawOutlines(run, map, thresholdLevel());
  }
  return { root: node, canvas, cross, draw };
}

// A line and a darker one under it, so that it is seen on every colour.
function createOutline(kind) {
  const under = svg("path", { class: "an-under" }),
    line = svg("path", { class: `an-line-${kind}` });
  const group = svg("g", {}, under, line);
  let made = [];
  function draw(wanted, key, make) {
    const now = wanted ? key : [];
    if (now.length === made.length && now.every((part, i) => part === made[i])) return;
    made = now;
    const d = wanted ? make() : "";
    for (const path of [under, line]) path.setAttribute("d", d);
  }
  return { root: group, draw };
}
