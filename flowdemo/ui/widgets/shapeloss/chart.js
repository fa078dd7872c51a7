// The four losses along a sweep: shares above, pixels below, the present pose marked in both.

const FRAME = { left: 40, right: 12, top: 10, bottom: 24 };
const TALL = 132; // CSS pixels of a panel
const TOPS = [5, 10, 20, 40, 80]; // ends of the scale in pixels
const LINES = {
  flow: { class: "sl-flow", text: "contour flow" },
  dice: { class: "sl-dice", text: "1 − Dice" },
  bdsd: { class: "sl-flow", text: "BDSD, px" },
  bd: { class: "sl-dice", text: "BD, px" },
};

function createPanel(title, names, changed) {
  const plot = svg("svg", { class: "sl-plot", role: "img" });
  const key = h("div", { class: "fl-key" }, ...names.map((name) =>
    h("span", {}, svg("svg", { viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { class: LINES[name].class, d: "M0 4H18" })), LINES[name].text))); // prettier-ignore
  let width = 0;
  const inner = () => [width - FRAME.left - FRAME.right, TALL - FRAME.top - FRAME.bottom];

  function draw({ at, values, sweep: name }, now, top) {
    if (!width) return;
    const { low, high, ticks, unit } = SWEEPS[name];
    const [w, tall] = inner();
    const x = (value) => FRAME.left + ((value - low) / (high - low)) * w;
    const y = (value) => FRAME.top + tall * (1 - Math.min(value / top, 1.02));
    const nodes = [];
    for (const share of [0, 0.5, 1]) {
      const level = y(share * top);
      nodes.push(svg("path", { class: "fl-grid", d: `M${FRAME.left} ${level}H${FRAME.left + w}` }));
      nodes.push(svg("text", { text: plainly(share * top), x: FRAME.left - 6, y: level + 4, "text-anchor": "end" }));
    }
    for (const value of ticks) {
      const anchor = value === low ? "start" : value === high ? "end" : "middle";
      nodes.push(svg("path", { class: "fl-grid", d: `M${x(value)} ${FRAME.top}V${FRAME.top + tall}` }));
      nodes.push(svg("text", { text: minus(`${value}`) + (value === high ? unit : ""), x: x(value), y: TALL - 6, "text-anchor": anchor }));
    }
    for (const line of [...names].reverse()) {
      const places = values.map((one, i) => [x(at[i]), one[line]]).map(([px, value]) => (isNumber(value) ? `${px.toFixed(1)} ${y(value).toFixed(1)}` : null));
      const pieces = places.map((one, i) => (one === null ? "" : `${places[i - 1] ? "L" : "M"}${one}`));
      nodes.push(svg("path", { class: LINES[line].class, d: pieces.join("") }));
    }
    const here = x(state[name]);
    nodes.push(svg("path", { class: "sl-now", d: `M${here} ${FRAME.top}V${FRAME.top + tall}` }));
    for (const line of names)
      if (isNumber(now[line])) nodes.push(svg("circle", { class: LINES[line].class, cx: here, cy: y(now[line]), r: 4.5 }));
    dress(plot, { viewBox: `0 0 ${width} ${TALL}`, "aria-label": `${title} along the sweep ${SWEEPS[name].name.toLowerCase()}` }, []);
    plot.replaceChildren(...nodes);
  }

  function valueAt(event) {
    const box = plot.getBoundingClientRect();
    const { low, high } = SWEEPS[state.sweep];
    return low + (clamp((event.clientX - box.left - FRAME.left) / inner()[0], 0, 1)) * (high - low);
  }
  // A mouse sets the pose by pressing and dragging, a finger by a tap.
  let held = false;
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    held = true;
    plot.setPointerCapture(event.pointerId);
    act.put(state.sweep, valueAt(event));
  });
  plot.addEventListener("pointermove", (event) => held && act.put(state.sweep, valueAt(event)));
  plot.addEventListener("pointerup", () => (held = false));
  plot.addEventListener("pointercancel", () => (held = false));
  plot.addEventListener("click", (event) => act.put(state.sweep, valueAt(event)));

  watchWidth(plot, (box) => ((width = box.width), changed()));
  return { root: h("div", { class: "sl-panel" }, h("h3", { text: title }), plot, key), draw };
}

function createChart() {
  const shares = createPanel("Losses, 0 to 1", ["flow", "dice"], () => touch());
  const pixels = createPanel("Distances of the contour, pixels", ["bdsd", "bd"], () => touch());
  const choice = createChoice("Sweep", Object.entries(SWEEPS).map(([key, { name, title }]) => [key, name, title]), act.sweep);
  const play = h("button", { type: "button", class: "sl-play", onclick: act.play });
  let shown = null;
  const root = h("div", { class: "sl-chart" },
    h("div", { class: "sl-along" }, play, h("span", { class: "fl-name", text: "All four along" }), choice.root,
      h("span", { class: "fl-note", text: "The rest of the pose stays as it is; the line marks the present one. Press in a chart to go there." })),
    h("div", { class: "sl-panels" }, shares.root, pixels.root)); // prettier-ignore

  function draw() {
    choice.draw(state.sweep);
    const whole = sweep().values.length === STOPS;
    const found = whole || lastWhole?.sweep !== state.sweep ? sweep() : lastWhole; // no curve grows while one drags
    const now = moved().losses;
    const most = Math.max(...found.values.map((one) => one.bd ?? 0), now.bd ?? 0);
    shares.draw(found, now, 1);
    pixels.draw(found, now, TOPS.find((top) => most <= top) ?? TOPS.at(-1));
    root.classList.toggle("sl-open", !whole);
    if (shown === state.playing) return;
    shown = state.playing;
    play.replaceChildren(icon(shown ? "pause" : "play"));
    play.setAttribute("aria-label", shown ? "Pause" : "Play the sweep");
  }
  return { root, draw };
}
