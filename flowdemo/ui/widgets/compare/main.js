// Assembly: messages come in, the state changes, everything is drawn once a frame of the screen.

if (!document.getElementById("fd-compare-style"))
  document.head.append(h("style", { id: "fd-compare-style", text: STYLE }));

const stage = createStage();
const transport = createTransport();
const charts = createCharts();
const numbers = createNumbers();
const legend = createClassLegend();
const spoken = h("p", { class: "cp-said", role: "status", "aria-live": "polite" });
const views = VIEWS.map(([view, text, meaning]) =>
  h("button", { type: "button", text, title: meaning, "aria-pressed": "false", onclick: () => act.view(view) }),
);
const note = h("p", { class: "cp-note cp-foot", hidden: true });
const title = h("span", { class: "cp-heading" }),
  badge = h("span", { class: "cp-badge", hidden: true });

root.append(
  h(
    "div",
    { class: "cp-main" },
    h(
      "div",
      { class: "cp-head" },
      h("div", { class: "cp-seg", role: "group", "aria-label": "View" }, ...views),
      title,
      badge,
    ),
    stage.root,
    legend.root,
    transport.root,
    note,
  ),
  spoken,
  charts.root,
  numbers.root,
);
stage.arrange();
listenToKeys(transport.range);

function createClassLegend() {
  const list = h("div", { class: "cp-legend" });
  function arrange() {
    const palette = state.runs[0]?.palette;
    const entries = (palette?.classes ?? []).map(({ name, css }) => {
      const swatch = h("i");
      swatch.style.background = css;
      return h("span", {}, swatch, name);
    });
    list.replaceChildren(...entries);
  }
  return { root: list, arrange };
}

function say(text, bad = false) {
  setText(spoken, text);
  spoken.classList.toggle("cp-bad", bad);
}

function paint() {
  views.forEach((button, i) => button.setAttribute("aria-pressed", String(VIEWS[i][0] === state.view)));
  const names = state.head?.panes.map((pane, k) => `${LETTERS[k]} ${pane.name}`) ?? [];
  setText(title, names.join(" · "));
  const notes = [state.head?.note, state.head?.truth_note].filter(Boolean).join(" ");
  setText(note, notes);
  note.hidden = !notes;
  badge.hidden = !state.head;
  setText(badge, state.head?.origin === "stored" ? "stored" : "live");
  badge.title = state.head?.origin === "stored" ? "Computed earlier with the same code" : "Computed now";
  for (const part of [stage, transport, charts, numbers]) part.draw();
}

// What tests and the console may read.
root.fdCompare = {
  get id() {
    return state.id;
  },
  get origin() {
    return state.head?.origin ?? null;
  },
  get end() {
    return state.end;
  },
  get at() {
    return state.at;
  },
  get view() {
    return state.view;
  },
  get pair() {
    return state.pair;
  },
  get playing() {
    return state.playing;
  },
  get agreement() {
    return state.runs.length > 1 ? agreementAt(state.at) : null;
  },
  get runs() {
    return state.runs.map((run, k) => ({
      run: run.id,
      index: shownIndex(k),
      newest: run.newest,
      arrived: run.arrived,
      decoded: run.frames.filter((frame) => frame.samples[0].full?.classes).length,
      status: state.told[k]?.end?.status ?? null,
      miou: iouAt(k, state.at),
    }));
  },
};

watch("value", () => receive(props.value));
touch();
if (props.value) receive(props.value);
else {
  // Until the controls say what the stored comparison shows they take nothing, which would be written over.
  const column = document.querySelector("#compare-input");
  const free = () => column?.removeAttribute("inert");
  column?.setAttribute("inert", "");
  setTimeout(free, 5000);
  answer(server.opening())
    .then((update) => {
      if (!update || state.id) return free();
      receive(update);
      trigger("opened", {});
    })
    .catch((error) => {
      free();
      say(error.message, true);
    });
}
