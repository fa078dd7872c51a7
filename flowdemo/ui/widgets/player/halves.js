// The one clock of a joint run: a line from noise to clean with a marker for each half.

function createHalvesClock() {
  const halves = HALVES.map((half) => {
    const text = h("b");
    return { half, text, root: h("span", { class: `fd-half fd-half-${half}` }, h("i"), text) };
  });
  const line = h("div", { class: "fd-halves-line" }, ...halves.map(({ root }) => root));
  const end = (text) => h("span", { class: "fd-halves-end", text });
  const root = h("div", { class: "fd-halves", role: "img" }, end("noise"), line, end("clean"));

  function draw(run, t) {
    const said = halves.map(({ half, text, root: mark }) => {
      const { share, term } = placeOf(run, half, t);
      const name = half === "image" ? "image" : run.global ? "level" : "mask";
      mark.style.setProperty("--at", share.toFixed(4));
      mark.classList.toggle("fd-forms", half === run.pair.forms);
      setText(text, term ? `${name} · ${term} = ${decimal(share)}` : name);
      return `${name} ${Math.round(100 * share)} % clean`;
    });
    root.setAttribute("aria-label", `${timeText(run.meta, t)}: ${said.join(", ")}`);
  }

  return { root, draw };
}

// How clean a half is at time t, 0 to 1, and the same as a term of t; a half that stays as given is clean.
function placeOf(run, half, t) {
  const { symbol = "t", start = 0, end = 1 } = run.meta.time ?? {};
  const forms = half === run.pair.forms;
  if (!forms && !run.pair.dissolves) return { share: 1, term: "" };
  const done = start === end || !isNumber(t) ? 0 : clamp((t - start) / (end - start), 0, 1);
  const term = forms === end > start ? symbol : `1 − ${symbol}`;
  return { share: forms ? done : 1 - done, term };
}
