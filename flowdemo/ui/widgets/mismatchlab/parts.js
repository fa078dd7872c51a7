// The mean disagreement of q = N(Δ e₁, r σ² I) with the field of p = N(0, σ² I) in n dimensions, in its two parts.

const spreadOf = (variance, t) => t * t * variance + (1 - t) * (1 - t);

// { denoising: what the field of q itself would leave, fisher: what p adds }
function partsOf({ dimensions, shift, variance, ratio }, t) {
  const [p, q] = [spreadOf(variance, t), spreadOf(ratio * variance, t)];
  const gap = (dimensions * (p - q) ** 2) / (q * p * p) + (t * shift / p) ** 2;
  return { denoising: (dimensions * ratio * variance) / q, fisher: ((1 - t) / t) ** 2 * gap };
}

const DRAWS = 1500; // pairs of noise and sample
const MOST_DIMENSIONS = 16;

const createDraws = (seed) => {
  let made = null;
  return () => (made ??= normals(DRAWS * MOST_DIMENSIONS, seed + 1)); // [noise, sample] of each dimension
};

// The same mean from draws: { mean, error }, the error being the standard one.
function sampleTotal({ dimensions, shift, variance, ratio }, t, draws) {
  const shear = (t * variance - (1 - t)) / spreadOf(variance, t);
  const deviation = Math.sqrt(ratio * variance);
  let [sum, squares] = [0, 0];
  for (let i = 0; i < DRAWS; i++) {
    let delta = 0;
    for (let j = 0; j < dimensions; j++) {
      const [x0, e] = draws[i * MOST_DIMENSIONS + j];
      const x1 = (j ? 0 : shift) + deviation * e;
      const off = shear * ((1 - t) * x0 + t * x1) - (x1 - x0);
      delta += off * off;
    }
    sum += delta;
    squares += delta * delta;
  }
  const mean = sum / DRAWS;
  return { mean, error: Math.sqrt(Math.max(squares / DRAWS - mean * mean, 0) / DRAWS) };
}
