// Assembly: the maps on the left, the paths of one pixel and its numbers on the right.

const pictures = createPictures();
const kinds = KINDS.map(createKind);
const space = createSpace();
const status = h("p", { class: "fm-status", role: "status", "aria-live": "polite" });
const spoken = h("p", { class: "fl-said fm-said", role: "status", "aria-live": "polite" });
const zoom = h("button", { type: "button", class: "fl-quiet fm-zoom", onclick: () => act.zoom(!state.near) });
const facts = h("p", { class: "fl-note" });
const names = [h("span"), h("span")];

const ROWS = [
  ["class at the end", "Class whose code is nearest to the state at t = 1", (p, k) => nameOf(p.end[k])],
  ...KINDS.flatMap(([kind, , meaning, , , short]) =>
    CURVES.map(([curve, symbol]) => [`${short}, ${symbol}`, meaning, (p, k) => measured(p[kind][k][curve], kind)]),
  ),
];
const table = createTable("", ["", "", ""], ROWS.map(([name, title]) => [name, title]));
ROWS.forEach(([name], i) => setRich(table.names[i], name));

const key = h(
  "div",
  { class: "fm-key" },
  ...[0, 1].flatMap((k) => [
    h("span", {}, sample(k, false), names[k]),
    h("span", {}, sample(k, true), h("span", {}, ...rich(`its state ${STATE}`))),
  ]),
);

root.append(
  h("div", { class: "fm-card" },
    status,
    h("div", { class: "fm-left" }, pictures.root, ...kinds.map((kind) => kind.root)),
    h("div", { class: "fm-right" },
      h("div", { class: "fl-stage" }, space.canvas, zoom), key, h("div", { class: "fm-table" }, table.root, facts)),
  ),
  spoken,
); // prettier-ignore
turnByHand(space.canvas);

function statusText() {
  const { progress, result, end, message, stage } = state;
  if (progress) return `${stage.models[progress.model].name}: step ${progress.step} of ${progress.steps}.`;
  if (message && end !== "done") return message;
  if (!result) return "Nothing is computed yet. Press Run: the picture goes through both networks, one after the other.";
  const own = result.truth ? "its true class; maps are blank where it has none" : "the class that each run itself ends in, so that a wrong end counts as right";
  return `${plural(result.steps, "Euler step")} each. A pixel’s own class is ${own}. ${result.notes}`;
}

function captionText() {
  const { result, pixel, found, trouble } = state;
  if (!result) return "One pixel";
  if (trouble) return trouble;
  const own = found?.own[0] === null ? "no class, so nothing is measured" : found ? nameOf(found.own[0]) : "";
  return `Pixel ${pixel.x}, ${pixel.y}${found && result.truth ? `: own class ${own}` : ""}`;
}

function tell() {
  const { found, stage } = state;
  if (!found) return setText(spoken, "");
  const words = stage.models.map(({ name }, k) => {
    const [time, apart] = ["dwell", "clearance"].map((kind) => measured(found[kind][k].estimate, kind));
    return `${name} ends in ${nameOf(found.end[k])}, its prediction ${time} of the time in wrong cells, at best ${apart} from a wrong code`;
  });
  setText(spoken, `Pixel ${found.x}, ${found.y}. ${words.join("; ")}.`);
}

function paint() {
  const { stage, found } = state;
  root.style.setProperty("--ratio", String(stage.size[0] / stage.size[1]));
  root.classList.toggle("fm-busy", Boolean(state.progress));
  setText(status, statusText());
  pictures.draw();
  kinds.forEach((kind) => kind.draw());
  space.draw();
  zoom.disabled = !found;
  zoom.setAttribute("aria-pressed", String(state.near));
  setText(zoom, state.near ? "Whole cube" : "Zoom to the paths");
  names.forEach((node, k) => setRich(node, `${shortName(k)}, prediction ${ESTIMATE}`));
  [0, 1].forEach((k) => setText(table.columns[k + 1], shortName(k)));
  setText(table.root.caption, captionText());
  ROWS.forEach(([, , text], i) => table.cells[i].forEach((cell, k) => setText(cell, found ? text(found, k) : NONE)));
  setText(facts, `Distances in state units: the cube has side 2, and the two nearest codes are ${fixed(stage.least, 3)} apart. Large dot: prediction at t = 0; diamond: start of the state. ${stage.alike}`);
  tell();
}

// What tests and the console may read.
root.fdMaps = {
  get id() {
    return state.id;
  },
  get end() {
    return state.end;
  },
  get progress() {
    return state.progress;
  },
  get pixel() {
    return state.pixel;
  },
  get found() {
    return state.found;
  },
  get yaw() {
    return state.yaw;
  },
  get asked() {
    return answers.size;
  },
};

watch("value", () => receive(props.value));
receive(props.value);
touch();
if (!window.fdMapsOpened) trigger("opened", {});
window.fdMapsOpened = true;
