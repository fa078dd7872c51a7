// The stage: one smooth canvas for pictures, one crisp canvas for maps above it, a crosshair, a caption.

const VIEWS = [
  ["state", "State"],
  ["classes", "Classes"],
  ["overlay", "Overlay"],
  ["speed", "Speed"],
  ["settling", "Settling"],
];

const CAPTIONS = {
  state: "What the solver holds: the state at this step.",
  classes: "The class whose code is nearest to each pixel.",
  overlay: "Class colours over the picture.",
  speed: "Speed |v| per unit of t, one scale for the run.",
  settling: "Step from which on each pixel keeps its class.",
};

const MAX_BACKING = 1400;
const synthesis = (meta) => meta.direction === "mask-to-image" || meta.direction === "label-to-image";

// A crisp map on a canvas of its own size; buffers are kept while the size stays.
class MapCanvas {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  paint(width, height, fill) {
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.context.createImageData(width, height);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    fill(this.words);
    this.context.putImageData(this.image, 0, 0);
  }

  lookUp(map, table) {
    this.paint(map.width, map.height, (words) => {
      const values = map.values;
      for (let i = 0; i < values.length; i++) words[i] = table[values[i]];
    });
  }
}

function createStage(state, act) {
  const base = h("canvas", { class: "fd-base", width: 4, height: 3 });
  const top = h("canvas", { class: "fd-top", width: 4, height: 3 });
  const cross = h("div", { class: "fd-cross", hidden: true });
  const nothing = h("p", { class: "fd-nothing" });
  const stack = h(
    "div",
    { class: "fd-stack", tabindex: 0, role: "application", "aria-label": "Picture" },
    base,
    top,
    cross,
    nothing,
  );
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
    h("div", { class: "fd-area" }, stack),
    h("div", { class: "fd-caption" }, caption, opacity, bar.root),
  );
  const baseContext = base.getContext("2d");
  const maps = new MapCanvas(top);
  const heat = new MapCanvas(h("canvas"));
  const table = new Uint32Array(256);
  let box = { width: 0, height: 0 };
  let veil = null;

  new ResizeObserver(([entry]) => {
    const ratio = window.devicePixelRatio || 1;
    const size = entry.contentRect;
    box = { width: Math.round(size.width * ratio), height: Math.round(size.height * ratio) };
    act.touch();
  }).observe(stack);

  function drawBase(picture) {
    base.style.visibility = picture ? "" : "hidden";
    if (!picture || !box.width) return;
    const shrink = Math.min(1, MAX_BACKING / Math.max(box.width, box.height));
    const width = Math.max(1, Math.round(box.width * shrink)),
      height = Math.max(1, Math.round(box.height * shrink));
    if (base.width !== width || base.height !== height) {
      base.width = width;
      base.height = height;
    }
    baseContext.imageSmoothingQuality = "high";
    baseContext.clearRect(0, 0, width, height);
    baseContext.drawImage(picture, 0, 0, width, height);
  }

  function heatOf(run, part) {
    heat.lookUp(part.full.speed, viridisTable(table, part.scale / (255 * (run.scale || 1))));
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
    if (view === "speed") return part.full.speed && heatOf(run, part);
    if (view === "overlay" && !synthesis(run.meta) && run.input) return run.input;
    return part.full.bitmap;
  }

  // True if the wanted frame is on the stage; otherwise the picture before it stays.
  function draw() {
    const { run, view } = state;
    const part = run?.meta && run.sample(state.index, state.sample);
    drawTools();
    if (!part?.full) return false;
    const highlight = act.highlight();
    if (highlight === null) veil = null; // read the theme's colour anew for the next highlight
    drawBase(basePicture(run, part, view));
    const covered = drawTop(run, part, view, highlight);
    top.style.visibility = covered ? "" : "hidden";
    top.style.opacity = view === "overlay" ? String(state.opacity) : "";
    setText(
      nothing,
      view === "speed" && !part.full.speed ? "No step has been taken yet, so there is no speed." : "",
    );
    const when = timeText(run.meta, run.frames[state.index].t);
    const name = VIEWS.find(([key]) => key === view)[1];
    stack.setAttribute(
      "aria-label",
      `${name} at step ${state.index}, ${when}. Arrow keys move a crosshair, Enter shows the path of its pixel.`,
    );
    return true;
  }

  function drawTools() {
    const { run, view } = state;
    opacity.hidden = view !== "overlay";
    setText(shownOpacity, `${Math.round(100 * state.opacity)} %`);
    slider.style.setProperty("--at", state.opacity);
    bar.root.hidden = !run?.meta || (view !== "speed" && view !== "settling");
    if (view === "speed" && run) bar.set("0", significant(run.scale / 2), significant(run.scale));
    if (view === "settling" && run) bar.set("step 0", "", `step ${run.last}`);
    setText(caption, hoverText() ?? (run?.meta ? CAPTIONS[view] : ""));
  }

  function hoverText() {
    const { run, hover } = state;
    const full = run?.meta && run.sample(state.index, state.sample)?.full;
    if (!hover || !full) return null;
    const index = full.classes && valueAt(full.classes, hover, run.meta.size);
    const name = index !== null ? run.palette.byIndex.get(index)?.name : null;
    const settled = state.view === "settling" && run.settling[state.sample];
    const step = settled ? ` · settled at step ${valueAt(settled, hover, run.meta.size)}` : "";
    return `Pixel ${hover.x}, ${hover.y}${name ? ` · ${name}` : ""}${step}`;
  }

  function pixelAt(event) {
    const area = stack.getBoundingClientRect();
    const [width, height] = state.run.meta.size;
    return {
      x: clamp(Math.floor(((event.clientX - area.left) / area.width) * width), 0, width - 1),
      y: clamp(Math.floor(((event.clientY - area.top) / area.height) * height), 0, height - 1),
    };
  }

  stack.addEventListener(
    "pointermove",
    (event) => state.run?.meta && event.pointerType !== "touch" && act.hover(pixelAt(event)),
  );
  stack.addEventListener("pointerleave", () => act.hover(null));
  stack.addEventListener("click", (event) => state.run?.meta && act.pick(pixelAt(event)));

  function place() {
    const pixel = state.cursor ?? state.pixel;
    const size = state.run?.meta?.size;
    cross.hidden = !pixel || !size;
    if (cross.hidden) return;
    cross.style.setProperty("--x", `${(100 * (pixel.x + 0.5)) / size[0]}%`);
    cross.style.setProperty("--y", `${(100 * (pixel.y + 0.5)) / size[1]}%`);
  }

  function reserve(size) {
    stack.style.setProperty("--ratio", String(size[0] / size[1]));
  }

  return { root, stack, top, base, draw, place, reserve };
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
