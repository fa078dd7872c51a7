// The pixel probe: one question to the server for each picked pixel; everything else is local.

const SPACE_HEIGHT = 164;
const SPACE_FOOT = 18; // for the name of the axes
const MAX_NAMES = 7;

function createProbe(state, act) {
  const where = h("span"),
    why = h("small");
  const axes = svg("text", { x: 8, y: SPACE_HEIGHT - 8, class: "fd-axis", text: "code space, projected" });
  const chart = svg("svg", { class: "fd-space", role: "img", "aria-label": "Code space" }, axes);
  const strip = h("div", { class: "fd-strip", role: "img" });
  const rows = createRows([
    ["now", "class now", "Class whose code is nearest to the pixel at this step."],
    ["distance", "code distance", "Distance to the nearest class code, in grey levels of 0–255."],
    ["settled", "settled at", "Step from which on the pixel keeps its class."],
    ["straight", "chord / path", "Distance from start to end over the length of the path: 1 is a straight line."],
  ]);
  const root = h("div", { class: "fd-probe" }, h("h3", {}, where, why), chart, strip, rows.root);
  const dot = svg("circle", { r: 4.5, class: "fd-dot" });
  let shown = null;
  let points = [];
  let ticket = 0;
  let width = 208;

  new ResizeObserver(([entry]) => {
    if (!entry.contentRect.width) return;
    width = entry.contentRect.width;
    shown = null;
    act.touch();
  }).observe(chart);

  async function ask(byPerson) {
    const { run, sample, pixel } = state;
    const mine = ++ticket; // the path before stays until the new one is here
    act.touch();
    if (!run?.end || !pixel || !hasCodes(run)) return;
    try {
      const data = await answer(server.probe(run.id, sample, pixel.x, pixel.y));
      if (mine !== ticket || state.run !== run) return;
      state.probe = { ...data, ...pixel, sample, run: run.id };
      act.probed(state.probe, byPerson);
    } catch (error) {
      if (mine !== ticket) return;
      state.probe = null;
      if (byPerson) act.message(error.message);
    }
    act.touch();
  }

  // Codes and path on the plane that suits both; without a pixel, the codes alone.
  function build(run, probe) {
    const classes = run.palette.classes;
    const path = probe?.path ?? [];
    const visited = new Set(
      (probe?.classes ?? []).map((index) => classes.findIndex((entry) => entry.index === index)),
    );
    const flat = planeOfPath(path, run.meta.codes, visited);
    const spots = run.meta.codes
      .map((code, i) => ({ at: flat(code), entry: classes[i], visited: visited.has(i) }))
      .filter(({ entry }) => entry);
    const framed = spots.filter((spot) => spot.visited || spots.length <= 8 || !probe).map(({ at }) => at);
    const box = { width, height: SPACE_HEIGHT - SPACE_FOOT };
    const trail = path.map(flat);
    const place = fitInto([...trail, ...framed], box.width, box.height, { x: 30, y: 22 });
    points = trail.map(place);
    const placed = spots.map((spot) => ({ ...spot, at: place(spot.at) }));
    chart.setAttribute("viewBox", `0 0 ${width} ${SPACE_HEIGHT}`);
    chart.replaceChildren(axes, ...drawCodes(placed, points, box), ...drawTrail(points), ...(probe ? [dot] : []));
    buildStrip(run, probe?.classes ?? []);
    const last = probe && (run.palette.byIndex.get(probe.classes.at(-1))?.name ?? NONE);
    const sentence = probe
      ? `Path of pixel ${probe.x}, ${probe.y} through code space; it ends in ${last}.`
      : "Class codes in code space.";
    chart.setAttribute("aria-label", sentence);
  }

  function buildStrip(run, classes) {
    strip.replaceChildren(
      ...classes.map((index) => {
        const cell = h("i");
        cell.style.background = run.palette.byIndex.get(index)?.css ?? "";
        return cell;
      }),
    );
    strip.setAttribute(
      "aria-label",
      classes.length ? `Classes along the way: ${spans(classes, run.palette)}` : "No pixel is followed",
    );
  }

  function drawNumbers(run, probe) {
    const at = probe && clamp(state.index, 0, probe.classes.length - 1);
    const entry = probe && run.palette.byIndex.get(probe.classes[at]);
    const distance = probe?.distance?.[at];
    rows.set("now", entry?.name ?? NONE, entry?.css);
    rows.set("distance", isNumber(distance) ? `${distance.toFixed(0)} levels` : NONE);
    rows.set("straight", decimal(probe?.straightness));
    if (!probe) return rows.set("settled", NONE);
    const step = probe.settled;
    rows.set("settled", step === 0 ? "the start" : `step ${step}, ${timeText(run.meta, probe.t[step]).replace(" = ", " ")}`);
  }

  function heading() {
    const { run, pixel, probe } = state;
    if (!pixel || !run?.meta) return ["Pixel", "click the picture to follow one"];
    if (!run.end) return [`Pixel ${pixel.x}, ${pixel.y}`, "path follows at the end"];
    return [`Pixel ${pixel.x}, ${pixel.y}`, state.picked || !probe ? "" : latestPixel(run)];
  }

  function draw() {
    const { run, probe } = state;
    root.hidden = Boolean(run?.meta) && !hasCodes(run);
    const [title, note] = heading();
    setText(where, title);
    setText(why, note);
    const wanted = probe ?? (run?.meta ? run.palette.key : null);
    if (shown !== wanted && wanted && hasCodes(run)) build(run, probe);
    shown = wanted;
    if (run?.meta) drawNumbers(run, probe);
    if (!probe) return;
    const at = clamp(state.index, 0, points.length - 1);
    dot.setAttribute("cx", points[at][0]);
    dot.setAttribute("cy", points[at][1]);
    [...strip.children].forEach((cell, i) => cell.classList.toggle("fd-on", i === at));
  }

  return { root, ask, draw };
}

