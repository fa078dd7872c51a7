// What changes with the iterations; a press on a curve goes to the frame under it.

const CURVES = [
  ["area", "Area", "px with u ≥ ½", (value) => `${Math.round(value)} px`],
  ["solidity", "Solidity", "area over hull; 1 is convex", (value) => decimal(value, 3)],
  ["chord", "Chord violation", "the largest, 0 to 1", (value) => decimal(value, 3)],
  ["dented_share", "Dented", "share of the pixels", (value) => percent(value)],
  ["residual", "Residual", "0: contours run along T", (value) => decimal(value, 3)],
  ["dice", "Dice", "with the mask before noise", (value) => decimal(value, 3)],
];
const FULL = ["solidity", "dice"]; // their axes end at 1

function createCurves() {
  const curves = CURVES.map(([key, title, about, text]) => {
    const curve = createCurve({ label: `${title} over the run`, act });
    const node = h("div", { class: "sh-curvebox" }, h("h2", {}, h("span", { text: title }), h("small", { text: about })), curve.root);
    return { key, title, text, curve, root: node };
  });
  const node = h("div", { class: "sh-curves" }, ...curves.map((entry) => entry.root));
  let drawn = "";

  function redraw(run) {
    const count = run.frames.length;
    for (const { key, title, text, curve, root: box } of curves) {
      const values = Array.from({ length: count }, (_, i) => run.frames[i]?.numbers[key] ?? null);
      const known = values.filter(isNumber);
      box.hidden = count > 0 && !known.length;
      const full = FULL.includes(key),
        most = Math.max(0, ...known);
      curve.set(values, run.last, full ? 1 : 1.08 * most, () => (full ? "1" : most > 0 ? `up to ${text(most)}` : ""));
      curve.ends(`${run.meta.symbol} 0`, run.ended ? `${run.frames.at(-1)?.t ?? ""}` : "");
      curve.describe(known.length ? `from ${text(known[0])} to ${text(known.at(-1))}` : "no values yet");
    }
  }

  function draw() {
    const { run, index } = state;
    if (!run?.meta) return;
    const key = `${run.id} ${Object.keys(run.frames).length} ${run.ended}`;
    if (key !== drawn) redraw(run);
    drawn = key;
    for (const { text, curve } of curves) curve.cursor(index, text);
  }
  return { root: node, draw };
}
