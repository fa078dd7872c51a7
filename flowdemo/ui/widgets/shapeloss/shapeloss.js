// The section put together.

const picture = createPicture();
const head = createHead();
const pose = createPose();
const bars = createBars();
const chart = createChart();
const source = createChoice("T from the reference by", Object.entries(SOURCES).map(([key, { name, title }]) => [key, name, title]), act.source);
const verdict = h("p", { class: "fl-state sl-verdict" });
const spoken = h("p", { class: "fl-said", role: "status", "aria-live": "polite" });
const keyed = (name, text) =>
  h("span", {}, svg("svg", { viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H18" })), text);

root.querySelector(".fl-body").append(
  h("div", { class: "fl-card" }, head.root,
    h("div", { class: "fl-left" }, h("div", { class: "fl-stage" }, picture.canvas),
      h("div", { class: "fl-legend" }, h("div", { class: "fl-key" }, keyed("sl-dashes", "reference"), keyed("sl-solidline", "second shape, u ≥ ½"),
        keyed("sl-crosses", "where it crosses T: what contour flow counts"), keyed("sl-t", "T, along the contours of the reference")),
        h("div", { class: "sl-source" }, h("span", { class: "fl-name", text: "T from the reference by" }), source.root))),
    h("div", { class: "fl-side" }, pose.root, verdict, bars.root),
    h("div", { class: "fl-below" }, chart.root)),
  h("p", { class: "fl-keys" }, "Drag the second shape. ", h("span", { class: "fl-bykey", text: "Keys in the picture: arrows move it by one pixel, with Shift by eight." })),
  spoken,
); // prettier-ignore
listenToPointer(picture);
listenToKeys(picture.canvas);

function say(text) {
  setText(spoken, text);
}

let colours = null;

function paint() {
  if (!colours || !picture.seen()) return;
  const whole = explore();
  for (const part of [head, pose, chart]) part.draw();
  picture.draw(colours);
  source.draw(state.source);
  bars.draw(moved().losses);
  setText(verdict, verdictText());
  if (!whole) requestAnimationFrame(() => touch());
}

watchColours(root, (found) => {
  colours = found;
  touch();
});

// What tests and the console may read.
root.fdShapeLoss = {
  get state() {
    return structuredClone(state);
  },
  get losses() {
    return { ...moved().losses };
  },
  get sweep() {
    return structuredClone(sweep());
  },
  get busy() {
    return sweep().values.length < STOPS;
  },
  phi: (name, pose) => [...posed(name, pose)],
  distance: (mask) => [...signedDistance(Uint8Array.from(mask))],
  compare: (u, mask) => losses(Float64Array.from(u), referenceOf(Uint8Array.from(mask))),
};

touch();
say("");
