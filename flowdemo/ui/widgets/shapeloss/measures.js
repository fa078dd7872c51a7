// Contour flow, Dice and contour distances on 128×128 pixels, as systems/contourflow.py, systems/distance.py and
// evaluation/contours.py have them.

const WIDTH = 1.5; // of a soft edge, pixels
const SMOOTH = 1.5; // of a mask's distance, pixels
const FLAT = 1e-3; // slope below which a distance has no direction
const FAR = 1e12;

const softened = (phi) => phi.map((value) => 1 / (1 + Math.exp(-value / WIDTH)));

function cut(field, level = 0) {
  const mask = new Uint8Array(SIDE * SIDE);
  for (let k = 0; k < mask.length; k++) mask[k] = field[k] >= level ? 1 : 0;
  return mask;
}

// Squares of distances along one line, in place: the lower envelope of parabolas.
function envelope(values, start, step, count, line, spot, edge) {
  for (let i = 0; i < count; i++) line[i] = values[start + i * step];
  const meet = (a, b) => (line[b] + b * b - line[a] - a * a) / (2 * (b - a));
  let last = 0;
  [spot[0], edge[0], edge[1]] = [0, -Infinity, Infinity];
  for (let q = 1; q < count; q++) {
    while (last > 0 && meet(spot[last], q) <= edge[last]) last--;
    spot[last + 1] = q;
    edge[last + 1] = meet(spot[last], q);
    edge[++last + 1] = Infinity;
  }
  for (let q = 0, k = 0; q < count; q++) {
    while (edge[k + 1] < q) k++;
    values[start + q * step] = (q - spot[k]) ** 2 + line[spot[k]];
  }
}

// Distance of every pixel to the nearest for which `mask` is `wanted`.
function distanceTo(mask, wanted) {
  const found = Float64Array.from(mask, (value) => (Boolean(value) === wanted ? 0 : FAR));
  const [line, spot, edge] = [new Float64Array(SIDE), new Int32Array(SIDE + 1), new Float64Array(SIDE + 2)];
  for (let i = 0; i < SIDE; i++) envelope(found, i, SIDE, SIDE, line, spot, edge);
  for (let j = 0; j < SIDE; j++) envelope(found, j * SIDE, 1, SIDE, line, spot, edge);
  return found.map(Math.sqrt);
}

// φ of a mask: above 0 inside, its zero between the pixels of the two sides, smoothed.
function signedDistance(mask) {
  const [out, inn] = [distanceTo(mask, false), distanceTo(mask, true)];
  return smoothed(out.map((value, k) => (mask[k] ? value - 0.5 : 0.5 - inn[k])));
}

function smoothed(field) {
  const reach = Math.ceil(3 * SMOOTH);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * SMOOTH ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const along = (values, place) => {
    const out = new Float64Array(SIDE * SIDE);
    for (let a = 0; a < SIDE; a++)
      for (let b = 0; b < SIDE; b++) {
        let sum = 0;
        for (let k = -reach; k <= reach; k++) sum += weights[k + reach] * values[place(a, Math.min(Math.max(b + k, 0), SIDE - 1))];
        out[place(a, b)] = sum / total;
      }
    return out;
  };
  return along(along(field, (a, b) => a * SIDE + b), (a, b) => b * SIDE + a);
}

// Central differences at pixel k = (i, j), the border repeated outwards.
const acrossAt = (u, k, i) => (u[i < SIDE - 1 ? k + 1 : k] - u[i > 0 ? k - 1 : k]) / 2;
const downAt = (u, k, j) => (u[j < SIDE - 1 ? k + SIDE : k] - u[j > 0 ? k - SIDE : k]) / 2;

// T = (−n_y, n_x) of φ: [T_x, T_y], 0 on the frame of one pixel and where φ is flat.
function tangentsOf(phi) {
  const [tx, ty] = [new Float64Array(SIDE * SIDE), new Float64Array(SIDE * SIDE)];
  for (let j = 1; j < SIDE - 1; j++)
    for (let i = 1; i < SIDE - 1; i++) {
      const k = j * SIDE + i;
      const [across, down] = [acrossAt(phi, k, i), downAt(phi, k, j)];
      const length = Math.hypot(across, down);
      if (length > FLAT) [tx[k], ty[k]] = [-down / length, across / length];
    }
  return [tx, ty];
}

// Σ|⟨∇u, T⟩| / Σ|∇u|, 0 to 1; into `paid`, if given, goes |cos| between ∇u and T of every pixel.
function shapeLoss(u, [tx, ty], paid = null) {
  let lost = 0;
  let length = 0;
  for (let j = 0; j < SIDE; j++)
    for (let i = 0; i < SIDE; i++) {
      const k = j * SIDE + i;
      const across = acrossAt(u, k, i);
      const down = downAt(u, k, j);
      const over = Math.abs(tx[k] * across + ty[k] * down);
      const steep = Math.sqrt(across * across + down * down);
      lost += over;
      length += steep;
      if (paid) paid[k] = steep > 1e-9 ? over / steep : 0;
    }
  return lost / (length + 1e-6);
}

function areaOf(mask) {
  let sum = 0;
  for (let k = 0; k < mask.length; k++) sum += mask[k];
  return sum;
}

// 2|A ∩ B| / (|A| + |B|), null of two empty masks.
function diceOf(a, b) {
  const sizes = areaOf(a) + areaOf(b);
  let both = 0;
  for (let k = 0; k < a.length; k++) both += a[k] && b[k];
  return sizes ? (2 * both) / sizes : null;
}

// Pixels of a mask with a neighbour (of four) that is not of it; the border of the picture is no contour.
function contourOf(mask) {
  const found = [];
  for (let j = 0; j < SIDE; j++)
    for (let i = 0; i < SIDE; i++) {
      const k = j * SIDE + i;
      if (!mask[k]) continue;
      const row = (i === 0 || mask[k - 1]) && (i === SIDE - 1 || mask[k + 1]);
      const column = (j === 0 || mask[k - SIDE]) && (j === SIDE - 1 || mask[k + SIDE]);
      if (!row || !column) found.push(k);
    }
  return found;
}

// Mean and deviation of the distance from a mask's contour to another, whose distances are given; null without contour.
function contourDistances(mask, away) {
  const values = contourOf(mask).map((k) => away[k]);
  if (!values.length) return { bd: null, bdsd: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { bd: mean, bdsd: Math.sqrt(spread) };
}

// What a reference is compared by: its mask, T of `phi` (smoothed), and distances to the mask's contour.
function referenceOf(mask, phi = signedDistance(mask)) {
  const edge = new Uint8Array(SIDE * SIDE);
  for (const k of contourOf(mask)) edge[k] = 1;
  return { mask, along: tangentsOf(phi), away: distanceTo(edge, true) };
}

// { flow, dice (1 − Dice), bd, bdsd } of a soft mask against a reference.
function losses(u, reference, paid = null) {
  const mask = cut(u, 0.5);
  const same = diceOf(mask, reference.mask);
  const dice = same === null ? null : 1 - same;
  return { flow: shapeLoss(u, reference.along, paid), dice, ...contourDistances(mask, reference.away) };
}
