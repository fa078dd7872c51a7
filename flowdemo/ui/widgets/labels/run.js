// Pictures as they form: frames of one run, those that were lost on the way, and the clock that plays them.

const PLAY_SECONDS = 4; // from one end of t to the other
const ASK_AT_ONCE = 16;
const MAX_TRIES = 3;
const PICTURE_URL = /^data:(image\/(?:png|jpeg));base64,/;

function pictureBlob(url) {
  const kind = typeof url === "string" && PICTURE_URL.exec(url);
  if (!kind) return null;
  return new Blob([Uint8Array.from(atob(url.slice(kind[0].length)), (sign) => sign.charCodeAt(0))], { type: kind[1] });
}

class MadeRun {
  constructor(about, offer) {
    Object.assign(this, { about, offer, frames: [], newest: -1, made: null, ended: null, tries: 0, asking: false });
    this.closed = false;
  }

  take(frame) {
    if (!frame || !Number.isInteger(frame.index) || frame.index < 0 || this.frames[frame.index]) return;
    const kept = { ...frame, bitmaps: frame.pictures.map(() => null) };
    this.frames[frame.index] = kept;
    this.newest = Math.max(this.newest, frame.index);
    frame.pictures.forEach(async (url, k) => {
      const blob = pictureBlob(url);
      const bitmap = blob && (await createImageBitmap(blob).catch(() => null)); // one that is broken stays empty
      if (this.closed) bitmap?.close();
      else kept.bitmaps[k] = bitmap;
      touch();
    });
  }

  get missing() {
    return Array.from({ length: this.newest + 1 }, (_, i) => i).filter((i) => !this.frames[i]);
  }

  // Messages that come quickly one after the other may replace each other before they are seen.
  async recover() {
    const wanted = this.missing.slice(0, ASK_AT_ONCE);
    if (this.asking || this.closed || !wanted.length || this.tries >= MAX_TRIES) return;
    this.asking = true;
    const found = await server.frames(this.about.id, wanted).catch(() => null);
    this.asking = false;
    if (Array.isArray(found) && found.length) for (const frame of found) this.take(frame);
    else this.tries++;
    touch();
    this.recover();
  }

  close() {
    this.closed = true;
    for (const frame of this.frames) for (const bitmap of frame?.bitmaps ?? []) bitmap?.close();
  }
}

// A frame's time is when the frame began, which can lie before the click that started the clock.
function startClock() {
  const run = state.run;
  let before = performance.now(),
    place = state.index;
  function tick(now) {
    if (!state.playing || state.run !== run || !root.isConnected) return;
    place += (Math.max(now - before, 0) / (1000 * PLAY_SECONDS)) * run.newest;
    before = Math.max(now, before);
    state.index = Math.min(Math.floor(place), run.newest);
    if (place >= run.newest) state.playing = false;
    touch();
    requestAnimationFrame(tick);
  }
  requestAnimationFrame(tick);
}
