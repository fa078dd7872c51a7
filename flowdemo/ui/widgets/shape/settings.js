// The method and its settings, built from what the server offers; Run and Stop.

const GROUPS = [
  ["Template and its pose", ["template", "dx", "dy", "angle", "scale", "offset", "follow"]],
  ["What the logits suffer", ["noise", "seed"]],
  ["Iteration", ["share", "iterations", "epsilon", "strength"]],
];
const MOST_BUTTONS = 3; // of a choice; more become a list
const SEED_MOST = 2147483647;

// What the question takes along.
const settingsNow = () => (isFlow() ? { ...settings(), occluder: state.hidden.on ? state.hidden.box : null } : { ...settings() });
const fieldUrl = () => pngUrl(encodePng(mask.data, SIDE, SIDE));

function createSwitch(text, title, set) {
  const box = h("input", { type: "checkbox", onchange: () => set(box.checked) });
  const node = h("label", { class: "sh-switch", title }, box, h("span", { text }));
  return { root: node, draw: (on) => (box.checked = on) };
}

function createList(label, title, entries, set) {
  const list = h("select", { class: "sh-list", "aria-label": label, title, onchange: () => set(list.value) },
    ...entries.map(([value, text]) => h("option", { value, text }))); // prettier-ignore
  const node = h("label", { class: "sh-field", title }, h("span", { class: "fl-name", text: label }), list);
  return { root: node, draw: (now) => list.value !== now && (list.value = now) };
}

// A whole number that is typed, and dice.
function createSeed({ name, label, about }) {
  const box = h("input", { type: "text", inputmode: "numeric", class: "sh-box", autocomplete: "off", "aria-label": label, title: about, oninput: take });
  const dice = quietButton("New", "Another seed", () => act.set(name, Math.floor(Math.random() * SEED_MOST)));
  const node = h("div", { class: "sh-field" }, h("span", { class: "fl-name", text: label }), h("div", { class: "sh-seed" }, box, dice));
  function take() {
    const fits = /^\d{1,10}$/.test(box.value.trim()) && Number(box.value) <= SEED_MOST;
    box.setAttribute("aria-invalid", String(!fits));
    if (fits) act.set(name, Number(box.value));
    else say(`The seed must be a whole number from 0 to ${SEED_MOST}.`, true);
  }
  function draw(now) {
    if (document.activeElement === box || box.value === String(now)) return;
    box.value = String(now);
    box.setAttribute("aria-invalid", "false");
  }
  return { root: node, draw };
}

const digitsOf = (step) => clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 3);

// τ with its limit on the track, and what is to be expected beyond it.
function withLimit(slider, { low, high }) {
  const tick = h("i", { class: "sh-limit", title: "The limit" });
  tick.style.setProperty("--limit", (1 - low) / (high - low));
  const words = h("p", { class: "fl-note sh-tau" });
  const node = h("div", { class: "sh-share" }, h("div", { class: "sh-track" }, slider.root, tick), words);
  function draw(now) {
    slider.draw(now);
    setText(words, stepWords(now));
    words.classList.toggle("sh-bad", now >= 1);
  }
  return { root: node, draw };
}

function createKnob(knob) {
  const { name, label, about, words } = knob;
  const set = (value) => act.set(name, value);
  if (name === "seed") return createSeed(knob);
  if (typeof knob.default === "boolean") return explained(createSwitch(label, about, set), about);
  if (words) {
    const entries = words.map((value) => [value, wordText(name, value)]);
    if (words.length > MOST_BUTTONS) return createList(label, about, entries, set);
    const choice = createChoice(label, entries, set);
    return { root: h("div", { class: "sh-field", title: about }, h("span", { class: "fl-name", text: label }), choice.root), draw: choice.draw };
  }
  const text = (value) => `${minus(value.toFixed(digitsOf(knob.step)))}${knob.unit ? ` ${knob.unit}` : ""}`;
  const slider = createSlider({ label, hint: about, min: knob.low, max: knob.high, step: knob.step, text, set });
  return name === "share" ? withLimit(slider, knob) : slider;
}

// A switch whose line is always seen.
function explained(part, about) {
  return { root: h("div", { class: "sh-explained" }, part.root, h("p", { class: "fl-note", text: about })), draw: part.draw };
}

function wordText(name, value) {
  if (name !== "template") return value.charAt(0).toUpperCase() + value.slice(1);
  return value === OWN ? "The mask itself" : (named(OFFERS.silhouettes, value)?.label ?? value);
}

function createSettings() {
  const list = h("select", { class: "sh-list", id: "sh-method", onchange: () => act.method(list.value) },
    ...OFFERS.methods.map(({ name, label }) => h("option", { value: name, text: label }))); // prettier-ignore
  const about = h("p", { class: "fl-note sh-about" });
  const body = h("div", { class: "sh-settings" });
  const soften = createSlider({
    label: "Soft edge", hint: "Width w that the edge of a hard mask is given: u = σ(distance / w). What is soft already stays as it is", min: 0, max: 4, step: 0.5,
    text: (value) => `${decimal(value, 1)} px`, set: act.soften,
  }); // prettier-ignore
  const parts = createSwitch("Each connected part on its own", "Parts are treated one by one and put together by the maximum, so that they are not joined", act.parts);
  const hide = createSwitch("Occluder", "A rectangle that is taken for background; drag it over the mask", (on) => act.hide({ on }));
  let knobs = new Map(),
    built = null;

  const group = (title, ...rows) => h("fieldset", { class: "sh-group" }, title && h("legend", { text: title }), ...rows);

  function build() {
    built = state.method;
    knobs = new Map(method().settings.filter(({ name }) => name !== "occluder").map((knob) => [knob.name, createKnob(knob)]));
    const taken = (names) => names.map((name) => knobs.get(name)?.root);
    if (isFlow()) {
      const groups = GROUPS.map(([title, names]) => group(title, ...taken(names), names.includes("noise") && hide.root));
      body.replaceChildren(...groups);
    } else body.replaceChildren(group("", ...[...knobs.values()].map((knob) => knob.root), soften.root, parts.root));
  }

  function draw() {
    if (built !== state.method) build();
    if (list.value !== state.method) list.value = state.method;
    setText(about, method().about);
    for (const [name, knob] of knobs) knob.draw(settings()[name]);
    soften.draw(state.soften[state.method]);
    parts.draw(state.parts);
    hide.draw(state.hidden.on);
  }
  const head = h("div", { class: "sh-field" }, h("label", { class: "fl-name", for: "sh-method", text: "Method" }), list, about);
  return { head, root: body, draw };
}

// One of them is always off, and the focus follows.
function createGo() {
  const go = h("button", { type: "button", class: "sh-go", text: "Run", onclick: press });
  const stop = h("button", { type: "button", text: "Stop", onclick: () => (act.stop(), go.focus({ preventScroll: true })) });
  const node = h("div", { class: "sh-buttons" }, go, stop);
  function press() {
    if (state.job) return; // the second of a double click
    act.run();
    if (!state.job) return;
    stop.disabled = false;
    if (document.activeElement === go) stop.focus({ preventScroll: true }); // go is about to be disabled
  }
  function draw() {
    const idle = !state.job,
      focused = document.activeElement === stop;
    go.disabled = !idle;
    if (idle && focused) go.focus({ preventScroll: true });
    stop.disabled = idle;
  }
  return { root: node, draw };
}
