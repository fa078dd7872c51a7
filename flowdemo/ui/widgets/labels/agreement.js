// The start of the label is noise: do eight of them lead to the same answer?

function createAgreement() {
  const go = h("button", { type: "button", class: "lb-plain", text: "Try 8 seeds", onclick: act.tryEight });
  const said = h("p", { role: "status" });
  const chips = h("div", { class: "lb-chips" });
  const root = h("div", { class: "lb-agreement" }, go, h("div", {}, said, chips));

  function counted({ nearest }) {
    const counts = new Map();
    for (const index of nearest) counts.set(index, (counts.get(index) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1])[0];
  }

  function draw() {
    const found = state.agreement;
    const steps = shownColumn()?.steps ?? LADDER[LADDER.length - 1];
    const waiting = state.job?.task === SEEDS;
    go.disabled = Boolean(state.job) || !state.source;
    chips.hidden = !found;
    if (!found)
      return setText(said, waiting ? "Reading it from 8 start noises …" : `One run of ${stepsText(steps)} from each of 8 start noises: do they agree?`);
    const [winner, count] = counted(found);
    const all = found.nearest.length;
    setText(said, `${count} of ${all} read ${className(winner)} in ${stepsText(found.steps)}.`);
    chips.replaceChildren(
      ...found.nearest.map((index, k) =>
        h("span", {
          class: index === winner ? "lb-chip" : "lb-chip lb-other",
          text: className(index),
          title: `Seed ${found.seed + k}: mean ${signedText(found.means[k])}`,
        }),
      ),
    );
  }
  return { root, draw };
}
