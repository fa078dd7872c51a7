// From disagreements δ of paths to one number: weights over time, aggregates over paths, and what tells samples apart.

const WEIGHTS = {
  noise: { name: "t²", about: "Squared error of the predicted noise", of: (t) => t * t },
  velocity: { name: "1", about: "Squared error of the velocity itself", of: () => 1 },
  reconstruction: { name: "(1 − t)²", about: "Squared error of the one-step reconstruction", of: (t) => (1 - t) * (1 - t) },
}; // prettier-ignore
const SHARE = 0.2;
const RULES = {
  min: { name: "min", about: "The luckiest path: the least δ" },
  order: { name: "order", about: `The ⌈${SHARE} K⌉-th least δ` },
  mean: { name: "mean", about: "The mean δ over all paths" },
};

// j/(T + 1): neither end is among them.
const innerTimes = (count) => Array.from({ length: count }, (_, j) => (j + 1) / (count + 1));

// What is exactly whole must not be raised by rounding: 0.28 · 25 is a little above 7.
const rankOf = (count, share) => Math.max(Math.ceil(share * count - 1e-9), 1);

const least = new Float64Array(64);
// The rank-th least, by keeping the least ones in order: ranks are small.
function orderStatistic(values, from, count, rank) {
  let size = 0;
  for (let k = from; k < from + count; k++) {
    const value = values[k];
    if (size === rank && value >= least[size - 1]) continue;
    let at = size < rank ? size++ : size - 1;
    for (; at > 0 && least[at - 1] > value; at--) least[at] = least[at - 1];
    least[at] = value;
  }
  return least[rank - 1];
}

// One value of the `count` numbers, at most 64, of a typed array from `from` on.
function aggregate(values, from, count, rule, share = SHARE) {
  if (rule === "order") return orderStatistic(values, from, count, rankOf(count, share));
  let found = rule === "min" ? Infinity : 0;
  for (let k = from; k < from + count; k++) {
    if (rule === "mean") found += values[k] / count;
    else if (values[k] < found) found = values[k];
  }
  return found;
}

// Mean over times of w(t) times the aggregate; values are in the order [time][path].
function scoreOf(values, from, times, paths, rule, weight) {
  let sum = 0;
  times.forEach((t, j) => (sum += WEIGHTS[weight].of(t) * aggregate(values, from + j * paths, paths, rule)));
  return sum / times.length;
}

// How often a value of `odd` is above one of `normal`; a tie counts half.
function auc(normal, odd) {
  const [low, high] = [Float64Array.from(normal).sort(), Float64Array.from(odd).sort()];
  let [below, upto, sum] = [0, 0, 0];
  for (const value of high) {
    while (below < low.length && low[below] < value) below++;
    while (upto < low.length && low[upto] <= value) upto++;
    sum += below + upto;
  }
  return sum / (2 * low.length * high.length);
}
