// Small explanations under the player, and the numbers of the frame beside the picture.

function createNumbers(state) {
  const rows = createRows([
    ["t", "t", "Time of the flow, in the system's own orientation."],
    ["speed", "mean |v|", speedWords(null)],
    ["changed", "changed", "Share of pixels whose class differs from the frame before."],
    ["evaluations", "evaluations", "Network calls so far."],
    ["step", "this step", "Time this step took."],
    ["seconds", "since Run", "Time since Run was pressed."],
  ]);
  const root = h("div", { class: "fd-numbers" }, h("h3", { text: "This frame" }), rows.root);
  function draw() {
    const { run, index } = state;
    const frame = run?.frames[index];
    if (!run?.meta || !frame) return;
    const { mean_speed, changed, step_seconds } = frame.numbers;
    rows.explain("speed", speedWords(run));
    rows.show("changed", !run.global);
    rows.set("t", decimal(frame.t, timeDigits(run.meta)));
    rows.set("speed", significant(mean_speed));
    rows.set("changed", isNumber(changed) ? `${percent(changed)} of pixels` : NONE);
    rows.set("evaluations", isNumber(frame.evaluations) ? String(frame.evaluations) : NONE);
    rows.set("step", duration(step_seconds));
    rows.set("seconds", duration(frame.seconds));
  }
  return { root, draw };
}

// The value of each frame: from the curves at the end, from the frames until then.
function series(run, key, number) {
  const curve = run.end?.curves?.[key];
  if (Array.isArray(curve) && curve.length) {
    const start = run.last - curve.length + 1; // a curve over steps has no value at the start
    return Array.from({ length: run.last + 1 }, (_, i) => curve[i - Math.max(start, 0)] ?? null);
  }
  return number ? Array.from({ length: run.newest + 1 }, (_, i) => run.frames[i]?.numbers[number] ?? null) : [];
}

const largest = (values) => Math.max(0, ...values.filter(isNumber));

function createExplanations(state, act) {
  const speed = createCurve({ label: "Mean speed over the run", act });
  const settled = createCurve({ label: "Settling over the run", act });
  const changed = createCurve({ label: "Share of pixels that changed class in each step", bars: true, act });
  const straight = createCard("How straight", speed.root);
  const settling = createCard("When pixels settle", settled.root);
  const changes = createCard("What each step changes", changed.root);
  const means = createMeans(state, act);
  const levels = createCard("Mean of the label channel through t", means.root);
  const wall = createWall(state, act);
  const cards = [straight, levels, settling, changes, wall].map((card) => card.root);
  const root = h("div", { class: "fd-below" }, ...cards);
  levels.root.classList.add("fd-wide");
  let drawn = "";

  function redraw(run) {
    const { start = 0, end = 1 } = run.meta.time ?? {};
    const cut = run.last < run.meta.frames - 1;
    for (const curve of [speed, settled, changed, means]) {
      curve.ends(timeText(run.meta, start), timeText(run.meta, cut ? run.frames[run.last]?.t : end));
    }
    const speeds = series(run, "speed", "mean_speed");
    speed.set(speeds, run.last, 1.08 * largest(speeds), (most) => `mean |v|, up to ${significant(most / 1.08)}`);
    const shares = series(run, "settled", null);
    settled.set(shares, run.last, 1, () => "100 %");
    const steps = series(run, "changed", "changed");
    changed.set(steps, run.last, 1.08 * largest(steps), (most) => `up to ${percent(most / 1.08)}`);
    describe(run, speeds, shares, steps);
    if (!run.levels.length) return;
    setText(levels.text, meansWords(run));
    means.set(run);
  }

  function describe(run, speeds, shares, steps) {
    const sentence = pathWords(run);
    setText(straight.text, sentence);
    speed.describe(`${sentence} Highest mean speed ${significant(largest(speeds))}.`);
    const words = settlingWords(run);
    setText(settling.heading, words.heading);
    setText(settling.text, run.end || !shares.length ? words.text : "");
    settled.describe(settlingSpoken(run, shares));
    setText(changes.text, "Share of pixels that get another class.");
    changed.describe(`most change, ${percent(largest(steps))}, in one step.`);
  }

  function arrange(run) {
    const many = run.meta.samples > 1;
    levels.root.hidden = !run.levels.length;
    settling.root.hidden = run.global ? !many : !hasClasses(run);
    changes.root.hidden = many || !hasClasses(run);
    wall.root.hidden = !many;
    wall.root.classList.toggle("fd-wide", run.global);
  }

  function draw() {
    const run = state.run;
    if (!run?.meta) return;
    const key = `${run.id} ${run.arrived} ${Boolean(run.end)} ${run.global && state.sample}`;
    if (key !== drawn) redraw(run);
    drawn = key;
    arrange(run);
    speed.cursor(state.index, significant);
    settled.cursor(state.index, percent);
    changed.cursor(state.index, percent);
    if (run.levels.length) means.cursor();
    if (run.meta.samples > 1) wall.draw(run);
  }

  return { root, draw };
}
