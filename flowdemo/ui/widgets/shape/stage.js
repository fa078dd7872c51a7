// The picture: u in a calm ramp, its level lines, violations and T over it; the start, differences and residuals.

function createStage() {
  const canvas = h("canvas", { class: "fl-canvas sh-canvas", role: "img", "aria-label": "No run is shown yet" });
  const empty = h("p", { class: "sh-empty", text: "Run: the iterations play here, frame by frame." });
  const node = h("div", { class: "sh-stage" }, canvas, empty);
  const screen = createScreen(canvas, () => ((drawn = ""), touch())); // another size has emptied it
  const base = h("canvas"),
    over = h("canvas");
  const lines = { arrows: null, d: "", path: null };
  let drawn = "";

  function pixels(frame, start, view) {
    const { ramp, heat, added, removed } = state.colours;
    if (view === "residual") return painted(base, frame.u, (at) => heat[frame.residual.values[at]]);
    if (view === "before") return painted(base, start.u, (at) => ramp[start.u.values[at]]);
    if (view === "after") return painted(base, frame.u, (at) => ramp[frame.u.values[at]]);
    return painted(base, frame.u, (at) => {
      const change = frame.u.values[at] - start.u.values[at];
      return (change >= 0 ? added : removed)[Math.min(2 * Math.abs(change), TOP)];
    });
  }

  function stroke(path, width, colour, dash = []) {
    const { context, width: side } = screen;
    context.lineWidth = (width * SIDE) / side;
    context.setLineDash(dash.map((part) => (part * SIDE) / side));
    context.strokeStyle = colour;
    context.stroke(path);
  }

  function contours(frame, start, view) {
    const { ink, soft } = state.colours;
    const single = view === "difference" || view === "residual";
    if (view === "difference" && layerOn("half") && state.run.meta.method !== FLOW) stroke((start.outline ??= new Path2D(outlineOf(start.u))), 1.5, ink, [5, 4]);
    linesOf(view === "before" ? start : frame).forEach((path, k) => {
      if (k === HALF ? layerOn("half") : layerOn("contours") && !single) stroke(path, k === HALF ? 2.5 : 0.9, k === HALF ? ink : soft);
    });
  }

  function marks(frame, start, view) {
    const { run, colours } = state,
      { context } = screen;
    const shown = view === "before" ? start : frame;
    if (layerOn("dented") && shown.dented && view !== "difference")
      context.drawImage(painted(over, shown.u, (at) => (shown.dented.values[at] ? colours.dent : 0)), 0, 0, SIDE, SIDE);
    if (layerOn("arrows") && run.meta.arrows?.length) stroke(tangents(run.meta.arrows), 1.5, colours.accent);
    contours(frame, start, view);
    if (layerOn("truth") && run.truth) stroke((run.truthPath ??= new Path2D(outlineOf(run.truth))), 1.75, colours.given, [6, 4]);
  }

  function tangents(arrows) {
    if (lines.arrows !== arrows) Object.assign(lines, { arrows, d: strokesOf(arrows) });
    return (lines.path = new Path2D(lines.d));
  }

  function words(frame, view) {
    const { meta } = state.run;
    const what = named(VIEWS.map(([name, text]) => ({ name, text })), view).text;
    return `${what}, ${meta.symbol} ${frame.t}: area ${frame.numbers.area} px, solidity ${decimal(frame.numbers.solidity, 3)}`;
  }

  function draw() {
    const frame = shownFrame(),
      start = startFrame(),
      view = shownView();
    empty.hidden = Boolean(frame);
    if (!frame || !start || !screen.width || !state.colours) return;
    const { run, index, colours } = state;
    const key = [run.id, index, view, LAYERS.map(([name]) => layerOn(name)), colours.key, screen.width, screen.ratio, Boolean(run.truth)].join(" ");
    if (key === drawn) return;
    drawn = key;
    screen.clear();
    const { context, width, height, ratio } = screen;
    context.setTransform((ratio * width) / SIDE, 0, 0, (ratio * height) / SIDE, 0, 0);
    context.imageSmoothingEnabled = false;
    context.lineJoin = context.lineCap = "round";
    context.drawImage(pixels(frame, start, view), 0, 0, SIDE, SIDE);
    marks(frame, start, view);
    canvas.setAttribute("aria-label", words(frame, view));
  }
  return { root: node, canvas, draw };
}

// What the colours under the stage mean, for the view that is shown.
function createLegend() {
  const bar = h("i", { class: "sh-bar", "aria-hidden": "true" });
  const text = h("span");
  const node = h("p", { class: "fl-note sh-legend" }, bar, text);
  function draw() {
    const view = shownView(),
      frame = shownFrame();
    bar.dataset.view = view;
    const scale = frame?.residual_scale;
    const levels = `u from 0 to 1${layerOn("contours") ? "; lines at 0.1, 0.2 … 0.9" : ""}`;
    const words = {
      before: levels,
      after: levels,
      difference: "taken away – added, full colour from ½ on; the dashed outline is that of the start",
      residual: `|⟨T, ∇u⟩| from 0 to ${significant(scale)} per pixel`,
    };
    setText(text, words[view]);
  }
  return { root: node, draw };
}

// Tables of packed words from the theme, made when it changes.
function stageColours({ stage, accent, ink, soft, classes }) {
  const [ground, green, black] = [stage, accent, ink].map(rgbOf);
  const [red, orange] = [classes[6], classes[1]].map(rgbOf);
  const quiet = mixed(ground, green, 0.45);
  return {
    ink, accent, given: classes[0],
    soft: `rgb(${mixed(ground, black, 0.62).join(" ")})`,
    ramp: rampTable(ground, quiet), heat: rampTable(ground, orange),
    added: rampTable(ground, green), removed: rampTable(ground, red),
    dent: word(red, 165), key: [stage, accent, ink, soft, classes[6]].join(),
  }; // prettier-ignore
}
