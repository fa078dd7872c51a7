// Level lines, outlines and chords of a map { width, height, values: Uint8Array of levels }: u = level / 255.
// Places are [x, y] in pixels; the middle of the first pixel is [0, 0] for chords and [½, ½] for what is drawn.

const LEVEL = 1 / TOP; // u is known to one grey level, so that less is no violation

// By which of the corners (1, 2, 4, 8 clockwise from the upper left) are inside: the sides that a line joins.
const [UP, RIGHT, DOWN, LEFT] = [0, 1, 2, 3];
const JOINS = [
  [], [LEFT, UP], [UP, RIGHT], [LEFT, RIGHT], [RIGHT, DOWN], [LEFT, UP, RIGHT, DOWN], [UP, DOWN], [LEFT, DOWN],
  [DOWN, LEFT], [UP, DOWN], [UP, RIGHT, DOWN, LEFT], [RIGHT, DOWN], [LEFT, RIGHT], [UP, RIGHT], [LEFT, UP], [],
]; // prettier-ignore
// Opposite corners inside, and the middle of the cell too.
const BRIDGED = { 5: [LEFT, DOWN, UP, RIGHT], 10: [LEFT, UP, RIGHT, DOWN] };

// Marching squares: draw(k, x0, y0, x1, y1) for each piece of the line on which u = levels[k].
function marchingSquares({ width, height, values }, levels, draw) {
  const cuts = levels.map((level) => level * TOP);
  for (let y = 0; y + 1 < height; y++)
    for (let x = 0; x + 1 < width; x++) {
      const at = y * width + x;
      const corners = [values[at], values[at + 1], values[at + width + 1], values[at + width]];
      const low = Math.min(...corners),
        high = Math.max(...corners);
      if (low === high) continue;
      for (let k = 0; k < cuts.length; k++) if (cuts[k] > low && cuts[k] <= high) crossing(corners, x + 0.5, y + 0.5, cuts[k], k, draw);
    }
}

function crossing([a, b, c, d], x, y, cut, k, draw) {
  const code = (a >= cut) + 2 * (b >= cut) + 4 * (c >= cut) + 8 * (d >= cut);
  const joins = (a + b + c + d >= 4 * cut && BRIDGED[code]) || JOINS[code];
  const between = (from, to) => (cut - from) / (to - from);
  const places = {
    [UP]: () => [x + between(a, b), y],
    [RIGHT]: () => [x + 1, y + between(b, c)],
    [DOWN]: () => [x + between(d, c), y + 1],
    [LEFT]: () => [x, y + between(a, d)],
  };
  for (let i = 0; i < joins.length; i += 2) draw(k, ...places[joins[i]](), ...places[joins[i + 1]]());
}

// One Path2D for each level.
function levelPaths(map, levels) {
  const paths = levels.map(() => new Path2D());
  marchingSquares(map, levels, (k, x0, y0, x1, y1) => {
    paths[k].moveTo(x0, y0);
    paths[k].lineTo(x1, y1);
  });
  return paths;
}

// The line of one half as an SVG path whose pieces hang together, so that it can be dashed.
function outlineOf(map) {
  const ends = new Map(); // place → the pieces that end there
  const text = (x, y) => `${x.toFixed(3)} ${y.toFixed(3)}`;
  marchingSquares(map, [0.5], (_, x0, y0, x1, y1) => {
    const piece = [text(x0, y0), text(x1, y1)];
    for (const place of piece) ends.set(place, [...(ends.get(place) ?? []), piece]);
  });
  const used = new Set();
  const onwards = (place) => ends.get(place).find((piece) => !used.has(piece));
  function follow(start) {
    const places = [start];
    for (let piece = onwards(start); piece; piece = onwards(places.at(-1))) {
      used.add(piece);
      places.push(piece[0] === places.at(-1) ? piece[1] : piece[0]);
    }
    return places.length > 1 ? `M${places.join("L")}` : "";
  }
  const open = [...ends.keys()].filter((place) => ends.get(place).length === 1); // those at the border come first
  return [...open, ...ends.keys()].map(follow).join("");
}

// Arrows [[x, y, T_x, T_y], …] as an SVG path: T has no sign here, so they are strokes through their places.
const strokesOf = (arrows, half = 2.4) =>
  arrows.map(([x, y, tx, ty]) => `M${(x + 0.5 - half * tx).toFixed(2)} ${(y + 0.5 - half * ty).toFixed(2)}l${(2 * half * tx).toFixed(2)} ${(2 * half * ty).toFixed(2)}`).join(""); // prettier-ignore

// u at a place, bilinear between the middles of the pixels.
function valueAt({ width, height, values }, x, y) {
  const left = clamp(Math.floor(x), 0, width - 2),
    top = clamp(Math.floor(y), 0, height - 2);
  const across = clamp(x - left, 0, 1),
    down = clamp(y - top, 0, 1);
  const at = top * width + left;
  const upper = values[at] + across * (values[at + 1] - values[at]);
  const lower = values[at + width] + across * (values[at + width + 1] - values[at + width]);
  return (upper + down * (lower - upper)) / TOP;
}

// u along a chord, twice a pixel: what lies below the lower of its ends by more than a grey level is a violation.
// { length in pixels, values, floor, share of the places that violate, worst and where along the chord, 0 to 1 }
function chordOf(map, [ax, ay], [bx, by]) {
  const length = Math.hypot(bx - ax, by - ay),
    count = Math.max(2 * Math.ceil(length), 1);
  const values = Array.from({ length: count + 1 }, (_, i) => valueAt(map, ax + ((bx - ax) * i) / count, ay + ((by - ay) * i) / count));
  const floor = Math.min(values[0], values[count]);
  const sunk = values.map((value) => Math.max(floor - value, 0));
  const worst = Math.max(...sunk);
  const share = sunk.filter((depth) => depth > LEVEL).length / sunk.length;
  return { length, values, floor, share, worst, where: sunk.indexOf(worst) / count };
}
