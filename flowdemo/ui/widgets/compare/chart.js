// Curves over the clock from 0 to 1, in steps: between two frames of a run nothing new is known. Both axes are fixed.

const SCORED =
  "Against the ground truth, void left out: mean over the classes in truth or prediction. One picture is no test score.";
const UNSCORED = "Give the ground truth of the picture, and each run's mean IoU against it is drawn here.";

const PLOT = { height: 128, left: 4, right: 22, top: 20, bottom: 20 };

function createCurves(title, meaning, unit) {
  const ground = svg("path", { class: "cp-ground" });
  const hair = svg("line", { class: "cp-hair", y1: PLOT.top - 4, y2: PLOT.height - PLOT.bottom });
  const lines = svg("g");
  const text = (attributes, words) => svg("text", { ...attributes, text: words });
  const foot = PLOT.height - 5;
  const from = text({ x: PLOT.left, y: foot }, "0"),
    name = text({ y: foot, "text-anchor": "middle" }, "progress"),
    to = text({ y: foot, "text-anchor": "end" }, "1"),
    high = text({ x: PLOT.left, y: 11 }, unit);
  const chart = svg("svg", { class: "cp-chart", role: "img" }, ground, lines, hair, from, name, to, high);
  const now = h("b"),
    note = h("p", { class: "cp-note", text: meaning });
  const root = h("div", { class: "cp-card" }, h("h3", {}, h("span", { text: title }), now), note, chart);
  const floor = PLOT.height - PLOT.bottom;
  let width = 300,
    curves = [],
    drawn = "";

  const x = (at) => PLOT.left + (width - PLOT.left - PLOT.right) * at;
  const y = (value) => floor - (floor - PLOT.top) * clamp(value, 0, 1);

  // [[at, value], …] → a path of level pieces, to `until` on the clock.
  function stairs(points, until) {
    const parts = points.map(([at, value], i) => {
      const [along, down] = [x(at).toFixed(1), y(value).toFixed(1)];
      return i ? `H${along}V${down}` : `M${along} ${down}`;
    });
    return `${parts.join("")}H${x(until).toFixed(1)}`;
  }

  function layout() {
    chart.setAttribute("viewBox", `0 0 ${width} ${PLOT.height}`);
    ground.setAttribute("d", `M${PLOT.left} ${floor}H${x(1)}M${PLOT.left} ${PLOT.top}H${x(1)}`);
    to.setAttribute("x", x(1));
    name.setAttribute("x", x(0.5));
    const shown = curves.filter((curve) => curve.points.length);
    lines.replaceChildren(
      ...shown.flatMap((curve) => [
        svg("path", { class: `cp-curve cp-curve-${curve.look}`, d: stairs(curve.points, curve.until) }),
        ...curve.points.map(([at, value]) =>
          svg("circle", { class: `cp-spot cp-curve-${curve.look}`, cx: x(at), cy: y(value), r: spot(curve) }),
        ),
      ]),
      ...labels(shown),
    );
  }

  const spot = (curve) => (curve.points.length > 30 ? 1 : 2);

  // Letters at the ends of the curves, moved apart where they would lie on one another.
  function labels(shown) {
    const ends = shown
      .filter((curve) => curve.letter)
      .map((curve) => ({ curve, at: y(curve.points.at(-1)[1]) }))
      .sort((a, b) => a.at - b.at);
    ends.forEach((end, i) => (end.at = i ? Math.max(end.at, ends[i - 1].at + 11) : end.at));
    const over = ends.length ? Math.max(0, ends.at(-1).at - floor) : 0;
    return ends.map(({ curve, at }) =>
      text({ x: x(curve.until) + 6, y: at - over + 4, class: "cp-end" }, curve.letter),
    );
  }

  // `given`: [{letter, look, points, until}]
  function draw(given, at, reading, said) {
    const key = JSON.stringify(given);
    if (key !== drawn) {
      [curves, drawn] = [given, key];
      layout();
    }
    for (const end of ["x1", "x2"]) hair.setAttribute(end, x(at));
    setText(now, reading);
    chart.setAttribute("aria-label", `${title}: ${said}`);
  }

  new ResizeObserver(([entry]) => {
    if (!entry.contentRect.width || entry.contentRect.width === width) return;
    width = entry.contentRect.width;
    layout();
    touch();
  }).observe(chart);
  chart.addEventListener("pointerdown", (event) => {
    const place = (event.clientX - chart.getBoundingClientRect().left - PLOT.left) / (x(1) - PLOT.left);
    act.tick(nearestTick(place));
  });
  // Without anything to draw the card says why, and keeps its place.
  function offer(text, drawable) {
    setText(note, text);
    chart.style.visibility = drawable ? "" : "hidden";
  }

  return { root, draw, offer };
}

function createCharts() {
  const same = createCurves(
    "Agreement",
    "Share of pixels with the same class in both chosen runs; at progress 0 a flow reads what it starts from.",
    "100 %",
  );
  const score = createCurves(
    "mIoU",
    SCORED,
    "1.0",
  );
  const root = h("div", { class: "cp-charts" }, same.root, score.root);

  function agreement() {
    const points = state.ticks.map((tick) => [tick, agreementAt(tick)]).filter(([, value]) => value !== null);
    const until = points.length ? points.at(-1)[0] : 0;
    return [{ letter: "", look: 0, points, until }];
  }

  function scores() {
    return state.runs.map((run, k) => {
      const steps = run.meta?.steps ?? 1;
      const values = run.frames.map((_, i) => [i / steps, iouOf(k, i)]);
      const points = [...values].filter((point) => point && point[1] !== null);
      return { letter: LETTERS[k], look: k, points, until: points.length ? points.at(-1)[0] : 0 };
    });
  }

  function draw() {
    const share = state.runs.length > 1 ? agreementAt(state.at) : null;
    const [a, b] = state.pair.map((k) => LETTERS[k]);
    const text = isNumber(share) ? percent(share) : "";
    same.draw(state.runs.length > 1 ? agreement() : [], state.at, text, text ? `${text} of ${a} and ${b}` : "nothing yet");
    const known = Boolean(state.head?.panes[0].truth);
    score.offer(known ? SCORED : UNSCORED, known);
    const now = state.runs.map((_, k) => `${LETTERS[k]} ${decimal(iouAt(k, state.at), 3)}`);
    score.draw(scores(), state.at, known ? now.join(" · ") : "", now.join(", "));
  }

  return { root, draw };
}
