// The cube of codes, turned by hand: every code in its own colour, the worst pair joined.

const CORNERS = Array.from({ length: 8 }, (_, i) => [0, 1, 2].map((axis) => ((i >> axis) & 1 ? 1 : -1)));
const EDGES = CORNERS.flatMap((_, i) => [0, 1, 2].map((axis) => [i, i | (1 << axis)])).filter(([i, j]) => i !== j);
const TURN = 0.009; // radians per CSS pixel of a drag
const KEY_TURN = Math.PI / 24;
const AWAY = 5.2; // distance of the eye, in half sides of the cube

function createCube() {
  const canvas = h("canvas", {
    class: "fl-canvas fl-cube", tabindex: 0, role: "application", "aria-roledescription": "cube of codes",
    "aria-label": "Cube of codes. Arrow keys turn it, Home turns it back.",
  }); // prettier-ignore
  const screen = createScreen(canvas, () => touch());
  const pen = screen.context;
  let colours = null;
  watchColours(root, (found) => ((colours = found), touch()));

  // Screen place and depth (larger is nearer) of a point of the cube.
  function project([x, y, z]) {
    const [cy, sy, cp, sp] = [Math.cos(state.yaw), Math.sin(state.yaw), Math.cos(state.pitch), Math.sin(state.pitch)];
    const [right, deep] = [x * cy + z * sy, z * cy - x * sy];
    const [up, near] = [y * cp - deep * sp, y * sp + deep * cp];
    const size = (0.275 * Math.min(screen.width, screen.height) * AWAY) / (AWAY - near);
    return [screen.width / 2 + right * size, screen.height / 2 - up * size, near];
  }

  function stroke(from, to, { colour, width, alpha = 1 }) {
    pen.beginPath();
    pen.moveTo(from[0], from[1]);
    pen.lineTo(to[0], to[1]);
    Object.assign(pen, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha });
    pen.stroke();
    pen.globalAlpha = 1;
  }

  // A name beside a place, kept inside the picture.
  function name(text, [x, y], colour) {
    Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `600 12px ${FONT}`, lineJoin: "round" });
    const half = pen.measureText(text).width / 2 + 4;
    const [px, py] = [clamp(x, half, screen.width - half), clamp(y, 10, screen.height - 10)];
    Object.assign(pen, { strokeStyle: colours.stage, lineWidth: 4, fillStyle: colour });
    pen.strokeText(text, px, py);
    pen.fillText(text, px, py);
  }

  function drawBox() {
    const corners = CORNERS.map(project);
    for (const [i, j] of EDGES) {
      const axis = Math.log2(i ^ j);
      const first = i === 0;
      stroke(corners[i], corners[j], { colour: first ? colours.ink : colours.edge, width: first ? 1.5 : 1, alpha: first ? 0.9 : 0.5 });
      if (!first) continue;
      const [from, to] = [corners[i], corners[j]];
      name(["red", "green", "blue"][axis], [to[0] + 0.09 * (to[0] - from[0]), to[1] + 0.09 * (to[1] - from[1])], colours.soft);
    }
  }

  function drawPoints() {
    const { points, pair } = current();
    const placed = points.map((point, k) => [k, project(point)]).sort((a, b) => a[1][2] - b[1][2]);
    const radius = clamp(9 - Math.cbrt(points.length), 3.2, 7);
    for (const [k, [x, y, near]] of placed) {
      const rgb = points[k].map((value) => Math.round(127.5 * (clamp(value, -1, 1) + 1)));
      const worst = pair.includes(k);
      pen.beginPath();
      pen.arc(x, y, radius * (1 + 0.16 * near) + (worst ? 1.5 : 0), 0, 2 * Math.PI);
      Object.assign(pen, { fillStyle: `rgb(${rgb})`, strokeStyle: worst ? colours.accent : colours.edge, lineWidth: worst ? 2.5 : 1 });
      pen.fill();
      pen.stroke();
    }
  }

  // Two names that do not cover each other: each on its side of the middle of the pair.
  function drawPair() {
    const { points, pair } = current();
    const [a, b] = pair.map((k) => project(points[k]));
    stroke(a, b, { colour: colours.accent, width: 3 });
    const apart = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const [ux, uy] = apart > 1 ? [(b[0] - a[0]) / apart, (b[1] - a[1]) / apart] : [1, 0];
    name(String(pair[0]), [a[0] - 20 * ux, a[1] - 17 * uy], colours.ink);
    name(String(pair[1]), [b[0] + 20 * ux, b[1] + 17 * uy], colours.ink);
  }

  function draw() {
    if (!screen.width || !colours) return;
    screen.clear();
    drawBox();
    drawPoints();
    drawPair();
  }
  return { canvas, draw };
}

function turnByHand(canvas) {
  let held = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    held = { id: event.pointerId, x: event.clientX, y: event.clientY };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held?.id !== event.pointerId) return;
    act.turn(TURN * (event.clientX - held.x), TURN * (event.clientY - held.y));
    Object.assign(held, { x: event.clientX, y: event.clientY });
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (held = null));
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (steps[event.key]) act.turn(KEY_TURN * steps[event.key][0], KEY_TURN * steps[event.key][1]);
    else if (event.key === "Home") act.upright();
    else return;
    event.preventDefault();
  });
}
