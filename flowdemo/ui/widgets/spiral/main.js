// Assembly: what the server ships comes in once, then everything is drawn when the state changes.

if (!document.getElementById("fd-spiral-style"))
  document.head.append(h("style", { id: "fd-spiral-style", text: STYLE }));

const stage = createStage(state);
const head = createHead();
const legend = createLegend();
const slice = createSlice();
const transport = createTransport();
const side = createSide();
const strip = createStrip();
const training = createTraining();
const spoken = h("p", { class: "sp-said", role: "status", "aria-live": "polite" });

const keys = h(
  "p",
  { class: "sp-keys" },
  "A press in the picture drops a point, a drag moves it. ",
  h("span", {
    class: "sp-bykey",
    text:
      "Keys there: Enter drops, arrows move (Shift: further), N and P choose, " +
      "R draws another start, Delete deletes, Space plays.",
  }),
);

const card = h(
  "div",
  { class: "sp-card" },
  head.root,
  h("div", { class: "sp-plane" }, stage.root, h("div", { class: "sp-caption" }, legend.root, slice.root)),
  side.root,
  transport.root,
  strip.root,
);
root.querySelector(".sp-page").append(training.root, h("div", { class: "sp-main" }, card, keys, spoken));
listenToPointer(state, stage.canvas);
listenToKeys(stage.canvas, transport.range);

function say(text, warning = false) {
  setText(spoken, text);
  spoken.classList.toggle("sp-bad", warning);
}

function paint() {
  if (!stage.colours) return;
  stage.draw();
  training.draw();
  for (const part of [head, legend, transport]) part.draw();
  if (!currentField()) return;
  for (const part of [slice, side, strip]) part.draw(stage.colours);
}

// Seven numbers a point: x, y, label noise, class; then the noise and label of a point to generate.
function readCloud(base64) {
  const rows = unpack(base64);
  const n = rows.length / 7;
  const pick = (columns) =>
    Float64Array.from({ length: SIZE * n }, (_, i) => rows[7 * Math.floor(i / SIZE) + columns[i % SIZE]]);
  const classes = Array.from({ length: n }, (_, i) => classOf(rows[7 * i + 3]));
  return { points: pick([0, 1, 2]), toClassify: pick([0, 1, 2]), toGenerate: pick([4, 5, 6]), classes };
}

// A point of the cloud that one step reads right and the chosen number wrong: what the page is about.
function firstPoint() {
  const { points, classes } = state.cloud;
  const ends = (count, i) => {
    const point = points.subarray(SIZE * i, SIZE * i + SIZE).map(toHundredths);
    return classOf(endsOf(integrate(currentField(), point, count, CLASSIFY))[2]);
  };
  const index = classes.findIndex(
    (label, i) => ends(1, i) === label && ends(state.steps, i) !== label && ends(FINE, i) !== label,
  );
  const [x, y, label] = points.subarray(SIZE * Math.max(index, 0)).map(toHundredths);
  state.points.push({ x, y, label, seed: state.seed, by: "one of the cloud" });
  state.chosen = 0;
}

async function open() {
  const found = await server.shipped(null).catch(() => ({ error: FAILED }));
  if (!found?.weights) return stage.refuse(found?.error ?? "There are no trained networks here.");
  state.cloud = readCloud(found.cloud);
  for (const { seed, packed } of found.weights) state.fields.set(seed, createField(packed));
  training.offer(found.weights.map(({ seed }) => seed));
  act.use(found.weights[0].seed);
  firstPoint();
}

// What tests and the console may read; and what the page calls where no answer will come.
root.fdSpiral = {
  get state() {
    const { shown, direction, steps: count, t, playing, backwards, chosen, label } = state;
    return { shown, direction, steps: count, t, playing, backwards, chosen, label };
  },
  get points() {
    return state.points.map((point) => ({
      ...point,
      end: [...endsOf(pointRun(point))],
      fine: [...endsOf(pointRun(point, FINE))],
    }));
  },
  get strip() {
    return strip.results();
  },
  get training() {
    return { ...training.job };
  },
  get plane() {
    const { width, height, scale } = stage.plane;
    return { width, height, scale, x: VIEW.x, y: VIEW.y };
  },
  get version() {
    return state.version;
  },
  lost: training.lost,
};

watch("value", () => training.receive(props.value));
open();
