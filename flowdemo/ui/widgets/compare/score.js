// What two class maps have in common. The same numbers as the project's evaluation, of one picture: a map is
// {width, height, values: Uint8Array}, a value of `classes` and above is void and leaves its pixel out of scores.

// Pixel counts, row = truth, column = prediction; maps of one size.
function confusionOf(truth, predicted, classes) {
  const matrix = new Float64Array(classes * classes);
  for (let i = 0; i < truth.length; i++)
    if (truth[i] < classes && predicted[i] < classes) matrix[truth[i] * classes + predicted[i]]++;
  return matrix;
}

// Mean of TP / (TP + FP + FN) over the classes that occur in truth or prediction; null with no pixel.
function meanIou(matrix, classes) {
  let sum = 0,
    found = 0;
  for (let c = 0; c < classes; c++) {
    let union = -matrix[c * classes + c];
    for (let other = 0; other < classes; other++)
      union += matrix[c * classes + other] + matrix[other * classes + c];
    if (union <= 0) continue;
    sum += matrix[c * classes + c] / union;
    found++;
  }
  return found ? sum / found : null;
}

// Share of pixels with the same class in both, 0–1; maps of one size.
function shareOfSame(one, other) {
  let same = 0;
  for (let i = 0; i < one.length; i++) if (one[i] === other[i]) same++;
  return one.length ? same / one.length : null;
}

// The map at another size, each pixel the one under its centre.
function atSize(map, width, height) {
  if (map.width === width && map.height === height) return map;
  const values = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * map.height) / height) * map.width;
    for (let x = 0; x < width; x++) values[at++] = map.values[row + Math.floor(((x + 0.5) * map.width) / width)];
  }
  return { width, height, values };
}

// Index of the last frame whose progress i/steps is not beyond a place on the clock.
const indexAt = (progress, steps) => Math.min(Math.floor(progress * steps + 1e-6), steps);

// All places at which any of some runs has a frame, from 0 to 1.
function ticksOf(steps) {
  const found = new Map([[0, 0]]);
  for (const count of steps) for (let i = 0; i <= count; i++) found.set(Math.round((1e6 * i) / count), i / count);
  return [...found.entries()].sort((a, b) => a[0] - b[0]).map(([, progress]) => progress);
}
