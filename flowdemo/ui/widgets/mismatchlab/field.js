// The exact field of finitely many points: E[x₁ − x₀ | x_t = x], and how far the velocity of a path is from it.

const NEGLIGIBLE = 80; // e⁻⁴⁰ of the largest weight and less

// field(x, y, t, out) writes v into out; what is made holds room for one evaluation.
function createField(points, smoothing = 0) {
  const count = points.length;
  const [xs, ys] = [0, 1].map((axis) => Float64Array.from(points, (point) => point[axis]));
  const squares = new Float64Array(count);

  return function field(x, y, t, out) {
    const spread = (1 - t) * (1 - t) + t * t * smoothing * smoothing;
    let least = Infinity;
    for (let i = 0; i < count; i++) {
      const [dx, dy] = [x - t * xs[i], y - t * ys[i]];
      squares[i] = dx * dx + dy * dy;
      if (squares[i] < least) least = squares[i];
    }
    const limit = least + NEGLIGIBLE * spread;
    let [sum, mx, my] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      if (squares[i] > limit) continue;
      const weight = Math.exp((least - squares[i]) / (2 * spread));
      sum += weight;
      mx += weight * xs[i];
      my += weight * ys[i];
    }
    mx /= sum;
    my /= sum;
    const shear = (t * smoothing * smoothing - (1 - t)) / spread;
    out[0] = mx + shear * (x - t * mx);
    out[1] = my + shear * (y - t * my);
    return out;
  };
}

// δ of one path at t; v stays in `out`.
function disagreement(field, [tx, ty], [sx, sy], t, out) {
  field((1 - t) * sx + t * tx, (1 - t) * sy + t * ty, t, out);
  const [dx, dy] = [out[0] - (tx - sx), out[1] - (ty - sy)];
  return dx * dx + dy * dy;
}

// δ in the order [time][path].
function disagreements(field, target, seeds, times, into = new Float64Array(times.length * seeds.length), from = 0) {
  const out = new Float64Array(2);
  let at = from;
  for (const t of times) for (const seed of seeds) into[at++] = disagreement(field, target, seed, t, out);
  return into;
}

// Median distance from a point to its nearest neighbour.
function spacing(points) {
  const nearestTo = ([x, y], i) => points.reduce((least, [px, py], j) => (j === i ? least : Math.min(least, Math.hypot(px - x, py - y))), Infinity); // prettier-ignore
  return points.map(nearestTo).sort((a, b) => a - b)[points.length >> 1];
}
