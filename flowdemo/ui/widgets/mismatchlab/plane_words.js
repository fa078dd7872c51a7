// What the state says, in sentences that hold for it and for no more.

const lengthText = (value) => (value < 0.0995 ? fixed(value, 3) : fixed(value, value < 10 ? 2 : 1));

// Which points the field averages over at this t, and what a small disagreement therefore says.
function questionText() {
  const width = bandwidth(state.t);
  const head = `At t = ${fixed(state.t)} the field averages normal points over about ${lengthText(width)} units`;
  if (width > 4) return `${head}, most of the set: it asks “is it near the average?”`;
  if (width > 2 * gap()) return `${head}, a part of the set: ${width < 0.6 ? "it asks “is it on the manifold?”" : "between the average and the manifold."}`;
  return `${head}; neighbours are ${lengthText(gap())} apart. It begins to know single points by heart, and unseen normal points disagree too.`;
}

const targetText = () => `Target at ${fixed(state.target[0])}, ${fixed(state.target[1])}: score ${scaled(score())}.`;
const tellTarget = () => say(targetText());

// The target among normal points that the field has not seen.
function verdictText() {
  const normal = freshScores();
  if (!normal) return `Score H = ${scaled(score())}. Scoring unseen normal points …`;
  const mine = score();
  const below = normal.filter((value) => value < mine).length;
  return `Score H = ${scaled(mine)}, above ${below} of ${normal.length} unseen normal points with the same seeds (their median is ${scaled(normal[normal.length >> 1])}).`;
}

function createReadout() {
  const rows = Object.entries(RULES).map(([, { name, about }]) => [name, about]);
  const table = createTable("Over the paths to the target, in squared units of the plane per squared unit of time", ["", "δ at t", "w δ at t", "score H"], rows); // prettier-ignore
  function draw() {
    const now = Float64Array.from(chords().paths, (path) => path.delta);
    Object.keys(RULES).forEach((rule, i) => {
      const delta = aggregate(now, 0, now.length, rule);
      const values = [delta, WEIGHTS[state.weight].of(state.t) * delta, score(rule)];
      values.forEach((value, column) => setText(table.cells[i][column], scaled(value)));
      table.names[i].parentElement.classList.toggle("fl-mine", rule === state.rule);
    });
  }
  return { root: h("div", { class: "fl-readout" }, table.root), draw };
}
