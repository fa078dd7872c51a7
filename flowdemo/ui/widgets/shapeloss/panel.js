// What is set beside the picture, the four losses as numbers and bars, and what they say.

const nameOf = (name) => SHAPES[name]?.name ?? "No shape";
const MEASURES = {
  flow: { name: "Contour flow", most: 1, text: (v) => fixed(v, 3), about: "Share of the slope of u that runs across T: 0 where contours are parallel, 1 where they cross squarely.", shape: true },
  dice: { name: "1 − Dice", most: 1, text: (v) => fixed(v, 3), about: "0 where both masks have the same pixels, 1 where they share none." },
  bd: { name: "BD", most: 20, text: (v) => `${fixed(v, 1)} px`, about: "How far the second contour lies from the reference’s, on average. The bar is full at 20 px." },
  bdsd: { name: "BDSD", most: 20, text: (v) => `${fixed(v, 1)} px`, about: "How unevenly: deviation of that distance, 0 where parallel. The bar is full at 20 px.", shape: true },
}; // prettier-ignore

const drawing = (name) =>
  svg("svg", { viewBox: "-56 -56 112 112", "aria-hidden": "true" },
    svg("path", SHAPES[name] ? { class: "sl-solid", d: SHAPES[name].rings.map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`).join("") }
      : { class: "sl-none", d: "M-30 30L30 -30" })); // prettier-ignore

function createShapes(role, label, names) {
  const nodes = names.map((name) => {
    const node = h("button", { type: "button", class: "sl-shape", "aria-label": nameOf(name), title: nameOf(name), onclick: () => act.choose(role, name) });
    node.append(drawing(name));
    return node;
  });
  const root = h("div", { class: "sl-shapes", role: "group", "aria-label": label }, h("span", { class: "fl-name", text: label }), ...nodes);
  return { root, draw: () => nodes.forEach((node, i) => node.setAttribute("aria-pressed", String(names[i] === state[role]))) };
}

function createHead() {
  const rows = [createShapes("reference", "Reference", Object.keys(SHAPES)), createShapes("second", "Second shape", [...Object.keys(SHAPES), BLANK])];
  const presets = Object.entries(PRESETS).map(([key, { name, about }]) => quietButton(name, about, () => act.load(key)));
  const root = h("div", { class: "fl-head" }, ...rows.map((row) => row.root),
    h("div", { class: "fl-tools sl-presets", role: "group", "aria-label": "Try" }, h("span", { class: "fl-name", text: "Try" }), ...presets)); // prettier-ignore
  return { root, draw: () => rows.forEach((row) => row.draw()) };
}

const HINTS = {
  turn: "Clockwise, around the middle of the second shape.", scale: "Times the size of the second shape as drawn.",
  offset: "The outline moves so far along its normals: outwards above 0, a parallel curve.",
}; // prettier-ignore

function createPose() {
  const sliders = Object.entries(HINTS).map(([name, hint]) => {
    const { name: label, low, high, step, text } = SWEEPS[name];
    return [name, createSlider({ label, hint, min: low, max: high, step, text, set: (value) => act.put(name, value) })];
  });
  const where = h("b");
  const root = h("div", { class: "sl-pose" }, ...sliders.map(([, made]) => made.root),
    h("div", { class: "fl-row sl-where" }, h("span", { text: "Shift" }), where, quietButton("Put back", "No shift, turn, scale or offset", act.home))); // prettier-ignore
  function draw() {
    const blank = state.second === BLANK;
    for (const [name, made] of sliders) made.draw(state[name], blank);
    setText(where, `${fixed(state.dx, 0)}, ${fixed(state.dy, 0)} px`);
  }
  return { root, draw };
}

function createBars() {
  const rows = Object.entries(MEASURES).map(([key, { name, about, shape }]) => {
    const [value, fill] = [h("b"), h("span", { class: "sl-fill" })];
    const root = h("div", { class: shape ? "sl-bar sl-ofshape" : "sl-bar" }, h("div", { class: "fl-row" }, h("span", { text: name }), value),
      h("div", { class: "sl-track", "aria-hidden": "true" }, fill), h("p", { class: "fl-note", text: about })); // prettier-ignore
    return { key, root, value, fill };
  });
  function draw(found) {
    for (const { key, value, fill } of rows) {
      const { most, text } = MEASURES[key];
      setText(value, isNumber(found[key]) ? text(found[key]) : NONE);
      fill.style.width = `${100 * clamp((found[key] ?? 0) / most, 0, 1)}%`;
    }
  }
  return { root: h("div", { class: "sl-bars" }, ...rows.map((row) => row.root)), draw };
}

function toldText() {
  const found = moved().losses;
  return `${Object.entries(MEASURES).map(([key, { name, text }]) => `${name} ${isNumber(found[key]) ? text(found[key]) : "none"}`).join(", ")}.`;
}

const FREE = 0.04; // of contour flow: no more than pixels make

// What was done to the second shape, if it was one thing only.
function changed() {
  const done = Object.keys(AT_HOME).map((name) => (name === "dy" ? "dx" : name)).filter((name, i) => state[Object.keys(AT_HOME)[i]] !== AT_HOME[Object.keys(AT_HOME)[i]]);
  const kinds = [...new Set(done)];
  if (state.second !== state.reference || kinds.length > 1) return "several";
  return kinds[0] ?? "nothing";
}

// One or two sentences that hold for what is shown.
function verdictText() {
  const { flow, dice, bd, bdsd } = moved().losses;
  const free = flow < FREE;
  const cost = fixed(flow, free ? 3 : 2);
  if (state.second === BLANK)
    return `Here u is ${LEVEL} everywhere. It has no slope, so contour flow has nothing to charge, although nothing was found: this loss needs a partner that looks at pixels.`;
  if (bd === null) return `The second shape is gone: nowhere does u reach ½. No contour is left to measure; Dice sees that, contour flow (${cost}) does not.`;
  const paths = {
    nothing: () => `The same shape in the same place. What contour flow still shows, ${cost}, is the unevenness of the grid.`,
    offset: () => free
      ? `Every point of the outline moved along its normal, so the contours are parallel: contour flow ${cost}. BD is ${fixed(bd, 1)} px, BDSD only ${fixed(bdsd, 1)} px.`
      : `Offset so far, the outline no longer runs along level lines that the grid can tell: contour flow ${cost}.`,
    scale: () => free
      ? `Circles around one centre are parallel whatever their size: contour flow ${cost}, while 1 − Dice is ${fixed(dice)}.`
      : `A scaled outline is parallel to the reference in some places and crosses T in others: contour flow ${cost}, most where the line is coloured.`,
    turn: () => free
      ? `Turned so, the shape runs along T as before: contour flow ${cost}.`
      : `A turned outline runs across T where the line is coloured: contour flow ${cost}, while 1 − Dice is ${fixed(dice)}.`,
    dx: () => free ? `So short a shift costs little: contour flow ${cost}.`
      : `T stays with the reference, so a shift alone is charged too: contour flow ${cost}, where the line is coloured.`,
    several: () => free ? `The two outlines are parallel: contour flow ${cost}, wherever they lie. Place is told by BD (${fixed(bd, 1)} px) and by Dice.`
      : `Contour flow ${cost}: where the line is coloured, the outline crosses T. BD tells how far off it lies, BDSD how unevenly.`,
  }; // prettier-ignore
  return paths[changed()]();
}
