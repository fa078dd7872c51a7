// Times: the scrubber, whether one time is shown or the mean so far, and a small map of each time.

function createTimes() {
  const modes = createChoice(
    "Map",
    [
      [SUM, "Accumulated", "Mean over the times up to the chosen one"],
      [ONE, "At one t", "The map of the chosen time alone"],
    ],
    () => state.mode,
    act.mode,
  );
  const range = h("input", {
    type: "range", class: "an-range", min: 1, max: 2, step: 1, "aria-label": "Time t",
    oninput: () => act.goTo(Number(range.value)),
  }); // prettier-ignore
  const where = h("b");
  const strip = h("div", { class: "an-strip", role: "group", "aria-label": "Maps of the single times" });
  const node = h(
    "div",
    { class: "an-times" },
    h("div", { class: "an-line an-scrub" }, modes.root, range, where),
    strip,
    h("p", { class: "an-hint", text: TIMES_MEAN }),
  );
  let tiles = [];

  function build(count) {
    tiles = Array.from({ length: count }, (_, i) => createTile(() => showTime(i + 1)));
    strip.replaceChildren(...tiles.map((tile) => tile.root));
    strip.style.setProperty("--count", Math.min(count, 16));
  }

  function showTime(index) {
    act.mode(ONE);
    act.goTo(index);
  }

  function draw() {
    modes.draw();
    const { run } = state;
    const count = run?.meta?.times.length ?? state.settings.times;
    if (tiles.length !== count) build(count);
    const index = shownIndex();
    range.disabled = !run;
    range.max = String(Math.max(count, 2));
    if (Number(range.value) !== index) range.value = String(index);
    range.style.setProperty("--at", (index - 1) / Math.max(count - 1, 1));
    const t = run?.meta?.times[index - 1];
    const words = state.mode === SUM ? `mean of ${index} of ${count}, up to ${times(t)}` : times(t);
    range.setAttribute("aria-valuetext", run ? words : "no map yet");
    setText(where, run ? words : "");
    tiles.forEach((tile, i) => {
      const frame = run?.frames[i + 1];
      const text = run ? times(run.meta?.times[i]) : "";
      tile.draw(frame?.timeMap, text, `Map at ${text}`, i + 1 === index && state.mode === ONE && state.path === null);
    });
  }
  return { root: node, draw };
}

// A small map that can be pressed.
function createTile(press) {
  const canvas = h("canvas", { width: 1, height: 1, "aria-hidden": "true" });
  const name = h("span");
  const node = h("button", { type: "button", class: "an-tile", onclick: press }, canvas, name);
  let drawn = null;
  function draw(map, text, label, on) {
    node.disabled = !map;
    node.setAttribute("aria-pressed", String(on));
    node.setAttribute("aria-label", label);
    setText(name, text);
    if (!map) {
      if (!drawn) return;
      drawn = null;
      return canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    }
    if (drawn === map) return;
    drawn = map;
    canvas.style.setProperty("--ar", map.width / map.height);
    drawMap(canvas, map);
  }
  return { root: node, draw };
}
