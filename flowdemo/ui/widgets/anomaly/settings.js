// What the network is asked, and how its answers are brought together.

function createSettings() {
  const count = (key, name, title) =>
    createRange({
      name, title, min: 1, max: MAX_COUNT, read: () => state.settings[key], text: String,
      write: (value) => ((state.settings[key] = value), touch()), settle: (value) => act.set(key, value),
    }); // prettier-ignore
  const paths = count("paths", "Paths K", "Straight lines, each from another noise to the picture");
  const moments = count("times", "Times T", "Places on each path at which the network is asked");
  const weights = createChoice("Weight w(t)", WEIGHTS, () => state.settings.weight, (value) => act.grade("weight", value));
  const kinds = createChoice("Over the paths", AGGREGATIONS, () => state.settings.aggregation, (value) => act.grade("aggregation", value));
  const shares = createChoice(
    "Share of the paths",
    SHARES.map((share) => [share, decimal(share, 1)]),
    () => state.settings.share,
    (value) => act.grade("share", value),
  );
  const seed = createSeed();
  const cost = h("p", { class: "an-hint" }),
    means = h("p", { class: "an-hint an-means" });
  const named = (text, part, extra = null) => h("div", { class: "an-field" }, h("span", { class: "an-label", text }), part.root, extra);
  const shareRow = named("Share of the paths", shares);
  const node = h(
    "div",
    { class: "an-settings" },
    h("div", { class: "an-two" }, paths.root, moments.root),
    cost,
    h("div", { class: "an-grades" }, named("Weight w(t)", weights), named("Over the paths", kinds), shareRow),
    means,
    seed.root,
  );

  function draw() {
    for (const part of [paths, moments, weights, kinds, shares]) part.draw();
    const { settings } = state;
    setText(cost, COST(settings.paths, settings.times));
    shareRow.classList.toggle("an-off", settings.aggregation !== "order");
    for (const button of shares.root.children) button.disabled = settings.aggregation !== "order";
    setText(means, `${WEIGHT_MEANS[settings.weight]} ${AGGREGATION_MEANS[settings.aggregation]}`);
  }
  return { root: node, draw };
}

// Analyse and Stop; one of them is always off, and the focus follows.
function createGo() {
  const go = h("button", { type: "button", class: "an-go", text: "Analyse", onclick: press });
  const stop = h("button", { type: "button", class: "an-stop", text: "Stop", onclick: () => (act.stop(), touch(), go.focus()) });
  const node = h("div", { class: "an-buttons" }, go, stop);
  function press() {
    if (state.job) return; // the second of a double click
    act.analyse();
    if (!state.job) return;
    stop.disabled = false;
    if (document.activeElement === go) stop.focus({ preventScroll: true }); // go is about to be disabled
  }
  function draw() {
    const idle = !state.job,
      focused = document.activeElement === stop;
    go.disabled = !idle || !state.base;
    if (idle && focused) go.focus({ preventScroll: true });
    stop.disabled = idle;
  }
  return { root: node, draw };
}
