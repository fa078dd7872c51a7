// The plane put together.

const view = createView();
const head = createHead();
const constants = createConstants();
const targets = createTargets();
const shares = createPrior();
const chart = createLawChart();
const descent = createDescentReadout();
const census = createCensusReadout();
const words = h("p", { class: "fl-state" });
const spoken = h("p", { class: "fl-said", role: "status", "aria-live": "polite" });
const title = h("h3");

const legend = (...entries) =>
  h("div", { class: "fl-key fl-legend" }, ...entries.map(([name, text]) =>
    h("span", {}, svg("svg", { viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H18" })), ...rich(text)))); // prettier-ignore
const legends = {
  [TARGET]: legend(["fl-term", "path of the prediction"], ["fl-dotted", "the same with η = 0"], ["fl-dashed", "closest approach"]),
  [POPULATION]: legend(["fl-path", "state x_t, a dot a step"], ["fl-aim", "its prediction x̂₁"], ["fl-dotted", "state with η = 0"]),
};
const stack = (...nodes) => h("div", { class: "fl-stack" }, ...nodes);

root.querySelector(".fl-body").append(
  h(
    "div",
    { class: "fl-card" },
    head.root,
    h("div", { class: "fl-left" },
      h("div", { class: "fl-stage" }, view.canvas),
      stack(legends[TARGET], legends[POPULATION]),
      stack(descent.root, census.root)),
    h("div", { class: "fl-side" },
      constants.root,
      stack(targets.root, shares.root),
      words,
      title,
      chart.root,
      chart.key),
  ),
  h("p", { class: "fl-keys" },
    "A press in the plane drops a start, a drag moves a code or a start. ",
    h("span", { class: "fl-bykey", text: "Keys there: N and P choose, arrows move (Shift: further), Enter drops a start, Delete removes it." })),
  spoken,
); // prettier-ignore
listenToPointer(view);
listenToKeys(view.canvas);

function say(text) {
  setText(spoken, text);
}

function paint() {
  const population = state.mode === POPULATION;
  for (const [there, node] of [[!population, legends[TARGET]], [!population, descent.root], [!population, targets.root],
    [population, legends[POPULATION]], [population, census.root], [population, shares.root]]) // prettier-ignore
    node.classList.toggle("fl-away", !there);
  for (const part of [view, head, constants, targets, shares, chart]) part.draw();
  census.entitle(); // its place is kept while it is not seen
  (population ? census : descent).draw();
  setRich(words, stateText());
  setText(title, `Pull towards code ${state.target} against the distance from it`);
}

// What tests and the console may read.
root.fdPlane = {
  get state() {
    return structuredClone(state);
  },
  get paths() {
    const ends = (eta) => targetPaths(eta).map((path) => ({ ...measure(path, state.codes, state.target), end: path.at(-1) }));
    return { plain: ends(0), term: ends(state.eta) };
  },
  get flows() {
    return { plain: flowPaths(0), term: flowPaths(state.eta) };
  },
  get census() {
    return census.results();
  },
  get law() {
    return sampleLaw();
  },
  predict: (x, y, t) => createPredictor(well(), prior(), state.eta)(x, y, t),
  gradient(settings, place, weights) {
    const out = [0, 0];
    const entropy = gradient(createWell(settings.codes, settings), place[0], place[1], weights, out);
    return [...out, entropy];
  },
  get scale() {
    return view.scale();
  },
  // Milliseconds from a move of a code to the end of all drawing, as a drag makes it, without the wait for the screen.
  timeMove() {
    act.hold("code", 0);
    const [x, y] = state.codes[0],
      begin = performance.now();
    act.move(x + 0.001, y);
    paint();
    return performance.now() - begin;
  },
};

act.load("five");
say("");
