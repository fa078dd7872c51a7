// The row of pictures: the runs, where the chosen two differ, and the ground truth where there is one.

const OPACITY = 0.6; // of class colours over the picture
const DIM = 0.2; // of the class colour where two runs agree

function createStage() {
  const grid = h("div", { class: "cp-grid" });
  const caption = h("p", { class: "cp-caption", "aria-live": "off" });
  const frame = h("div", { class: "cp-stage" }, grid, caption);
  const table = new Uint32Array(256);
  const tables = { dim: new Uint32Array(256) };
  let runs = [],
    difference = null,
    truth = null,
    accent = 0;

  function arrange() {
    const count = Math.max(state.runs.length, 2);
    runs = Array.from({ length: count }, (_, k) => createPane("run", LETTERS[k]));
    difference = createPane("difference", "difference");
    truth = state.head?.panes[0].truth ? createPane("truth", "truth") : null;
    if (count > 2) runs.forEach(choosable);
    const all = [...runs, difference, ...(truth ? [truth] : [])];
    grid.dataset.count = String(all.length);
    grid.replaceChildren(...all.map((pane) => pane.root));
    const [width, height] = state.runs[0]?.meta.size ?? [4, 3];
    grid.style.setProperty("--ratio", String(width / height));
  }

  // Of more than two runs, two are compared; a press on a heading chooses its run.
  function choosable(pane, k) {
    const button = h("button", { type: "button", class: "cp-choose", onclick: () => act.choose(k) });
    button.append(...pane.head.childNodes);
    pane.head.append(button);
    pane.button = button;
  }

  function draw() {
    accent = accentWord();
    runs.forEach(drawRun);
    drawDifference();
    if (truth) drawTruth();
    const place = state.hover ?? state.cursor;
    for (const pane of [...runs, difference, truth]) pane?.place(place);
    setText(caption, captionText(place));
  }

  function captionText(place) {
    if (!place || !state.runs.length) {
      const view = VIEWS.find(([key]) => key === state.view);
      return state.runs.length ? `${view[2]} Point at a picture to read its classes.` : "";
    }
    const size = gridSize();
    const at = size && [Math.floor(place.x * size[0]), Math.floor(place.y * size[1])];
    const read = readingAt(place).map(({ letter, name }) => `${letter}: ${name}`);
    return `${at ? `Pixel ${at[0]}, ${at[1]} · ` : ""}${read.join(" · ")}`;
  }

  function mapOf(map, palette, alpha) {
    classTable(table, palette, null, Math.round(255 * alpha), 0);
    return { width: map.width, height: map.height, fill: (words) => colour(words, map.values) };
  }

  function colour(words, values) {
    for (let i = 0; i < words.length; i++) words[i] = table[values[i]];
  }

  function drawRun(pane, k) {
    const run = state.runs[k],
      full = fullOf(k);
    const chosen = state.pair.includes(k);
    pane.root.classList.toggle("cp-chosen", state.runs.length > 2 && chosen);
    pane.button?.setAttribute("aria-pressed", String(chosen));
    pane.root.classList.toggle("cp-waits", Boolean(run) && !reaches(k));
    pane.tell(runWords(k));
    const palette = run?.palette;
    const alpha = state.view === "overlay" ? OPACITY : 1;
    const classes = classesOf(k);
    const map = classes && state.view !== "state" ? mapOf(classes, palette, alpha) : null;
    const given = full && !classes ? state.input : null; // a model of one step that has not answered
    const picture = { classes: given, overlay: state.input, state: full?.bitmap }[state.view];
    pane.draw(full ? picture : null, map, state.view === "state" && run?.pair);
  }

  function drawDifference() {
    const maps = mapsAt(state.at);
    difference.tell(differenceWords());
    if (!maps) return difference.draw(null, null);
    const [one, other] = maps;
    classTable(tables.dim, state.runs[state.pair[0]].palette, null, Math.round(255 * DIM), 0);
    difference.draw(null, {
      width: one.width,
      height: one.height,
      fill(words) {
        for (let i = 0; i < words.length; i++) {
          const index = one.values[i];
          words[i] = index === other.values[i] ? tables.dim[index] : accent;
        }
      },
    });
  }

  function drawTruth() {
    const map = state.truths[0];
    truth.tell({ title: "Ground truth", line: "as given" });
    if (!map) return;
    const alpha = state.view === "overlay" ? OPACITY : 1;
    const picture = state.view === "classes" ? null : state.input;
    truth.draw(picture, state.view === "state" ? null : mapOf(map, state.runs[0].palette, alpha));
    if (state.view === "state") truth.tell({ title: "Picture", line: "what was given"});
  }

  function accentWord() {
    const parts = getComputedStyle(grid).getPropertyValue("--_difference").trim();
    const hex = /^#([0-9a-f]{6})$/i.exec(parts)?.[1] ?? "0f6b5c";
    return pack(...[0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  }

  return { root: frame, arrange, draw };
}

// Heading and lines of one run.
function runWords(k) {
  const pane = state.head?.panes[k],
    run = state.runs[k],
    end = state.told[k]?.end;
  if (!pane) return { letter: LETTERS[k], title: "", nothing: k ? "" : "Press Compare, or pick an example." };
  const words = { letter: LETTERS[k], title: pane.name, more: pane.settings, line: "" };
  const index = shownIndex(k);
  if (index < 0) {
    words.nothing = end ? (end.message ?? "Not run.") : state.active === k ? "Computing …" : "Waits for its turn.";
    words.line = end?.status === "failed" ? "failed" : NONE;
    return words;
  }
  words.line = stepWords(k, index);
  words.said = `${LETTERS[k]}, ${pane.name}: ${words.line}`;
  return words;
}

function stepWords(k, index) {
  const { steps } = state.runs[k].meta;
  const answered = index ? "answer" : "input, no answer yet";
  const where = state.head.panes[k].one_step ? answered : `step ${index}/${steps}`;
  if (!reaches(k)) return `${where}, ${state.told[k]?.end ? state.told[k].end.status : "computing"}`;
  const score = iouOf(k, index);
  return score === null ? where : `${where} · mIoU ${decimal(score, 3)}`;
}

function differenceWords() {
  const [a, b] = state.pair.map((k) => LETTERS[k]);
  const share = state.runs.length > 1 ? agreementAt(state.at) : null;
  if (!state.runs.length) return { title: "Difference", line: "", more: "" };
  return {
    title: `${a} and ${b} differ`,
    line: isNumber(share) ? `${percent(share)} agree` : NONE,
    more: "colour: another class",
    said: `Difference of ${a} and ${b}`,
  };
}
