// The way in and out: this tab's memory, values from Python, files.

// --- memory of this tab ----------------------------------------------------------------------------------------

function memoryKey() {
  const name = palette.name || entries.map((entry) => entry.name).join("|");
  return `flowdemo.painter/${props.label || ""}/${name}/${mask.width}x${mask.height}`;
}

// Storage may be full, or forbidden where the page is embedded; then the mask lives until the page is left.
const spare = (window.flowdemoPainterMemory ??= new Map());

function remember(url) {
  spare.set(memoryKey(), url);
  try {
    if (url) sessionStorage.setItem(memoryKey(), url);
    else sessionStorage.removeItem(memoryKey());
  } catch {}
}

function recall() {
  if (spare.has(memoryKey())) return spare.get(memoryKey());
  try {
    return sessionStorage.getItem(memoryKey());
  } catch {
    return null;
  }
}

// --- from Python -----------------------------------------------------------------------------------------------

function isSameSetup(setup) {
  return palette && setup.width === mask.width && setup.height === mask.height
    && JSON.stringify(setup.palette) === JSON.stringify(palette);
}

function configure(setup) {
  palette = setup.palette;
  entries = [...palette.classes, ...(palette.ignore ? [palette.ignore] : [])];
  background = palette.classes[0].index;
  Object.assign(mask, { width: setup.width, height: setup.height, protect: -1 });
  mask.data = new Uint8Array(setup.width * setup.height).fill(background);
  touched = false;
  history.reset();
  ui.canvas.width = setup.width;
  ui.canvas.height = setup.height;
  ui.canvas.setAttribute("aria-label",
    `Mask of ${setup.width} by ${setup.height} pixels. Arrows move, Space paints, question mark lists all keys.`);
  ui.stage.style.aspectRatio = `${setup.width} / ${setup.height}`;
  ui.overlay.setAttribute("viewBox", `0 0 ${setup.width} ${setup.height}`);
  image = context.createImageData(setup.width, setup.height);
  mixColours();
  chips.build(palette);
  buildProtect();
  ui.erase.title = `Erase (E): paint ${nameOf(background)}`;
  cursor = { x: setup.width >> 1, y: setup.height >> 1 };
  const shorter = Math.min(setup.width, setup.height);
  ui.size.max = Math.max(8, shorter >> 1);
  chooseSize(Math.max(1, Math.round(shorter / 16)));
  chooseTool("brush");
  chooseClass((palette.classes[1] || palette.classes[0]).index);
}

function buildProtect() {
  const options = [["Over everything", -1], ...entries.map(({ name, index }) => [`Over ${name} only`, index])];
  ui.protect.replaceChildren(...options.map(([text, index]) => {
    const option = document.createElement("option");
    option.value = index;
    option.textContent = text;
    return option;
  }));
}

function showPhoto(url) {
  const usable = typeof url === "string" && url.startsWith("data:image/");
  ui.photo.hidden = ui.photoRow.hidden = !usable;
  if (usable) ui.photo.src = url;
  else ui.photo.removeAttribute("src");
  blend();
}

function blend() {
  const share = ui.photo.hidden ? 0 : Number(ui.opacity.value);
  ui.opacityText.textContent = `${ui.opacity.value} %`;
  ui.canvas.style.opacity = 1 - share / 100;
}

// Takes over what Python set: another palette or size, a mask, a photo, a sentence. Without a mask the one last
// painted in this tab for the same palette and size comes back.
async function adopt() {
  const turn = ++adoptions;
  const { value } = props;
  const pushed = "underlay" in value; // else it is this painter's own, from before it was hidden
  dropStroke();
  if (!isSameSetup(value)) configure(value);
  ui.label.textContent = props.label || "";
  ui.label.hidden = !props.label;
  if (pushed || ui.photo.hidden) showPhoto(value.underlay);
  if (pushed) say(value.report);
  const indices = (await decodeFitting(value.mask)) || (await decodeFitting(recall()));
  if (turn !== adoptions) return;
  if (indices) {
    const before = mask.data.slice();
    mask.data.set(indices);
    if (touched) history.record(before, mask.data);
    touched = true;
  }
  publish(false);
}

// Indices of a mask that fits the present size and palette, or null.
async function decodeFitting(url) {
  if (!url) return null;
  try {
    const picture = await decodePng(url);
    const known = new Set(entries.map(({ index }) => index));
    const fits = picture.width === mask.width && picture.height === mask.height;
    return fits && picture.indices.every((index) => known.has(index)) ? picture.indices : null;
  } catch {
    return null;
  }
}

// --- files -----------------------------------------------------------------------------------------------------

async function loadFile(file) {
  if (!file) return;
  if (file.size > MAX_FILE_BYTES) return say("The file is larger than 4 MB; choose a smaller mask.", true);
  const turn = ++adoptions;
  say("Reading the mask …");
  try {
    const answer = await server.load_mask(await readAsUrl(file));
    if (turn !== adoptions) return;
    if (answer.error) return say(answer.error, true);
    const indices = await decodeFitting(answer.mask);
    if (!indices) return say("The model has changed meanwhile; load the mask again.", true);
    const before = mask.data.slice();
    mask.data.set(indices);
    history.record(before, mask.data);
    touched = true;
    publish();
    say(answer.report);
  } catch {
    say("The mask could not be sent; check the connection and try again.", true);
  }
}

function saveAs(kind) {
  const { width, height, data } = mask;
  const name = `mask_${width}x${height}`;
  if (kind === "legend") {
    const legend = { width, height, classes: palette.classes, ignore: palette.ignore || null };
    return download(`${name}_legend.json`, [JSON.stringify(legend, null, 2)], "application/json");
  }
  const table = kind === "palette" ? paletteBytes(entries) : null;
  download(`${name}_${kind}.png`, [encodePng(data, width, height, table)], "image/png");
}
