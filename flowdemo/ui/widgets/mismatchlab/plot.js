// Lines, bands and dots against t: linear or logarithmic upwards, with letters as large as those around it.

const FRAME = { left: 46, right: 10, top: 22, bottom: 34 };

// A step that divides the range into three to six parts: 1, 2 or 5 times a power of ten.
function niceStep(range) {
  const power = 10 ** Math.floor(Math.log10(range / 3));
  return power * [10, 5, 2, 1].find((factor) => range / (power * factor) >= 3);
}

// Powers of ten around values; what lies more than `most` powers below the largest is cut.
function powersAround(values, most = 6) {
  let [low, high] = [Infinity, 1e-9];
  for (const value of values) {
    if (value > high) high = value;
    if (value > 0 && value < low) low = value;
  }
  const top = Math.ceil(Math.log10(high) - 1e-9);
  return [Math.max(Math.min(Math.floor(Math.log10(low)), top - 1), top - most), top];
}

const powerText = (power) => (power === 0 ? "1" : power === 1 ? "10" : `10${raised(power)}`);

// draw({ range, lines: [[name, places]], bands: [[name, places, floor]], dots: [[name, x, y, error]], cursor })
// range: [low, high], of powers of ten where the plot is logarithmic; lines keep their order.
function createPlot({ upwards, logarithmic = false, changed }) {
  const back = svg("g", {});
  const inside = svg("svg", { overflow: "hidden" });
  const root = svg("svg", { class: "mm-plot", role: "img" }, back, inside);
  let [width, height] = [0, 0];
  let range = [0, 1];

  const inner = () => [width - FRAME.left - FRAME.right, height - FRAME.top - FRAME.bottom];
  const x = (t) => t * inner()[0];
  const y = (value) => {
    const at = logarithmic ? Math.log10(Math.max(value, 1e-300)) : value;
    return clamp(inner()[1] * (1 - (at - range[0]) / (range[1] - range[0])), -1e4, 1e4);
  };
  const place = ([t, value]) => `${x(t).toFixed(1)} ${y(value).toFixed(1)}`;
  const text = (words, px, py, anchor) => svg("text", { text: words, x: px, y: py, "text-anchor": anchor });

  function ticks() {
    const [low, high] = range;
    if (!logarithmic) {
      const step = niceStep(high - low);
      return Array.from({ length: Math.floor((high - low) / step + 1e-9) + 1 }, (_, i) => [low + i * step, fixed(low + i * step, step < 1 ? (step < 0.1 ? 2 : 1) : 0)]);
    }
    const every = high - low > 4 ? 2 : 1;
    return Array.from({ length: high - low + 1 }, (_, i) => [10 ** (low + i), (high - low - i) % every ? "" : powerText(low + i)]);
  }

  function axes() {
    const [w, h0] = inner();
    const nodes = [text(upwards, 2, 12, "start"), text("t", FRAME.left + w / 2, height - 4, "middle")];
    for (const [value, words] of ticks()) {
      const at = FRAME.top + y(value);
      nodes.push(svg("path", { class: "fl-grid", d: `M${FRAME.left} ${at}H${FRAME.left + w}` }), text(words, FRAME.left - 6, at + 4, "end"));
    }
    for (const t of [0, 0.25, 0.5, 0.75, 1]) {
      nodes.push(svg("path", { class: "fl-grid", d: `M${FRAME.left + x(t)} ${FRAME.top}V${FRAME.top + h0}` }));
      nodes.push(text(String(t), FRAME.left + x(t), height - FRAME.bottom + 15, t === 1 ? "end" : "middle"));
    }
    return nodes;
  }

  const line = ([name, places]) => svg("path", { class: name, d: places.length ? `M${places.map(place).join("L")}` : "" });
  const band = ([name, places, floor]) => svg("path", { class: name, d: `M${[...places, ...[...floor].reverse()].map(place).join("L")}Z` });
  const dot = ([name, t, value, error]) => svg("g", { class: name },
    svg("path", { d: `M${x(t)} ${y(value - 2 * error)}V${y(value + 2 * error)}` }), svg("circle", { cx: x(t), cy: y(value), r: 3 })); // prettier-ignore

  function draw({ range: wanted, lines = [], bands = [], dots = [], cursor = null, about }) {
    if (!width) return;
    range = wanted;
    const [w, h0] = inner();
    dress(root, { viewBox: `0 0 ${width} ${height}`, "aria-label": about }, []);
    dress(inside, { x: FRAME.left, y: FRAME.top, width: w, height: h0 }, []);
    back.replaceChildren(...axes());
    const here = cursor === null ? [] : [svg("path", { class: "mm-cursor", d: `M${x(cursor)} 0V${h0}` })];
    inside.replaceChildren(...bands.map(band), ...here, ...lines.map(line), ...dots.map(dot));
  }

  watchWidth(root, (box) => (({ width, height } = box), changed()));
  return { root, draw };
}

// [[class of the line, text], …] with a short piece of each line.
const keyOf = (...entries) =>
  h("div", { class: "fl-key" }, ...entries.map(([name, words]) =>
    h("span", {}, svg("svg", { viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H18" })), ...rich(words)))); // prettier-ignore
