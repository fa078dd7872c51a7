// The single paths of the chosen time, asked for when somebody wants to see them.

const pathMaps = { key: "", maps: null, asking: "", failed: "" };

const pathKey = (run) => `${run.id} ${run.edition} ${run.meta.weight} ${shownIndex()}`;

async function fetchPaths(run, key) {
  pathMaps.asking = key;
  const found = await server.paths(run.id, shownIndex()).catch(() => null);
  const urls = Array.isArray(found?.maps) ? found.maps.slice(0, MAX_COUNT) : null;
  const maps = urls && (await Promise.all(urls.map(readMap)));
  if (pathMaps.asking !== key) return; // another time is wanted by now
  pathMaps.asking = "";
  if (maps) Object.assign(pathMaps, { key, maps, failed: "" });
  else Object.assign(pathMaps, { key: "", maps: null, failed: key });
  if (!maps) say(found?.error ?? "The paths could not be loaded; try once more.", true);
  touch();
}

function createPaths() {
  const open = h("button", { type: "button", class: "an-quiet an-fold", "aria-expanded": "false", onclick: toggle });
  const strip = h("div", { class: "an-strip", role: "group", "aria-label": "Maps of the single paths" });
  const hint = h("p", { class: "an-hint" });
  const body = h("div", { class: "an-paths", hidden: true }, strip, hint);
  const node = h("div", { class: "an-pathbox" }, open, body);
  let tiles = [],
    rest = 0;

  function toggle() {
    state.showPaths = !state.showPaths;
    state.path = null;
    pathMaps.failed = "";
    touch();
  }

  function build(count) {
    tiles = Array.from({ length: count }, (_, k) => createTile(() => act.path(k)));
    strip.replaceChildren(...tiles.map((tile) => tile.root));
    strip.style.setProperty("--count", Math.min(count, 16));
  }

  // Scrubbing does not ask for every time it passes.
  function want(run) {
    const key = pathKey(run);
    if (pathMaps.key === key || pathMaps.asking === key || pathMaps.failed === key) return;
    Object.assign(pathMaps, { key: "", maps: null });
    clearTimeout(rest);
    rest = setTimeout(() => state.run === run && state.showPaths && pathKey(run) === key && fetchPaths(run, key), 150);
  }

  function draw() {
    const { run, showPaths } = state;
    const ready = Boolean(run?.ended && run.ended !== "failed" && run.meta);
    const at = run?.meta ? ` at ${times(run.meta.times[shownIndex() - 1])}` : "";
    open.disabled = !ready;
    open.setAttribute("aria-expanded", String(showPaths && ready));
    setText(open, showPaths && ready ? `Hide the single paths${at}` : `Show the single paths${at}`);
    body.hidden = !showPaths || !run?.meta;
    if (body.hidden) return;
    if (ready) want(run);
    const count = run.meta.paths;
    if (tiles.length !== count) build(count);
    tiles.forEach((tile, k) => tile.draw(pathMaps.maps?.[k], `path ${k + 1}`, `Map of path ${k + 1}${at}`, state.path === k));
    setText(hint, "w(t) · δ of each path alone: a path that starts from a lucky noise agrees where another does not. Press one to see it large.");
  }
  return { root: node, draw };
}
