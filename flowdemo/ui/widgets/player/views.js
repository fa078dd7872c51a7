// The stage: one picture, or in a joint run the image half and the label half side by side; and their caption.

const VIEWS = [
  ["state", "State"],
  ["classes", "Classes"],
  ["overlay", "Overlay"],
  ["speed", "Speed"],
  ["settling", "Settling"],
];

function createStage(state, act) {
  const label = createPanel("label", state, act); // also the one picture of a run that is not joint
  const image = createPanel("image", state, act); // in the page during joint runs only
  const halves = createHalvesClock();
  const area = h("div", { class: "fd-area" }, label.root);
  const caption = h("p", { class: "fd-caption-text" });
  const slider = h("input", {
    type: "range",
    class: "fd-range fd-opacity",
    min: 0,
    max: 100,
    step: 1,
    value: 60,
    "aria-label": "Opacity of the classes",
    oninput: () => act.opacity(Number(slider.value) / 100),
  });
  const shownOpacity = h("span", { class: "fd-number" });
  const opacity = h("label", { class: "fd-tool" }, h("span", { text: "opacity" }), slider, shownOpacity);
  const bar = createColourBar();
  const root = h(
    "div",
    { class: "fd-stage" },
    area,
    h("div", { class: "fd-caption" }, caption, opacity, bar.root),
  );
  const { maps, top } = label;
  const heat = new MapCanvas(h("canvas"));
  const table = new Uint32Array(256);
  let veil = null;

  function heatOf(run, field, scale) {
    heat.lookUp(field, viridisTable(table, scale / (255 * (run.scale || 1))));
    return heat.canvas;
  }

  // What lies on top: a map, a veil over all but the highlighted class, or nothing (false).
  function drawTop(run, part, view, highlight) {
    const classes = part.full.classes;
    if (view === "settling") return drawSettling(run, run.settling[state.sample], classes, highlight);
    if (!classes) return false;
    if (view === "classes") maps.lookUp(classes, classTable(table, run.palette, highlight, 255, 36));
    else if (view === "overlay") maps.lookUp(classes, classTable(table, run.palette, highlight, 255, 0));
    else if (highlight === null) return false;
    else {
      table.fill(veil ?? (veil = veilWord(root)));
      table[highlight] = 0;
      maps.lookUp(classes, table);
    }
    return true;
  }

  function drawSettling(run, settling, classes, highlight) {
    if (!settling) return false;
    viridisTable(table, 1 / Math.max(run.last, 1));
    const fits = highlight !== null && classes && classes.values.length === settling.values.length;
    maps.paint(settling.width, settling.height, (words) => {
      for (let i = 0; i < words.length; i++) {
        const word = table[settling.values[i]];
        words[i] = fits && classes.values[i] !== highlight ? (word & 0x00ffffff) | 0x24000000 : word;
      }
    });
    return true;
  }

  function basePicture(run, part, view) {
    if (view === "classes" || view === "settling") return null;
    if (view === "speed") return part.full.speed && heatOf(run, part.full.speed, part.scale);
    if (view === "overlay" && !towardsImage(run.meta) && run.input) return run.input;
    if (view === "overlay" && run.pair) return part.full.partner?.bitmap;
    return part.full.bitmap;
  }

  function imagePicture(run, part, view) {
    const seen = part.full.partner;
    return view === "speed" ? seen?.speed && heatOf(run, seen.speed, part.partner.scale) : seen?.bitmap;
  }

  // The label half lies on the pixels of a map and stays crisp; the image half is a picture.
  function drawPictures(run, part, view) {
    const crisp = small(run);
    if (run.pair) image.drawBase(imagePicture(run, part, view), crisp);
    label.drawBase(basePicture(run, part, view), crisp || (run.pair && view !== "overlay"));
    const still = "No step has been taken yet, so there is no speed.";
    label.missing(view === "speed" && !part.full.speed ? still : "");
    image.missing(view === "speed" && !part.full.partner?.speed ? still : "");
  }

  // True if the wanted frame is on the stage; otherwise the picture before it stays.
  function draw() {
    const { run, view } = state;
    const part = run?.meta && run.sample(state.index, state.sample);
    drawTools();
    if (!part?.full) return false;
    const highlight = act.highlight();
    if (highlight === null) veil = null; // read the theme's colour anew for the next highlight
    drawPictures(run, part, view);
    const covered = drawTop(run, part, view, highlight);
    top.style.visibility = covered ? "" : "hidden";
    top.style.opacity = view === "overlay" ? String(state.opacity) : "";
    const { t } = run.frames[state.index];
    const name = VIEWS.find(([key]) => key === view)[1];
    for (const panel of run.pair ? [image, label] : [label]) panel.describe(run, name, timeText(run.meta, t));
    if (run.pair) halves.draw(run, t);
    return true;
  }

  function drawTools() {
    const { run, view } = state;
    opacity.hidden = view !== "overlay";
    setText(shownOpacity, `${Math.round(100 * state.opacity)} %`);
    slider.style.setProperty("--at", state.opacity);
    bar.root.hidden = !run?.meta || (view !== "speed" && view !== "settling");
    if (view === "speed" && run) bar.set("0", significant(run.scale / 2), significant(run.scale));
    if (view === "settling" && run) bar.set("step 0", "", settledEnd(run));
    setText(caption, hoverText() ?? (run?.meta ? captionOf(run, view) : ""));
  }

  function hoverText() {
    const { run, hover } = state;
    const full = run?.meta && run.sample(state.index, state.sample)?.full;
    if (!hover || !full || run.global) return null;
    const index = full.classes && valueAt(full.classes, hover, run.meta.size);
    const name = index !== null ? run.palette.byIndex.get(index)?.name : null;
    const settled = state.view === "settling" && run.settling[state.sample];
    const step = settled ? ` · ${settledText(run, valueAt(settled, hover, run.meta.size))}` : "";
    return `Pixel ${hover.x}, ${hover.y}${name ? ` · ${name}` : ""}${step}`;
  }

  function place() {
    const { run } = state;
    const pixel = run?.global ? null : (state.cursor ?? state.pixel);
    for (const panel of [image, label]) panel.place(pixel, run?.meta?.size);
  }

  function reserve(size) {
    root.style.setProperty("--ratio", String(size[0] / size[1]));
  }

  // One picture or two; the picture that stays keeps its place in the page, and with it the focus.
  function arrange(run) {
    reserve(run.meta.size);
    area.classList.toggle("fd-pair", Boolean(run.pair));
    area.classList.toggle("fd-pixel-free", run.global);
    if (run.pair) {
      if (!image.root.isConnected) area.prepend(image.root);
      area.append(halves.root);
    } else for (const { root: part } of [image, halves]) part.remove();
    for (const panel of [image, label]) panel.arrange(run);
  }

  return { root, stacks: [image.stack, label.stack], draw, place, reserve, arrange };
}

function valueAt(map, pixel, size) {
  const x = Math.floor((pixel.x * map.width) / size[0]),
    y = Math.floor((pixel.y * map.height) / size[1]);
  return map.values[y * map.width + x];
}

function veilWord(root) {
  const parts = getComputedStyle(root)
    .backgroundColor.match(/[\d.]+/g)
    ?.map(Number) ?? [0, 0, 0];
  return pack(parts[0], parts[1], parts[2], 205);
}

function createColourBar() {
  const labels = [h("span"), h("span"), h("span")];
  const strip = h("div", { class: "fd-bar-strip" });
  strip.style.background = VIRIDIS_CSS;
  const root = h("div", { class: "fd-tool fd-bar" }, strip, h("div", { class: "fd-bar-labels" }, ...labels));
  return { root, set: (...texts) => texts.forEach((text, i) => setText(labels[i], text)) };
}
