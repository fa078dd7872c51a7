// The picture: T as short strokes, the reference's contour, the second shape and what its contour pays.

const EVERY = 5; // pixels between two strokes
const STROKE = 3.2; // pixels long
const BANDS = 6; // widths in which payment is drawn

// Line pieces [x, y, x, y, pixel] of the zero level of φ, in pixels from the first pixel's middle.
function zeroLine(phi) {
  const found = [];
  const meet = (a, b) => a / (a - b);
  for (let j = 0; j < SIDE - 1; j++)
    for (let i = 0; i < SIDE - 1; i++) {
      const k = j * SIDE + i;
      const [a, b, c, d] = [phi[k], phi[k + 1], phi[k + SIDE + 1], phi[k + SIDE]];
      const points = [];
      if (a >= 0 !== b >= 0) points.push([i + meet(a, b), j]);
      if (b >= 0 !== c >= 0) points.push([i + 1, j + meet(b, c)]);
      if (c >= 0 !== d >= 0) points.push([i + 1 - meet(c, d), j + 1]);
      if (d >= 0 !== a >= 0) points.push([i, j + 1 - meet(d, a)]);
      for (let p = 0; p + 1 < points.length; p += 2) found.push([...points[p], ...points[p + 1], k]);
    }
  return found;
}

function createPicture() {
  const canvas = h("canvas", {
    class: "fl-canvas sl-canvas", tabindex: 0, role: "application",
    "aria-label": "The second shape over the reference. Arrow keys move it by one pixel, with Shift by eight.",
  }); // prettier-ignore
  const screen = createScreen(canvas, () => touch());
  const shape = new OffscreenCanvas(SIDE, SIDE);
  const unit = () => screen.width / SIDE; // CSS pixels of one pixel
  const place = (value) => (value + 0.5) * unit();

  function lines(context, pieces) {
    context.beginPath();
    for (const [x0, y0, x1, y1] of pieces) {
      context.moveTo(place(x0), place(y0));
      context.lineTo(place(x1), place(y1));
    }
    context.stroke();
  }

  function strokes(context, [tx, ty], colour) {
    const pieces = [];
    for (let j = 2; j < SIDE; j += EVERY)
      for (let i = 2; i < SIDE; i += EVERY) {
        const [x, y] = [(tx[j * SIDE + i] * STROKE) / 2, (ty[j * SIDE + i] * STROKE) / 2];
        if (x || y) pieces.push([i - x, j - y, i + x, j + y]);
      }
    Object.assign(context, { strokeStyle: colour, lineWidth: 1.1, globalAlpha: 0.75 });
    lines(context, pieces);
    context.globalAlpha = 1;
  }

  // u as a veil of one colour.
  function veil(context, u, colour) {
    const paint = shape.getContext("2d");
    paint.globalCompositeOperation = "source-over";
    const image = paint.createImageData(SIDE, SIDE);
    for (let k = 0; k < u.length; k++) image.data[4 * k + 3] = Math.round(255 * u[k]);
    paint.putImageData(image, 0, 0);
    paint.globalCompositeOperation = "source-in";
    paint.fillStyle = colour;
    paint.fillRect(0, 0, SIDE, SIDE);
    Object.assign(context, { globalAlpha: 0.16, imageSmoothingEnabled: true });
    context.drawImage(shape, 0, 0, screen.width, screen.height);
    context.globalAlpha = 1;
  }

  function contour(context, { phi, paid }, colours) {
    const pieces = zeroLine(phi);
    Object.assign(context, { strokeStyle: colours.ink, lineWidth: 1.6, lineCap: "round" });
    lines(context, pieces);
    context.strokeStyle = colours.accent;
    for (let band = 1; band <= BANDS; band++) {
      context.lineWidth = 1 + (6.5 * band) / BANDS;
      lines(context, pieces.filter(([, , , , k]) => Math.round(paid[k] * BANDS) === band));
    }
  }

  function draw(colours) {
    screen.clear();
    const { context } = screen;
    const now = moved();
    strokes(context, reference().along, colours.edge);
    veil(context, now.u, colours.ink);
    context.setLineDash([6, 4]);
    Object.assign(context, { strokeStyle: colours.ink, lineWidth: 1.6, lineCap: "butt" });
    for (const ring of SHAPES[state.reference].rings) {
      context.beginPath();
      for (const [x, y] of ring) context.lineTo(place(x + HALF), place(y + HALF));
      context.closePath();
      context.stroke();
    }
    context.setLineDash([]);
    if (now.phi) contour(context, now, colours);
  }

  return { canvas, draw, unit, seen: () => screen.width > 0 };
}
