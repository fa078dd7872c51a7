// Silhouettes by formula, in pixels from the middle of 128×128: the same shapes as flowdemo/data/silhouettes.py.

const SIDE = 128;
const HALF = (SIDE - 1) / 2; // of pixel centres
const TURN = 2 * Math.PI;

const around = (count, radius, start = 0, x0 = 0) =>
  Array.from({ length: count }, (_, i) => {
    const angle = start + (TURN * i) / count;
    const r = typeof radius === "function" ? radius((TURN * i) / count) : radius;
    return [x0 + r * Math.cos(angle), r * Math.sin(angle)];
  });
const wave = (mean, swing) => [around(360, (turn) => mean * (1 + swing * Math.cos(5 * turn)), -Math.PI / 2)];
const ellipse = (a, b) => around(720, 1).map(([x, y]) => [a * x, b * y]);

function mouth() {
  const [radius, half, towards] = [42, 68, -22.5];
  const edge = Array.from({ length: 181 }, (_, i) => {
    const angle = ((towards + half + ((360 - 2 * half) * i) / 180) * Math.PI) / 180;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return [...edge, [0, 0]];
}

function boxed(x, y) {
  const [across, down] = [Math.abs(x) - 36, Math.abs(y) - 36];
  return Math.max(-Math.max(across, down), 0) - Math.hypot(Math.max(across, 0), Math.max(down, 0));
}

// rings: closed outlines. distance: signed, above 0 inside, where there is a formula; sign: what settles the inside.
const SHAPES = {
  disc: { name: "Disc", rings: [around(180, 40)], distance: (x, y) => 40 - Math.hypot(x, y) },
  ellipse: { name: "Ellipse", rings: [ellipse(48, 28)], sign: (x, y) => Math.hypot(x / 48, y / 28) <= 1 },
  square: { name: "Square", rings: [[[-36, -36], [36, -36], [36, 36], [-36, 36]]], distance: boxed },
  star: { name: "Star", rings: wave(36, 0.34) },
  flower: { name: "Flower of five petals", rings: wave(36, 0.25) },
  "pac-man": { name: "Disc with a mouth", rings: [mouth()] },
  annulus: {
    name: "Ring", rings: [around(180, 40), around(90, 16)],
    distance: (x, y) => Math.min(40 - Math.hypot(x, y), Math.hypot(x, y) - 16),
  },
  "two discs": {
    name: "Two discs", rings: [around(90, 14, 0, -28), around(90, 14, 0, 28)],
    distance: (x, y) => 14 - Math.min(Math.hypot(x - 28, y), Math.hypot(x + 28, y)),
  },
}; // prettier-ignore

// Signed Euclidean distance to a closed polygon. Plain numbers: it runs over some ten million pairs.
function fromPolygon(ring, sign) {
  const count = ring.length;
  const [ax, ay] = [0, 1].map((axis) => Float64Array.from(ring, (corner) => corner[axis]));
  const [ex, ey] = [ax, ay].map((from) => from.map((value, i) => from[(i + 1) % count] - value));
  const inverse = ex.map((value, i) => 1 / (value * value + ey[i] * ey[i]));
  return (x, y) => {
    let nearest = Infinity;
    let inside = false;
    for (let i = 0; i < count; i++) {
      const px = x - ax[i];
      const py = y - ay[i];
      let along = (px * ex[i] + py * ey[i]) * inverse[i];
      along = along < 0 ? 0 : along > 1 ? 1 : along;
      const dx = px - along * ex[i];
      const dy = py - along * ey[i];
      const square = dx * dx + dy * dy;
      if (square < nearest) nearest = square;
      if (py < 0 !== py < ey[i] && px < (py * ex[i]) / ey[i]) inside = !inside;
    }
    return (sign ? sign(x, y) : inside) ? Math.sqrt(nearest) : -Math.sqrt(nearest);
  };
}

const REACH = 96; // pixels from the middle within which distances are kept, one for each pixel centre
const ROW = 2 * REACH;
const LAST = ROW - 1.000001;
const tables = new Map();

function tableOf(name) {
  if (!tables.has(name)) {
    const { rings, distance, sign } = SHAPES[name];
    const at = distance ?? fromPolygon(rings[0], sign);
    const table = new Float64Array(ROW * ROW);
    for (let j = 0; j < ROW; j++) for (let i = 0; i < ROW; i++) table[j * ROW + i] = at(i - REACH + 0.5, j - REACH + 0.5);
    tables.set(name, table);
  }
  return tables.get(name);
}

// Between the kept distances, bilinear; beyond them, the nearest less the way to it.
function sampled(table, x, y) {
  const i = x + REACH - 0.5;
  const j = y + REACH - 0.5;
  const ci = i < 0 ? 0 : i > LAST ? LAST : i;
  const cj = j < 0 ? 0 : j > LAST ? LAST : j;
  const left = Math.floor(ci);
  const top = Math.floor(cj);
  const k = top * ROW + left;
  const upper = table[k] + (ci - left) * (table[k + 1] - table[k]);
  const lower = table[k + ROW] + (ci - left) * (table[k + ROW + 1] - table[k + ROW]);
  const inner = upper + (cj - top) * (lower - upper);
  return i === ci && j === cj ? inner : inner - Math.hypot(i - ci, j - cj);
}

// φ over all pixels of a shape that is scaled, turned clockwise (degrees), moved, and grown by an offset (pixels).
function posed(name, { dx = 0, dy = 0, turn = 0, scale = 1, offset = 0 } = {}) {
  const table = tableOf(name);
  const angle = (turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const phi = new Float64Array(SIDE * SIDE);
  for (let j = 0; j < SIDE; j++)
    for (let i = 0; i < SIDE; i++) {
      const x = i - HALF - dx;
      const y = j - HALF - dy;
      phi[j * SIDE + i] = scale * sampled(table, cos * x + sin * y, cos * y - sin * x) + offset;
    }
  return phi;
}
