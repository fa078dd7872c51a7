// One run as the browser knows it: what arrived, what is missing, and the decoded pictures.

const ASK_AT_ONCE = 12;
const MAX_TRIES = 3;
const THUMB_SIDE = 132;

class Run {
  constructor(id) {
    this.id = id;
    this.meta = null;
    this.palette = null;
    this.pair = null; // of a joint run, see words.js
    this.levels = []; // of the classes, where the whole picture has one label
    this.frames = []; // sparse, by index
    this.newest = -1;
    this.arrived = 0;
    this.end = null;
    this.scale = 0; // largest |v| so far
    this.settling = []; // per sample {width, height, values}
    this.tries = new Map(); // frame index → questions without an answer
    this.asking = false;
    this.closed = false;
  }

  // Whether the label half is one class for the whole picture.
  get global() {
    return this.pair?.labels === "global";
  }

  // Index of the last frame there is or will be.
  get last() {
    if (this.end && this.end.status !== "done") return Math.max(this.newest, 0);
    return this.meta ? this.meta.frames - 1 : Math.max(this.newest, 0);
  }

  get running() {
    return this.newest >= 0 && !this.end;
  }

  // Frames that exist on the server and did not arrive. After a stop their number is not known: all that may exist.
  missing() {
    const limit = this.end && this.meta ? this.meta.frames - 1 : this.newest;
    const wanted = [];
    for (let i = 0; i <= limit; i++) {
      const tries = this.tries.get(i) ?? 0;
      if (!this.frames[i] && tries < (i > this.newest && this.end?.status !== "done" ? 1 : MAX_TRIES))
        wanted.push(i);
    }
    return wanted;
  }

  // A stopped run has no gaps: past the first frame that was asked for in vain there is none.
  settleEnd(asked) {
    if (!this.end || this.end.status === "done" || !this.meta) return;
    const absent = asked.find((index) => index > this.newest);
    if (absent !== undefined) for (let i = absent; i < this.meta.frames; i++) this.tries.set(i, MAX_TRIES);
  }

  setMeta(meta) {
    if (this.meta || !meta || !(meta.frames >= 1) || !Array.isArray(meta.size)) return false;
    this.meta = meta;
    this.palette = readPalette(meta.palette);
    this.pair = readPair(meta);
    if (this.global && Array.isArray(meta.levels)) this.levels = meta.levels.map(Number).filter(isNumber);
    return true;
  }

  // The new frame, or null if it is known or malformed.
  addFrame(frame) {
    const known = !frame || !Number.isInteger(frame.index) || frame.index < 0 || this.frames[frame.index];
    if (known || !Array.isArray(frame.samples) || !frame.samples.length) return null;
    const samples = frame.samples.map(readSample);
    for (const half of samples.flatMap((sample) => [sample, sample.partner]))
      if (half?.speed) this.scale = Math.max(this.scale, half.scale);
    const kept = { ...frame, numbers: frame.numbers ?? {}, samples };
    this.frames[frame.index] = kept;
    this.newest = Math.max(this.newest, frame.index);
    this.arrived++;
    return kept;
  }

  sample(index, sample) {
    return this.frames[index]?.samples[sample] ?? null;
  }

  drop(sample) {
    for (const frame of this.frames) {
      const part = frame?.samples[sample];
      if (part) part.full = release(part.full);
    }
  }

  close() {
    this.closed = true;
    this.input?.close();
    for (const frame of this.frames) {
      for (const part of frame?.samples ?? []) {
        part.thumb?.close();
        part.thumb = null;
        part.full = release(part.full);
      }
    }
  }
}

function release(full) {
  full?.bitmap?.close();
  full?.partner?.bitmap?.close();
  return null;
}

// One half as it was sent: pictures still encoded; `scale` is |v| at grey level 255.
const readHalf = (half) => ({
  state: readPicture(half.state),
  speed: readPicture(half.speed),
  scale: Number(half.speed_scale) || 0,
});

