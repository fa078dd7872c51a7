// The flows that a perfect network would learn for a whole population: Gaussian noise to codes drawn from a class prior.

// π_k ∝ π⁰_k exp(−‖x − t μ_k‖² / 2(1 − t)²): which class a state is on its way to, and their mean code x̄.
function posterior(codes, prior, x, y, t, out) {
  const spread = 2 * (1 - t) * (1 - t);
  let most = -Infinity;
  for (let k = 0; k < codes.length; k++) {
    const [dx, dy] = [x - t * codes[k][0], y - t * codes[k][1]];
    out[k] = prior[k] > 0 ? Math.log(prior[k]) - (dx * dx + dy * dy) / spread : -Infinity;
    if (out[k] > most) most = out[k];
  }
  let sum = 0;
  for (let k = 0; k < codes.length; k++) sum += out[k] = Math.exp(out[k] - most);
  for (let k = 0; k < codes.length; k++) out[k] /= sum;
}

const SEARCH = { steps: 120, first: 0.02, longest: 0.1 };

// x̂ that minimises ½‖x̂ − x̄‖² + (1 − t) η CE(π, p(x̂)), by descent from x̄ with halved steps where one would climb.
// There may be several minima; this is the one that lies downhill of x̄.
// `settled` is the length of a step, in units of the plane, at which the descent ends.
function createPredictor(well, prior, eta, settled = 1e-6) {
  const { count, codes } = well;
  const weights = new Float64Array(count);
  const [slope, tried] = [new Float64Array(2), new Float64Array(2)];

  function height(x, y, mean, strength, out) {
    const entropy = gradient(well, x, y, weights, out);
    const [dx, dy] = [x - mean[0], y - mean[1]];
    out[0] = dx + strength * out[0];
    out[1] = dy + strength * out[1];
    return 0.5 * (dx * dx + dy * dy) + strength * entropy;
  }

  function descend(mean, strength) {
    let [x, y, step] = [mean[0], mean[1], SEARCH.first];
    let now = height(x, y, mean, strength, slope);
    for (let i = 0; i < SEARCH.steps; i++) {
      const steep = Math.hypot(slope[0], slope[1]);
      const move = Math.min(step * steep, SEARCH.longest);
      if (move < settled) break;
      const [nx, ny] = [x - (move * slope[0]) / steep, y - (move * slope[1]) / steep];
      const next = height(nx, ny, mean, strength, tried);
      if (next > now - 1e-4 * move * steep) {
        step = (0.4 * move) / steep;
        continue;
      }
      [x, y, now, step] = [nx, ny, next, (1.8 * move) / steep];
      slope.set(tried);
    }
    return [x, y];
  }

  return function predict(x, y, t) {
    posterior(codes, prior, x, y, t, weights);
    const mean = [0, 0];
    for (let k = 0; k < count; k++) {
      mean[0] += weights[k] * codes[k][0];
      mean[1] += weights[k] * codes[k][1];
    }
    return eta ? descend(mean, (1 - t) * eta) : mean;
  };
}

// Euler in N steps of v = (x̂₁ − x)/(1 − t): the states at i/N, and the predictions that each step was made with.
function euler(predict, start, steps) {
  const [states, predictions] = [[start], []];
  for (let i = 0; i < steps; i++) {
    const [x, y] = states[i];
    const [px, py] = predict(x, y, i / steps);
    predictions.push([px, py]);
    const share = 1 / (steps - i);
    states.push([x + share * (px - x), y + share * (py - y)]);
  }
  return { states, predictions };
}

// Where a path is at t, on the line between two states.
function stateAt({ states }, t) {
  const at = clamp(t, 0, 1) * (states.length - 1);
  const i = Math.min(Math.floor(at), states.length - 2);
  return states[i].map((value, axis) => value + (at - i) * (states[i + 1][axis] - value));
}

// Pairs of standard normal numbers, the same ones each time (Box–Muller on a 32-bit generator).
function normals(count, seed = 1) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
  return Array.from({ length: count }, () => {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - uniform())), 2 * Math.PI * uniform()];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

// Many paths, a few at a time so that the page stays responsive. { shares: decoded, far: share 0.1 away from all codes }
function createCensus(predict, codes, starts, steps) {
  const shares = new Float64Array(codes.length);
  let [done, far] = [0, 0];
  return {
    get done() {
      return done;
    },
    advance(count) {
      for (const start of starts.slice(done, done + count)) {
        const end = euler(predict, start, steps).states.at(-1);
        const { index, distance } = nearest(codes, ...end);
        shares[index]++;
        if (distance > 0.1) far++;
        done++;
      }
      return done >= starts.length;
    },
    result: () => ({ shares: [...shares].map((n) => n / done), far: far / done, count: done }),
  };
}
