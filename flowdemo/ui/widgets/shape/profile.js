// u along the chord against the lower of its two ends.

const PROFILE = { height: 148, left: 30, right: 14, top: 10, bottom: 22 };

function createProfile(tester) {
  const ground = svg("path", { class: "fl-grid" }),
    area = svg("path", { class: "sh-below" }),
    floor = svg("path", { class: "fl-dashed" }),
    line = svg("path", { class: "sh-curve" });
  const texts = ["1", "0", "A", "B"].map((text) => svg("text", { text, "text-anchor": text === "1" || text === "0" ? "end" : "middle" }));
  const chart = svg("svg", { class: "sh-profile", role: "img", "aria-label": "Profile of u along the chord: no run yet" }, area, ground, floor, line, ...texts);
  const told = h("p", { class: "sh-told", role: "status", "aria-live": "polite" });
  const head = h("h2", { text: "Chord tester" });
  const hint = h("p", { class: "fl-note", text: "Click two places, or drag A and B. Dashed: the lower end; shaded: u is below it, so a level set is not convex." });
  const node = h("section", { class: "sh-panel sh-tester", "aria-label": "Chord tester" }, head, chart, told, hint);
  let width = 300,
    drawn = null;
  watchWidth(chart, (box) => ((width = box.width), (drawn = null), touch()));

  const { left, right, top, bottom, height } = PROFILE;
  const x = (share) => left + share * (width - left - right);
  const y = (value) => height - bottom - value * (height - top - bottom);
  const place = (i, count, value) => `${x(i / count).toFixed(1)} ${y(value).toFixed(1)}`;

  function layout({ values, floor: lowest }) {
    const count = values.length - 1;
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    ground.setAttribute("d", `M${x(0)} ${y(0)}H${x(1)}M${x(0)} ${y(1)}H${x(1)}`);
    floor.setAttribute("d", `M${x(0)} ${y(lowest)}H${x(1)}`);
    line.setAttribute("d", `M${values.map((value, i) => place(i, count, value)).join("L")}`);
    const sunk = values.map((value, i) => place(i, count, Math.min(value, lowest)));
    area.setAttribute("d", `M${x(0)} ${y(lowest)}L${sunk.join("L")}L${x(1)} ${y(lowest)}Z`);
    const spots = [[left - 6, y(1) + 4], [left - 6, y(0) + 4], [x(0), height - 6], [x(1), height - 6]]; // prettier-ignore
    texts.forEach((text, i) => dress(text, { x: spots[i][0], y: spots[i][1] }, []));
  }

  function words(chord) {
    const [a, b] = [chord.values[0], chord.values.at(-1)].map((value) => decimal(value, 3));
    const ends = `u(A) ${a}, u(B) ${b}, ${decimal(chord.length, 1)} px: `;
    if (!chord.share) return `${ends}nowhere below the lower end.`;
    return `${ends}${percent(chord.share)} of the chord is below the lower end, by up to ${decimal(chord.worst, 3)}.`;
  }

  function draw() {
    node.hidden = !state.layers.chord;
    const chord = tester.chord();
    if (!chord || node.hidden) return setText(told, "");
    if (drawn === chord) return;
    drawn = chord;
    layout(chord);
    setText(told, words(chord));
    chart.setAttribute("aria-label", `Profile of u along the chord. ${words(chord)}`);
  }
  return { root: node, draw };
}
