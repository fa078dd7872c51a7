// The picture of the plane: cells of the nearest code, arrows of the field, paths, codes.

const ARROWS = 19; // a side
const CELL = 3; // CSS pixels of a cell of the tint

function createView() {
  const canvas = h("canvas", {
    class: "fl-canvas", tabindex: 0, role: "application", "aria-roledescription": "plane of codes",
    "aria-label": "Plane of codes. N and P choose a code or a start, arrows move it, Enter drops a start.",
  }); // prettier-ignore
  const screen = createScreen(canvas, () => touch());
  const pen = screen.context;
  let colours = null;
  watchColours(root, (found) => ((colours = found), touch()));

  const scale = () => screen.width / (2 * SPAN);
  const toX = (x) => (x + SPAN) * scale();
  const toY = (y) => (SPAN - y) * scale();
  const place = (px, py) => [px / scale() - SPAN, SPAN - py / scale()];

  const tint = document.createElement("canvas");
  const cells = () =>
    remember("cells", [state.codes, screen.width, colours.classes], () => {
      const side = Math.ceil(screen.width / CELL);
      [tint.width, tint.height] = [side, side];
      const context = tint.getContext("2d");
      const image = context.createImageData(side, side);
      const paints = colours.classes.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
      for (let i = 0; i < side * side; i++) {
        const [x, y] = place(((i % side) + 0.5) * CELL, (Math.floor(i / side) + 0.5) * CELL);
        image.data.set([...paints[nearest(state.codes, x, y).index], 34], 4 * i);
      }
      context.putImageData(image, 0, 0);
      return tint;
    });

  // The field on a lattice: force of the target, or velocity of the population.
  const lattice = () => {
    const { mode, target, eta, t } = state;
    return remember("lattice", [law(), mode, target, eta, t, mode === POPULATION && prior()], () => {
      const at = Array.from({ length: ARROWS }, (_, i) => SPAN * ((2 * i + 1) / ARROWS - 1));
      const found = [];
      const [force, predict] = [createForce(well(), target, eta, t), createPredictor(well(), prior(), eta, 1e-3)];
      for (const x of at)
        for (const y of at) {
          const out = new Float64Array(2);
          if (mode === TARGET) force(x, y, out);
          else predict(x, y, t).forEach((value, axis) => (out[axis] = (value - [x, y][axis]) / (1 - t)));
          found.push([x, y, out[0], out[1]]);
        }
      return found;
    });
  };

  // Lengths grow as speed/(1 + speed): directions are read off the arrow, strengths only roughly.
  function drawArrows() {
    const most = (0.92 * screen.width) / ARROWS;
    pen.beginPath();
    for (const [x, y, vx, vy] of lattice()) {
      const speed = Math.hypot(vx, vy);
      if (speed < 1e-9) continue;
      const length = (most * speed) / (0.6 + speed);
      const [ux, uy, head] = [vx / speed, -vy / speed, Math.min(4, 0.45 * length)];
      const [tx, ty] = [toX(x) + (length / 2) * ux, toY(y) + (length / 2) * uy];
      pen.moveTo(tx - length * ux, ty - length * uy);
      pen.lineTo(tx, ty);
      pen.moveTo(tx - head * (ux - 0.6 * uy), ty - head * (uy + 0.6 * ux));
      pen.lineTo(tx, ty);
      pen.lineTo(tx - head * (ux + 0.6 * uy), ty - head * (uy - 0.6 * ux));
    }
    Object.assign(pen, { strokeStyle: colours.ink, lineWidth: 1, globalAlpha: 0.38 });
    pen.stroke();
    pen.globalAlpha = 1;
  }

  function line(places, { colour, width = 2, dash = [], alpha = 1 }) {
    pen.beginPath();
    for (const [x, y] of places) pen.lineTo(toX(x), toY(y));
    pen.setLineDash(dash);
    Object.assign(pen, { strokeStyle: colour, lineWidth: width, lineJoin: "round", globalAlpha: alpha });
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  function disc([x, y], radius, fill, rim, width = 1.5) {
    pen.beginPath();
    pen.arc(toX(x), toY(y), radius, 0, 2 * Math.PI);
    if (fill) Object.assign(pen, { fillStyle: fill });
    if (fill) pen.fill();
    if (rim) Object.assign(pen, { strokeStyle: rim, lineWidth: width });
    if (rim) pen.stroke();
  }

  function diamond([x, y], radius, fill, rim) {
    const [px, py] = [toX(x), toY(y)];
    pen.beginPath();
    for (const [dx, dy] of [[0, -1], [1, 0], [0, 1], [-1, 0]]) pen.lineTo(px + radius * dx, py + radius * dy); // prettier-ignore
    pen.closePath();
    Object.assign(pen, { fillStyle: fill, strokeStyle: rim, lineWidth: 1.5 });
    pen.fill();
    pen.stroke();
  }

  function label(text, x, y, colour) {
    Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `600 12px ${FONT}` });
    Object.assign(pen, { strokeStyle: colours.card, lineWidth: 4, fillStyle: colour, lineJoin: "round" });
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }

  function drawCodes() {
    const heavy = state.mode === POPULATION ? prior() : null;
    state.codes.forEach((code, k) => {
      const [px, py] = [toX(code[0]), toY(code[1])];
      const held = state.held?.kind === "code" && state.held.index === k;
      disc(code, 12, colours.classes[k], held ? colours.ink : colours.card, held ? 3 : 2);
      if (state.mode === TARGET && k === state.target) disc(code, 17, null, colours.ink, 1.5);
      Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `600 12px ${FONT}` });
      pen.fillStyle = colours.on;
      pen.fillText(String(k), px, py + 0.5);
      if (heavy) label(`${Math.round(100 * heavy[k])} %`, px, py + (code[1] < -1 ? -22 : 22), colours.ink);
    });
  }

  const drawer = { line, disc, diamond, label, toX, toY };
  function draw() {
    if (!screen.width || !colours) return;
    screen.clear();
    pen.imageSmoothingEnabled = false;
    const picture = cells();
    pen.drawImage(picture, 0, 0, picture.width * CELL, picture.height * CELL);
    drawArrows();
    if (state.mode === TARGET) drawDescents(drawer, colours);
    else drawFlows(drawer, colours);
    drawCodes();
  }

  return { canvas, draw, place, toX, toY, scale };
}
