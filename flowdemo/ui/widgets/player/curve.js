// Charts over the steps, drawn in screen pixels so that text keeps its size; a press goes to the step under it.

const CHART = { height: 132, left: 4, right: 6, top: 22, bottom: 20 };

// What such charts share: the ground, the line at the current step, the ends of the axis. `layout` draws the rest
// anew; `below` and `above` are the marks behind and before that line.
function createAxes({ label, box = CHART, inset = 0, act, layout }, below, above) {
  const ground = svg("path", { class: "fd-frame" });
  const hair = svg("line", { class: "fd-hair", y1: box.top - 6 });
  const from = svg("text", { x: box.left }),
    to = svg("text", { "text-anchor": "end" });
  const root = svg("svg", { class: "fd-chart", role: "img", "aria-label": `${label}: no values yet` }, ground, ...below, hair, ...above, from, to);
  const axes = { root, width: 300, last: 1, x, draw, mark, ends, describe, floor: () => box.height - box.bottom };
  const span = () => axes.width - box.left - box.right - 2 * inset;
  function x(i) {
    return box.left + inset + (span() * i) / Math.max(axes.last, 1);
  }

  function draw() {
    const right = axes.width - box.right;
    root.setAttribute("viewBox", `0 0 ${axes.width} ${box.height}`);
    ground.setAttribute("d", `M${box.left} ${axes.floor()}H${right}`);
    to.setAttribute("x", right);
    for (const text of [from, to]) text.setAttribute("y", box.height - 5);
    hair.setAttribute("y2", axes.floor());
    layout();
  }

  function mark(at) {
    for (const name of ["x1", "x2"]) hair.setAttribute(name, x(at));
  }

  function ends(start, end) {
    setText(from, start);
    setText(to, end);
  }

  function describe(text) {
    root.setAttribute("aria-label", `${label}: ${text}`);
  }

  new ResizeObserver(([entry]) => {
    if (!entry.contentRect.width) return;
    axes.width = entry.contentRect.width;
    draw();
  }).observe(root);
  root.addEventListener("pointerdown", (event) => {
    const place = event.clientX - root.getBoundingClientRect().left;
    act.scrub(Math.round(((place - box.left - inset) / span()) * axes.last));
  });
  return axes;
}

// A curve (or bars) over the steps with a mark at the current one.
function createCurve({ label, bars, act }) {
  const line = svg("path", { class: bars ? "fd-bars" : "fd-curve" });
  const area = svg("path", { class: "fd-under" });
  const dot = svg("circle", { class: "fd-dot", r: 4 });
  const now = svg("text", { class: "fd-now", "text-anchor": "end", y: 11 });
  const high = svg("text", { x: CHART.left, y: 11 });
  const inset = bars ? 8 : 0; // room for half of the first and last bar
  const axes = createAxes({ label, inset, act, layout }, [area], [line, dot, now, high]);
  const { x } = axes;
  const floor = axes.floor();
  let values = [],
    ceiling = 1,
    at = 0;
  const y = (value) => floor - (floor - CHART.top) * clamp(value / ceiling, 0, 1);

  function layout() {
    now.setAttribute("x", axes.width - CHART.right);
    const known = values.map((value, i) => [i, value]).filter(([, value]) => isNumber(value));
    const points = known.map(([i, value]) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
    if (bars) {
      line.setAttribute(
        "d",
        known.map(([i, value]) => `M${x(i).toFixed(1)} ${floor}V${y(value).toFixed(1)}`).join(""),
      );
      const room = axes.width - CHART.left - CHART.right - 2 * inset;
      line.setAttribute("stroke-width", clamp((0.7 * room) / Math.max(axes.last, 1), 1, 14));
    } else {
      line.setAttribute("d", points.length ? `M${points.join("L")}` : "");
      const [first, final] = [known[0], known.at(-1)];
      area.setAttribute(
        "d",
        points.length > 1 ? `M${points.join("L")}L${x(final[0])} ${floor}L${x(first[0])} ${floor}Z` : "",
      );
    }
    mark();
  }

  function mark() {
    const known = isNumber(values[at]);
    axes.mark(at);
    dot.style.display = known && !bars ? "" : "none";
    if (!known) return;
    dot.setAttribute("cx", x(at));
    dot.setAttribute("cy", y(values[at]));
  }

  function set(given, steps, most, unit) {
    [values, axes.last, ceiling] = [given, steps, most || 1];
    setText(high, unit(ceiling));
    axes.draw();
  }

  function cursor(index, text) {
    at = index;
    setText(now, isNumber(values[at]) ? text(values[at]) : "");
    mark();
  }

  return { root: axes.root, set, cursor, ends: axes.ends, describe: axes.describe };
}

function createCard(title, ...content) {
  const heading = h("h3", { text: title }),
    text = h("p");
  return { heading, text, root: h("div", { class: "fd-card" }, heading, text, ...content) };
}
