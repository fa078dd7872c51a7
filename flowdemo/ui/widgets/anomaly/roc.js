// How well the image score tells defective surfaces from normal ones, over all limits one could set.

const ROC_SIDE = 172,
  ROC_EDGE = 26;

function createRoc() {
  const curve = svg("path", { class: "an-curve" }),
    dot = svg("circle", { class: "an-dot", r: 4.5, visibility: "hidden" });
  const end = ROC_SIDE - 6;
  const frame = svg("path", { class: "an-axis", d: `M${ROC_EDGE} 6V${ROC_SIDE - ROC_EDGE}H${end}` });
  const chance = svg("path", { class: "an-chance", d: `M${ROC_EDGE} ${ROC_SIDE - ROC_EDGE}L${end} 6` });
  const below = svg("text", { x: (ROC_EDGE + end) / 2, y: ROC_SIDE - 8, "text-anchor": "middle", text: "false alarms" });
  const beside = svg("text", { transform: `translate(14 ${(ROC_SIDE - ROC_EDGE + 6) / 2}) rotate(-90)`, "text-anchor": "middle", text: "defects found" });
  const plot = svg("svg", { class: "an-rocplot", viewBox: `0 0 ${ROC_SIDE} ${ROC_SIDE}`, role: "img" }, frame, chance, curve, dot, below, beside);
  const area = h("p", { class: "an-rank" }),
    told = h("p", { class: "an-hint" });
  const node = h("section", { class: "an-panel an-roc", hidden: true }, h("h2", { text: "ROC" }), plot, area, told);

  const x = (share) => ROC_EDGE + share * (ROC_SIDE - ROC_EDGE - 6),
    y = (share) => ROC_SIDE - ROC_EDGE - share * (ROC_SIDE - ROC_EDGE - 6);
  const atLeast = (scores, limit) => scores.filter((score) => score >= limit).length / scores.length;

  function draw() {
    const reference = knownMeta()?.reference,
      score = state.run?.score;
    const points = reference?.valid ? reference.roc : null;
    node.hidden = !points?.length;
    if (node.hidden) return;
    curve.setAttribute("d", `M${points.map(([fpr, tpr]) => `${x(fpr).toFixed(1)} ${y(tpr).toFixed(1)}`).join("L")}`);
    setText(area, `AUROC ${decimal(reference.auroc, 3)}${reference.data ? ` on ${reference.data}` : ""}`);
    const placed = isNumber(score) && reference.defective?.length;
    dot.setAttribute("visibility", placed ? "visible" : "hidden");
    let words = "0.5 is chance, 1 is perfect.";
    if (placed) {
      const alarms = atLeast(reference.scores, score),
        found = atLeast(reference.defective, score);
      dress(dot, { cx: x(alarms), cy: y(found) }, []);
      words += ` With this score as the limit, ${percent(found)} of the defective surfaces are found, at ${percent(alarms)} false alarms.`;
    }
    setText(told, words);
    plot.setAttribute("aria-label", `ROC curve, area ${decimal(reference.auroc, 3)}. ${words}`);
  }
  return { root: node, draw };
}
