// Integer drawing on a mask { width, height, data: Uint8Array, protect }. No anti-aliasing, no colours, no canvas.
//
// Brush of size s at (cx, cy): the pixels with (x − cx)² + (y − cy)² ≤ (s / 2)², which for s = 1 is one pixel.
// A stroke stamps it on every point of the Bresenham line from each pointer position to the next, so that no speed
// leaves a gap.
//
// `protect` is the one class that may be painted over, or −1 for all.

// For each row dy = −r…r the half-width of the disc.
function discSpans(size) {
  const radius = Math.floor(size / 2);
  return Array.from({ length: 2 * radius + 1 }, (_, row) => {
    const dy = row - radius;
    let dx = 0;
    while (4 * ((dx + 1) * (dx + 1) + dy * dy) <= size * size) dx++;
    return { dy, dx };
  });
}

function paintSpan(mask, x0, x1, y, value) {
  if (y < 0 || y >= mask.height) return;
  const from = y * mask.width + Math.max(x0, 0);
  const to = y * mask.width + Math.min(x1, mask.width - 1);
  if (mask.protect < 0) {
    if (to >= from) mask.data.fill(value, from, to + 1);
    return;
  }
  for (let at = from; at <= to; at++) if (mask.data[at] === mask.protect) mask.data[at] = value;
}

function paintDisc(mask, cx, cy, spans, value) {
  for (const { dy, dx } of spans) paintSpan(mask, cx - dx, cx + dx, cy + dy, value);
}

function paintLine(mask, from, to, spans, value) {
  let { x, y } = from;
  const dx = Math.abs(to.x - x), dy = -Math.abs(to.y - y);
  const sx = x < to.x ? 1 : -1, sy = y < to.y ? 1 : -1;
  for (let error = dx + dy; ; ) {
    paintDisc(mask, x, y, spans, value);
    if (x === to.x && y === to.y) return;
    const twice = 2 * error;
    if (twice >= dy) { error += dy; x += sx; }
    if (twice <= dx) { error += dx; y += sy; }
  }
}

function paintBox(mask, a, b, value) {
  const left = Math.min(a.x, b.x), right = Math.max(a.x, b.x);
  for (let y = Math.min(a.y, b.y); y <= Math.max(a.y, b.y); y++) paintSpan(mask, left, right, y, value);
}

// Paints the 4-connected area around (x, y) that has its class.
function floodFill(mask, x, y, value) {
  const { width, height, data } = mask;
  const source = data[y * width + x];
  if (source === value || (mask.protect >= 0 && source !== mask.protect)) return;
  const stack = [[x, y]];
  while (stack.length) {
    const [seed, row] = stack.pop();
    const at = row * width;
    if (data[at + seed] !== source) continue;
    let left = seed, right = seed;
    while (left > 0 && data[at + left - 1] === source) left--;
    while (right < width - 1 && data[at + right + 1] === source) right++;
    data.fill(value, at + left, at + right + 1);
    for (const next of [row - 1, row + 1]) {
      if (next < 0 || next >= height) continue;
      // One seed for each run of the source class beside the span just painted.
      for (let i = left; i <= right; i++) {
        const here = data[next * width + i] === source;
        if (here && (i === left || data[next * width + i - 1] !== source)) stack.push([i, next]);
      }
    }
  }
}

function replaceClass(mask, source, value) {
  if (mask.protect >= 0 && source !== mask.protect) return;
  for (let at = 0; at < mask.data.length; at++) if (mask.data[at] === source) mask.data[at] = value;
}

function countClasses(data) {
  const counts = new Uint32Array(256);
  for (let at = 0; at < data.length; at++) counts[data[at]]++;
  return counts;
}

// Outline of the brush as an SVG path around (0, 0), along pixel borders.
function discOutline(spans) {
  const right = spans.map(({ dy, dx }) => `H${dx + 1}V${dy + 1}`);
  const left = [...spans].reverse().map(({ dy, dx }) => `H${-dx}V${dy}`);
  return `M${-spans[0].dx} ${spans[0].dy}${right.join("")}${left.join("")}Z`;
}
