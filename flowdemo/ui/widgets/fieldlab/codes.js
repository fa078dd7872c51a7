// The codes section: which family, how many classes, and how all families compare for that number.

const root = element.querySelector(".fl-codes");
const UPRIGHT = { yaw: -0.62, pitch: 0.42 };
const [FEWEST, MOST] = [2, 255];
const GREY = 127.5; // grey levels in one unit of the cube
const state = { family: "kronecker", count: 150, seed: 0, ...UPRIGHT };
const touch = onceAFrame(() => paint());

let kept = { key: "", value: null };
// Every family for the current number of classes.
function all() {
  const key = [state.count, state.seed].join();
  if (kept.key === key) return kept.value;
  const made = Object.entries(FAMILIES).map(([family, { make }]) => {
    const points = make(state.count, state.seed);
    return [family, { points, ...measureCodes(points) }];
  });
  kept = { key, value: Object.fromEntries(made) };
  return kept.value;
}
const current = () => all()[state.family];

const act = {
  family: (family) => ((state.family = family), touch(), tell()),
  count: (count) => ((state.count = count), touch()),
  draw: () => (Object.assign(state, { family: "random", seed: (state.seed + 1) % 1000 }), touch(), tell()),
  turn: (yaw, pitch) => ((state.yaw += yaw), (state.pitch = clamp(state.pitch + pitch, -1.5, 1.5)), touch()),
  upright: () => (Object.assign(state, UPRIGHT), touch()),
};

const units = (value) => `${scaled(value)} (${fixed(GREY * value, GREY * value < 10 ? 2 : 0)} grey levels)`;
const pairText = ([i, j]) => `classes ${i} and ${j}`;
const pairsText = ({ pair, ties }) => pairText(pair) + (ties > 1 ? `; ${ties - 1} more as close` : "");

const cube = createCube();
const choice = createChoice("Family of codes", Object.entries(FAMILIES).map(([key, { short, about }]) => [key, short, about]), act.family);
const count = createSlider({
  label: "Classes N", hint: "Number of category codes; the measures are of these N codes.", min: FEWEST, max: MOST, step: 1,
  text: (n) => `${n} classes`, set: act.count,
}); // prettier-ignore
const another = quietButton("Another draw", "Random codes from the next seed", act.draw);
const about = h("p", { class: "fl-note" });
const reading = h("p", { class: "fl-state" });
const spoken = h("p", { class: "fl-said", role: "status", "aria-live": "polite" });

const ROWS = [
  ["smallest distance", "Between two codes, in units of the cube of side 2", (m) => units(m.least)],
  ["decode tolerance", "Half of it: every shorter error is read as the right class", (m) => units(m.tolerance)],
  ["worst pair", "The two codes most easily taken for each other, by class index", pairsText],
  ["variation of nearest distances", "Standard deviation over mean of the distances to the nearest code; 0 is a lattice", (m) => fixed(m.variation)],
  ["smallest gap on one axis", "0 where two classes share a coordinate, so that one corrupted channel can be fatal", (m) => (m.gap ? units(m.gap) : "0 (shared)")],
  ["L2-star discrepancy", "How unevenly the cube is filled; 0 is perfectly even", (m) => scaled(m.discrepancy)],
]; // prettier-ignore
const live = createTable("", ["", "value"], ROWS.map(([name, title]) => [name, title]));

const HEADS = ["", "smallest distance", "tolerance", "variation", "axis gap", "discrepancy", "extensible"];
const side = createTable("", HEADS, Object.values(FAMILIES).map(({ name, about: title }) => [name, title]));
side.root.classList.add("fl-wide");
side.columns.at(-1).title = "Whether class N + 1 gets a code without moving any other";

root.querySelector(".fl-body").append(
  h("div", { class: "fl-card" },
    h("div", { class: "fl-head" }, choice.root, h("div", { class: "fl-tools" }, another)),
    h("div", { class: "fl-left" }, h("div", { class: "fl-stage" }, cube.canvas),
      h("p", { class: "fl-note fl-under", text: "Drag or use arrow keys to turn. Each code is drawn in the colour it is in a mask picture; the worst pair is joined." })),
    h("div", { class: "fl-side" }, count.root, about, live.root, reading),
    h("div", { class: "fl-below", tabindex: 0, role: "region", "aria-label": "All families" }, side.root)),
  spoken,
); // prettier-ignore
turnByHand(cube.canvas);

function tell() {
  setText(spoken, `${FAMILIES[state.family].name}, ${state.count} classes: smallest distance ${scaled(current().least)}, ${pairText(current().pair)}.`);
}

// "1.4 times that of …", or "58 % of that of …".
function ratioText(value, other, whose) {
  if (Math.abs(value - other) < 1e-9 * other) return `equal to that of ${whose}`;
  return value > other ? `${fixed(value / other, 1)} times that of ${whose}` : `${fixed((100 * value) / other, 0)} % of that of ${whose}`;
}

// How the chosen family compares with the grid and with random codes at this N.
function readingText() {
  const { grid, random } = all();
  const mine = current();
  const { family, seed } = state;
  const rivals = [["grid", grid, "the full grid"], ["random", random, `random codes (seed ${seed})`]].filter(([key]) => key !== family); // prettier-ignore
  const tell = (name) => rivals.map(([, other, whose]) => ratioText(mine[name], other[name], whose)).join(" and ");
  const shared = mine.gap ? "No two classes share a coordinate." : "Classes share coordinates on an axis.";
  return `Smallest distance: ${tell("least")}. Discrepancy: ${tell("discrepancy")}. ${shared}`;
}

function paint() {
  cube.draw();
  choice.draw(state.family);
  count.draw(state.count);
  setText(about, state.family === "random" ? `${FAMILIES.random.about} Seed ${state.seed}.` : FAMILIES[state.family].about);
  setText(live.root.caption, `${FAMILIES[state.family].name}, N = ${state.count}`);
  ROWS.forEach(([, , text], i) => setText(live.cells[i][0], text(current())));
  setText(reading, readingText());
  setText(side.root.caption, `All families, N = ${state.count}; the side of the cube is 2`);
  Object.entries(all()).forEach(([family, m], i) => {
    const values = [m.least, m.tolerance].map(scaled).concat(fixed(m.variation), m.gap ? scaled(m.gap) : "0", scaled(m.discrepancy), FAMILIES[family].grows);
    values.forEach((value, column) => setText(side.cells[i][column], value));
    side.names[i].parentElement.classList.toggle("fl-mine", family === state.family);
  });
}

// What tests and the console may read.
root.fdCodes = {
  get state() {
    return { ...state };
  },
  measured(n, seed = 0) {
    const made = Object.entries(FAMILIES).map(([family, { make }]) => [family, make(n, seed)]);
    return Object.fromEntries(made.map(([family, points]) => [family, { points, ...measureCodes(points) }]));
  },
};
