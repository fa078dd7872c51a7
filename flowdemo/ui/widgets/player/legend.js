// Class chips with the share of pixels in this frame. One tab stop; arrows move between chips.

function createLegend(state, act) {
  const root = h("div", { class: "fd-legend", role: "toolbar", "aria-label": "Classes" });
  let chips = [];
  let shown = null;

  function build(run) {
    root.replaceChildren();
    chips = run.palette.classes.map((entry, i) => {
      const share = h("span", { class: "fd-number" });
      const swatch = h("i");
      swatch.style.background = entry.css;
      const chip = h(
        "button",
        { type: "button", class: "fd-chip", title: entry.name, "aria-pressed": "false", tabindex: i ? -1 : 0 },
        swatch,
        h("span", { text: entry.name }),
        share,
      );
      chip.addEventListener("click", () => act.pin(state.pinned === entry.index ? null : entry.index));
      chip.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && act.light(entry.index));
      chip.addEventListener("pointerleave", () => act.light(null));
      chip.addEventListener("focus", () => chip.matches(":focus-visible") && act.light(entry.index));
      chip.addEventListener("blur", () => act.light(null));
      return { entry, chip, share };
    });
    root.append(...chips.map(({ chip }) => chip));
  }

  root.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = chips.findIndex(({ chip }) => chip === document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (at + step + chips.length) % chips.length;
    chips.forEach(({ chip }, i) => chip.setAttribute("tabindex", i === next ? 0 : -1));
    chips[next].chip.focus();
  });

  function draw() {
    const run = state.run;
    if (!run?.meta) return;
    if (run.palette.key !== shown) build(run);
    shown = run.palette.key;
    root.hidden = !chips.length || run.global;
    const full = run.sample(state.index, state.sample)?.full;
    const lit = act.highlight();
    for (const { entry, chip, share } of chips) {
      const count = full?.counts?.[entry.index];
      if (full?.classes) {
        setText(share, percent(count / full.classes.values.length));
        chip.classList.toggle("fd-absent", count === 0);
      }
      chip.setAttribute("aria-pressed", String(state.pinned === entry.index));
      chip.classList.toggle("fd-dim", lit !== null && lit !== entry.index);
    }
  }

  return { root, draw };
}
