// What was given and where it ended, then a block of four maps for each measure: one scale for all four.

const WORDS = { classes: new Uint32Array(256), heat: viridisTable(new Uint32Array(256), 1 / 254) };
WORDS.heat[255] = 0; // no class of its own: nothing is drawn

const shortName = (k) => state.stage.models[k].name;
const etaText = (k) => `η = ${plainly(state.stage.models[k].eta)}`;

function createPictures() {
  const given = createPane(() => "Picture", "The picture", true);
  const truth = createPane(() => "Ground truth", "Ground truth, if you give it");
  const ends = [0, 1].map((k) => createPane(() => `Mask of ${shortName(k)}`, "Where the run ends"));
  const all = [given, truth, ...ends];

  function draw() {
    const { result, pictures, found } = state;
    classTable(WORDS.classes, state.palette, null, 255, 255);
    given.show(pictures?.picture);
    given.tell("Picture", result ? `${state.stage.size.join(" × ")} pixels` : "");
    truth.show(pictures?.truth, WORDS.classes);
    const own = found && result.truth ? `here ${found.own[0] === null ? "no class" : nameOf(found.own[0])}` : "";
    truth.tell("Ground truth", result && !result.truth ? "not given" : own);
    ends.forEach((pane, k) => {
      pane.show(pictures?.seen[k].end, WORDS.classes);
      const right = result?.models[k].right;
      const share = isNumber(right) ? `${percent(right)} of pixels right` : "";
      pane.tell(shortName(k), found ? `here ends in ${nameOf(found.end[k])}` : "", share);
    });
    all.forEach((pane) => pane.draw());
  }

  return { root: h("div", { class: "fm-pictures" }, ...all.map((pane) => pane.root)), draw };
}

function createKind([kind, title, meaning, low, high], number) {
  const top = h("span", { text: "1" });
  const bar = h("i", { class: "fm-bar" });
  bar.style.background = VIRIDIS_CSS;
  const scale = h("p", { class: "fm-scale" }, h("span", { text: "0" }), bar, top, h("small", { text: `${low}, ${high}` }));
  const groups = [0, 1].map((k) => {
    const heading = h("span");
    const maps = CURVES.map(([, symbol, about]) => createPane(() => `${title}, ${about}, ${shortName(k)}`, "Press Run"));
    const group = h("div", { class: "fm-group" }, h("h4", {}, sample(k, false), heading), ...maps.map((pane) => pane.root));
    return { heading, maps, group };
  });
  const root = h(
    "section",
    { class: "fm-kind", "aria-label": title },
    h("div", { class: "fm-over" }, h("h3", { text: title }), scale, h("p", { class: "fl-note", text: meaning })),
    h("div", { class: "fm-groups" }, ...groups.map(({ group }) => group)),
  );

  function draw() {
    const { result, pictures, found } = state;
    const most = result?.tops[kind];
    setText(top, kind === "dwell" ? "1" : isNumber(most) ? `${fixed(most)} state units` : "largest of the four");
    groups.forEach(({ heading, maps }, k) => {
      setText(heading, `${shortName(k)}, ${etaText(k)}`);
      CURVES.forEach(([curve, symbol, about], c) => {
        const map = result?.models[k].maps[kind][curve];
        maps[c].show(pictures?.seen[k].maps[2 * number + c], WORDS.heat);
        const here = found ? `here ${fixed(found[kind][k][curve])}` : "";
        maps[c].tell(`${symbol}, ${about}`, `mean ${fixed(map?.mean)} · median ${fixed(map?.median)}`, here);
        maps[c].draw();
      });
    });
  }

  return { root, draw };
}
