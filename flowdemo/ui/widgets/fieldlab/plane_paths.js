// Paths in the picture: descents of a prediction to its target, or flows of a population with their predictions.

function drawStart({ disc, label, toX, toY }, colours, start, index) {
  const held = state.held?.kind === "start" && state.held.index === index;
  disc(start, 6, colours.card, colours.ink, held ? 3 : 1.75);
  if (state.starts.length < 2) return;
  const name = String.fromCharCode(97 + index);
  label(name, toX(start[0]) + (start[0] > 1.05 ? -15 : 15), toY(start[1]), colours.ink);
}

// One class is known: the way without the term is straight, the one with it keeps clear of the wrong codes.
function drawDescents(drawer, colours) {
  const { line, disc, label, toX, toY } = drawer;
  const chosen = chosenStart();
  const straight = targetPaths(0);
  const bent = targetPaths(state.eta);
  state.starts.forEach((start, i) => {
    const strong = i === chosen;
    line(straight[i], { colour: colours.soft, width: 1.5, dash: [2, 4] });
    line(bent[i], { colour: colours.accent, width: strong ? 2.75 : 2, alpha: strong ? 1 : 0.75 });
    const { closest } = measure(bent[i], state.codes, state.target);
    if (closest.at && strong) {
      line([closest.at, state.codes[closest.code]], { colour: colours.ink, width: 1.25, dash: [3, 3] });
      disc(closest.at, 4.5, colours.accent, colours.card, 2);
      const [mx, my] = closest.at.map((value, axis) => (value + state.codes[closest.code][axis]) / 2);
      const aside = closest.distance < 0.3 ? 24 : 0; // a short line would lie under its own number
      if (closest.distance > 0.12) label(fixed(closest.distance), toX(mx), toY(my) - aside, colours.ink);
    }
    drawStart(drawer, colours, start, i);
  });
}

// Nobody knows the class: states solid with a dot at each step, predictions dashed, and both at the chosen t.
function drawFlows(drawer, colours) {
  const { line, disc, diamond } = drawer;
  const chosen = chosenStart();
  const flows = flowPaths(state.eta);
  const plain = flowPaths(0);
  const predict = createPredictor(well(), prior(), state.eta);
  state.starts.forEach((start, i) => {
    const strong = i === chosen;
    line(plain[i].states, { colour: colours.soft, width: 1.5, dash: [2, 4] });
    line(flows[i].predictions, { colour: colours.accent, width: 1.5, dash: [6, 4], alpha: strong ? 1 : 0.7 });
    line(flows[i].states, { colour: colours.ink, width: strong ? 2.5 : 1.75, alpha: strong ? 1 : 0.75 });
    if (state.steps <= 20) for (const at of flows[i].states.slice(1)) disc(at, 2.5, colours.ink, colours.card, 1);
    const now = stateAt(flows[i], state.t);
    const aim = predict(...now, state.t);
    line([now, aim], { colour: colours.accent, width: 1, alpha: 0.5 });
    diamond(aim, 7, colours.accent, colours.card);
    disc(now, 5, colours.ink, colours.card, 2);
    drawStart(drawer, colours, start, i);
  });
}
