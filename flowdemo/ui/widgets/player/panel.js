// One picture on the stage: a canvas for pictures, a crisp canvas for maps above it, a crosshair, a heading.

const MAX_BACKING = 1400;

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

function createPanel(half, state, act) {
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
  const name = h("b"),
    does = h("span");
  const heading = h("p", { class: "fd-half-title", hidden: true }, name, does);
  const root = h("div", { class: `fd-panel fd-panel-${half}` }, heading, stack);
  const context = base.getContext("2d");
  let box = { width: 0, height: 0 };

  new ResizeObserver(([entry]) => {
    const ratio = window.devicePixelRatio || 1;
    const size = entry.contentRect;
    box = { width: Math.round(size.width * ratio), height: Math.round(size.height * ratio) };
    act.touch();
  }).observe(stack);

  function drawBase(picture, crisp) {
    base.style.visibility = picture ? "" : "hidden";
    if (!picture || !box.width) return;
    const shrink = Math.min(1, MAX_BACKING / Math.max(box.width, box.height));
    const width = Math.max(1, Math.round(box.width * shrink)),
      height = Math.max(1, Math.round(box.height * shrink));
    if (base.width !== width || base.height !== height) {
      base.width = width;
      base.height = height;
    }
    context.imageSmoothingEnabled = !crisp;
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, width, height);
    context.drawImage(picture, 0, 0, width, height);
  }

  // In a joint run: the half's name and what it does. A picture of one class has no pixels to follow.
  function arrange(run) {
    heading.hidden = !run.pair;
    if (run.pair) {
      const called = halfName(run, half);
      setText(name, called[0].toUpperCase() + called.slice(1));
      setText(does, halfDoes(run, half));
    }
    stack.tabIndex = run.global ? -1 : 0;
    stack.setAttribute("role", run.global ? "img" : "application");
  }

  function describe(run, view, when) {
    const half = run.pair ? `${name.textContent}, ${does.textContent}: ` : "";
    const keys = run.global ? "" : " Arrow keys move a crosshair, Enter shows the path of its pixel.";
    stack.setAttribute("aria-label", `${half}${view} at step ${state.index}, ${when}.${keys}`);
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

  function place(pixel, size) {
    cross.hidden = !pixel || !size;
    if (cross.hidden) return;
    cross.style.setProperty("--x", `${(100 * (pixel.x + 0.5)) / size[0]}%`);
    cross.style.setProperty("--y", `${(100 * (pixel.y + 0.5)) / size[1]}%`);
  }

  const missing = (text) => setText(nothing, text);
  return { root, stack, top, maps: new MapCanvas(top), drawBase, arrange, describe, missing, place };
}
