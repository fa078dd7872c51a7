// Words and numbers of this widget.

const CLASSIFY = "classify",
  GENERATE = "generate",
  SEEDS = "seeds",
  READING = "ladder";
const MAX_SEED = 2147483647;
const MAX_FILE = 12000000; // bytes; the server refuses more

const signedText = (value, digits = 2) => decimal(value, digits).replace("-", "−");
const stepsText = (count) => plural(count, "step");
const spacingsText = (value) => `${decimal(value)} ${value === 1 ? "spacing" : "spacings"}`;

const SEED_REFUSED = `The seed must be a whole number from 0 to ${MAX_SEED}.`;
const WHY_LEVELS = (classes, lands) =>
  "The label is one more channel of the state. It starts as noise, whose mean is about 0, " +
  `${classes % 2 ? "the level of the middle class" : "between the two middle classes"}, and is carried to a level while the ` +
  "picture dissolves. What is read is the class whose level is nearest " +
  "to the mean over all pixels. " +
  (lands
    ? "At every step this network names the likeliest class, and the path heads straight for its level, so that the " +
      "mean ends on a level: a distance of 0 is no certainty. A bend in the path is a change of mind."
    : "The levels stand in the order of the classes, so a mean that falls short lands on a neighbour in number, " +
      "whatever the picture looks like; the distance is no probability.");
const WHY_JUDGE = (judge) =>
  judge
    ? `The badges are what a separate network, trained apart (${judge}), reads in each finished picture.`
    : "No separate network of the same data is at hand, so nobody judges these pictures.";
