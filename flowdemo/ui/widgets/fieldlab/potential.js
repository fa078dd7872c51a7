// FlowSeg's distance-aware potential among codes of the plane, in float64: Φ = −log p_y, p = softmax(T(d)/τ), d = ‖x̂ − μ‖².

const TRANSFORMS = {
  log: { name: "−log(d + ε)", of: (d, e) => -Math.log(d + e), slope: (d, e) => -1 / (d + e) },
  linear: { name: "−d", of: (d) => -d, slope: () => -1 },
  root: { name: "−√(d + ε)", of: (d, e) => -Math.sqrt(d + e), slope: (d, e) => -0.5 / Math.sqrt(d + e) },
  inverse: { name: "1/(d + ε)", of: (d, e) => 1 / (d + e), slope: (d, e) => -1 / ((d + e) * (d + e)) },
};

// codes: [[x, y], …]; what is made holds room for one evaluation, so it is not to be shared between two at once.
function createWell(codes, { tau, epsilon, transform }) {
  const count = codes.length;
  return {
    count,
    codes,
    tau,
    epsilon,
    curve: TRANSFORMS[transform],
    squares: new Float64Array(count),
    shares: new Float64Array(count),
    logSum: 0,
  };
}

// p_k at a place, and the logarithm of the sum that they are divided by.
function weigh(well, x, y) {
  const { count, codes, tau, epsilon, curve, squares, shares } = well;
  let most = -Infinity;
  for (let k = 0; k < count; k++) {
    const dx = x - codes[k][0];
    const dy = y - codes[k][1];
    squares[k] = dx * dx + dy * dy;
    shares[k] = curve.of(squares[k], epsilon) / tau;
    if (shares[k] > most) most = shares[k];
  }
  let sum = 0;
  for (let k = 0; k < count; k++) sum += shares[k] = Math.exp(shares[k] - most);
  for (let k = 0; k < count; k++) shares[k] /= sum;
  well.logSum = most + Math.log(sum);
}

// Writes Σ_k (w_k − p_k) · (−2/τ) T′(d_k) (x̂ − μ_k) into out: ∇Φ for w = 1[k = y], the gradient of the cross-entropy
// −Σ w_k log p_k for weights that sum to one. Returns that cross-entropy.
function gradient(well, x, y, weights, out) {
  weigh(well, x, y);
  const { count, codes, tau, epsilon, curve, squares, shares } = well;
  let [gx, gy, entropy] = [0, 0, well.logSum];
  for (let k = 0; k < count; k++) {
    if (weights[k]) entropy -= (weights[k] * curve.of(squares[k], epsilon)) / tau;
    const factor = (-2 / tau) * (weights[k] - shares[k]) * curve.slope(squares[k], epsilon);
    gx += factor * (x - codes[k][0]);
    gy += factor * (y - codes[k][1]);
  }
  out[0] = gx;
  out[1] = gy;
  return entropy;
}

const oneHot = (count, index) => Float64Array.from({ length: count }, (_, k) => (k === index ? 1 : 0));

function nearest(codes, x, y, except = -1) {
  let [best, least] = [-1, Infinity];
  for (let k = 0; k < codes.length; k++) {
    if (k === except) continue;
    const dx = x - codes[k][0];
    const dy = y - codes[k][1];
    const square = dx * dx + dy * dy;
    if (square >= least) continue;
    best = k;
    least = square;
  }
  return { index: best, distance: Math.sqrt(least) };
}

// What a prediction x̂ of a pixel of class y is driven by: −(x̂ − μ_y)/(1 − t) − η ∇Φ.
function createForce(well, target, eta, t) {
  const [mx, my] = well.codes[target];
  const weights = oneHot(well.count, target);
  return function force(x, y, out) {
    if (eta) gradient(well, x, y, weights, out);
    else out[0] = out[1] = 0;
    out[0] = (mx - x) / (1 - t) - eta * out[0];
    out[1] = (my - y) / (1 - t) - eta * out[1];
  };
}

// How strongly the term alone pulls inwards at distance r of a code: mean over directions of ⟨−∇Φ, −u⟩.
function pullAt(well, target, r, directions = 48) {
  const [mx, my] = well.codes[target];
  const [weights, out] = [oneHot(well.count, target), new Float64Array(2)];
  let sum = 0;
  for (let i = 0; i < directions; i++) {
    const angle = (2 * Math.PI * (i + 0.5)) / directions;
    const [ux, uy] = [Math.cos(angle), Math.sin(angle)];
    gradient(well, mx + r * ux, my + r * uy, weights, out);
    sum += out[0] * ux + out[1] * uy;
  }
  return sum / directions;
}

// S_τ = Σ_{k ≠ y} (d_k + ε)^(−1/τ) at μ_y: how crowded the code is. The pull goes as (2/τ) S_τ r^(2/τ − 1) near it.
function crowding(well, target) {
  const [mx, my] = well.codes[target];
  return well.codes.reduce((sum, [x, y], k) => {
    if (k === target) return sum;
    return sum + Math.pow((x - mx) ** 2 + (y - my) ** 2 + well.epsilon, -1 / well.tau);
  }, 0);
}
