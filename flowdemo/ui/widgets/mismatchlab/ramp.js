// One scale of colours for disagreements: the farther from the surface of the page, the larger. Equal in map and paths.

const STEPS = 256;
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

const KNEE = 0.75; // where the accent lies
const DEEP = 0.4; // share of ink in the last colour

const mixed = (from, to, share) => from.map((part, axis) => Math.round(part + share * (to[axis] - part)));

// Colours from `stage` over `accent` towards `ink`; lightness goes one way in both themes.
function createRamp(colours) {
  const [first, middle, ink] = [colours.stage, colours.accent, colours.ink].map(channels);
  const last = mixed(middle, ink, DEEP);
  return Array.from({ length: STEPS }, (_, i) => {
    const at = i / (STEPS - 1);
    return at < KNEE ? mixed(first, middle, at / KNEE) : mixed(middle, last, (at - KNEE) / (1 - KNEE));
  });
}

const DEPTH = 1e4; // the scale ends at this part of the largest value, or where the lowest fiftieth of the values lies

// { low, high, share: value → 0 … 1 }, logarithmic.
function createScale(values) {
  const sorted = Float64Array.from(values).sort();
  const high = Math.max(sorted.at(-1) ?? 1, 1e-12);
  const low = Math.min(Math.max(sorted[Math.floor(sorted.length / 50)] ?? 0, high / DEPTH), high * 0.5);
  const span = Math.log(high / low);
  return { low, high, share: (value) => clamp(Math.log(Math.max(value, 1e-300) / low) / span, 0, 1) };
}
