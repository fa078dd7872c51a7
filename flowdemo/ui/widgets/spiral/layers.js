// What the stage is made of, each drawn onto a 2-D context in CSS pixels: shading, arrows, points, paths.

const VIEW = { x: 0.2, y: 0, half: 2.05 }; // centre and half the height of what is seen, in units of the data
const CELL = 8; // CSS pixels of a cell of the shading
const ARROW_EVERY = 36; // CSS pixels
const ARROW_SCALE = 0.11; // units of length per unit of velocity
const SHADE = 62; // opacity, of 255, where the answer is sure

// From the plane to CSS pixels and back.
function createPlane(width, height) {
  const scale = height / (2 * VIEW.half);
  return {
    width,
    height,
    scale,
    toX: (x) => width / 2 + (x - VIEW.x) * scale,
    toY: (y) => height / 2 - (y - VIEW.y) * scale,
    fromX: (px) => VIEW.x + (px - width / 2) / scale,
    fromY: (py) => VIEW.y - (py - height / 2) / scale,
  };
}

// What the field answers at each place for one label value, in the colours of the classes.
function createShading() {
  const canvas = document.createElement("canvas");
  let drawn = "";

  function compute(plane, colours, field, t, label) {
    const [columns, rows] = [Math.ceil(plane.width / CELL), Math.ceil(plane.height / CELL)];
    [canvas.width, canvas.height] = [columns, rows];
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    const [wave, scratch] = [waves(t), new Float64Array(SIZE)];
    for (let row = 0, at = 0; row < rows; row++) {
      const y = plane.fromY((row + 0.5) * CELL);
      for (let column = 0; column < columns; column++, at += 4) {
        const answer = answerAt(field, plane.fromX((column + 0.5) * CELL), y, label, t, wave, scratch);
        image.data.set(answer < 0 ? colours.minus : colours.plus, at);
        image.data[at + 3] = SHADE * Math.min(Math.abs(answer), 1);
      }
    }
    context.putImageData(image, 0, 0);
  }

  return function draw(context, plane, colours, field, t, label) {
    const key = [state.version, t, label, plane.width, plane.height, colours.stage].join();
    if (key !== drawn) compute(plane, colours, field, t, label);
    drawn = key;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(canvas, 0, 0, canvas.width * CELL, canvas.height * CELL);
  };
}

// Where the field moves points next, in the direction of the run.
function drawArrows(context, plane, colours, field, t, label, forwards) {
  const [wave, velocity] = [waves(t), new Float64Array(SIZE)];
  const even = (size) => {
    const count = Math.max(Math.round(size / ARROW_EVERY), 1);
    return Array.from({ length: count }, (_, i) => ((i + 0.5) * size) / count);
  };
  context.beginPath();
  for (const px of even(plane.width))
    for (const py of even(plane.height)) {
      field(plane.fromX(px), plane.fromY(py), label, wave, velocity);
      const sign = forwards ? 1 : -1;
      addArrow(context, px, py, sign * velocity[0], -sign * velocity[1], plane.scale * ARROW_SCALE);
    }
  context.strokeStyle = colours.ink;
  context.globalAlpha = 0.34;
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
}

function addArrow(context, x, y, dx, dy, scale) {
  const speed = Math.hypot(dx, dy);
  if (speed < 1e-6) return;
  const length = Math.min(speed * scale, 0.86 * ARROW_EVERY);
  const [ux, uy] = [dx / speed, dy / speed];
  const [tipX, tipY, head] = [x + (length / 2) * ux, y + (length / 2) * uy, Math.min(4, length / 2)];
  context.moveTo(x - (length / 2) * ux, y - (length / 2) * uy);
  context.lineTo(tipX, tipY);
  context.moveTo(tipX - head * (ux - 0.6 * uy), tipY - head * (uy + 0.6 * ux));
  context.lineTo(tipX, tipY);
  context.lineTo(tipX - head * (ux + 0.6 * uy), tipY - head * (uy - 0.6 * ux));
}

// A disc for the class −1, a triangle for +1: shapes tell the true class, colours the label of the moment.
function addMark(context, label, x, y, radius) {
  if (label < 0) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  const [side, low] = [1.15 * radius, 0.75 * radius];
  context.moveTo(x, y - 1.3 * radius);
  context.lineTo(x + side, y + low);
  context.lineTo(x - side, y + low);
  context.closePath();
}

