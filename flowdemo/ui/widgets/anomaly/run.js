// One detection as the browser knows it: its description, the maps of each time, and those that were lost on the way.

const MAX_TRIES = 3;
const ASK_AT_ONCE = 8;

class Run {
  constructor(id) {
    Object.assign(this, { id, meta: null, frames: [], newest: 0, pixels: null, truth: null, ended: null, end: null });
    this.reading = new Set(); // what is being decoded
    this.edition = 0; // grows with each weighing
  }

  get last() {
    return this.meta ? this.meta.times.length : Math.max(this.newest, 1);
  }

  // There is something to show.
  get ready() {
    return Boolean(this.meta && this.pixels && this.newest);
  }

  get score() {
    return this.end?.score ?? this.frames[this.newest]?.score ?? null;
  }

  // Work on what has arrived; the end waits for it.
  track(work) {
    this.reading.add(work);
    return work.finally(() => this.reading.delete(work));
  }

  setMeta(meta) {
    if (!meta || !Array.isArray(meta.size) || !(meta.scale > 0)) return;
    const known = Boolean(this.meta);
    this.meta = meta;
    if (!known) this.track(this.readPictures(meta));
  }

  async readPictures(meta) {
    const [pixels, truth] = await Promise.all([surfacePixels(meta), meta.truth ? readMap(meta.truth) : null]);
    Object.assign(this, { pixels, truth });
    shown(this);
  }

  take = (frame) => this.track(this.readIn(frame, this.edition));

  async readIn(frame, edition) {
    const read = await readFrame(frame);
    if (edition !== this.edition || !read) return;
    this.frames[read.index] = read;
    this.newest = Math.max(this.newest, read.index);
    shown(this);
  }

  get missing() {
    const until = this.ended === "done" ? this.last : this.newest;
    return Array.from({ length: until }, (_, i) => i + 1).filter((i) => !this.frames[i]);
  }

  // Messages that come quickly one after the other may replace each other before they are seen.
  async recover() {
    await Promise.all(this.reading);
    for (let tries = 0, { missing } = this; missing.length && tries < MAX_TRIES; tries++) {
      const found = await server.frames(this.id, missing.slice(0, ASK_AT_ONCE)).catch(() => null);
      if (Array.isArray(found)) await Promise.all(found.map(this.take));
      if (this.missing.length < missing.length) tries = -1;
      missing = this.missing;
    }
  }

  // The same answers of the network under another weight and aggregation; all of it changes at once.
  async weighed({ meta, frames, end }) {
    const edition = ++this.edition;
    const read = (await Promise.all(frames.map(readFrame))).filter(Boolean);
    if (edition !== this.edition || !read.length) return;
    this.frames = [];
    for (const frame of read) this.frames[frame.index] = frame;
    this.newest = this.frames.length - 1;
    Object.assign(this, { id: meta.run, meta, end: end ?? this.end });
  }
}

// With both maps decoded; null where something is amiss.
async function readFrame(frame) {
  if (!frame || !Number.isInteger(frame.index) || frame.index < 1 || frame.index > MAX_COUNT) return null;
  const [timeMap, sumMap] = await Promise.all([readMap(frame.map), readMap(frame.sum)]);
  return timeMap && sumMap ? { ...frame, timeMap, sumMap, map: "", sum: "" } : null;
}

// The picture as it was analysed.
async function surfacePixels({ picture }) {
  const found = readPicture(picture);
  return found ? readPixels(found.blob, Infinity).catch(() => null) : null;
}

let weighings = 0;

async function regrade() {
  const { run, settings, offer } = state;
  const mine = ++weighings;
  const found = await server.regrade(run.id, settings.weight, settings.aggregation, settings.share).catch(() => null);
  if (mine !== weighings || state.run !== run || state.job) return;
  if (!found || found.error) return act.analyse(); // no longer kept there
  await run.weighed(found);
  if (mine !== weighings || state.run !== run || offer !== state.offer) return;
  Object.assign(state, { level: null, before: null, path: null }); // another weight has another scale
  say(scoreSentence(run));
  touch();
}