function readSample(sample) {
  return {
    ...readHalf(sample),
    classes: readPicture(sample.classes),
    partner: sample.partner ? readHalf(sample.partner) : null, // the image half of a joint run
    level: isNumber(sample.level?.mean) ? sample.level : null,
    thumb: null,
    full: null,
    decoding: false,
  };
}

// The strip and the wall show what a person knows as a picture: masks while they form, the image half otherwise.
function thumbPicture(run, part) {
  const image = run.pair && (run.pair.forms === "image" || run.global);
  return image ? part.partner?.state : part.state;
}

async function decodeThumb(run, part) {
  const picture = thumbPicture(run, part);
  if (part.thumb || !picture) return;
  const [width, height] = run.meta.size;
  const side = Math.max(width, height);
  const options =
    side > THUMB_SIDE ? { resizeWidth: Math.round((width * THUMB_SIDE) / side), resizeQuality: "medium" } : {};
  const thumb = await readable(decodePicture(picture, options));
  if (run.closed) thumb?.close();
  else part.thumb = thumb;
}

// A picture that cannot be decoded is shown as nothing; the rest of its frame stays usable.
async function readable(picture) {
  try {
    return (await picture) ?? null;
  } catch {
    return null;
  }
}

async function decodeFull(run, part) {
  if (part.full || part.decoding) return;
  part.decoding = true;
  const [own, map, partner] = await Promise.all([
    decodeHalf(part),
    readable(part.classes && readGrey(part.classes)),
    part.partner && decodeHalf(part.partner),
  ]);
  part.decoding = false;
  const full = { ...own, classes: map, partner, counts: map && histogram(map.values) };
  part.full = run.closed ? release(full) : full;
}

async function decodeHalf({ state, speed }) {
  const [bitmap, field] = await Promise.all([
    readable(state && decodePicture(state)),
    readable(speed && readGrey(speed)),
  ]);
  return { bitmap, speed: field };
}

function histogram(values) {
  const counts = new Uint32Array(256);
  for (let i = 0; i < values.length; i++) counts[values[i]]++;
  return counts;
}

// Decode what is missing for one sample, the frames nearest to `from` first; `done(index)` after each.
async function decodeSample(run, sample, from, done) {
  const order = [...run.frames.keys()].sort((a, b) => Math.abs(a - from) - Math.abs(b - from));
  for (const index of order) {
    const part = run.sample(index, sample);
    if (!part || part.full) continue;
    await decodeFull(run, part);
    if (run.closed) return;
    done(index);
  }
}

// An answer of a server function; throws its sentence where it is a refusal.
async function answer(question) {
  let result;
  try {
    result = await question;
  } catch {
    throw new Error("The server cannot be reached; check the connection and try once more.");
  }
  if (result && typeof result.error === "string") throw new Error(result.error);
  return result;
}

// Ask for meta and frames that were lost on the way. `report` gets "meta", a list of frames, or an error.
async function recover(run, report) {
  if (run.asking || run.closed) return;
  const wanted = run.meta ? run.missing().slice(0, ASK_AT_ONCE) : [];
  if (run.meta && !wanted.length) return;
  run.asking = true;
  try {
    if (!run.meta) {
      const tries = (run.tries.get("meta") ?? 0) + 1;
      run.tries.set("meta", tries);
      const meta = tries <= MAX_TRIES && (await answer(server.meta(run.id)));
      if (!run.closed && run.setMeta(meta)) report({ meta });
      else if (tries > MAX_TRIES) return;
    } else {
      for (const index of wanted) run.tries.set(index, (run.tries.get(index) ?? 0) + 1);
      const frames = await answer(server.frames(run.id, wanted));
      if (!run.closed && Array.isArray(frames)) report({ frames });
      run.settleEnd(wanted);
    }
  } catch (error) {
    if (!run.closed) report({ error });
    await new Promise((resolve) => setTimeout(resolve, 800));
  } finally {
    run.asking = false;
  }
  recover(run, report);
}
