// The film strip. The range is its keyboard; a click on a frame goes there.

const CELL = { height: 60, frame: 8, gap: 2, side: 14 }; // as in the style sheet

function createFilm(state, act) {
  const root = h("div", { class: "fd-film", "aria-hidden": "true" });
  let cells = [];
  let owner = null;
  let marked = null;
  let count = 0;
  let visible = 0;

  new ResizeObserver(([entry]) => {
    visible = entry.target.clientWidth;
    reveal(marked);
  }).observe(root);

  function build(run) {
    count = run.last + 1;
    while (cells.length > count) cells.pop().cell.remove();
    while (cells.length < count) {
      const index = cells.length;
      const canvas = h("canvas", { width: 4, height: 3 });
      const read = h("span", { class: "fd-read", hidden: true });
      const label = h("span");
      const cell = h("div", { class: "fd-cell", onclick: () => act.scrub(index) }, canvas, read, label);
      cells.push({ cell, canvas, read, label, drawn: null });
      root.append(cell);
    }
    if (owner === run) return;
    owner = run;
    root.style.setProperty("--ratio", String(run.meta.size[0] / run.meta.size[1]));
    root.classList.toggle("fd-crisp", small(run));
    const digits = timeDigits(run.meta) && 10 % Math.max(run.meta.frames - 1, 1) === 0 ? 1 : timeDigits(run.meta);
    cells.forEach(({ canvas, label }, i) => {
      setText(label, plannedTime(run, i, digits));
      canvas.classList.add("fd-old");
    });
  }

  // Even times until the frame says its own.
  function plannedTime(run, index, digits) {
    const frame = run.frames[index];
    const { start = 0, end = 1 } = run.meta.time ?? {};
    return decimal(frame ? frame.t : start + ((end - start) * index) / Math.max(run.meta.frames - 1, 1), digits);
  }

  function paint(item, thumb) {
    item.drawn = thumb;
    item.canvas.width = thumb.width;
    item.canvas.height = thumb.height;
    item.canvas.getContext("2d").drawImage(thumb, 0, 0);
    item.canvas.classList.remove("fd-old");
  }

  function mark(index) {
    if (marked === index && cells[index]?.cell.classList.contains("fd-on")) return;
    cells[marked]?.cell.classList.remove("fd-on");
    marked = index;
    const cell = cells[index]?.cell;
    if (!cell) return;
    cell.classList.add("fd-on");
    reveal(index);
  }

  // Places are computed, not measured: reading them here would force a layout for each frame.
  function reveal(index) {
    const { meta } = state.run ?? {};
    if (!meta || index === null) return;
    const width = (CELL.height * meta.size[0]) / meta.size[1] + CELL.frame;
    const whole = count * (width + CELL.gap) - CELL.gap + 2 * CELL.side;
    if (whole <= visible) return;
    root.scrollLeft = CELL.side + index * (width + CELL.gap) - (visible - width) / 2;
  }

  function draw() {
    const run = state.run;
    if (!run?.meta) return;
    if (owner !== run || count !== run.last + 1) build(run);
    cells.forEach((item, i) => {
      const part = run.sample(i, state.sample);
      const thumb = part?.thumb;
      if (thumb && item.drawn !== thumb) paint(item, thumb);
      drawRead(item.read, run, part);
    });
    mark(state.index);
  }

  return { root, draw };
}
