// The mean of the label channel on its way from noise to a level: t from 1 to 0, a line for every class.

const KEY = "Dark: the chosen column. Faint: the others. Lines: the levels.";

function createChart() {
  const levels = svg("g", {}),
    others = svg("g", {}),
    path = svg("path", { class: "lb-path" }),
    dots = svg("g", {}),
    times = ["t = 1: noise", "t = 0: label"].map((text, i) => svg("text", { text, "text-anchor": i ? "end" : "start" }));
  const plot = svg("svg", { class: "lb-chart", role: "img" }, levels, others, path, dots, ...times);
  const title = h("h2", { text: "Mean of the label channel" });
  const root = h("div", { class: "lb-panel" }, title, plot, h("p", { class: "lb-hint", text: KEY }));
  const top = 8,
    bottom = 24,
    left = 8;
  let width = 420,
    height = 260;

  new ResizeObserver(([entry]) => {
    if (!entry.contentRect.width) return;
    ({ width, height } = entry.contentRect);
    touch();
  }).observe(plot);

  function draw() {
    const { offer, columns } = state;
    const chosen = shownColumn();
    const longest = Math.max(...offer.classes.map((name) => name.length));
    const right = 14 + 6.4 * longest;
    const reach = offer.levels.at(-1) + spacing() * 0.8;
    const x = (t) => left + (width - left - right) * (1 - t);
    const y = (mean) => top + ((height - top - bottom) * (reach - clamp(mean, -reach, reach))) / (2 * reach);
    const line = (found) => `M${found.path.map(([t, mean]) => `${x(t).toFixed(1)} ${y(mean).toFixed(1)}`).join("L")}`;

    plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
    levels.replaceChildren(
      ...offer.levels.flatMap((level, i) => {
        const on = chosen?.nearest === i ? " lb-on" : "";
        const name = svg("text", { class: `lb-name${on}`, text: offer.classes[i], x: width - right + 8, y: y(level) + 4 });
        return [svg("path", { class: `lb-level${on}`, d: `M${left} ${y(level)}H${width - right}` }), name];
      }),
    );
    others.replaceChildren(
      ...columns.filter((found) => found !== chosen).map((found) => svg("path", { class: "lb-behind", d: line(found) })),
    );
    path.setAttribute("d", chosen ? line(chosen) : "");
    const radius = chosen?.steps > 10 ? 2 : 3;
    dots.replaceChildren(
      ...(chosen?.path ?? []).map(([t, mean]) => svg("circle", { cx: x(t), cy: y(mean), r: radius })),
    );
    times.forEach((text, i) => {
      text.setAttribute("x", i ? width - right : left);
      text.setAttribute("y", height - 6);
    });
    const end = chosen?.path.at(-1)[1];
    const told = chosen
      ? `in ${stepsText(chosen.steps)} from ${signedText(chosen.path[0][1])} to ${signedText(end)}, read as ${className(chosen.nearest)}`
      : "no run yet; the lines are the levels of the classes";
    plot.setAttribute("aria-label", `Mean of the label channel against t: ${told}.`);
  }
  return { root, draw };
}
