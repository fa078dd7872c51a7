// Which way, at what t, which layers, and the label value for which the field is drawn.

const WAYS = [
  [CLASSIFY, "Classify", "t from 1 to 0: the point drifts to noise, its label forms"],
  [GENERATE, "Generate", "t from 0 to 1: a point of the class forms, its label dissolves"],
];
const LAYERS = [
  ["points", "Points", "The cloud: shape is the true class, colour the label at this t"],
  ["arrows", "Arrows", "Where the field moves points next"],
  ["answer", "Answer", "Shading: the clean label that the field answers at each place"],
  ["wrong", "Wrong", "Rings: points that end with the wrong label"],
];

function createHead() {
  const ways = WAYS.map(([way, text, title]) =>
    h("button", { type: "button", text, title, onclick: () => act.direction(way) }),
  );
  const layers = LAYERS.map(([name, text, title]) =>
    h("button", { type: "button", class: "sp-quiet", text, title, onclick: () => act.layer(name) }),
  );
  const root = h(
    "div",
    { class: "sp-head" },
    h("div", { class: "sp-seg", role: "group", "aria-label": "Direction" }, ...ways),
    h("div", { class: "sp-layers", role: "group", "aria-label": "Shown" }, h("span", { text: "Show" }), ...layers),
  );
  function draw() {
    ways.forEach((node, i) => node.setAttribute("aria-pressed", String(WAYS[i][0] === state.direction)));
    layers.forEach((node, i) => node.setAttribute("aria-pressed", String(state.layers[LAYERS[i][0]])));
    layers.at(-1).disabled = state.direction !== CLASSIFY;
  }
  return { root, draw };
}

function createLegend() {
  const shape = (label) =>
    svg(
      "svg",
      { viewBox: "0 0 12 12", class: `sp-shape sp-${label < 0 ? "minus" : "plus"}`, "aria-hidden": "true" },
      label < 0 ? svg("circle", { cx: 6, cy: 6, r: 4.2 }) : svg("path", { d: "M6 1 L11 10 H1 Z" }),
    );
  const entry = (...nodes) => h("span", { class: "sp-entry" }, ...nodes);
  const ring = entry(
    svg("svg", { viewBox: "0 0 12 12", class: "sp-shape sp-ring" }, svg("circle", { cx: 6, cy: 6, r: 4.6 })),
    "ends wrong",
  );
  const root = h(
    "div",
    { class: "sp-legend" },
    entry("label", h("span", { text: "−1" }), h("i", { class: "sp-scale" }), h("span", { text: "+1" })),
    entry(shape(-1), "arm −1"),
    entry(shape(1), "arm +1"),
    ring,
  );
  return {
    root,
    draw: () => ring.classList.toggle("sp-away", state.direction !== CLASSIFY || !state.layers.wrong),
  };
}

function createSlice() {
  const range = h("input", {
    type: "range",
    class: "sp-range",
    min: -2,
    max: 2,
    step: 0.05,
    value: 0,
    "aria-label": "Label for which arrows and shading are drawn",
    oninput: () => act.slice(Number(range.value)),
  });
  const value = h("b");
  const follow = h("button", {
    type: "button",
    class: "sp-quiet",
    text: "as the point",
    title: "Draw the field for the label of the chosen point at this t",
    onclick: () => act.follow(!state.follow),
  });
  const root = h("div", { class: "sp-slice" }, h("span", { text: "Field at label" }), range, value, follow);
  function draw() {
    const label = sliceLabel();
    if (Number(range.value) !== label) range.value = String(label);
    range.style.setProperty("--at", clamp((label + 2) / 4, 0, 1));
    setText(value, signedText(label));
    follow.disabled = !chosenPoint();
    follow.setAttribute("aria-pressed", String(state.follow && Boolean(chosenPoint())));
  }
  return { root, draw };
}

function createTransport() {
  const play = h(
    "button",
    { type: "button", class: "sp-play", "aria-label": "Play", onclick: act.play },
    icon("play"),
  );
  const turn = h("button", { type: "button", class: "sp-quiet", text: "Reverse", onclick: act.turn });
  const range = h("input", {
    type: "range",
    class: "sp-range sp-time",
    min: 0,
    max: 1,
    step: 0.005,
    value: 1,
    "aria-label": "Time t",
    oninput: () => act.goTo(Number(range.value)),
  });
  const where = h("b");
  const scrub = h(
    "div",
    { class: "sp-scrub" },
    range,
    h(
      "div",
      { class: "sp-ends", "aria-hidden": "true" },
      h("span", { text: "t = 0: noise, with its label" }),
      h("span", { text: "t = 1: point, with label noise" }),
    ),
  );
  const root = h("div", { class: "sp-transport" }, play, scrub, h("div", { class: "sp-where" }, where, turn));
  let playing = null;

  function draw() {
    if (playing !== state.playing) {
      play.replaceChildren(icon(state.playing ? "pause" : "play"));
      play.setAttribute("aria-label", state.playing ? "Pause" : "Play");
      playing = state.playing;
    }
    play.classList.toggle("sp-leftwards", (state.direction === CLASSIFY) !== state.backwards);
    turn.setAttribute("aria-pressed", String(state.backwards));
    if (Math.abs(Number(range.value) - state.t) > 1e-9) range.value = String(state.t);
    range.style.setProperty("--at", state.t);
    range.setAttribute("aria-valuetext", `t = ${decimal(state.t)}`);
    setText(where, `t = ${decimal(state.t)}`);
  }
  return { root, range, draw };
}
