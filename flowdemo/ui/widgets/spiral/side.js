// The chosen point: which of them, where its label starts, and what comes of it.

function createSide() {
  const chart = createChart();
  const heading = h("h3");
  const chips = Array.from({ length: MOST_POINTS }, (_, i) =>
    h("button", {
      type: "button",
      class: "sp-chip",
      text: String(i + 1),
      "aria-label": `Point ${i + 1}`,
      onclick: () => act.choose(i),
    }),
  );
  const drop = h("button", {
    type: "button",
    class: "sp-chip",
    text: "+",
    "aria-label": "Drop a point",
    title: "Drop a point (Enter)",
    onclick: dropByKey,
  });
  const more = h("span", { class: "sp-more", text: "or press in the picture" });
  const quiet = (text, title, onclick) => h("button", { type: "button", class: "sp-quiet", text, title, onclick });
  const remove = quiet("Delete", "Delete this point (Delete)", act.remove);
  const reset = quiet("Reset", "Delete all points", act.reset);
  const range = h("input", {
    type: "range",
    class: "sp-range",
    min: -LABEL_LIMIT,
    max: LABEL_LIMIT,
    step: 0.01,
    value: 0,
    "aria-label": "Label start",
    oninput: () => act.labelOf(Number(range.value)),
    onchange: tellPoint,
  });
  const value = h("b");
  const redraw = quiet("New draw", "Another start from the next seed (R)", act.redraw);
  const rows = createRows();
  const hint = h("p", {
    class: "sp-hint",
    text: "Press in the picture to drop a point. Its label is drawn here against t; faint lines are the cloud's.",
  });
  const details = h(
    "div",
    { class: "sp-details" },
    h("div", { class: "sp-line" }, h("span", { text: "Label starts at" }), value, redraw),
    range,
    rows.root,
  );
  const root = h(
    "div",
    { class: "sp-side" },
    h("div", { class: "sp-line" }, heading, h("span", { class: "sp-actions" }, remove, reset)),
    h("div", { class: "sp-chips", role: "group", "aria-label": "Points" }, ...chips, drop, more),
    chart.root,
    chart.key,
    h("div", { class: "sp-below" }, details, hint),
  );

  function drawChips() {
    const count = state.points.length;
    setText(heading, chosenPoint() ? `Point ${state.chosen + 1}` : count ? "No point chosen" : "No point yet");
    chips.forEach((chip, i) => {
      chip.hidden = i >= count;
      chip.setAttribute("aria-pressed", String(i === state.chosen));
    });
    more.hidden = count > 3;
    drop.disabled = count >= MOST_POINTS;
    remove.disabled = !chosenPoint();
    reset.disabled = !count;
  }

  function draw(colours) {
    drawChips();
    chart.draw(colours);
    const point = chosenPoint();
    details.classList.toggle("sp-away", !point);
    hint.hidden = Boolean(point);
    for (const control of [range, redraw]) control.disabled = !point;
    if (!point) return;
    setText(value, signedText(point.label));
    if (Number(range.value) !== point.label) range.value = String(point.label);
    range.style.setProperty("--at", (point.label + LABEL_LIMIT) / (2 * LABEL_LIMIT));
    range.setAttribute("aria-valuetext", `${signedText(point.label)}, ${point.by}`);
    rows.draw(point, colours);
  }

  return { root, draw };
}

// Name and value in a row; the meaning is in the title.
function createRows() {
  const made = [
    ["start", "place", "Where the point starts, in units of the data (the arms have radius 1)."],
    ["by", "label start", "Where the label's starting value comes from."],
    ["read", "", "Label at the end of the chosen number of Euler steps; its sign is the class."],
    ["fine", `${FINE} steps`, "The same with so many steps that the path is all but exact."],
    ["end", "ends at", "Where the point itself ends."],
    ["gap", "off by", `Distance of that end from the end of the path in ${FINE} steps, in units of the data.`],
  ].map(([key, name, title]) => {
    const dot = h("i"),
      text = h("span"),
      term = h("dt", { text: name, title });
    return [key, { term, dot, text, nodes: [term, h("dd", {}, dot, text)] }];
  });
  const rows = Object.fromEntries(made);
  const root = h("dl", { class: "sp-rows" }, ...made.flatMap(([, row]) => row.nodes));

  function outcome(row, end, colours) {
    const reading = state.direction === CLASSIFY;
    row.dot.hidden = !reading;
    if (reading) row.dot.style.background = colours.css[classOf(end[2])];
    setText(row.text, reading ? `${classText(end[2])} (${signedText(end[2])})` : placeText(end[0], end[1]));
  }

  function draw(point, colours) {
    const [end, exact] = [endsOf(pointRun(point)), endsOf(pointRun(point, FINE))];
    const reading = state.direction === CLASSIFY;
    setText(rows.start.text, placeText(point.x, point.y));
    setText(rows.by.text, point.by);
    for (const key of ["start", "by", "end", "gap"]) rows[key].dot.hidden = true;
    setText(rows.read.term, reading ? `${stepsText(state.steps)}: read as` : stepsText(state.steps));
    setText(rows.fine.term, reading ? `${FINE} steps: read as` : `${FINE} steps`);
    outcome(rows.read, end, colours);
    outcome(rows.fine, exact, colours);
    setText(rows.end.term, reading ? "point ends at" : "its label");
    setText(rows.end.text, reading ? placeText(end[0], end[1]) : signedText(end[2]));
    setText(rows.gap.text, numberText(Math.hypot(end[0] - exact[0], end[1] - exact[1])));
  }

  return { root, draw };
}
