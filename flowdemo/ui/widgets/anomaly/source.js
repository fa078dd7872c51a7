// Where the surface comes from: an example of the detector, or a picture of one's own.

// A scratch that opens the tab, in shares of the sides.
const FIRST_SCRATCH = [[0.34, 0.3], [0.42, 0.39], [0.53, 0.46], [0.6, 0.56], [0.68, 0.62]]; // prettier-ignore
const OWN = "\u2060own"; // no example has this name

let opening = 0;

async function openExample(name, strokesOf = () => []) {
  const mine = ++opening,
    { offer } = state;
  const entry = offer.examples.find((example) => example.name === name);
  if (!entry) return;
  const found = await server.example(offer.name, name).catch(() => null);
  const picture = found && !found.error ? readPicture(found.picture) : null;
  const base = picture && (await readPixels(picture.blob, Infinity).catch(() => null));
  if (mine !== opening) return;
  if (!base) return say(found?.error ?? "The example could not be loaded; choose another.", true);
  act.give(base, { example: name, name: entry.label, note: "" }, strokesOf(base));
}

// The tab opens with a normal surface on which a scratch is painted, so that there is something to see.
function openFirst() {
  const { examples } = state.offer;
  const normal = examples.find(({ truth }) => !truth);
  if (normal) openExample(normal.name, (base) => [firstScratch(base)]);
  else if (examples.length) openExample(examples[0].name);
}

function firstScratch({ width, height }) {
  const points = FIRST_SCRATCH.map(([x, y]) => [x * width, y * height]);
  return { tool: SCRATCH, tone: "dark", size: 2, strength: 0.8, points };
}

async function openFile(file) {
  const mine = ++opening;
  if (file.size > MAX_FILE) return say("A file above 12 MB is too large; choose a smaller one.", true);
  const base = await readPixels(file).catch(() => null);
  if (mine !== opening) return;
  if (!base) return say("This file cannot be read as a picture; choose a PNG or JPEG.", true);
  const size = `${base.width} × ${base.height} px`;
  const note = base.reduced ? `Reduced from ${base.reduced.join(" × ")} to ${size}; its texture is finer than the detector knows it.` : `${size}.`;
  act.give(base, { example: null, name: file.name, note });
}

function createSource() {
  const file = h("input", { type: "file", accept: "image/*", class: "an-file", tabindex: "-1", "aria-hidden": "true", onchange: chosen });
  const upload = h("button", { type: "button", class: "an-plain", text: "Upload", title: "A picture of your own", onclick: () => file.click() });
  const list = h("select", { class: "an-list", id: "an-example", onchange: () => openExample(list.value) });
  const models = h(
    "select",
    { class: "an-list", id: "an-model", onchange: () => act.model(models.value) },
    ...OFFERS.map(({ name, label }) => h("option", { value: name, text: label })),
  );
  const model = h("div", { class: "an-field" }, h("label", { for: "an-model", text: "Detector" }), models);
  const note = h("p", { class: "an-hint an-note" });
  const node = h(
    "div",
    { class: "an-source" },
    model,
    h("div", { class: "an-field" }, h("label", { for: "an-example", text: "Surface" }), h("div", { class: "an-line" }, list, upload, file)),
  );
  let built = null;

  function chosen() {
    if (file.files[0]) openFile(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  }

  function takeDrops(place) {
    for (const event of ["dragenter", "dragover"])
      place.addEventListener(event, (moved) => {
        if (moved.dataTransfer?.types.includes("Files")) moved.preventDefault();
      });
    place.addEventListener("drop", (dropped) => {
      if (!dropped.dataTransfer?.files.length) return;
      dropped.preventDefault();
      openFile(dropped.dataTransfer.files[0]);
    });
  }

  function build() {
    built = state.offer;
    const own = h("option", { value: OWN, text: "Your picture", hidden: true });
    list.replaceChildren(...built.examples.map(({ name, label }) => h("option", { value: name, text: label })), own);
    model.hidden = OFFERS.length < 2;
  }

  function draw() {
    if (built !== state.offer) build();
    const own = list.lastElementChild,
      { base, example } = state;
    own.hidden = !base || example !== null;
    setText(own, own.hidden ? "Your picture" : state.name);
    const value = base && example === null ? OWN : example;
    if (base && list.value !== value) list.value = value;
    const painted = state.strokes.length ? `${plural(state.strokes.length, "stroke")} painted. ` : "Paint a defect on it. ";
    setText(note, base ? `${painted}${state.note}` : "");
  }
  return { root: node, note, draw, takeDrops };
}
