// Scores against training steps, one thin line a run and the means of both settings bold.

const root = element.querySelector(".fl-convergence");
const FRAME = { left: 46, right: 16, top: 14, bottom: 40 };
const LINES = { plain: "η = 0", term: "η = 1" };

// A step that divides the range into three to six parts: 1, 2 or 5 times a power of ten.
function niceStep(range) {
  const power = 10 ** Math.floor(Math.log10(range / 3));
  return power * [10, 5, 2, 1].find((factor) => range / (power * factor) >= 3);
}

function createCurves(found) {
  const svgRoot = svg("svg", { class: "fl-curves", role: "img", "aria-label": found.sentence });
  const points = found.runs.flatMap((run) => run.points);
  const most = { step: Math.max(...points.map(([step]) => step)), score: Math.max(...points.map(([, score]) => score)) };
  const stepTick = niceStep(most.step);
  const scoreTick = niceStep(100 * most.score);
  const top = Math.ceil((100 * most.score) / scoreTick) * scoreTick;
  let [width, height] = [900, 340];
  const x = (step) => FRAME.left + ((width - FRAME.left - FRAME.right) * step) / most.step;
  const y = (score) => FRAME.top + (height - FRAME.top - FRAME.bottom) * (1 - (100 * score) / top);
  const line = (name, places) => svg("path", { class: name, d: `M${places.map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("L")}` });
  const text = (words, px, py, anchor, name) => svg("text", { text: words, x: px, y: py, "text-anchor": anchor, class: name });

  function axes() {
    const nodes = [];
    for (let score = 0; score <= top; score += scoreTick) {
      nodes.push(svg("path", { class: "fl-grid", d: `M${FRAME.left} ${y(score / 100)}H${width - FRAME.right}` }));
      nodes.push(text(`${fixed(score, scoreTick < 1 ? 1 : 0)} %`, FRAME.left - 8, y(score / 100) + 4, "end"));
    }
    const every = width < 480 && most.step / stepTick > 3 ? 2 * stepTick : stepTick;
    for (let step = 0; step <= most.step; step += every)
      nodes.push(text(step.toLocaleString("en"), x(step), height - FRAME.bottom + 18, !step ? "start" : x(step) > width - 40 ? "end" : "middle"));
    nodes.push(text("training step", (FRAME.left + width - FRAME.right) / 2, height - 4, "middle"));
    return nodes;
  }

  function level() {
    const nodes = [svg("path", { class: "fl-level", d: `M${FRAME.left} ${y(found.level)}H${width - FRAME.right}` })];
    if (found.reached === null) return nodes;
    nodes.push(svg("path", { class: "fl-level", d: `M${x(found.reached)} ${y(found.level)}V${height - FRAME.bottom}` }));
    nodes.push(svg("circle", { class: "fl-meets", cx: x(found.reached), cy: y(found.level), r: 5 }));
    return nodes;
  }

  function draw() {
    svgRoot.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const thin = found.runs.map(({ eta, points: places }) => line(`fl-run fl-${eta ? "term" : "vanilla"}`, places));
    const bold = Object.keys(LINES).map((key) => line(`fl-mean fl-${key === "term" ? "term" : "vanilla"}`, found.means[key]));
    svgRoot.replaceChildren(...axes(), ...level(), ...thin, ...bold);
  }
  watchWidth(svgRoot, (box) => (({ width, height } = box), draw()));
  return svgRoot;
}

function createKey() {
  const entry = (name, words) =>
    h("span", {}, svg("svg", { viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H18" })), words);
  return h("div", { class: "fl-key" },
    entry("fl-mean fl-vanilla", `mean of ${LINES.plain} (plain flow matching)`), entry("fl-mean fl-term", `mean of ${LINES.term} (with the term)`),
    entry("fl-run fl-vanilla", "one seed each"), entry("fl-level", `final mean of ${LINES.plain}`)); // prettier-ignore
}

// Every number behind the lines: a row for each training step, a column for each run.
function createRaw({ runs }) {
  const steps = [...new Set(runs.flatMap((run) => run.points.map(([step]) => step)))].sort((a, b) => a - b);
  const maps = runs.map((run) => new Map(run.points));
  const cell = (score) => h("td", { text: isNumber(score) ? `${(100 * score).toFixed(2)} %` : NONE });
  const head = ["training step", ...runs.map((run) => `${run.label}, seed ${run.seed}`)];
  return h("details", { class: "fl-raw" }, h("summary", { text: "All numbers" }),
    h("div", { class: "fl-scroll", tabindex: 0, role: "region", "aria-label": "All numbers" },
      h("table", { class: "fl-table" }, h("caption", { text: "mIoU of each run" }), h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col", text })))),
        h("tbody", {}, ...steps.map((step) => h("tr", {}, h("th", { scope: "row", text: step.toLocaleString("en") }), ...maps.map((map) => cell(map.get(step))))))))); // prettier-ignore
}

const found = props.value;
if (found)
  root.querySelector(".fl-body").append(
    h("div", { class: "fl-card fl-single" }, h("p", { class: "fl-state fl-verdict", text: found.sentence }), createCurves(found), createKey(),
      h("p", { class: "fl-note", text: found.source }), createRaw(found)),
  ); // prettier-ignore
