// The colour bar, which is the track of the threshold; regions above it are counted here, in the browser.

const BAR_TICKS = [0, 0.25, 0.5, 0.75, 1]; // shares of the bar; values go with their squares

function createThreshold() {
  const range = h("input", {
    type: "range", class: "an-bar", id: "an-threshold", min: 0, max: TOP, step: 1, "aria-label": "Threshold",
    oninput: () => act.level(Number(range.value)),
  }); // prettier-ignore
  range.style.setProperty("--bar", VIRIDIS_CSS);
  const value = h("output", { for: "an-threshold" });
  const suggested = quietButton("Suggested", "Take the threshold that fits normal surfaces", () => act.level(null));
  const ticks = BAR_TICKS.map(() => h("span"));
  const told = h("p", { class: "an-regions", role: "status", "aria-live": "polite" });
  const about = h("p", { class: "an-hint an-about" });
  const head = h("div", { class: "an-line an-between" }, h("label", { for: "an-threshold" }, h("b", { text: "Threshold" })), value, suggested);
  const scale = h("div", { class: "an-ticks", "aria-hidden": "true" }, ...ticks);
  const unit = h("p", { class: "an-hint" });
  const node = h("div", { class: "an-threshold" }, head, range, scale, told, unit, about);
  const found = { map: null, level: null, regions: null };

  function regions() {
    const map = shownMap(),
      level = thresholdLevel();
    if (!map) return null;
    if (found.map !== map || found.level !== level) Object.assign(found, { map, level, regions: regionsAbove(map, level) });
    return found.regions;
  }

  function words(counted) {
    if (!counted) return "Regions above the threshold are counted here.";
    if (!counted.count) return "No region is above the threshold.";
    const { count, largest, share } = counted;
    return `${plural(count, "region")} above the threshold; the largest has ${largest} px. Together ${percent(share)} of the surface.`;
  }

  function draw() {
    const meta = knownMeta(),
      level = thresholdLevel();
    range.disabled = !meta;
    suggested.disabled = !meta || state.level === null;
    if (Number(range.value) !== level) range.value = String(level);
    const text = meta ? valueText(state.level === null ? meta.threshold : valueAt(level, meta.scale)) : NONE;
    range.setAttribute("aria-valuetext", text);
    setText(value, text);
    ticks.forEach((tick, i) => {
      const share = BAR_TICKS[i];
      setText(tick, meta ? `${share === 1 ? "≥ " : ""}${valueText(meta.scale * share ** 2)}` : "");
    });
    setText(unit, `Colour: ${meta?.scales === 2 ? TWO_SCALES + (OWN_WEIGHT[meta.glance_weight] ?? "") : `${UNIT}. ${MAP_MEANS}`}`);
    setText(told, words(regions()));
    setText(about, meta ? suggestionWords(meta) : "");
  }

  // Where the suggested threshold comes from.
  function suggestionWords({ threshold, reference }) {
    if (!reference?.scores?.length) return "This detector comes without values of normal surfaces, so that this threshold is a guess.";
    const whole = state.mode === SUM && state.path === null;
    const now = state.level === null ? "Suggested: " : "The suggested one: ";
    const here = whole ? "" : " That holds for the accumulated map; the one shown has a range of its own.";
    return `${now}99.5 % of the pixels of normal validation surfaces stay below ${valueText(threshold)}.${here}`;
  }
  return { root: node, draw, regions };
}
