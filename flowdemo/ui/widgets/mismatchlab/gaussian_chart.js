// The closed form against t with sampled means on it, the bars of AUC, and the thin cloud that all this is about.

const FINE = Array.from({ length: 97 }, (_, i) => (i + 1.5) / 100); // times of the lines
const COARSE = Array.from({ length: 12 }, (_, i) => (i + 0.75) / 12.5); // times of the dots

function createMeans(read) {
  const plot = createPlot({ upwards: "mean of δ over noise", logarithmic: true, changed: () => touch() });
  const key = keyOf(["mm-on", "on the manifold, m(t; z)"], ["mm-off", "off it, m(t; z)"], ["mm-mean", "both, the anomaly"],
    ["mm-base", "both, mean of normal samples: σ²/D, summed"], ["mm-cursor", "the chosen t"]); // prettier-ignore
  function draw() {
    const { sigma, z, t, draws } = read();
    const along = (axis) => FINE.map((at) => [at, meanOver(z[axis], sigma[axis], at)]);
    const [on, off] = [along("on"), along("off")];
    const both = FINE.map((at, i) => [at, on[i][1] + off[i][1]]);
    const base = FINE.map((at) => [at, baseline(sigma.on, at) + baseline(sigma.off, at)]);
    const dots = COARSE.flatMap((at) => ["on", "off"].map((axis, i) => {
      const { mean, error } = sampledMean(z[axis], sigma[axis], at, draws.toOdd, i);
      return [`mm-dot mm-${axis}`, at, mean, error];
    })); // prettier-ignore
    const lines = [["mm-base", base], ["mm-on", on], ["mm-off", off], ["mm-mean", both]];
    const range = powersAround([...both, ...base, ...off, ...on].map(([, value]) => value), 5);
    plot.draw({ range, lines, dots, cursor: t, about: `Mean disagreement against t. ${momentText()}` });
  }
  return { root: plot.root, key, draw };
}

// A row for each rule: its name, a bar from 0 to 1 with a mark at one half, and the number.
function createBars() {
  const rows = Object.entries(RULES).map(([rule, { name, about }]) => {
    const fill = h("i", { class: "mm-fill" });
    const value = h("b", {});
    const root = h("div", { class: "mm-auc", title: about }, h("span", { text: name }), h("span", { class: "mm-track" }, fill), value);
    return { rule, fill, value, root };
  });
  const root = h("div", { class: "mm-aucs", role: "group", "aria-label": "AUC of each aggregate" }, ...rows.map((row) => row.root));
  function draw(found) {
    for (const { rule, fill, value } of rows) {
      fill.style.width = `${100 * found[rule]}%`;
      setText(value, fixed(found[rule]));
    }
  }
  return { root, draw };
}

// Normal samples with equal axes, and the anomaly among them.
function createCloud(read) {
  const root = svg("svg", { class: "mm-cloud", role: "img", "aria-label": "Normal samples along a thin Gaussian, and the anomaly" });
  let [width, height] = [0, 0];
  function draw() {
    if (!width) return;
    const { sigma, z, draws } = read();
    const reach = Math.max(3.2 * sigma.on, z.on * 1.15, (1.2 * z.off * width) / height, 0.5);
    const [toX, toY] = [(x) => width / 2 + (x / reach) * (width / 2), (y) => height / 2 - (y / reach) * (width / 2)];
    const dots = Array.from({ length: 160 }, (_, i) => svg("circle", { class: "mm-sample", r: 1.8, cx: toX(sigma.on * draws.samples[2 * i]), cy: toY(sigma.off * draws.samples[2 * i + 1]) }));
    const [px, py] = [toX(z.on), toY(z.off)];
    root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    root.replaceChildren(...dots, svg("path", { class: "mm-cross", d: `M${px - 5} ${py - 5}l10 10M${px - 5} ${py + 5}l10 -10` }));
  }
  watchWidth(root, (box) => (({ width, height } = box), touch()));
  return { root, draw, seen: () => width > 0 };
}
