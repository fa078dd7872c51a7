// What a person has drawn and chosen and what came back; everything they can do about it.

if (!document.getElementById("fd-shape-style"))
  document.head.append(h("style", { id: "fd-shape-style", text: SHAPE_STYLE }));

const root = element.querySelector(".fd-shape");
const card = h("div", { class: "sh-card", role: "region", "aria-label": "Player" });
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// As the tools of the painter know it: 0 is background, 255 the shape; a picture may bring levels between.
const mask = { width: SIDE, height: SIDE, data: new Uint8Array(SIDE * SIDE), protect: -1 };
const maskMap = () => ({ width: SIDE, height: SIDE, values: mask.data });
const past = createHistory();

const defaultsOf = ({ settings }) => Object.fromEntries(settings.map((knob) => [knob.name, knob.default]));

const state = {
  root: card, // of the clock and the keys
  keys: true,
  source: "", // name of the silhouette, or "" of anything else
  note: "", // where the mask comes from
  edition: 0, // of mask and settings
  brush: { erase: false, size: 12 },
  method: OFFERS.methods[0].name,
  settings: Object.fromEntries(OFFERS.methods.map((method) => [method.name, defaultsOf(method)])),
  soften: Object.fromEntries(OFFERS.methods.map(({ name, soften }) => [name, soften])),
  parts: true,
  hidden: { on: true, box: [60, 80, 78, 102] }, // the occluder: top, bottom, left, right
  opening: null, // promise of a mask that is being fetched
  pose: null, // { outline, arrows } of the template
  job: null, // { ask, run, edition } of the question that is being answered
  coming: null, // run of the newest question, until it is shown
  run: null, // what is shown, see run.js
  index: 0,
  follow: false, // the newest frame is shown as it arrives
  playing: false,
  direction: 1,
  mode: "once",
  rate: 1,
  view: "after",
  layers: { half: true, contours: null, dented: null, arrows: true, truth: true, chord: true }, // null: as suits the run
  ends: [[64, 22], [101, 52]], // of the chord
  next: 0, // the end that a click moves
  colours: null,
}; // prettier-ignore

const touch = onceAFrame(() => paint());

const method = () => named(OFFERS.methods, state.method);
const settings = () => state.settings[state.method];
const isFlow = () => state.method === FLOW;

// The frame on the stage, and the one it began with; null while there is none.
const shownFrame = () => state.run?.frames[state.index] ?? null;
const startFrame = () => state.run?.frames[0] ?? null;

const shownView = () => (state.view === "residual" && !shownFrame()?.residual ? "after" : state.view);

// Level lines and dents of noise tell nothing, so that contour flow begins without them.
const layerOn = (name) => state.layers[name] ?? (state.run?.meta.method ?? state.method) !== FLOW;

// The map that the chord tester reads.
function shownMap() {
  return (shownView() === "before" ? startFrame() : shownFrame())?.u ?? null;
}

// Mask or settings are others than those of the run that is shown.
function changed() {
  state.edition++;
  refreshPose();
  touch();
}

// One step of drawing, for undo.
function edit(change) {
  const before = mask.data.slice();
  change();
  if (!past.record(before, mask.data)) return;
  Object.assign(state, { source: "", note: "" });
  changed();
}

const act = {
  give(values, about) {
    const before = mask.data.slice();
    mask.data.set(values);
    past.record(before, mask.data);
    Object.assign(state, { source: "", note: "" }, about);
    changed();
  },
  undo: () => past.undo(mask.data) && (Object.assign(state, { source: "", note: "" }), changed()),
  redo: () => past.redo(mask.data) && (Object.assign(state, { source: "", note: "" }), changed()),
  clear: () => edit(() => mask.data.fill(0)),
  invert: () => edit(() => mask.data.forEach((level, at) => (mask.data[at] = TOP - level))),
  brush: (change) => (Object.assign(state.brush, change), touch()),
  size: (size) => act.brush({ size: clamp(size, 1, 48) }),
  method(name) {
    if (name === state.method || !named(OFFERS.methods, name)) return;
    state.method = name;
    changed();
  },
  set: (name, value) => ((settings()[name] = value), changed()),
  soften: (width) => ((state.soften[state.method] = width), changed()),
  parts: (on) => ((state.parts = on), changed()),
  hide: (change) => (Object.assign(state.hidden, change), changed()),
  layer: (name, on) => ((state.layers[name] = on), touch()),
  run: () => (state.opening ? state.opening.then((open) => open === false || ask()) : ask()),
  stop() {
    if (!state.job) return;
    halt();
    say("Stopped.");
  },
  // What the player's own keys and buttons ask for.
  goTo(index) {
    const { run } = state;
    if (!run || run.newest < 0) return;
    state.index = clamp(index, 0, run.newest);
    state.follow = run.running && state.index === run.newest;
    touch();
  },
  scrub: (index) => ((state.playing = false), act.goTo(index)),
  step: (by) => act.scrub(state.index + by),
  play(from) {
    Object.assign(state, { playing: true, follow: false, index: from });
    startClock();
    touch();
  },
  toggle() {
    const { run, direction, index } = state;
    if (!run || run.newest < 0) return;
    if (state.playing) state.playing = false;
    else if (direction > 0) act.play(index >= run.last ? 0 : index);
    else act.play(index <= 0 ? run.newest : index);
    touch();
  },
  reverse: () => ((state.direction *= -1), touch()),
  mode: (mode) => ((state.mode = mode), touch()),
  rate: (rate) => ((state.rate = rate), touch()),
  faster: (by) => act.rate(RATES[clamp(RATES.indexOf(state.rate) + by, 0, RATES.length - 1)]),
  view: (view) => ((state.view = view), touch()),
  release: () => ((state.playing = false), touch()),
  end(k, [x, y]) {
    state.ends[k] = [clamp(x, 0, SIDE - 1), clamp(y, 0, SIDE - 1)];
    touch();
  },
};

// One tick of the clock.
function advance() {
  const { run, direction } = state;
  const next = state.index + direction;
  if (run?.frames[next]) state.index = next;
  else if (next >= 0 && (run?.running || run?.recovering)) return; // it is on its way
  else if (state.mode === "loop" && run) state.index = direction > 0 ? 0 : run.newest;
  else if (state.mode === "pingpong" && run?.newest > 0) {
    state.direction *= -1;
    state.index = clamp(state.index + state.direction, 0, run.newest);
  } else state.playing = false;
  touch();
}

const startClock = createClock(state, advance);
