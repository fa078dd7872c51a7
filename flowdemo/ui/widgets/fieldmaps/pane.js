// A picture or map whose pixels can be picked by mouse, touch and arrow keys. One of all panes is in the tab order.

const panes = [];

function createPane(label, empty, smooth = false) {
  const canvas = h("canvas", { class: "fm-pixels" + (smooth ? " fm-smooth" : ""), width: 4, height: 3 });
  const cross = h("i", { class: "fm-cross", hidden: true });
  const nothing = h("p", { class: "fm-nothing", text: empty });
  const stack = h("div", { class: "fm-stack", role: "application", tabindex: panes.length ? -1 : 0 }, canvas, cross, nothing);
  const title = h("p", { class: "fm-title" });
  const lines = [h("p", { class: "fm-line" }), h("p", { class: "fm-line" })];
  const pane = { root: h("figure", { class: "fm-pane" }, title, stack, ...lines), stack, title, lines, draw, show, tell };
  const words = new MapCanvas(canvas);
  panes.push(pane);
  pickByHand(pane);

  // A bitmap, or a grey map with the colours of its values, or nothing.
  function show(picture, table) {
    canvas.style.visibility = picture ? "" : "hidden";
    nothing.hidden = Boolean(picture);
    if (!picture) return;
    if (table) return words.lookUp(picture, table);
    Object.assign(canvas, { width: picture.width, height: picture.height });
    canvas.getContext("2d").drawImage(picture, 0, 0);
  }

  function tell(name, ...texts) {
    setRich(title, name);
    title.title = title.textContent;
    lines.forEach((line, i) => setText(line, texts[i] ?? ""));
  }

  function draw() {
    const { pixel, result, stage } = state;
    cross.hidden = !pixel || !nothing.hidden;
    const at = pixel && result ? ` Pixel ${pixel.x}, ${pixel.y}.` : "";
    stack.setAttribute("aria-label", `${label()}.${at} Arrow keys choose a pixel, ten at a time with Shift.`);
    if (!at) return;
    cross.style.setProperty("--x", `${(100 * (pixel.x + 0.5)) / stage.size[0]}%`);
    cross.style.setProperty("--y", `${(100 * (pixel.y + 0.5)) / stage.size[1]}%`);
  }

  return pane;
}

function pickByHand({ stack }) {
  const pick = (event) => {
    const box = stack.getBoundingClientRect();
    const [width, height] = state.stage.size;
    const place = (at, from, length, count) => Math.floor((count * (at - from)) / length);
    act.pick(place(event.clientX, box.left, box.width, width), place(event.clientY, box.top, box.height, height));
  };
  stack.addEventListener("click", pick);
  stack.addEventListener("pointermove", (event) => event.pointerType === "mouse" && event.buttons === 1 && pick(event));
  stack.addEventListener("focus", () => panes.forEach((pane) => (pane.stack.tabIndex = pane.stack === stack ? 0 : -1)));
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  stack.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 10 : 1;
    act.move(far * step[0], far * step[1]);
    event.preventDefault();
  });
}
