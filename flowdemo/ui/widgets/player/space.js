// A pixel's path in code space, projected on the plane that shows it best.

// Eigenvectors of a symmetric 3 × 3 matrix, largest eigenvalue first (cyclic Jacobi rotations).
function principalAxes(matrix) {
  const a = matrix.map((row) => row.slice());
  const v = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let sweep = 0; sweep < 24; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      if (Math.abs(a[p][q]) < 1e-15) continue;
      const angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
      const c = Math.cos(angle),
        s = Math.sin(angle);
      for (let k = 0; k < 3; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
      for (let k = 0; k < 3; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
      for (let k = 0; k < 3; k++) [v[k][p], v[k][q]] = [c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]];
    }
  }
  return [0, 1, 2].sort((i, j) => a[j][j] - a[i][i]).map((i) => [v[0][i], v[1][i], v[2][i]]);
}

// Plane of most variance of the weighted points [{point, weight}]; returns point → [x, y].
function bestPlane(weighted) {
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0) || 1;
  const mean = [0, 1, 2].map(
    (i) => weighted.reduce((sum, { point, weight }) => sum + weight * point[i], 0) / total,
  );
  const spread = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) =>
      weighted.reduce((sum, { point, weight }) => sum + weight * (point[i] - mean[i]) * (point[j] - mean[j]), 0),
    ),
  );
  const axes = principalAxes(spread).slice(0, 2);
  return (point) => axes.map((axis) => axis.reduce((sum, part, i) => sum + part * (point[i] - mean[i]), 0));
}

// The path counts as much as the codes it visits; the other codes only break ties.
function planeOfPath(path, codes, visited) {
  const group = (points, weight) => points.map((point) => ({ point, weight: weight / Math.max(points.length, 1) }));
  const near = codes.filter((_, i) => visited.has(i));
  return bestPlane([...group(path, 1), ...group(near, 1), ...group(codes, 0.2)]);
}

// Uniform scale of 2-D points into a box with margins.
function fitInto(points, width, height, margin) {
  const bounds = (i) => [Math.min(...points.map((p) => p[i])), Math.max(...points.map((p) => p[i]))];
  const [[x0, x1], [y0, y1]] = [bounds(0), bounds(1)];
  const scale = Math.min(
    (width - 2 * margin.x) / Math.max(x1 - x0, 0.2),
    (height - 2 * margin.y) / Math.max(y1 - y0, 0.2),
  );
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return ([x, y]) => [width / 2 + (x - cx) * scale, height / 2 - (y - cy) * scale];
}
