// The plane put together.

const view = createView();
const head = createHead();
const clock = createClock();
const constants = createConstants();
const curvesView = createCurves();
const readout = createReadout();
const mapNow = createMap("now", storeNow);
const mapAll = createMap("all", storeAll);
const question = h("p", { class: "fl-state mm-question" });
const verdict = h("p", { class: "fl-state mm-verdict" });
const spoken = h("p", { class: "fl-said", role: "status", "aria-live": "polite" });
const progress = h("p", { class: "fl-note mm-progress" });

const legend = h("div", { class: "fl-legend" }, keyOf(
  ["mm-chord", "straight path from noise to the target; a dot is its x_t"], ["mm-ahead", "v* drawn (1 − t) long, to the end it predicts"],
  ["mm-rest", "rest of the way to the true end: (1 − t)(u − v*), shaded by w(t) δ as the first map"])); // prettier-ignore

root.querySelector(".fl-body").append(
  h("div", { class: "fl-card" }, head.root,
    h("div", { class: "fl-left" }, h("div", { class: "fl-stage" }, view.canvas), clock.root, question, legend),
    h("div", { class: "fl-side" }, constants.root, verdict,
      h("div", { class: "mm-maps" }, mapNow.root, mapAll.root), progress, readout.root),
    h("div", { class: "fl-below" }, curvesView.root, curvesView.key)),
  h("p", { class: "fl-keys" }, "Drag the target, or press where it shall be, in the plane or in a map. ",
    h("span", { class: "fl-bykey", text: "Keys in the plane: arrows move it (Shift: further), Space plays t." })),
  spoken,
); // prettier-ignore
for (const { canvas, paper } of [view, mapNow, mapAll]) listenToPointer(canvas, paper);
listenToKeys(view.canvas);

function say(text) {
  setText(spoken, text);
}

let colours = null;
let ramp = null;

function progressText() {
  const open = [storeNow(), storeAll()].reduce((sum, { done, count, stride }) => sum + (count - done) * stride, 0);
  const whole = [storeNow(), storeAll()].reduce((sum, { count, stride }) => sum + count * stride, 0);
  const scale = "Every place is scored as if it were the target, all with the same seeds: streaks are chance. Each map has its own logarithmic scale.";
  return open ? `Computing the maps: ${Math.floor(100 * (1 - open / whole))} %.` : scale;
}

function paint() {
  if (!colours || !view.paper.screen.width) return;
  for (const part of [head, clock, constants, curvesView, readout]) part.draw();
  setText(question, questionText());
  paintMaps();
  explore();
}

// What follows from the maps, which come a piece at a time.
function paintMaps() {
  view.draw(colours, ramp, mapNow.scale());
  const { name } = WEIGHTS[state.weight];
  mapNow.draw(colours, ramp, `At t = ${fixed(state.t)}: ${name === "1" ? "" : `${name} · `}${RULES[state.rule].name} δ`);
  mapAll.draw(colours, ramp, `Accumulated over ${state.times} times: H`);
  setText(verdict, verdictText());
  setText(progress, progressText());
}

watchColours(root, (found) => {
  colours = found;
  ramp = createRamp(found);
  touch();
});

// What tests and the console may read.
root.fdPlane = {
  get state() {
    return structuredClone(state);
  },
  get score() {
    return score();
  },
  get chords() {
    return structuredClone(chords());
  },
  get scale() {
    return view.paper.scale();
  },
  get busy() {
    return [storeFresh(), storeNow(), storeAll()].some((store) => store.done < store.count);
  },
  get maps() {
    return [mapNow, mapAll].map((map) => [...map.measure().values]);
  },
  get fresh() {
    return [...(freshScores() ?? [])];
  },
  set: (name, count, seed) => SETS[name].make(count, seed),
  gaussians,
  velocity: (x, y, t, places, smoothing) => [...createField(places, smoothing)(x, y, t, [0, 0])],
  disagreements: (places, smoothing, target, starts, at) => [...disagreements(createField(places, smoothing), target, starts, at)],
  aggregate: (values, rule, share) => aggregate(Float64Array.from(values), 0, values.length, rule, share),
  scoreOf: (values, at, paths, rule, weight) => scoreOf(Float64Array.from(values), 0, at, paths, rule, weight),
};

touch();
say("");
