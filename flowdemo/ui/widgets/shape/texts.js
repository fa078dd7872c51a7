// Words and numbers of this widget.

const SIDE = 128; // pixels of the mask
const TOP = 255; // grey level of u = 1
const FIRST = "star"; // the silhouette that the tab opens with
const FIRST_EDGE = 4; // pixels, the width of its edge
const MAX_FILE = 12000000; // bytes of a picture
const LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]; // of the contours
const HALF = 4; // the place of ½ among them
const FLOW = "contour-flow";
const OWN = "own"; // template: the mask itself
const NARROW = 860; // CSS pixels; below, one thing stands under the other

const VIEWS = [
  ["before", "Before", "The start: the mask as it was handed over, softened where the method wants that"],
  ["after", "After", "u at the shown frame"],
  ["difference", "Difference", "What the shown frame added to the start, and what it took away"],
  ["residual", "Residual", "Contour flow: |⟨T, ∇u⟩|, by how much contours leave the template's direction at each pixel"],
];

const LAYERS = [
  ["half", "½ line", "The contour on which u is one half"],
  ["contours", "Levels", "The other contours: u = 0.1, 0.2 … 0.9"],
  ["dented", "Violations", "Pixels whose level line is dented"],
  ["arrows", "T", "Contour flow: the direction in which contours should run"],
  ["truth", "Mask given", "Contour flow: outline of the mask before noise and occluder"],
  ["chord", "Chord", "The chord tester"],
];

const NUMBERS = [
  ["area", "area", "Pixels with u of one half or more.", (value) => `${value} px`],
  ["solidity", "solidity", "Area over that of its convex hull, of the largest part; 1 is convex.", (value) => decimal(value, 3)],
  ["defect", "defect", "1 − solidity.", (value) => decimal(value, 3)],
  ["chord", "chord violation", "The most by which u sinks below the lower end of a chord, over many chords drawn at random; of parts that are treated on their own, the worst.", (value) => decimal(value, 3)],
  ["dented_share", "dented", "Share of the pixels whose level line is dented.", (value) => percent(value)],
  ["residual", "residual", "Contour flow: Σ|⟨T, ∇u⟩| / Σ|∇u|; 0 where all contours run along T, 1 where all cross it.", (value) => decimal(value, 3)],
  ["dice", "Dice", "Contour flow: overlap of u ≥ ½ with the mask before noise and occluder; 1 is all of it.", (value) => decimal(value, 3)],
]; // prettier-ignore

const FILES = [
  ["sheet", "Sheet", "Frames side by side as one PNG; it carries the recipe"],
  ["gif", "GIF", "The frames as an animation"],
  ["npz", "NPZ", "u of each frame as floats for NumPy, with its iteration"],
  ["mask", "Mask", "u ≥ ½ of the last frame as 8-bit PNG with the values 0 and 1"],
  ["recipe", "Recipe", "Method and settings as JSON"],
];

const KEYS = "Keys in the player: Space plays, ← → one frame, Home End, < > speed, 1–4 view. Chord ends: arrow keys, with Shift by 8 px.";
const PAD_KEYS = "Keys: arrows move the brush (Ctrl: by 8 px), Shift paints on the way, Space dabs, B brush, E eraser, [ ] size, Ctrl+Z.";

// What to expect of τ, in shares of its limit.
function stepWords(share) {
  if (share < 1) return `τ is ${decimal(share)} of its limit ε, below which the iteration converges for λ = 0.`;
  return `τ is ${decimal(share)} of its limit ε: nothing promises convergence here. The residual may stall or grow, and u may flicker from one round to the next.`;
}

const named = (list, name) => list.find((entry) => entry.name === name);
