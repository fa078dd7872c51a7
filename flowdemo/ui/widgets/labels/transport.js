// Time of the pictures, moved in the browser alone; and what the run was.

function createTransport() {
  const play = h("button", { type: "button", class: "lb-play", "aria-label": "Play", onclick: act.play }, icon("play"));
  const range = h("input", {
    type: "range",
    class: "lb-range",
    min: 0,
    max: 1,
    step: 1,
    value: 0,
    "aria-label": "Time t of the pictures",
    oninput: () => act.goTo(Number(range.value)),
  });
  const ends = h(
    "div",
    { class: "lb-ends", "aria-hidden": "true" },
    h("span", { text: "t = 0: noise" }),
    h("span", { text: "t = 1: picture" }),
  );
  const where = h("b");
  const about = h("p", { class: "lb-runnote" });
  const save = createDownload();
  const bar = h("div", { class: "lb-transport" }, play, h("div", { class: "lb-scrub" }, range, ends), where);
  const root = h("div", {}, bar, h("div", { class: "lb-foot" }, about, save.root));
  let playing = null;

  function noteText(run) {
    const { about: of, frames, newest } = run;
    const parts = [run.offer.label, run.offer.classes[of.label], stepsText(of.steps), `seed ${of.seed}`];
    parts.push(`β ${decimal(of.beta)} level spacings`);
    const last = frames[newest];
    if (run.ended === "done" && last) parts.push(`${duration(last.seconds)} for ${plural(of.samples, "picture")}`);
    if (run.ended && run.ended !== "done") parts.push(`${run.ended} at step ${newest} of ${of.steps}`);
    return parts.join(" · ");
  }

  function draw() {
    const run = state.run,
      newest = Math.max(run?.newest ?? 0, 0);
    const still = newest < 1;
    for (const control of [play, range]) control.disabled = still;
    if (playing !== state.playing) {
      play.replaceChildren(icon(state.playing ? "pause" : "play"));
      play.setAttribute("aria-label", state.playing ? "Pause" : "Play");
      playing = state.playing;
    }
    range.max = String(Math.max(run?.about.steps ?? 1, 1));
    if (Number(range.value) !== state.index) range.value = String(state.index);
    range.style.setProperty("--at", state.index / Number(range.max));
    const t = run?.frames[state.index]?.t;
    range.setAttribute("aria-valuetext", `t = ${decimal(t)}`);
    setText(where, run ? `t = ${decimal(t)}` : "");
    setText(about, run ? noteText(run) : "Model, steps, seed and β of a run are noted here.");
    save.draw();
  }
  return { root, draw };
}
