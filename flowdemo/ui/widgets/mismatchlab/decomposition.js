// The decomposition put together: two bands over t, sampled totals on them, and the numbers at one t.

const root = element.querySelector(".mm-decomposition");
const PRESETS = {
  shifted: { name: "Another place", about: "Other mean, same variance", shift: 1.5, ratio: 1, variance: 0.25, dimensions: 3 },
  same: { name: "The same", about: "q = p: all that is left is the denoising term", shift: 0, ratio: 1, variance: 0.25, dimensions: 3 },
  wider: { name: "Wider", about: "Same mean, three times the variance", shift: 0, ratio: 3, variance: 0.25, dimensions: 3 },
  one: { name: "One fixed sample", about: "q is a single point: the denoising term is 0", shift: 1.5, ratio: 0, variance: 0.25, dimensions: 3 },
}; // prettier-ignore
const FINE = Array.from({ length: 97 }, (_, i) => (i + 1.5) / 100);
const COARSE = Array.from({ length: 12 }, (_, i) => (i + 0.75) / 12.5);
const state = { shift: 1.5, ratio: 1, variance: 0.25, dimensions: 3, t: 0.5 };
const draws = createDraws(0);
const touch = onceAFrame(() => paint());

const act = {
  set: (name, value) => ((state[name] = value), touch()),
  load(name) {
    const { name: title, about, ...values } = PRESETS[name];
    Object.assign(state, values);
    setText(spoken, `${title}: ${about}.`);
    touch();
  },
};

const slider = (name, label, hint, min, max, step, text, to = (v) => v, from = (v) => v) => {
  const made = createSlider({ label, hint, min, max, step, text, set: (value) => act.set(name, from(value)) });
  return { root: made.root, draw: () => made.draw(to(state[name])) };
};
const sliders = [
  slider("shift", "Mean shift Δ", "Distance between the means of p and q, in units of the data.", 0, 4, 0.05, (v) => fixed(v)),
  slider("ratio", "Variance ratio r", "Variance of q over that of p, the same along every axis.", 0, 4, 0.05, (v) => fixed(v)),
  slider("variance", "σ of p", "Deviation of p along every axis, in units of the data.", 0.05, 2, 0.05, (v) => fixed(v), Math.sqrt, (v) => v * v),
  slider("dimensions", "Dimensions n", "Both Gaussians are round, in n dimensions.", 1, MOST_DIMENSIONS, 1, (n) => String(n)),
  slider("t", "Time t", "Flow time of the numbers in the table.", 0.02, 0.98, 0.01, (v) => fixed(v)),
]; // prettier-ignore
const presets = Object.entries(PRESETS).map(([key, { name, about }]) => quietButton(name, about, () => act.load(key)));
const plot = createPlot({ upwards: "mean of δ", changed: () => touch() });
const key = keyOf(["mm-key-fisher", "Fisher term: what p does not know of q"], ["mm-key-denoising", "denoising term: left even with the field of q"], ["mm-key-dot", "sampled total"], ["mm-cursor", "the chosen t"]); // prettier-ignore
const table = createTable("", ["", "mean δ", "share"], [
  ["denoising term", "tr E Cov_q(x₀ | x_t) / t²"],
  ["Fisher term", "((1 − t)/t)² E ‖s_p − s_q‖², with s the scores of the distributions of x_t"],
  ["their sum", "The mean disagreement in closed form"],
  ["sampled", `From ${DRAWS} draws, with two standard errors`],
]); // prettier-ignore
const words = h("p", { class: "fl-state" });
const spoken = h("p", { class: "fl-said", role: "status", "aria-live": "polite" });

root.querySelector(".fl-body").append(
  h("div", { class: "fl-card" },
    h("div", { class: "fl-head" }, h("div", { class: "fl-tools", role: "group", "aria-label": "Settings" }, ...presets)),
    h("div", { class: "fl-left mm-column" }, h("h3", { text: "Mean disagreement against t: bands in closed form, dots sampled" }), plot.root, key),
    h("div", { class: "fl-side" }, h("div", { class: "mm-six" }, ...sliders.map((one) => one.root)), table.root, words,
      h("p", { class: "fl-note", text: `Squared units of the data per squared unit of time. Dots: means of ${DRAWS} draws, the same at every t, with bars of two standard errors either way.` }))),
  spoken,
); // prettier-ignore

function stateText() {
  const { denoising, fisher } = partsOf(state, state.t);
  const share = fisher / (denoising + fisher);
  if (!(denoising + fisher > 0)) return "p and q are one and the same point here: nothing disagrees.";
  const head = `At t = ${fixed(state.t)}, ${percent(share)} of the mean disagreement comes from q being another distribution`;
  if (share < 1e-9) return `${head}: a large disagreement alone does not make a sample odd.`;
  if (denoising === 0) return `${head}: q is one point, so nothing about a path to it is uncertain.`;
  return `${head}; the rest is paid even with the field of q.`;
}

const topOf = (value) => Math.ceil(value / niceStep(value)) * niceStep(value);

function paint() {
  for (const one of sliders) one.draw();
  const parts = FINE.map((t) => partsOf(state, t));
  const low = FINE.map((t, i) => [t, parts[i].denoising]);
  const total = FINE.map((t, i) => [t, parts[i].denoising + parts[i].fisher]);
  const dots = COARSE.map((t) => [t, sampleTotal(state, t, draws())]).map(([t, { mean, error }]) => ["mm-dot mm-total", t, mean, error]);
  const bands = [["mm-denoising", low, FINE.map((t) => [t, 0])], ["mm-fisher", total, low]];
  const most = Math.max(...total.map(([, value]) => value), 1e-3);
  plot.draw({ range: [0, topOf(1.05 * most)], bands, lines: [["mm-edge", total]], dots, cursor: state.t, about: `Mean disagreement against t. ${stateText()}` });
  fill();
  setText(words, stateText());
}

function fill() {
  const { denoising, fisher } = partsOf(state, state.t);
  const { mean, error } = sampleTotal(state, state.t, draws());
  const sum = denoising + fisher;
  setText(table.root.caption, `At t = ${fixed(state.t)}`);
  const rows = [[scaled(denoising), percent(denoising / sum)], [scaled(fisher), percent(fisher / sum)], [scaled(sum), sum ? "100 %" : NONE], [`${scaled(mean)} ± ${scaled(2 * error)}`, ""]];
  rows.forEach((values, row) => values.forEach((value, column) => setText(table.cells[row][column], value)));
}

watchColours(root, touch);

// What tests and the console may read.
root.fdDecomposition = {
  get state() {
    return { ...state };
  },
  parts: (settings, t) => partsOf(settings, t),
  sampled: (settings, t) => sampleTotal(settings, t, draws()),
};
