// Defects painted on pixels { width, height, data: RGBA }. A stroke is { tool, tone, size, strength, points }, in pixels
// of the surface; its coverage is 1 where it is full and falls to 0 at its edge.

const SCRATCH = "scratch",
  BLOT = "blot",
  PATCH = "patch";
const SHOWS = 0.1; // of the full effect; below it a pixel does not count as painted

// Coverage at a distance from the line of the stroke.
const PROFILES = {
  [SCRATCH]: (distance, size) => clamp(size / 2 + 0.5 - distance, 0, 1),
  [BLOT]: (distance, size) => Math.exp(-4.5 * ((2 * distance) / size) ** 2), // 1 % at the rim
  [PATCH]: (distance, size) => clamp(size / 2 + 0.5 - distance, 0, 1),
};

function lineDistance(x, y, [ax, ay], [bx, by]) {
  const dx = bx - ax,
    dy = by - ay;
  const length = dx * dx + dy * dy;
  const along = length ? clamp(((x - ax) * dx + (y - ay) * dy) / length, 0, 1) : 0;
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

// { left, top, width, height, values: Float32Array } of the part of the surface that a stroke may touch.
function coverage(stroke, width, height) {
  const { points, size, tool } = stroke,
    reach = size / 2 + 1;
  const xs = points.map(([x]) => x),
    ys = points.map(([, y]) => y);
  const left = clamp(Math.floor(Math.min(...xs) - reach), 0, width),
    top = clamp(Math.floor(Math.min(...ys) - reach), 0, height);
  const right = clamp(Math.ceil(Math.max(...xs) + reach), left, width),
    bottom = clamp(Math.ceil(Math.max(...ys) + reach), top, height);
  const box = { left, top, width: right - left, height: bottom - top };
  box.values = new Float32Array(box.width * box.height);
  points.forEach((b, i) => {
    const a = points[Math.max(i - 1, 0)];
    const x0 = Math.max(Math.floor(Math.min(a[0], b[0]) - reach), left),
      x1 = Math.min(Math.ceil(Math.max(a[0], b[0]) + reach), right);
    const y0 = Math.max(Math.floor(Math.min(a[1], b[1]) - reach), top),
      y1 = Math.min(Math.ceil(Math.max(a[1], b[1]) + reach), bottom);
    for (let y = y0; y < y1; y++)
      for (let x = x0; x < x1; x++) {
        const at = (y - top) * box.width + x - left;
        const value = PROFILES[tool](lineDistance(x + 0.5, y + 0.5, a, b), size);
        if (value > box.values[at]) box.values[at] = value;
      }
  });
  return box;
}

// A missing patch is flat: the mean of what it covers.
function meanUnder(pixels, box) {
  const sum = [0, 0, 0];
  let weight = 0;
  eachCovered(pixels, box, (at, value) => {
    weight += value;
    for (let c = 0; c < 3; c++) sum[c] += value * pixels.data[at + c];
  });
  return sum.map((part) => part / Math.max(weight, 1e-6));
}

function eachCovered(pixels, box, visit) {
  for (let y = 0; y < box.height; y++)
    for (let x = 0; x < box.width; x++) {
      const value = box.values[y * box.width + x];
      if (value > 0) visit(4 * ((box.top + y) * pixels.width + box.left + x), value);
    }
}

function applyStroke(pixels, stroke) {
  const box = coverage(stroke, pixels.width, pixels.height);
  const tone = stroke.tone === "bright" ? [255, 255, 255] : [0, 0, 0];
  const target = stroke.tool === PATCH ? meanUnder(pixels, box) : tone;
  eachCovered(pixels, box, (at, value) => {
    for (let c = 0; c < 3; c++) pixels.data[at + c] += (target[c] - pixels.data[at + c]) * value * stroke.strength;
  });
}

const copyOf = ({ width, height, data }) => ({ width, height, data: new Uint8ClampedArray(data) });

function paintAll(base, strokes) {
  const pixels = copyOf(base);
  for (const stroke of strokes) applyStroke(pixels, stroke);
  return pixels;
}

// 1 where strokes show.
function paintedMask(strokes, width, height) {
  const mask = new Uint8Array(width * height);
  for (const stroke of strokes) {
    const box = coverage(stroke, width, height);
    eachCovered({ width }, box, (at, value) => {
      if (value * stroke.strength >= SHOWS) mask[at / 4] = 1;
    });
  }
  return mask;
}

function toCanvas({ width, height, data }) {
  const canvas = h("canvas", { width, height });
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}
