// Assembly: messages come in, the state changes, everything is drawn once a frame of the screen.

if (!document.getElementById("fd-player-style"))
  document.head.append(h("style", { id: "fd-player-style", text: STYLE }));

let toastTimer = 0;
const toastText = h("span", { role: "status", "aria-live": "polite" });
const toast = h(
  "div",
  { class: "fd-toast", hidden: true },
  toastText,
  h("button", {
    type: "button",
    class: "fd-quiet",
    text: "×",
    "aria-label": "Close message",
    onclick: () => act.message(""),
  }),
);

const stage = createStage(state, act);
const legend = createLegend(state, act);
const transport = createTransport(state, act);
const film = createFilm(state, act);
const probe = createProbe(state, act);
const gauge = createGauge(state);
const numbers = createNumbers(state);
const explanations = createExplanations(state, act);
const downloads = createDownloads(state, act);
const help = createHelp(state);
const startClock = createClock(state, advance);

const views = VIEWS.map(([view, text]) =>
  h("button", { type: "button", text, "aria-pressed": "false", disabled: true, onclick: () => act.view(view) }),
);
const title = h("span", { class: "fd-title" }),
  badge = h("span", { class: "fd-badge", hidden: true });
const progress = h("div", { class: "fd-progress", "aria-hidden": "true" });
const status = h("span", { class: "fd-status" });
const note = h("p", { class: "fd-note", hidden: true });
const empty = h("p", {
  class: "fd-empty",
  text: "Press Run: the path from image to label, or back, appears here step by step.",
});
const spoken = h("div", { class: "fd-sr", role: "status", "aria-live": "polite" });

root.append(
  h(
    "div",
    { class: "fd-card-main" },
    h(
      "div",
      { class: "fd-head" },
      h("div", { class: "fd-seg", role: "group", "aria-label": "View" }, ...views),
      title,
      badge,
    ),
    progress,
    stage.root,
    h("div", { class: "fd-side" }, probe.root, gauge.root, numbers.root),
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
listenToKeys(state, act, help, stage.stacks, transport.range);

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

function statusText(run) {
  const total = run.meta.frames - 1;
  const seconds = run.frames[run.newest]?.numbers.step_seconds;
  if (!run.end) return `step ${run.newest} of ${total}${isNumber(seconds) ? ` · ${duration(seconds)}/step` : ""}`;
  const { evaluations, seconds: all } = run.end.numbers ?? {};
  const how = {
    done: "done",
    stopped: `stopped at step ${run.newest} of ${total}`,
    failed: `failed at step ${run.newest} of ${total}`,
  };
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
  for (const part of [legend, transport, film, probe, gauge, numbers, explanations, downloads]) part.draw();
  stage.place();
}

// What tests and the console may read.
root.fdPlayer = {
  get run() {
    return state.run?.id ?? null;
  },
  get index() {
    return state.index;
  },
  get shown() {
    return { run: state.shownRun ?? null, index: state.shownIndex ?? null };
  },
  get arrived() {
    return state.run?.arrived ?? 0;
  },
  get newest() {
    return state.run?.newest ?? -1;
  },
  get view() {
    return state.view;
  },
  get sample() {
    return state.sample;
  },
  get playing() {
    return state.playing;
  },
  get status() {
    return state.run?.end?.status ?? null;
  },
  get pixel() {
    return state.pixel;
  },
  get probe() {
    return state.probe;
  },
};

watch("value", () => receive(props.value));
touch();
receive(props.value);
