// What is laid out and chosen in the plane, and everything a person can do about it.

const root = element.querySelector(".mm-plane");
const VIEW = { left: -8, right: 8, bottom: -3, top: 14 };
const POINTS = 300;
const SEED = 1; // of the points
const FRESH = { count: 60, seed: 5001 }; // normal points that the field has not seen
const MOST_PATHS = 32;
const CLOCK = { first: 0.02, last: 0.98, step: 0.02 };
const STOPS = Array.from({ length: 49 }, (_, i) => (i + 1) / 50);

const state = {
  set: "semicircle", target: [...SETS.semicircle.targets.average], t: 0.5, paths: 8, times: 8, rule: "min",
  weight: "noise", smoothing: 0, seed: 0, playing: false,
}; // prettier-ignore

const kept = new Map();
// What follows from the settings is kept until one of those it depends on changes.
function remember(name, depends, make) {
  const key = JSON.stringify(depends);
  if (kept.get(name)?.key !== key) kept.set(name, { key, value: make() });
  return kept.get(name).value;
}

const points = () => remember("points", state.set, () => SETS[state.set].make(POINTS, SEED));
const fresh = () => remember("fresh", state.set, () => SETS[state.set].make(FRESH.count, FRESH.seed));
const gap = () => remember("gap", state.set, () => spacing(points()));
// The first K of the same 32, so that more paths are never less lucky.
const seeds = () => remember("seeds", state.seed, () => gaussians(MOST_PATHS, 100 + state.seed)).slice(0, state.paths);
const law = () => [state.set, state.smoothing, state.seed, state.paths];
const field = () => remember("field", [state.set, state.smoothing], () => createField(points(), state.smoothing));
const times = () => innerTimes(state.times);
const bandwidth = (t) => Math.hypot((1 - t) / t, state.smoothing);

// The paths at the chosen t: { seed, state, end (where v leads to), delta }, and which is the luckiest.
const chords = () =>
  remember("chords", [law(), state.target, state.t], () => {
    const { t, target } = state;
    const found = seeds().map((seed) => {
      const out = [0, 0];
      const delta = disagreement(field(), target, seed, t, out);
      const at = seed.map((value, axis) => (1 - t) * value + t * target[axis]);
      return { seed, at, end: at.map((value, axis) => value + (1 - t) * out[axis]), delta };
    });
    return { paths: found, best: found.reduce((best, path, k) => (path.delta < found[best].delta ? k : best), 0) };
  });
const curves = () => remember("curves", [law(), state.target], () => disagreements(field(), state.target, seeds(), STOPS));
const deltas = () => remember("deltas", [law(), state.target, state.times], () => disagreements(field(), state.target, seeds(), times()));
const score = (rule = state.rule) => scoreOf(deltas(), 0, times(), state.paths, rule, state.weight);

const touch = onceAFrame(() => paint());
const touchMaps = onceAFrame(() => paintMaps());
const rounded = (value) => Math.round(1000 * value) / 1000;

const act = {
  set: (name, value) => ((state[name] = value), touch()),
  sample(name) {
    state.set = name;
    state.target = [...SETS[name].targets.average];
    say(`${SETS[name].name}: ${SETS[name].about}.`);
    touch();
  },
  move(x, y) {
    state.target = [rounded(clamp(x, VIEW.left, VIEW.right)), rounded(clamp(y, VIEW.bottom, VIEW.top))];
    touch();
  },
  place(name) {
    act.move(...SETS[state.set].targets[name]);
    tellTarget();
  },
  roll() {
    state.seed = (state.seed + 1) % 1000;
    say(`Seeds ${state.seed}: ${targetText()}`);
    touch();
  },
  clock(t) {
    state.playing = false;
    act.set("t", t);
  },
  play() {
    state.playing = !state.playing;
    if (state.playing && state.t >= CLOCK.last - 1e-9) state.t = CLOCK.first;
    if (state.playing) playOn(performance.now());
    touch();
  },
};

const PACE = 130; // milliseconds between two stops of the clock, and four times that where motion is unwelcome
function playOn(since) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  requestAnimationFrame((now) => {
    if (!state.playing || !root.checkVisibility()) return (state.playing = false), touch();
    if (now - since < PACE * (calm ? 4 : 1)) return playOn(since);
    state.t = rounded(Math.min(state.t + CLOCK.step * (calm ? 4 : 1), CLOCK.last));
    if (state.t >= CLOCK.last) state.playing = false;
    touch();
    if (state.playing) playOn(now);
  });
}
