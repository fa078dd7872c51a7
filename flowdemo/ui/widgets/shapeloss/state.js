// What is laid out and chosen, what follows from it, and everything a person can do about it.

if (!document.getElementById("fd-shapeloss-style"))
  document.head.append(h("style", { id: "fd-shapeloss-style", text: LOSS_STYLE }));

const root = element.querySelector(".sl-losses");
const BLANK = "blank"; // no shape: u is the same everywhere
const LEVEL = 0.3; // of u then
const AT_HOME = { dx: 0, dy: 0, turn: 0, scale: 1, offset: 0 };
const SWEEPS = {
  turn: { name: "Turn", title: "Turn the second shape by −180° to 180°", low: -180, high: 180, step: 1, ticks: [-180, -90, 0, 90, 180], unit: "°", text: (v) => `${fixed(v, 0)}°` },
  dx: { name: "Shift", title: "Shift the second shape sideways by −60 to 60 pixels", low: -60, high: 60, step: 1, ticks: [-60, -30, 0, 30, 60], unit: " px", text: (v) => `${fixed(v, 0)} px` },
  scale: { name: "Scale", title: "Make the second shape half as large to twice as large", low: 0.5, high: 2, step: 0.01, ticks: [0.5, 1, 1.5, 2], unit: " ×", text: (v) => `${fixed(v)} ×` },
  offset: { name: "Offset", title: "Move the outline by −20 to 20 pixels along its normals", low: -20, high: 20, step: 0.5, ticks: [-20, -10, 0, 10, 20], unit: " px", text: (v) => `${fixed(v, 1)} px` },
}; // prettier-ignore
const PRESETS = {
  turned: { name: "Turned flower", about: "The same flower, turned by half a petal", reference: "flower", second: "flower", pose: { turn: 36 }, sweep: "turn" },
  offset: { name: "Offset ellipse", about: "The same ellipse, its outline moved out by 8 pixels", reference: "ellipse", second: "ellipse", pose: { offset: 8 }, sweep: "offset" },
  scaled: { name: "Larger ellipse", about: "The same ellipse, 1.3 times as large", reference: "ellipse", second: "ellipse", pose: { scale: 1.3 }, sweep: "scale" },
  disc: { name: "Larger disc", about: "A disc, 1.3 times as large", reference: "disc", second: "disc", pose: { scale: 1.3 }, sweep: "scale" },
  shifted: { name: "Shifted square", about: "The same square, 12 pixels to the right", reference: "square", second: "square", pose: { dx: 12 }, sweep: "dx" },
  blank: { name: "Constant u", about: "The same u everywhere", reference: "flower", second: BLANK, pose: {}, sweep: "turn" },
}; // prettier-ignore
const SOURCES = {
  outline: { name: "its outline", title: "T of the distance to the outline as drawn" },
  pixels: { name: "its pixels", title: "T of the distance to the pixels of the reference’s mask, as a training has it" },
}; // prettier-ignore
const STOPS = 61; // poses along a sweep
const AT_ONCE = 8; // milliseconds that a frame of the screen may spend on them

const state = { reference: "flower", second: "flower", ...AT_HOME, turn: 36, sweep: "turn", source: "outline", playing: false };

const kept = new Map();
// What follows from the settings is kept until one of those it depends on changes.
function remember(name, depends, make) {
  const key = JSON.stringify(depends);
  if (kept.get(name)?.key !== key) kept.set(name, { key, value: make() });
  return kept.get(name).value;
}

const poseOf = () => Object.fromEntries(Object.keys(AT_HOME).map((name) => [name, state[name]]));
const reference = () =>
  remember("reference", [state.reference, state.source], () => {
    const phi = posed(state.reference);
    const mask = cut(phi);
    return referenceOf(mask, state.source === "pixels" ? signedDistance(mask) : smoothed(phi));
  });
const phiAt = (pose) => (state.second === BLANK ? null : posed(state.second, pose));
const softAt = (phi) => (phi ? softened(phi) : new Float64Array(SIDE * SIDE).fill(LEVEL));
// φ and u of the second shape where it is, the four losses, and what each pixel pays.
const moved = () =>
  remember("moved", [state.reference, state.source, state.second, poseOf()], () => {
    const phi = phiAt(poseOf());
    const [u, paid] = [softAt(phi), new Float64Array(SIDE * SIDE)];
    return { phi, u, paid, losses: losses(u, reference(), paid) };
  });

const stops = (name) => Array.from({ length: STOPS }, (_, i) => SWEEPS[name].low + ((SWEEPS[name].high - SWEEPS[name].low) * i) / (STOPS - 1));
let lastWhole = null;
// Losses along the chosen sweep, the rest of the pose as it is: { at, values }, filled a piece at a time.
const sweep = () =>
  remember("sweep", [state.reference, state.source, state.second, state.sweep, { ...poseOf(), [state.sweep]: null }], () => ({
    at: stops(state.sweep), values: [], sweep: state.sweep,
  })); // prettier-ignore

function explore() {
  const { at, values, sweep: name } = sweep();
  const until = performance.now() + AT_ONCE;
  while (values.length < at.length && performance.now() < until)
    values.push(losses(softAt(phiAt({ ...poseOf(), [name]: at[values.length] })), reference()));
  const whole = values.length === at.length;
  if (whole) lastWhole = sweep();
  return whole;
}

const touch = onceAFrame(() => paint());
const within = (name, value) => {
  const { low, high, step } = SWEEPS[name === "dy" ? "dx" : name];
  return clamp(Math.round(value / step) * step, low, high);
};

const act = {
  put(name, value) {
    state.playing = false;
    state[name] = within(name, value);
    touch();
  },
  move(dx, dy) {
    if (state.second === BLANK) return;
    state.playing = false;
    Object.assign(state, { dx: within("dx", dx), dy: within("dy", dy) });
    touch();
  },
  choose(role, name) {
    state[role] = name;
    say(`${role === "reference" ? "Reference" : "Second shape"}: ${nameOf(name)}. ${toldText()}`);
    touch();
  },
  load(key) {
    const { about, pose, name, ...chosen } = PRESETS[key];
    Object.assign(state, AT_HOME, pose, chosen, { playing: false });
    say(`${about}. ${toldText()}`);
    touch();
  },
  home() {
    Object.assign(state, AT_HOME, { playing: false });
    say(`Back in place. ${toldText()}`);
    touch();
  },
  source(name) {
    state.source = name;
    say(`T from ${SOURCES[name].name}. ${toldText()}`);
    touch();
  },
  sweep(name) {
    Object.assign(state, { sweep: name, playing: false });
    touch();
  },
  play() {
    state.playing = !state.playing;
    if (!state.playing) return say(toldText());
    const { low, high } = SWEEPS[state.sweep];
    if (state[state.sweep] >= high - 1e-9) state[state.sweep] = low;
    run(performance.now(), state[state.sweep]);
  },
};

const LASTS = 6000; // milliseconds from one end of a sweep to the other

function run(begun, from) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const name = state.sweep;
  const { low, high } = SWEEPS[name];
  const tick = (now) => {
    if (!state.playing || state.sweep !== name || !root.isConnected) return;
    const parts = calm ? Math.floor((now - begun) / 500) / 12 : (now - begun) / LASTS;
    state[name] = within(name, Math.min(from + parts * (high - low), high));
    if (state[name] >= high) act.play();
    touch();
    requestAnimationFrame(tick);
  };
  touch();
  requestAnimationFrame(tick);
}
