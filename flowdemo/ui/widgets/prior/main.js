// Assembly: what may be chosen, one question at a time, and its answer until the choice or the run changes.

const root = element.querySelector(".fd-prior");
if (!document.getElementById("fd-prior-style"))
  document.head.append(h("style", { id: "fd-prior-style", text: STYLE }));

const state = { offer: null, chosen: new Set(), method: METHODS[0].key, ask: 0, busy: false };

const chips = h("div", { class: "fd-prior-chips", role: "group", "aria-label": "Classes" });
const methods = METHODS.map(({ key, name }) =>
  h("button", { type: "button", text: name, onclick: () => choose({ method: key }) }),
);
const growth = list(GROWTHS, (value) => (value === null ? "no bound" : `${value} %`));
const iterations = list(ITERATIONS, String);
const paced = h("label", {}, h("span", { text: "Iterations" }), iterations);
const go = h("button", { type: "button", class: "fd-prior-button fd-prior-go", text: "Apply", onclick: ask });
const trouble = h("p", { class: "fd-prior-bad", role: "alert", hidden: true });
const empty = h("p", { class: "fd-prior-note", text: "A finished run from image to mask has shapes to work on." });
const about = h("p", { class: "fd-prior-note" });
const result = createResult();
const controls = h(
  "div",
  { class: "fd-prior-controls" },
  h("div", { class: "fd-prior-field" }, h("span", { text: "Make convex" }), chips),
  h(
    "div",
    { class: "fd-prior-bar" },
    h("div", { class: "fd-prior-seg", role: "group", "aria-label": "Method" }, ...methods),
    h("label", {}, h("span", { text: "Growth of a part, at most" }), growth),
    paced,
    go,
  ),
  about,
);
root.append(
  h(
    "details",
    {},
    h("summary", { text: "Shape prior" }),
    h("p", {
      class: "fd-prior-note",
      text:
        "Makes shapes of a class convex in the finished mask, each connected part on its own. It only adds pixels: " +
        "dents and holes go, what sticks out stays.",
    }),
    empty,
    controls,
    trouble,
    result.root,
  ),
);

function list(values, name) {
  const options = values.map((value, i) => h("option", { value: i, text: name(value) }));
  return h("select", { onchange: () => choose({}) }, ...options);
}

function choose(change) {
  Object.assign(state, change);
  forget();
  draw();
}

// An answer that is on its way is to an older question.
function forget() {
  state.ask += 1;
  state.busy = false;
  trouble.hidden = true;
  result.clear();
}

function chip(entry) {
  const swatch = h("i");
  swatch.style.background = `rgb(${entry.color.join()})`;
  const within = entry.within.length ? ` with ${entry.within.join(" and ")}` : "";
  const button = h(
    "button",
    {
      type: "button",
      "aria-pressed": String(state.chosen.has(entry.index)),
      onclick: () => {
        state.chosen[state.chosen.has(entry.index) ? "delete" : "add"](entry.index);
        button.setAttribute("aria-pressed", String(state.chosen.has(entry.index)));
        choose({});
      },
    },
    swatch,
    h("span", { text: entry.name }),
    within && h("small", { text: within }),
  );
  return button;
}

async function ask() {
  const player = document.querySelector("#player .fd-player")?.fdPlayer;
  forget();
  const number = state.ask;
  state.busy = true;
  draw();
  try {
    const sample = player?.run === state.offer.run ? player.sample : 0;
    const settings = [state.method, GROWTHS[growth.value], ITERATIONS[iterations.value]];
    const found = await server.repair(state.offer.run, sample, [...state.chosen], ...settings);
    if (number !== state.ask) return;
    if (!found || typeof found.error === "string") throw new Error(found?.error ?? NOT_TAKEN);
    result.show(found, state.offer.size);
  } catch (error) {
    if (number !== state.ask) return;
    trouble.textContent = error.message || NOT_TAKEN;
    trouble.hidden = false;
  }
  state.busy = false;
  draw();
}

const BOUND =
  " A part that would grow by more than its bound is left alone: it is mostly another shape, or two things in contact.";

function draw() {
  const { offer, chosen, method, busy } = state;
  const able = Boolean(offer?.classes.length);
  empty.hidden = able;
  controls.hidden = !able;
  methods.forEach((button, i) => button.setAttribute("aria-pressed", String(METHODS[i].key === method)));
  paced.hidden = method !== "curvature";
  go.disabled = busy || !chosen.size;
  setText(go, busy ? "Working …" : "Apply");
  const known = METHODS.find(({ key }) => key === method);
  const bound = GROWTHS[growth.value] === null ? "" : BOUND;
  setText(about, able ? `${known.name} ${known.about}. ${offer.yields}${bound}` : "");
}

function take(offer) {
  if (offer?.run && offer.run === state.offer?.run) return;
  state.offer = offer?.run ? offer : null;
  const classes = state.offer?.classes ?? [];
  state.chosen = new Set(classes.filter((entry) => entry.chosen).map((entry) => entry.index));
  chips.replaceChildren(...classes.map(chip));
  forget();
  draw();
}

watch("value", () => take(props.value));
take(props.value);
