// Numbers under the plane, without the term and with it, side by side.

const PATHS = 600; // of the census
const CHUNK = 30; // paths between two chances for the page to respond
const REST = 180; // milliseconds without a change before many paths are computed

const whenText = (time) => (time === null ? "never" : Number.isFinite(time) ? fixed(time) : "most never");

function createDescentReadout() {
  const one = createTable("", ["", "η = 0", "η"], [
    ["closest to a wrong code", "Smallest distance of the path to the code of another class, until it arrives"],
    ["time to r < 0.05", "At t = 0 the squared error alone shortens the distance by a factor e in one unit of time"],
    ["time in wrong cells", "Time until arrival in which the prediction is read as another class, and its share"],
  ]); // prettier-ignore
  const many = createTable("", ["", "η = 0", "η"], [
    ["closest to a wrong code, median", "Smallest distance of a path to the code of another class"],
    ["time to r < 0.05, median", "Paths that never arrive count as the latest"],
    ["time in wrong cells, median", "Time until arrival in which a prediction is read as another class"],
    ["enter another wrong cell", "Paths that come into the cell of a wrong code other than the cell they start in"],
  ]); // prettier-ignore
  const root = h("div", { class: "fl-readout" }, one.root, many.root);
  const fill = (table, row, values) => values.forEach((value, i) => setText(table.cells[row][i], value));

  function drawOne() {
    const chosen = chosenStart();
    const known = chosen >= 0;
    const name = state.starts.length > 1 ? `Start ${String.fromCharCode(97 + Math.max(chosen, 0))}` : "The start";
    const [x, y] = state.starts[chosen] ?? [];
    setText(one.root.caption, known ? `${name} at ${fixed(x)}, ${fixed(y)}` : "No start yet: press in the plane");
    const found = [0, state.eta].map((eta) => known && measure(targetPaths(eta)[chosen], state.codes, state.target));
    fill(one, 0, found.map((m) => (m ? `${fixed(m.closest.distance)} (code ${m.closest.code})` : NONE))); // prettier-ignore
    fill(one, 1, found.map((m) => (m ? whenText(m.time) : NONE)));
    fill(one, 2, found.map((m) => (m ? `${fixed(m.wrong)} (${percent(m.whole ? m.wrong / m.whole : 0)})` : NONE)));
  }

  let late = null;
  let shown = "";
  function drawMany() {
    const key = JSON.stringify([law(), state.target, state.t, state.eta]);
    if (key === shown) return;
    shown = key;
    clearTimeout(late);
    many.root.classList.add("fl-pending");
    late = setTimeout(() => {
      const starts = aimedStarts(state.codes, state.target);
      const found = [0, state.eta].map((eta) => clearance(starts, state.codes, state.target, createForce(well(), state.target, eta, state.t)));
      const n = starts.length;
      setText(many.root.caption, n ? `${n} starts whose straight way passes a wrong code closer than 0.12` : "No straight way passes a wrong code closer than 0.12");
      fill(many, 0, found.map((m) => fixed(m.closest)));
      fill(many, 1, found.map((m) => (n ? whenText(m.time) : NONE)));
      fill(many, 2, found.map((m) => fixed(m.wrong)));
      fill(many, 3, found.map((m) => (n ? percent(m.entered / n) : NONE)));
      many.root.classList.remove("fl-pending");
    }, REST);
  }

  function draw() {
    for (const table of [one, many]) setText(table.columns[2], `η = ${fixed(state.eta)}`);
    drawOne();
    drawMany();
  }
  return { root, draw };
}

function createCensusReadout() {
  const rows = Array.from({ length: MOST_CODES }, (_, k) => [`class ${k}`, ""]);
  const unclear = ["0.1 or more from all", "Paths whose end is that far from every code: no clear answer yet"];
  const table = createTable("", ["", "asked for", "η = 0", "η"], [unclear, ...rows]);
  table.names.slice(1).forEach((name, k) => name.prepend(h("i", { class: `fl-dot fl-k${k}` })));
  const cost = h("p", { class: "fl-note fl-cost" });
  const root = h("div", { class: "fl-readout" }, table.root, cost);
  const starts = normals(PATHS);
  let [shown, timer, results] = ["", null, null];

  function fill() {
    table.names.slice(1).forEach((name, k) => name.parentElement.classList.toggle("fl-away", k >= state.codes.length));
    const asked = prior();
    table.cells.slice(1).forEach((cells, k) => {
      setText(cells[0], percent(asked[k] ?? 0));
      [1, 2].forEach((i) => setText(cells[i], results ? percent(results[i - 1].shares[k] ?? 0) : "…"));
    });
    const far = table.cells[0];
    setText(far[0], NONE);
    [1, 2].forEach((i) => setText(far[i], results ? percent(results[i - 1].far) : "…"));
    if (results) setText(cost, costText(asked, results));
  }

  // With the term and without it, in turns; a change of the state begins anew.
  function work(made) {
    const busy = made.find((census) => census.done < PATHS);
    if (busy) busy.advance(CHUNK);
    if (busy) return (timer = setTimeout(() => work(made), 0));
    results = made.map((census) => census.result());
    table.root.classList.remove("fl-pending");
    fill();
  }

  function entitle() {
    setText(table.columns[3], `η = ${fixed(state.eta)}`);
    setText(table.root.caption, `${PATHS} paths read after ${plural(state.steps, "Euler step")} (standard error at most 2 points)`);
  }

  function draw() {
    const key = JSON.stringify([law(), prior(), state.eta, state.steps]);
    if (key === shown) return;
    if (results?.[0].shares.length !== state.codes.length) results = null;
    shown = key;
    clearTimeout(timer);
    table.root.classList.add("fl-pending");
    fill();
    const begin = () => work([0, state.eta].map((eta) => createCensus(createPredictor(well(), prior(), eta), state.codes, starts, state.steps)));
    timer = setTimeout(begin, REST);
  }
  return { root, entitle, draw, results: () => (table.root.classList.contains("fl-pending") ? null : results) };
}

const CHANCE = 5; // points of difference that the choice of the paths alone can make

// How far what comes out is from what was asked for: half the sum of the differences.
function costText(asked, [plain, bent]) {
  const off = ({ shares }) => 50 * shares.reduce((sum, share, k) => sum + Math.abs(share - asked[k]), 0);
  const [without, withTerm] = [off(plain), off(bent)];
  const words = `Percentage points read as another class than asked for: ${fixed(without, 1)} with η = 0`;
  if (!state.eta) return `${words}.`;
  const verdict =
    withTerm > without + CHANCE
      ? "the reshaped flow does not transport to these shares"
      : "here the difference is within chance, but the reshaped flow promises no shares";
  return `${words}, ${fixed(withTerm, 1)} with the term: ${verdict}.`;
}
