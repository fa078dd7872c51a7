// The mask on a canvas of its own pixels, and over it what is drawn in lines: brush, template, occluder.

function createPad() {
  const canvas = h("canvas", {
    class: "sh-paint", width: SIDE, height: SIDE, tabindex: 0, role: "application",
    "aria-label": "Mask to draw on", "aria-describedby": "sh-padkeys",
  }); // prettier-ignore
  const template = svg("path", { class: "sh-template" }),
    tangents = svg("path", { class: "sh-tangents" }),
    halo = svg("path", { class: "sh-ringhalo", visibility: "hidden" }),
    ring = svg("path", { class: "sh-ring", visibility: "hidden" });
  const marks = svg("svg", { class: "sh-marks", viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" }, tangents, template, halo, ring);
  const hint = h("p", { class: "sh-empty", text: "Draw here, choose a silhouette, or drop a picture" });
  const occluder = createOccluder();
  const place = h("div", { class: "sh-pad" }, canvas, marks, occluder.root, hint);
  const brush = h("div", { class: "sh-tools" });
  const node = h("div", { class: "sh-draw" }, place, brush);
  let drawn = null;

  const tools = createChoice("Brush", [[false, "Draw", "Brush (B)"], [true, "Erase", "Eraser (E)"]], (erase) => act.brush({ erase })); // prettier-ignore
  const size = createSlider({
    label: "Size", hint: "Diameter of the round brush: [ and ]", min: 1, max: 48, step: 1,
    text: (value) => `${value} px`, set: act.size,
  }); // prettier-ignore
  const undo = quietButton("Undo", "Ctrl+Z", act.undo),
    redo = quietButton("Redo", "Ctrl+Shift+Z", act.redo),
    clear = quietButton("Clear", "Take everything away", act.clear),
    invert = quietButton("Invert", "Shape becomes background, and background shape", act.invert);
  brush.append(
    h("div", { class: "sh-row" }, tools.root, size.root),
    h("div", { class: "fl-tools sh-steps" }, undo, redo, clear, invert),
    h("p", { class: "fl-note fl-bykey", id: "sh-padkeys", text: PAD_KEYS }),
  );

  // Shape and background in the colours of the stage; the mask itself is what is compared.
  function drawPixels() {
    const key = `${state.edition} ${hands.strokes} ${state.colours.key}`;
    if (drawn === key) return;
    drawn = key;
    painted(canvas, SIDES, (at) => state.colours.ramp[mask.data[at]]);
    hint.hidden = hands.busy || mask.data.some((level) => level > 0);
  }

  function drawRing() {
    const visible = hands.seen ? "visible" : "hidden";
    for (const path of [ring, halo]) {
      path.setAttribute("visibility", visible);
      if (hands.seen) dress(path, { d: discOutline(discSpans(state.brush.size)), transform: `translate(${hands.at.x} ${hands.at.y})` }, []);
    }
  }

  function drawPose() {
    const pose = isFlow() ? state.pose : null;
    template.setAttribute("d", pose?.outline ?? "");
    tangents.setAttribute("d", pose && state.layers.arrows ? pose.strokes : "");
  }

  function draw() {
    if (!state.colours) return;
    drawPixels();
    drawRing();
    drawPose();
    occluder.draw();
    tools.draw(state.brush.erase);
    size.draw(state.brush.size);
    undo.disabled = !past.canUndo;
    redo.disabled = !past.canRedo;
    clear.disabled = !mask.data.some((level) => level > 0);
  }

  const hands = createHands(canvas);
  return { root: node, place, draw };
}

const SIDES = { width: SIDE, height: SIDE };
