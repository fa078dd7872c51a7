// Three small explanations under the player, and the numbers of the frame beside the picture.

const CHART = { height: 132, left: 4, right: 6, top: 22, bottom: 20 };

function createNumbers(state) {
  const rows = createRows([
    ["t", "t", "Time of the flow, in the system's own orientation."],
    [
      "speed",
      "mean |v|",
      "Mean length of the velocity over all pixels, in state units per unit of t (a state lies in −1…1).",
    ],
    ["changed", "changed", "Share of pixels whose class differs from the frame before."],
    ["evaluations", "evaluations", "Network calls so far."],
    ["step", "this step", "Time this step took."],
    ["seconds", "since Run", "Time since Run was pressed."],
  ]);
  const root = h("div", { class: "fd-numbers" }, h("h3", { text: "This frame" }), rows.root);
  function draw() {
    const { run, index } = state;
    const frame = run?.frames[index];
    if (!run?.meta || !frame) return;
    const { mean_speed, changed, step_seconds } = frame.numbers;
    rows.set("t", decimal(frame.t, timeDigits(run.meta)));
    rows.set("speed", significant(mean_speed));
    rows.set("changed", isNumber(changed) ? `${percent(changed)} of pixels` : NONE);
    rows.set("evaluations", isNumber(frame.evaluations) ? String(frame.evaluations) : NONE);
    rows.set("step", duration(step_seconds));
    rows.set("seconds", duration(frame.seconds));
  }
  return { root, draw };
}

