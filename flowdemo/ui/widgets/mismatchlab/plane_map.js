// The score of every place of the plane as a target, as a map with its scale.

function createMap(title, storeOf) {
  const canvas = h("canvas", { class: "fl-canvas", role: "img" });
  const paper = createPaper(canvas);
  const { pen } = paper;
  const heading = h("h3", {});
  const bar = h("i", { class: "mm-bar" });
  const [low, middle, high] = ["", "", ""].map(() => h("span", {}));
  const root = h("figure", { class: "mm-map" }, heading, h("div", { class: "fl-stage" }, canvas), bar,
    h("div", { class: "mm-ends", "aria-hidden": "true" }, low, middle, high)); // prettier-ignore
  const tile = document.createElement("canvas");
  [tile.width, tile.height] = [GRID.width, GRID.height];

  // Values of all cells, of which some may stand for others that are not there yet: { values, scale }, or null.
  function measure() {
    const store = storeOf();
    if (!store.done) return null;
    const depends = [law(), store.times, state.rule, state.weight, store.done];
    return remember(title, depends, () => {
      const own = store.scores(state.rule, state.weight);
      const values = own.map((value, cell) => (store.ready[cell] ? value : own[standIn(store, cell)] ?? NaN));
      return { values, scale: createScale(own.filter((value) => value === value)) };
    });
  }

  function shade({ values, scale }, ramp) {
    const context = tile.getContext("2d");
    const image = context.createImageData(GRID.width, GRID.height);
    values.forEach((value, cell) => {
      if (value !== value) return;
      image.data.set([...ramp[Math.round((STEPS - 1) * scale.share(value))], 255], 4 * cell);
    });
    context.putImageData(image, 0, 0);
  }

  function draw(colours, ramp, words) {
    setText(heading, words);
    canvas.setAttribute("aria-label", `${words}: the score of every place as a target.`);
    bar.style.background = `linear-gradient(90deg, ${[0, 64, 128, 192, 255].map((i) => `rgb(${ramp[i]})`).join(", ")})`;
    const found = measure();
    if (!paper.screen.width || !found) return;
    paper.screen.clear();
    shade(found, ramp);
    Object.assign(pen, { imageSmoothingEnabled: true, imageSmoothingQuality: "high" });
    pen.drawImage(tile, 0, 0, paper.screen.width, paper.screen.height);
    drawPoints(paper, points(), 0.9, colours.ink, 0.45);
    drawTarget(paper, 6, colours);
    const { scale } = found;
    [[low, `≤ ${scaled(scale.low)}`], [middle, scaled(Math.sqrt(scale.low * scale.high))], [high, scaled(scale.high)]].forEach(([node, text]) => setText(node, text)); // prettier-ignore
  }
  return { root, canvas, paper, draw, measure, scale: () => measure()?.scale ?? createScale([1e-3, 1]) };
}
