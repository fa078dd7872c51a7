// Grey pictures: read from the server, brought in by a person, and painted in colours of the theme.

const KNOWN = { low: 8, high: 247 }; // grey levels between them are neither background nor shape
const FEW = 0.02; // share of pixels in between that a hard mask may have, its edges

// A map of levels, or null where the picture cannot be read.
async function readMap(url) {
  if (typeof url !== "string" || !url.startsWith("data:image/png;base64,")) return null;
  const read = await decodePng(url).catch(() => null);
  return read && { width: read.width, height: read.height, values: read.indices };
}

// Where a picture of these sides lies when it is scaled into the mask and stands in its middle.
function fitted(width, height) {
  const scale = SIDE / Math.max(width, height);
  const size = [width, height].map((side) => Math.max(Math.round(side * scale), 1));
  return { size, from: size.map((side) => Math.floor((SIDE - side) / 2)) };
}

// { values, words } of a picture file: light is the shape, around it is background.
async function readMask(file) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  const { size, from } = fitted(width, height);
  const context = h("canvas", { width: SIDE, height: SIDE }).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIDE, SIDE);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, ...from, ...size);
  bitmap.close();
  const read = levelsOf(context.getImageData(0, 0, SIDE, SIDE).data);
  const scaled = width === SIDE && height === SIDE ? "" : ` Scaled from ${width} × ${height} to ${size.join(" × ")} px${size[0] === size[1] ? "" : ", in the middle"}.`;
  return { values: read.values, words: read.words + scaled };
}

// Light of RGBA pixels; files of class numbers are nearly black, and files that are nearly hard become so.
function levelsOf(pixels) {
  const grey = Uint8Array.from({ length: pixels.length / 4 }, (_, i) =>
    Math.round(0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2]),
  );
  const most = grey.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return { values: grey, words: "This picture is all black, so that there is no shape." };
  if (most <= 31) return { values: grey.map((level) => (level ? TOP : 0)), words: "Read as class numbers: all but 0 is the shape." };
  const between = grey.filter((level) => level > KNOWN.low && level < KNOWN.high).length / grey.length;
  if (between <= 3 * FEW) return { values: grey.map((level) => (level > 127 ? TOP : 0)), words: "Light pixels are the shape." };
  return { values: grey, words: "Light is the shape; its grey levels are kept as u." };
}

// Colours as [r, g, b] of what the style sheet calls #rrggbb or rgb(…).
function rgbOf(text) {
  const short = /^#(.)(.)(.)$/.exec(text);
  const long = short ? short.slice(1).map((digit) => digit + digit) : /^#(..)(..)(..)/.exec(text)?.slice(1);
  if (long) return long.map((part) => parseInt(part, 16));
  return (text.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);
}

const mixed = (a, b, share) => a.map((part, i) => Math.round(part + (b[i] - part) * share));
const word = ([r, g, b], alpha = 255) => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;

// table[level] = the colour between two, a packed word.
const rampTable = (from, to) => Uint32Array.from({ length: 256 }, (_, level) => word(mixed(from, to, level / TOP)));

// A canvas of the map's own pixels with colour(at) for each of them.
function painted(canvas, { width, height }, colour) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  for (let at = 0; at < words.length; at++) words[at] = colour(at);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
