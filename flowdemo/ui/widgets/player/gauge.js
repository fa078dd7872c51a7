// Labels of a whole picture: the classes lie on a line of levels, and the mean of the label channel says which is near.

const NAME_STEP = 12; // px between names that can still be read

// Ladder of the class levels between two heights in px, half a spacing of room at both ends.
function createLadder(run, top, floor) {
  const { levels } = run;
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  const room = levels.length > 1 ? (0.5 * (high - low)) / (levels.length - 1) : 1;
  const scale = (floor - top) / (high - low + 2 * room);
  const y = (mean) => floor - scale * (clamp(mean, low - room, high + room) - low + room);
  // Every class, or every so many; always the one that matters.
  const every = Math.ceil(NAME_STEP / (scale * 2 * room));
  const named = (i, kept) => i === kept || (i % every === 0 && (kept === null || Math.abs(i - kept) >= every));
  return { y, named, names: levels.map((_, i) => run.palette.classes[i]?.name ?? String(i)) };
}

const signed = (value) => decimal(value).replace("-", "−");
const short = (name) => (name.length > 14 ? `${name.slice(0, 13)}…` : name);

function readingOf(run, level) {
  if (!level) return ["", "", "", ""];
  const away = level.distances?.[level.nearest];
  const name = classWords(run.palette.classes[level.nearest]?.name ?? NONE);
  return [`mean ${signed(level.mean)} → `, name, ", ", `${decimal(away)} spacings away`];
}

const GAUGE = { height: 238, top: 6, floor: 232, bar: 34, wide: 14, values: 190 };

// The axis of levels as the colour bar of the level map, a band for each class, with the mean's place now and the
// places it came from.
function createGauge(state) {
  const { height, top, floor, bar, wide } = GAUGE;
  const bands = svg("g");
  const ticks = svg("path", { class: "fd-ticks" });
  const past = svg("path", { class: "fd-past" });
  const marker = svg("path", { class: "fd-mark", d: `M${bar - 2} 0l-10 -6v12Z` });
  const needle = svg("path", { class: "fd-needle", d: `M${bar} 0h${wide}` });
  const now = svg("g", {}, needle, marker);
  const names = svg("g");
  const axis = [bands, ticks, past, names, now];
  const chart = svg("svg", { class: "fd-gauge-axis", role: "img", height }, ...axis);
  const parts = [h("span"), h("b"), h("span"), h("span", { class: "fd-away" })];
  const reading = h("p", { class: "fd-reading" }, ...parts);
  const root = h(
    "div",
    { class: "fd-gauge", hidden: true },
    h("h3", {}, h("span", { text: "Reading" }), h("small", { text: "mean of the level map" })),
    chart,
    reading,
  );
  let owner = null;
  let ladder = null;

  function build(run) {
    ladder = createLadder(run, top, floor);
    const [low, high] = [Math.min(...run.levels), Math.max(...run.levels)];
    const half = (floor - top) / (2 * run.levels.length);
    const band = (level) => {
      const grey = Math.round((255 * (level - low)) / (high - low || 1));
      const place = { x: bar, y: ladder.y(level) - half, width: wide, height: 2 * half };
      return svg("rect", { ...place, fill: `rgb(${grey} ${grey} ${grey})` });
    };
    const frame = svg("rect", { class: "fd-rail", x: bar, y: top, width: wide, height: floor - top });
    bands.replaceChildren(...run.levels.map(band), frame);
    ticks.setAttribute("d", run.levels.map((level) => `M${bar + wide} ${ladder.y(level)}h6`).join(""));
    names.replaceChildren(...ladder.names.map((name, i) => rowOf(run, name, i)));
  }

  function rowOf(run, name, i) {
    const y = ladder.y(run.levels[i]) + 4;
    const given = i === run.meta.label;
    const row = svg("g", { class: given ? "fd-given" : "" });
    row.append(svg("text", { x: bar + wide + 12, y, text: short(name) }));
    row.append(svg("text", { class: "fd-level", x: GAUGE.values, y, text: given ? "given" : signed(run.levels[i]) }));
    return row;
  }

  // Where the mean has been: one short line for each step before this.
  function drawPast(run, index) {
    const means = run.frames.slice(0, index).map((frame) => frame.samples[state.sample]?.level?.mean);
    past.setAttribute(
      "d",
      means.filter(isNumber).map((mean) => `M${bar - 32} ${ladder.y(mean).toFixed(1)}h14`).join(""),
    );
  }

  function draw() {
    const { run, index } = state;
    const shown = Boolean(run?.global && run.levels.length);
    if (run?.meta) root.hidden = !shown;
    if (!shown) return;
    if (owner !== run) build(run);
    owner = run;
    const level = run.sample(index, state.sample)?.level ?? null;
    readingOf(run, level).forEach((text, i) => setText(parts[i], text));
    now.style.display = level ? "" : "none";
    if (!level) return;
    now.setAttribute("transform", `translate(0 ${ladder.y(level.mean).toFixed(1)})`);
    [...names.children].forEach((name, i) => {
      name.style.display = ladder.named(i, level.nearest) ? "" : "none";
      name.classList.toggle("fd-now", i === level.nearest);
    });
    drawPast(run, index);
    chart.setAttribute("aria-label", `Levels of the classes: ${reading.textContent}`);
  }

  return { root, draw };
}
