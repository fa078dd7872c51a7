// Disagreement with the field of a Gaussian along one axis: z = y − mean, σ the deviation of normal samples there.

const spreadOf = (sigma, t) => t * t * sigma * sigma + (1 - t) * (1 - t);

// δ of one path from the noise x₀, along the axis.
function disagreement(z, x0, sigma, t) {
  const off = ((1 - t) * z - t * sigma * sigma * x0) / spreadOf(sigma, t);
  return off * off;
}

// m(t; z): its mean over the noise, and the mean of that over normal samples.
function meanOver(z, sigma, t) {
  return ((1 - t) ** 2 * z * z + t * t * sigma ** 4) / spreadOf(sigma, t) ** 2;
}
const baseline = (sigma, t) => (sigma * sigma) / spreadOf(sigma, t);

const DRAWS = 2000; // normal samples, and as many draws of paths to the anomaly
const PATHS = 64; // at most

// Noise once drawn: typed arrays of [on, off] pairs, the same for every setting.
function createDraws(seed) {
  const pairs = (count, add) => Float64Array.from(normals(count, 10 * seed + add).flat());
  let made = null;
  const make = () => ({ samples: pairs(DRAWS, 1), toNormal: pairs(DRAWS * PATHS, 2), toOdd: pairs(DRAWS * PATHS, 3) });
  return () => (made ??= make());
}

// δ of `paths` paths to each of the DRAWS samples, in the order [sample][path]. `offset(i)` is the sample's z.
function sampleDeltas({ on, off }, noise, paths, t, offset, into) {
  for (let i = 0; i < DRAWS; i++) {
    const [zOn, zOff] = offset(i);
    for (let k = 0; k < paths; k++) {
      const at = 2 * (i * PATHS + k);
      into[i * paths + k] = disagreement(zOn, noise[at], on, t) + disagreement(zOff, noise[at + 1], off, t);
    }
  }
  return into;
}

// AUC of each rule, for the anomaly z against normal samples.
function separate(sigma, z, paths, t, draws) {
  const { samples, toNormal, toOdd } = draws;
  const size = DRAWS * paths;
  const normal = sampleDeltas(sigma, toNormal, paths, t, (i) => [sigma.on * samples[2 * i], sigma.off * samples[2 * i + 1]], new Float64Array(size));
  const odd = sampleDeltas(sigma, toOdd, paths, t, () => [z.on, z.off], new Float64Array(size));
  const over = (deltas, rule) => Float64Array.from({ length: DRAWS }, (_, i) => aggregate(deltas, i * paths, paths, rule));
  return Object.fromEntries(Object.keys(RULES).map((rule) => [rule, auc(over(normal, rule), over(odd, rule))]));
}

// Mean of δ along an axis over the first `count` draws of noise, and its standard error.
function sampledMean(z, sigma, t, noise, axis, count = 400) {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < count; i++) {
    const delta = disagreement(z, noise[2 * i * PATHS + axis], sigma, t);
    sum += delta;
    squares += delta * delta;
  }
  const mean = sum / count;
  return { mean, error: Math.sqrt(Math.max(squares / count - mean * mean, 0) / count) };
}
