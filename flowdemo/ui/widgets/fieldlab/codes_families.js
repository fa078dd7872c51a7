// Where each family puts class k of n in the cube [−1, 1]³; the library's flowdemo.codes.families, point for point.

const fraction = (value) => value - Math.floor(value);

function kronecker(n, alpha, offset = 0) {
  return Array.from({ length: n }, (_, k) => alpha.map((a) => 2 * fraction(offset + (k + 1) * a) - 1));
}

// φ⁻¹, φ⁻², φ⁻³ with φ⁴ = φ + 1.
function rAlpha() {
  let root = 2;
  for (let i = 0; i < 64; i++) root = (1 + root) ** 0.25;
  return [1, 2, 3].map((power) => root ** -power);
}

function fullGrid(n) {
  let k = 2;
  while (k ** 3 < n) k++;
  const digits = (i) => [Math.floor(i / (k * k)), Math.floor(i / k) % k, i % k];
  return Array.from({ length: n }, (_, i) => digits(i).map((digit) => (2 * digit) / (k - 1) - 1));
}

function palette(n) {
  const level = (index, channel) => {
    let value = 0;
    for (let bit = 0; bit < 8; bit++) value |= ((index >> (3 * bit + channel)) & 1) << (7 - bit);
    return value / 127.5 - 1;
  };
  return Array.from({ length: n }, (_, index) => [0, 1, 2].map((channel) => level(index, channel)));
}

function uniform(n, seed) {
  const next = createRandom(seed);
  return Array.from({ length: n }, () => [0, 1, 2].map(() => -1 + 2 * next()));
}

const FAMILIES = {
  grid: {
    name: "Full grid", short: "Grid", make: fullGrid, grows: "no: larger k moves all",
    about: "SemFlow’s base-k digits: the smallest k with k³ ≥ N, levels evenly spaced.",
  },
  kronecker: {
    name: "Kronecker √2 √3 √5", short: "√2 √3 √5", grows: "yes",
    make: (n) => kronecker(n, [2, 3, 5].map(Math.sqrt)), about: "FlowSeg’s: the fractional parts of k (√2, √3, √5).",
  },
  r3: {
    name: "Kronecker R₃", short: "R₃", make: (n) => kronecker(n, rAlpha(), 0.5), grows: "yes",
    about: "Fractional parts of ½ + k (φ⁻¹, φ⁻², φ⁻³) with φ⁴ = φ + 1.",
  },
  palette: {
    name: "Palette", short: "Palette", make: palette, grows: "yes",
    about: "The colour map of PASCAL VOC: the bits of k spread over red, green and blue.",
  },
  random: {
    name: "Random", short: "Random", make: uniform, grows: "yes",
    about: "Uniform and seeded, to compare with.",
  },
}; // prettier-ignore
