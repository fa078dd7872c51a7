// Assembly: messages come in, the state changes, everything is drawn once a frame of the screen.

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

if (!document.getElementById("fd-player-style")) document.head.append(h("style", { id: "fd-player-style", text: STYLE }));

let scheduled = false;
function touch() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    paint();
  });
}

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

let toastTimer = 0;
const toastText = h("span", { role: "status", "aria-live": "polite" });
const toast = h("div", { class: "fd-toast", hidden: true }, toastText,
  h("button", { type: "button", class: "fd-quiet", text: "×", "aria-label": "Close message", onclick: () => act.message("") }));

const stage = createStage(state, act);
const legend = createLegend(state, act);
const transport = createTransport(state, act);
const film = createFilm(state, act);
const probe = createProbe(state, act);
const numbers = createNumbers(state);
const explanations = createExplanations(state, act);
const downloads = createDownloads(state, act);
const help = createHelp(state);
const startClock = createClock(state, advance);

const views = VIEWS.map(([view, text]) =>
  h("button", { type: "button", text, "aria-pressed": "false", disabled: true, onclick: () => act.view(view) }));
const title = h("span", { class: "fd-title" }), badge = h("span", { class: "fd-badge", hidden: true });
const progress = h("div", { class: "fd-progress", "aria-hidden": "true" });
const status = h("span", { class: "fd-status" });
const note = h("p", { class: "fd-note", hidden: true });
const empty = h("p", { class: "fd-empty", text: "Press Run: the path from image to mask, or back, appears here step by step." });
const spoken = h("div", { class: "fd-sr", role: "status", "aria-live": "polite" });

root.append(
  h(
    "div",
    { class: "fd-card-main" },
    h("div", { class: "fd-head" }, h("div", { class: "fd-seg", role: "group", "aria-label": "View" }, ...views), title, badge),
    progress,
    stage.root,
    h("div", { class: "fd-side" }, probe.root, numbers.root),
    legend.root,
    transport.root,
    film.root,
    h("div", { class: "fd-foot" }, transport.options, status),
    h("div", { class: "fd-foot fd-foot-quiet" }, downloads.root, help.button),
    note,
    help.box,
  ),
  explanations.root,
  spoken,
);
stage.root.append(empty, toast);
stage.reserve([4, 3]);
listenToKeys(state, act, help, stage.stack, transport.range);

function say(text) {
  setText(spoken, text);
}

function available(view) {
  const run = state.run;
  if (!run?.meta) return false;
  return view === "settling" ? run.settling.length > 0 : (run.meta.views ?? []).includes(view);
}

function currentView() {
  if (available(state.chosen)) return state.chosen;
  return available(state.run.meta.view) ? state.run.meta.view : "state";
}

function advance() {
  const run = state.run;
  const next = state.index + state.direction;
  if (next > run.newest && run.running) return; // wait for the engine
  if (next >= 0 && next <= run.newest) {
    if (run.sample(next, state.sample)?.full) act.goTo(next);
    state.follow = false;
    return;
  }
  if (state.mode === "loop") act.goTo(state.direction > 0 ? 0 : run.newest);
  else if (state.mode === "pingpong" && run.newest > 0) {
    state.direction *= -1;
    act.goTo(state.index + state.direction);
  } else state.playing = false;
  touch();
}

// Messages ------------------------------------------------------------------------------------------------------

function receive(value) {
  if (!value || typeof value !== "object" || typeof value.run !== "string") return;
  if (value.run !== state.run?.id) begin(value.run);
  const run = state.run;
  if (value.meta) takeMeta(run, value.meta);
  if (value.frame) takeFrame(run, value.frame);
  if (value.end) takeEnd(run, value.end);
  recover(run, (found) => {
    if (found.error) return act.message(found.error.message);
    if (found.meta) takeMeta(run, found.meta, true);
    for (const frame of found.frames ?? []) takeFrame(run, frame);
  });
  touch();
}

function begin(id) {
  state.run?.close();
  state.run = new Run(id);
  Object.assign(state, { index: 0, follow: true, playing: false, probe: null, pinned: null, lit: null, cursor: null, spoken: 0 });
  if (!state.picked) state.pixel = null;
  act.message("");
}

function takeMeta(run, meta, late = false) {
  if (!late && !run.setMeta(meta)) return;
  const [width, height] = run.meta.size;
  if (state.pixel && (state.pixel.x >= width || state.pixel.y >= height)) Object.assign(state, { pixel: null, picked: false });
  if (state.sample >= run.meta.samples) state.sample = 0;
  stage.reserve(run.meta.size);
  setText(title, run.meta.title ?? "");
  title.title = run.meta.device ?? "";
  setText(badge, run.meta.origin === "stored" ? "stored" : "live");
  badge.title = run.meta.origin === "stored" ? "Computed earlier with the same code" : "Computed now";
  badge.hidden = false;
  empty.hidden = true;
  setText(note, run.meta.note ?? "");
  note.hidden = !run.meta.note;
  const input = pictureBlob(run.meta.input);
  if (input) readable(createImageBitmap(input)).then((bitmap) => (run.closed ? bitmap?.close() : ((run.input = bitmap), touch())));
  run.frames.forEach((frame) => decode(run, frame));
  if (run.end) finish(run);
  say(`Run started: ${plural(run.meta.frames - 1, "step")}.`);
}

