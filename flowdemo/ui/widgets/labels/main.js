// Assembly: everything is drawn when the state changes.

if (!document.getElementById("fd-labels-style"))
  document.head.append(h("style", { id: "fd-labels-style", text: STYLE }));

const MODES = [
  [CLASSIFY, "Classify", "t from 1 to 0: the picture dissolves, its label forms"],
  [GENERATE, "Generate", "t from 0 to 1: a picture of the class forms, its label dissolves"],
];
const INTRO = {
  [CLASSIFY]: "One network reads pictures and makes them. Here it reads: the same picture and noise, in more and more steps.",
  [GENERATE]: "One network reads pictures and makes them. Here it makes: noise becomes pictures of a class.",
};

const source = createSource();
const modes = createChoice("Mode", MODES, () => state.mode, act.mode);
const models = h(
  "select",
  { class: "lb-models", id: "lb-models", onchange: () => act.model(models.value) },
  ...OFFERS.map(({ name, label }) => h("option", { value: name, text: label })),
);
const why = h("p", { class: "lb-why" });
const intro = h("p", { class: "lb-intro" });
const forms = { [CLASSIFY]: createClassifyForm(), [GENERATE]: createGenerateForm() };
const columns = createColumns();
const seen = createSeen();
const chart = createChart();
const bars = createBars();
const agreement = createAgreement();
const grid = createGrid();
const transport = createTransport();

const results = {
  [CLASSIFY]: h(
    "div",
    { class: "lb-card" },
    h("div", { class: "lb-head" }, seen.root),
    columns.root,
    h("div", { class: "lb-panels" }, chart.root, bars.root),
    h("div", { class: "lb-foot" }, agreement.root),
    why,
  ),
  [GENERATE]: h("div", { class: "lb-card" }, grid.root, transport.root, h("div", { class: "lb-why" }, grid.judge)),
};

root.append(
  h(
    "div",
    { class: "lb-top" },
    modes.root,
    h("div", { class: "lb-line lb-model" }, h("label", { for: "lb-models", text: "Model" }), models),
    intro,
  ),
  h(
    "div",
    { class: "lb-page" },
    h("div", { class: "lb-left" }, ...Object.values(forms).map(({ root: node }) => node), said),
    h("div", { class: "lb-right" }, ...Object.values(results)),
  ),
);

// After a press, what comes of it is brought into sight if it is not.
function reveal() {
  const place = results[state.mode],
    top = place.getBoundingClientRect().top;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  if (top < 0 || top > innerHeight / 2) place.scrollIntoView({ behavior, block: "start" });
}

function paint() {
  modes.draw();
  setText(intro, INTRO[state.mode]);
  setText(why, WHY_LEVELS(state.offer.classes.length, state.offer.lands));
  for (const mode of [CLASSIFY, GENERATE]) forms[mode].root.hidden = results[mode].hidden = mode !== state.mode;
  forms[state.mode].draw();
  const parts = state.mode === CLASSIFY ? [seen, columns, chart, bars, agreement] : [grid, transport];
  for (const part of parts) part.draw();
}

// What tests and the console may read; and what the page calls where no answer will come.
root.fdLabels = {
  get mode() {
    return state.mode;
  },
  get busy() {
    return Boolean(state.job);
  },
  get asked() {
    return asked;
  },
  get prepared() {
    return state.prepared;
  },
  get columns() {
    return state.columns.map((found) => ({ ...found }));
  },
  get agreement() {
    return state.agreement;
  },
  get run() {
    const run = state.run;
    if (!run) return null;
    const arrived = run.frames.filter(Boolean).length;
    return { ...run.about, arrived, newest: run.newest, made: run.made, ended: run.ended };
  },
  get index() {
    return state.index;
  },
  get playing() {
    return state.playing;
  },
  lost() {
    if (state.job) settle("failed", NOT_TAKEN);
  },
};

watch("value", () => receive(props.value));
touch();
