// What a person has chosen and what came back; everything they can do about it.

const root = element.querySelector(".fd-anomaly");

const REST_MS = 250; // from lifting the pen to the question
const NARROW = 760; // CSS pixels; below, one thing stands under the other
const SUM = "sum",
  ONE = "time";

const settingsOf = ({ paths, times, weight, aggregation, share }) => ({ paths, times, weight, aggregation, share });

const state = {
  offer: OFFERS[0],
  example: null, // name of the surface, or null of one's own
  name: "",
  note: "",
  base: null, // pixels without strokes
  strokes: [],
  undone: [],
  brush: { tool: SCRATCH, tone: "dark", strength: 0.8, sizes: { [SCRATCH]: 2, [BLOT]: 24, [PATCH]: 16 } },
  auto: true,
  settings: settingsOf(OFFERS[0]),
  seed: 0, // null where the box holds no seed
  job: null, // { ask, run } of the question that is being answered
  coming: null, // run of the newest question, until it is shown
  run: null, // what is shown, see run.js
  before: null, // score of the run before it
  mode: SUM,
  index: 0, // of the time that is wanted, from 1
  follow: true, // the newest time is shown as it arrives
  path: null, // the path that is shown instead of all of them together
  showPaths: false,
  ghost: root.clientWidth <= NARROW, // the map lies over the surface as well
  opacity: 0.75,
  level: null, // of the threshold, where a person moved it
  outlines: { threshold: true, truth: true, strokes: false },
};

const touch = onceAFrame(() => paint());
let lastMeta = null;
let rest = 0; // of the timer that waits for the hand to rest

function cancelRest() {
  clearTimeout(rest);
  rest = 0;
}

const sizeNow = () => state.brush.sizes[state.brush.tool];
const shownIndex = () => clamp(state.index, 1, Math.max(state.run?.newest ?? 1, 1));
const suggestedLevel = (meta) => (meta ? levelOf(meta.threshold, meta.scale) : TOP);
const thresholdLevel = () => state.level ?? suggestedLevel(knownMeta());

// The newest description of this detector: scale and reference stay in place while another picture is analysed.
function knownMeta() {
  if (state.run?.meta) lastMeta = state.run.meta;
  return lastMeta?.model === state.offer.name ? lastMeta : null;
}

// The map on the stage, or null while there is none.
function shownMap() {
  const { run, path, mode } = state;
  if (!run) return null;
  if (path !== null) return pathMaps.maps?.[path] ?? null;
  const frame = run.frames[shownIndex()];
  return (mode === SUM ? frame?.sumMap : frame?.timeMap) ?? null;
}

// The picture or what the network is asked changed: the answer on its way is for another question.
function changed(wait = REST_MS) {
  cancelRest();
  halt();
  if (state.auto && state.base) rest = setTimeout(act.analyse, wait);
  touch();
}

const act = {
  touch,
  model(name) {
    const offer = OFFERS.find((entry) => entry.name === name);
    if (!offer || offer === state.offer) return;
    cancelRest();
    halt();
    Object.assign(state, { offer, settings: settingsOf(offer), run: null, before: null, level: null, path: null });
    openFirst();
    touch();
  },
  // Another surface: what was painted on the one before goes with it.
  give(base, about, strokes = []) {
    Object.assign(state, { base, strokes, undone: [], example: null, note: "", before: null }, about);
    Object.assign(state, { path: null, run: null });
    changed(0);
  },
  addStroke(stroke) {
    state.strokes.push(stroke);
    state.undone = [];
    changed();
  },
  undo() {
    if (!state.strokes.length) return;
    state.undone.push(state.strokes.pop());
    changed();
  },
  redo() {
    if (!state.undone.length) return;
    state.strokes.push(state.undone.pop());
    changed();
  },
  // One step back brings all of it again.
  reset() {
    if (!state.strokes.length) return;
    state.undone = [...state.undone, ...state.strokes.splice(0).reverse()];
    changed();
  },
  brush(change) {
    Object.assign(state.brush, change);
    touch();
  },
  size(size) {
    state.brush.sizes[state.brush.tool] = clamp(size, 1, BRUSHES[state.brush.tool].most);
    touch();
  },
  set(name, value) {
    state.settings[name] = value;
    changed(400);
  },
  // Another weight or aggregation needs no network where its answers are kept.
  grade(name, value) {
    if (state.settings[name] === value) return;
    state.settings[name] = value;
    if (state.job || !state.run?.ended) changed();
    else regrade();
    touch();
  },
  analyse() {
    cancelRest();
    if (!state.base) return say("Choose a surface first.", true);
    if (state.seed === null) return say(SEED_REFUSED, true);
    ask();
  },
  stop() {
    cancelRest();
    if (!state.job) return;
    halt();
    say("Stopped.");
  },
  mode(mode) {
    Object.assign(state, { mode, path: null });
    touch();
  },
  goTo(index) {
    if (!state.run) return;
    state.index = clamp(index, 1, state.run.last);
    state.follow = state.index === state.run.last;
    state.path = null;
    touch();
  },
  path(k) {
    state.path = state.path === k ? null : k;
    touch();
  },
  level(level) {
    state.level = level;
    touch();
  },
};
