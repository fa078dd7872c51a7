// How the mean of the label channel goes through t, for every sample of the run, between the levels of the classes.

const MEANS = { ...CHART, height: 226, top: 10, right: 84 };

function createMeans(state, act) {
  const rungs = svg("g"),
    names = svg("g"),
    paths = svg("g"),
    dots = svg("g");
  const label = "Mean of the label channel through t";
  const axes = createAxes({ label, box: MEANS, inset: 6, act, layout }, [rungs, names], [paths, dots]);
  axes.root.style.height = `${MEANS.height}px`;
  let run = null;
  let ladder = null;
  let order = []; // of the samples: the one on the stage last, so that it lies above the others

  const meanAt = (index, sample) => run.sample(index, sample)?.level?.mean;

  function layout() {
    if (!run) return;
    ladder = createLadder(run, MEANS.top, axes.floor() - 2);
    drawRungs(Number.isInteger(run.meta.label) ? run.meta.label : null);
    const { sample: shown } = state;
    order = [...Array(run.meta.samples).keys()].sort((a, b) => (a === shown) - (b === shown));
    const dress = (kind, sample) => (sample === shown ? kind : `${kind} fd-other`);
    paths.replaceChildren(...order.map((k) => svg("path", { class: dress("fd-curve", k), d: pathOf(k) })));
    dots.replaceChildren(...order.map((k) => svg("circle", { class: dress("fd-dot", k), r: k === shown ? 4 : 2.5 })));
    cursor();
  }

  function drawRungs(given) {
    const right = axes.width - MEANS.right;
    const kinds = run.levels.map((_, i) => (i === given ? "fd-given" : ""));
    const heights = run.levels.map(ladder.y);
    rungs.replaceChildren(
      ...heights.map((y, i) => svg("path", { class: `fd-rung ${kinds[i]}`, d: `M${MEANS.left} ${y}H${right}` })),
    );
    names.replaceChildren(
      ...heights.map((y, i) => {
        const text = ladder.named(i, given) ? short(ladder.names[i]) : "";
        return svg("text", { class: kinds[i], x: right + 8, y: y + 4, text });
      }),
    );
  }

  function pathOf(sample) {
    const points = [];
    for (let i = 0; i <= run.newest; i++) {
      const mean = meanAt(i, sample);
      if (isNumber(mean)) points.push(`${axes.x(i).toFixed(1)} ${ladder.y(mean).toFixed(1)}`);
    }
    return points.length ? `M${points.join("L")}` : "";
  }

  function cursor() {
    axes.mark(state.index);
    order.forEach((sample, i) => {
      const mean = meanAt(state.index, sample);
      const dot = dots.children[i];
      dot.style.display = isNumber(mean) ? "" : "none";
      if (!isNumber(mean)) return;
      dot.setAttribute("cx", axes.x(state.index));
      dot.setAttribute("cy", ladder.y(mean));
    });
  }

  function set(now) {
    run = now;
    axes.last = run.last;
    axes.draw();
    const last = run.sample(run.newest, state.sample)?.level;
    const end = last && `${signed(last.mean)}, nearest to ${classWords(ladder.names[last.nearest] ?? NONE)}`;
    axes.describe(end ? `it ends at ${end}.` : "");
  }

  return { root: axes.root, set, cursor, ends: axes.ends };
}
