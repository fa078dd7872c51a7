// Agreement and scores of the frames that are at hand, counted once each.

const counted = new Map(); // what → number

function once(what, count) {
  if (!counted.has(what)) counted.set(what, count());
  return counted.get(what);
}

// Width and height that maps of the chosen pair are compared at: those of the larger.
function gridSize(pair = state.pair) {
  const sizes = pair.map((k) => state.runs[k]?.meta?.size).filter(Boolean);
  return sizes.sort((a, b) => b[0] * b[1] - a[0] * a[1])[0] ?? null;
}

// Classes of a frame as a map; null where it is not at hand, or where a model of one step has not answered yet.
function classesOf(k, index = shownIndex(k)) {
  if (index < 0 || (state.head.panes[k].one_step && index === 0)) return null;
  return fullOf(k, index)?.classes ?? null;
}

// Class maps of a pair at one size, or null where one is not at hand; `at` is a place on the clock.
function mapsAt(at, pair = state.pair) {
  const size = gridSize(pair);
  const maps = pair.map((k) => (reaches(k, at) ? classesOf(k, shownIndex(k, at)) : null));
  return size && maps.every(Boolean) ? maps.map((map) => atSize(map, ...size)) : null;
}

// Share of pixels to which both of the pair give the same class, null where a frame is missing.
function agreementAt(at, pair = state.pair) {
  const maps = mapsAt(at, pair);
  if (!maps) return null;
  const [a, b] = pair;
  return once(`${a}:${shownIndex(a, at)}=${b}:${shownIndex(b, at)}`, () => shareOfSame(maps[0].values, maps[1].values));
}

// Mean IoU of one frame of a run against the ground truth at its model's size, null where either is missing.
function iouOf(k, index) {
  const truth = state.truths[k],
    map = classesOf(k, index);
  if (!truth || !map) return null;
  const classes = state.runs[k].palette.classes.length;
  const fitting = atSize(map, truth.width, truth.height);
  return once(`iou ${k}:${index}`, () => meanIou(confusionOf(truth.values, fitting.values, classes), classes));
}

const iouAt = (k, at) => (reaches(k, at) ? iouOf(k, shownIndex(k, at)) : null);

// Index of the last frame of a run that is complete, -1 while it is not.
const finalIndex = (k) => (state.told[k]?.end?.status === "done" ? state.runs[k].meta.steps : -1);

// Seconds from the first frame, the input, to the last: loading the model is not in it.
function secondsOf(k) {
  const last = state.runs[k]?.frames[finalIndex(k)],
    first = state.runs[k]?.frames[0];
  return last && first ? last.seconds - first.seconds : null;
}

// Class names at a place of the picture: [{letter, name}], then that of the ground truth.
function readingAt(place) {
  const names = state.pair.map((k) => {
    const map = classesOf(k);
    return { letter: LETTERS[k], name: map ? nameAt(k, map, place) : "no answer yet" };
  });
  const truth = state.truths[0];
  return truth ? [...names, { letter: "truth", name: nameAt(0, truth, place) }] : names;
}

function nameAt(k, map, place) {
  const x = clamp(Math.floor(place.x * map.width), 0, map.width - 1),
    y = clamp(Math.floor(place.y * map.height), 0, map.height - 1);
  return state.runs[k].palette.byIndex.get(map.values[y * map.width + x])?.name ?? NONE;
}
