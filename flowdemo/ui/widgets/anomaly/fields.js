// Small controls: a number on a slider, a choice of a few, a seed with its dice, a switch.

let fieldCount = 0;

// `text` turns the value into what is shown beside the name; `settle` is told when the hand lets go.
function createRange({ name, min, max, step = 1, read, write, settle, text = String, title = "" }) {
  const id = `an-field-${++fieldCount}`;
  const shown = h("output", { for: id });
  const input = h("input", {
    type: "range", class: "an-range", id, min, step, title,
    oninput: () => write(Number(input.value)), onchange: () => settle?.(Number(input.value)),
  });
  const head = h("div", { class: "an-line" }, h("label", { for: id, text: name, title }), shown);
  const node = h("div", { class: "an-field" }, head, input);
  function draw() {
    const high = typeof max === "function" ? max() : max;
    input.max = high;
    if (Number(input.value) !== read()) input.value = String(read());
    input.style.setProperty("--at", (read() - min) / (high - min));
    input.setAttribute("aria-valuetext", text(read()));
    setText(shown, text(read()));
  }
  return { root: node, input, draw };
}

// Buttons of which one is pressed: [[value, text, title], …].
function createChoice(name, entries, read, write) {
  const buttons = entries.map(([value, text, title]) => [
    value,
    h("button", { type: "button", text, title, onclick: () => write(value) }),
  ]);
  const node = h("div", { class: "an-seg", role: "group", "aria-label": name }, ...buttons.map(([, button]) => button));
  function draw() {
    for (const [value, button] of buttons) button.setAttribute("aria-pressed", String(value === read()));
  }
  return { root: node, draw };
}

function createSeed() {
  const id = `an-field-${++fieldCount}`;
  const box = h("input", { type: "text", inputmode: "numeric", class: "an-box", id, autocomplete: "off", value: "0", oninput: take });
  const dice = h("button", { type: "button", class: "an-plain", text: "New seed", onclick: roll });
  const node = h("div", { class: "an-field" }, h("label", { for: id, text: "Seed of the noise" }), h("div", { class: "an-line" }, box, dice));
  function take() {
    const text = box.value.trim();
    const fits = /^\d{1,10}$/.test(text) && Number(text) <= MAX_SEED;
    state.seed = fits ? Number(text) : null;
    box.setAttribute("aria-invalid", String(!fits));
    if (fits) return changed(600);
    cancelRest();
    say(SEED_REFUSED, true);
  }
  function roll() {
    box.value = String(Math.floor(Math.random() * MAX_SEED));
    take();
  }
  return { root: node };
}

function createSwitch(text, read, write, key = null) {
  const box = h("input", { type: "checkbox", onchange: () => write(box.checked) });
  const mark = key && h("i", { class: `an-key ${key}`, "aria-hidden": "true" });
  const node = h("label", { class: "an-switch" }, box, mark, h("span", { text }));
  return { root: node, draw: () => (box.checked = read()) };
}

const quietButton = (text, title, onclick) => h("button", { type: "button", class: "an-quiet", text, title, onclick });
