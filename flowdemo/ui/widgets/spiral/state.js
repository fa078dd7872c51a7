// What a person sees and has chosen, and everything they can do about it.

const root = element.querySelector(".fd-spiral");
const MOST_POINTS = 8;
const PLAY_SECONDS = 4; // from one end of t to the other
const NEW = "new"; // key of the network trained here

const state = {
  root,
  cloud: null, // { points, noise, classes, starts } of the states that are shown
  fields: new Map(), // key of a network → its field
  shown: null, // key of the network in use
  version: 0, // grows with every change of the network in use
  direction: CLASSIFY,
  steps: 10,
  t: 1,
  playing: false,
  backwards: false,
  label: 0, // of the slice in which field and answer are drawn
  follow: false, // that label is the chosen point's
  layers: { points: true, arrows: true, answer: true, wrong: true },
  points: [], // { x, y, seed, label, by }
  chosen: -1,
  seed: 0, // of the newest label start
};

const touch = onceAFrame(() => paint());

const currentField = () => state.fields.get(state.shown);
const chosenPoint = () => state.points[state.chosen] ?? null;

// Runs are kept until the network changes.
const kept = new Map();
let keptVersion = -1;
function remember(key, make) {
  if (keptVersion !== state.version) kept.clear();
  keptVersion = state.version;
  if (kept.size > 400) kept.clear();
  if (!kept.has(key)) kept.set(key, make());
  return kept.get(key);
}

function cloudRun(count = state.steps, direction = state.direction) {
  return remember(`cloud ${direction} ${count}`, () => {
    const start = direction === CLASSIFY ? state.cloud.toClassify : state.cloud.toGenerate;
    return integrate(currentField(), start, count, direction);
  });
}

function pointRun(point, count = state.steps) {
  const { x, y, label } = point;
  return remember(`point ${state.direction} ${count} ${x} ${y} ${label}`, () =>
    integrate(currentField(), new Float64Array([x, y, label]), count, state.direction),
  );
}

const sliceLabel = () => {
  const point = state.follow ? chosenPoint() : null;
  return point ? statesAt(pointRun(point), progressOf(state.direction, state.t))[2] : state.label;
};

const act = {
  touch,
  use(key) {
    if (!state.fields.has(key)) return;
    state.shown = key;
    state.version++;
    touch();
  },
  direction(direction) {
    if (direction === state.direction) return;
    Object.assign(state, { direction, t: startTime(direction), playing: false, backwards: false });
    for (const point of state.points)
      Object.assign(point, { label: labelStart(point.seed, direction), by: `draw of seed ${point.seed}` });
    say("");
    touch();
  },
  steps: (count) => ((state.steps = count), touch()),
  goTo(t) {
    state.playing = false;
    state.t = clamp(t, 0, 1);
    touch();
  },
  play() {
    state.playing = !state.playing;
    const end = state.backwards ? 0 : 1;
    if (state.playing && progressOf(state.direction, state.t) === end) state.t = timeOf(state.direction, 1 - end);
    if (state.playing) startClock();
    touch();
  },
  turn: () => ((state.backwards = !state.backwards), touch()),
  slice: (label) => (Object.assign(state, { label: clamp(label, -2, 2), follow: false }), touch()),
  follow: (on) => ((state.follow = on), touch()),
  layer: (name) => ((state.layers[name] = !state.layers[name]), touch()),
  drop(x, y) {
    if (!currentField()) return false;
    if (state.points.length >= MOST_POINTS) {
      say(`${MOST_POINTS} points are the most; delete one first.`, true);
      return false;
    }
    const seed = ++state.seed;
    state.points.push({
      ...inView(x, y),
      seed,
      label: labelStart(seed, state.direction),
      by: `draw of seed ${seed}`,
    });
    state.chosen = state.points.length - 1;
    touch();
    return true;
  },
  choose: (index) => ((state.chosen = index), touch()),
  move(x, y) {
    const point = chosenPoint();
    if (!point) return;
    Object.assign(point, inView(x, y));
    touch();
  },
  labelOf(label) {
    const point = chosenPoint();
    if (!point) return;
    Object.assign(point, { label: toHundredths(clamp(label, -LABEL_LIMIT, LABEL_LIMIT)), by: "set by hand" });
    touch();
  },
  redraw() {
    const point = chosenPoint();
    if (!point) return;
    point.seed = ++state.seed;
    Object.assign(point, { label: labelStart(point.seed, state.direction), by: `draw of seed ${point.seed}` });
    touch();
  },
  remove() {
    if (!chosenPoint()) return;
    state.points.splice(state.chosen, 1);
    state.chosen = Math.min(state.chosen, state.points.length - 1);
    say(`Point deleted; ${plural(state.points.length, "point")} left.`);
    touch();
  },
  reset() {
    Object.assign(state, { points: [], chosen: -1, seed: 0 });
    say("All points deleted.");
    touch();
  },
};

// Playback: the clock moves t by the time that has passed. A frame's time is when the frame began, which can lie
// before the click that started the clock: such a frame moves nothing, and must not end the run.
function startClock() {
  let before = performance.now();
  function tick(now) {
    if (!state.playing || !root.isConnected) return;
    const moved = Math.max(now - before, 0) / (1000 * PLAY_SECONDS);
    before = Math.max(now, before);
    const progress = progressOf(state.direction, state.t) + (state.backwards ? -moved : moved);
    state.t = timeOf(state.direction, clamp(progress, 0, 1));
    if (state.backwards ? progress <= 0 : progress >= 1) state.playing = false;
    touch();
    requestAnimationFrame(tick);
  }
  requestAnimationFrame(tick);
}
