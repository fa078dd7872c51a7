// The cube of codes with the paths of the followed pixel: predictions as solid lines with dots, states dashed.

const RADIUS = 6;
const LINES = [
  { colour: "ink", width: 1.75, filled: false },
  { colour: "accent", width: 2.75, filled: true },
]; // of the plain flow and of the reshaped one

// A piece of a model's line for keys and headings.
function sample(k, dashed) {
  const line = svg("path", { d: "M1 6H29", class: `fm-line-${k}${dashed ? " fm-dashed" : ""}` });
  const dot = dashed ? null : svg("circle", { cx: 15, cy: 6, r: 3.2, class: `fm-dot-${k}` });
  return svg("svg", { class: "fm-sample", viewBox: "0 0 30 12", "aria-hidden": "true" }, line, dot);
}

function createSpace() {
  const canvas = h("canvas", {
    class: "fl-canvas fl-cube", tabindex: 0, role: "application", "aria-roledescription": "code space",
    "aria-label": "Code space with the paths of the pixel. Arrow keys turn it, Home turns it back.",
  }); // prettier-ignore
  const screen = createScreen(canvas, () => touch());
  const pen = screen.context;
  let colours = null,
    view = null;
  watchColours(root, (found) => ((colours = found), touch()));

  // What is in the middle, and how much it is enlarged: the whole cube, or the predictions and the pixel's own codes.
  function frame() {
    const { found, near, stage } = state;
    if (!found || !near) return { middle: [0, 0, 0], zoom: 1 };
    const points = [...found.paths.flatMap(({ estimate }) => estimate), ...found.own.filter(isNumber).map((i) => stage.codes[i])];
    const ends = [0, 1, 2].map((d) => [Math.min, Math.max].map((pick) => pick(...points.map((point) => point[d]))));
    const radius = Math.hypot(...ends.map(([low, high]) => (high - low) / 2));
    return { middle: ends.map(([low, high]) => (low + high) / 2), zoom: clamp(1.8 / Math.max(radius, 0.01), 1, 40) };
  }

  // Screen place and depth (larger is nearer) of a point of the cube.
  function project(point) {
    const [x, y, z] = point.map((part, i) => view.zoom * (part - view.middle[i]));
    const [cy, sy, cp, sp] = [Math.cos(state.yaw), Math.sin(state.yaw), Math.cos(state.pitch), Math.sin(state.pitch)];
    const [right, deep] = [x * cy + z * sy, z * cy - x * sy];
    const [up, near] = [y * cp - deep * sp, y * sp + deep * cp];
    const deepest = clamp(near, -20, 0.7 * AWAY); // far out of the picture when it is enlarged
    const size = (0.255 * Math.min(screen.width, screen.height) * AWAY) / (AWAY - deepest);
    return [screen.width / 2 + right * size, screen.height / 2 - up * size, clamp(near, -3, 3)];
  }

  const isInside = (x, y) => x > 0 && y > 0 && x < screen.width && y < screen.height;

  function line(points, style) {
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.setLineDash(style.dash ?? []);
    Object.assign(pen, { strokeStyle: style.colour, lineWidth: style.width, globalAlpha: style.alpha ?? 1, lineJoin: "round" });
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  function disc([x, y], radius, fill, edge, width = 1.5) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: fill, strokeStyle: edge, lineWidth: width });
    pen.fill();
    pen.stroke();
  }

  function drawBox() {
    const corners = CORNERS.map(project);
    for (const [i, j] of EDGES) line([corners[i], corners[j]], { colour: colours.edge, width: 1, alpha: i ? 0.35 : 0.8 });
    const [from] = corners;
    ["red", "green", "blue"].forEach((axis, i) => {
      const to = corners[1 << i];
      const [x, y] = [0, 1].map((d) => to[d] + 0.08 * (to[d] - from[d]));
      if (isInside(x, y)) write(axis, [x, y], colours.soft, 400);
    });
  }

  function write(text, [x, y], colour, weight = 600) {
    Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `${weight} 12px ${FONT}`, lineJoin: "round" });
    const half = pen.measureText(text).width / 2 + 4;
    const place = [clamp(x, half, screen.width - half), clamp(y, 10, screen.height - 10)];
    Object.assign(pen, { strokeStyle: colours.stage, lineWidth: 4, fillStyle: colour });
    pen.strokeText(text, ...place);
    pen.fillText(text, ...place);
  }

  function drawPaths() {
    state.found.paths.forEach((paths, k) => {
      const style = { ...LINES[k], colour: colours[LINES[k].colour] };
      const [estimates, states] = [paths.estimate.map(project), paths.state.map(project)];
      for (const points of [states, estimates]) line(points, { colour: colours.stage, width: style.width + 3, alpha: 0.8 });
      line(states, { ...style, width: style.width - 0.25, dash: [5, 4] });
      line(estimates, style);
      estimates.forEach((point, i) => disc(point, i ? 2.6 : 4.8, style.filled ? style.colour : colours.stage, style.colour));
      const [x, y] = states[0];
      line([[x - 5, y], [x, y - 5], [x + 5, y], [x, y + 5], [x - 5, y]], { colour: colours.ink, width: 1.75 });
    }); // prettier-ignore
  }

  // The codes that matter to the pixel have names: its own, where it ends, and the nearest ones of its predictions.
  function wanted() {
    const { found, stage } = state;
    if (!found) return new Set(stage.codes.map((_, i) => i));
    const nearest = (point) => {
      const apart = stage.codes.map((code) => Math.hypot(...code.map((part, i) => part - point[i])));
      return apart.indexOf(Math.min(...apart));
    };
    const passed = found.paths.flatMap((paths) => paths.estimate.map(nearest));
    return new Set([...passed, ...[...found.own, ...found.end].filter(isNumber)]);
  }

  function drawCodes(placed) {
    for (const [i, at] of placed) {
      const own = state.found?.own.includes(i);
      disc(at, RADIUS * (1 + 0.14 * at[2]), state.palette.byIndex.get(i)?.css ?? colours.edge, colours.stage, 2);
      disc(at, RADIUS * (1 + 0.14 * at[2]) + (own ? 4 : 1), "transparent", own ? colours.ink : colours.edge, own ? 2 : 1);
    }
  }

  // Names keep clear of codes and paths, nearer codes choosing first.
  function nameCodes(placed) {
    const named = wanted();
    const dots = state.found?.paths.flatMap((paths) => [...paths.estimate, ...paths.state].map(project)) ?? [];
    const taken = [...placed.map(([, at]) => at), ...dots].map(([x, y]) => ({ x: x - 7, y: y - 7, width: 14, height: 14 }));
    for (const [i, at] of [...placed].reverse()) if (named.has(i)) nameCode(nameOf(i), at, taken);
  }

  // The first free place around a code; where there is none, above it.
  function nameCode(text, [x, y], taken) {
    pen.font = `600 12px ${FONT}`;
    const width = pen.measureText(text).width;
    const places = [[x, y - 18], [x, y + 18], [x + width / 2 + 14, y], [x - width / 2 - 14, y]]; // prettier-ignore
    const boxes = places.map(([px, py]) => ({ x: px - width / 2, y: py - 7, width, height: 14 }));
    const meets = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
    const free = Math.max(0, boxes.findIndex((box) => !taken.some((other) => meets(box, other))));
    taken.push(boxes[free]);
    if (isInside(x, y)) write(text, places[free], colours.ink);
  }

  function draw() {
    if (!screen.width || !colours) return;
    screen.clear();
    view = frame();
    drawBox();
    const placed = state.stage.codes.map((code, i) => [i, project(code)]).sort((a, b) => a[1][2] - b[1][2]);
    drawCodes(placed);
    if (state.found) drawPaths();
    nameCodes(placed);
  }
  return { canvas, draw };
}
