// Assembly: everything is drawn when the state changes.

const pad = createPad();
const source = createSource(pad.place);
const settingsBox = createSettings();
const go = createGo();
const stage = createStage();
const legend = createLegend();
const tester = createChord(stage.root);
const profile = createProfile(tester);
const numbers = createNumbers();
const curves = createCurves();
const transport = createTransport(state, act);
const downloads = createDownloads();

const views = VIEWS.map(([view, text, title]) => [view, h("button", { type: "button", text, title, onclick: () => act.view(view) })]);
const layers = LAYERS.map(([name, text, title]) => [name, createSwitch(text, title, (on) => act.layer(name, on))]);
const progress = h("div", { class: "sh-progress", "aria-hidden": "true" });
const note = h("p", { class: "fl-note sh-runnote" });
const stale = h("p", { class: "fl-note sh-stale" });

card.append(
  h(
    "div",
    { class: "sh-head" },
    h("div", { class: "fl-seg", role: "group", "aria-label": "View" }, ...views.map(([, button]) => button)),
    h("div", { class: "sh-layers", role: "group", "aria-label": "Shown over it" }, ...layers.map(([, part]) => part.root)),
  ),
  progress,
  h("div", { class: "sh-main" }, stage.root, h("div", { class: "sh-side" }, numbers.root, profile.root)),
  legend.root,
  transport.root,
  h("div", { class: "sh-foot" }, transport.options, h("span", { class: "fl-note fl-bykey", text: KEYS })),
  curves.root,
  h("div", { class: "sh-foot" }, downloads.root, note),
);
const more = h("details", { class: "sh-more" }, h("summary", { text: "Settings" }), settingsBox.root);
more.open = root.clientWidth > NARROW; // on a phone they come after what is seen first
root.querySelector(".sh-page").append(
  h("div", { class: "sh-left" }, source.root, pad.root, source.note, settingsBox.head, go.root, said, stale, more),
  card,
);
// The list of keys of the player says what is true there; here they are in a line of their own.
listenToKeys(state, act, { box: { hidden: true }, toggle() {} }, [], transport.range);

const PARTS = [pad, source, settingsBox, go, stage, legend, tester, profile, numbers, curves, transport, downloads];

// What a run has not cannot be chosen.
const offered = {
  residual: () => Boolean(startFrame()?.residual),
  arrows: () => Boolean(state.run ? state.run.meta.arrows : isFlow()),
  truth: () => Boolean(state.run?.truth),
};

function drawHead() {
  const now = shownView();
  for (const [view, button] of views) {
    button.hidden = view === "residual" && !offered.residual();
    button.disabled = !state.run;
    button.setAttribute("aria-pressed", String(view === now));
  }
  for (const [name, part] of layers) {
    part.root.hidden = name in offered && !offered[name]();
    part.draw(layerOn(name));
  }
}

function paint() {
  for (const part of PARTS) part.draw();
  drawHead();
  const { run, job, edition } = state;
  const { progress: share = 0 } = job?.run?.frames[job.run.newest] ?? {};
  progress.style.setProperty("--at", job ? share : 0);
  setText(note, run?.meta ? [run.meta.note, tauWords(run.meta)].filter(Boolean).join(" ") : "");
  setText(stale, run && !job && run.edition !== edition ? "Mask or settings have changed since this run." : "");
}

function tauWords({ tau, limit }) {
  if (!isNumber(tau) || !isNumber(limit)) return "";
  return `τ = ${decimal(tau)}, limit ${decimal(limit)}.`;
}

// What tests and the console may read; and what the page calls where no answer will come.
root.fdShape = {
  get busy() {
    return Boolean(state.job || state.coming || state.run?.recovering);
  },
  get asked() {
    return asked;
  },
  get playing() {
    return state.playing;
  },
  get mask() {
    return [...mask.data];
  },
  get method() {
    return { name: state.method, soften: state.soften[state.method], parts: state.parts, settings: settingsNow() };
  },
  get pose() {
    return state.pose;
  },
  get run() {
    const { run } = state;
    if (!run) return null;
    const { id, ended, newest, last, meta, frames, end } = run;
    return { id, ended, newest, last, end, method: meta.method, tau: meta.tau, limit: meta.limit, numbers: frames.map(({ t, numbers: of }) => ({ t, ...of })) };
  },
  get view() {
    return { name: shownView(), index: state.index, layers: Object.fromEntries(LAYERS.map(([name]) => [name, layerOn(name)])) };
  },
  get frame() {
    const frame = shownFrame();
    if (!frame) return null;
    const { width, height, values } = frame.u;
    return { width, height, values: [...values], dented: frame.dented ? [...frame.dented.values] : null, contours: linesOf(frame).length };
  },
  get chord() {
    const chord = tester.chord();
    return chord && { ...chord, ends: state.ends };
  },
  lost() {
    if (state.job) settle({ status: "failed", message: NOT_TAKEN });
    touch();
  },
};

watchColours(root, (colours) => ((state.colours = stageColours(colours)), touch()));
watch("value", () => receive(props.value));

// The tab opens with a star and what the first method makes of it, so that there is something to see; with a soft edge,
// so that its level lines lie apart.
state.soften[state.method] = FIRST_EDGE;
openSilhouette(FIRST).then((open) => {
  past.reset();
  if (open) act.run();
});
touch();
