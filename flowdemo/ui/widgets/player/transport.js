// Playback: a clock that moves the index, the buttons, the native range, and the text beside them.

const FRAME_MS = 125; // at 1×
const RATES = [0.5, 1, 2, 4];
const MODES = [
  ["once", "Once", "Stop at the end"],
  ["loop", "Loop", "Start over at the end"],
  ["pingpong", "Ping-pong", "Turn round at each end"],
];

const rateText = (rate) => (rate === 0.5 ? "½×" : `${rate}×`);

// `step(direction)` moves one frame and says whether playback goes on.
function createClock(state, step) {
  let due = 0;
  function tick(now) {
    if (!state.playing || !state.root.isConnected) return;
    if (now >= due) {
      due = Math.max(due + FRAME_MS / state.rate, now);
      step();
    }
    requestAnimationFrame(tick);
  }
  return () => {
    due = performance.now() + FRAME_MS / state.rate;
    requestAnimationFrame(tick);
  };
}

function createTransport(state, act) {
  const button = (name, label, onclick) =>
    h("button", { type: "button", class: "fd-round", "aria-label": label, title: label, onclick }, icon(name));
  const play = h(
    "button",
    { type: "button", class: "fd-play", "aria-label": "Play", onclick: act.toggle },
    icon("play"),
  );
  const back = button("back", "One step back", () => act.step(-1));
  const next = button("next", "One step on", () => act.step(1));
  const range = h("input", {
    type: "range",
    class: "fd-range fd-scrub",
    min: 0,
    max: 1,
    step: 1,
    value: 0,
    "aria-label": "Step",
    oninput: () => act.scrub(Number(range.value)),
  });
  const stepLabel = h("b"),
    timeLabel = h("span");
  const root = h(
    "div",
    { class: "fd-transport" },
    play,
    back,
    range,
    next,
    h("span", { class: "fd-where" }, stepLabel, timeLabel),
  );

  const reverse = h("button", {
    type: "button",
    class: "fd-quiet",
    text: "Reverse",
    "aria-pressed": "false",
    onclick: act.reverse,
  });
  const modes = MODES.map(([mode, text, title]) =>
    h("button", { type: "button", text, title, "aria-pressed": "false", onclick: () => act.mode(mode) }),
  );
  const rates = RATES.map((rate) =>
    h("button", { type: "button", text: rateText(rate), "aria-pressed": "false", onclick: () => act.rate(rate) }),
  );
  const options = h(
    "div",
    { class: "fd-options" },
    reverse,
    h("div", { class: "fd-seg fd-small", role: "group", "aria-label": "At the end" }, ...modes),
    h("div", { class: "fd-seg fd-small", role: "group", "aria-label": "Playback rate" }, ...rates),
  );

  let playing = null;
  function drawButtons() {
    if (playing !== state.playing) {
      play.replaceChildren(icon(state.playing ? "pause" : "play"));
      play.setAttribute("aria-label", state.playing ? "Pause" : "Play");
      playing = state.playing;
    }
    reverse.setAttribute("aria-pressed", String(state.direction < 0));
    modes.forEach((node, i) => node.setAttribute("aria-pressed", String(MODES[i][0] === state.mode)));
    rates.forEach((node, i) => node.setAttribute("aria-pressed", String(RATES[i] === state.rate)));
  }

  function draw() {
    drawButtons();
    const run = state.run;
    const ready = Boolean(run?.meta && run.newest >= 0);
    for (const node of [play, back, next, range]) node.disabled = !ready;
    if (!run?.meta) return;
    const last = run.last,
      span = Math.max(last, 1);
    const frame = run.frames[state.index];
    if (range.max !== String(last)) range.max = String(last);
    if (range.value !== String(state.index)) range.value = String(state.index);
    range.style.setProperty("--at", state.index / span);
    range.style.setProperty("--loaded", Math.max(run.newest, 0) / span);
    const where = `step ${state.index} of ${run.meta.frames - 1}`;
    const when = frame ? timeText(run.meta, frame.t) : "";
    range.setAttribute("aria-valuetext", when ? `${where}, ${when}` : where);
    setText(stepLabel, where);
    setText(timeLabel, when);
    if (ready) {
      back.disabled = state.index <= 0;
      next.disabled = state.index >= run.newest;
    }
  }

  return { root, options, range, draw };
}
