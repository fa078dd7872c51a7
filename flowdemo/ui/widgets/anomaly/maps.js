// Maps { width, height, values: Uint8Array of levels }: value = scale · (level / 255)². Regions, outlines, means.

const TOP = 255;
const valueAt = (level, scale) => scale * (level / TOP) ** 2;
const levelOf = (value, scale) => clamp(Math.round(TOP * Math.sqrt(Math.max(value, 0) / scale)), 0, TOP);

// A map that cannot be read is null.
async function readMap(url) {
  const picture = readPicture(url);
  return picture ? readGrey(picture).catch(() => null) : null;
}

// Pixels of a picture file, reduced where there are more than `most`.
async function readPixels(source, most = MAX_PIXELS) {
  const bitmap = await createImageBitmap(source);
  const shrink = Math.min(1, Math.sqrt(most / (bitmap.width * bitmap.height)));
  const width = Math.max(Math.floor(bitmap.width * shrink), 1),
    height = Math.max(Math.floor(bitmap.height * shrink), 1);
  const context = h("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // under what is transparent
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const reduced = shrink < 1 ? [bitmap.width, bitmap.height] : null;
  bitmap.close();
  return { width, height, data: context.getImageData(0, 0, width, height).data, reduced };
}

// Regions above a level, pixels joined over sides and corners: { count, largest: area in pixels, share of all pixels }.
function regionsAbove({ width, height, values }, level) {
  const seen = new Uint8Array(values.length);
  const stack = [];
  let count = 0,
    largest = 0,
    all = 0;
  for (let start = 0; start < values.length; start++) {
    if (seen[start] || values[start] <= level) continue;
    let area = 0;
    seen[start] = 1;
    stack.push(start);
    while (stack.length) {
      const at = stack.pop(),
        x = at % width,
        y = (at - x) / width;
      area++;
      for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++)
        for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
          const next = ny * width + nx;
          if (seen[next] || values[next] <= level) continue;
          seen[next] = 1;
          stack.push(next);
        }
    }
    count++;
    all += area;
    largest = Math.max(largest, area);
  }
  return { count, largest, share: all / values.length };
}

// Borders of the pixels for which `inside(at)` holds, as an SVG path in pixels.
function outline(width, height, inside) {
  const is = (x, y) => x >= 0 && y >= 0 && x < width && y < height && inside(y * width + x);
  const parts = [];
  function edges(rows, columns, differ, line) {
    for (let row = 0; row <= rows; row++)
      for (let from = 0; from < columns; from++) {
        if (!differ(row, from)) continue;
        let to = from;
        while (to < columns && differ(row, to)) to++;
        parts.push(line(row, from, to));
        from = to;
      }
  }
  edges(height, width, (y, x) => is(x, y) !== is(x, y - 1), (y, from, to) => `M${from} ${y}H${to}`);
  edges(width, height, (x, y) => is(x, y) !== is(x - 1, y), (x, from, to) => `M${x} ${from}V${to}`);
  return parts.join("");
}

// Mean value of a map where a mask is 1; null where it nowhere is.
function meanWhere({ values }, mask, scale) {
  let sum = 0,
    count = 0;
  for (let at = 0; at < values.length; at++) {
    if (!mask[at]) continue;
    sum += valueAt(values[at], scale);
    count++;
  }
  return count ? sum / count : null;
}

// Colour of each level, a packed word.
const LEVEL_WORDS = Uint32Array.from({ length: 256 }, (_, level) => pack(...viridis(level / TOP)));

function drawMap(canvas, map) {
  if (canvas.width !== map.width || canvas.height !== map.height)
    Object.assign(canvas, { width: map.width, height: map.height });
  const image = new ImageData(map.width, map.height);
  const words = new Uint32Array(image.data.buffer);
  map.values.forEach((level, at) => (words[at] = LEVEL_WORDS[level]));
  canvas.getContext("2d").putImageData(image, 0, 0);
}
