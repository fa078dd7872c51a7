// The large picture: sized to whole device pixels, drawn from what the state says.

function createStage(state) {
  const canvas = h("canvas", {
    class: "sp-canvas",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "plane of points",
    "aria-label": "Plane of points. Enter drops a point, arrows move it.",
  });
  const notice = h("p", { class: "sp-notice", text: "Fetching the trained networks …" });
  const box = h("div", { class: "sp-stage" }, canvas, notice);
  const context = canvas.getContext("2d");
  const shade = createShading();
  let plane = createPlane(640, 480),
    ratio = 1,
    colours = null,
    states = null;

  // Where the browser says how many device pixels the box covers, the canvas has exactly as many: nothing is blurred.
  const pixels = (size, exact) => {
    const about = size * devicePixelRatio;
    return exact && Math.abs(exact - about) < 2 ? exact : Math.round(about);
  };
  const watcher = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (!width) return;
    const exact = entry.devicePixelContentBoxSize?.[0];
    canvas.width = pixels(width, exact?.inlineSize);
    canvas.height = pixels(height, exact?.blockSize);
    ratio = canvas.width / width;
    plane = createPlane(width, height);
    touch();
  });
  try {
    watcher.observe(canvas, { box: "device-pixel-content-box" }); // tells of zoom as well
  } catch {
    watcher.observe(canvas);
  }

  const restyle = () => {
    colours = readColours(root);
    touch();
  };
  new MutationObserver(restyle).observe(document.body, { attributeFilter: ["class"] });
  restyle();

  function drawCloud() {
    const run = cloudRun();
    if (states?.length !== run.size) states = new Float64Array(run.size);
    statesAt(run, progressOf(state.direction, state.t), states);
    const { classes } = state.cloud;
    if (state.layers.points) drawMarks(context, plane.toX, plane.toY, colours, states, classes, 3.1);
    if (!state.layers.wrong || state.direction !== CLASSIFY) return;
    drawRings(context, plane.toX, plane.toY, colours.ink, states, wrongOnes(run, classes), 5, 1, 0.6);
  }

  function draw() {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, plane.width, plane.height);
    const field = currentField();
    notice.hidden = Boolean(field);
    if (!field) return;
    const label = sliceLabel();
    if (state.layers.answer) shade(context, plane, colours, field, state.t, label);
    if (state.layers.arrows)
      drawArrows(context, plane, colours, field, state.t, label, state.direction === GENERATE);
    drawCloud();
    const progress = progressOf(state.direction, state.t);
    const order = state.points.map((_, i) => i).filter((i) => i !== state.chosen);
    for (const i of chosenPoint() ? [...order, state.chosen] : order)
      drawDropped(context, plane, colours, state.points[i], i, i === state.chosen, progress);
  }

  const refuse = (text) => {
    setText(notice, text);
    notice.hidden = false;
  };
  return {
    root: box,
    canvas,
    draw,
    refuse,
    get plane() {
      return plane;
    },
    get colours() {
      return colours;
    },
  };
}
