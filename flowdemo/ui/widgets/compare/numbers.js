// One card a run: what it was, what it cost, how it scores; and its recipe to keep.

const ROWS = [
  ["now", "mIoU here", "Mean IoU of this frame against the ground truth, of this one picture"],
  ["final", "mIoU at the end", "The same, of the last frame"],
  ["evaluations", "evaluations", "How often the network was asked"],
  ["seconds", "time", "Seconds from the first frame, the input, to the last; loading the model is not in it"],
];

function createNumbers() {
  const root = h("div", { class: "cp-cards" });
  let cards = [];

  function arrange() {
    cards = state.runs.map((_, k) => createCard(k));
    root.replaceChildren(...cards.map((card) => card.root));
  }

  function createCard(k) {
    const rows = createRows(ROWS);
    const save = h("button", {
      type: "button",
      class: "cp-quiet",
      text: "Recipe",
      title: "Settings that reproduce this run, as JSON",
      "aria-label": `Save the recipe of ${LETTERS[k]}`,
      disabled: true,
      onclick: () => keep(k),
    });
    const name = h("span", { class: "cp-name", text: state.head.panes[k].name });
    const head = h("h3", {}, h("b", { class: "cp-letter", text: LETTERS[k] }), name, save);
    const settings = h("p", { class: "cp-note", text: state.head.panes[k].settings });
    return { root: h("div", { class: "cp-card" }, head, settings, rows.root), rows, save };
  }

  async function keep(k) {
    try {
      say(`Saved ${handOverRecipe(await answer(server.recipe(state.runs[k].id)))}.`);
    } catch (error) {
      say(error.message, true);
    }
  }

  function draw() {
    cards.forEach(({ rows, save }, k) => {
      const end = state.told[k]?.end,
        scored = Boolean(state.truths.length);
      for (const key of ["now", "final"]) rows.show(key, scored);
      rows.set("now", decimal(iouAt(k, state.at), 3));
      rows.set("final", decimal(iouOf(k, finalIndex(k)), 3));
      rows.set("evaluations", end && end.status !== "skipped" ? String(end.evaluations) : NONE);
      rows.set("seconds", duration(secondsOf(k)));
      save.disabled = !end || state.runs[k].newest < 0;
    });
  }

  return { root, arrange, draw };
}

// Saved under a harmless name and type whatever the server says, and never opened.
function handOverRecipe(file) {
  const name = String(file.name)
    .replace(/[^\w.+=-]+/g, "_")
    .slice(-120);
  const blob = new Blob([base64Bytes(file.data)], { type: "application/json" });
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return name;
}