function drawTrail(points) {
  const last = Math.max(points.length - 1, 1);
  const parts = points.slice(1).map(([x, y], i) => {
    const line = svg("line", { x1: points[i][0], y1: points[i][1], x2: x, y2: y, class: "fd-trail" });
    line.style.stroke = `color-mix(in srgb, var(--_accent) ${Math.round(25 + (75 * (i + 1)) / last)}%, var(--_line))`;
    return line;
  });
  const marks = points.map(([x, y], i) =>
    svg("circle", { cx: x, cy: y, r: i === 0 ? 3.5 : 1.5, class: i === 0 ? "fd-start" : "fd-mark" }),
  );
  return [...parts, ...marks];
}

// Codes as dots of their class; names where there is room, visited classes first.
function drawCodes(spots, points, box) {
  const inside = spots.filter(({ at: [x, y] }) => x > 3 && y > 3 && x < box.width - 3 && y < box.height - 3);
  const dots = inside.map(({ at, entry, visited }) => {
    const circle = svg(
      "circle",
      { cx: at[0], cy: at[1], r: visited ? 6 : 4.5, class: "fd-code" },
      svg("title", { text: entry.name }),
    );
    circle.style.fill = entry.css;
    return circle;
  });
  const taken = [
    ...inside.map(({ at: [x, y] }) => ({ x: x - 6, y: y - 6, width: 12, height: 12 })),
    ...points.map(([x, y]) => ({ x: x - 2, y: y - 2, width: 4, height: 4 })),
  ];
  const order = [...inside].sort((a, b) => Number(b.visited) - Number(a.visited));
  const names = order
    .slice(0, MAX_NAMES)
    .map((spot) => nameBeside(spot, taken, box))
    .filter(Boolean);
  return [...dots, ...names];
}

function nameBeside({ at: [x, y], entry, visited }, taken, box) {
  const name = entry.name.length > 16 ? `${entry.name.slice(0, 15)}…` : entry.name;
  const width = 5.9 * name.length + 2;
  const places = [
    [x + 9, y - 7],
    [x - 9 - width, y - 7],
    [x - width / 2, y - 21],
    [x - width / 2, y + 8],
  ];
  const meets = (a, b) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  const fits = (spot) => spot.x >= 2 && spot.y >= 1 && spot.x + width <= box.width - 2 && spot.y + 14 <= box.height;
  const free = places
    .map(([left, top]) => ({ x: left, y: top, width, height: 14 }))
    .find((spot) => fits(spot) && !taken.some((other) => meets(spot, other)));
  if (!free) return null;
  taken.push(free);
  return svg("text", {
    x: free.x + 1,
    y: free.y + 11,
    class: visited ? "fd-name fd-visited" : "fd-name",
    text: name,
  });
}

// "sky for 3 frames, road for 8 frames"
function spans(classes, palette) {
  const parts = [];
  for (const index of classes) {
    if (parts.at(-1)?.index === index) parts.at(-1).count++;
    else parts.push({ index, count: 1 });
  }
  return parts
    .map(({ index, count }) => `${palette.byIndex.get(index)?.name ?? index} for ${plural(count, "frame")}`)
    .join(", ");
}

// The pixel that settles last, nearest to the middle: the most telling path when nobody has chosen one yet.
function lastToSettle(settling, size) {
  const { width, height, values } = settling;
  let best = 0,
    score = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const x = i % width,
      y = (i - x) / width;
    const off = Math.hypot(x / width - 0.5, y / height - 0.5);
    if (values[i] - off > score) [best, score] = [i, values[i] - off];
  }
  const x = best % width,
    y = (best - x) / width;
  return { x: Math.floor(((x + 0.5) * size[0]) / width), y: Math.floor(((y + 0.5) * size[1]) / height) };
}
