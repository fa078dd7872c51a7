// Class numbers on the mask, for eyes that cannot tell its colours apart.

const SMALLEST_REGION = 1 / 400; // of the mask; smaller ones have no room for a number
const MOST_NUMBERS = 150;

// City-block distance of each pixel from the nearest pixel of another class or the border.
function insideDistance({ width, height, data }) {
  const distance = new Uint16Array(data.length);
  const reach = (at, beside, inside) => (inside && data[beside] === data[at] ? distance[beside] + 1 : 1);
  for (let at = 0; at < data.length; at++) {
    distance[at] = Math.min(reach(at, at - 1, at % width > 0), reach(at, at - width, at >= width));
  }
  for (let at = data.length - 1; at >= 0; at--) {
    const right = reach(at, at + 1, at % width < width - 1);
    const below = reach(at, at + width, at < data.length - width);
    distance[at] = Math.min(distance[at], right, below);
  }
  return distance;
}

// One place for each 4-connected region: the pixel farthest from its edge.
function regionPlaces(mask) {
  const { width, height, data } = mask;
  const distance = insideDistance(mask);
  const seen = new Uint8Array(data.length);
  const places = [];
  for (let start = 0; start < data.length; start++) {
    if (seen[start]) continue;
    const value = data[start];
    const stack = [start];
    let area = 0, best = start;
    seen[start] = 1;
    while (stack.length) {
      const at = stack.pop(), x = at % width;
      area++;
      if (distance[at] > distance[best]) best = at;
      for (const next of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
        if (next < 0 || next >= data.length || seen[next] || data[next] !== value) continue;
        seen[next] = 1;
        stack.push(next);
      }
    }
    const place = { x: (best % width) + 0.5, y: Math.floor(best / width) + 0.5, value };
    if (area >= Math.max(4, width * height * SMALLEST_REGION)) places.push(place);
  }
  return places.slice(0, MOST_NUMBERS);
}

function showNumbers(layer, places, mask) {
  layer.replaceChildren(...places.map(({ x, y, value }) => {
    const number = document.createElement("span");
    number.textContent = value;
    number.style.left = `${(100 * x) / mask.width}%`;
    number.style.top = `${(100 * y) / mask.height}%`;
    return number;
  }));
}
