// Scores of many candidate targets, computed a little at a time: coarse places first, so that a map is soon there.

const GRID = { width: 48, height: 51 }; // a cell is a third of a unit
const BUDGET = 9; // milliseconds of work between two chances for the page to respond
const STORES = 60; // of single times that are kept

const cellPlace = (cell) => [
  VIEW.left + (((cell % GRID.width) + 0.5) * (VIEW.right - VIEW.left)) / GRID.width,
  VIEW.top - ((Math.floor(cell / GRID.width) + 0.5) * (VIEW.top - VIEW.bottom)) / GRID.height,
];
const CELLS = Array.from({ length: GRID.width * GRID.height }, (_, cell) => cell);
const levelOf = (cell) => {
  const [i, j] = [cell % GRID.width, Math.floor(cell / GRID.width)];
  return i % 4 || j % 4 ? (i % 2 || j % 2 ? 2 : 1) : 0;
};
const ORDER = [0, 1, 2].flatMap((level) => CELLS.filter((cell) => levelOf(cell) === level));

// The cell whose value stands for another that is not yet computed, or −1.
function standIn(store, cell) {
  for (const stride of [1, 2, 4]) {
    const [i, j] = [cell % GRID.width, Math.floor(cell / GRID.width)].map((n) => n - (n % stride));
    const found = j * GRID.width + i;
    if (store.ready[found]) return found;
  }
  return -1;
}

// Room for δ of all paths and times at places, filled in the given order.
function createStore(places, order, at) {
  const ownSeeds = seeds();
  const ownField = createField(points(), state.smoothing);
  const stride = at.length * ownSeeds.length;
  const store = {
    times: at, paths: ownSeeds.length, stride, done: 0, count: places.length,
    deltas: new Float32Array(places.length * stride), ready: new Uint8Array(places.length),
    advance() {
      const place = order[store.done++];
      disagreements(ownField, places[place], ownSeeds, at, store.deltas, place * stride);
      store.ready[place] = 1;
    },
  }; // prettier-ignore

  // Scores of the places that are ready, NaN elsewhere; only what came since the last call is computed.
  let [shown, scores, upto] = ["", null, 0];
  store.scores = (rule, weight) => {
    if (shown !== rule + weight) [shown, scores, upto] = [rule + weight, new Float64Array(places.length).fill(NaN), 0];
    for (; upto < store.done; upto++)
      scores[order[upto]] = scoreOf(store.deltas, order[upto] * stride, at, store.paths, rule, weight);
    return scores;
  };
  return store;
}

const GRID_PLACES = CELLS.map(cellPlace);
const singles = new Map();

// The map of the chosen t; those of other times are kept for as long as the paths stay what they are.
function storeNow() {
  const key = JSON.stringify([law(), state.t]);
  const found = singles.get(key) ?? createStore(GRID_PLACES, ORDER, [state.t]);
  singles.delete(key);
  singles.set(key, found);
  if (singles.size > STORES) singles.delete(singles.keys().next().value);
  return found;
}
const storeAll = () => remember("store", [law(), state.times], () => createStore(GRID_PLACES, ORDER, times()));
const storeFresh = () => remember("store fresh", [law(), state.times], () => createStore(fresh(), fresh().map((_, i) => i), times())); // prettier-ignore

let timer = null;
// Work goes on while something is to be done and the section is seen.
function explore() {
  if (timer !== null) return;
  const work = () => {
    timer = null;
    if (!root.checkVisibility()) return;
    const until = performance.now() + BUDGET;
    const open = () => [storeFresh(), storeNow(), storeAll()].find((store) => store.done < store.count);
    let store = open();
    if (!store) return;
    while (store && performance.now() < until) {
      store.advance();
      if (store.done === store.count) store = open();
    }
    touchMaps();
    timer = setTimeout(work, 0);
  };
  timer = setTimeout(work, 0);
}

// Scores of the unseen normal points in growing order, or null while they are not there.
function freshScores() {
  const store = storeFresh();
  if (store.done < store.count) return null;
  return remember("fresh scores", [law(), state.times, state.rule, state.weight], () =>
    Float64Array.from(store.scores(state.rule, state.weight)).sort(),
  );
}
