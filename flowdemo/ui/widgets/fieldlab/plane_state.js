// What is laid out and chosen in the plane, and everything a person can do about it.

const root = element.querySelector(".fl-plane");
const MOST_CODES = 8;
const MOST_STARTS = 8;
const SPAN = 1.2; // the plane shows [−SPAN, SPAN]²
const EDGE = 1.15; // codes and starts stay within
const [TARGET, POPULATION] = ["target", "population"];

const equal = (count) => Array.from({ length: count }, () => 1);
const FIVE = [[0, 0], [0.7, 0.5], [-0.6, 0.7], [-0.7, -0.55], [0.55, -0.7]]; // prettier-ignore
const PRESETS = {
  five: {
    name: "Five classes",
    about: "Four codes around one, which the straight way to the target passes.",
    codes: FIVE, weights: [0.4, 0.25, 0.15, 0.12, 0.08], mode: TARGET, target: 1,
    starts: [[-1.0, -0.62], [-0.1, -1.0]], eta: 1, tau: 1, exponent: -3, t: 0,
  },
  ambiguous: {
    name: "Ambiguous pixel",
    about: "Class 0 or class 1, nearly even, and the code of class 2 lies between the two.",
    codes: [[-0.6, 0], [0.6, 0], [0, 0.05], [0, 0.9]], weights: [0.55, 0.45, 0, 0], mode: POPULATION, target: 0,
    starts: [[-0.9, -0.8], [0.7, 0.75]], eta: 1, tau: 2, exponent: -3, t: 0,
  },
  line: {
    name: "Crowded line",
    about: "Eight codes in a row, the last of them the target. Start b lies exactly on the row, is pushed straight back and never arrives.",
    codes: Array.from({ length: 8 }, (_, k) => [(-7 + 2 * k) / 8, 0]), weights: equal(8), mode: TARGET, target: 7,
    starts: [[-0.8, 0.45], [-1.1, 0]], eta: 1, tau: 1, exponent: -3, t: 0,
  },
}; // prettier-ignore
const FREE = [[0, 0], [0.8, 0.8], [-0.8, 0.8], [-0.8, -0.8], [0.8, -0.8], [0, 0.9], [-0.95, 0], [0.95, 0], [0, -0.95]]; // prettier-ignore

const state = {
  preset: "five", codes: [], weights: [], mode: TARGET, target: 1, eta: 1, tau: 1, exponent: -3, t: 0,
  transform: "log", steps: 10, starts: [], held: null, // held: { kind: "code" or "start", index }
}; // prettier-ignore

const well = () => createWell(state.codes, { tau: state.tau, epsilon: 10 ** state.exponent, transform: state.transform });
const prior = () => {
  const sum = state.weights.reduce((a, b) => a + b, 0);
  return state.weights.map((weight) => (sum ? weight / sum : 1 / state.weights.length));
};

// What follows from the settings is kept until one of those it depends on changes.
const kept = new Map();
function remember(name, depends, make) {
  const key = JSON.stringify(depends);
  if (kept.get(name)?.key !== key) kept.set(name, { key, value: make() });
  return kept.get(name).value;
}
const law = () => [state.codes, state.tau, state.exponent, state.transform];

const targetPaths = (eta) =>
  remember(`paths ${eta ? "term" : "vanilla"}`, [law(), state.target, state.t, eta, state.starts], () => {
    const force = createForce(well(), state.target, eta, state.t);
    return state.starts.map((start) => follow(force, start, state.codes[state.target]));
  });
const flowPaths = (eta) =>
  remember(`flows ${eta ? "term" : "vanilla"}`, [law(), prior(), eta, state.steps, state.starts], () => {
    const predict = createPredictor(well(), prior(), eta);
    return state.starts.map((start) => euler(predict, start, state.steps));
  });

const touch = onceAFrame(() => paint());
const within = (value) => Math.round(1000 * clamp(value, -EDGE, EDGE)) / 1000;
const items = () => (state.held?.kind === "start" ? state.starts : state.codes);

const act = {
  load(name) {
    const { name: title, about, ...found } = structuredClone(PRESETS[name]);
    Object.assign(state, found, { preset: name, transform: "log", held: null });
    say(`${title}: ${about}`);
    touch();
  },
  set: (name, value) => ((state[name] = value), touch()),
  mode(mode) {
    state.mode = mode;
    touch();
  },
  weight: (index, value) => ((state.weights[index] = value), touch()),
  even: () => ((state.weights = equal(state.codes.length)), touch()),
  more() {
    if (state.codes.length >= MOST_CODES) return;
    const clear = (place) => nearest(state.codes, ...place).distance;
    state.codes.push([...[...FREE].sort((a, b) => clear(b) - clear(a))[0]]);
    state.weights.push(Math.max(0.05, state.weights.reduce((a, b) => a + b, 0) / state.weights.length));
    say(`${state.codes.length} codes; the new one has number ${state.codes.length - 1}.`);
    touch();
  },
  fewer() {
    if (state.codes.length <= 2) return;
    state.codes.pop();
    state.weights.pop();
    state.target = Math.min(state.target, state.codes.length - 1);
    state.held = null;
    say(`${state.codes.length} codes left.`);
    touch();
  },
  hold: (kind, index) => ((state.held = index < 0 ? null : { kind, index }), touch()),
  cycle(by) {
    const all = [...state.codes.map((_, i) => ["code", i]), ...state.starts.map((_, i) => ["start", i])];
    const now = all.findIndex(([kind, index]) => kind === state.held?.kind && index === state.held?.index);
    const [kind, index] = all[(now < 0 ? (by > 0 ? 0 : all.length - 1) : now + by + all.length) % all.length];
    act.hold(kind, index);
    tellHeld();
  },
  move(x, y) {
    if (!state.held) return;
    items()[state.held.index] = [within(x), within(y)];
    touch();
  },
  drop(x, y) {
    if (state.starts.length >= MOST_STARTS) state.starts.shift();
    state.starts.push([within(x), within(y)]);
    act.hold("start", state.starts.length - 1);
  },
  remove() {
    if (state.held?.kind !== "start") return;
    state.starts.splice(state.held.index, 1);
    state.held = null;
    say(`Start removed; ${plural(state.starts.length, "start")} left.`);
    touch();
  },
  clear() {
    Object.assign(state, { starts: [], held: null });
    say("All starts removed.");
    touch();
  },
};

// The start that the readout is about: the one held, or else the last.
const chosenStart = () => {
  if (state.held?.kind === "start") return state.held.index;
  return state.starts.length - 1;
};
