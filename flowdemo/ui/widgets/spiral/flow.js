// Euler runs of many states at once, and what can be read from them.

const CLASSIFY = "classify"; // t from 1 to 0
const GENERATE = "generate"; // t from 0 to 1
const STEP_COUNTS = [1, 2, 5, 10, 20, 50];
const FINE = 200; // steps of what is taken for the exact path
const LABEL_LIMIT = 3; // of where a label may start

const startTime = (direction) => (direction === CLASSIFY ? 1 : 0);
const progressOf = (direction, t) => Math.abs(t - startTime(direction));
const timeOf = (direction, progress) => Math.abs(startTime(direction) - progress);
const classOf = (label) => (label < 0 ? -1 : 1);

// Vertices of all paths, (steps + 1) × states × 3 numbers, in the order of the run.
function integrate(field, start, steps, direction) {
  const size = start.length;
  const path = new Float64Array((steps + 1) * size);
  const velocity = new Float64Array(SIZE);
  const stride = (direction === CLASSIFY ? -1 : 1) / steps;
  path.set(start);
  for (let i = 0; i < steps; i++) {
    const wave = waves(timeOf(direction, i / steps));
    for (let at = i * size; at < (i + 1) * size; at += SIZE) {
      field(path[at], path[at + 1], path[at + 2], wave, velocity);
      for (let k = 0; k < SIZE; k++) path[at + size + k] = path[at + k] + stride * velocity[k];
    }
  }
  return { path, steps, size, direction };
}

// All states of a run at a progress in [0, 1]: on the straight lines between vertices, as Euler has it.
function statesAt(run, progress, into = new Float64Array(run.size)) {
  const place = clamp(progress, 0, 1) * run.steps;
  const low = Math.min(Math.floor(place), run.steps - 1);
  const share = place - low;
  const [a, b] = [low * run.size, (low + 1) * run.size];
  for (let k = 0; k < run.size; k++)
    into[k] = share === 1 ? run.path[b + k] : run.path[a + k] + share * (run.path[b + k] - run.path[a + k]);
  return into;
}

const endsOf = (run) => run.path.subarray(run.steps * run.size);
const vertex = (run, i) => run.path.subarray(i * run.size, i * run.size + SIZE);

// The clean label that the field claims at a state: y_t = (1 − t) y + t ε and v = ε − y give y = y_t − t v.
function answerAt(field, x, y, label, t, wave, scratch) {
  return label - t * field(x, y, label, wave, scratch)[2];
}

// The field's claim at each vertex of one path.
function answersAlong(field, run) {
  const scratch = new Float64Array(SIZE);
  return Array.from({ length: run.steps + 1 }, (_, i) => {
    const t = timeOf(run.direction, i / run.steps);
    return answerAt(field, ...vertex(run, i), t, waves(t), scratch);
  });
}

// Indices of states whose label has the wrong sign at the end.
function wrongOnes(run, classes) {
  const ends = endsOf(run);
  return classes.flatMap((label, i) => (classOf(ends[SIZE * i + 2]) === label ? [] : [i]));
}

// How far true points are from the nearest generated one of their class, in the median: a heap leaves most uncovered.
function uncovered(run, points, classes) {
  const ends = endsOf(run);
  const found = classes.map((label, i) => {
    let least = Infinity;
    for (let k = 0; k < classes.length; k++) {
      if (classes[k] !== label) continue;
      const [dx, dy] = [points[SIZE * i] - ends[SIZE * k], points[SIZE * i + 1] - ends[SIZE * k + 1]];
      least = Math.min(least, dx * dx + dy * dy);
    }
    return Math.sqrt(least);
  });
  found.sort((a, b) => a - b);
  return found[found.length >> 1];
}

// Where a label starts: one draw per seed and direction, to two decimals, so that what is shown is what is used.
function uniformOf(seed) {
  let word = seed >>> 0;
  return () => {
    word = (word + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 15), word | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const toHundredths = (value) => Math.round(100 * value) / 100;

function labelStart(seed, direction) {
  const draw = uniformOf(seed);
  const [a, b, c, d] = [draw(), draw(), draw(), draw()];
  const noise = Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
  return toHundredths(
    direction === CLASSIFY ? clamp(noise, -LABEL_LIMIT, LABEL_LIMIT) : (c < 0.5 ? -1 : 1) + d - 0.5,
  );
}
