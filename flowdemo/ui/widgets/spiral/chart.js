// Label against t: the cloud faintly, the chosen point with its vertices, and what the field answered on the way.

const CHART = { left: 26, right: 10, top: 10, bottom: 22, range: 2.4 };
const BEHIND = 13; // every 13th point of the cloud is drawn

function createChart() {
  const { left, right, top, bottom, range } = CHART;
  const line = (name) => svg("path", { class: name });
  const cloud = line("sp-behind"),
    guides = line("sp-guide"),
    zero = line("sp-zero"),
    fine = line("sp-fine"),
    answer = line("sp-answer"),
    path = line("sp-path");
  const dots = svg("g", {}),
    hair = svg("line", { class: "sp-hair", y1: top }),
    now = svg("circle", { class: "sp-now", r: 5 });
  const texts = [
    ["+1", 1],
    ["0", 0],
    ["−1", -1],
  ].map(([text, value]) => [svg("text", { text, x: left - 6, "text-anchor": "end" }), value]);
  const times = ["t = 0", "t = 1"].map((text, i) => svg("text", { text, "text-anchor": i ? "end" : "start" }));
  const shapes = [
    cloud,
    guides,
    zero,
    hair,
    answer,
    fine,
    path,
    dots,
    now,
    ...texts.map(([text]) => text),
    ...times,
  ];
  const root = svg("svg", { class: "sp-chart", role: "img" }, ...shapes);
  const entry = (name, text) =>
    h(
      "span",
      {},
      svg("svg", { viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H18" })),
      text,
    );
  const claimed = entry("sp-answer", "answer");
  const key = h("div", { class: "sp-key" }, entry("sp-path", "label"), claimed, entry("sp-fine", `${FINE} steps`));
  let width = 236,
    height = 176,
    drawn = "";

  const x = (t) => left + (width - left - right) * t;
  const y = (label) => top + ((height - bottom - top) * (range - clamp(label, -range, range))) / (2 * range);
  const join = (points) =>
    points.length ? `M${points.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}` : "";

  function layout() {
    root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const across = (label) => `M${left} ${y(label)}H${width - right}`;
    guides.setAttribute("d", across(1) + across(-1));
    zero.setAttribute("d", across(0));
    for (const [text, value] of texts) text.setAttribute("y", y(value) + 4);
    hair.setAttribute("y2", height - bottom);
    for (const text of times) text.setAttribute("y", height - 6);
    times[0].setAttribute("x", left);
    times[1].setAttribute("x", width - right);
  }

  const labels = (run, offset) =>
    Array.from({ length: run.steps + 1 }, (_, i) => [
      x(timeOf(run.direction, i / run.steps)),
      y(run.path[i * run.size + offset + 2]),
    ]);

  function drawCloud() {
    const run = cloudRun();
    const parts = [];
    for (let at = 0; at < run.size; at += BEHIND * SIZE) parts.push(join(labels(run, at)));
    cloud.setAttribute("d", parts.join(""));
  }

  function drawPoint(point, colours) {
    for (const part of [fine, answer, path, now, dots]) part.style.display = point ? "" : "none";
    if (!point) return root.setAttribute("aria-label", "Label against t for points of the cloud.");
    const run = pointRun(point);
    fine.setAttribute("d", join(labels(pointRun(point, FINE), 0)));
    path.setAttribute("d", join(labels(run, 0)));
    claimed.hidden = state.direction !== CLASSIFY;
    const claims = state.direction === CLASSIFY ? answersAlong(currentField(), run) : [];
    answer.setAttribute("d", join(claims.map((claim, i) => [x(timeOf(run.direction, i / run.steps)), y(claim)])));
    const radius = run.steps > 20 ? 1.75 : 3;
    dots.replaceChildren(
      ...labels(run, 0).map(([cx, cy], i) =>
        svg("circle", { cx, cy, r: radius, fill: colours.ramp[rampIndex(vertex(run, i)[2])] }),
      ),
    );
    const end = endsOf(run)[2];
    root.setAttribute("aria-label", `Label against t: from ${signedText(point.label)} to ${signedText(end)}.`);
  }

  function drawNow(point, colours) {
    for (const name of ["x1", "x2"]) hair.setAttribute(name, x(state.t));
    if (!point) return;
    const label = statesAt(pointRun(point), progressOf(state.direction, state.t))[2];
    now.setAttribute("cx", x(state.t));
    now.setAttribute("cy", y(label));
    now.setAttribute("fill", colours.ramp[rampIndex(label)]);
  }

  new ResizeObserver(([entry]) => {
    if (!entry.contentRect.width) return;
    ({ width, height } = entry.contentRect);
    drawn = "";
    touch();
  }).observe(root);

  function draw(colours) {
    const point = chosenPoint();
    const { x: px, y: py, label } = point ?? {};
    const key = [state.version, state.direction, state.steps, width, height, px, py, label, colours.ink].join();
    if (key !== drawn) {
      layout();
      drawCloud();
      drawPoint(point, colours);
    }
    drawn = key;
    drawNow(point, colours);
  }

  return { root, key, draw };
}
