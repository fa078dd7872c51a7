// The picture of the plane: normal points, straight paths, and at the chosen t where the field leads them.

const SHADES_FROM = 0.3; // of the ramp, so that the smallest disagreement is still seen on the surface

// What the pictures of the plane share: places to pixels and back.
function createPaper(canvas) {
  const screen = createScreen(canvas, () => touch());
  const scale = () => screen.width / (VIEW.right - VIEW.left);
  return {
    screen, scale, pen: screen.context,
    toX: (x) => (x - VIEW.left) * scale(),
    toY: (y) => (VIEW.top - y) * scale(),
    place: (px, py) => [VIEW.left + px / scale(), VIEW.top - py / scale()],
  }; // prettier-ignore
}

function drawPoints({ pen, toX, toY }, places, size, colour, alpha) {
  Object.assign(pen, { fillStyle: colour, globalAlpha: alpha });
  for (const [x, y] of places) {
    pen.beginPath();
    pen.arc(toX(x), toY(y), size, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function drawTarget({ pen, toX, toY }, radius, colours) {
  const [px, py] = [toX(state.target[0]), toY(state.target[1])];
  pen.beginPath();
  pen.arc(px, py, radius, 0, 2 * Math.PI);
  Object.assign(pen, { fillStyle: colours.card, strokeStyle: colours.ink, lineWidth: 2.25 });
  pen.fill();
  pen.stroke();
  pen.beginPath();
  pen.arc(px, py, radius / 3, 0, 2 * Math.PI);
  pen.fillStyle = colours.ink;
  pen.fill();
}

function createView() {
  const canvas = h("canvas", {
    class: "fl-canvas", tabindex: 0, role: "application", "aria-roledescription": "plane with a target",
    "aria-label": "Plane with a target. Arrow keys move the target, with Shift further.",
  }); // prettier-ignore
  const paper = createPaper(canvas);
  const { pen, toX, toY } = paper;

  function line(from, to, { colour, width = 1.5, dash = [], alpha = 1, head = 0 }) {
    const [ax, ay, bx, by] = [toX(from[0]), toY(from[1]), toX(to[0]), toY(to[1])];
    const length = Math.hypot(bx - ax, by - ay);
    Object.assign(pen, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha, lineCap: dash.length ? "butt" : "round" });
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(ax, ay);
    pen.lineTo(bx, by);
    if (head && length > 2) {
      const [ux, uy, size] = [(bx - ax) / length, (by - ay) / length, Math.min(head, length / 2)];
      for (const side of [1, -1]) {
        pen.moveTo(bx - size * (ux + 0.5 * side * uy), by - size * (uy - 0.5 * side * ux));
        pen.lineTo(bx, by);
      }
    }
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  function label(words, x, y, colours) {
    Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `12px ${FONT}`, lineJoin: "round" });
    Object.assign(pen, { strokeStyle: colours.stage, lineWidth: 4, fillStyle: colours.soft });
    pen.strokeText(words, x, y);
    pen.fillText(words, x, y);
  }

  // Two standard deviations of the noise that paths start from.
  function drawNoise(colours) {
    pen.beginPath();
    pen.arc(toX(0), toY(0), 2 * paper.scale(), 0, 2 * Math.PI);
    pen.setLineDash([1, 4]);
    Object.assign(pen, { strokeStyle: colours.edge, lineWidth: 1.25, lineCap: "round" });
    pen.stroke();
    pen.setLineDash([]);
    label("noise", toX(0), toY(-2) + 14, colours);
  }

  function drawPath({ seed, at, end, delta }, best, colours, shade) {
    const faint = best ? 1 : clamp(5 / state.paths, 0.3, 0.8);
    line(seed, state.target, { colour: best ? colours.ink : colours.edge, width: best ? 1.75 : 1, dash: [4, 4], alpha: faint });
    line(end, state.target, { colour: shade(delta), width: best ? 5 : 3 });
    line(at, end, { colour: colours.ink, width: best ? 2.25 : 1.25, alpha: best ? 1 : 0.6, head: 8 });
    for (const [place, size] of [[seed, 2.5], [at, 4]]) drawPoints(paper, [place], size, colours.ink, best ? 1 : 0.65); // prettier-ignore
  }

  function draw(colours, ramp, scale) {
    if (!paper.screen.width) return;
    paper.screen.clear();
    drawNoise(colours);
    drawPoints(paper, points(), 1.8, colours.soft, 0.75);
    const weigh = WEIGHTS[state.weight].of(state.t);
    const shade = (delta) => `rgb(${ramp[Math.round((STEPS - 1) * (SHADES_FROM + (1 - SHADES_FROM) * scale.share(weigh * delta)))]})`;
    const { paths, best } = chords();
    paths.forEach((path, k) => k !== best && drawPath(path, false, colours, shade));
    drawPath(paths[best], true, colours, shade);
    drawTarget(paper, 9, colours);
  }
  return { canvas, paper, draw };
}
