// PNG of 8-bit indices, written and read without a canvas. A canvas would do for most browsers, but some add noise
// to what a page reads back from a canvas, and one changed grey level is another class.

const PNG_SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const GREY = 0;
const PALETTE = 3;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC_TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function adler32(bytes) {
  let a = 1, b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

// The fixed Huffman codes of deflate (RFC 1951, 3.2.6), bits reversed because they are sent highest bit first.
const FIXED_CODES = Array.from({ length: 288 }, (_, symbol) => {
  const [code, length] =
    symbol < 144 ? [0x30 + symbol, 8]
    : symbol < 256 ? [0x190 + symbol - 144, 9]
    : symbol < 280 ? [symbol - 256, 7]
    : [0xc0 + symbol - 280, 8];
  let reversed = 0;
  for (let bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
  return [reversed, length];
});

// Match lengths of deflate: smallest length and number of extra bits for symbols 257–285.
const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

// zlib stream of `bytes`. The only matches are repeats of the byte before: masks are runs, and nothing else pays.
function deflateRuns(bytes) {
  const out = new Uint8Array(Math.ceil(bytes.length * 1.13) + 32);
  let size = 0, buffer = 0, filled = 0;
  const bits = (value, count) => {
    buffer |= value << filled;
    filled += count;
    while (filled >= 8) {
      out[size++] = buffer & 255;
      buffer >>>= 8;
      filled -= 8;
    }
  };
  const symbol = (s) => bits(FIXED_CODES[s][0], FIXED_CODES[s][1]);
  const repeat = (length) => {
    let k = LENGTH_BASE.length - 1;
    while (LENGTH_BASE[k] > length) k--;
    symbol(257 + k);
    bits(length - LENGTH_BASE[k], LENGTH_EXTRA[k]);
    bits(0, 5); // distance 1
  };
  out[size++] = 0x78;
  out[size++] = 0x01;
  bits(3, 3); // last block, fixed codes
  for (let i = 0; i < bytes.length; ) {
    symbol(bytes[i]);
    let run = 0;
    while (i + 1 + run < bytes.length && bytes[i + 1 + run] === bytes[i]) run++;
    i += 1 + run;
    for (; run >= 3; run -= Math.min(run, 258)) repeat(Math.min(run, 258));
    for (; run > 0; run--) symbol(bytes[i - 1]);
  }
  symbol(256);
  if (filled) bits(0, 8 - filled);
  const sum = adler32(bytes);
  for (const shift of [24, 16, 8, 0]) out[size++] = (sum >>> shift) & 255;
  return out.subarray(0, size);
}

// Rows with filter "up" (2) or "none" (0) in front. "Up" turns most of a mask into zeros; for noise it is no gain.
function filteredRows(indices, width, height, filter) {
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    const to = y * (width + 1), from = y * width;
    rows[to] = filter;
    for (let x = 0; x < width; x++) {
      const above = filter === 2 && y > 0 ? indices[from - width + x] : 0;
      rows[to + 1 + x] = indices[from + x] - above;
    }
  }
  return rows;
}

function pngChunk(type, body) {
  const chunk = new Uint8Array(body.length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) chunk[4 + i] = type.charCodeAt(i);
  chunk.set(body, 8);
  view.setUint32(8 + body.length, crc32(chunk.subarray(4, 8 + body.length)));
  return chunk;
}

// PNG bytes; `colours` (256 times r, g, b) makes it a palette picture, else it is grey.
function encodePng(indices, width, height, colours = null) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = colours ? PALETTE : GREY;
  const packed = [2, 0].map((filter) => deflateRuns(filteredRows(indices, width, height, filter)));
  const parts = [
    Uint8Array.from(PNG_SIGNATURE),
    pngChunk("IHDR", header),
    ...(colours ? [pngChunk("PLTE", colours)] : []),
    pngChunk("IDAT", packed[0].length <= packed[1].length ? packed[0] : packed[1]),
    pngChunk("IEND", new Uint8Array(0)),
  ];
  const png = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (png.set(part, at), at + part.length), 0);
  return png;
}

function pngUrl(png) {
  let text = "";
  for (let i = 0; i < png.length; i += 8192) text += String.fromCharCode(...png.subarray(i, i + 8192));
  return "data:image/png;base64," + btoa(text);
}

async function inflate(parts) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function paeth(a, b, c) {
  const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

function unfilter(rows, width, height) {
  const indices = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (width + 1)];
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const a = x ? indices[at - 1] : 0, b = y ? indices[at - width] : 0, c = x && y ? indices[at - width - 1] : 0;
      const guess = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter];
      indices[at] = rows[y * (width + 1) + 1 + x] + guess;
    }
  }
  return indices;
}

// Indices of an 8-bit grey PNG data URL, the only kind the server and this widget write.
async function decodePng(url) {
  const png = Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (char) => char.charCodeAt(0));
  const view = new DataView(png.buffer);
  const width = view.getUint32(16), height = view.getUint32(20);
  if (PNG_SIGNATURE.some((byte, i) => png[i] !== byte) || png[24] !== 8 || png[25] !== GREY || png[28] !== 0) {
    throw new Error("not an 8-bit grey PNG");
  }
  const data = [];
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at);
    if (String.fromCharCode(...png.subarray(at + 4, at + 8)) === "IDAT") data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return { width, height, indices: unfilter(await inflate(data), width, height) };
}
