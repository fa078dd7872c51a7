// The clock: play, one step, the native range, and keys that work while the focus is inside.

const TICK_MS = 140;

function createTransport() {
  const round = (name, label, onclick) =>
    h("button", { type: "button", class: "cp-round", "aria-label": label, title: label, onclick }, icon(name));
  const play = h("button", { type: "button", class: "cp-play", "aria-label": "Play", onclick: act.toggle }, icon("play"));
  const back = round("back", "One step back", () => act.step(-1)),
    next = round("next", "One step on", () => act.step(1));
  const range = h("input", {
    type: "range",
    class: "cp-range",
    min: 0,
    max: 1,
    step: 1,
    value: 0,
    "aria-label": "Progress of all runs",
    oninput: () => act.tick(Number(range.value)),
  });
  const where = h("b");
  const told = h("span", { class: "cp-where" }, "progress ", where);
  const root = h("div", { class: "cp-transport" }, play, back, range, next, told);
  let playing = null;

  function draw() {
    if (playing !== state.playing) {
      play.replaceChildren(icon(state.playing ? "pause" : "play"));
      play.setAttribute("aria-label", state.playing ? "Pause" : "Play");
      playing = state.playing;
    }
    const ready = reach() > 0,
      index = nearestTick(state.at),
      last = state.ticks.length - 1;
    for (const node of [play, range]) node.disabled = !ready;
    back.disabled = !ready || state.at <= 0;
    next.disabled = !ready || state.at >= reach() - 1e-6;
    if (range.max !== String(last)) range.max = String(last);
    if (range.value !== String(index)) range.value = String(index);
    range.style.setProperty("--at", index / last);
    range.style.setProperty("--loaded", nearestTick(reach()) / last);
    range.setAttribute("aria-valuetext", `progress ${decimal(state.at)} of 1`);
    setText(where, decimal(state.at));
  }

  return { root, range, play, draw };
}

function startClock() {
  let due = performance.now() + TICK_MS;
  const tick = (now) => {
    if (!state.playing || !root.isConnected) return;
    if (now >= due) {
      due = Math.max(due + TICK_MS, now);
      if (state.at >= reach() - 1e-6) state.playing = false;
      else act.goTo(state.ticks[Math.min(nearestTick(state.at) + 1, state.ticks.length - 1)]);
      touch();
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

function listenToKeys(range) {
  // A button that was clicked keeps the focus; Space should then play. One reached by Tab keeps its own Space.
  let byTab = false;
  root.addEventListener("pointerdown", () => (byTab = false));
  root.addEventListener("keyup", (event) => event.key === "Tab" && (byTab = true));
  const keys = {
    " ": act.toggle,
    ArrowLeft: () => act.step(-1),
    ArrowRight: () => act.step(1),
    Home: () => act.tick(0),
    End: () => act.tick(Infinity),
    Escape: act.release,
  };
  VIEWS.forEach(([view], i) => (keys[i + 1] = () => act.view(view)));
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  root.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("button") && (key === "Enter" || (key === " " && byTab))) return;
    if (target === range && /^(Arrow|Home|End|Page)/.test(key)) return; // the native range does it
    const move = target.classList.contains("cp-stack") && moves[key];
    const far = event.shiftKey ? 10 : 1;
    if (move) act.move(far * move[0], far * move[1]);
    else if (keys[key]) keys[key]();
    else return;
    event.preventDefault();
  });
}
