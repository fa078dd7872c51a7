// All samples of the run at the current step; a click shows one of them large.

function createWall(state, act) {
  const grid = h("div", { class: "fd-wall" });
  const card = createCard("", grid);
  let tiles = [];

  function addTile() {
    const index = tiles.length;
    const canvas = h("canvas", { width: 4, height: 3 });
    const read = h("span", { class: "fd-read", hidden: true });
    const tile = h(
      "button",
      { type: "button", "aria-pressed": "false", onclick: () => act.sample(index) },
      canvas,
      read,
    );
    tiles.push({ tile, canvas, read, drawn: null });
    grid.append(tile);
  }

  function build(run) {
    while (tiles.length > run.meta.samples) tiles.pop().tile.remove();
    while (tiles.length < run.meta.samples) addTile();
    grid.style.setProperty("--ratio", String(run.meta.size[0] / run.meta.size[1]));
    grid.style.setProperty("--count", String(Math.min(run.meta.samples, 4)));
    grid.classList.toggle("fd-crisp", small(run));
    const words = wallWords(run);
    setText(card.heading, words.heading);
    setText(card.text, words.text);
    tiles.forEach(({ tile }, k) => tile.setAttribute("aria-label", `${words.tile} ${k + 1}`));
  }

  let owner = null;
  function draw(run) {
    if (owner !== run) build(run);
    owner = run;
    tiles.forEach((item, k) => {
      const part = run.sample(state.index, k);
      item.tile.setAttribute("aria-pressed", String(k === state.sample));
      drawRead(item.read, run, part);
      const thumb = part?.thumb;
      if (!thumb || item.drawn === thumb) return;
      item.drawn = thumb;
      item.canvas.width = thumb.width;
      item.canvas.height = thumb.height;
      item.canvas.getContext("2d").drawImage(thumb, 0, 0);
    });
  }

  return { root: card.root, draw };
}

// The class read at a step, on the picture of the image half while that half dissolves.
function drawRead(badge, run, part) {
  const shown = run.global && run.pair.forms === "label" && part?.level;
  badge.hidden = !shown;
  if (shown) setText(badge, run.palette.classes[part.level.nearest]?.name ?? NONE);
}
