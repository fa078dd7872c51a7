// What a person has chosen and what came back; everything they can do about it.

const root = element.querySelector(".fd-labels");

const makeDefaults = (offer) => ({ label: 0, samples: offer.max_samples, steps: offer.steps, beta: offer.beta });

const state = {
  offer: OFFERS[0],
  mode: CLASSIFY,
  job: null, // { ask, task } of the question that is being answered
  again: false, // there is another picture to classify meanwhile
  auto: true,
  source: null, // { kind, data, name, note, ready } of the picture to classify
  seeds: { [CLASSIFY]: 0, [GENERATE]: 0 }, // null where the box holds no seed
  prepared: null, // { picture, note }
  columns: [],
  chosen: null, // steps of the column that a person picked
  agreement: null,
  make: makeDefaults(OFFERS[0]),
  run: null, // see run.js
  index: 0,
  follow: true,
  playing: false,
};

const touch = onceAFrame(() => paint());

const className = (index) => state.offer.classes[index] ?? String(index);
const spacing = () => (state.offer.levels.at(-1) - state.offer.levels[0]) / (state.offer.levels.length - 1);
const shownColumn = () =>
  state.columns.find(({ steps }) => steps === state.chosen) ?? state.columns[state.columns.length - 1] ?? null;

function forgetReading() {
  Object.assign(state, { prepared: null, columns: [], agreement: null });
}

const act = {
  touch,
  model(name) {
    const offer = OFFERS.find((entry) => entry.name === name);
    if (!offer || offer === state.offer) return;
    if (state.job) act.stop();
    state.run?.close();
    forgetReading();
    Object.assign(state, { offer, source: null, chosen: null, make: makeDefaults(offer), run: null, index: 0 });
    Object.assign(state, { playing: false, again: false });
    source.reset();
    say("");
    touch();
  },
  mode(mode) {
    Object.assign(state, { mode, playing: false });
    say("");
    touch();
  },
  // Another picture: what was read in the one before no longer counts.
  give(picture) {
    state.source = picture;
    if (!picture) state.again = false;
    if (state.job && state.job.task !== GENERATE) state.job.stale = true;
    forgetReading();
    touch();
  },
  classify() {
    if (state.job) return void (state.again = true);
    if (!readyToRead()) return;
    Object.assign(state, { columns: [], agreement: null });
    ask(READING, question());
  },
  tryEight() {
    if (state.job || !readyToRead()) return;
    ask(SEEDS, { ...question(), steps: shownColumn()?.steps ?? LADDER[LADDER.length - 1] });
  },
  generate() {
    if (state.job) return;
    if (state.seeds[GENERATE] === null) return say(SEED_REFUSED, true);
    ask(GENERATE, { ...state.make, seed: state.seeds[GENERATE] });
  },
  stop() {
    if (!state.job) return;
    trigger("halt", { ask: state.job.ask });
    settle("stopped");
  },
  choose: (steps) => ((state.chosen = steps), touch()),
  goTo(index) {
    if (!state.run) return;
    Object.assign(state, { index: clamp(index, 0, Math.max(state.run.newest, 0)), playing: false, follow: false });
    touch();
  },
  play() {
    if (!state.run || state.run.newest < 1) return;
    state.playing = !state.playing;
    if (state.playing && state.index >= state.run.newest) state.index = 0;
    state.follow = false;
    if (state.playing) startClock();
    touch();
  },
  // Round trip: a made picture is read.
  readMade(sample) {
    const made = state.run?.made?.[sample];
    if (!made) return;
    act.mode(CLASSIFY);
    const name = `a made ${className(state.run.about.label)}`;
    act.give({ kind: "ready", data: made.picture, name, note: "A picture made here, exactly as it was made." });
    act.classify();
    source.focus();
  },
};

function readyToRead() {
  if (state.seeds[CLASSIFY] === null) return say(SEED_REFUSED, true);
  if (!state.source) return say(state.offer.digits ? "Draw a digit first, or take one." : "Choose a picture first.", true);
  return true;
}

// A file is prepared once; after that its prepared form is asked about.
function question() {
  const { kind, data, ready } = state.source;
  const picture = ready ? { kind: "ready", picture: ready } : { kind, picture: data };
  return { ...picture, seed: state.seeds[CLASSIFY] };
}
