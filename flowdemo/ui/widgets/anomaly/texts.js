// Words and numbers of this widget.

const MAX_SEED = 2147483647;
const MAX_FILE = 12000000; // bytes; the server refuses more
const MAX_PIXELS = 512 * 512; // a larger upload is reduced
const MAX_COUNT = 32; // of paths, and of times
const SHARES = [0.1, 0.2, 0.3];

const UNIT = "squared intensity per unit time²";
const SEED_REFUSED = `The seed must be a whole number from 0 to ${MAX_SEED}.`;

const WEIGHTS = [
  ["noise", "t²", "Weight t²: the squared error of the noise that the flow guesses"],
  ["velocity", "1", "Weight 1: the squared disagreement of the velocities itself"],
  ["reconstruction", "(1 − t)²", "Weight (1 − t)²: the squared error of a reconstruction in one jump"],
];
const AGGREGATIONS = [
  ["min", "min", "The smallest over the paths, for each pixel and time"],
  ["mean", "mean", "The mean over the paths"],
  ["order", "order", "The ⌈share · K⌉-th smallest over the paths"],
];
const WEIGHT_MEANS = {
  noise: "With t² the map is the squared error of the noise that the flow guesses.",
  velocity: "With 1 the map is the squared disagreement itself, and early times, which know little of the picture, count fully.",
  reconstruction: "With (1 − t)² the map is the squared error of a reconstruction in one jump.",
};
const AGGREGATION_MEANS = {
  min: "min keeps the luckiest path: chance is forgiven, and with very many paths a weak defect as well.",
  mean: "mean counts every path, and with them the chance in each.",
  order: "order keeps the ⌈share · K⌉-th smallest: between min and mean.",
};
const COST = (paths, times) =>
  `${paths} × ${times} = ${paths * times} evaluations of the network for each tile of the surface; no path is followed.`;

const MAP_MEANS =
  "At each pixel: how far the velocity of a flow that knows normal surfaces only is from the straight line to this picture, " +
  "squared, in intensities as the network sees them. 0 is perfect agreement. Some models divide by how much higher normal surfaces " +
  "are near their border.";
const TWO_SCALES =
  "in units of the surface's own level. Two flows that know normal surfaces only disagree here with the straight line to this picture. " +
  "One knows pixels: its squared error is divided by its median over this surface, and by how much higher normal surfaces are near " +
  "their border. The other knows whole surfaces at one glance, as small cells of brightness and roughness: it adds where large " +
  "parts are unusual.";
// What follows TWO_SCALES where the second flow has a weight of time of its own.
const OWN_WEIGHT = {
  noise: " The weight w(t) is chosen for the first one; the other keeps t².",
  velocity: " The weight w(t) is chosen for the first one; the other keeps 1, because early times tell more of such cells.",
  reconstruction: " The weight w(t) is chosen for the first one; the other keeps (1 − t)².",
};
const SCORE_MEANS =
  "Image score: the largest value of the map plus the mean of its highest 1 %; a margin at the border may be left out, and some " +
  "models divide by the median of the map, the surface's own level. It has no limit of its own; what normal surfaces reach gives " +
  "it a meaning.";
const FAILS = [
  ["Stains", "a harmless stain or print is as foreign to the flow as a defect, and scores like one."],
  ["Exposure", "a surface lighter or darker than those of the training can score everywhere."],
  ["Borders", "edges of normal tiles often score high, because less of their surroundings is known; some models divide by the usual height there, which a single tile can exceed."],
  ["Small cracks", "a crack of a pixel or two moves the map little and can stay below the threshold."],
];
const TIMES_MEAN = "Small t: mostly noise, only coarse deviations show. Large t: nearly the picture, fine ones show.";

// Values of maps are squares and span orders of magnitude; two digits are what eight bits can tell.
function valueText(value, digits = 2) {
  if (!isNumber(value)) return NONE;
  if (value === 0) return "0";
  if (value >= 0.001 && value < 1000) return String(Number(value.toPrecision(value < 1 ? digits : 3)));
  return value.toExponential(digits - 1).replace("-", "−");
}

const scoreText = (score) => valueText(score, 3);

const times = (t) => `t = ${decimal(t)}`;
