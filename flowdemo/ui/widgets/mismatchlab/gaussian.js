// The Gaussian put together: a thin cloud, one anomaly, and what paths at one t tell of it.

const root = element.querySelector(".mm-gaussian");
const PRESETS = {
  thin: { name: "Thin manifold", about: "The anomaly is a little off a thin manifold", on: 2, off: 0.05, zOn: 1, zOff: 0.3, paths: 16, t: 0.5 },
  along: { name: "Odd along it", about: "The anomaly lies far out, but on the manifold", on: 2, off: 0.05, zOn: 5, zOff: 0, paths: 16, t: 0.5 },
  late: { name: "Late t", about: "The same anomaly as at first, at t = 0.9", on: 2, off: 0.05, zOn: 1, zOff: 0.3, paths: 16, t: 0.9 },
}; // prettier-ignore
const state = { on: 2, off: 0.05, zOn: 1, zOff: 0.3, paths: 16, t: 0.5, seed: 0 };
const touch = onceAFrame(() => paint());

let draws = createDraws(0);
const read = () => ({ sigma: { on: state.on, off: state.off }, z: { on: state.zOn, off: state.zOff }, t: state.t, draws: draws() });
let kept = { key: "", value: null };
// AUC of each rule at the present settings.
function found() {
  const key = JSON.stringify(state);
  if (kept.key !== key) kept = { key, value: separate(read().sigma, read().z, state.paths, state.t, draws()) };
  return kept.value;
}

const act = {
  set: (name, value) => ((state[name] = value), touch()),
  load(name) {
    const { name: title, about, ...values } = PRESETS[name];
    Object.assign(state, values);
    say(`${title}: ${about}. ${separationText()}`);
    touch();
  },
  roll() {
    state.seed = (state.seed + 1) % 1000;
    draws = createDraws(state.seed);
    say(`Draws ${state.seed}. ${separationText()}`);
    touch();
  },
};

const slider = (name, label, hint, min, max, step, text, to = (v) => v, from = (v) => v) => {
  const made = createSlider({ label, hint, min, max, step, text, set: (value) => act.set(name, from(value)) });
  return { root: made.root, draw: () => made.draw(to(state[name])) };
};
const sliders = [
  slider("on", "σ on the manifold", "Deviation of normal samples along the manifold.", 0.1, 4, 0.05, (v) => fixed(v)),
  slider("off", "σ off it", "Deviation of normal samples across the manifold.", -2, 0, 0.05, (v) => plainly(10 ** v), Math.log10, (v) => 10 ** v),
  slider("zOn", "z on the manifold", "Offset of the anomaly from the mean, along the manifold.", 0, 8, 0.1, (v) => fixed(v, 1)),
  slider("zOff", "z off it", "Offset of the anomaly from the mean, across the manifold.", 0, 1, 0.01, (v) => fixed(v)),
  slider("paths", "Paths K", "Paths that are aggregated, for the anomaly and for each normal sample.", 1, PATHS, 1, (n) => plural(n, "path")),
  slider("t", "Time t", "Flow time at which the disagreement is read.", 0.02, 0.98, 0.01, (v) => fixed(v)),
]; // prettier-ignore
const presets = Object.entries(PRESETS).map(([key, { name, about }]) => quietButton(name, about, () => act.load(key)));
const roll = quietButton("Other draws", "Samples and noise from the next seed", act.roll);
const means = createMeans(read);
const bars = createBars();
const cloud = createCloud(read);
const moment = h("p", { class: "fl-state" });
const lucky = h("p", { class: "fl-note mm-lucky" });
const spoken = h("p", { class: "fl-said", role: "status", "aria-live": "polite" });

root.querySelector(".fl-body").append(
  h("div", { class: "fl-card" },
    h("div", { class: "fl-head" }, h("div", { class: "fl-tools", role: "group", "aria-label": "Settings" }, ...presets), h("div", { class: "fl-tools fl-right" }, roll)),
    h("div", { class: "fl-left mm-column" }, h("h3", { text: "Disagreement against t: lines in closed form, dots sampled" }), means.root, means.key,
      h("p", { class: "fl-note", text: "Squared units of the data per squared unit of time. A dot is the mean over 400 draws of noise; its bar is two standard errors either way." })),
    h("div", { class: "fl-side" }, h("div", { class: "mm-six" }, ...sliders.map((one) => one.root)),
      h("h3", { text: "Normal samples, equal axes; the cross is the anomaly" }), cloud.root,
      moment, h("h3", { text: "AUC of the anomaly against normal samples, by aggregate" }), bars.root,
      h("p", { class: "fl-note", text: `AUC: how often a draw of paths to the anomaly scores above one to a random normal sample; ½ is a guess. ${DRAWS} draws of each, standard error at most 0.02.` }), lucky)),
  spoken,
); // prettier-ignore

function say(text) {
  setText(spoken, text);
}

function momentText() {
  const { sigma, z, t } = read();
  const [on, off] = ["on", "off"].map((axis) => meanOver(z[axis], sigma[axis], t));
  const base = baseline(sigma.on, t) + baseline(sigma.off, t);
  return `At t = ${fixed(t)} the anomaly disagrees by ${scaled(on + off)} on average, ${scaled(on)} of it on the manifold and ${scaled(off)} off it; a normal sample by ${scaled(base)}.`;
}

function separationText() {
  const { min, order, mean } = found();
  return `AUC: min ${fixed(min)}, order ${fixed(order)}, mean ${fixed(mean)}.`;
}

// How unlikely the noise is that would explain the offset across the manifold away.
function luckyText() {
  const { t, off, zOff, on, zOn } = state;
  const needed = (z, sigma) => ((1 - t) * z) / (t * sigma * sigma);
  return `δ of a path would vanish for noise at ${scaled(needed(zOn, on))} standard deviations along the manifold and ${scaled(needed(zOff, off))} across it. What lies within a few, enough paths explain away, in an anomaly too.`;
}

function paint() {
  if (!cloud.seen()) return;
  for (const one of sliders) one.draw();
  means.draw();
  cloud.draw();
  bars.draw(found());
  setText(moment, momentText());
  setText(lucky, luckyText());
}

watchColours(root, touch);

// What tests and the console may read.
root.fdGaussian = {
  get state() {
    return { ...state };
  },
  get auc() {
    return { ...found() };
  },
  disagreement,
  mean: meanOver,
  sampled: (z, sigma, t, axis) => sampledMean(z, sigma, t, draws().toOdd, axis),
  compare: (normal, odd) => auc(normal, odd),
};

say("");
