// What a person sees and has chosen, and everything they can do about it.

const root = element.querySelector(".fd-player");

const state = {
  root,
  run: null,
  index: 0,
  sample: 0,
  follow: true, // stay on the newest frame
  chosen: null, // view a person chose
  view: "state",
  playing: false,
  direction: 1,
  mode: "once",
  rate: 1,
  opacity: 0.6,
  pinned: null,
  lit: null,
  hover: null,
  cursor: null,
  pixel: null,
  picked: false, // by a person
  probe: null,
  keys: true,
  spoken: 0, // quarters of the run that were announced
};

const touch = onceAFrame(() => paint());

const act = {
  touch,
  highlight: () => state.lit ?? state.pinned,
  view(view) {
    if (!available(view)) return;
    state.chosen = view;
    touch();
  },
  goTo(index) {
    const run = state.run;
    if (!run || run.newest < 0) return;
    state.index = clamp(index, 0, run.newest);
    state.follow = run.running && state.index === run.newest;
    touch();
  },
  scrub(index) {
    state.playing = false;
    act.goTo(index);
  },
  step: (by) => act.scrub(state.index + by),
  toggle() {
    const run = state.run;
    if (!run || run.newest < 0) return;
    state.playing = !state.playing;
    if (state.playing) {
      if (state.direction > 0 && state.index >= run.last) act.goTo(0);
      else if (state.direction < 0 && state.index <= 0) act.goTo(run.newest);
      state.follow = false;
      startClock();
    }
    touch();
  },
  reverse: () => ((state.direction *= -1), touch()),
  mode: (mode) => ((state.mode = mode), touch()),
  rate: (rate) => ((state.rate = rate), touch()),
  faster: (by) => act.rate(RATES[clamp(RATES.indexOf(state.rate) + by, 0, RATES.length - 1)]),
  opacity: (share) => ((state.opacity = share), touch()),
  pin: (index) => ((state.pinned = index), touch()),
  light: (index) => ((state.lit = index), touch()),
  hover: (pixel) => ((state.hover = pixel), touch()),
  release() {
    state.pinned = state.cursor = null;
    touch();
  },
  cursor(dx, dy) {
    const size = state.run?.meta?.size;
    if (!size) return;
    const from = state.cursor ?? state.pixel ?? { x: size[0] >> 1, y: size[1] >> 1 };
    state.cursor = { x: clamp(from.x + dx, 0, size[0] - 1), y: clamp(from.y + dy, 0, size[1] - 1) };
    state.hover = state.cursor;
    touch();
  },
  pickCursor: () => state.cursor && act.pick(state.cursor),
  pick(pixel) {
    if (state.run?.global) return;
    state.pixel = pixel;
    state.cursor = null;
    state.picked = true;
    probe.ask(true);
  },
  probed(data, byPerson) {
    if (!byPerson) return;
    const last = state.run.palette.byIndex.get(data.classes.at(-1))?.name ?? "no class";
    say(`Pixel ${data.x}, ${data.y} ends in ${last}, settled at step ${data.settled}.`);
  },
  sample(index) {
    const run = state.run;
    if (!run || index === state.sample) return;
    const before = state.sample;
    state.sample = index;
    decodeSample(run, index, state.index, touch).then(() => {
      if (state.sample === index) run.drop(before);
    });
    if (state.pixel) probe.ask(false);
    touch();
  },
  message(text, kind = "trouble") {
    setText(toastText, text);
    toast.dataset.kind = kind;
    toast.hidden = !text;
    clearTimeout(toastTimer);
    if (text && kind === "said") toastTimer = setTimeout(() => (toast.hidden = true), 5000);
  },
};
