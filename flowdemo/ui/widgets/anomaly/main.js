// Assembly: everything is drawn when the state changes.

if (!document.getElementById("fd-anomaly-style"))
  document.head.append(h("style", { id: "fd-anomaly-style", text: STYLE }));

const surface = createSurface();
const source = createSource();
const tools = createTools();
const settings = createSettings();
const go = createGo();
const auto = createSwitch("Answer each stroke", () => state.auto, (on) => ((state.auto = on), on ? changed() : touch()));
const ghost = createSwitch("Map over the surface", () => state.ghost, (on) => ((state.ghost = on), touch()));
const stage = createStage();
const probe = createProbe(stage);
const threshold = createThreshold();
const moments = createTimes();
const paths = createPaths();
const score = createScore();
const roc = createRoc();
const downloads = createDownloads();
source.takeDrops(surface.root);

const opacity = createRange({
  name: "Opacity of the map", min: 0, max: 100, step: 5, read: () => Math.round(100 * state.opacity),
  write: (value) => ((state.opacity = value / 100), touch()), text: (value) => `${value} %`,
}); // prettier-ignore
const shows = [
  ["threshold", "Above the threshold", "an-k-threshold"],
  ["truth", "Known defect", "an-k-truth"],
  ["strokes", "Your strokes", "an-k-strokes"],
].map(([kind, text, key]) => [
  kind,
  createSwitch(text, () => state.outlines[kind], (on) => ((state.outlines[kind] = on), touch()), key),
]);
const settingsBox = h("details", { class: "an-more" }, h("summary", { text: "Paths, times, weight, seed" }), settings.root);
settingsBox.open = root.clientWidth > NARROW; // on a phone they come after what is seen first
const fails = h(
  "section",
  { class: "an-panel an-fails" },
  h("h2", { text: "Where it fails" }),
  h("ul", {}, ...FAILS.map(([name, text]) => h("li", {}, h("b", { text: `${name}: ` }), text))),
);
const note = h("p", { class: "an-hint" });

const switches = h("div", { class: "an-switches" }, auto.root, ghost.root);
const outlines = h("div", { class: "an-shows", role: "group", "aria-label": "Outlines" }, ...shows.map(([, part]) => part.root));

root.append(
  h(
    "div",
    { class: "an-page" },
    h("div", { class: "an-left" }, source.root, surface.root, source.note, tools.root, switches, go.root, said, settingsBox),
    h(
      "div",
      { class: "an-right" },
      h(
        "div",
        { class: "an-card" },
        stage.root,
        h("div", { class: "an-under-stage" }, probe.root, outlines, opacity.root),
        threshold.root,
        moments.root,
        paths.root,
        h("div", { class: "an-foot" }, downloads.root, note),
      ),
      h("div", { class: "an-card an-below" }, score.root, roc.root, fails),
    ),
  ),
);

const PARTS = [source, surface, tools, auto, ghost, settings, go, opacity, stage, probe, moments, paths, threshold, score, roc, downloads];

function noteText({ meta, end, frames, newest }) {
  const { evaluations, seconds } = end ?? frames[newest] ?? {};
  const parts = [meta.label, `${meta.size.join(" × ")} px`, `K\u00a0=\u00a0${meta.paths}`, `T\u00a0=\u00a0${meta.times.length}`, `seed\u00a0${meta.seed}`];
  if (isNumber(evaluations)) parts.push(plural(evaluations, "evaluation"), duration(seconds));
  return `${parts.join(" · ")}${meta.note ? `. ${meta.note}` : ""}`;
}

function paint() {
  for (const part of PARTS) part.draw();
  for (const [kind, part] of shows) {
    part.draw();
    if (kind === "truth") part.root.hidden = !state.run?.truth;
    if (kind === "strokes") part.root.hidden = !state.strokes.length;
  }
  setText(note, state.run?.meta ? noteText(state.run) : "");
  root.classList.toggle("an-busy", Boolean(state.job));
}

// Means of a map under the strokes and beside them, for the console and tests.
function meansOf(map) {
  const { run, base, strokes } = state;
  if (!run || !map || !base || map.width !== base.width || map.height !== base.height) return null;
  const mask = paintedMask(strokes, map.width, map.height);
  const { scale } = run.meta;
  return { under: meanWhere(map, mask, scale), beside: meanWhere(map, mask.map((inside) => 1 - inside), scale) };
}

// What tests and the console may read; and what the page calls where no answer will come.
root.fdAnomaly = {
  get busy() {
    return Boolean(state.job || state.coming || rest);
  },
  get asked() {
    return asked;
  },
  get strokes() {
    return state.strokes.map((stroke) => ({ ...stroke }));
  },
  get surface() {
    return state.base && { width: state.base.width, height: state.base.height, example: state.example, name: state.name };
  },
  get run() {
    const { run } = state;
    if (!run) return null;
    const { meta, newest, ended, score: found } = run;
    const { weight, aggregation, scale, paths: count } = meta;
    return { id: run.id, weight, aggregation, scale, paths: count, last: run.last, newest, ended, score: found };
  },
  get view() {
    return { mode: state.mode, index: shownIndex(), path: state.path, level: thresholdLevel(), opacity: state.opacity };
  },
  get regions() {
    return threshold.regions();
  },
  get means() {
    return meansOf(shownMap());
  },
  get map() {
    const map = shownMap();
    return map && { width: map.width, height: map.height, values: [...map.values] };
  },
  lost() {
    if (state.job) settle({ status: "failed", message: NOT_TAKEN });
    touch();
  },
};

watch("value", () => receive(props.value));
openFirst();
touch();