// A curve (or bars) over the steps with a mark at the current one; a press goes to that step.
function createCurve({ label, bars, act }) {
  const { height, left, right, top, bottom } = CHART;
  const floor = height - bottom;
  const line = svg("path", { class: bars ? "fd-bars" : "fd-curve" });
  const area = svg("path", { class: "fd-under" });
  const ground = svg("path", { class: "fd-frame" });
  const hair = svg("line", { class: "fd-hair", y1: top - 6, y2: floor });
  const dot = svg("circle", { class: "fd-dot", r: 4 });
  const now = svg("text", { class: "fd-now", "text-anchor": "end", y: 11 });
  const high = svg("text", { x: left, y: 11 });
  const from = svg("text", { x: left, y: height - 5 }),
    to = svg("text", { y: height - 5, "text-anchor": "end" });
  const root = svg("svg", { class: "fd-chart", role: "img" }, ground, area, hair, line, dot, now, high, from, to);
  let width = 300,
    values = [],
    ceiling = 1,
    last = 1,
    at = 0;
  const inset = bars ? 8 : 0; // room for half of the first and last bar
  const span = () => width - left - right - 2 * inset;
  const x = (i) => left + inset + (span() * i) / Math.max(last, 1);
  const y = (value) => floor - (floor - top) * clamp(value / ceiling, 0, 1);

  // Drawn in screen pixels, so that text keeps its size.
  function layout() {
    root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    ground.setAttribute("d", `M${left} ${floor}H${width - right}`);
    for (const text of [now, to]) text.setAttribute("x", width - right);
    const known = values.map((value, i) => [i, value]).filter(([, value]) => isNumber(value));
    const points = known.map(([i, value]) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
    if (bars) {
      line.setAttribute(
        "d",
        known.map(([i, value]) => `M${x(i).toFixed(1)} ${floor}V${y(value).toFixed(1)}`).join(""),
      );
      line.setAttribute("stroke-width", clamp((0.7 * span()) / Math.max(last, 1), 1, 14));
    } else {
      line.setAttribute("d", points.length ? `M${points.join("L")}` : "");
      const [first, final] = [known[0], known.at(-1)];
      area.setAttribute(
        "d",
        points.length > 1 ? `M${points.join("L")}L${x(final[0])} ${floor}L${x(first[0])} ${floor}Z` : "",
      );
    }
    mark();
  }

  function mark() {
    const known = isNumber(values[at]);
    for (const name of ["x1", "x2"]) hair.setAttribute(name, x(at));
    dot.style.display = known && !bars ? "" : "none";
    if (!known) return;
    dot.setAttribute("cx", x(at));
    dot.setAttribute("cy", y(values[at]));
  }

  function set(given, steps, most, unit) {
    [values, last, ceiling] = [given, steps, most || 1];
    setText(high, unit(ceiling));
    layout();
  }

  function cursor(index, text) {
    at = index;
    setText(now, isNumber(values[at]) ? text(values[at]) : "");
    mark();
  }

  new ResizeObserver(([entry]) => {
    if (!entry.contentRect.width) return;
    width = entry.contentRect.width;
    layout();
  }).observe(root);
  root.addEventListener("pointerdown", (event) => {
    const place = event.clientX - root.getBoundingClientRect().left;
    act.scrub(Math.round(((place - left - inset) / span()) * last));
  });
  const ends = (start, end) => (setText(from, start), setText(to, end));
  const describe = (text) => root.setAttribute("aria-label", `${label}: ${text}`);
  return { root, set, cursor, ends, describe };
}

function createCard(title, ...content) {
  const heading = h("h3", { text: title }),
    text = h("p");
  return { heading, text, root: h("div", { class: "fd-card" }, heading, text, ...content) };
}

// The value of each frame: from the curves at the end, from the frames until then.
function series(run, key, number) {
  const curve = run.end?.curves?.[key];
  if (Array.isArray(curve) && curve.length) {
    const start = run.last - curve.length + 1; // a curve over steps has no value at the start
    return Array.from({ length: run.last + 1 }, (_, i) => curve[i - Math.max(start, 0)] ?? null);
  }
  return number ? Array.from({ length: run.newest + 1 }, (_, i) => run.frames[i]?.numbers[number] ?? null) : [];
}

const hasClasses = (run) => (run.meta.views ?? []).includes("classes");
const largest = (values) => Math.max(0, ...values.filter(isNumber));

function createExplanations(state, act) {
  const speed = createCurve({ label: "Mean speed over the run", act });
  const settled = createCurve({ label: "Share of settled pixels over the run", act });
  const changed = createCurve({ label: "Share of pixels that changed class in each step", bars: true, act });
  const straight = createCard("How straight", speed.root);
  const settling = createCard("When pixels settle", settled.root);
  const changes = createCard("What each step changes", changed.root);
  const wall = createWall(state, act);
  const root = h("div", { class: "fd-below" }, straight.root, settling.root, changes.root, wall.root);
  let drawn = "";

  function redraw(run) {
    const { start = 0, end = 1 } = run.meta.time ?? {};
    const cut = run.last < run.meta.frames - 1;
    for (const curve of [speed, settled, changed]) {
      curve.ends(timeText(run.meta, start), timeText(run.meta, cut ? run.frames[run.last]?.t : end));
    }
    const speeds = series(run, "speed", "mean_speed");
    speed.set(speeds, run.last, 1.08 * largest(speeds), (most) => `mean |v|, up to ${significant(most / 1.08)}`);
    const shares = series(run, "settled", null);
    settled.set(shares, run.last, 1, () => "100 %");
    const steps = series(run, "changed", "changed");
    changed.set(steps, run.last, 1.08 * largest(steps), (most) => `up to ${percent(most / 1.08)}`);
    describe(run, speeds, shares, steps);
  }

  function describe(run, speeds, shares, steps) {
    const { path_length: length, straightness } = run.end?.numbers ?? {};
    const known = isNumber(length) || isNumber(straightness);
    const sentence = known
      ? `Path ${significant(length)} long, chord / path ${decimal(straightness, 3)}; 1 is a straight line.`
      : run.end
        ? "The path was not measured."
        : "Even speed means a straight path.";
    setText(straight.text, sentence);
    speed.describe(`${sentence} Highest mean speed ${significant(largest(speeds))}.`);
    const label = run.meta.settling_label || "Share of pixels in their final class.";
    setText(settling.text, run.end || !shares.length ? label : "");
    const half = shares.findIndex((share) => share >= 0.5);
    settled.describe(half < 0 ? "known at the end of the run" : `half of the pixels have settled by step ${half}.`);
    setText(changes.text, "Share of pixels that get another class.");
    changed.describe(`most change, ${percent(largest(steps))}, in one step.`);
  }

  function draw() {
    const run = state.run;
    if (!run?.meta) return;
    const key = `${run.id} ${run.arrived} ${Boolean(run.end)}`;
    if (key !== drawn) redraw(run);
    drawn = key;
    settling.root.hidden = !hasClasses(run);
    changes.root.hidden = run.meta.samples > 1 || !hasClasses(run);
    wall.root.hidden = !(run.meta.samples > 1);
    speed.cursor(state.index, significant);
    settled.cursor(state.index, percent);
    changed.cursor(state.index, percent);
    if (run.meta.samples > 1) wall.draw(run);
  }

  return { root, draw };
}

// All samples of the run at the current step; a click shows one of them large.
function createWall(state, act) {
  const grid = h("div", { class: "fd-wall" });
  const card = createCard("Same mask, other seeds", grid);
  let tiles = [];

  function build(run) {
    while (tiles.length > run.meta.samples) tiles.pop().tile.remove();
    while (tiles.length < run.meta.samples) {
      const index = tiles.length;
      const canvas = h("canvas", { width: 4, height: 3 });
      const tile = h(
        "button",
        {
          type: "button",
          "aria-label": `Picture ${index + 1}`,
          "aria-pressed": "false",
          onclick: () => act.sample(index),
        },
        canvas,
      );
      tiles.push({ tile, canvas, drawn: null });
      grid.append(tile);
    }
    grid.style.setProperty("--ratio", String(run.meta.size[0] / run.meta.size[1]));
    grid.style.setProperty("--count", String(Math.min(run.meta.samples, 4)));
    const start = synthesis(run.meta) ? "mask" : "picture";
    setText(card.heading, `Same ${start}, other seeds`);
    const beta = isNumber(run.meta.beta)
      ? `What β = ${Number(run.meta.beta.toFixed(2))} grey levels buys`
      : "What the noise buys";
    setText(card.text, `${beta}: ${run.meta.samples} pictures from one ${start}.`);
  }

  let owner = null;
  function draw(run) {
    if (owner !== run) build(run);
    owner = run;
    tiles.forEach((item, k) => {
      const thumb = run.sample(state.index, k)?.thumb;
      item.tile.setAttribute("aria-pressed", String(k === state.sample));
      if (!thumb || item.drawn === thumb) return;
      item.drawn = thumb;
      item.canvas.width = thumb.width;
      item.canvas.height = thumb.height;
      item.canvas.getContext("2d").drawImage(thumb, 0, 0);
    });
  }

  return { root: card.root, draw };
}
