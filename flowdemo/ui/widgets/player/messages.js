// Messages of the run, as they come, and what was lost on the way.

function receive(value) {
  if (!value || typeof value !== "object" || typeof value.run !== "string") return;
  if (value.run !== state.run?.id) begin(value.run);
  const run = state.run;
  if (value.meta) takeMeta(run, value.meta);
  if (value.frame) takeFrame(run, value.frame);
  if (value.end) takeEnd(run, value.end);
  recover(run, (found) => {
    if (found.error) return act.message(found.error.message);
    if (found.meta) takeMeta(run, found.meta, true);
    for (const frame of found.frames ?? []) takeFrame(run, frame);
  });
  touch();
}

function begin(id) {
  state.run?.close();
  state.run = new Run(id);
  Object.assign(state, {
    index: 0,
    follow: true,
    playing: false,
    probe: null,
    pinned: null,
    lit: null,
    cursor: null,
    spoken: 0,
  });
  if (!state.picked) state.pixel = null;
  act.message("");
}

function takeMeta(run, meta, late = false) {
  if (!late && !run.setMeta(meta)) return;
  const [width, height] = run.meta.size;
  if (state.pixel && (state.pixel.x >= width || state.pixel.y >= height))
    Object.assign(state, { pixel: null, picked: false });
  if (state.sample >= run.meta.samples) state.sample = 0;
  stage.arrange(run);
  root.classList.toggle("fd-whole", run.global);
  setText(title, run.meta.title ?? "");
  title.title = run.meta.device ?? "";
  setText(badge, run.meta.origin === "stored" ? "stored" : "live");
  badge.title = run.meta.origin === "stored" ? "Computed earlier with the same code" : "Computed now";
  badge.hidden = false;
  empty.hidden = true;
  setText(note, run.meta.note ?? "");
  note.hidden = !run.meta.note;
  const input = readPicture(run.meta.input);
  if (input)
    readable(decodePicture(input)).then((bitmap) =>
      run.closed ? bitmap?.close() : ((run.input = bitmap), touch()),
    );
  run.frames.forEach((frame) => decode(run, frame));
  if (run.end) finish(run);
  say(`Run started: ${plural(run.meta.frames - 1, "step")}.`);
}

function takeFrame(run, frame) {
  const kept = run.addFrame(frame);
  if (!kept) return;
  if (run.meta) decode(run, kept);
  if (state.follow && !state.playing) state.index = run.newest;
  const share = run.meta && run.newest / Math.max(run.meta.frames - 1, 1);
  const quarter = Math.floor(4 * share);
  if (!run.end && quarter > state.spoken && quarter < 4)
    say(`${25 * quarter} %: step ${run.newest} of ${run.meta.frames - 1}.`);
  state.spoken = Math.max(state.spoken, quarter || 0);
}

function decode(run, frame) {
  decodeFull(run, frame.samples[Math.min(state.sample, frame.samples.length - 1)]).then(touch);
  for (const part of frame.samples) decodeThumb(run, part).then(touch);
}

function takeEnd(run, end) {
  if (run.end) return;
  run.end = end;
  if (run.meta) finish(run);
}

function finish(run) {
  const { status: how, message, settling } = run.end;
  const steps = plural(run.meta.frames - 1, "step");
  if (how === "done") say(`Finished: ${steps} in ${duration(run.end.numbers?.seconds)}.`);
  else if (how === "stopped") say(`Stopped at step ${run.newest}; ${plural(run.newest + 1, "frame")} kept.`);
  else say(`The run failed. ${message ?? ""}`);
  if (message && how !== "done") act.message(message);
  Promise.all((settling ?? []).map(readPicture).map((picture) => readable(picture && readGrey(picture)))).then(
    (maps) => {
      if (run.closed) return;
      run.settling = maps.filter(Boolean);
      if (!state.pixel && run.settling[state.sample])
        state.pixel = lastToSettle(run.settling[state.sample], run.meta.size);
      if (state.pixel && run === state.run) probe.ask(false);
      touch();
    },
  );
}
