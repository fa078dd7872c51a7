// δ of the target's paths against t, plainly and under both weights, with the least and the mean over paths.

function createCurves() {
  const panels = Object.entries({ velocity: "δ(t)", noise: "t² δ(t)", reconstruction: "(1 − t)² δ(t)" }).map(([weight, upwards]) => {
    const plot = createPlot({ upwards, logarithmic: true, changed: () => touch() });
    const name = h("h3", { text: WEIGHTS[weight].about });
    return { weight, plot, root: h("div", { class: "mm-panel" }, name, plot.root) };
  });
  const key = keyOf(["mm-least", "least of the paths"], ["mm-mean", "mean"], ["mm-order", "order statistic, if chosen"], ["mm-one", "one path"], ["mm-cursor", "the chosen t"]); // prettier-ignore
  const root = h("div", { class: "mm-curves" }, ...panels.map((panel) => panel.root));

  const aggregates = () =>
    remember("aggregates", [law(), state.target], () => {
      const over = (rule) => STOPS.map((_, j) => aggregate(curves(), j * state.paths, state.paths, rule));
      return { min: over("min"), mean: over("mean"), order: over("order") };
    });

  function draw() {
    const found = aggregates();
    for (const { weight, plot, root: panel } of panels) {
      const weighed = (values) => STOPS.map((t, j) => [t, WEIGHTS[weight].of(t) * values[j]]);
      const one = (k) => weighed(STOPS.map((_, j) => curves()[j * state.paths + k]));
      const lines = Array.from({ length: state.paths }, (_, k) => ["mm-one", one(k)]);
      if (state.rule === "order") lines.push(["mm-order", weighed(found.order)]);
      lines.push(["mm-mean", weighed(found.mean)], ["mm-least", weighed(found.min)]);
      const seen = [...weighed(found.min), ...weighed(found.mean)].map(([, value]) => value);
      panel.classList.toggle("mm-chosen", weight === state.weight);
      plot.draw({ range: powersAround(seen, 5), lines, cursor: state.t, about: `${WEIGHTS[weight].about} against t. ${targetText()}` });
    }
  }
  return { root, key, draw };
}
