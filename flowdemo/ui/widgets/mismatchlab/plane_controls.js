// What is set beside the plane: normal set and target above it, the clock under it, paths and aggregation.

const TARGETS = { on: "On the set", average: "Near its average", far: "Far from both" };

function createHead() {
  const sets = createChoice("Normal set", Object.entries(SETS).map(([key, { name, about }]) => [key, name, about]), act.sample);
  const places = Object.entries(TARGETS).map(([key, name]) => quietButton(name, `Put the target there: ${name.toLowerCase()}`, () => act.place(key)));
  const roll = quietButton("Other seeds", "Paths from other noise; the number names them", act.roll);
  const seed = h("span", { class: "fl-count" });
  const root = h("div", { class: "fl-head" }, sets.root,
    h("div", { class: "fl-tools", role: "group", "aria-label": "Target" }, h("span", { class: "fl-name", text: "Target" }), ...places),
    h("div", { class: "fl-tools fl-right", role: "group", "aria-label": "Noise" }, seed, roll)); // prettier-ignore
  function draw() {
    sets.draw(state.set);
    setText(seed, `seeds ${state.seed}`);
  }
  return { root, draw };
}

function createClock() {
  const play = h("button", { type: "button", class: "mm-play", onclick: act.play });
  const slider = createSlider({
    label: "Time t", hint: "Flow time, from noise at 0 to the target at 1.", min: CLOCK.first, max: CLOCK.last,
    step: CLOCK.step, text: (t) => fixed(t), set: act.clock,
  }); // prettier-ignore
  let shown = null;
  function draw() {
    slider.draw(state.t);
    if (shown === state.playing) return;
    shown = state.playing;
    play.replaceChildren(icon(shown ? "pause" : "play"));
    play.setAttribute("aria-label", shown ? "Pause" : "Play t from 0.02 to 0.98");
  }
  return { root: h("div", { class: "mm-clock" }, play, slider.root), draw };
}

function createConstants() {
  const slider = (name, label, hint, min, max, step, text) => [
    name,
    createSlider({ label, hint, min, max, step, text, set: (value) => act.set(name, value) }),
  ];
  const sliders = [
    slider("paths", "Paths K", "Straight paths from different noise to the same target.", 1, MOST_PATHS, 1, (n) => plural(n, "path")),
    slider("times", "Times T", "The score averages over t = j/(T + 1), j = 1 … T.", 4, 24, 1, (n) => plural(n, "time")),
    slider("smoothing", "Smoothing s", "Every normal point counts as a Gaussian of this deviation, in units of the plane.", 0, 0.6, 0.05, (s) => fixed(s)),
  ]; // prettier-ignore
  const choice = (name, label, options) => [name, createChoice(label, Object.entries(options).map(([key, o]) => [key, o.name, o.about]), (key) => act.set(name, key))];
  const choices = [choice("rule", "Aggregate over paths", RULES), choice("weight", "Weight w(t)", WEIGHTS)];
  const rows = choices.map(([, made], i) => h("div", { class: "mm-choice" }, h("span", { class: "fl-name", text: ["Aggregate over paths", "Weight w(t)"][i] }), made.root));
  const root = h("div", { class: "mm-constants" }, ...sliders.map(([, made]) => made.root), ...rows);
  function draw() {
    for (const [name, made] of [...sliders, ...choices]) made.draw(state[name]);
  }
  return { root, draw };
}
