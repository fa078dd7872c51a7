// The image score among those of normal validation surfaces.

const BINS = 28;

// "higher than 97 % of 93 normal pictures"
function rankWords(score, scores) {
  const below = scores.filter((value) => value < score).length,
    all = scores.length;
  if (!all) return "";
  if (below === all) return `higher than all ${all} normal pictures`;
  if (below === 0) return `higher than none of ${all} normal pictures`;
  const share = (100 * below) / all;
  return `higher than ${share > 99 ? "more than 99" : share < 1 ? "less than 1" : Math.round(share)} % of ${all} normal pictures`;
}

function scoreSentence(run) {
  const { score } = run,
    reference = run.meta?.reference;
  if (!isNumber(score)) return "";
  const rank = reference?.valid ? rankWords(score, reference.scores) : "";
  return `Image score ${scoreText(score)}${rank ? `, ${rank}` : ""}.`;
}

function createScore() {
  const number = h("b", { class: "an-number" }),
    rank = h("p", { class: "an-rank" }),
    words = h("p", { class: "an-hint" });
  const bars = svg("g"),
    axis = svg("g"),
    marker = svg("g");
  const plot = svg("svg", { class: "an-plot", role: "img" }, bars, axis, marker);
  const legend = h("p", { class: "an-legend" });
  const node = h(
    "section",
    { class: "an-panel an-score" },
    h("h2", { text: "Image score" }),
    h("div", { class: "an-line an-scoreline" }, number, rank),
    plot,
    legend,
    words,
    h("p", { class: "an-hint", text: SCORE_MEANS }),
  );
  new ResizeObserver(() => touch()).observe(plot);

  // A score's place on the axis, by the square root: defects score many times what normal surfaces do.
  function domain(reference, score) {
    const all = [...reference.scores, ...(reference.defective ?? []), isNumber(score) ? score : 0];
    return { low: 0.95 * Math.min(...reference.scores, isNumber(score) ? score : Infinity), high: 1.04 * Math.max(...all, 1e-9) };
  }

  function shares(scores, place) {
    const counts = new Array(BINS).fill(0);
    for (const score of scores) counts[clamp(Math.floor(place(score) * BINS), 0, BINS - 1)]++;
    return counts.map((count) => count / Math.max(scores.length, 1));
  }

  function drawPlot(reference, score) {
    const width = plot.clientWidth || 480,
      height = plot.clientHeight || 150;
    const [left, right, top, bottom] = [4, 4, 20, 24];
    const { low, high } = domain(reference, score);
    const root = Math.sqrt,
      place = (value) => (root(Math.max(value, 0)) - root(low)) / (root(high) - root(low));
    const x = (value) => left + clamp(place(value), 0, 1) * (width - left - right);
    const groups = [
      ["an-normal", shares(reference.scores, place)],
      ["an-defective", shares(reference.defective ?? [], place)],
    ];
    const most = Math.max(...groups.flatMap(([, found]) => found), 1e-9);
    const step = (width - left - right) / BINS,
      base = height - bottom;
    plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
    bars.replaceChildren(
      ...groups.flatMap(([kind, found]) =>
        found.map((share, i) => {
          const tall = (share / most) * (base - top);
          return share ? svg("rect", { class: kind, x: left + i * step + 0.5, y: base - tall, width: step - 1, height: tall }) : null;
        }),
      ).filter(Boolean),
    );
    const ticks = niceTicks(low, high).map((value) => svg("text", { x: x(value), y: height - 7, "text-anchor": "middle", text: valueText(value) }));
    axis.replaceChildren(svg("path", { class: "an-axis", d: `M${left} ${base + 0.5}H${width - right}` }), ...ticks);
    drawMarkers(x, top, base, width, score);
  }

  function drawMarkers(x, top, base, width, score) {
    const nodes = [];
    if (isNumber(state.before) && isNumber(score))
      nodes.push(svg("path", { class: "an-before", d: `M${x(state.before)} ${top}V${base}` }));
    if (isNumber(score)) {
      const at = x(score);
      const anchor = at < 70 ? "start" : at > width - 70 ? "end" : "middle";
      nodes.push(svg("path", { class: "an-now", d: `M${at} ${top - 4}V${base}` }));
      nodes.push(svg("text", { class: "an-nowtext", x: at, y: 11, "text-anchor": anchor, text: "this surface" }));
    }
    marker.replaceChildren(...nodes);
  }

  function draw() {
    const { run } = state,
      score = run?.score ?? null,
      reference = knownMeta()?.reference;
    setText(number, scoreText(score));
    const valid = Boolean(reference?.valid);
    plot.classList.toggle("an-invalid", !valid);
    rank.classList.toggle("an-bad", Boolean(reference) && !valid);
    const said = !reference?.scores?.length ? "" : valid ? rankWords(score, reference.scores) : "The comparison with normal surfaces does not hold here.";
    setText(rank, isNumber(score) ? said : "");
    setText(words, reference ? String(reference.words ?? "") : "");
    legend.hidden = Boolean(reference) && !reference.scores?.length;
    plot.toggleAttribute("hidden", legend.hidden); // SVG knows no property of this name
    if (reference) drawLegend(legend, reference);
    if (reference?.scores?.length) drawPlot(reference, score);
    plot.setAttribute("aria-label", `Histogram of scores. ${run ? scoreSentence(run) : "No score yet."}`);
  }
  return { root: node, draw };
}

function drawLegend(node, reference) {
  const parts = [["an-k-normal", `${reference?.scores?.length ?? 0} normal surfaces`]];
  if (reference?.defective) parts.push(["an-k-defective", `${reference.defective.length} with defects`]);
  if (isNumber(state.before)) parts.push(["an-k-before", "the picture before"]);
  const key = parts.join("|");
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...parts.map(([kind, text]) => h("span", {}, h("i", { class: `an-key ${kind}`, "aria-hidden": "true" }), text)));
  node.append(h("span", { text: "Bars: share of each group." }));
}

// About five round numbers between two.
function niceTicks(low, high) {
  const rough = (high - low) / 5,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((found) => found >= rough);
  const ticks = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) ticks.push(Number(value.toPrecision(6)));
  return ticks;
}
