// The gradient flow of a prediction x̂ in a given force, and what its path says: clearance, arrival, time in wrong cells.

const FLOW = { ends: 10, arrived: 0.05, stop: 0.01, tolerance: 1e-5, stride: 0.02, steps: 4000, least: 1e-9 };

// Bogacki–Shampine with step control, since the force is a hundred times stiffer beside a code than between two; no
// step is longer than a stride, so that the vertices also serve as the drawing. Rows of the path: x, y, time.
function follow(force, start, target) {
  const path = [[start[0], start[1], 0]];
  let [x, y, s, h] = [start[0], start[1], 0, 0.01];
  const [a, b, c, d] = Array.from({ length: 4 }, () => new Float64Array(2));
  force(x, y, a);
  for (let i = 0; i < FLOW.steps && s < FLOW.ends && Math.hypot(x - target[0], y - target[1]) > FLOW.stop; i++) {
    const speed = Math.hypot(a[0], a[1]);
    if (speed < FLOW.least) break; // balanced: it will not move again
    h = Math.min(h, FLOW.stride / speed, FLOW.ends - s);
    force(x + (h / 2) * a[0], y + (h / 2) * a[1], b);
    force(x + 0.75 * h * b[0], y + 0.75 * h * b[1], c);
    const nx = x + (h / 9) * (2 * a[0] + 3 * b[0] + 4 * c[0]);
    const ny = y + (h / 9) * (2 * a[1] + 3 * b[1] + 4 * c[1]);
    force(nx, ny, d);
    const off = (j) => h * (-5 / 72 * a[j] + b[j] / 12 + c[j] / 9 - d[j] / 8);
    const error = Math.hypot(off(0), off(1));
    if (error <= FLOW.tolerance) {
      [x, y, s] = [nx, ny, s + h];
      path.push([x, y, s]);
      a.set(d);
    }
    h *= clamp(0.9 * Math.cbrt(FLOW.tolerance / Math.max(error, 1e-12)), 0.2, 4);
  }
  return path;
}

// Where a segment comes nearest to a place: { share of the segment, distance }.
function nearestOnSegment([ax, ay], [bx, by], [px, py]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length ? clamp(((px - ax) * dx + (py - ay) * dy) / length, 0, 1) : 0;
  return { share, distance: Math.hypot(ax + share * dx - px, ay + share * dy - py) };
}

// The part of a path until it is within FLOW.arrived of the target, or all of it.
function untilArrival(path, target) {
  const away = ([x, y]) => Math.hypot(x - target[0], y - target[1]);
  const end = path.findIndex((vertex) => away(vertex) < FLOW.arrived);
  if (end <= 0) return { part: end ? path : path.slice(0, 1), time: end ? null : 0 };
  const [before, after] = [path[end - 1], path[end]];
  const share = (away(before) - FLOW.arrived) / Math.max(away(before) - away(after), 1e-12);
  const last = before.map((value, i) => value + share * (after[i] - value));
  return { part: [...path.slice(0, end), last], time: last[2] };
}

// { time: of arrival or null, whole: time until then or the end, closest: { distance, code, at } to a wrong code, wrong: the part of that time in wrong cells,
// entered: whether it came into a wrong cell other than the one it started in }
function measure(path, codes, target) {
  const { part, time } = untilArrival(path, codes[target]);
  const closest = { distance: Infinity, code: -1, at: null };
  const home = nearest(codes, ...path[0]).index;
  let [wrong, entered] = [0, false];
  for (let i = 0; i < part.length; i++) {
    const [from, to] = [part[i], part[Math.min(i + 1, part.length - 1)]];
    for (let k = 0; k < codes.length; k++) {
      if (k === target) continue;
      const { share, distance } = nearestOnSegment(from, to, codes[k]);
      if (distance >= closest.distance) continue;
      const at = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
      Object.assign(closest, { distance, code: k, at });
    }
    const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    const cell = nearest(codes, ...middle).index;
    if (cell !== target) wrong += to[2] - from[2];
    if (cell !== target && cell !== home) entered = true;
  }
  return { time, whole: part.at(-1)[2], closest, entered, wrong };
}

// Places from which the straight line to the target passes a wrong code closer than 0.12, and which start clear of all.
function aimedStarts(codes, target, size = 21, reach = 1.15) {
  const found = [];
  for (let i = 0; i < size * size; i++) {
    const place = [i % size, Math.floor(i / size)].map((j) => reach * ((2 * j) / (size - 1) - 1));
    if (nearest(codes, ...place).distance < 0.25) continue;
    const passes = (code, k) => k !== target && nearestOnSegment(place, codes[target], code).distance < 0.12;
    if (codes.some(passes)) found.push(place);
  }
  return found;
}

function median(values) {
  const sorted = [...values].sort((p, q) => p - q);
  const half = sorted.length >> 1;
  if (!sorted.length) return null;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// Medians over many starts; one that never arrives counts as later than all, and `late` says how many these are.
function clearance(starts, codes, target, force) {
  const found = starts.map((start) => measure(follow(force, start, codes[target]), codes, target));
  const time = median(found.map((one) => one.time ?? Infinity));
  return {
    count: found.length,
    closest: median(found.map((one) => one.closest.distance)),
    time,
    wrong: median(found.map((one) => one.wrong)),
    entered: found.filter((one) => one.entered).length,
    late: found.filter((one) => one.time === null).length,
  };
}
