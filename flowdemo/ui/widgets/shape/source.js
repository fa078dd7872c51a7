// Where the mask comes from: a silhouette, a file, or what a segmentation found; drawing on it is always possible.

let opening = 0;

function refuse(text) {
  say(text, true);
  return false;
}

// Run waits for the mask that is on its way, and leaves it where there is none.
function coming(load) {
  const mine = load.finally(() => state.opening === mine && (state.opening = null));
  return (state.opening = mine);
}

const openSilhouette = (name) => coming(fetchSilhouette(name));
const openFile = (file) => coming(takeFile(file));

async function fetchSilhouette(name) {
  const mine = ++opening;
  const found = await server.silhouette(name).catch(() => null);
  const map = found && !found.error ? await readMap(found.field) : null;
  if (mine !== opening) return false;
  if (map?.values.length !== SIDE * SIDE) return refuse(found?.error ?? NOT_TAKEN);
  act.give(map.values, { source: name });
  return true;
}

async function takeFile(file) {
  const mine = ++opening;
  if (file.size > MAX_FILE) return refuse("A file above 12 MB is too large; choose a smaller one.");
  const read = await readMask(file).catch(() => null);
  if (mine !== opening) return;
  if (!read) return refuse("This file cannot be read as a picture; choose a PNG or JPEG.");
  act.give(read.values, { note: `${file.name}: ${read.words}` });
}

// The run that the player of the tab Trajectory shows.
const shownElsewhere = () => document.querySelector("#player .fd-player")?.fdPlayer?.run ?? null;

function createSource(place) {
  const blank = h("option", { value: "", text: "Your own mask" });
  const list = h(
    "select",
    { class: "sh-list", id: "sh-silhouette", onchange: () => list.value && openSilhouette(list.value) },
    blank,
    ...OFFERS.silhouettes.map(({ name, label }) => h("option", { value: name, text: label })),
  );
  const file = h("input", { type: "file", accept: "image/*", class: "sh-file", tabindex: "-1", "aria-hidden": "true", onchange: chosen });
  const load = h("button", { type: "button", class: "sh-plain", text: "Load a picture", title: "A mask as PNG or JPEG: light pixels are the shape", onclick: () => file.click() });
  const take = h("button", { type: "button", class: "sh-plain", text: "From Trajectory", title: "A class of the mask that the run in the tab Trajectory ended with", onclick: askResult });
  const classes = h("div", { class: "sh-classes", role: "group", "aria-label": "Classes of that run", hidden: true });
  const note = h("p", { class: "fl-note sh-note", role: "status" });
  const node = h(
    "div",
    { class: "sh-source" },
    h("label", { class: "fl-name", for: "sh-silhouette", text: "Mask" }),
    list,
    h("div", { class: "sh-row" }, load, take, file),
    classes,
  );

  function chosen() {
    if (file.files[0]) openFile(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  }

  async function askResult() {
    const run = shownElsewhere();
    if (!run) return say("There is no run in the tab Trajectory yet; segment a picture there first.", true);
    const found = await server.result(run).catch(() => null);
    if (!Array.isArray(found?.classes)) return say(found?.error ?? NOT_TAKEN, true);
    const chips = found.classes.map((entry) => chip(run, entry, found.name));
    classes.replaceChildren(...chips);
    classes.hidden = !chips.length;
    say(chips.length ? "Choose the class whose mask is wanted." : "That run found no class.");
    chips[0]?.focus({ preventScroll: true });
  }

  function chip(run, { index, name, color, share }, model) {
    const swatch = h("i");
    swatch.style.background = `rgb(${color.map(Number).join(" ")})`;
    const words = `${name}, ${percent(share)}`;
    return h("button", { type: "button", class: "sh-chip", title: `${words} of the picture`, onclick: () => coming(takeClass(run, index, `${name} of ${model}`)) }, swatch, h("span", { text: words }));
  }

  async function takeClass(run, index, words) {
    const mine = ++opening;
    const found = await server.taken(run, index).catch(() => null);
    const map = found && !found.error ? await readMap(found.field) : null;
    if (mine !== opening) return;
    if (map?.values.length !== SIDE * SIDE) return refuse(found?.error ?? NOT_TAKEN);
    act.give(map.values, { note: `${words}, fitted into ${SIDE} × ${SIDE} px.` });
    say("");
  }

  for (const event of ["dragenter", "dragover"])
    place.addEventListener(event, (moved) => moved.dataTransfer?.types.includes("Files") && moved.preventDefault());
  place.addEventListener("drop", (dropped) => {
    if (!dropped.dataTransfer?.files.length) return;
    dropped.preventDefault();
    openFile(dropped.dataTransfer.files[0]);
  });

  function draw() {
    if (list.value !== state.source) list.value = state.source;
    setText(note, state.note);
  }
  return { root: node, note, draw };
}
