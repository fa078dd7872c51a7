// Normal samples of the plane and seeds of paths: the very numbers that the library draws from the same seeds.

// Standard normal pairs by Box and Muller.
function gaussians(count, seed) {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const [radius, angle] = [Math.sqrt(-2 * Math.log1p(-random())), 2 * Math.PI * random()];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

const CENTRES = [[-4.5, 3.5], [4.5, 3.5], [0, 10.5]]; // prettier-ignore
const SETS = {
  semicircle: {
    name: "Half circle",
    about: "Radius 5 about (0, 3), with a radial deviation of 0.1",
    make(count, seed) {
      const random = createRandom(seed);
      return gaussians(count, seed + 1).map(([jitter]) => {
        random();
        const [angle, radius] = [Math.PI * random(), 5 + 0.1 * jitter];
        return [radius * Math.cos(angle), 3 + radius * Math.sin(angle)];
      });
    },
    targets: { on: [-3.45, 6.62], average: [0.3, 6], far: [6.4, -1.2] },
  },
  clusters: {
    name: "Three clusters",
    about: "Three round clusters with a deviation of 0.5",
    make: (count, seed) => gaussians(count, seed + 1).map(([x, y], i) => [CENTRES[i % 3][0] + 0.5 * x, CENTRES[i % 3][1] + 0.5 * y]),
    targets: { on: [4.2, 3.9], average: [0.2, 5.8], far: [6.4, -1.2] },
  },
}; // prettier-ignore
