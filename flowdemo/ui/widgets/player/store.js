// One run as the browser knows it: what arrived, what is missing, and the decoded pictures.

const ASK_AT_ONCE = 12;
const MAX_TRIES = 3;
const THUMB_SIDE = 132;

class Run {
  constructor(id) {
    this.id = id;
    this.meta = null;
    this.palette = null;
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
    return true;
  }

  // The new frame, or null if it is known or malformed.
  addFrame(frame) {
    const known = !frame || !Number.isInteger(frame.index) || frame.index < 0 || this.frames[frame.index];
    if (known || !Array.isArray(frame.samples) || !frame.samples.length) return null;
    const samples = frame.samples.map((sample) => ({
      blobs: {
        state: pictureBlob(sample.state),
        classes: pictureBlob(sample.classes),
        speed: pictureBlob(sample.speed),
      },
      scale: Number(sample.speed_scale) || 0,
      thumb: null,
      full: null,
      decoding: false,
    }));
    for (const sample of samples) if (sample.blobs.speed) this.scale = Math.max(this.scale, sample.scale);
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
      part?.full?.bitmap?.close();
      if (part) part.full = null;
    }
  }

  close() {
    this.closed = true;
    this.input?.close();
    for (const frame of this.frames) {
      for (const part of frame?.samples ?? []) {
        part.full?.bitmap?.close();
        part.thumb?.close();
        part.full = part.thumb = null;
      }
    }
  }
}

async function decodeThumb(run, part) {
  if (part.thumb || !part.blobs.state) return;
  const [width, height] = run.meta.size;
  const side = Math.max(width, height);
  const options =
    side > THUMB_SIDE ? { resizeWidth: Math.round((width * THUMB_SIDE) / side), resizeQuality: "medium" } : {};
  const thumb = await readable(createImageBitmap(part.blobs.state, options));
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
  const { state, classes, speed } = part.blobs;
  const [bitmap, map, field] = await Promise.all([
    readable(state && createImageBitmap(state)),
    readable(classes && readGrey(classes)),
    readable(speed && readGrey(speed)),
  ]);
  part.decoding = false;
  if (run.closed) bitmap?.close();
  else part.full = { bitmap, classes: map, speed: field, counts: map && histogram(map.values) };
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
