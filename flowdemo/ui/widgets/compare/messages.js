// Messages of a comparison, as they come, and what was lost on the way.

const ASK = 12; // frames in one question
const TRIES = 3;
let asking = null; // the comparison whose lost frames are being asked for

function receive(value) {
  if (!value || typeof value.comparison !== "string" || !Array.isArray(value.runs)) return;
  if (value.comparison !== state.id) begin(value.comparison);
  state.told = value.runs;
  if (value.head) takeHead(value.head);
  if (Number.isInteger(value.pane)) state.active = value.pane;
  if (value.frame) takeFrame(value.pane, value.frame);
  if (value.end) finish(value.end);
  catchUp();
  touch();
}

function begin(id) {
  state.runs.forEach((run) => run.close());
  state.input?.close();
  counted.clear();
  early.length = 0;
  Object.assign(state, {
    id, head: null, runs: [], truths: [], input: null, told: [], end: null, active: null, ticks: [0, 1], at: 0,
    follow: true, playing: false, pair: [0, 1], hover: null, cursor: null,
  }); // prettier-ignore
}

const early = []; // frames that came before the head

function takeHead(head) {
  if (state.head || !Array.isArray(head.panes)) return;
  state.head = head;
  state.runs = head.panes.map((pane) => {
    const run = new Run(pane.run);
    run.setMeta(pane.meta);
    return run;
  });
  state.ticks = ticksOf(state.runs.map((run) => run.meta.steps));
  stage.arrange();
  legend.arrange();
  numbers.arrange();
  const id = state.id;
  const kept = (use) => (found) => (state.id === id && found ? (use(found), touch()) : found?.close?.());
  readable(decodePicture(readPicture(head.input) ?? new Blob())).then(kept((bitmap) => (state.input = bitmap)));
  const truths = head.panes.map((pane) => readPicture(pane.truth)).filter(Boolean);
  Promise.all(truths.map((picture) => readable(readGrey(picture)))).then(
    kept((maps) => maps.every(Boolean) && (state.truths = maps)),
  );
  for (const [pane, frame] of early.splice(0)) takeFrame(pane, frame);
  say(head.origin === "stored" ? "" : `Comparing ${head.panes.map((pane, k) => `${LETTERS[k]}, ${pane.name}`).join("; ")}.`);
  if (head.origin !== "stored") comeIntoSight();
}

function takeFrame(pane, frame) {
  if (!state.head) return early.push([pane, frame]);
  const run = state.runs[pane];
  const kept = run?.addFrame(frame);
  if (!kept) return;
  decodeFull(run, kept.samples[0]).then(touch);
  if (state.follow && pane === state.active) state.at = run.newest / run.meta.steps;
}

function finish(how) {
  if (state.end) return;
  state.end = how;
  state.active = null;
  if (state.follow) state.at = reach();
  if (state.head?.origin === "stored") return;
  const failed = state.told.map((told, k) => told.end?.status === "failed" && `${LETTERS[k]}: ${told.end.message}`);
  const trouble = failed.filter(Boolean).join(" ");
  say(trouble || (how === "stopped" ? "Stopped; what was computed is kept." : "All runs are done."), Boolean(trouble));
}

// Frames that the server counts and that did not arrive, and the head where it was lost.
async function catchUp() {
  const id = state.id;
  if (asking === id || !id) return;
  asking = id;
  try {
    if (!state.head) {
      const head = await answer(server.described(id));
      if (state.id === id) takeHead(head);
    }
    for (let lost = nextLost(); state.id === id && lost; lost = nextLost()) {
      for (const index of lost.wanted) lost.run.tries.set(index, (lost.run.tries.get(index) ?? 0) + 1);
      const frames = await answer(server.frames(lost.run.id, lost.wanted));
      if (state.id !== id) break;
      frames.forEach((frame) => takeFrame(lost.pane, frame));
      if (state.end && state.follow) state.at = reach();
      touch();
    }
  } catch (error) {
    if (state.id === id) say(error.message, true);
  } finally {
    if (asking === id) asking = null;
  }
}

function nextLost() {
  for (const [pane, run] of state.runs.entries()) {
    const there = state.told[pane]?.drawn ?? 0;
    const lost = Array.from({ length: there }, (_, i) => i).filter(
      (i) => !run.frames[i] && (run.tries.get(i) ?? 0) < TRIES,
    );
    if (lost.length) return { pane, run, wanted: lost.slice(0, ASK) };
  }
  return null;
}

// On a phone the pictures lie below the button that was pressed.
function comeIntoSight() {
  const box = root.getBoundingClientRect();
  if (box.top > 0.6 * innerHeight || box.bottom < 0.2 * innerHeight) {
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    root.scrollIntoView({ behavior, block: "start" });
  }
}
