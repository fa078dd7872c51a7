// The left column of each mode.

const said = h("p", { class: "lb-said", role: "status", "aria-live": "polite" });

function say(text, warning = false) {
  setText(said, text);
  said.classList.toggle("lb-bad", warning);
}

function createClassifyForm() {
  const auto = h("input", { type: "checkbox", checked: true, onchange: () => ((state.auto = auto.checked), touch()) });
  const label = h("label", { class: "lb-switch" }, auto, h("span", { text: "Classify as I draw" }));
  const seed = createSeed(CLASSIFY);
  const go = createGo("Classify", act.classify);
  const root = h("div", { class: "lb-form" }, source.root, label, seed.root, go.root);
  function draw() {
    label.hidden = !state.offer.digits;
    source.draw();
    go.draw();
  }
  return { root, draw };
}

function createGenerateForm() {
  const list = h("div", { class: "lb-classes", role: "group", "aria-label": "Class" });
  const bound = () => (Math.ceil(100 * state.offer.beta_bound) - 1) / 100; // the last step below it
  const field = (name, rest) =>
    createRange({ read: () => state.make[name], write: (value) => ((state.make[name] = value), touch()), ...rest });
  const samples = field("samples", {
    name: "Pictures, each with the next seed", min: () => 1, max: () => state.offer.max_samples, step: 1,
  });
  const steps = field("steps", {
    name: "Steps", min: () => 1, max: () => state.offer.max_steps, step: 1,
    text: (count) => `${count}, ${plural(count, "evaluation")}`,
  });
  const beta = field("beta", {
    name: "Perturbation β", min: () => 0, max: bound, step: 0.01, text: (value) => `${decimal(value)} spacings`,
    about: "How far the given level may be off, in level spacings; half a spacing is the border to the next class.",
  });
  const seed = createSeed(GENERATE);
  const go = createGo("Generate", act.generate);
  const parts = [samples, steps, beta];
  const root = h("div", { class: "lb-form" }, h("h2", { text: "Class" }), list, ...parts.map((part) => part.root), seed.root, go.root);
  let buttons = [],
    shown = null;

  function build() {
    shown = state.offer;
    buttons = shown.classes.map((name, i) =>
      h("button", { type: "button", text: name, onclick: () => ((state.make.label = i), touch()) }),
    );
    list.replaceChildren(...buttons);
    list.classList.toggle("lb-words", shown.classes.some((name) => name.length > 2));
  }

  function draw() {
    if (shown !== state.offer) build();
    buttons.forEach((node, i) => node.setAttribute("aria-pressed", String(i === state.make.label)));
    for (const part of [...parts, go]) part.draw();
  }
  return { root, draw };
}
