// What a person sees and has chosen, and everything they can do about it.

const root = element.querySelector(".fd-compare");
const LETTERS = "ABCD";
const VIEWS = [
  ["classes", "Classes", "The class whose code is nearest to each pixel."],
  ["overlay", "Overlay", "Class colours over the picture."],
  ["state", "State", "What the solver holds."],
];

const state = {
  root,
  id: null,
  head: null,
  runs: [], // of player/store.js, one a pane
  told: [], // {drawn, end} of each, as the server counts
  end: null,
  active: null, // pane of the run in progress
  truths: [], // class maps at the size of each run's model, or none
  input: null, // the picture
  ticks: [0, 1],
  at: 0, // place on the clock, 0–1
  follow: true, // stay on the newest frame
  pair: [0, 1],
  view: "classes",
  playing: false,
  hover: null, // {x, y} as shares of the picture
  cursor: null, // the same, moved by keys
  spoken: null,
};

const touch = onceAFrame(() => paint());

// Index of the frame that run k shows, -1 where there is none.
function shownIndex(k, at = state.at) {
  const run = state.runs[k];
  if (!run?.meta || run.newest < 0) return -1;
  return Math.min(indexAt(at, run.meta.steps), run.newest);
}

// Whether run k has come as far as a place on the clock.
function reaches(k, at = state.at) {
  const run = state.runs[k];
  return Boolean(run?.meta) && run.newest >= 0 && indexAt(at, run.meta.steps) <= run.newest;
}

const fullOf = (k, index = shownIndex(k)) => state.runs[k]?.sample(index, 0)?.full ?? null;

// The farthest place on the clock that any run has reached.
function reach() {
  return Math.max(0, ...state.runs.map((run) => (run.meta && run.newest >= 0 ? run.newest / run.meta.steps : 0)));
}

function nearestTick(at) {
  let best = 0;
  state.ticks.forEach((tick, i) => {
    if (Math.abs(tick - at) < Math.abs(state.ticks[best] - at)) best = i;
  });
  return best;
}

const act = {
  touch,
  goTo(at) {
    if (!state.runs.length) return;
    state.at = clamp(at, 0, Math.max(reach(), 0));
    touch();
  },
  scrub(at) {
    state.playing = state.follow = false;
    act.goTo(at);
  },
  tick: (index) => act.scrub(state.ticks[clamp(index, 0, state.ticks.length - 1)]),
  step: (by) => act.tick(nearestTick(state.at) + by),
  toggle() {
    if (!state.runs.length || reach() <= 0) return;
    state.playing = !state.playing;
    state.follow = false;
    if (state.playing) {
      if (state.at >= reach() - 1e-6) state.at = 0;
      startClock();
    }
    touch();
  },
  view(view) {
    state.view = view;
    touch();
  },
  // The pane takes the place of the one that was chosen longer ago.
  choose(pane) {
    if (!state.pair.includes(pane)) state.pair = [state.pair[1], pane];
    touch();
  },
  hover(place) {
    state.hover = place;
    touch();
  },
  move(dx, dy) {
    const [width, height] = gridSize() ?? [1, 1];
    const from = state.cursor ?? { x: 0.5, y: 0.5 };
    const step = (share, by, count) =>
      (clamp(Math.floor(share * count) + by, 0, count - 1) + 0.5) / count;
    state.cursor = { x: step(from.x, dx, width), y: step(from.y, dy, height) };
    touch();
  },
  release() {
    state.cursor = state.hover = null;
    touch();
  },
};
