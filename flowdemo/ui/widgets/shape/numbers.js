// The numbers of the shown frame beside those of the start.

function createNumbers() {
  const rows = NUMBERS.map(([, text, title]) => [text, title]);
  const table = createTable("This frame", ["", "start", "shown"], rows);
  const step = h("p", { class: "fl-note sh-step" });
  const node = h("div", { class: "sh-numbers" }, table.root, step);

  function draw() {
    const { run } = state,
      frame = shownFrame(),
      start = startFrame();
    NUMBERS.forEach(([key, , , text], i) => {
      const [before, after] = table.cells[i];
      const known = (at) => (isNumber(at?.numbers[key]) ? text(at.numbers[key]) : NONE);
      setText(before, known(start));
      setText(after, known(frame));
      before.parentElement.hidden = Boolean(frame) && !isNumber(frame.numbers[key]);
    });
    setText(step, frame ? stepText(run, frame) : "");
  }

  function stepText({ meta, end }, frame) {
    const all = end ? ` of ${duration(end.seconds)}` : "";
    return `${meta.label}: ${meta.symbol} ${frame.t}, ${duration(frame.seconds)}${all}.`;
  }
  return { root: node, draw };
}