// States x, y, label in a row; one path for each of the colours.
function drawMarks(context, toX, toY, colours, states, classes, radius) {
  const bins = Array.from({ length: RAMP_STEPS }, () => []);
  classes.forEach((_, i) => bins[rampIndex(states[SIZE * i + 2])].push(i));
  bins.forEach((members, bin) => {
    if (!members.length) return;
    context.beginPath();
    for (const i of members)
      addMark(context, classes[i], toX(states[SIZE * i]), toY(states[SIZE * i + 1]), radius);
    context.fillStyle = colours.ramp[bin];
    context.fill();
  });
}

function drawRings(context, toX, toY, colour, states, members, radius, width, alpha) {
  context.beginPath();
  for (const i of members) {
    const [x, y] = [toX(states[SIZE * i]), toY(states[SIZE * i + 1])];
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  Object.assign(context, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha });
  context.stroke();
  context.globalAlpha = 1;
}

function tracePath(context, plane, run) {
  context.beginPath();
  for (let i = 0; i <= run.steps; i++) {
    const [x, y] = vertex(run, i);
    context.lineTo(plane.toX(x), plane.toY(y));
  }
}

// A dropped point: exact path faint, Euler path with its vertices, its start with its number, and where it is now.
function drawDropped(context, plane, colours, point, index, chosen, progress) {
  const [run, fine] = [pointRun(point), pointRun(point, FINE)];
  const stroke = (path, colour, alpha, width, dash = []) => {
    tracePath(context, plane, path);
    context.globalAlpha = chosen ? alpha : 0.6 * alpha;
    Object.assign(context, { strokeStyle: colour, lineWidth: width, lineJoin: "round" });
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  };
  stroke(fine, colours.ink, 0.6, 1.5, [2, 3]);
  stroke(run, colours.card, 0.85, 5);
  stroke(run, colours.ink, 1, chosen ? 2 : 1.5);
  context.globalAlpha = chosen ? 1 : 0.6;
  drawVertices(context, plane, colours, run);
  drawStart(context, plane, colours, point, index, chosen);
  drawNow(context, plane, colours, statesAt(run, progress), chosen);
  context.globalAlpha = 1;
}

function drawVertices(context, plane, colours, run) {
  const radius = run.steps > 20 ? 2 : 3;
  for (let i = 1; i <= run.steps; i++) {
    const [x, y, label] = vertex(run, i);
    context.beginPath();
    context.arc(plane.toX(x), plane.toY(y), radius, 0, 2 * Math.PI);
    context.fillStyle = colours.ramp[rampIndex(label)];
    context.fill();
    Object.assign(context, { strokeStyle: colours.ink, lineWidth: 1 });
    context.stroke();
  }
}

// A ring where the point was dropped, with its number on the side from which the path does not leave.
function drawStart(context, plane, colours, point, index, chosen) {
  const [x, y] = [plane.toX(point.x), plane.toY(point.y)];
  const [ahead] = vertex(pointRun(point), 1);
  const side = ahead > point.x ? -1 : 1;
  context.beginPath();
  context.arc(x, y, 9, 0, 2 * Math.PI);
  Object.assign(context, { strokeStyle: colours.card, lineWidth: 4 });
  context.stroke();
  Object.assign(context, { strokeStyle: colours.ink, lineWidth: chosen ? 2 : 1.5 });
  context.stroke();
  context.font = "600 12px Inter, system-ui, sans-serif";
  Object.assign(context, { textAlign: "center", textBaseline: "middle", strokeStyle: colours.card, lineWidth: 4 });
  context.strokeText(String(index + 1), x + 17 * side, y);
  context.fillStyle = colours.ink;
  context.fillText(String(index + 1), x + 17 * side, y);
}

function drawNow(context, plane, colours, [x, y, label], chosen) {
  context.beginPath();
  context.arc(plane.toX(x), plane.toY(y), chosen ? 5.5 : 4.5, 0, 2 * Math.PI);
  context.fillStyle = colours.ramp[rampIndex(label)];
  context.fill();
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.stroke();
}
