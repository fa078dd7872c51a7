// Colours of the page's theme for the canvas, and the scale of label values: class −1, undecided, class +1.

const RAMP_STEPS = 33;

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const blend = (from, to, share) => from.map((part, i) => Math.round(part + (to[i] - part) * share));

function readColours(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--_${name}`).trim();
  const found = Object.fromEntries(
    ["ink", "soft", "line", "card", "stage", "accent"].map((name) => [name, read(name)]),
  );
  const [minus, none, plus] = ["minus", "none", "plus"].map((name) => channels(read(name)));
  const ramp = Array.from({ length: RAMP_STEPS }, (_, i) => {
    const value = (2 * i) / (RAMP_STEPS - 1) - 1;
    return `rgb(${blend(none, value < 0 ? minus : plus, Math.abs(value))})`;
  });
  return { ...found, minus, plus, ramp, css: { "-1": ramp[0], 1: ramp[RAMP_STEPS - 1] } };
}

// Place of a label value in the ramp; the scale ends at ±1.
const rampIndex = (label) => Math.round(((clamp(label, -1, 1) + 1) / 2) * (RAMP_STEPS - 1));

// Numbers with a true minus sign.
const numberText = (value, digits = 2) => decimal(value, digits).replace("-", "−");
const signedText = (value, digits = 2) =>
  value > 0 ? `+${numberText(value, digits)}` : numberText(value, digits);
const placeText = (x, y) => `${numberText(x)}, ${numberText(y)}`;
const classText = (label) => (label < 0 ? "−1" : "+1");
const stepsText = (count) => plural(count, "step");
