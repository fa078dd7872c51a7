// Names and numbers, each with one line on what it means.
function createRows(entries) {
  const cells = new Map();
  const root = h(
    "dl",
    { class: "fd-rows" },
    ...entries.flatMap(([key, name, meaning]) => {
      const swatch = h("i", { hidden: true }),
        value = h("span", { text: NONE });
      const said = h("span", { class: "fd-sr", text: `: ${meaning}` });
      const term = h("dt", { title: meaning }, h("span", { text: name }), said),
        detail = h("dd", {}, swatch, value);
      cells.set(key, { swatch, value, said, term, detail });
      return [term, detail];
    }),
  );
  function set(key, text, colour) {
    const { swatch, value } = cells.get(key);
    setText(value, text);
    value.title = text.length > 14 ? text : "";
    swatch.hidden = !colour;
    if (colour) swatch.style.background = colour;
  }
  function explain(key, meaning) {
    const { term, said } = cells.get(key);
    term.title = meaning;
    setText(said, `: ${meaning}`);
  }
  function show(key, shown) {
    const { term, detail } = cells.get(key);
    term.hidden = detail.hidden = !shown;
  }
  return { root, set, explain, show };
}
