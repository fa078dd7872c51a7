// What is set beside the plane: mode and layout above it, the constants of the term, the target or the prior.

const MODES = [
  [TARGET, "One target", "The class of the pixel is known: the force on its prediction, as in training"],
  [POPULATION, "Population", "Only the shares of the classes are known: the exact flow that a perfect network would learn"],
];

function createHead() {
  const modes = createChoice("Mode", MODES, act.mode);
  const presets = Object.entries(PRESETS).map(([key, { name, about }]) => quietButton(name, about, () => act.load(key)));
  const fewer = quietButton("−", "One code less", act.fewer);
  const more = quietButton("+", "One code more", act.more);
  fewer.setAttribute("aria-label", "One code less");
  more.setAttribute("aria-label", "One code more");
  const count = h("span", { class: "fl-count" });
  const clear = quietButton("Clear starts", "Remove all starts", act.clear);
  const root = h(
    "div",
    { class: "fl-head" },
    modes.root,
    h("div", { class: "fl-tools", role: "group", "aria-label": "Layouts" }, ...presets),
    h("div", { class: "fl-tools fl-right", role: "group", "aria-label": "Codes and starts" }, fewer, count, more, clear),
  );
  function draw() {
    modes.draw(state.mode);
    setText(count, `${state.codes.length} codes`);
    fewer.disabled = state.codes.length <= 2;
    more.disabled = state.codes.length >= MOST_CODES;
    clear.disabled = !state.starts.length;
  }
  return { root, draw };
}

function createConstants() {
  const slider = (name, label, hint, min, max, step, text) => {
    const made = createSlider({ label, hint, min, max, step, text, set: (value) => act.set(name, value) });
    return [name, made];
  };
  const sliders = [
    slider("eta", "Weight η", "How much the term counts beside the squared error; 0 is plain flow matching.", 0, 3, 0.05, (v) => fixed(v)),
    slider("tau", "Temperature τ", "How softly codes compete; below 1 the pull dies sooner than the squared error's.", 0.25, 4, 0.05, (v) => fixed(v)),
    slider("exponent", "Smoothing ε", "Squared units of the plane: the term is linear closer to a code than √ε.", -6, -1, 0.1, (v) => plainly(10 ** v)),
    slider("t", "Time t", "Flow time, from noise at 0 to codes at 1.", 0, 0.95, 0.01, (v) => fixed(v)),
  ]; // prettier-ignore
  const transform = createChoice(
    "Transform T",
    Object.entries(TRANSFORMS).map(([key, { name }]) => [key, name, `T(d) = ${name} of the squared distance d`]),
    (key) => act.set("transform", key),
  );
  const root = h(
    "div",
    { class: "fl-constants" },
    ...sliders.map(([, made]) => made.root),
    h("div", { class: "fl-transform" }, h("span", { class: "fl-name", text: "Transform T(d)" }), transform.root),
  );
  function draw() {
    for (const [name, made] of sliders) made.draw(state[name]);
    transform.draw(state.transform);
  }
  return { root, draw };
}

const note = (text) => h("p", { class: "fl-note" }, ...rich(text));

function createTargets() {
  const chips = Array.from({ length: MOST_CODES }, (_, k) =>
    h("button", {
      type: "button", class: `fl-chip fl-k${k}`, text: String(k), "aria-label": `Target class ${k}`,
      onclick: () => act.set("target", k),
    }),
  ); // prettier-ignore
  const root = h(
    "div",
    { class: "fl-targets" },
    h("span", { class: "fl-name", text: "Target class y of the pixel" }),
    h("div", { class: "fl-chips", role: "group", "aria-label": "Target class" }, ...chips),
    note(
      "Arrows: −(x̂ − μ_y)/(1 − t) − η∇Φ, the force on a prediction x̂. Lines: where it takes x̂ from each start; " +
        "dotted with η = 0. Cells are tinted by the nearest code, which is what a pixel is read as.",
    ),
    note(
      "In training the term stands in a target that is not differentiated. The gradient is then that of the squared " +
        "error plus 2η/(1 − t) times the cross-entropy −log p_y, where p is a softmax of T(d)/τ over the codes.",
    ),
  );
  function draw() {
    chips.forEach((chip, k) => {
      chip.hidden = k >= state.codes.length;
      chip.setAttribute("aria-pressed", String(k === state.target));
    });
  }
  return { root, draw };
}

function createPrior() {
  const sliders = Array.from({ length: MOST_CODES }, (_, k) =>
    createSlider({
      label: `Class ${k}`, hint: `Share of class ${k} among all pixels`, min: 0, max: 1, step: 0.01,
      text: () => percent(prior()[k] ?? 0), set: (value) => act.weight(k, value),
    }),
  ); // prettier-ignore
  const even = quietButton("Even", "The same share for every class", act.even);
  const steps = createSlider({
    label: "Euler steps N", hint: "Steps of the drawn flow and of the counted paths.", min: 1, max: 50, step: 1,
    text: (n) => plural(n, "step"), set: (n) => act.set("steps", n),
  }); // prettier-ignore
  const root = h(
    "div",
    { class: "fl-prior" },
    steps.root,
    h("div", { class: "fl-row" }, h("span", { class: "fl-name", text: "Share of each class among all pixels" }), even),
    h("div", { class: "fl-weights" }, ...sliders.map((slider) => slider.root)),
  );
  function draw() {
    sliders.forEach((slider, k) => {
      slider.root.classList.toggle("fl-away", k >= state.codes.length);
      slider.draw(state.weights[k] ?? 0, k >= state.codes.length);
    });
    steps.draw(state.steps);
  }
  return { root, draw };
}
