// The pictures of a run, all at the same t; a press on a finished one classifies it.

const TILE_SIDE = 32;

function createGrid() {
  const list = h("div", { class: "lb-grid" });
  const empty = h("p", { class: "lb-empty" });
  const judge = h("p", { class: "lb-hint" });
  const root = h("div", { class: "lb-gridplace" }, list, empty);
  let tiles = [];

  function build(count) {
    tiles = Array.from({ length: count }, (_, k) => {
      const canvas = h("canvas", { width: TILE_SIDE, height: TILE_SIDE, "aria-hidden": "true" });
      const badge = h("span", { class: "lb-badge" });
      const node = h("button", { type: "button", class: "lb-tile", onclick: () => act.readMade(k) }, canvas, badge);
      return { node, canvas, badge, bitmap: null };
    });
    list.replaceChildren(...tiles.map(({ node }) => node));
  }

  function drawBadge({ node, badge }, k) {
    const run = state.run,
      made = run?.made?.[k];
    const reads = made?.reads;
    const judged = Number.isInteger(reads);
    const wrong = judged && reads !== run.about.label;
    badge.classList.toggle("lb-wrong", wrong);
    setText(badge, judged ? `${wrong ? "✗ " : ""}reads ${run.offer.classes[reads]}` : "");
    const what = judged ? `, read as ${run.offer.classes[reads]} by another network` : "";
    node.disabled = !made;
    node.title = made ? "Classify this one" : "";
    node.setAttribute("aria-label", `Picture ${k + 1}${what}${made ? ": classify this one" : ""}`);
  }

  function draw() {
    const { run, offer } = state;
    const count = run ? run.about.samples : state.make.samples;
    if (tiles.length !== count) build(count);
    const frame = run?.frames[state.index];
    list.classList.toggle("lb-idle", !run);
    list.classList.toggle("lb-crispgrid", offer.digits);
    list.style.setProperty("--ratio", offer.size[0] / offer.size[1]);
    tiles.forEach((tile, k) => {
      drawBadge(tile, k);
      const bitmap = run ? (frame?.bitmaps[k] ?? tile.bitmap) : null; // until it is decoded, the one before stays
      if (tile.bitmap === bitmap) return;
      tile.bitmap = bitmap;
      const { canvas } = tile;
      if (bitmap) Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      if (bitmap) context.drawImage(bitmap, 0, 0);
    });
    empty.hidden = Boolean(run);
    const name = className(state.make.label);
    setText(empty, `Press Generate: ${plural(count, "picture")} of “${name}” form here from noise.`);
    const done = run?.made ? "Press a picture to classify it. " : "";
    setText(judge, done + WHY_JUDGE(offer.judge));
  }
  return { root, judge, draw };
}
