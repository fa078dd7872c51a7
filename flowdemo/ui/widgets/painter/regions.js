// Class numbers on the mask, for eyes that cannot tell its colours apart.

const SMALLEST_REGION = 1 / 400; // of the mask; smaller ones have no room for a number
const MOST_NUMBERS = 150;

// One place for each 4-connected region: the middle of its longest horizontal run, which lies inside it.
function regionPlaces(mask) {
  const { width, height, data } = mask;
  const seen = new Uint8Array(data.length);
  const places = [];
  for (let start = 0; start < data.length; start++) {
    if (seen[start]) continue;
    const value = data[start];
    const stack = [start];
    let area = 0, longest = 0, place = null;
    while (stack.length) {
      const at = stack.pop();
      if (seen[at]) continue;
      const row = at - (at % width);
      let left = at, right = at;
      while (left > row && data[left - 1] === value) left--;
      while (right < row + width - 1 && data[right + 1] === value) right++;
      seen.fill(1, left, right + 1);
      area += right - left + 1;
      if (right - left >= longest) {
        longest = right - left;
        place = { x: (left + right) / 2 - row + 0.5, y: row / width + 0.5, value };
      }
      for (const shift of [-width, width]) {
        for (let i = left + shift; i <= right + shift; i++) {
          if (i >= 0 && i < data.length && data[i] === value && !seen[i]) stack.push(i);
        }
      }
    }
    if (area >= Math.max(4, width * height * SMALLEST_REGION)) places.push(place);
  }
  return places.slice(0, MOST_NUMBERS);
}

function showNumbers(layer, mask) {
  layer.replaceChildren(...regionPlaces(mask).map(({ x, y, value }) => {
    const number = document.createElement("span");
    number.textContent = value;
    number.style.left = `${(100 * x) / mask.width}%`;
    number.style.top = `${(100 * y) / mask.height}%`;
    return number;
  }));
}
