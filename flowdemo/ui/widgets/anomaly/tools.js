// The brush: what it leaves, how wide, how strong; one step back and on.

const BRUSHES = {
  [SCRATCH]: { name: "Scratch", title: "Scratch (S): a thin line", most: 8 },
  [BLOT]: { name: "Blot", title: "Blot (B): a soft spot", most: 64 },
  [PATCH]: { name: "Missing patch", title: "Missing patch (P): flat, the mean of what was there", most: 64 },
};

function createTools() {
  const tools = createChoice(
    "Brush",
    Object.entries(BRUSHES).map(([tool, { name, title }]) => [tool, name, title]),
    () => state.brush.tool,
    (tool) => act.brush({ tool }),
  );
  const tones = createChoice(
    "Tone",
    [["dark", "Dark"], ["bright", "Bright"]],
    () => state.brush.tone,
    (tone) => act.brush({ tone }),
  ); // prettier-ignore
  const size = createRange({
    name: "Size", min: 1, max: () => BRUSHES[state.brush.tool].most, read: sizeNow, write: act.size,
    text: (value) => `${value} px`, title: "[ and ]",
  }); // prettier-ignore
  const strength = createRange({
    name: "Strength", min: 5, max: 100, step: 5, read: () => Math.round(100 * state.brush.strength),
    write: (value) => act.brush({ strength: value / 100 }), text: (value) => `${value} %`,
  }); // prettier-ignore
  const undo = quietButton("Undo", "Ctrl+Z", act.undo),
    redo = quietButton("Redo", "Ctrl+Shift+Z", act.redo),
    reset = quietButton("Reset", "Take away all that is painted", act.reset);
  const steps = h("div", { class: "an-steps" }, undo, redo, reset);
  const help = h("p", { class: "an-hint", id: "an-painthelp",
    text: "Keys: arrows move the brush (with Ctrl by 8 px), Shift paints on the way, space dabs, S B P choose, [ ] size, Ctrl+Z undoes." }); // prettier-ignore
  const node = h(
    "div",
    { class: "an-tools" },
    tools.root,
    h("div", { class: "an-line an-between" }, tones.root, steps),
    h("div", { class: "an-two" }, size.root, strength.root),
    help,
  );

  function draw() {
    for (const part of [tools, tones, size, strength]) part.draw();
    for (const button of tones.root.children) button.disabled = state.brush.tool === PATCH;
    undo.disabled = reset.disabled = !state.strokes.length;
    redo.disabled = !state.undone.length;
  }
  return { root: node, draw };
}
