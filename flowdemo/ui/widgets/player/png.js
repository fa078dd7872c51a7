// Data URLs and 8-bit grey PNGs, read without a canvas: some browsers add noise to what a page reads back from a
// canvas, and one changed grey level is another class.

const PICTURE_URL = /^data:(image\/(?:png|jpeg|webp));base64,/;

// A picture as it came, a data URL. What it is decoded from is made when it is first wanted, since much of a run may
// never be looked at.
class Picture {
  constructor(url, type) {
    this.url = url;
    this.type = type;
    this.made = null;
  }

  // Null once there is a blob, which replaces the URL.
  get bytes() {
    return this.made ? null : base64Bytes(this.url.slice(this.url.indexOf(",") + 1));
  }

  get blob() {
    this.made ??= new Blob([this.bytes], { type: this.type });
    this.url = "";
    return this.made;
  }
}

// Null for anything but a data URL of a picture.
function readPicture(url) {
  const kind = typeof url === "string" && PICTURE_URL.exec(url);
  return kind ? new Picture(url, kind[1]) : null;
}

const decodePicture = async (picture, options) => createImageBitmap(picture.blob, options);

function base64Bytes(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// {width, height, values: Uint8Array} of a grey picture.
async function readGrey(picture) {
  const bytes = picture.type === "image/png" && picture.bytes;
  return (bytes && (await readGreyPng(bytes))) || readGreyCanvas(picture.blob);
}

// Null for anything but a plain 8-bit grey PNG.
async function readGreyPng(bytes) {
  const view = new DataView(bytes.buffer);
  const width = view.getUint32(16),
    height = view.getUint32(20);
  const plain = bytes[24] === 8 && bytes[25] === 0 && bytes[28] === 0;
  if (!plain || width * height > 67108864) return null;
  const parts = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const tag = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (tag === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const packed = new ReadableStream({
    start(stream) {
      for (const part of parts) stream.enqueue(part);
      stream.close();
    },
  });
  const unpacked = packed.pipeThrough(new DecompressionStream("deflate"));
  const rows = new Uint8Array(await new Response(unpacked).arrayBuffer());
  if (rows.length !== height * (width + 1)) return null;
  return { width, height, values: unfilter(rows, width, height) };
}

// PNG filters 0–4 for one byte a pixel (PNG specification, section 9).
function unfilter(rows, width, height) {
  const out = new Uint8Array(width * height);
  for (let y = 0, from = 0; y < height; y++) {
    const filter = rows[from++];
    const start = y * width;
    for (let x = 0; x < width; x++, from++) {
      const left = x ? out[start + x - 1] : 0;
      const up = y ? out[start + x - width] : 0;
      const corner = x && y ? out[start + x - width - 1] : 0;
      const guess =
        filter === 0
          ? 0
          : filter === 1
            ? left
            : filter === 2
              ? up
              : filter === 3
                ? (left + up) >> 1
                : paeth(left, up, corner);
      out[start + x] = rows[from] + guess;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const base = left + up - corner;
  const a = Math.abs(base - left),
    b = Math.abs(base - up),
    c = Math.abs(base - corner);
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

async function readGreyCanvas(blob) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  const canvas = h("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = context.getImageData(0, 0, width, height).data;
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) values[i] = pixels[4 * i];
  return { width, height, values };
}
