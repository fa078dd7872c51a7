// 1 to 25 steps side by side: what each run reads, how near, and what it cost.

function createColumns() {
  const made = LADDER.map((steps) => {
    const title = h("span", { class: "lb-coltitle", text: stepsText(steps) }),
      answer = h("b"),
      near = h("span"),
      cost = h("small");
    const node = h(
      "button",
      { type: "button", class: "lb-column", disabled: true, onclick: () => act.choose(steps) },
      title,
      answer,
      near,
      cost,
    );
    return { steps, node, answer, near, cost };
  });
  const root = h("div", { class: "lb-columns", role: "group", "aria-label": "Results by number of steps" },
    ...made.map(({ node }) => node));

  function draw() {
    const chosen = shownColumn();
    const reading = state.job?.task === READING;
    made.forEach((part, i) => {
      const found = state.columns.find(({ steps }) => steps === part.steps);
      part.node.disabled = !found;
      part.node.classList.toggle("lb-next", reading && i === state.columns.length);
      part.node.setAttribute("aria-pressed", String(Boolean(found) && found === chosen));
      setText(part.answer, found ? className(found.nearest) : NONE);
      part.answer.classList.toggle("lb-word", Boolean(found) && className(found.nearest).length > 2);
      setText(part.near, found ? `${spacingsText(found.distances[found.nearest])} away` : "");
      const calls = found && plural(found.evaluations, "evaluation");
      setText(part.cost, found ? `${calls}, ${duration(found.seconds)}` : "");
    });
  }
  return { root, draw };
}