function takeFrame(run, frame) {
  const kept = run.addFrame(frame);
  if (!kept) return;
  if (run.meta) decode(run, kept);
  if (state.follow && !state.playing) state.index = run.newest;
  const share = run.meta && run.newest / Math.max(run.meta.frames - 1, 1);
  const quarter = Math.floor(4 * share);
  if (!run.end && quarter > state.spoken && quarter < 4) say(`${25 * quarter} %: step ${run.newest} of ${run.meta.frames - 1}.`);
  state.spoken = Math.max(state.spoken, quarter || 0);
}

function decode(run, frame) {
  decodeFull(run, frame.samples[Math.min(state.sample, frame.samples.length - 1)]).then(touch);
  for (const part of frame.samples) decodeThumb(run, part).then(touch);
}

function takeEnd(run, end) {
  if (run.end) return;
  run.end = end;
  if (run.meta) finish(run);
}

function finish(run) {
  const { status: how, message, settling } = run.end;
  const steps = plural(run.meta.frames - 1, "step");
  if (how === "done") say(`Finished: ${steps} in ${duration(run.end.numbers?.seconds)}.`);
  else if (how === "stopped") say(`Stopped at step ${run.newest}; ${plural(run.newest + 1, "frame")} kept.`);
  else say(`The run failed. ${message ?? ""}`);
  if (message && how !== "done") act.message(message);
  Promise.all((settling ?? []).map((url) => pictureBlob(url)).map((blob) => readable(blob && readGrey(blob)))).then((maps) => {
    if (run.closed) return;
    run.settling = maps.filter(Boolean);
    if (!state.pixel && run.settling[state.sample]) state.pixel = lastToSettle(run.settling[state.sample], run.meta.size);
    if (state.pixel && run === state.run) probe.ask(false);
    touch();
  });
}

// Drawing -------------------------------------------------------------------------------------------------------

function statusText(run) {
  const total = run.meta.frames - 1;
  const seconds = run.frames[run.newest]?.numbers.step_seconds;
  if (!run.end) return `step ${run.newest} of ${total}${isNumber(seconds) ? ` · ${duration(seconds)}/step` : ""}`;
  const { evaluations, seconds: all } = run.end.numbers ?? {};
  const how = { done: "done", stopped: `stopped at step ${run.newest} of ${total}`, failed: `failed at step ${run.newest} of ${total}` };
  const parts = [how[run.end.status] ?? run.end.status];
  if (isNumber(all)) parts[0] += ` in ${duration(all)}`;
  if (isNumber(evaluations)) parts.push(plural(evaluations, "evaluation"));
  if (run.meta.device) parts.push(run.meta.device);
  return parts.join(" · ");
}

function drawHead(run) {
  views.forEach((button, i) => {
    const view = VIEWS[i][0];
    button.disabled = !available(view);
    button.hidden = !(run.meta.views ?? []).includes(view === "settling" ? "classes" : view);
    button.setAttribute("aria-pressed", String(view === state.view));
  });
  root.classList.toggle("fd-running", run.running);
  progress.style.setProperty("--at", run.running ? Math.max(run.newest, 0) / Math.max(run.meta.frames - 1, 1) : 0);
  setText(status, run.newest >= 0 || run.end ? statusText(run) : "");
}

function paint() {
  const run = state.run;
  if (run?.meta) {
    if (state.follow && !state.playing) state.index = Math.max(run.newest, 0);
    state.index = clamp(state.index, 0, Math.max(run.newest, 0));
    state.view = currentView();
    drawHead(run);
  }
  const drawn = stage.draw();
  if (drawn) Object.assign(state, { shownRun: run.id, shownIndex: state.index });
  for (const part of [legend, transport, film, probe, numbers, explanations, downloads]) part.draw();
  stage.place();
}

// What tests and the console may read.
root.fdPlayer = {
  get run() { return state.run?.id ?? null; },
  get index() { return state.index; },
  get shown() { return { run: state.shownRun ?? null, index: state.shownIndex ?? null }; },
  get arrived() { return state.run?.arrived ?? 0; },
  get newest() { return state.run?.newest ?? -1; },
  get view() { return state.view; },
  get sample() { return state.sample; },
  get playing() { return state.playing; },
  get status() { return state.run?.end?.status ?? null; },
  get pixel() { return state.pixel; },
  get probe() { return state.probe; },
};

watch("value", () => receive(props.value));
touch();
receive(props.value);
