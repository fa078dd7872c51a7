// Small controls: a number on a slider, a seed with its dice, a choice of a few.

let fieldCount = 0;

// `text` turns the value into what is shown beside the name.
function createRange({ name, min, max, step, read, write, text = String, about = "" }) {
  const id = `lb-field-${++fieldCount}`;
  const shown = h("output", { for: id });
  const input = h("input", { type: "range", class: "lb-range", id, oninput: () => write(Number(input.value)) });
  const root = h(
    "div",
    { class: "lb-field" },
    h("div", { class: "lb-line" }, h("label", { for: id, text: name }), shown),
    input,
    about && h("p", { class: "lb-hint", text: about }),
  );
  function draw() {
    const [low, high] = [min(), max()];
    Object.assign(input, { min: low, max: high, step });
    if (Number(input.value) !== read()) input.value = String(read());
    input.style.setProperty("--at", high > low ? (read() - low) / (high - low) : 0);
    input.setAttribute("aria-valuetext", text(read()));
    setText(shown, text(read()));
  }
  return { root, draw };
}

function createSeed(mode) {
  const id = `lb-field-${++fieldCount}`;
  const box = h("input", { type: "text", inputmode: "numeric", class: "lb-box", id, autocomplete: "off", oninput: take });
  const dice = h("button", { type: "button", class: "lb-plain", text: "New seed", onclick: roll });
  const root = h(
    "div",
    { class: "lb-field lb-seed" },
    h("label", { for: id, text: "Seed of the noise" }),
    h("div", { class: "lb-line" }, box, dice),
  );
  function take() {
    const text = box.value.trim();
    const fits = /^\d{1,10}$/.test(text) && Number(text) <= MAX_SEED;
    state.seeds[mode] = fits ? Number(text) : null;
    box.setAttribute("aria-invalid", String(!fits));
    say(fits ? "" : SEED_REFUSED, !fits);
    touch();
  }
  function roll() {
    box.value = String(Math.floor(Math.random() * (MAX_SEED - 8)));
    take();
  }
  box.value = String(state.seeds[mode]);
  return { root };
}

// Buttons of which one is pressed.
function createChoice(name, entries, read, write, kind = "lb-seg") {
  const buttons = entries.map(([value, text, title]) => [
    value,
    h("button", { type: "button", text, title, onclick: () => write(value) }),
  ]);
  const root = h("div", { class: kind, role: "group", "aria-label": name }, ...buttons.map(([, node]) => node));
  function draw() {
    for (const [value, node] of buttons) node.setAttribute("aria-pressed", String(value === read()));
  }
  return { root, draw };
}

function createGo(text, run) {
  const go = h("button", { type: "button", class: "lb-go", text, onclick: press });
  const stop = h("button", { type: "button", class: "lb-stop", text: "Stop", onclick: () => (act.stop(), go.focus()) });
  const root = h("div", { class: "lb-buttons" }, go, stop);
  function press() {
    if (state.job) return; // the second of a double click
    run();
    if (!state.job) return;
    stop.disabled = false;
    reveal();
    if (document.activeElement === go) stop.focus({ preventScroll: true }); // go is about to be disabled
  }
  function draw() {
    const idle = !state.job,
      focused = document.activeElement === stop;
    go.disabled = !idle;
    if (idle && focused) go.focus({ preventScroll: true });
    stop.disabled = idle;
  }
  return { root, draw };
}
