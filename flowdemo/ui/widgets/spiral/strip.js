// Six small pictures: the same points by 1, 2, 5, 10, 20 and 50 Euler steps, and what each number of steps is worth.

const PAPER = { 1: 100.0, 2: 92.0, 5: 87.0, 10: 83.6, 20: 82.6, 50: 82.0 }; // accuracy, %, Caetano et al.
const TILE = { left: -1.35, right: 1.85, top: 1.14, bottom: -1.14 }; // part of the plane in a small picture

function createStrip() {
  const title = h("h3"),
    about = h("p", { class: "sp-about" });
  const tiles = STEP_COUNTS.map(createTile);
  const root = h(
    "div",
    { class: "sp-strip" },
    h("div", { class: "sp-line" }, title, about),
    h(
      "div",
      { class: "sp-tiles", role: "group", "aria-label": "Number of Euler steps" },
      ...tiles.map((tile) => tile.root),
    ),
  );
  const wanted = [];
  let drawn = "";

  // One number of steps at a time, so that the page stays responsive.
  function work(colours) {
    const tile = wanted.shift();
    if (!tile || !root.isConnected) return;
    tile.show(colours);
    setTimeout(() => work(colours), 0);
  }

  function draw(colours) {
    const reading = state.direction === CLASSIFY;
    const n = state.cloud.classes.length;
    setText(
      title,
      reading
        ? `The same ${n} points, read after 1 to 50 Euler steps`
        : `${n} points made of one noise in 1 to 50 Euler steps`,
    );
    setText(
      about,
      reading
        ? "accuracy; points in full colour are read wrong"
        : "median gap between a true point and the nearest made one",
    );
    for (const tile of tiles) tile.mark();
    const key = [
      state.version,
      state.direction,
      colours.ink,
      devicePixelRatio,
      tiles.map((tile) => tile.width),
    ].join();
    if (key === drawn) return;
    drawn = key;
    const idle = !wanted.length;
    wanted.splice(0, wanted.length, ...tiles);
    if (idle) setTimeout(() => work(colours), 0);
  }

  const results = () => tiles.map((tile) => tile.result).filter(Boolean);
  return { root, draw, results };
}

function createTile(count) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const figure = h("b", { text: " " }),
    paper = h("small", { text: " " });
  const root = h(
    "button",
    { type: "button", class: "sp-tile", "aria-pressed": "false", onclick: () => (act.steps(count), tellPoint()) },
    canvas,
    h("span", { text: stepsText(count) }),
    figure,
    paper,
  );
  const tile = { root, result: null, width: 0, show, mark };
  let height = 0;

  new ResizeObserver(([entry]) => {
    tile.width = entry.contentRect.width;
    height = entry.contentRect.height;
    if (state.cloud && tile.width) touch();
  }).observe(canvas);

  function mark() {
    root.setAttribute("aria-pressed", String(state.steps === count));
  }

  function show(colours) {
    if (!tile.width) return;
    const run = cloudRun(count);
    const { classes, points } = state.cloud;
    if (run.direction === CLASSIFY) {
      const wrong = wrongOnes(run, classes);
      const right = classes.length - wrong.length;
      tile.result = { steps: count, n: classes.length, right };
      setText(figure, `${((100 * right) / classes.length).toFixed(1)} %`);
      setText(paper, `paper ${PAPER[count].toFixed(1)} %`);
      drawRead(colours, run, wrong);
    } else {
      const distance = uncovered(run, points, classes);
      tile.result = { steps: count, n: classes.length, distance };
      setText(figure, numberText(distance, 3));
      setText(paper, "units of the data");
      drawMade(colours, run);
    }
  }

  function context() {
    const ratio = devicePixelRatio;
    [canvas.width, canvas.height] = [Math.round(tile.width * ratio), Math.round(height * ratio)];
    const found = canvas.getContext("2d");
    found.setTransform(ratio, 0, 0, ratio, 0, 0);
    return found;
  }

  function scales() {
    const scale = Math.min(tile.width / (TILE.right - TILE.left), height / (TILE.top - TILE.bottom));
    const middle = [(TILE.left + TILE.right) / 2, (TILE.top + TILE.bottom) / 2];
    return [(x) => tile.width / 2 + (x - middle[0]) * scale, (y) => height / 2 - (y - middle[1]) * scale];
  }

  // Points where they were, in the colour of the class they were read as.
  function drawRead(colours, run, wrong) {
    const [toX, toY] = scales();
    const ends = endsOf(run);
    const { points, classes } = state.cloud;
    const shown = new Float64Array(run.size);
    classes.forEach((_, i) =>
      shown.set([points[SIZE * i], points[SIZE * i + 1], classOf(ends[SIZE * i + 2])], SIZE * i),
    );
    const pen = context();
    pen.globalAlpha = 0.34;
    drawMarks(pen, toX, toY, colours, shown, classes, 1.5);
    pen.globalAlpha = 1;
    const amiss = (values, size) => wrong.flatMap((i) => [...values.slice(size * i, size * i + size)]);
    drawMarks(pen, toX, toY, colours, amiss(shown, SIZE), amiss(classes, 1), 2);
  }

  // Points where generation put them, in the colour of the class they were asked for.
  function drawMade(colours, run) {
    const shown = endsOf(run).slice();
    state.cloud.classes.forEach((label, i) => (shown[SIZE * i + 2] = label));
    const [toX, toY] = scales();
    drawMarks(context(), toX, toY, colours, shown, state.cloud.classes, 1.5);
  }

  return tile;
}
