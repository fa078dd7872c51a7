// What a run does, in words: its halves, what is given, what is drawn at random. A joint run has a pair of halves,
// image and label, on one clock; every other run has one state.

const HALVES = ["image", "label"];
const towardsImage = (meta) => meta.direction === "mask-to-image" || meta.direction === "label-to-image";

// {forms, labels, dissolves} of a joint run, or null.
function readPair(meta) {
  const { forms, labels, dissolves } = meta.pair ?? {};
  if (!HALVES.includes(forms)) return null;
  return { forms, labels: labels === "global" ? "global" : "pixel", dissolves: dissolves !== false };
}

const hasClasses = (run) => (run.meta.views ?? []).includes("classes");
const hasCodes = (run) => Boolean(run.meta?.codes?.length) && !run.global; // a class level has no path of pixels
// Whether a picture is so small that its pixels should stay visible.
const small = (run) => Boolean(run.pair) && Math.max(...run.meta.size) <= 64;

const halfName = (run, half) => (half === "image" ? "image" : run.global ? "class level" : "mask");

function halfDoes(run, half) {
  if (half === run.pair.forms) return "forms";
  return run.pair.dissolves ? "dissolves" : "given";
}

const classWords = (name) => (/^\d+$/.test(name) ? `class ${name}` : name);

const CAPTIONS = {
  state: "What the solver holds: the state at this step.",
  classes: "The class whose code is nearest to each pixel.",
  overlay: "Class colours over the picture.",
  speed: "Speed |v| per unit of t, one scale for the run.",
};

const PAIR_CAPTIONS = {
  state: "What the solver holds: both halves of one state, at one t.",
  overlay: "Class colours over the image half.",
  speed: "Speed |v| per unit of t, one scale for both.",
};

function captionOf(run, view) {
  if (view === "settling") return run.meta.settling_label;
  if (!run.pair) return CAPTIONS[view];
  if (view === "overlay" && !towardsImage(run.meta)) return "Class colours over the given picture.";
  if (view === "state" && run.global)
    return "Both halves of one state. The mean of the level map is read as the class.";
  return PAIR_CAPTIONS[view] ?? CAPTIONS[view];
}

// The wall of samples: heading, sentence, and what one tile is called.
function wallWords(run) {
  const { meta, pair } = run;
  const label = run.global ? "class" : "mask";
  const start = towardsImage(meta) ? label : "picture";
  const beta = isNumber(meta.beta) && `β = ${Number(meta.beta.toFixed(2))} ${meta.beta_unit ?? "grey levels"}`;
  const words = { heading: `Same ${start}, other seeds`, tile: "Picture" };
  if (!pair) {
    const how = beta ? `What ${beta} buys` : "What the noise buys";
    return { ...words, text: `${how}: ${meta.samples} pictures from one ${start}.` };
  }
  if (pair.forms === "label") {
    const text = `${meta.samples} readings of one picture: the noise that the label starts from differs.`;
    return { ...words, tile: "Reading", text };
  }
  const shift = beta && meta.beta > 0 ? `, and the ${run.global ? "level" : "mask"}'s within ${beta}` : "";
  return { ...words, text: `${meta.samples} pictures from one ${label}. Drawn anew: the image's noise${shift}.` };
}

function pathWords(run) {
  const { path_length: length, straightness } = run.end?.numbers ?? {};
  if (isNumber(length) || isNumber(straightness)) {
    const path = run.pair ? "The label half's path is" : "Path";
    return `${path} ${significant(length)} long, chord / path ${decimal(straightness, 3)}; 1 is a straight line.`;
  }
  return run.end ? "The path was not measured." : "Even speed means a straight path.";
}

// The map of settling holds when a pixel took its final class; towards the image, when it lost the painted one, or the
// last step where it never did.
const settledText = (run, step) => `${towardsImage(run.meta) ? "read as painted until" : "settled at"} step ${step}`;
const settledEnd = (run) => (towardsImage(run.meta) ? `${run.last} or never` : `step ${run.last}`);
const latestPixel = (run) => (towardsImage(run.meta) ? "the last to change" : "the last to settle");

// The chart of what has settled, or can still be read: heading and sentence.
function settlingWords(run) {
  const back = towardsImage(run.meta);
  if (!run.global)
    return {
      heading: back ? "How long the mask can be read" : "When pixels settle",
      text: back
        ? "Share of pixels whose colour still reads as the painted class."
        : "Share of pixels in their final class.",
    };
  return {
    heading: back ? "How long the class can be read" : "When readings settle",
    text: back
      ? "Share of samples whose level still reads as the given class."
      : "Share of samples that read as their final class.",
  };
}

// The same chart for who does not see it.
function settlingSpoken(run, shares) {
  const of = run.global ? "samples" : "pixels";
  const back = towardsImage(run.meta);
  if (!shares.length) return "known at the end of the run";
  const step = shares.findIndex((share) => (back ? share < 0.5 : share >= 0.5));
  if (!back) return `half of the ${of} have settled by step ${step}.`;
  if (step < 0) return `half of the ${of} read as given to the end.`;
  return `fewer than half of the ${of} read as given at step ${step}.`;
}

function speedWords(run) {
  const half = run?.pair ? " of the label half" : "";
  const most = run?.meta.levels?.at(-1) ?? 1;
  const range = run?.meta.levels ? `the label lies in −${most}…${most}` : "a state lies in −1…1";
  return `Mean length of the velocity${half} over all pixels, in state units per unit of t (${range}).`;
}

function meansWords(run) {
  const line = "Each line is one sample. It starts";
  if (!run.pair.dissolves)
    return "The label channel is empty at the start; one evaluation sets it to the level of a class.";
  if (!towardsImage(run.meta)) return `${line} as noise, whose mean is about 0, and ends at a class.`;
  const given = run.palette.classes[run.meta.label]?.name;
  return `${line} near ${given ? classWords(given) : "the given class"} and ends in noise, whose mean is about 0.`;
}
