// One run as the browser knows it: its description, its frames, and those that were lost on the way.

const MAX_TRIES = 3;
const ASK_AT_ONCE = 12;
const MOST_FRAMES = 51;

class Run {
  constructor(id, edition) {
    Object.assign(this, { id, edition, meta: null, truth: null, frames: [], newest: -1, ended: null, end: null, recovering: false });
    this.reading = new Set(); // what is being decoded
  }

  get running() {
    return !this.ended;
  }

  // Index of the last frame: known at the end, told by the progress before.
  get last() {
    if (this.ended) return Math.max(this.newest, 0);
    const { progress } = this.frames[this.newest] ?? {};
    return progress > 0 ? clamp(Math.round(this.newest / progress), this.newest, MOST_FRAMES - 1) : MOST_FRAMES - 1;
  }

  // Work on what has arrived; the end waits for it.
  track(work) {
    this.reading.add(work);
    return work.finally(() => this.reading.delete(work));
  }

  setMeta(meta) {
    if (this.meta || !meta || !Array.isArray(meta.size)) return;
    const run = this;
    // Counts have no digits, whatever their number; the transport asks for both.
    this.meta = { ...meta, time: { symbol: meta.symbol, start: 0, end: Infinity }, get frames() { return run.last + 1; } }; // prettier-ignore
    this.track(this.readTruth(meta.truth));
  }

  async readTruth(url) {
    this.truth = await readMap(url);
    touch();
  }

  take = (frame) => this.track(this.readIn(frame));

  async readIn(frame) {
    const read = await readFrame(frame);
    if (!read || this.frames[read.index]) return;
    this.frames[read.index] = read;
    this.newest = Math.max(this.newest, read.index);
    shown(this);
  }

  get missing() {
    return Array.from({ length: this.newest + 1 }, (_, i) => i).filter((i) => !this.frames[i]);
  }

  // It is over, and its last frame is not here.
  get unfinished() {
    return this.ended === "done" && this.newest < MOST_FRAMES - 1 && this.frames[this.newest]?.progress !== 1;
  }

  // Messages that come quickly one after the other may replace each other before they are seen; the last of them too.
  async recover() {
    this.recovering = true;
    await Promise.all(this.reading);
    for (let known = -1; this.unfinished && known < this.newest;) {
      known = this.newest;
      const count = Math.min(ASK_AT_ONCE, MOST_FRAMES - 1 - known);
      await this.ask(Array.from({ length: count }, (_, i) => known + 1 + i));
    }
    for (let tries = 0, { missing } = this; missing.length && tries < MAX_TRIES; tries++) {
      await this.ask(missing.slice(0, ASK_AT_ONCE));
      if (this.missing.length < missing.length) tries = -1;
      missing = this.missing;
    }
    this.recovering = false;
  }

  async ask(indices) {
    const found = await server.frames(this.id, indices).catch(() => null);
    if (Array.isArray(found)) await Promise.all(found.map(this.take));
  }
}

// With its maps decoded; null where something is amiss.
async function readFrame(frame) {
  if (!frame || !Number.isInteger(frame.index) || frame.index < 0 || frame.index >= MOST_FRAMES) return null;
  const [u, dented, residual] = await Promise.all([frame.u, frame.dented, frame.residual].map(readMap));
  return u ? { ...frame, u, dented, residual, numbers: frame.numbers ?? {}, paths: null } : null;
}

// Level lines of a frame, found when it is first looked at.
const linesOf = (frame) => (frame.paths ??= levelPaths(frame.u, LEVELS));
