// Messages as they come; pictures are decoded before any of them is shown, so that all change at once.

function receive(update) {
  if (!update?.stage) return;
  if (update.progress && !state.progress) comeIntoSight();
  state.stage = update.stage;
  state.palette = readPalette(update.stage.palette);
  Object.assign(state, { progress: update.progress, end: update.end, message: update.message });
  if (update.result && update.id !== state.id) takeResult(update.id, update.result);
  touch();
}

// On a phone the maps lie below the button that was pressed.
function comeIntoSight() {
  if (root.getBoundingClientRect().top < 0.6 * innerHeight) return;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  root.scrollIntoView({ behavior, block: "start" });
}

let newest = 0;
async function takeResult(id, result) {
  const mine = ++newest;
  const grey = (url) => {
    const picture = readPicture(url);
    return picture ? readGrey(picture) : null;
  };
  const maps = (seen) => Promise.all(KINDS.flatMap(([kind]) => CURVES.map(([curve]) => grey(seen.maps[kind][curve].levels))));
  const picture = await decodePicture(readPicture(result.picture));
  const [truth, ...seen] = await Promise.all([
    grey(result.truth),
    ...result.models.map(async (model) => ({ end: await grey(model.end), maps: await maps(model) })),
  ]);
  if (mine !== newest) return picture.close();
  state.pictures?.picture.close();
  const [width, height] = state.stage.size;
  Object.assign(state, { id, result, pictures: { picture, truth, seen }, found: null, trouble: "" });
  state.pixel ??= { x: width >> 1, y: height >> 1 };
  touch();
  askForPixel();
}
