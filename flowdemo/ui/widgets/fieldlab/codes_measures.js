// How good a set of codes is; the library's flowdemo.codes.measures, number for number. Points are [x, y, z].

const SAME = 1e-9; // relative difference below which two distances are one

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

// { least: smallest distance, pair: the first two codes that far apart, ties: pairs as close as these,
// nearest: distance of each code to its nearest }
function separation(points) {
  const nearest = new Float64Array(points.length).fill(Infinity);
  let [least, pair, ties] = [Infinity, [0, 1], 0];
  for (let i = 0; i < points.length; i++)
    for (let j = i + 1; j < points.length; j++) {
      const apart = distance(points[i], points[j]);
      if (apart < nearest[i]) nearest[i] = apart;
      if (apart < nearest[j]) nearest[j] = apart;
      if (apart < least * (1 - SAME)) [least, pair, ties] = [apart, [i, j], 1];
      else if (apart <= least * (1 + SAME)) ties++;
    }
  return { least, pair, ties, nearest };
}

// Standard deviation over mean of the distances to the nearest code.
function variation(nearest) {
  const mean = nearest.reduce((sum, value) => sum + value, 0) / nearest.length;
  const square = nearest.reduce((sum, value) => sum + (value - mean) ** 2, 0) / nearest.length;
  return Math.sqrt(square) / mean;
}

// Smallest difference of two codes on one axis.
function axisGap(points) {
  let least = Infinity;
  for (let axis = 0; axis < 3; axis++) {
    const sorted = Float64Array.from(points, (point) => point[axis]).sort();
    for (let i = 1; i < sorted.length; i++) least = Math.min(least, sorted[i] - sorted[i - 1]);
  }
  return least;
}

// L2-star discrepancy of the points moved to [0, 1]³, by Warnock's formula.
function discrepancy(points) {
  const moved = points.map((point) => point.map((value) => (value + 1) / 2));
  const n = moved.length;
  let [single, pairs] = [0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y, z] = moved[i];
    single += (1 - x * x) * (1 - y * y) * (1 - z * z);
    pairs += (1 - x) * (1 - y) * (1 - z);
    for (let j = i + 1; j < n; j++) {
      const [u, v, w] = moved[j];
      pairs += 2 * (1 - Math.max(x, u)) * (1 - Math.max(y, v)) * (1 - Math.max(z, w));
    }
  }
  return Math.sqrt(Math.max(1 / 27 - single / (4 * n) + pairs / (n * n), 0));
}

function measureCodes(points) {
  const { least, pair, ties, nearest } = separation(points);
  return {
    least, pair, ties, tolerance: least / 2, variation: variation(nearest), gap: axisGap(points), discrepancy: discrepancy(points),
  }; // prettier-ignore
}
